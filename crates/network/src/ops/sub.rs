//! Difference: `a − b`, broadcast.

use crate::onnx::prelude::*;
use crate::ops::Neg;
use crate::ops::prelude::*;

/// Difference: `a − b`, broadcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sub;

impl Operation for Sub {
    const NAME: &'static str = "Sub";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Sum;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        beside(inputs, 0.0)
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![alike(inputs, 2)?])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(a[0], a[1], out, |a, b| a - b);
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a, b]| i32::checked_sub(a, b))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let minus = if back.wanted[1] {
            Some(back.push(Neg, &[g])?)
        } else {
            None
        };
        unbroadcast_all(back, vec![Some(g), minus])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[3, 4], &[3, 4]]),
            Example::new(Self, &[&[3, 4], &[4]]),
            Example::new(Self, &[&[2, 1, 4], &[3, 1]]),
        ]
    }
}

plain_form!(Sub, "Sub");
