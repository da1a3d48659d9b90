//! Natural logarithm: `ln x`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Reciprocal;
use crate::ops::prelude::*;

/// Natural logarithm: `ln x`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Log;

impl Unary for Log {
    const NAME: &'static str = "Log";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [0.5, 2.0];

    fn value<T: Real>(x: T) -> T {
        x.ln()
    }

    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(Some(back.push(Reciprocal, &[x])?))
    }
}
