//! The same network with less in it.
//!
//! * nodes on constants alone are computed (in double precision);
//! * identities, dropout, views that change nothing are removed, views of views
//!   and transposes of transposes are one;
//! * a batch normalisation becomes part of the linear layer in front of it or
//!   behind it, exactly ([`norms`]);
//! * what an exporter wrote in several operations becomes the one it is:
//!   activations ([`activations`]), layer normalisation, softmax and means
//!   ([`reductions`]);
//! * nodes that compute the same are one, and what no output needs is left out.
//!
//! Two exporters' versions of one model so become the same operations. Every
//! rule looks at one node and at what makes its inputs, which is folded
//! already; the graph is gone through until no rule applies any more. Inputs,
//! outputs and the names of what is left are kept.

mod activations;
mod arithmetic;
mod constants;
mod counted;
mod guards;
mod look;
mod norms;
mod pooling;
mod positions;
mod reductions;
mod views;

use std::collections::HashMap;

use crate::error::NetworkError;
use crate::graph::{Data, Graph, Node, Source, ValueId};
use crate::ops::{Identity, Op};

/// More passes than any rule needs to bring another one into play.
const MOST_PASSES: usize = 16;

/// The folded graph.
pub fn fold(graph: &Graph) -> Result<Graph, NetworkError> {
    let mut graph = once(graph)?.0;
    for _ in 0..MOST_PASSES {
        let (next, changed) = once(&graph)?;
        graph = next;
        if !changed {
            break;
        }
    }
    Ok(graph)
}

/// A rule: the value that can stand for the first output of a node, made of
/// values of the new graph.
type Rule = fn(&mut Graph, &Met<'_>) -> Result<Option<ValueId>, NetworkError>;

/// A node as a rule meets it.
struct Met<'a> {
    name: &'a str,
    op: &'a Op,
    /// The inputs in the new graph.
    inputs: &'a [ValueId],
    /// Whether nothing else uses an input, so that what makes it may become
    /// part of the node.
    alone: Vec<bool>,
}

const RULES: &[Rule] = &[
    constants::computed,
    views::simplified,
    pooling::simplified,
    positions::simplified,
    counted::simplified,
    arithmetic::simplified,
    activations::recognised,
    reductions::recognised,
    guards::moved_inside,
];

/// One pass; also whether anything became another thing.
fn once(old: &Graph) -> Result<(Graph, bool), NetworkError> {
    let needed = old.needed_for(old.outputs());
    let mut uses = vec![0; old.values().len()];
    for (node, _) in old
        .nodes()
        .iter()
        .zip(&needed)
        .filter(|(_, needed)| **needed)
    {
        node.inputs
            .iter()
            .for_each(|input| uses[input.index()] += 1);
    }
    old.outputs()
        .iter()
        .for_each(|output| uses[output.index()] += 1);
    let mut folder = Folder {
        old,
        new: Graph::new(),
        map: vec![None; old.values().len()],
        uses,
        made: HashMap::new(),
        constants: HashMap::new(),
        changed: false,
    };
    folder.new.metadata.clone_from(&old.metadata);
    for &id in old.inputs() {
        let value = old.value(id);
        folder.map[id.index()] = Some(folder.new.input(&value.name, value.ty.clone()));
    }
    for (node, _) in old
        .nodes()
        .iter()
        .zip(&needed)
        .filter(|(_, needed)| **needed)
    {
        folder.node(node)?;
    }
    folder.outputs()?;
    Ok((folder.new, folder.changed))
}

struct Folder<'a> {
    old: &'a Graph,
    new: Graph,
    map: Vec<Option<ValueId>>,
    uses: Vec<usize>,
    /// Nodes by what they compute.
    made: HashMap<(String, Vec<ValueId>), Vec<ValueId>>,
    /// Small constants by what they are.
    constants: HashMap<String, ValueId>,
    changed: bool,
}

/// Constants of so few numbers are compared.
const SMALL: usize = 16;

impl Folder<'_> {
    /// The value in the new graph; weights move when they are first needed, so
    /// that those which were folded away stay behind.
    fn moved(&mut self, id: ValueId) -> ValueId {
        if let Some(moved) = self.map[id.index()] {
            return moved;
        }
        let value = self.old.value(id);
        let moved = match &value.source {
            Source::Parameter(data) => self.new.parameter(&value.name, data.clone()),
            Source::Constant(data) => self.constant(&value.name, data),
            Source::Input | Source::Node(..) => unreachable!("inputs and nodes are moved in order"),
        };
        self.map[id.index()] = Some(moved);
        moved
    }

    fn constant(&mut self, name: &str, data: &Data) -> ValueId {
        if data.shape().iter().product::<usize>() > SMALL {
            return self.new.constant(name, data.clone());
        }
        let key = format!("{:?} {:?} {:?}", data.kind(), data.shape(), data.to_f64());
        let new = &mut self.new;
        let constant = || new.constant(name, data.clone());
        *self.constants.entry(key).or_insert_with(constant)
    }

    fn node(&mut self, node: &Node) -> Result<(), NetworkError> {
        let inputs: Vec<ValueId> = node.inputs.iter().map(|&input| self.moved(input)).collect();
        let before = self.new.values().len();
        if let Some(value) = self.replaced(node, &inputs)? {
            self.changed = true;
            self.map[node.outputs[0].index()] = Some(value);
            if value.index() >= before {
                self.new
                    .rename(value, &self.old.value(node.outputs[0]).name);
            }
            return Ok(());
        }
        let key = (format!("{:?}", node.op), inputs);
        if let Some(same) = self.made.get(&key) {
            self.changed = true;
            for (old, &new) in node.outputs.iter().zip(same) {
                self.map[old.index()] = Some(new);
            }
            return Ok(());
        }
        let made = self.new.node(&node.name, node.op.clone(), &key.1)?;
        for (&old, &new) in node.outputs.iter().zip(&made) {
            self.new.rename(new, &self.old.value(old).name);
            self.map[old.index()] = Some(new);
        }
        self.made.insert(key, made);
        Ok(())
    }

    /// What can stand for a node, if it is needed for its first output alone.
    fn replaced(
        &mut self,
        node: &Node,
        inputs: &[ValueId],
    ) -> Result<Option<ValueId>, NetworkError> {
        if node.outputs[1..]
            .iter()
            .any(|output| self.uses[output.index()] > 0)
        {
            return Ok(None);
        }
        if let Some(value) = norms::merged(self, node, inputs)? {
            return Ok(Some(value));
        }
        let alone = node
            .inputs
            .iter()
            .map(|input| self.uses[input.index()] == 1);
        let met = Met {
            name: &node.name,
            op: &node.op,
            inputs,
            alone: alone.collect(),
        };
        for rule in RULES {
            if let Some(value) = rule(&mut self.new, &met)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Declares the outputs under their names. A value that is an input or a
    /// weight, or two outputs at once, is handed on by an identity.
    fn outputs(&mut self) -> Result<(), NetworkError> {
        let mut outputs = Vec::new();
        for &old in self.old.outputs() {
            let mut value = self.moved(old);
            let name = &self.old.value(old).name;
            if self.new.value(value).name != *name {
                let own = matches!(self.new.value(value).source, Source::Node(..));
                if !own || outputs.contains(&value) {
                    value = self.new.push(Identity, &[value])?;
                }
                self.new.rename(value, name);
            }
            outputs.push(value);
        }
        self.new.set_outputs(outputs);
        Ok(())
    }
}
