//! Natural logarithm: `ln x`.

use crate::onnx::prelude::*;
use crate::ops::Div;
use crate::ops::prelude::*;

/// Natural logarithm: `ln x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Log;

impl Operation for Log {
    const NAME: &'static str = "Log";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, T::ln);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(back.push(Div, &[g, back.inputs[0]])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::within(Self, &[&[3, 4]], 0.5, 2.0)]
    }
}

plain_form!(Log, "Log");
