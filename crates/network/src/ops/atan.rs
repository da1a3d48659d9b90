//! Inverse tangent in radians, with derivative `1 / (1 + x²)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Reciprocal;
use crate::ops::prelude::*;
use crate::ops::unary::of_square;

/// Inverse tangent in radians, with derivative `1 / (1 + x²)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Atan;

impl Unary for Atan {
    const NAME: &'static str = "Atan";

    fn value<T: Real>(x: T) -> T {
        x.atan()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let wide = of_square(back, x, 1.0, 1.0)?;
        Ok(Some(back.push(Reciprocal, &[wide])?))
    }
}
