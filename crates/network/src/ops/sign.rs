//! The sign: −1, 0 or 1; its derivative is taken as 0 everywhere.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// The sign: −1, 0 or 1; its derivative is taken as 0 everywhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sign;

impl Operation for Sign {
    const NAME: &'static str = "Sign";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| {
            if x > T::ZERO {
                T::ONE
            } else if x < T::ZERO {
                -T::ONE
            } else {
                x
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let _ = g;
        Ok(vec![None])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::within(Self, &[&[3, 4]], 0.5, 2.0)]
    }
}

plain_form!(Sign, "Sign");
