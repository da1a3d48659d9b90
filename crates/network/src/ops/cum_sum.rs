//! Running sums along a side: `y[i] = Σ x[j]` over `j ≤ i`.

use crate::kernels::lines::Lines;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::softmax::along;

/// Running sums along side `axis`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CumSum {
    /// The side.
    pub axis: usize,
    /// Whether number `i` itself is left out of its sum.
    pub exclusive: bool,
    /// Whether the sums run from the end.
    pub reverse: bool,
}

impl Operation for CumSum {
    const NAME: &'static str = "CumSum";
    const RULE: Rule = Rule::Pool;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        along(inputs, self.axis)
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let x = inputs[0];
        let lines = Lines::new(x.shape, self.axis);
        lines.map(x.real(), outputs[0].real(), lines.side, |line, out| {
            let mut sum = T::ZERO;
            for i in 0..line.len() {
                let at = if self.reverse { line.len() - 1 - i } else { i };
                let before = sum;
                sum += line[at];
                out[at] = if self.exclusive { before } else { sum };
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let backwards = Self {
            reverse: !self.reverse,
            ..*self
        };
        Ok(vec![Some(back.push(backwards, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let of = |axis, exclusive, reverse| Self {
            axis,
            exclusive,
            reverse,
        };
        vec![
            Example::new(of(1, false, false), &[&[2, 4]]),
            Example::new(of(0, true, false), &[&[3, 2]]),
            Example::new(of(1, true, true), &[&[2, 4]]),
        ]
    }
}

impl OnnxForm for CumSum {
    const NAMES: &'static [&'static str] = &["CumSum"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let rank = node.shape(x).len();
        let &[axis] = node.integers(1)?.as_slice() else {
            return Err(node.refuse("expected one side to sum along"));
        };
        let op = Self {
            axis: node.axis(axis, rank)?,
            exclusive: node.proto().flag("exclusive")?.unwrap_or(false),
            reverse: node.proto().flag("reverse")?.unwrap_or(false),
        };
        node.push(op, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let axis = node.integers("axis", &[self.axis as i64]);
        let attributes = vec![
            AttributeProto::int("exclusive", i64::from(self.exclusive)),
            AttributeProto::int("reverse", i64::from(self.reverse)),
        ];
        let inputs = [node.input(0), &axis];
        node.emit("CumSum", &inputs, &[node.output(0)], attributes);
        Ok(())
    }
}
