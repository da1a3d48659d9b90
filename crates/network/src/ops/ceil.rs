//! The smallest integer that is not below `x`; its derivative is taken as 0.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;

/// The smallest integer that is not below `x`; its derivative is taken as 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ceil;

impl Unary for Ceil {
    const NAME: &'static str = "Ceil";
    const RULE: Rule = Rule::Constant;
    const TESTED: [f64; 2] = [0.1, 0.9];

    fn value<T: Real>(x: T) -> T {
        x.ceil()
    }

    fn slope(
        _: &mut Backward<'_>,
        _: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(None)
    }
}
