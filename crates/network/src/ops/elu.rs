//! Exponential linear unit: `x` above 0, `alpha (eˣ − 1)` below.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Greater, Mul, Where};

/// Exponential linear unit: `x` above 0, `alpha (eˣ − 1)` below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elu {
    /// Minus the value that is approached far below 0.
    pub alpha: f64,
}

impl Operation for Elu {
    const NAME: &'static str = "Elu";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let alpha = T::of(self.alpha);
        map1(
            a[0],
            out,
            |x| if x > T::ZERO { x } else { alpha * x.exp_m1() },
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let zero = back.graph.scalar(0.0);
        let one = back.graph.scalar(1.0);
        let alpha = back.graph.scalar(self.alpha);
        let positive = back.push(Greater, &[back.inputs[0], zero])?;
        let below = back.push(Add, &[back.outputs[0], alpha])?;
        let slope = back.push(Where, &[positive, one, below])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self { alpha: 0.7 }, &[&[3, 4]], 0.5, 2.0),
            Example::within(Self { alpha: 0.7 }, &[&[3, 4]], -2.0, -0.5),
        ]
    }
}

impl OnnxForm for Elu {
    const NAMES: &'static [&'static str] = &["Elu"];

    fn import(node: &mut Import<'_>) -> Imported {
        let alpha = node.float("alpha", 1.0)?;
        let inputs = node.reals()?;
        node.push(Self { alpha }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same(
            "Elu",
            vec![AttributeProto::float("alpha", self.alpha as f32)],
        );
        Ok(())
    }
}
