//! Square root: `√x`, with derivative `1 / (2 √x)`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Div, Mul};

/// Square root: `√x`, with derivative `1 / (2 √x)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sqrt;

impl Operation for Sqrt {
    const NAME: &'static str = "Sqrt";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, T::sqrt);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let half = back.graph.scalar(0.5);
        let half = back.push(Mul, &[g, half])?;
        Ok(vec![Some(back.push(Div, &[half, back.outputs[0]])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::within(Self, &[&[3, 4]], 0.5, 2.0)]
    }
}

plain_form!(Sqrt, "Sqrt");
