//! Logistic function: `1 / (1 + e^(−x))`, with derivative `y (1 − y)`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Mul, Sub};

/// Logistic function: `1 / (1 + e^(−x))`, with derivative `y (1 − y)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid;

impl Operation for Sigmoid {
    const NAME: &'static str = "Sigmoid";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| T::ONE / (T::ONE + (-x).exp()));
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let y = back.outputs[0];
        let one = back.graph.scalar(1.0);
        let rest = back.push(Sub, &[one, y])?;
        let slope = back.push(Mul, &[y, rest])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

plain_form!(Sigmoid, "Sigmoid");
