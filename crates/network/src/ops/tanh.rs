//! Hyperbolic tangent, with derivative `1 − y²`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::unary::of_square;

/// Hyperbolic tangent, with derivative `1 − y²`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tanh;

impl Unary for Tanh {
    const NAME: &'static str = "Tanh";

    fn value<T: Real>(x: T) -> T {
        x.tanh()
    }

    fn slope(
        back: &mut Backward<'_>,
        _: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        of_square(back, y, 1.0, -1.0).map(Some)
    }
}
