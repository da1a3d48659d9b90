//! Models of scikit-learn, against onnxruntime; see `fixtures/sklearn/make.py`.

use std::collections::BTreeSet;

use pellucid_network::onnx;
use pellucid_network::transform::logit;
use pellucid_network::{Graph, Real};
use pellucid_onnx::Model;
use safetensors::SafeTensors;

use crate::fixture::{Numbers, difference, fixture, run};

fn numbers() -> Numbers {
    Numbers::open(&fixture("sklearn", "sklearn.safetensors"))
}

/// Every model, and every output of it that has numbers.
fn outputs() -> Vec<(String, String)> {
    let bytes = std::fs::read(fixture("sklearn", "sklearn.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let names = file.names();
    let split = names.iter().filter_map(|name| name.split_once(".output."));
    split
        .map(|(model, output)| (model.to_owned(), output.to_owned()))
        .collect()
}

/// The network of one output.
fn graph(model: &str, output: &str) -> Graph {
    let file = Model::read(fixture("sklearn", &format!("{model}.onnx"))).unwrap();
    let cut = onnx::cut(&file, &[output]).unwrap();
    onnx::import(cut).unwrap_or_else(|error| panic!("{model}.{output}: {error}"))
}

fn off<T: Real>(numbers: &Numbers, model: &str, output: &str) -> f64 {
    let graph = graph(model, output);
    let inputs: Vec<_> = graph
        .inputs()
        .iter()
        .map(|&id| {
            let name = &graph.value(id).name;
            numbers
                .get(&format!("{model}.input.{name}"))
                .map(|&x| T::of(x))
        })
        .collect();
    let found = &run(&graph, &inputs)[0];
    let expected = numbers.get(&format!("{model}.output.{output}"));
    if found.shape() == expected.shape() {
        difference(found, expected)
    } else {
        f64::INFINITY
    }
}

#[test]
fn every_model_gives_the_numbers_of_onnxruntime() {
    let numbers = numbers();
    let all = outputs();
    let models: BTreeSet<&str> = all.iter().map(|(model, _)| model.as_str()).collect();
    assert!(models.len() >= 30, "{models:?}");
    let mut wrong = Vec::new();
    // Its probabilities are refused, see below.
    for (model, output) in all.iter().filter(|(model, _)| model != "svc") {
        // onnxruntime computes in single precision; its sigmoids and kernels
        // are approximate to about 1e-6.
        for off in [
            off::<f64>(&numbers, model, output),
            off::<f32>(&numbers, model, output),
        ] {
            if off > 5e-6 {
                wrong.push(format!("{model}.{output}: {off:e}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn trees_and_probabilities_of_kernel_machines_are_refused_with_a_way_out() {
    let model = Model::read(fixture("sklearn", "svc.onnx")).unwrap();
    let cut = onnx::cut(&model, &["probabilities"]).unwrap();
    let said = onnx::import(cut).unwrap_err().to_string();
    assert!(said.contains("probability=False"), "{said}");
    let mut model = Model::read(fixture("sklearn", "ridge.onnx")).unwrap();
    let node = &mut model.graph.as_mut().unwrap().node[1];
    node.op_type = "TreeEnsembleRegressor".to_owned();
    let said = onnx::import(model).unwrap_err().to_string();
    assert!(
        said.contains("(ai.onnx.ml.TreeEnsembleRegressor)") && said.contains("MLPClassifier"),
        "{said}"
    );
}

#[test]
fn the_logit_of_a_classifier_is_found_in_front_of_its_probabilities() {
    let numbers = numbers();
    for (model, output) in [
        ("logistic", "probabilities"),
        ("pca_mlp", "output_probability"),
        ("sgd", "probabilities"),
        ("text_labels", "output_probability"),
    ] {
        let graph = graph(model, output);
        let x = numbers.get(&format!("{model}.input.X"));
        let probability = numbers.get(&format!("{model}.output.{output}"));
        for class in [0, 1] {
            let mut graph = graph.clone();
            let of = graph.outputs()[0];
            let z = logit(&mut graph, of, Some(class)).unwrap();
            graph.set_outputs(vec![z]);
            let found = &run(&graph, std::slice::from_ref(x))[0];
            for (event, z) in found.data().iter().enumerate() {
                let p = probability.data()[2 * event + class];
                let expected = (p / (1.0 - p)).ln();
                if p.min(1.0 - p) < 1e-3 {
                    // Of a probability near 1 few digits are left in single precision.
                    continue;
                }
                assert!(
                    (z - expected).abs() < 1e-3 * expected.abs().max(1.0),
                    "{model}, class {class}, event {event}: {z}, {expected}"
                );
            }
        }
    }
}

#[test]
fn the_numbers_of_a_classifier_are_asked_for_where_its_label_comes_first() {
    for (model, expected) in [
        ("logistic", "probabilities"),
        ("pca_mlp", "output_probability"),
        ("text_labels", "output_probability"),
        ("ridge", "variable"),
    ] {
        let file = Model::read(fixture("sklearn", &format!("{model}.onnx"))).unwrap();
        assert_eq!(onnx::default_output(&file).unwrap(), expected, "{model}");
    }
}
