//! Absolute value: `|x|`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Mul, Sign};

/// Absolute value: `|x|`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Abs;

impl Operation for Abs {
    const NAME: &'static str = "Abs";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![one(inputs)?.clone()])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, T::abs);
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a]| i32::checked_abs(a))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let sign = back.push(Sign, &[back.inputs[0]])?;
        Ok(vec![Some(back.push(Mul, &[g, sign])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self, &[&[3, 4]], 0.5, 2.0),
            Example::within(Self, &[&[3]], -2.0, -0.5),
        ]
    }
}

plain_form!(Abs, "Abs");
