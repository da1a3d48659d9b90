//! Product: `a · b`, broadcast.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Product: `a · b`, broadcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mul;

impl Operation for Mul {
    const NAME: &'static str = "Mul";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Factor;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        beside(inputs, 1.0)
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![alike(inputs, 2)?])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(a[0], a[1], out, |a, b| a * b);
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a, b]| i32::checked_mul(a, b))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let [a, b] = [back.inputs[0], back.inputs[1]];
        let da = if back.wanted[0] {
            let b = tame(back, b)?;
            Some(back.push(Self, &[g, b])?)
        } else {
            None
        };
        let db = if back.wanted[1] {
            let a = tame(back, a)?;
            Some(back.push(Self, &[g, a])?)
        } else {
            None
        };
        unbroadcast_all(back, vec![da, db])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[3, 4], &[3, 4]]),
            Example::new(Self, &[&[3, 4], &[4]]),
            Example::new(Self, &[&[2, 1, 4], &[3, 1]]),
        ]
    }
}

plain_form!(Mul, "Mul");
