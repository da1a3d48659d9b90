//! Sigmoid linear unit (swish): `x / (1 + e^(−x))`, with derivative `s + y (1 − s)`, `s` the logistic function.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Mul, Sigmoid, Sub};

/// Sigmoid linear unit (swish): `x / (1 + e^(−x))`, with derivative `s + y (1 − s)`, `s` the logistic function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silu;

impl Operation for Silu {
    const NAME: &'static str = "Silu";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| x / (T::ONE + (-x).exp()));
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let s = back.push(Sigmoid, &[back.inputs[0]])?;
        let one = back.graph.scalar(1.0);
        let rest = back.push(Sub, &[one, s])?;
        let curve = back.push(Mul, &[back.outputs[0], rest])?;
        let slope = back.push(Add, &[s, curve])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

impl OnnxForm for Silu {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let gate = node.between("Sigmoid", &[node.input(0)], vec![]);
        node.emit("Mul", &[node.input(0), &gate], &[node.output(0)], vec![]);
        Ok(())
    }
}
