//! The outputs of an explanation that is written: called as the arrays of
//! `attribute`, and of their shapes.

use pellucid_explain::Explained;
use pellucid_network::ops::{Identity, ReduceSum, Reshape};
use pellucid_network::{Dim, Graph, NetworkError, ValueId};

/// Names of the outputs behind the maps, in their order.
const ACCOUNTS: [&str; 4] = ["explained", "absorbed", "stabilised", "empty"];

/// The explanation with the names and shapes of its outputs; the model has so many
/// inputs.
pub fn named(mut graph: Graph, model: &Explained, inputs: usize) -> Result<Graph, NetworkError> {
    let free: Vec<String> = model
        .free_values()
        .iter()
        .map(|&id| model.graph().value(id).name.clone())
        .collect();
    let mut names: Vec<String> = free
        .iter()
        .map(|name| {
            if inputs > 1 {
                format!("attribution.{name}")
            } else {
                "attribution".to_owned()
            }
        })
        .collect();
    let maps = names.len();
    let mut outputs = graph.outputs().to_vec();
    let accounts = outputs.len() - maps;
    names.extend(ACCOUNTS.iter().take(accounts).map(|&name| name.to_owned()));
    for account in &mut outputs[maps..] {
        *account = one_per_event(&mut graph, *account, model)?;
    }
    if free.len() == 1 && inputs > 1 {
        outputs.push(outputs[0]);
        names.push("attribution".to_owned());
    }
    let inputs = graph.inputs().to_vec();
    let mut written = Vec::with_capacity(outputs.len());
    for (value, name) in outputs.into_iter().zip(names) {
        // A value of the model that has the name gives it up, unless it is an
        // input, which keeps its own.
        if let Some(taken) = graph.find(&name).filter(|id| !inputs.contains(id)) {
            graph.rename(taken, &format!("{name}/model"));
        }
        let output = graph.push(Identity, &[value])?;
        graph.rename(output, &name);
        written.push(output);
    }
    graph.set_outputs(written);
    Ok(graph)
}

/// A list of one number per event; where rows are no events, one number for all of them.
fn one_per_event(
    graph: &mut Graph,
    value: ValueId,
    model: &Explained,
) -> Result<ValueId, NetworkError> {
    let sides = graph.shape(value).to_vec();
    if model.by_events() {
        let shape = vec![sides.first().cloned().unwrap_or(Dim::fixed(1))];
        return graph.push(Reshape { shape }, &[value]);
    }
    let axes = (0..sides.len()).collect();
    let sum = graph.push(ReduceSum { axes, keep: false }, &[value])?;
    let shape = vec![Dim::fixed(1)];
    graph.push(Reshape { shape }, &[sum])
}
