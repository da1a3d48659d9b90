//! `Loop` and `Scan`, whose turns are written out.
//!
//! A loop that runs a number of times which constants, shapes or known sizes
//! decide is the nodes of its body, once for every turn: what a value `v` of the
//! body is in turn 3 of the loop `n` is called `n/3/v`. Gradient and relevance see
//! through it like through any other nodes. How often a loop runs must not
//! depend on the data.

use std::collections::HashSet;

use pellucid_onnx::{GraphProto, NodeProto};

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::import::Importer;
use crate::onnx::operand::Operand;
use crate::onnx::reader::Import;
use crate::onnx::sizes::{Size, Sizes};
use crate::ops::{Concat, Slice};

/// More nodes than all loops of a tagger make, those inside others included.
const MOST_NODES: usize = 100_000;

/// The body of a loop for one turn: all names that it makes begin with `prefix`.
fn turn(body: &GraphProto, prefix: &str) -> GraphProto {
    let mut body = body.clone();
    let own: HashSet<String> = body
        .input
        .iter()
        .map(|input| input.name.clone())
        .chain(body.node.iter().flat_map(|node| node.output.clone()))
        .filter(|name| !name.is_empty())
        .collect();
    rename(&mut body, prefix, &own);
    body
}

/// Puts the prefix in front of those names of a graph that are in `own`.
fn rename(graph: &mut GraphProto, prefix: &str, own: &HashSet<String>) {
    let change = |name: &mut String| {
        if own.contains(name) {
            *name = format!("{prefix}/{name}");
        }
    };
    for value in graph.input.iter_mut().chain(&mut graph.output) {
        change(&mut value.name);
    }
    for tensor in &mut graph.initializer {
        change(&mut tensor.name);
    }
    for node in &mut graph.node {
        if !node.name.is_empty() {
            node.name = format!("{prefix}/{}", node.name);
        }
        for name in node.input.iter_mut().chain(&mut node.output) {
            change(name);
        }
        for attribute in &mut node.attribute {
            let inner = attribute.g.iter_mut().map(Box::as_mut);
            for graph in inner.chain(&mut attribute.graphs) {
                rename(graph, prefix, own);
            }
        }
    }
}

/// The name of a loop in front of what its turns make.
fn prefix(node: &NodeProto) -> &str {
    let made = || node.output.iter().find(|name| !name.is_empty());
    match node.name.as_str() {
        "" => made().map_or("loop", String::as_str),
        name => name,
    }
}

fn refuse(node: &NodeProto, problem: impl Into<String>) -> NetworkError {
    NetworkError::OnnxNode {
        node: node.label(),
        problem: problem.into(),
    }
}

/// What a loop needs to be written out.
const ADVICE: &str = "import the model for known sizes (--size NAME=N, or those of the data to explain), \
                      export it by tracing (torch.jit.trace writes the turns out), or ask for another output (--output NAME)";

