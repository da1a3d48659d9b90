//! Mean over sides; the mean of no numbers is 0, as in onnxruntime.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::ops::prelude::*;
use crate::ops::reduce_sum::{spread, sum_over};
use crate::ops::reduction::{reduced_type, reduction};
use crate::ops::{Div, Expand, Mul, ReduceSum};

reduction! {
    /// Mean over the sides `axes`; 0 where there is no number.
    ReduceMean, since 18
}

impl ReduceMean {
    /// The adjoint of each term of a mean over `x`: that of the mean divided
    /// by their number; where the number is not known before the run (a mean
    /// over the batch), it is counted as a sum of ones.
    pub(crate) fn adjoint(
        &self,
        back: &mut Backward<'_>,
        g: ValueId,
        x: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let wide = spread(back, g, x, &self.axes)?;
        let shape = back.graph.shape(x).to_vec();
        let sides: Vec<Dim> = self.axes.iter().map(|&axis| shape[axis].clone()).collect();
        let share = if let Some(count) = volume(&sides).known() {
            back.graph.scalar(1.0 / count as f64)
        } else {
            let one = back.graph.scalar(1.0);
            let axes = (0..sides.len()).collect();
            let ones = back.push(Expand { shape: sides }, &[one])?;
            let count = back.push(ReduceSum { axes, keep: false }, &[ones])?;
            back.push(Div, &[one, count])?
        };
        back.push(Mul, &[wide, share])
    }
}

impl Operation for ReduceMean {
    const NAME: &'static str = "ReduceMean";
    const RULE: Rule = Rule::Pool;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        reduced_type(inputs, &self.axes, self.keep)
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let out = outputs[0].real();
        sum_over(inputs[0].shape, &self.axes, inputs[0].real(), out);
        let count: usize = self
            .axes
            .iter()
            .map(|&axis| inputs[0].shape[axis])
            .product();
        // The mean of nothing (an event without particles) is 0.
        let share = T::ONE / T::of(count.max(1) as f64);
        for out in out {
            *out *= share;
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        Ok(vec![Some(self.adjoint(back, g, back.inputs[0])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(
                Self {
                    axes: vec![0],
                    keep: false,
                },
                &[&[3, 4]],
            ),
            Example::new(
                Self {
                    axes: vec![1, 2],
                    keep: true,
                },
                &[&[2, 3, 4]],
            ),
        ]
    }
}
