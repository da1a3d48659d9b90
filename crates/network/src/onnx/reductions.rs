//! Reductions over sides: what they have in common, and those that are made
//! of other operations.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Dim, Kind, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Abs, Concat, Div, Extents, Identity, Log, Max, Mul, Neg, Op, ReduceMax, ReduceSum, Reshape,
    Slice, Sqrt,
};

/// The sides that a reduction is over: an input, or an attribute before
/// operation set 13 (sum) or 18 (others); all if there is neither.
fn axes(node: &Import<'_>, rank: usize) -> Result<Option<Vec<usize>>, NetworkError> {
    let axes = node.setting(1, "axes")?.unwrap_or_default();
    if !axes.is_empty() {
        return node.axes(&axes, rank).map(Some);
    }
    let nothing = node.proto().flag("noop_with_empty_axes")?.unwrap_or(false);
    Ok((!nothing).then(|| (0..rank).collect()))
}

/// Whether a reduction keeps its sides, with length 1.
pub(crate) fn keep(node: &Import<'_>) -> Result<bool, NetworkError> {
    Ok(node.proto().flag("keepdims")?.unwrap_or(true))
}

/// `ReduceSum` and its like.
pub(crate) fn reduce<O: Into<Op>>(
    node: &mut Import<'_>,
    make: impl FnOnce(Vec<usize>, bool) -> O,
) -> Imported {
    let x = node.either(0)?;
    if node.proto().op_type == "ReduceMean" && node.kind(x) == Kind::Integer {
        return whole_mean(node, x);
    }
    reduce_value(node, x, make)
}

/// The mean of integers, its fraction cut off: their sum over their number; 0 of none,
/// as onnxruntime has it.
fn whole_mean(node: &mut Import<'_>, x: ValueId) -> Imported {
    let shape = node.shape(x);
    let Some(axes) = axes(node, shape.len())? else {
        return node.push(Identity, &[x]);
    };
    let sides: Vec<Dim> = axes.iter().map(|&axis| shape[axis].clone()).collect();
    let count = Extents {
        sizes: vec![crate::graph::volume(&sides)],
        shape: vec![],
    };
    let keep = keep(node)?;
    let sum = node.add(ReduceSum { axes, keep }, &[x])?;
    let count = node.add(count, &[])?;
    let one = node.constant("one", Tensor::new(vec![], vec![1_i32]).into());
    let count = node.add(Max, &[count, one])?;
    node.push(Div, &[sum, count])
}

/// The reduction of a value that was made of the input.
fn reduce_value<O: Into<Op>>(
    node: &mut Import<'_>,
    x: ValueId,
    make: impl FnOnce(Vec<usize>, bool) -> O,
) -> Imported {
    let rank = node.shape(x).len();
    match axes(node, rank)? {
        Some(axes) => {
            let keep = keep(node)?;
            node.push(make(axes, keep), &[x])
        }
        None => node.push(Identity, &[x]),
    }
}

fn sum_of(node: &mut Import<'_>, x: ValueId) -> Result<ValueId, NetworkError> {
    Ok(reduce_value(node, x, |axes, keep| ReduceSum { axes, keep })?[0])
}

/// Minus the largest of the opposites.
pub(crate) fn min(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    let opposite = node.add(Neg, &[x])?;
    let largest = reduce_value(node, opposite, |axes, keep| ReduceMax { axes, keep })?;
    node.push(Neg, &largest)
}

/// `Σ |x|`.
pub(crate) fn l1(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    let size = node.add(Abs, &[x])?;
    Ok(vec![sum_of(node, size)?])
}

/// `√Σ x²`.
pub(crate) fn l2(node: &mut Import<'_>) -> Imported {
    let sum = sum_square(node)?;
    node.push(Sqrt, &sum)
}

/// `Σ x²`.
pub(crate) fn sum_square(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    let square = node.add(Mul, &[x, x])?;
    Ok(vec![sum_of(node, square)?])
}

/// `ln Σ x`.
pub(crate) fn log_sum(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    let sum = sum_of(node, x)?;
    node.push(Log, &[sum])
}

/// The product, by halves: its derivatives are right where factors are zero.
pub(crate) fn prod(node: &mut Import<'_>) -> Imported {
    let mut x = node.either(0)?;
    let shape = node.shape(x);
    let Some(axes) = axes(node, shape.len())? else {
        return node.push(Identity, &[x]);
    };
    for &axis in &axes {
        let side = shape[axis].known().filter(|&side| side > 0);
        let side = side.ok_or_else(|| {
            node.refuse(format!(
                "a product over the side {} needs a known length from 1 on",
                shape[axis]
            ))
        })?;
        x = product(node, x, axis, side)?;
    }
    let keep = keep(node)?;
    let left = shape.iter().enumerate().filter_map(|(i, side)| {
        if axes.contains(&i) {
            keep.then(|| Dim::fixed(1))
        } else {
            Some(side.clone())
        }
    });
    let shape = left.collect();
    node.push(Reshape { shape }, &[x])
}

/// The product of `side` slices along one side, which keeps the length 1.
fn product(
    node: &mut Import<'_>,
    mut x: ValueId,
    axis: usize,
    mut side: usize,
) -> Result<ValueId, NetworkError> {
    while side > 1 {
        let half = side / 2;
        let mut part = |start: usize, length: usize| {
            let slice = Slice {
                axis,
                start: start.into(),
                length: length.into(),
                step: 1,
            };
            node.add(slice, &[x])
        };
        let (left, right) = (part(0, half)?, part(half, half)?);
        let odd = (side % 2 == 1).then(|| part(side - 1, 1)).transpose()?;
        let both = node.add(Mul, &[left, right])?;
        x = match odd {
            Some(odd) => node.add(Concat { axis }, &[both, odd])?,
            None => both,
        };
        side = half + side % 2;
    }
    Ok(x)
}
