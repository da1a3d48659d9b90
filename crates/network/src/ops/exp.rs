//! Exponential: `eˣ`.

use crate::onnx::prelude::*;
use crate::ops::Mul;
use crate::ops::prelude::*;

/// Exponential: `eˣ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exp;

impl Operation for Exp {
    const NAME: &'static str = "Exp";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, T::exp);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(back.push(Mul, &[g, back.outputs[0]])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

plain_form!(Exp, "Exp");
