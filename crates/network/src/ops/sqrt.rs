//! Square root: `√x`, with derivative `1 / (2 √x)`; at exactly 0 it is taken as 0
//! (see [`Finite`](crate::ops::Finite)).

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::Div;
use crate::ops::prelude::*;

/// Square root: `√x`, with derivative `1 / (2 √x)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sqrt;

impl Unary for Sqrt {
    const NAME: &'static str = "Sqrt";
    const SINGULAR: bool = true;
    const TESTED: [f64; 2] = [0.5, 2.0];

    fn value<T: Real>(x: T) -> T {
        x.sqrt()
    }

    fn slope(
        back: &mut Backward<'_>,
        _: ValueId,
        y: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let half = back.graph.scalar(0.5);
        Ok(Some(back.push(Div, &[half, y])?))
    }
}
