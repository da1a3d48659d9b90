//! Import, export, import: names, weights and bits stay.

use std::collections::BTreeSet;

use pellucid_network::graph::Data;
use pellucid_network::{Graph, onnx};
use pellucid_onnx::Model;

use crate::fixture::{Numbers, difference, files, path, run};

fn parameters(graph: &Graph) -> Vec<(String, Vec<f64>)> {
    let named = |id| {
        (
            graph.value(id).name.clone(),
            graph.data(id).map(Data::to_f64).unwrap(),
        )
    };
    let mut all: Vec<_> = graph.parameters().into_iter().map(named).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn names(graph: &Graph, ids: &[pellucid_network::ValueId]) -> Vec<String> {
    ids.iter().map(|&id| graph.value(id).name.clone()).collect()
}

fn nodes(graph: &Graph) -> BTreeSet<String> {
    graph.nodes().iter().map(|node| node.name.clone()).collect()
}

#[test]
fn names_weights_and_bits_survive() {
    for file in files() {
        let mut model = Model::read(path(&file)).unwrap();
        model.set_metadata("pellucid.inputs", "[image]\npixels = 25");
        let first = onnx::import(model).unwrap();
        let written = onnx::export(&first).unwrap().encode();
        let second = onnx::decode(&written).unwrap_or_else(|error| panic!("{file}: {error}"));

        assert_eq!(parameters(&first), parameters(&second), "{file}");
        assert_eq!(first.metadata, second.metadata, "{file}");
        assert_eq!(
            names(&first, first.inputs()),
            names(&second, second.inputs()),
            "{file}"
        );
        assert_eq!(
            names(&first, first.outputs()),
            names(&second, second.outputs()),
            "{file}"
        );
        let lost: Vec<_> = nodes(&first).difference(&nodes(&second)).cloned().collect();
        // Single operations may stand in no output's way, or be computed when
        // they are read again.
        let models = !file.starts_with("operators") && !file.starts_with("further");
        assert!(!models || lost.is_empty(), "{file}: {lost:?}");

        let numbers = Numbers::read(stem(&file));
        let inputs = numbers.inputs::<f32>(&first);
        let (a, b) = (run(&first, &inputs), run(&second, &inputs));
        for ((a, b), name) in a.iter().zip(&b).zip(names(&first, first.outputs())) {
            let bits = |x: &f32| x.to_bits();
            // What is written as several operations (swish) rounds once more.
            let close = || difference(b, &a.map(|&x| f64::from(x))) < 1e-6;
            let same = a.map(bits) == b.map(bits);
            assert!(
                same || (file.starts_with("further") && close()),
                "{file}: {name}"
            );
        }
        if !models {
            continue;
        }
        // Once through, nothing changes any more.
        let third = onnx::export(&second).unwrap();
        let second = Model::decode(&written).unwrap();
        let pairs = second
            .graph
            .as_ref()
            .unwrap()
            .node
            .iter()
            .zip(&third.graph.as_ref().unwrap().node);
        for (a, b) in pairs {
            assert_eq!(a, b, "{file}");
        }
        assert!(second == third, "{file}");
    }
}

/// The name of the numbers of a file: without exporter and ending.
fn stem(file: &str) -> &str {
    let stem = file.strip_suffix(".onnx").unwrap();
    stem.strip_suffix(".legacy")
        .or(stem.strip_suffix(".dynamo"))
        .unwrap_or(stem)
}

#[test]
fn names_of_the_exporter_can_be_pointed_at() {
    let graph = onnx::read(path("tagger.legacy.onnx")).unwrap();
    for parameter in ["stem.weight", "dense.weight", "head.bias"] {
        assert!(graph.find(parameter).is_some(), "{parameter}");
    }
    assert!(nodes(&graph).contains("/stem/Conv"));
    assert!(graph.find("/stem/Conv_output_0").is_some());
}
