//! Which nodes an explanation takes straight through: see
//! [`Quantise`](crate::ops::Quantise).

use crate::graph::{Graph, Node, ValueId};

/// The nodes between `wrt` and `of` whose gradient and relevance are those of
/// what they approximate, such as the rounding of a quantised model. An
/// explanation of such a model explains the model without its rounding at the
/// numbers that it has with it, and must say so.
pub fn straight_through<'a>(graph: &'a Graph, of: ValueId, wrt: &[ValueId]) -> Vec<&'a Node> {
    let (needed, varies) = (graph.needed_for(&[of]), graph.depends_on(wrt));
    let nodes = graph.nodes().iter().zip(needed);
    nodes
        .filter(|(node, needed)| {
            *needed
                && node.op.straight_through()
                && node.inputs.iter().any(|input| varies[input.index()])
        })
        .map(|(node, _)| node)
        .collect()
}
