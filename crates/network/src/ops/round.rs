//! The nearest integer, of two the even one; its derivative is taken as 0.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;

/// The nearest integer, of two the even one; its derivative is taken as 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Round;

impl Unary for Round {
    const NAME: &'static str = "Round";
    const RULE: Rule = Rule::Constant;
    const TESTED: [f64; 2] = [0.6, 1.4];

    fn value<T: Real>(x: T) -> T {
        x.round_even()
    }

    fn slope(
        _: &mut Backward<'_>,
        _: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(None)
    }
}
