//! Maximum over sides; the adjoint goes to the largest numbers, shared
//! between equals.

use crate::kernels::lines::Lines;
use crate::ops::prelude::*;
use crate::ops::reduce_sum::spread;
use crate::ops::reduction::{reduced_type, reduction};
use crate::ops::{Div, Equal, Mul, ReduceSum};

reduction! {
    /// Maximum over the sides `axes`.
    ReduceMax, since 18
}

/// The larger of two; what is not a number stays.
fn larger<T: Real>(a: T, b: T) -> T {
    if b > a || b.is_nan() { b } else { a }
}

/// The largest numbers of `x` over `axes`; minus infinity over an empty side.
pub(crate) fn max_over<T: Real>(shape: &[usize], axes: &[usize], x: &[T], out: &mut [T]) {
    out.fill(T::LOWEST);
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    if let [first, .., last] | [first @ last] = sorted[..]
        && last - first + 1 == sorted.len()
    {
        // Sides in a row are one.
        let side = shape[first..=last].iter().product();
        let (before, behind) = (&shape[..first], &shape[last + 1..]);
        let lines = Lines::new(&[before, &[side], behind].concat(), first);
        lines.map(x, out, 1, |line, out| {
            out[0] = line.iter().copied().fold(T::LOWEST, larger);
        });
        return;
    }
    // The step in the output along every side of the input: 0 where reduced.
    let mut steps = vec![0; shape.len()];
    let mut step = 1;
    for i in (0..shape.len()).rev().filter(|i| !axes.contains(i)) {
        steps[i] = step;
        step *= shape[i];
    }
    for (i, &x) in x.iter().enumerate() {
        let (mut rest, mut at) = (i, 0);
        for (side, step) in shape.iter().zip(&steps).rev() {
            at += rest % side * step;
            rest /= side;
        }
        out[at] = larger(out[at], x);
    }
}

impl Operation for ReduceMax {
    const NAME: &'static str = "ReduceMax";
    const RULE: Rule = Rule::Route;

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
        max_over(shape, &self.axes, x, outputs[0].real());
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
        // No number equals a largest that is no number.
        let share = back.push(Div, &[g, count])?;
        let share = tame(back, share)?;
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