impl Importer<'_> {
    /// The body of a loop without what nobody needs and without its parameters: all
    /// turns read the same ones, under names that begin with that of the loop.
    fn body(&mut self, node: &NodeProto) -> Result<GraphProto, NetworkError> {
        let body = node.graph("body")?;
        let body = body.ok_or_else(|| refuse(node, "it has no body"))?;
        let mut body = body.clone();
        body.prune();
        let own = body.initializer.iter().map(|tensor| tensor.name.clone());
        let own: HashSet<String> = own.filter(|name| !name.is_empty()).collect();
        rename(&mut body, prefix(node), &own);
        let parameters = std::mem::take(&mut body.initializer);
        self.weights(&parameters)?;
        Ok(body)
    }

    /// Reads a body: its operands under the names of its inputs, then its nodes.
    fn turn(
        &mut self,
        node: &NodeProto,
        body: &GraphProto,
        given: Vec<Operand>,
    ) -> Result<(), NetworkError> {
        self.written_out += body.node.len().max(1);
        if self.written_out > MOST_NODES {
            return Err(refuse(
                node,
                format!(
                    "the turns of the model's loops are more than {MOST_NODES} nodes; {ADVICE}"
                ),
            ));
        }
        for (input, operand) in body.input.iter().zip(given) {
            self.operands.insert(input.name.clone(), operand);
        }
        for node in &body.node {
            self.node(node)?;
        }
        Ok(())
    }

    /// What a name stands for.
    fn found(&self, node: &NodeProto, name: &str) -> Result<Operand, NetworkError> {
        let operand = self.operands.get(name).cloned();
        operand.ok_or_else(|| refuse(node, format!("there is no value `{name}`")))
    }

    /// What the outputs of a turn stand for.
    fn results(&self, node: &NodeProto, body: &GraphProto) -> Result<Vec<Operand>, NetworkError> {
        let outputs = body.output.iter();
        outputs
            .map(|output| self.found(node, &output.name))
            .collect()
    }

    /// `Loop`: carried values, and results of every turn joined along a new first
    /// side.
    pub(super) fn unrolled_loop(&mut self, node: &NodeProto) -> Result<(), NetworkError> {
        let body = &self.body(node)?;
        let carried = node.input.len().saturating_sub(2);
        if body.input.len() != carried + 2 || body.output.len() <= carried {
            return Err(refuse(
                node,
                format!(
                    "its body takes {} values and gives {}, {carried} are carried",
                    body.input.len(),
                    body.output.len()
                ),
            ));
        }
        let unknown = || {
            let problem = "how often it runs depends on the run: on a named size, or on the data; ";
            refuse(node, format!("{problem}{ADVICE}"))
        };
        let mut known = |i: usize| {
            let import = self.reader(node);
            if import.has(i) {
                import.known_number(i)?.map(Some).ok_or_else(unknown)
            } else {
                Ok(None)
            }
        };
        let (count, mut goes) = (known(0)?, known(1)?.unwrap_or(1.0) != 0.0);
        let mut state = node.input[2.min(node.input.len())..]
            .iter()
            .map(|name| self.found(node, name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut turns: Vec<Vec<String>> = vec![Vec::new(); body.output.len() - carried - 1];
        let mut i = 0_usize;
        while goes && count.is_none_or(|count| (i as f64) < count) {
            let here = turn(body, &format!("{}/{i}", prefix(node)));
            let number = |x: i64| Operand::Sizes(Sizes::new(vec![], vec![Size::Known(x)]));
            let mut given = vec![number(i as i64), number(1)];
            given.append(&mut state);
            self.turn(node, &here, given)?;
            let condition = NodeProto::new("", "", &[&here.output[0].name], &[]);
            goes = self
                .reader(&condition)
                .known_number(0)?
                .ok_or_else(unknown)?
                != 0.0;
            state = self.results(node, &here)?;
            state.remove(0);
            state.truncate(carried);
            for (turns, output) in turns.iter_mut().zip(&here.output[carried + 1..]) {
                turns.push(output.name.clone());
            }
            i += 1;
        }
        let joined = turns.into_iter().map(|turns| (turns, 0, false)).collect();
        self.outputs(node, state, joined)
    }

    /// `Scan`: carried values, and a body that sees one slice of each sequence.
    pub(super) fn unrolled_scan(&mut self, node: &NodeProto) -> Result<(), NetworkError> {
        if self.opset < 9 {
            return Err(refuse(
                node,
                "before operation set 9 it runs over a batch; export the model with opset_version=17",
            ));
        }
        let body = &self.body(node)?;
        let sequences = node.int("num_scan_inputs")?.unwrap_or(0);
        let sequences = usize::try_from(sequences).unwrap_or(0);
        let carried = node.input.len().checked_sub(sequences).filter(|&carried| {
            sequences > 0 && body.input.len() == node.input.len() && carried <= body.output.len()
        });
        let carried =
            carried.ok_or_else(|| refuse(node, "its body does not take what it is given"))?;
        let listed = |name: &str, i: usize| -> Result<i64, NetworkError> {
            let list = node.ints(name)?.unwrap_or_default();
            Ok(list.get(i).copied().unwrap_or(0))
        };
        let (mut parts, mut steps) = (Vec::new(), None);
        for i in 0..sequences {
            let axis = listed("scan_input_axes", i)?;
            let backwards = listed("scan_input_directions", i)? == 1;
            let slices = slices(&mut self.reader(node), carried + i, axis, backwards)?;
            if *steps.get_or_insert(slices.len()) != slices.len() {
                return Err(refuse(node, "its sequences are not equally long"));
            }
            parts.push(slices);
        }
        let steps = steps.unwrap_or(0);
        let mut state = node.input[..carried]
            .iter()
            .map(|name| self.found(node, name))
            .collect::<Result<Vec<_>, _>>()?;
        let mut turns: Vec<Vec<String>> = vec![Vec::new(); body.output.len() - carried];
        for i in 0..steps {
            let here = turn(body, &format!("{}/{i}", prefix(node)));
            let mut given = std::mem::take(&mut state);
            given.extend(parts.iter().map(|slices| Operand::Value(slices[i])));
            self.turn(node, &here, given)?;
            state = self.results(node, &here)?;
            state.truncate(carried);
            for (turns, output) in turns.iter_mut().zip(&here.output[carried..]) {
                turns.push(output.name.clone());
            }
        }
        let mut joined = Vec::new();
        for (i, turns) in turns.into_iter().enumerate() {
            let axis = listed("scan_output_axes", i)?;
            joined.push((turns, axis, listed("scan_output_directions", i)? == 1));
        }
        self.outputs(node, state, joined)
    }

    /// The outputs of a loop: carried values, and turns joined along a new side, in
    /// their order or backwards.
    fn outputs(
        &mut self,
        node: &NodeProto,
        state: Vec<Operand>,
        joined: Vec<(Vec<String>, i64, bool)>,
    ) -> Result<(), NetworkError> {
        let carried = state.len();
        for (name, operand) in node.output.iter().zip(state) {
            if !name.is_empty() {
                self.operands.insert(name.clone(), operand);
            }
        }
        for (name, (mut turns, axis, backwards)) in node.output.iter().skip(carried).zip(joined) {
            if name.is_empty() {
                continue;
            }
            if backwards {
                turns.reverse();
            }
            let inputs: Vec<&str> = turns.iter().map(String::as_str).collect();
            let join = NodeProto::new("Concat", &format!("{}/{name}", prefix(node)), &inputs, &[]);
            let value = stacked(&mut self.reader(&join), axis)?;
            let value = self.named(value, name)?;
            self.operands.insert(name.clone(), Operand::Value(value));
        }
        Ok(())
    }
}

/// The slices of a sequence along one side, without that side.
fn slices(node: &mut Import<'_>, i: usize, axis: i64, backwards: bool) -> Imported {
    let x = node.either(i)?;
    let mut shape = node.shape(x);
    let axis = node.axis(axis, shape.len())?;
    let side = shape.remove(axis);
    let steps = side.known().ok_or_else(|| {
        node.refuse(format!(
            "it runs once for each of {side} slices, which depends on the run; {ADVICE}"
        ))
    })?;
    if steps > MOST_NODES {
        return Err(node.refuse(format!(
            "it runs once for each of {steps} slices, expected at most {MOST_NODES}"
        )));
    }
    let mut all = Vec::with_capacity(steps);
    for t in 0..steps {
        let slice = Slice {
            axis,
            start: t.into(),
            length: 1.into(),
            step: 1,
        };
        let part = node.add_as(&format!("slice{i}/{t}/part"), slice, &[x])?;
        let op = crate::ops::Reshape {
            shape: shape.clone(),
        };
        all.push(node.add_as(&format!("slice{i}/{t}"), op, &[part])?);
    }
    if backwards {
        all.reverse();
    }
    Ok(all)
}

/// All inputs joined along a new side.
fn stacked(node: &mut Import<'_>, axis: i64) -> Result<ValueId, NetworkError> {
    let parts = node.alike()?;
    let Some(&first) = parts.first() else {
        return Err(node.refuse("it runs no turn, so that nothing can be joined"));
    };
    let mut shape = node.shape(first);
    let axis = node.axis(axis, shape.len() + 1)?;
    shape.insert(axis, Dim::fixed(1));
    let mut sides = Vec::with_capacity(parts.len());
    for part in parts {
        sides.push(node.reshape(part, shape.clone())?);
    }
    node.add(Concat { axis }, &sides)
}
