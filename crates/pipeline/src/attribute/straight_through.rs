//! What must be said of an explanation that takes parts of a model straight
//! through: a quantised model is explained as if its integers were not rounded.

use pellucid_network::Graph;
use pellucid_network::transform::straight_through;

/// The note for an explanation of a model's first output; none if every node
/// has a gradient and relevance of its own.
pub fn note(graph: &Graph) -> Option<String> {
    let nodes = straight_through(graph, *graph.outputs().first()?, graph.inputs());
    let (first, count) = (nodes.first()?, nodes.len());
    let dynamic = nodes
        .iter()
        .filter(|node| node.op.name() == "DynamicStep")
        .count();
    let mut said = format!(
        "{count} of the model's nodes round to integers of a quantised model (the first is `{}`): \
         gradients and relevance pass them straight through, as if they did not round, and stop \
         where a number is cut at the largest or smallest integer",
        first.name
    );
    if dynamic > 0 {
        said.push_str(
            "; the steps that the model takes from its numbers (DynamicQuantizeLinear) are those \
             of all events of the file together, as in a runtime that is given the whole file, \
             and are held constant",
        );
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use pellucid_network::graph::Type;
    use pellucid_network::ops::{DynamicStep, Identity, Quantise, Rounding};

    use super::*;

    #[test]
    fn only_quantised_models_get_a_note() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![3.into()]));
        let y = graph.push(Identity, &[x]).unwrap();
        graph.output(y);
        assert_eq!(note(&graph), None);
        let steps = graph.node("step", DynamicStep, &[y]).unwrap();
        let quantise = Quantise {
            low: 0.0,
            high: 255.0,
            rounding: Rounding::Even,
            shift_first: false,
        };
        let q = graph
            .node("quantise", quantise, &[y, steps[0], steps[1]])
            .unwrap()[0];
        graph.set_outputs(vec![q]);
        let said = note(&graph).unwrap();
        assert!(said.starts_with("2 of the model's nodes"), "{said}");
        assert!(
            said.contains("`step`") && said.contains("DynamicQuantizeLinear"),
            "{said}"
        );
    }
}
