//! Integers as ONNX's runtimes compute them.
//!
//! onnxruntime has sums, largest numbers and the like for integers of 64 bits,
//! but no clip with limits that are real numbers, no matrix product with a row.
//! Those are written as the operation on real numbers between two casts: exact
//! up to 2²⁴, as far as single precision holds every integer.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::NetworkError;
use crate::graph::{Graph, Kind, Node, Source, ValueId};
use crate::ops::{Op, ToInteger, ToReal, Whole};

/// The graph with all of its operations on integers such as ONNX has.
pub(super) fn lowered(graph: &Graph) -> Result<Cow<'_, Graph>, NetworkError> {
    let between = |node: &Node| matches!(&node.op, Op::Whole(whole) if !whole.as_it_stands());
    if !graph.nodes().iter().any(between) {
        return Ok(Cow::Borrowed(graph));
    }
    let mut made = Graph::new();
    made.metadata.clone_from(&graph.metadata);
    let mut moved: HashMap<ValueId, ValueId> = HashMap::new();
    for (id, value) in graph.values() {
        let new = match &value.source {
            Source::Input => made.input(&value.name, value.ty.clone()),
            Source::Parameter(data) => made.parameter(&value.name, data.clone()),
            Source::Constant(data) => made.constant(&value.name, data.clone()),
            Source::Node(..) => continue,
        };
        moved.insert(id, new);
    }
    for node in graph.nodes() {
        let inputs: Vec<ValueId> = node.inputs.iter().map(|id| moved[id]).collect();
        let outputs = match &node.op {
            Op::Whole(whole) if !whole.as_it_stands() => cast(&mut made, whole, node, &inputs)?,
            op => made.node(&node.name, op.clone(), &inputs)?,
        };
        for (&old, new) in node.outputs.iter().zip(outputs) {
            made.rename(new, &graph.value(old).name);
            moved.insert(old, new);
        }
    }
    for &output in graph.outputs() {
        made.output(moved[&output]);
    }
    Ok(Cow::Owned(made))
}

/// An operation on integers as one on real numbers between casts.
fn cast(
    made: &mut Graph,
    whole: &Whole,
    node: &Node,
    inputs: &[ValueId],
) -> Result<Vec<ValueId>, NetworkError> {
    let mut given = Vec::with_capacity(inputs.len());
    for (i, &input) in inputs.iter().enumerate() {
        given.push(if whole.points(i) {
            input
        } else {
            let name = format!("{}/real{i}", node.name);
            made.node(&name, ToReal, &[input])?[0]
        });
    }
    let outputs = made.node(&node.name, (*whole.op).clone(), &given)?;
    let mut results = Vec::with_capacity(outputs.len());
    for (i, output) in outputs.into_iter().enumerate() {
        results.push(match made.ty(output).kind {
            Kind::Integer => output,
            Kind::Real => {
                let name = format!("{}/integer{i}", node.name);
                made.node(&name, ToInteger, &[output])?[0]
            }
        });
    }
    Ok(results)
}
