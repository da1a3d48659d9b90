//! Values of a graph that follow from its constants alone.

use std::collections::HashMap;

use pellucid_core::Tensor;

use crate::Executor;
use crate::graph::{Graph, Kind, NodeId, Source, ValueId};
use crate::ops::ToReal;

/// More numbers than a condition or a list of positions needs.
const MOST: usize = 1 << 22;

/// The numbers of a value, if no input and no size of the run is in them.
pub(super) fn numbers(graph: &Graph, value: ValueId) -> Option<Tensor<f64>> {
    if let Some(data) = graph.data(value) {
        return Some(Tensor::new(data.shape().to_vec(), data.to_f64()));
    }
    let nodes = behind(graph, value)?;
    let mut part = Graph::new();
    let mut moved: HashMap<ValueId, ValueId> = HashMap::new();
    for node in nodes {
        let node = &graph.nodes()[node.index()];
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for &input in &node.inputs {
            if let Some(data) = graph.data(input) {
                let constant = part.constant("", data.clone());
                moved.entry(input).or_insert(constant);
            }
            inputs.push(*moved.get(&input)?);
        }
        let made = part.node("", node.op.clone(), &inputs).ok()?;
        moved.extend(node.outputs.iter().copied().zip(made));
    }
    let mut result = *moved.get(&value)?;
    if part.ty(result).kind == Kind::Integer {
        result = part.push(ToReal, &[result]).ok()?;
    }
    part.set_outputs(vec![result]);
    Executor::new(&part).call(&[]).ok()?.pop()
}

/// The nodes that a value needs, in order; none if one of them needs an input
/// or too many numbers.
fn behind(graph: &Graph, value: ValueId) -> Option<Vec<NodeId>> {
    let mut found = std::collections::BTreeSet::new();
    let mut volume = 0_usize;
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let node = match &graph.value(value).source {
            Source::Input => return None,
            Source::Parameter(_) | Source::Constant(_) => continue,
            Source::Node(node, _) => *node,
        };
        if !found.insert(node) {
            continue;
        }
        let node = &graph.nodes()[node.index()];
        for &output in &node.outputs {
            let sides = graph.shape(output).iter();
            let count = sides
                .map(crate::graph::Dim::known)
                .try_fold(1_usize, |count, side| count.checked_mul(side?))?;
            volume = volume.checked_add(count).filter(|&volume| volume <= MOST)?;
        }
        open.extend(&node.inputs);
    }
    Some(found.into_iter().collect())
}
