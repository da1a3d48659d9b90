//! Nodes that only move numbers: those that move none are removed, those one
//! behind the other become one.

use crate::error::NetworkError;
use crate::graph::{Graph, ValueId};
use crate::ops::{Op, ReduceMax, ReduceMean, ReduceSum, Reshape, ToReal, Transpose};
use crate::transform::fold::Met;
use crate::transform::fold::look::of;

pub(super) fn simplified(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let (name, op, inputs) = (met.name, met.op, met.inputs);
    let Some(&x) = inputs.first() else {
        return Ok(None);
    };
    let shape = graph.shape(x).to_vec();
    let nothing = match op {
        Op::Identity(_) | Op::Dropout(_) => true,
        Op::Reshape(Reshape { shape: new }) => *new == shape,
        Op::Expand(expand) => expand.shape == shape,
        Op::Transpose(Transpose { perm }) => perm.iter().enumerate().all(|(i, &from)| i == from),
        Op::Slice(slice) => {
            slice.step == 1 && slice.start.known() == Some(0) && slice.length == shape[slice.axis]
        }
        Op::Pad(pad) => pad.step == 1 && pad.length == shape[pad.axis],
        Op::Concat(_) => inputs.len() == 1,
        Op::ReduceSum(ReduceSum { axes, .. })
        | Op::ReduceMean(ReduceMean { axes, .. })
        | Op::ReduceMax(ReduceMax { axes, .. }) => axes.is_empty(),
        _ => false,
    };
    if nothing {
        return Ok(Some(x));
    }
    match op {
        Op::Reshape(reshape) => reshaped(graph, name, reshape, x),
        Op::Transpose(Transpose { perm }) => {
            let Some(inner) = graph.producer(x).cloned() else {
                return Ok(None);
            };
            let Op::Transpose(first) = &inner.op else {
                return Ok(None);
            };
            let perm: Vec<usize> = perm.iter().map(|&i| first.perm[i]).collect();
            let both = graph.node(name, Transpose { perm }, &inner.inputs)?;
            Ok(Some(both[0]))
        }
        // What is constant becomes real while the network is folded.
        Op::ToReal(_) => match graph.producer(x).cloned() {
            Some(inner) => match (inner.op, inner.inputs.as_slice()) {
                (Op::Expand(expand), &[constant]) if graph.data(constant).is_some() => {
                    let numbers = graph.push(ToReal, &[constant])?;
                    Ok(Some(graph.node(name, expand, &[numbers])?[0]))
                }
                _ => Ok(None),
            },
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

/// A reshape of a reshape is one; one that only drops the sides a reduction
/// kept is part of the reduction.
fn reshaped(
    graph: &mut Graph,
    name: &str,
    reshape: &Reshape,
    x: ValueId,
) -> Result<Option<ValueId>, NetworkError> {
    if let Some(first) = of(graph, x, |op| matches!(op, Op::Reshape(_))) {
        return Ok(Some(graph.node(name, reshape.clone(), &[first])?[0]));
    }
    let Some(&[y]) = graph.made(x, |_| true) else {
        return Ok(None);
    };
    let dropped = graph.producer(x).and_then(|node| match &node.op {
        Op::ReduceSum(ReduceSum { axes, keep: true }) => {
            let axes = axes.clone();
            Some(Op::from(ReduceSum { axes, keep: false }))
        }
        Op::ReduceMean(ReduceMean { axes, keep: true }) => {
            let axes = axes.clone();
            Some(Op::from(ReduceMean { axes, keep: false }))
        }
        Op::ReduceMax(ReduceMax { axes, keep: true }) => {
            let axes = axes.clone();
            Some(Op::from(ReduceMax { axes, keep: false }))
        }
        _ => None,
    });
    let Some(op) = dropped else { return Ok(None) };
    let fits = op
        .infer(&[graph.ty(y)])
        .is_ok_and(|types| types[0].shape == reshape.shape);
    if !fits {
        return Ok(None);
    }
    Ok(Some(graph.node(name, op, &[y])?[0]))
}
