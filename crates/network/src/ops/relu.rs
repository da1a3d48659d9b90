//! Rectified linear unit: `max(x, 0)`; the derivative at 0 is 0.

use crate::onnx::prelude::*;
use crate::ops::Gate;
use crate::ops::prelude::*;

/// Rectified linear unit: `max(x, 0)`; the derivative at 0 is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relu;

impl Operation for Relu {
    const NAME: &'static str = "Relu";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| if x < T::ZERO { T::ZERO } else { x });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(back.push(Gate, &[g, back.outputs[0]])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self, &[&[3, 4]], 0.5, 2.0),
            Example::within(Self, &[&[3, 4]], -2.0, -0.5),
        ]
    }
}

plain_form!(Relu, "Relu");
