//! Hyperbolic cosine: `(eˣ + e^(−x)) / 2`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Sinh;
use crate::ops::prelude::*;

/// Hyperbolic cosine: `(eˣ + e^(−x)) / 2`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cosh;

impl Unary for Cosh {
    const NAME: &'static str = "Cosh";
    const SINGULAR: bool = true;

    fn value<T: Real>(x: T) -> T {
        x.cosh()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(Some(back.push(Sinh, &[x])?))
    }
}
