//! Softmax along one side: `yᵢ = e^(xᵢ) / Σⱼ e^(xⱼ)`, the largest `x`
//! subtracted first.

use crate::error::NetworkError;
use crate::kernels::lines::Lines;
use crate::kernels::simd::sum;
use crate::onnx::prelude::*;
use crate::ops::finite::can_be_infinite;
use crate::ops::prelude::*;
use crate::ops::{Mul, ReduceSum, Sub};

/// Softmax along side `axis`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softmax {
    /// The side that sums to one.
    pub axis: usize,
}

/// The largest number of a line.
pub(crate) fn top<T: Real>(line: &[T]) -> T {
    line.iter()
        .fold(T::LOWEST, |top, &x| if x > top { x } else { top })
}

/// The result of a normalisation of exponentials, 0 where it is no number: in
/// rows without a finite term, which only infinite scores make.
fn tame_rows(back: &mut Backward<'_>) -> Result<crate::ValueId, NetworkError> {
    let (x, y) = (back.inputs[0], back.outputs[0]);
    if can_be_infinite(back.graph, x) {
        return finite(back, y);
    }
    Ok(y)
}

/// Whether the side is there.
pub(crate) fn along(inputs: &[&Type], axis: usize) -> Result<Vec<Type>, String> {
    let input = one_real(inputs)?;
    if axis >= input.shape.len() {
        return Err(format!("no side {axis} in {}", show(&input.shape)));
    }
    Ok(vec![input.clone()])
}

impl Operation for Softmax {
    const NAME: &'static str = "Softmax";
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
            let share = T::ONE / sum(out);
            for out in out.iter_mut() {
                *out *= share;
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        // A row of nothing but minus infinity has no value and no slope.
        let y = tame_rows(back)?;
        let product = back.push(Mul, &[g, y])?;
        let sum = back.push(
            ReduceSum {
                axes: vec![self.axis],
                keep: true,
            },
            &[product],
        )?;
        let rest = back.push(Sub, &[g, sum])?;
        Ok(vec![Some(back.push(Mul, &[y, rest])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self { axis: 1 }, &[&[3, 4]]),
            Example::new(Self { axis: 0 }, &[&[3, 2]]),
        ]
    }
}

impl OnnxForm for Softmax {
    const NAMES: &'static [&'static str] = &["Softmax"];

    fn import(node: &mut Import<'_>) -> Imported {
        read_along(node, |axis| Self { axis })
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same(
            "Softmax",
            vec![AttributeProto::int("axis", self.axis as i64)],
        );
        Ok(())
    }
}

/// Reads `Softmax` and `LogSoftmax`. Before operation set 13 they took all
/// sides from `axis` on as one.
pub(crate) fn read_along<O: Into<super::Op>>(
    node: &mut Import<'_>,
    make: impl FnOnce(usize) -> O,
) -> Imported {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let old = node.opset() < 13;
    let axis = node
        .proto()
        .int("axis")?
        .unwrap_or(if old { 1 } else { -1 });
    let axis = node.axis(axis, shape.len())?;
    if !old || axis + 1 == shape.len() {
        return node.push(make(axis), &[x]);
    }
    let flat = node.reshape(x, vec![volume(&shape[..axis]), volume(&shape[axis..])])?;
    let y = node.add(make(1), &[flat])?;
    Ok(vec![node.reshape(y, shape)?])
}
