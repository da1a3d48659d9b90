//! Positions along the first side, told as whole slices: what tuples of one
//! position or the same position for every number of a slice mean as well.

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};
use crate::ops::{Gather, Op, Places, Reshape, Scatter};
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
