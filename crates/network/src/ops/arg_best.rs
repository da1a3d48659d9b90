//! The position of the largest or smallest number of every line along a side:
//! integers, through which nothing is differentiated.

use crate::kernels::lines::Lines;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::reduce_sum::reduced;

/// What ONNX calls `ArgMax` and `ArgMin`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArgBest {
    /// The side.
    pub axis: usize,
    /// Whether the side stays, with length 1.
    pub keep: bool,
    /// Whether the largest is meant, or the smallest.
    pub largest: bool,
    /// Of equals, whether the last is meant, or the first.
    pub last: bool,
}

impl Operation for ArgBest {
    const NAME: &'static str = "ArgBest";
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let shape = reduced(input, &[self.axis], self.keep)?;
        if input.shape[self.axis].known() == Some(0) {
            return Err("there is no number along an empty side".to_owned());
        }
        Ok(vec![Type::integer(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let x = inputs[0];
        if x.shape[self.axis] == 0 {
            outputs[0].integer().fill(0);
            return step.fail("there is no number along an empty side");
        }
        let lines = Lines::new(x.shape, self.axis);
        lines.map(x.real(), outputs[0].integer(), 1, |line, out| {
            let mut best = 0;
            for (i, &x) in line.iter().enumerate() {
                let top = line[best];
                let better = if self.largest { x > top } else { x < top };
                if better || (self.last && x == top) {
                    best = i;
                }
            }
            out[0] = best as i32;
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        let of = |axis, keep, largest| Self {
            axis,
            keep,
            largest,
            last: false,
        };
        vec![
            Example::new(of(1, true, true), &[&[3, 4]]),
            Example::new(of(0, false, false), &[&[3, 4]]),
        ]
    }
}

impl OnnxForm for ArgBest {
    const NAMES: &'static [&'static str] = &["ArgMax", "ArgMin"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let rank = node.shape(x).len();
        let op = Self {
            axis: node.axis(node.proto().int("axis")?.unwrap_or(0), rank)?,
            keep: reductions::keep(node)?,
            largest: node.proto().op_type == "ArgMax",
            last: node.proto().flag("select_last_index")?.unwrap_or(false),
        };
        node.push(op, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let attributes = vec![
            AttributeProto::int("axis", self.axis as i64),
            AttributeProto::int("keepdims", i64::from(self.keep)),
            AttributeProto::int("select_last_index", i64::from(self.last)),
        ];
        node.same(if self.largest { "ArgMax" } else { "ArgMin" }, attributes);
        Ok(())
    }
}
