//! Relevance, absorbed, stabilised and empty add up to the explained value, on
//! every map of every family.

use pellucid_core::Tensor;
use pellucid_network::graph::Kind;
use pellucid_network::transform::{
    Attention, Bias, Composite, Empty, Pool, Propagation, SumRule, fold, logit,
};
use pellucid_network::{Graph, ValueId, check};

use super::{explain, try_explain};
use crate::fixture::{EXPORTERS, MODELS, Numbers, difference, graph};
use crate::taggers::{self, TAGGERS};

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

/// Explains the first output, and the first class's logit, by all settings;
/// what does not balance is noted. Masks and weights are held constant.
fn try_all(name: &str, graph: &Graph, inputs: &[Tensor<f64>], wrong: &mut Vec<String>) {
    let mut graph = fold(graph).unwrap();
    let wrt: Vec<ValueId> = graph
        .inputs()
        .iter()
        .copied()
        .filter(|&input| {
            let held = ["mask", "weight", "input.a"].iter();
            let name = &graph.value(input).name;
            graph.ty(input).kind == Kind::Real && !held.clone().any(|word| name.contains(word))
        })
        .collect();
    let output = graph.outputs()[0];
    let mut explained = vec![output];
    explained.extend(logit(&mut graph, output, Some(0)));
    for of in explained {
        for propagation in settings() {
            match try_explain(&graph, of, &wrt, &propagation, inputs) {
                Ok(found) if found.imbalance() < 1e-10 => {}
                Ok(found) => wrong.push(format!(
                    "{name}: {:e} for {propagation:?}",
                    found.imbalance()
                )),
                Err(error) => wrong.push(format!("{name}: {error} for {propagation:?}")),
            }
        }
    }
}

/// The inputs' relevance for the first class's logit, or for the output.
fn maps(graph: &Graph, inputs: &[Tensor<f64>], propagation: &Propagation) -> Vec<Tensor<f64>> {
    let mut graph = fold(graph).unwrap();
    let output = graph.outputs()[0];
    let of = logit(&mut graph, output, Some(0)).unwrap_or(output);
    let wrt: Vec<ValueId> = graph
        .inputs()
        .iter()
        .copied()
        .filter(|&input| graph.ty(input).kind == Kind::Real)
        .collect();
    explain(&graph, of, &wrt, propagation, inputs).maps
}

#[test]
fn both_exporters_of_a_model_give_the_same_relevance() {
    let mut wrong = Vec::new();
    let mut compare = |name: &str, graphs: [Graph; 2], numbers: &Numbers| {
        let alpha_beta = Propagation::rule(SumRule::AlphaBeta {
            alpha: 2.0,
            beta: 1.0,
        });
        for propagation in [Propagation::default(), alpha_beta] {
            let [legacy, dynamo] = [0, 1].map(|i: usize| {
                let graph = &graphs[i];
                maps(graph, &numbers.inputs(graph), &propagation)
            });
            for (a, b) in legacy.iter().zip(&dynamo) {
                // One exporter folds in single precision what the other leaves,
                // and stabilisers stand where it put a node.
                let off = difference(a, b);
                if off > 1e-5 {
                    wrong.push(format!("{name}: {off:e} for {:?}", propagation.rule));
                }
            }
        }
    };
    for model in MODELS {
        let graphs = EXPORTERS.map(|exporter| graph(&format!("{model}.{exporter}.onnx")));
        compare(model, graphs, &Numbers::read(model));
    }
    for name in TAGGERS {
        let numbers = taggers::numbers(name);
        let graphs = EXPORTERS.map(|exporter| taggers::tagger(name, exporter, &numbers));
        compare(name, graphs, &numbers);
    }
    none_wrong(&wrong);
}

fn none_wrong(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn exported_networks_balance() {
    let mut wrong = Vec::new();
    for model in MODELS {
        let numbers = Numbers::read(model);
        for exporter in EXPORTERS {
            let graph = graph(&format!("{model}.{exporter}.onnx"));
            let name = format!("{model}.{exporter}");
            try_all(&name, &graph, &numbers.inputs(&graph), &mut wrong);
        }
    }
    none_wrong(&wrong);
}

#[test]
fn taggers_balance() {
    let mut wrong = Vec::new();
    for name in TAGGERS {
        let numbers = taggers::numbers(name);
        for exporter in EXPORTERS {
            let graph = taggers::tagger(name, exporter, &numbers);
            let name = format!("{name}.{exporter}");
            try_all(&name, &graph, &numbers.inputs(&graph), &mut wrong);
        }
    }
    none_wrong(&wrong);
}

#[test]
fn production_taggers_balance() {
    let Some(folder) = std::env::var_os(taggers::MODELS) else {
        println!("skipped: set {} to a folder of ONNX files", taggers::MODELS);
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "onnx"))
        .collect();
    files.sort();
    let mut wrong = Vec::new();
    for file in files {
        let name = file.display().to_string();
        match check::check(&file, None).graph {
            Ok(graph) => {
                let inputs = check::inputs::<f64>(&graph).unwrap();
                try_all(&name, &graph, &inputs, &mut wrong);
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    none_wrong(&wrong);
}
