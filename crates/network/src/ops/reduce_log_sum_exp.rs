//! Logarithm of a sum of exponentials over sides: `y = ln Σ eˣ`, the largest
//! `x` taken out first; its derivative is `e^(x − y)`.

use crate::ops::finite::can_be_infinite;
use crate::ops::prelude::*;
use crate::ops::reduce_max::max_over;
use crate::ops::reduce_sum::{spread, sum_over};
use crate::ops::reduction::{reduced_type, reduction};
use crate::ops::{Exp, Mul, Sub};

reduction! {
    /// Logarithm of the sum of exponentials over the sides `axes`.
    ReduceLogSumExp, since 18
}

impl Operation for ReduceLogSumExp {
    const NAME: &'static str = "ReduceLogSumExp";
    const RULE: Rule = Rule::Expansion;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        reduced_type(inputs, &self.axes, self.keep)
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (shape, x) = (inputs[0].shape, inputs[0].real());
        let out = outputs[0].real();
        let mut top = vec![T::ZERO; out.len()];
        max_over(shape, &self.axes, x, &mut top);
        // Sums without a finite term: −∞ stays −∞, ∞ stays ∞.
        for top in &mut top {
            if top.abs() == T::of(f64::INFINITY) {
                *top = T::ZERO;
            }
        }
        let kept: Vec<usize> = (0..shape.len())
            .map(|i| if self.axes.contains(&i) { 1 } else { shape[i] })
            .collect();
        let mut wide = crate::exec::chain::repeated(&top, &kept, shape);
        for (wide, &x) in wide.iter_mut().zip(x) {
            *wide = (x - *wide).exp();
        }
        sum_over(shape, &self.axes, &wide, out);
        for (out, &top) in out.iter_mut().zip(&top) {
            *out = out.ln() + top;
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let (x, y) = (back.inputs[0], back.outputs[0]);
        let singular = can_be_infinite(back.graph, x);
        let y = spread(back, y, x, &self.axes)?;
        let below = back.push(Sub, &[x, y])?;
        let mut share = back.push(Exp, &[below])?;
        if singular {
            share = finite(back, share)?;
        }
        let g = spread(back, g, x, &self.axes)?;
        Ok(vec![Some(back.push(Mul, &[g, share])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let over = |axes: &[usize], keep| Self {
            axes: axes.to_vec(),
            keep,
        };
        vec![
            Example::new(over(&[1], false), &[&[3, 4]]),
            Example::new(over(&[0, 2], true), &[&[2, 3, 2]]),
        ]
    }
}
