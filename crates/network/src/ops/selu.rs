//! Scaled exponential linear unit: `gamma x` above 0, `gamma alpha (eˣ − 1)` below; G. Klambauer et al., arXiv:1706.02515, eq. 2.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Greater, Mul, Where};

/// Scaled exponential linear unit: `gamma x` above 0, `gamma alpha (eˣ − 1)` below; G. Klambauer et al., arXiv:1706.02515, eq. 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selu {
    /// The depth below 0.
    pub alpha: f64,
    /// The scale.
    pub gamma: f64,
}

impl Default for Selu {
    /// The fixed point of self-normalising networks.
    fn default() -> Self {
        Self {
            alpha: 1.673_263_242_354_377_2,
            gamma: 1.050_700_987_355_480_5,
        }
    }
}

impl Operation for Selu {
    const NAME: &'static str = "Selu";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        let (alpha, gamma) = (T::of(self.alpha), T::of(self.gamma));
        map1(a[0], out, |x| {
            gamma * if x > T::ZERO { x } else { alpha * x.exp_m1() }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let zero = back.graph.scalar(0.0);
        let above = back.graph.scalar(self.gamma);
        let offset = back.graph.scalar(self.gamma * self.alpha);
        let positive = back.push(Greater, &[back.inputs[0], zero])?;
        let below = back.push(Add, &[back.outputs[0], offset])?;
        let slope = back.push(Where, &[positive, above, below])?;
        Ok(vec![Some(back.push(Mul, &[g, slope])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self::default(), &[&[3, 4]], 0.5, 2.0),
            Example::within(Self::default(), &[&[3, 4]], -2.0, -0.5),
        ]
    }
}

impl OnnxForm for Selu {
    const NAMES: &'static [&'static str] = &["Selu"];

    fn import(node: &mut Import<'_>) -> Imported {
        // Files round the constants of the paper to single precision.
        let exact = |value: f64, paper: f64| {
            if value as f32 == paper as f32 {
                paper
            } else {
                value
            }
        };
        let paper = Self::default();
        let alpha = exact(node.float("alpha", paper.alpha)?, paper.alpha);
        let gamma = exact(node.float("gamma", paper.gamma)?, paper.gamma);
        let inputs = node.reals()?;
        node.push(Self { alpha, gamma }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let attributes = vec![
            AttributeProto::float("alpha", self.alpha as f32),
            AttributeProto::float("gamma", self.gamma as f32),
        ];
        node.same("Selu", attributes);
        Ok(())
    }
}
