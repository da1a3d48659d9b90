//! Softsign: `x / (1 + |x|)`, with derivative `1 / (1 + |x|)²`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::{Abs, Add, Mul, Reciprocal};

/// Softsign: `x / (1 + |x|)`, with derivative `1 / (1 + |x|)²`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Softsign;

impl Unary for Softsign {
    const NAME: &'static str = "Softsign";
    // Its second derivative jumps at 0.
    const TESTED: [f64; 2] = [0.1, 2.0];

    fn value<T: Real>(x: T) -> T {
        x / (T::ONE + x.abs())
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let one = back.graph.scalar(1.0);
        let size = back.push(Abs, &[x])?;
        let width = back.push(Add, &[size, one])?;
        let share = back.push(Reciprocal, &[width])?;
        Ok(Some(back.push(Mul, &[share, share])?))
    }
}
