//! Inverse hyperbolic sine, with derivative `1 / √(x² + 1)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::unary::inverse_root;

/// Inverse hyperbolic sine, with derivative `1 / √(x² + 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Asinh;

impl Unary for Asinh {
    const NAME: &'static str = "Asinh";

    fn value<T: Real>(x: T) -> T {
        x.asinh()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        inverse_root(back, x, [1.0, 1.0, 1.0]).map(Some)
    }
}
