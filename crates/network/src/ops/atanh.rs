//! Inverse hyperbolic tangent, with derivative `1 / (1 − x²)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Reciprocal;
use crate::ops::prelude::*;
use crate::ops::unary::of_square;

/// Inverse hyperbolic tangent, with derivative `1 / (1 − x²)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Atanh;

impl Unary for Atanh {
    const NAME: &'static str = "Atanh";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [-0.9, 0.9];

    fn value<T: Real>(x: T) -> T {
        x.atanh()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let narrow = of_square(back, x, 1.0, -1.0)?;
        Ok(Some(back.push(Reciprocal, &[narrow])?))
    }
}
