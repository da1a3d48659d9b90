//! Maximum over sides; the adjoint goes to the largest numbers, shared
//! between equals.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::reduce_sum::{reduced, spread};
use crate::ops::{Div, Equal, Mul, ReduceSum};

/// Maximum over the sides `axes`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReduceMax {
    /// The sides the maximum is taken over.
    pub axes: Vec<usize>,
    /// Whether they stay, with length 1.
    pub keep: bool,
}

impl Operation for ReduceMax {
    const NAME: &'static str = "ReduceMax";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![Type::real(reduced(
            one_real(inputs)?,
            &self.axes,
            self.keep,
        )?)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let shape = inputs[0].shape;
        // The step in the output along every side of the input: 0 where reduced.
        let mut steps = vec![0; shape.len()];
        let mut step = 1;
        for i in (0..shape.len()).rev().filter(|i| !self.axes.contains(i)) {
            steps[i] = step;
            step *= shape[i];
        }
        let out = outputs[0].real();
        out.fill(T::LOWEST);
        for (i, &x) in inputs[0].real().iter().enumerate() {
            let (mut rest, mut at) = (i, 0);
            for (side, step) in shape.iter().zip(&steps).rev() {
                at += rest % side * step;
                rest /= side;
            }
            if x > out[at] || x.is_nan() {
                out[at] = x;
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let (x, y) = (back.inputs[0], back.outputs[0]);
        let largest = spread(back, y, x, &self.axes)?;
        let hit = back.push(Equal, &[x, largest])?;
        let count = back.push(
            ReduceSum {
                axes: self.axes.clone(),
                keep: self.keep,
            },
            &[hit],
        )?;
        let share = back.push(Div, &[g, count])?;
        let wide = spread(back, share, x, &self.axes)?;
        Ok(vec![Some(back.push(Mul, &[wide, hit])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(
                Self {
                    axes: vec![1],
                    keep: false,
                },
                &[&[3, 4]],
            ),
            Example::new(
                Self {
                    axes: vec![0, 2],
                    keep: true,
                },
                &[&[2, 3, 4]],
            ),
        ]
    }
}

impl OnnxForm for ReduceMax {
    const NAMES: &'static [&'static str] = &["ReduceMax"];

    fn import(node: &mut Import<'_>) -> Imported {
        composite::reduce(node, |axes, keep| Self { axes, keep })
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.reduce("ReduceMax", &self.axes, self.keep, 18);
        Ok(())
    }
}
