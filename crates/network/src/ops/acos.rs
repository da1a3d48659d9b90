//! Inverse cosine in radians, with derivative `−1 / √(1 − x²)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::unary::inverse_root;

/// Inverse cosine in radians, with derivative `−1 / √(1 − x²)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Acos;

impl Unary for Acos {
    const NAME: &'static str = "Acos";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [-0.9, 0.9];

    fn value<T: Real>(x: T) -> T {
        x.acos()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        inverse_root(back, x, [-1.0, 1.0, -1.0]).map(Some)
    }
}
