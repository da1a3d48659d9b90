//! Logarithm of the softmax along one side: `yᵢ = xᵢ − ln Σⱼ e^(xⱼ)`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::softmax::{along, lines, read_along};
use crate::ops::{Exp, Mul, ReduceSum, Sub};

/// Logarithm of the softmax along side `axis`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSoftmax {
    /// The side whose exponentials sum to one.
    pub axis: usize,
}

impl Operation for LogSoftmax {
    const NAME: &'static str = "LogSoftmax";

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        along(inputs, self.axis)
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (x, out) = (inputs[0].real(), outputs[0].real());
        lines(inputs[0].shape, self.axis, |line| {
            let line: Vec<usize> = line.collect();
            let top = line
                .iter()
                .fold(T::LOWEST, |top, &i| if x[i] > top { x[i] } else { top });
            let sum: T = line.iter().map(|&i| (x[i] - top).exp()).sum();
            let shift = top + sum.ln();
            for &i in &line {
                out[i] = x[i] - shift;
            }
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
        let softmax = back.push(Exp, &[back.outputs[0]])?;
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
