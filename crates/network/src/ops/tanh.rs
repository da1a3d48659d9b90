//! Hyperbolic tangent, with derivative `1 − y²`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Mul, Sub};

/// Hyperbolic tangent, with derivative `1 − y²`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tanh;

impl Operation for Tanh {
    const NAME: &'static str = "Tanh";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, T::tanh);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let y = back.outputs[0];
        let one = back.graph.scalar(1.0);
        let square = back.push(Mul, &[y, y])?;
        let slope = back.push(Sub, &[one, square])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

plain_form!(Tanh, "Tanh");
