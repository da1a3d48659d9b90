//! Inverse hyperbolic cosine, with derivative `1 / √(x² − 1)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::unary::inverse_root;

/// Inverse hyperbolic cosine, with derivative `1 / √(x² − 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Acosh;

impl Unary for Acosh {
    const NAME: &'static str = "Acosh";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [1.2, 3.0];

    fn value<T: Real>(x: T) -> T {
        x.acosh()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        inverse_root(back, x, [1.0, -1.0, 1.0]).map(Some)
    }
}
