//! Sine: `sin x`, `x` in radians.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Cos;
use crate::ops::prelude::*;

/// Sine: `sin x`, `x` in radians.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sin;

impl Unary for Sin {
    const NAME: &'static str = "Sin";

    fn value<T: Real>(x: T) -> T {
        x.sin()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(Some(back.push(Cos, &[x])?))
    }
}
