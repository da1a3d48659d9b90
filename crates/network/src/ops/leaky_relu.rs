//! Leaky rectifier: `x` above 0, `slope · x` below.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Greater, Mul, Where};

/// Leaky rectifier: `x` above 0, `slope · x` below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeakyRelu {
    /// The slope below 0.
    pub slope: f64,
}

impl Operation for LeakyRelu {
    const NAME: &'static str = "LeakyRelu";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let slope = T::of(self.slope);
        map1(a[0], out, |x| if x < T::ZERO { slope * x } else { x });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let zero = back.graph.scalar(0.0);
        let one = back.graph.scalar(1.0);
        let slope = back.graph.scalar(self.slope);
        let positive = back.push(Greater, &[back.inputs[0], zero])?;
        let slope = back.push(Where, &[positive, one, slope])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self { slope: 0.1 }, &[&[3, 4]], 0.5, 2.0),
            Example::within(Self { slope: 0.1 }, &[&[3, 4]], -2.0, -0.5),
        ]
    }
}

impl OnnxForm for LeakyRelu {
    const NAMES: &'static [&'static str] = &["LeakyRelu"];

    fn import(node: &mut Import<'_>) -> Imported {
        let slope = node.float("alpha", 0.01)?;
        let inputs = node.reals()?;
        node.push(Self { slope }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same(
            "LeakyRelu",
            vec![AttributeProto::float("alpha", self.slope as f32)],
        );
        Ok(())
    }
}
