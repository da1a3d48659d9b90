//! Positions along one side, told as whole slices: what tuples of one position
//! or the same position for every number of a slice mean as well, and what is
//! gathered from a transpose that is turned back.

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};
use crate::ops::{Expand, Gather, LastWrite, Op, Places, Reshape, Scatter, Transpose};
use crate::transform::fold::Met;
use crate::transform::fold::look::of;

pub(super) fn simplified(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    match (met.op, met.inputs) {
        (Op::Gather(gather), &[x, indices]) if gather.places == Places::Tuples { batch: 0 } => {
            let Some((tuple, lead)) = graph.shape(indices).split_last() else {
                return Ok(None);
            };
            if tuple.known() != Some(1) {
                return Ok(None);
            }
            let shape = lead.to_vec();
            let indices = graph.push(Reshape { shape }, &[indices])?;
            let places = Places::Along { axis: 0 };
            Ok(Some(
                graph.node(met.name, Gather { places }, &[x, indices])?[0],
            ))
        }
        (Op::Transpose(back), &[gathered]) => Ok(match along(graph, back, gathered) {
            Some((gather, x, indices)) => Some(graph.node(met.name, gather, &[x, indices])?[0]),
            None => None,
        }),
        (Op::LastWrite(last), &[indices]) if last.places == (Places::Tuples { batch: 0 }) => {
            of_slices(graph, met.name, last, indices)
        }
        (Op::Scatter(scatter), &[data, indices, updates])
            if scatter.places == Places::Elements { axis: 0 } =>
        {
            let Some(rows) = slices(graph, data, indices) else {
                return Ok(None);
            };
            let shape = vec![graph.shape(rows)[0].clone(), Dim::fixed(1)];
            let rows = graph.push(Reshape { shape }, &[rows])?;
            let slices = Scatter {
                places: Places::Tuples { batch: 0 },
                ..*scatter
            };
            Ok(Some(
                graph.node(met.name, slices, &[data, rows, updates])?[0],
            ))
        }
        _ => Ok(None),
    }
}

/// Which slice was written last, for all numbers of the slice at once.
fn of_slices(
    graph: &mut Graph,
    name: &str,
    last: &LastWrite,
    indices: ValueId,
) -> Result<Option<ValueId>, NetworkError> {
    let whole = last.places.pointed_to(&last.shape, graph.ty(indices));
    let (Ok(whole), Some((tuple, lead))) = (whole, graph.shape(indices).split_last()) else {
        return Ok(None);
    };
    let Some(sides) = tuple.known().filter(|&tuple| tuple < last.shape.len()) else {
        return Ok(None);
    };
    let mut shape = lead.to_vec();
    shape.resize(whole.len(), Dim::fixed(1));
    let slices = LastWrite {
        shape: last.shape[..sides].to_vec(),
        ..last.clone()
    };
    let slices = graph.push(slices, &[indices])?;
    let slices = graph.push(Reshape { shape }, &[slices])?;
    Ok(Some(
        graph.node(name, Expand { shape: whole }, &[slices])?[0],
    ))
}

/// The gathering from `x` that is meant, where one from its transpose is turned
/// back, with `x` and the indices.
fn along(graph: &Graph, back: &Transpose, gathered: ValueId) -> Option<(Gather, ValueId, ValueId)> {
    let node = graph.producer(gathered)?;
    let (Op::Gather(gather), &[turned, indices]) = (&node.op, node.inputs.as_slice()) else {
        return None;
    };
    let turn = graph.producer(turned)?;
    let (Places::Along { axis }, Op::Transpose(first)) = (gather.places, &turn.op) else {
        return None;
    };
    let same = back
        .perm
        .iter()
        .enumerate()
        .all(|(i, &from)| first.perm[from] == i);
    let places = Places::Along {
        axis: first.perm[axis],
    };
    (graph.shape(indices).len() == 1 && same).then_some((
        Gather { places },
        turn.inputs[0],
        indices,
    ))
}

/// The positions of whole slices that were repeated for every number of them.
fn slices(graph: &Graph, data: ValueId, indices: ValueId) -> Option<ValueId> {
    let rows = of(graph, indices, |op| matches!(op, Op::Expand(_)))?;
    let (own, wide) = (graph.shape(rows), graph.shape(indices));
    let one = Dim::fixed(1);
    let repeated = own.len() == wide.len()
        && own.first() == wide.first()
        && own[1..].iter().all(|side| *side == one);
    (repeated && wide[1..] == graph.shape(data)[1..]).then_some(rows)
}
