//! The sign: −1, 0 or 1; its derivative is taken as 0 everywhere.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;

/// The sign: −1, 0 or 1; its derivative is taken as 0 everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sign;

impl Unary for Sign {
    const NAME: &'static str = "Sign";
    const RULE: Rule = Rule::Constant;
    const WHOLE: bool = true;
    const TESTED: [f64; 2] = [0.5, 2.0];

    fn value<T: Real>(x: T) -> T {
        if x > T::ZERO {
            T::ONE
        } else if x < T::ZERO {
            -T::ONE
        } else {
            x
        }
    }

    fn slope(
        _: &mut Backward<'_>,
        _: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(None)
    }
}
