//! Tangent: `tan x`, `x` in radians, with derivative `1 + y²`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::unary::of_square;

/// Tangent: `tan x`, `x` in radians, with derivative `1 + y²`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tan;

impl Unary for Tan {
    const NAME: &'static str = "Tan";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [-1.2, 1.2];

    fn value<T: Real>(x: T) -> T {
        x.tan()
    }

    fn slope(
        back: &mut Backward<'_>,
        _: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        of_square(back, y, 1.0, 1.0).map(Some)
    }
}
