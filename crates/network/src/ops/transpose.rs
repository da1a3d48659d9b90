//! Reorders sides.

use crate::kernels::split;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Side `i` of the result is side `perm[i]` of the input.
#[derive(Debug, Clone, PartialEq)]
pub struct Transpose {
    /// The order of the sides.
    pub perm: Vec<usize>,
}

/// Writes `x` of shape `from` with its sides in the order `perm`, shape `to`.
fn reorder<N: Copy + Send + Sync>(
    perm: &[usize],
    from: &[usize],
    to: &[usize],
    x: &[N],
    out: &mut [N],
) {
    let mut strides = vec![1; perm.len()];
    for i in (1..perm.len()).rev() {
        strides[i - 1] = strides[i] * from[i];
    }
    let steps: Vec<usize> = perm.iter().map(|&i| strides[i]).collect();
    let Some((&last, lead)) = to.split_last() else {
        out.copy_from_slice(x);
        return;
    };
    let step = steps[lead.len()];
    let rows = split::rows_per_piece(out.len() / last.max(1), last);
    let cost = out.len();
    split::chunks(out, rows * last, cost, |index, out| {
        for (r, out) in out.chunks_exact_mut(last).enumerate() {
            let (mut rest, mut at) = (index * rows + r, 0);
            for (side, step) in lead.iter().zip(&steps).rev() {
                at += rest % side * step;
                rest /= side;
            }
            if step == 1 {
                out.copy_from_slice(&x[at..at + last]);
                continue;
            }
            for (j, out) in out.iter_mut().enumerate() {
                *out = x[at + j * step];
            }
        }
    });
}

impl Operation for Transpose {
    const NAME: &'static str = "Transpose";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one(inputs)?;
        let mut sorted = self.perm.clone();
        sorted.sort_unstable();
        if sorted != (0..input.shape.len()).collect::<Vec<_>>() {
            return Err(format!(
                "{:?} is no order of the sides of {}",
                self.perm,
                show(&input.shape)
            ));
        }
        Ok(vec![Type {
            kind: input.kind,
            shape: self.perm.iter().map(|&i| input.shape[i].clone()).collect(),
        }])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (from, to) = (inputs[0].shape, outputs[0].shape);
        either_kind!(inputs[0], outputs[0], |x, out| reorder(
            &self.perm, from, to, x, out
        ));
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let mut perm = vec![0; self.perm.len()];
        for (i, &from) in self.perm.iter().enumerate() {
            perm[from] = i;
        }
        Ok(vec![Some(back.push(Self { perm }, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self { perm: vec![1, 0] }, &[&[3, 4]]),
            Example::new(
                Self {
                    perm: vec![2, 0, 1],
                },
                &[&[2, 3, 4]],
            ),
        ]
    }
}

impl OnnxForm for Transpose {
    const NAMES: &'static [&'static str] = &["Transpose"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let rank = node.shape(x).len();
        let perm = node
            .proto()
            .sizes("perm")?
            .unwrap_or_else(|| (0..rank).rev().collect());
        node.push(Self { perm }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same("Transpose", vec![AttributeProto::sizes("perm", &self.perm)]);
        Ok(())
    }
}
