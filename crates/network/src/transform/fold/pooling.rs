//! Padding in front of a convolution becomes its own; a window that covers
//! the whole image is a reduction, and views that only add or drop sides of
//! length 1 in front of a reduction are part of it.

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};
use crate::ops::{Conv, Op, Pad, ReduceMax, ReduceMean, ReduceSum, Reshape, Window};
use crate::transform::fold::Met;
use crate::transform::fold::look::of;

pub(super) fn simplified(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let Some(&x) = met.inputs.first() else {
        return Ok(None);
    };
    let whole = |window: &Window| covers(window, &graph.shape(x)[2..]);
    let axes = || (2..graph.shape(x).len()).collect();
    let op: Op = match met.op {
        Op::MaxPool(pool) if whole(&pool.window) => {
            let axes = axes();
            ReduceMax { axes, keep: true }.into()
        }
        Op::AveragePool(pool) if whole(&pool.window) => {
            let axes = axes();
            ReduceMean { axes, keep: true }.into()
        }
        Op::Conv(conv) if met.alone[0] => return padded(graph, met, conv),
        Op::ReduceSum(_) | Op::ReduceMean(_) | Op::ReduceMax(_) => {
            return reduced_view(graph, met);
        }
        _ => return Ok(None),
    };
    Ok(Some(graph.node(met.name, op, &[x])?[0]))
}

/// Whether a window covers an image at once, without padding.
fn covers(window: &Window, sides: &[Dim]) -> bool {
    let bare = window
        .before
        .iter()
        .chain(&window.after)
        .all(|&pad| pad == 0);
    let dense = window.dilation.iter().all(|&step| step == 1);
    let all = window
        .kernel
        .iter()
        .map(|&k| Dim::fixed(k))
        .eq(sides.iter().cloned());
    bare && dense && all
}

/// A convolution behind zeros that are put around its images.
fn padded(graph: &mut Graph, met: &Met<'_>, conv: &Conv) -> Result<Option<ValueId>, NetworkError> {
    let Some(node) = graph.producer(met.inputs[0]) else {
        return Ok(None);
    };
    let x = node.inputs[0];
    let (
        Op::Pad(Pad {
            axis,
            start,
            length,
            step: 1,
            value: 0.0,
        }),
        true,
    ) = (&node.op, graph.data(x).is_none())
    else {
        return Ok(None);
    };
    let behind = &(length - start) - &graph.shape(x)[*axis];
    let (Some(before), Some(after), Some(d)) = (start.known(), behind.known(), axis.checked_sub(2))
    else {
        return Ok(None);
    };
    let mut conv = conv.clone();
    conv.window.before[d] += before;
    conv.window.after[d] += after;
    let mut inputs = met.inputs.to_vec();
    inputs[0] = x;
    Ok(Some(graph.node(met.name, conv, &inputs)?[0]))
}

/// A reduction of a view whose sides are those of `x` but for ones.
fn reduced_view(graph: &mut Graph, met: &Met<'_>) -> Result<Option<ValueId>, NetworkError> {
    let view = met.inputs[0];
    let Some(x) = of(graph, view, |op| matches!(op, Op::Reshape(_))) else {
        return Ok(None);
    };
    let one = Dim::fixed(1);
    let long = |value| -> Vec<usize> {
        let sides = graph.shape(value).iter().enumerate();
        sides
            .filter(|(_, side)| **side != one)
            .map(|(i, _)| i)
            .collect()
    };
    let (own, seen) = (long(x), long(view));
    let side = |value, i: &usize| graph.shape(value)[*i].clone();
    if !own
        .iter()
        .map(|i| side(x, i))
        .eq(seen.iter().map(|i| side(view, i)))
    {
        return Ok(None);
    }
    let (Op::ReduceSum(ReduceSum { axes, .. })
    | Op::ReduceMean(ReduceMean { axes, .. })
    | Op::ReduceMax(ReduceMax { axes, .. })) = met.op
    else {
        return Ok(None);
    };
    let axes: Vec<usize> = (own.iter().zip(&seen))
        .filter(|(_, seen)| axes.contains(seen))
        .map(|(own, _)| *own)
        .collect();
    let result = met
        .op
        .infer(&[graph.ty(view)])
        .map(|types| types[0].shape.clone());
    let keep = false;
    let op: Op = match met.op {
        Op::ReduceSum(_) => ReduceSum { axes, keep }.into(),
        Op::ReduceMean(_) => ReduceMean { axes, keep }.into(),
        _ => ReduceMax { axes, keep }.into(),
    };
    let y = graph.node(met.name, op, &[x])?[0];
    match result {
        Ok(shape) if shape != graph.shape(y) => graph.push(Reshape { shape }, &[y]).map(Some),
        _ => Ok(Some(y)),
    }
}
