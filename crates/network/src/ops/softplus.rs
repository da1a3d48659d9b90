//! Softplus: `ln(1 + eˣ)`, computed as `max(x, 0) + ln(1 + e^(−|x|))`; its derivative is the logistic function.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Sigmoid;
use crate::ops::prelude::*;

/// Softplus: `ln(1 + eˣ)`, computed as `max(x, 0) + ln(1 + e^(−|x|))`; its derivative is the logistic function.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Softplus;

/// `max(x, 0) + ln(1 + e^(−|x|))`, which overflows nowhere.
#[inline(always)]
pub(crate) fn softplus<T: Real>(x: T) -> T {
    (if x > T::ZERO { x } else { T::ZERO }) + (-x.abs()).exp().ln_1p()
}

impl Unary for Softplus {
    const NAME: &'static str = "Softplus";

    fn value<T: Real>(x: T) -> T {
        softplus(x)
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(Some(back.push(Sigmoid, &[x])?))
    }
}
