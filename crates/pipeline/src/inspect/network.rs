//! The nodes of one model, what folds, which rule of relevance each would get.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pellucid_explain::Question;
use pellucid_explain::method::LrpEpsilon;
use pellucid_network::graph::{Kind, Node, show};
use pellucid_network::transform::{self, Assigned, Propagation};
use pellucid_network::{Graph, ValueId};
use serde::Serialize;

use crate::PipelineError;
use crate::attribute::method::{method, wrong};
use crate::attribute::request::Asked;
use crate::model::{self, LaidOpen, Sizes};

/// A model, laid open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// The file.
    pub model: String,
    /// How many numbers the weights are.
    pub parameters: usize,
    /// What it takes.
    pub inputs: Vec<Port>,
    /// What of its outputs can be explained.
    pub outputs: Vec<Port>,
    /// The method whose rules are told.
    pub method: String,
    /// How many nodes are left after folding.
    pub folded_nodes: usize,
    /// Why the sizes are examples, if the model cannot be read for all sizes.
    pub examples: Option<String>,
    /// The outputs that cannot be explained, and why.
    pub refused: BTreeMap<String, String>,
    /// Its nodes, in order.
    pub nodes: Vec<NodeRow>,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What its numbers are: `real` or `integer`.
    pub kind: &'static str,
    /// Its sides; names stand for any size.
    pub shape: Vec<String>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeRow {
    /// Its name.
    pub name: String,
    /// What it does.
    pub operation: &'static str,
    /// What it does when the network is folded, if that is another operation.
    pub becomes: Option<&'static str>,
    /// The shape of each output.
    pub shapes: Vec<String>,
    /// How many numbers its weights are; those shared count where they are
    /// used first.
    pub parameters: usize,
    /// What becomes of it when the network is folded.
    pub fate: Fate,
    /// Its rule of relevance; none, if no relevance reaches it.
    pub rule: Option<String>,
}

/// What becomes of a node when the network is folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fate {
    /// It stays.
    Kept,
    /// It becomes part of another, or is left out.
    Folded,
    /// It is made by folding.
    Made,
}

/// The rule of a node that has none.
pub const NO_RULE: &str = "none: relevance stops with an error";

/// Lays a model open, all of its outputs or the one that is named, for inputs of
/// these sizes, and of any where none is given; rules are those of `asked`, or of
/// the epsilon rule, on the way to the first output.
pub fn inspect(
    path: &Path,
    output: Option<&str>,
    sizes: &Sizes,
    asked: Option<&Asked>,
) -> Result<Inspection, PipelineError> {
    let (name, propagation) = propagation(asked)?;
    let LaidOpen {
        graph,
        examples,
        refused,
    } = model::sized(path, sizes)?.laid_open(output, sizes)?;
    let folded = transform::fold(&graph).map_err(|source| model::about(path, source))?;
    let rules = rules(&folded, &propagation).map_err(|source| model::about(path, source))?;
    let ports = |ids: &[ValueId]| ids.iter().map(|&id| port(&graph, id)).collect();
    Ok(Inspection {
        model: path.display().to_string(),
        parameters: graph.parameter_count(),
        inputs: ports(graph.inputs()),
        outputs: ports(graph.outputs()),
        method: name,
        folded_nodes: folded.nodes().len(),
        examples,
        refused,
        nodes: rows(&graph, &folded, &rules),
    })
}

fn propagation(asked: Option<&Asked>) -> Result<(String, Propagation), PipelineError> {
    let Some(asked) = asked else {
        let method = LrpEpsilon::default();
        return Ok(("lrp-epsilon".to_owned(), method.propagation()?));
    };
    match method(asked)?.propagation() {
        Some(propagation) => Ok((asked.name.clone(), propagation?)),
        None => Err(wrong(
            "--method",
            format!(
                "`{}` has no rules for nodes; name one of the lrp methods",
                asked.name
            ),
        )),
    }
}

fn port(graph: &Graph, id: ValueId) -> Port {
    let value = graph.value(id);
    Port {
        name: value.name.clone(),
        kind: match value.ty.kind {
            Kind::Real => "real",
            Kind::Integer => "integer",
        },
        shape: value.ty.shape.iter().map(ToString::to_string).collect(),
    }
}

/// The rule of each node of the folded network, by name, on the way from the
/// inputs to the logits of the first output.
fn rules(
    folded: &Graph,
    propagation: &Propagation,
) -> Result<BTreeMap<String, String>, pellucid_network::NetworkError> {
    let mut graph = folded.clone();
    let (Some(&output), Ok(free)) = (graph.outputs().first(), Question::default().free(folded))
    else {
        return Ok(BTreeMap::new());
    };
    let of = transform::logits(&mut graph, output)?;
    let inputs: Vec<ValueId> = free.iter().map(|&i| graph.inputs()[i]).collect();
    let assigned = transform::assignments(&graph, of, &inputs, propagation)?;
    let named = |Assigned { node, rule }: Assigned| {
        let name = graph.nodes()[node].name.clone();
        (name, rule.unwrap_or_else(|| NO_RULE.to_owned()))
    };
    Ok(assigned.into_iter().map(named).collect())
}

fn rows(graph: &Graph, folded: &Graph, rules: &BTreeMap<String, String>) -> Vec<NodeRow> {
    let names = |graph: &Graph| -> BTreeSet<String> {
        graph.nodes().iter().map(|node| node.name.clone()).collect()
    };
    let before = names(graph);
    let after: BTreeMap<&str, &'static str> = folded
        .nodes()
        .iter()
        .map(|node| (node.name.as_str(), node.op.name()))
        .collect();
    let row = |graph: &Graph, node: &Node, seen: &mut BTreeSet<ValueId>, fate: Fate| NodeRow {
        name: node.name.clone(),
        operation: node.op.name(),
        becomes: after
            .get(node.name.as_str())
            .copied()
            .filter(|&operation| operation != node.op.name()),
        shapes: node
            .outputs
            .iter()
            .map(|&id| show(graph.shape(id)))
            .collect(),
        parameters: parameters(graph, node, seen),
        fate,
        rule: rules.get(&node.name).cloned(),
    };
    let mut seen = BTreeSet::new();
    let mut rows: Vec<NodeRow> = graph
        .nodes()
        .iter()
        .map(|node| {
            let kept = after.contains_key(node.name.as_str());
            let fate = if kept { Fate::Kept } else { Fate::Folded };
            row(graph, node, &mut seen, fate)
        })
        .collect();
    let mut seen = BTreeSet::new();
    let made = folded
        .nodes()
        .iter()
        .filter(|node| !before.contains(&node.name));
    rows.extend(made.map(|node| row(folded, node, &mut seen, Fate::Made)));
    rows
}

/// The numbers of a node's weights that no earlier node has used.
fn parameters(graph: &Graph, node: &Node, seen: &mut BTreeSet<ValueId>) -> usize {
    let weights: BTreeSet<ValueId> = graph.parameters().into_iter().collect();
    node.inputs
        .iter()
        .filter(|id| weights.contains(id) && seen.insert(**id))
        .filter_map(|&id| graph.data(id))
        .map(|data| data.shape().iter().product::<usize>())
        .sum()
}
