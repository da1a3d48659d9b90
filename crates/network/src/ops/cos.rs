//! Cosine: `cos x`, `x` in radians.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::{Neg, Sin};

/// Cosine: `cos x`, `x` in radians.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cos;

impl Unary for Cos {
    const NAME: &'static str = "Cos";

    fn value<T: Real>(x: T) -> T {
        x.cos()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let sine = back.push(Sin, &[x])?;
        Ok(Some(back.push(Neg, &[sine])?))
    }
}
