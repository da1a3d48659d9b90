//! A network put into another one, once or several times, on the same weights.

use std::collections::{HashMap, HashSet};

use pellucid_network::graph::Source;
use pellucid_network::{Graph, NetworkError, ValueId};

/// A network that holds another one several times.
pub(crate) struct Copies<'a> {
    source: &'a Graph,
    /// The network so far.
    pub graph: Graph,
    /// The weights and constants, which all copies share.
    shared: HashMap<ValueId, ValueId>,
    /// How many copies there are.
    count: usize,
}

impl<'a> Copies<'a> {
    /// A network with the inputs of `source`, and no copy yet.
    pub fn of(source: &'a Graph) -> Self {
        let mut copies = Self::without_inputs(source);
        for &id in source.inputs() {
            let value = source.value(id);
            copies.graph.input(&value.name, value.ty.clone());
        }
        copies
    }

    /// A network without inputs, and no copy yet.
    pub fn without_inputs(source: &'a Graph) -> Self {
        let mut graph = Graph::new();
        graph.metadata.clone_from(&source.metadata);
        Self {
            source,
            graph,
            shared: HashMap::new(),
            count: 0,
        }
    }

    /// Adds the network on other inputs; its outputs.
    pub fn repeat(&mut self, inputs: &[ValueId]) -> Result<Vec<ValueId>, NetworkError> {
        let given = self.source.inputs().iter().copied();
        self.with(given.zip(inputs.iter().copied()).collect())
    }

    /// Adds the network with some of its values in the place of those that it
    /// would have, all inputs that it still needs among them; its outputs.
    pub fn with(
        &mut self,
        mut moved: HashMap<ValueId, ValueId>,
    ) -> Result<Vec<ValueId>, NetworkError> {
        let source = self.source;
        let needed = needed(source, &moved);
        for (node, _) in source
            .nodes()
            .iter()
            .zip(needed)
            .filter(|(_, needed)| *needed)
        {
            let inputs: Vec<ValueId> = node
                .inputs
                .iter()
                .map(|&id| self.value(&moved, id))
                .collect();
            // Runtimes want every node to have a name of its own.
            let name = match self.count {
                0 => node.name.clone(),
                count => format!("{}/{count}", node.name),
            };
            let outputs = self.graph.node(&name, node.op.clone(), &inputs)?;
            for (&old, new) in node.outputs.iter().zip(outputs) {
                moved.entry(old).or_insert(new);
            }
        }
        self.count += 1;
        let outputs = source.outputs().iter();
        Ok(outputs.map(|&id| self.value(&moved, id)).collect())
    }

    fn value(&mut self, moved: &HashMap<ValueId, ValueId>, id: ValueId) -> ValueId {
        if let Some(&value) = moved.get(&id) {
            return value;
        }
        let (source, graph) = (self.source, &mut self.graph);
        *self.shared.entry(id).or_insert_with(|| {
            let value = source.value(id);
            match &value.source {
                Source::Parameter(data) => graph.parameter(&value.name, data.clone()),
                Source::Constant(data) => graph.constant(&value.name, data.clone()),
                // Inputs and what nodes make have moved before they are used.
                Source::Input | Source::Node(..) => id,
            }
        })
    }
}

/// Which nodes the outputs of `source` need, by position, where some of its
/// values are there already.
fn needed(source: &Graph, there: &HashMap<ValueId, ValueId>) -> Vec<bool> {
    let mut wanted: HashSet<ValueId> = source.outputs().iter().copied().collect();
    let mut needed: Vec<bool> = source
        .nodes()
        .iter()
        .rev()
        .map(|node| {
            let made = |id| wanted.contains(id) && !there.contains_key(id);
            let needed = node.outputs.iter().any(made);
            if needed {
                wanted.extend(&node.inputs);
            }
            needed
        })
        .collect();
    needed.reverse();
    needed
}
