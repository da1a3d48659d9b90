//! Joins tensors along one side.

use crate::onnx::prelude::*;
use crate::ops::Slice;
use crate::ops::prelude::*;

/// The inputs one behind the other along side `axis`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Concat {
    /// The side along which they are joined.
    pub axis: usize,
}

impl Operation for Concat {
    const NAME: &'static str = "Concat";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let first = inputs.first().ok_or("expected at least one input")?;
        if self.axis >= first.shape.len() {
            return Err(format!("no side {} in {}", self.axis, show(&first.shape)));
        }
        let mut shape = first.shape.clone();
        for input in &inputs[1..] {
            let fits = input.kind == first.kind
                && input.shape.len() == shape.len()
                && (0..shape.len()).all(|i| i == self.axis || input.shape[i] == shape[i]);
            if !fits {
                return Err(format!(
                    "{} cannot join {}",
                    show(&input.shape),
                    show(&shape)
                ));
            }
            shape[self.axis] = &shape[self.axis] + &input.shape[self.axis];
        }
        Ok(vec![Type {
            kind: first.kind,
            shape,
        }])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (outer, side, inner) = split_at(outputs[0].shape, self.axis);
        let mut at = 0;
        for input in inputs {
            let own = input.shape[self.axis] * inner;
            either_kind!(input, outputs[0], |x, out| for o in 0..outer {
                out[o * side * inner + at..][..own].copy_from_slice(&x[o * own..][..own]);
            });
            at += own;
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None; back.inputs.len()]);
        };
        let mut start = Dim::fixed(0);
        let mut out = Vec::new();
        for (i, &input) in back.inputs.iter().enumerate() {
            let length = back.graph.shape(input)[self.axis].clone();
            out.push(if back.wanted[i] {
                let slice = Slice {
                    axis: self.axis,
                    start: start.clone(),
                    length: length.clone(),
                    step: 1,
                };
                Some(back.push(slice, &[g])?)
            } else {
                None
            });
            start = &start + &length;
        }
        Ok(out)
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self { axis: 1 }, &[&[2, 3, 2], &[2, 1, 2], &[2, 2, 2]]),
            Example::new(Self { axis: 0 }, &[&[2, 3], &[1, 3]]),
        ]
    }
}

impl OnnxForm for Concat {
    const NAMES: &'static [&'static str] = &["Concat"];

    fn import(node: &mut Import<'_>) -> Imported {
        let inputs = node.alike()?;
        let rank = inputs.first().map_or(0, |&first| node.shape(first).len());
        let axis = node.proto().int("axis")?.unwrap_or(1);
        let axis = node.axis(axis, rank)?;
        node.push(Self { axis }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same(
            "Concat",
            vec![AttributeProto::int("axis", self.axis as i64)],
        );
        Ok(())
    }
}
