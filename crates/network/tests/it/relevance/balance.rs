//! Relevance, absorbed, stabilised and empty add up to the explained value, on
//! every map of every family.

use pellucid_core::Tensor;
use pellucid_network::Graph;
use pellucid_network::transform::{
    Attention, Bias, Composite, Empty, Pool, Propagation, SumRule, fold,
};

use super::explain;
use crate::fixture::{EXPORTERS, MODELS, Numbers, graph};

/// Settings that every family has to balance with.
pub fn settings() -> Vec<Propagation> {
    let rule = Propagation::rule;
    vec![
        Propagation::default(),
        Propagation {
            epsilon: 0.05,
            bias: Bias::Ignore,
            ..Propagation::default()
        },
        Propagation {
            bias: Bias::Share,
            pool: Pool::Proportional,
            attention: Attention::Attnlrp,
            ..rule(SumRule::Gamma { gamma: 0.3 })
        },
        rule(SumRule::AlphaBeta {
            alpha: 2.0,
            beta: 1.0,
        }),
        Propagation {
            empty: Empty::Reassign,
            ..rule(SumRule::ZPlus)
        },
        Propagation {
            composite: Some(Composite::EpsilonPlusFlat),
            ..Propagation::default()
        },
        rule(SumRule::W2),
    ]
}

fn check(name: &str, graph: &Graph, inputs: &[Tensor<f64>]) {
    let graph = fold(graph).unwrap();
    let wrt = graph.inputs().to_vec();
    for propagation in settings() {
        let found = explain(&graph, graph.outputs()[0], &wrt, &propagation, inputs);
        let off = found.imbalance();
        assert!(off < 1e-10, "{name}: {off:e} for {propagation:?}");
    }
}

#[test]
fn exported_networks_balance() {
    for model in MODELS {
        let numbers = Numbers::read(model);
        for exporter in EXPORTERS {
            let graph = graph(&format!("{model}.{exporter}.onnx"));
            check(
                &format!("{model}.{exporter}"),
                &graph,
                &numbers.inputs(&graph),
            );
        }
    }
}
