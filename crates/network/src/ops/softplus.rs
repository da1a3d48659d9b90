//! Softplus: `ln(1 + eˣ)`, computed as `max(x, 0) + ln(1 + e^(−|x|))`; its derivative is the logistic function.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Mul, Sigmoid};

/// Softplus: `ln(1 + eˣ)`, computed as `max(x, 0) + ln(1 + e^(−|x|))`; its derivative is the logistic function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softplus;

/// `max(x, 0) + ln(1 + e^(−|x|))`, which overflows nowhere.
#[inline(always)]
pub(crate) fn softplus<T: Real>(x: T) -> T {
    (if x > T::ZERO { x } else { T::ZERO }) + (-x.abs()).exp().ln_1p()
}

impl Operation for Softplus {
    const NAME: &'static str = "Softplus";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, softplus);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let slope = back.push(Sigmoid, &[back.inputs[0]])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

plain_form!(Softplus, "Softplus");
