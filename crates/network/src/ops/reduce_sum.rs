//! Sum over sides.

use crate::kernels::simd::sum;
use crate::kernels::{scratch, split};
use crate::ops::prelude::*;
use crate::ops::reduction::{reduced_type, reduction};
use crate::ops::{Expand, Reshape};

reduction! {
    /// Sum over the sides `axes`.
    ReduceSum, since 13
}

/// The shape that is left of `shape` without `axes`.
pub(crate) fn reduced(input: &Type, axes: &[usize], keep: bool) -> Result<Vec<Dim>, String> {
    if let Some(axis) = axes.iter().find(|&&axis| axis >= input.shape.len()) {
        return Err(format!("no side {axis} in {}", show(&input.shape)));
    }
    let sides = input.shape.iter().enumerate();
    Ok(if keep {
        sides
            .map(|(i, dim)| {
                if axes.contains(&i) {
                    1.into()
                } else {
                    dim.clone()
                }
            })
            .collect()
    } else {
        sides
            .filter(|(i, _)| !axes.contains(i))
            .map(|(_, dim)| dim.clone())
            .collect()
    })
}

/// Brings an adjoint of the reduced shape back to the shape of `target`.
pub(crate) fn spread(
    back: &mut Backward<'_>,
    adjoint: crate::ValueId,
    target: crate::ValueId,
    axes: &[usize],
) -> Result<crate::ValueId, crate::NetworkError> {
    let shape = back.graph.shape(target).to_vec();
    let kept: Vec<Dim> = shape
        .iter()
        .enumerate()
        .map(|(i, dim)| {
            if axes.contains(&i) {
                1.into()
            } else {
                dim.clone()
            }
        })
        .collect();
    let kept = if back.graph.shape(adjoint) == kept {
        adjoint
    } else {
        back.push(Reshape { shape: kept }, &[adjoint])?
    };
    back.push(Expand { shape }, &[kept])
}

/// Neighbouring sides that are treated alike, as one: `(length, summed)`.
fn runs(shape: &[usize], axes: &[usize]) -> Vec<(usize, bool)> {
    let mut runs: Vec<(usize, bool)> = Vec::new();
    for (i, &side) in shape.iter().enumerate().filter(|(_, side)| **side != 1) {
        let summed = axes.contains(&i);
        match runs.last_mut() {
            Some(run) if run.1 == summed => run.0 *= side,
            _ => runs.push((side, summed)),
        }
    }
    runs
}

/// Adds the sums of `x` onto `out`, one run of sides after another.
fn accumulate<T: Real>(runs: &[(usize, bool)], x: &[T], out: &mut [T]) {
    match runs {
        [] => out[0] += x[0],
        [(_, true)] => out[0] += sum(x),
        [(_, false)] => crate::kernels::simd::simd(
            #[inline(always)]
            || {
                for (out, &x) in out.iter_mut().zip(x) {
                    *out += x;
                }
            },
        ),
        [(length, summed), rest @ ..] => {
            let (input, output) = (
                x.len() / length,
                if *summed { 0 } else { out.len() / length },
            );
            for i in 0..*length {
                let out = if *summed {
                    &mut *out
                } else {
                    &mut out[i * output..(i + 1) * output]
                };
                accumulate(rest, &x[i * input..(i + 1) * input], out);
            }
        }
    }
}

/// The sums of `x` over `axes`, in an order that depends on the shape alone.
pub(crate) fn sum_over<T: Real>(shape: &[usize], axes: &[usize], x: &[T], out: &mut [T]) {
    out.fill(T::ZERO);
    if x.is_empty() {
        return;
    }
    let runs = runs(shape, axes);
    match runs.as_slice() {
        [(length, true), rest @ ..] => {
            // At most sixteen partial sums over the leading side, added in order.
            let per = split::rows_per_piece(*length, x.len() / length);
            let pieces = length.div_ceil(per);
            let (size, row) = (out.len(), x.len() / length);
            scratch::with(pieces * size, |partial| {
                split::chunks(partial, size, x.len(), |index, partial| {
                    partial.fill(T::ZERO);
                    let x = &x[index * per * row..((index + 1) * per).min(*length) * row];
                    let mut runs = vec![(x.len() / row, true)];
                    runs.extend_from_slice(rest);
                    accumulate(&runs, x, partial);
                });
                for partial in partial.chunks_exact(size) {
                    accumulate(&[(size, false)], partial, out);
                }
            });
        }
        [(length, false), rest @ ..] if !rest.is_empty() => {
            let per = split::rows_per_piece(*length, x.len() / length);
            let (size, row) = (out.len() / length, x.len() / length);
            split::chunks(out, per * size, x.len(), |index, out| {
                let count = out.len() / size;
                let mut runs = vec![(count, false)];
                runs.extend_from_slice(rest);
                accumulate(&runs, &x[index * per * row..][..count * row], out);
            });
        }
        runs => accumulate(runs, x, out),
    }
}

impl Operation for ReduceSum {
    const NAME: &'static str = "ReduceSum";
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
        sum_over(
            inputs[0].shape,
            &self.axes,
            inputs[0].real(),
            outputs[0].real(),
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(spread(back, g, back.inputs[0], &self.axes)?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let over = |axes: &[usize], keep| Self {
            axes: axes.to_vec(),
            keep,
        };
        vec![
            Example::new(over(&[0], false), &[&[3, 4]]),
            Example::new(over(&[1], true), &[&[3, 4]]),
            Example::new(over(&[0, 2], false), &[&[2, 3, 4]]),
            Example::new(over(&[0, 1], false), &[&[3, 4]]),
        ]
    }
}
