//! Negation: `−x`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Negation: `−x`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neg;

impl Operation for Neg {
    const NAME: &'static str = "Neg";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Sum;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![one(inputs)?.clone()])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| -x);
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a]| i32::checked_neg(a))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(back.push(Self, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

plain_form!(Neg, "Neg");
