//! Hyperbolic sine: `(eˣ − e^(−x)) / 2`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Cosh;
use crate::ops::prelude::*;

/// Hyperbolic sine: `(eˣ − e^(−x)) / 2`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sinh;

impl Unary for Sinh {
    const NAME: &'static str = "Sinh";
    const SINGULAR: bool = true;

    fn value<T: Real>(x: T) -> T {
        x.sinh()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(Some(back.push(Cosh, &[x])?))
    }
}
