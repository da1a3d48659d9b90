//! What two exporters wrote of one model folds to the same network.

use std::collections::HashSet;

use pellucid_network::graph::Data;
use pellucid_network::{Graph, ValueId, transform};

use crate::fixture::{EXPORTERS, MODELS, Numbers, difference, graph, run};
use crate::taggers;

/// Where two networks differ, walking back from a value of each.
fn compare(
    a: &Graph,
    b: &Graph,
    pair: (ValueId, ValueId),
    seen: &mut HashSet<(ValueId, ValueId)>,
) -> Result<(), String> {
    if !seen.insert(pair) {
        return Ok(());
    }
    let (x, y) = (a.value(pair.0), b.value(pair.1));
    if let (Some(p), Some(q)) = (a.data(pair.0), b.data(pair.1)) {
        let (p, q): (Vec<f64>, Vec<f64>) = (p.to_f64(), q.to_f64());
        let finite = p.iter().filter(|p| p.is_finite());
        let scale = finite.fold(1e-3_f64, |top, p| top.max(p.abs()));
        let same = a.data(pair.0).map(Data::shape) == b.data(pair.1).map(Data::shape);
        let close = same
            && p.iter()
                .zip(&q)
                .all(|(p, q)| p == q || (p - q).abs() <= 1e-6 * scale);
        return if close {
            Ok(())
        } else {
            Err(format!("the weights `{}` and `{}`", x.name, y.name))
        };
    }
    match (a.producer(pair.0), b.producer(pair.1)) {
        (None, None) if x.name == y.name => Ok(()),
        (Some(p), Some(q)) => {
            // Batches are named as each exporter likes.
            let shown = |graph: &Graph, op| format!("{op:?}").replace(&batch(graph), "N");
            if shown(a, &p.op) != shown(b, &q.op) || p.inputs.len() != q.inputs.len() {
                return Err(format!("{}: {:?} and {}: {:?}", p.name, p.op, q.name, q.op));
            }
            p.inputs
                .iter()
                .zip(&q.inputs)
                .try_for_each(|(&p, &q)| compare(a, b, (p, q), seen))
        }
        _ => Err(format!("`{}` and `{}` come from elsewhere", x.name, y.name)),
    }
}

/// The name of the batch in a network.
fn batch(graph: &Graph) -> String {
    let side = &graph.shape(graph.inputs()[0])[0];
    format!("Symbol({:?})", side.name().unwrap_or_default())
}

/// The taggers of which both exporters write the same once folded.
const SAME: [&str; 13] = [
    "particle_transformer",
    "mlp",
    "resnet1d",
    "resnet2d",
    "lstm_tagger",
    "gru_tagger",
    "transformer",
    "particle_flow",
    "egnn",
    "interaction_net",
    "particle_net",
    "lorentz_net",
    "graph_conv",
];

/// Where the folded versions of a model differ.
fn differences(model: &str, versions: [Graph; 2]) -> Vec<String> {
    let [legacy, dynamo] = versions.map(|graph| transform::fold(&graph).unwrap());
    let mut wrong = Vec::new();
    let outputs = legacy.outputs().iter().zip(dynamo.outputs());
    for (&a, &b) in outputs {
        if let Err(where_) = compare(&legacy, &dynamo, (a, b), &mut HashSet::new()) {
            wrong.push(format!("{model}: {where_}"));
        }
    }
    let counts = [&legacy, &dynamo].map(|graph| graph.nodes().len());
    if counts[0] != counts[1] {
        wrong.push(format!("{model}: {} and {} nodes", counts[0], counts[1]));
    }
    wrong
}

#[test]
fn two_exporters_versions_of_a_model_fold_to_the_same_network() {
    let mut wrong = Vec::new();
    for model in MODELS {
        let versions = EXPORTERS.map(|exporter| graph(&format!("{model}.{exporter}.onnx")));
        wrong.extend(differences(model, versions));
    }
    for model in SAME {
        let numbers = taggers::numbers(model);
        let versions = EXPORTERS.map(|exporter| taggers::tagger(model, exporter, &numbers));
        wrong.extend(differences(model, versions));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn folded_models_give_the_same_numbers_under_the_same_names() {
    for model in MODELS {
        let numbers = Numbers::read(model);
        for exporter in EXPORTERS {
            let whole = graph(&format!("{model}.{exporter}.onnx"));
            let folded = transform::fold(&whole).unwrap();
            assert!(
                folded.nodes().len() <= whole.nodes().len(),
                "{model}.{exporter}"
            );
            for (&a, &b) in whole.outputs().iter().zip(folded.outputs()) {
                assert_eq!(whole.value(a).name, folded.value(b).name);
            }
            let inputs = numbers.inputs::<f64>(&whole);
            let (before, after) = (run(&whole, &inputs), run(&folded, &inputs));
            for (before, after) in before.iter().zip(&after) {
                // Constants that files round to single precision are recognised by it.
                assert!(difference(after, before) < 1e-6, "{model}.{exporter}");
            }
        }
    }
}
