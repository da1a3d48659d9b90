//! Limits: `min(max(x, low), high)`; the derivative at a limit is 1.

use crate::ops::prelude::*;
use crate::ops::{Greater, Where};

/// Limits: `min(max(x, low), high)`; the derivative at a limit is 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clip {
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

impl Operation for Clip {
    const NAME: &'static str = "Clip";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let (low, high) = (T::of(self.low), T::of(self.high));
        map1(a[0], out, |x| if x < low { low } else if x > high { high } else { x });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        let zero = back.graph.scalar(0.0);
        let low = back.graph.scalar(self.low);
        let high = back.graph.scalar(self.high);
        let under = back.push(Greater, &[low, back.inputs[0]])?;
        let over = back.push(Greater, &[back.inputs[0], high])?;
        let inside = back.push(Where, &[over, zero, g])?;
        Ok(vec![Some(back.push(Where, &[under, zero, inside])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self { low: -1.0, high: 1.0 }, &[&[3, 4]], -0.9, 0.9),
            Example::within(Self { low: -1.0, high: 1.0 }, &[&[3, 4]], 1.1, 2.0),
            Example::within(Self { low: -1.0, high: 1.0 }, &[&[3, 4]], -2.0, -1.1),
        ]
    }
}
