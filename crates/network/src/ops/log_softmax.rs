//! Logarithm of the softmax along one side: `yᵢ = xᵢ − ln Σⱼ e^(xⱼ)`.

use crate::kernels::lines::Lines;
use crate::kernels::simd::sum;
use crate::onnx::prelude::*;
use crate::ops::finite::can_be_infinite;
use crate::ops::prelude::*;
use crate::ops::softmax::{along, read_along, top};
use crate::ops::{Exp, Mul, ReduceSum, Sub};

/// Logarithm of the softmax along side `axis`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSoftmax {
    /// The side whose exponentials sum to one.
    pub axis: usize,
}

impl Operation for LogSoftmax {
    const NAME: &'static str = "LogSoftmax";
    const RULE: Rule = Rule::Expansion;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        along(inputs, self.axis)
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let lines = Lines::new(inputs[0].shape, self.axis);
        lines.map(inputs[0].real(), outputs[0].real(), lines.side, |x, out| {
            let top = top(x);
            map1(x, out, |x| (x - top).exp());
            let shift = top + sum(out).ln();
            map1(x, out, |x| x - shift);
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let sum = back.push(
            ReduceSum {
                axes: vec![self.axis],
                keep: true,
            },
            &[g],
        )?;
        let mut softmax = back.push(Exp, &[back.outputs[0]])?;
        if can_be_infinite(back.graph, back.inputs[0]) {
            softmax = finite(back, softmax)?;
        }
        let shared = back.push(Mul, &[softmax, sum])?;
        Ok(vec![Some(back.push(Sub, &[g, shared])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self { axis: 1 }, &[&[3, 4]])]
    }
}

impl OnnxForm for LogSoftmax {
    const NAMES: &'static [&'static str] = &["LogSoftmax"];

    fn import(node: &mut Import<'_>) -> Imported {
        read_along(node, |axis| Self { axis })
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same(
            "LogSoftmax",
            vec![AttributeProto::int("axis", self.axis as i64)],
        );
        Ok(())
    }
}
