//! Exponential: `eˣ`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;

/// Exponential: `eˣ`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Exp;

impl Unary for Exp {
    const NAME: &'static str = "Exp";
    const SINGULAR: bool = true;

    fn value<T: Real>(x: T) -> T {
        x.exp()
    }

    fn slope(
        _: &mut Backward<'_>,
        _: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(Some(y))
    }
}
