//! Logistic function: `1 / (1 + e^(−x))`, with derivative `y (1 − y)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::{Mul, Sub};

/// Logistic function: `1 / (1 + e^(−x))`, with derivative `y (1 − y)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sigmoid;

impl Unary for Sigmoid {
    const NAME: &'static str = "Sigmoid";

    fn value<T: Real>(x: T) -> T {
        T::ONE / (T::ONE + (-x).exp())
    }

    fn slope(
        back: &mut Backward<'_>,
        _: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let one = back.graph.scalar(1.0);
        let rest = back.push(Sub, &[one, y])?;
        Ok(Some(back.push(Mul, &[y, rest])?))
    }
}
