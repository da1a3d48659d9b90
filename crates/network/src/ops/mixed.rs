//! Elementwise operations where integers take part: positions that the run
//! computes, and what is added to them.
//!
//! Such tensors are small beside the real ones, so that each is written out in
//! full and worked on in one go.

use crate::exec::chain::repeated;
use crate::exec::{Input, Numbers, NumbersMut, Output, Step};
use crate::ops::Operation;
use crate::real::Real;

/// Arguments as long as the result, and the operation's own form for them.
pub(crate) fn run<O: Operation, T: Real>(
    op: &O,
    inputs: &[Input<'_, T>],
    outputs: &mut [Output<'_, T>],
    step: &Step<'_, T>,
) {
    let [output] = outputs else { return };
    let full: Vec<Full<T>> = inputs
        .iter()
        .map(|input| match input.data {
            Numbers::Real(x) => Full::Real(repeated(x, input.shape, output.shape)),
            Numbers::Integer(x) => Full::Integer(repeated(x, input.shape, output.shape)),
        })
        .collect();
    let arguments: Vec<Numbers<'_, T>> = full
        .iter()
        .map(|full| match full {
            Full::Real(x) => Numbers::Real(x),
            Full::Integer(x) => Numbers::Integer(x),
        })
        .collect();
    if let Err(problem) = op.mixed(&arguments, &mut output.data) {
        step.fail(problem);
    }
}

enum Full<T> {
    Real(Vec<T>),
    Integer(Vec<i32>),
}

/// `out[i] = f([a[i], …])` on integers; `None` is a result beyond what 32 bits
/// hold, or a division by zero.
pub(crate) fn integers<const N: usize, T: Real>(
    arguments: &[Numbers<'_, T>],
    out: &mut NumbersMut<'_, T>,
    f: impl Fn([i32; N]) -> Option<i32>,
) -> Result<(), String> {
    let NumbersMut::Integer(out) = out else {
        return Err("expected an integer result".to_owned());
    };
    for (i, out) in out.iter_mut().enumerate() {
        let numbers = integers_at(arguments, i);
        *out = f(numbers).ok_or_else(|| {
            format!(
                "the integers {numbers:?} have no result in 32 bits (overflow or division by zero)"
            )
        })?;
    }
    Ok(())
}

/// `out[i]` is 1 where `f([a[i], …])` holds for integers, else 0.
pub(crate) fn holds<T: Real>(
    arguments: &[Numbers<'_, T>],
    out: &mut NumbersMut<'_, T>,
    f: impl Fn(i32, i32) -> bool,
) -> Result<(), String> {
    let NumbersMut::Real(out) = out else {
        return Err("expected truth values as a result".to_owned());
    };
    for (i, out) in out.iter_mut().enumerate() {
        let [a, b] = integers_at(arguments, i);
        *out = if f(a, b) { T::ONE } else { T::ZERO };
    }
    Ok(())
}

fn integers_at<const N: usize, T>(arguments: &[Numbers<'_, T>], i: usize) -> [i32; N] {
    let mut numbers = [0; N];
    for (number, argument) in numbers.iter_mut().zip(arguments) {
        if let Numbers::Integer(x) = argument {
            *number = x[i];
        }
    }
    numbers
}
