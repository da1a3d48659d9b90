//! Error function; its derivative is `2/√π e^(−x²)`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Exp, Mul, Neg};

/// Error function; its derivative is `2/√π e^(−x²)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Erf;

impl Operation for Erf {
    const NAME: &'static str = "Erf";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, T::erf);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let x = back.inputs[0];
        let square = back.push(Mul, &[x, x])?;
        let negative = back.push(Neg, &[square])?;
        let bell = back.push(Exp, &[negative])?;
        let norm = back.graph.scalar(std::f64::consts::FRAC_2_SQRT_PI);
        let slope = back.push(Mul, &[bell, norm])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

plain_form!(Erf, "Erf");
