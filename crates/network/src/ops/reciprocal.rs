//! `1 / x`, with derivative `−y²`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::unary::of_square;

/// `1 / x`, with derivative `−y²`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reciprocal;

impl Unary for Reciprocal {
    const NAME: &'static str = "Reciprocal";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [0.5, 2.0];

    fn value<T: Real>(x: T) -> T {
        T::ONE / x
    }

    fn slope(
        back: &mut Backward<'_>,
        _: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        of_square(back, y, 0.0, -1.0).map(Some)
    }
}
