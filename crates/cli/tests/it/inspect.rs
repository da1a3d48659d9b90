//! `pellucid inspect`.

use serde_json::Value;

use crate::attribute::{fixture, tagger};
use crate::support::{pellucid, refusal, text};

fn json(arguments: &[&str]) -> Value {
    let output = pellucid(arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_model_is_laid_open() {
    let model = fixture("cnn.onnx");
    let found = json(&["inspect", text(&model), "--json"]);
    // Two convolutions and two dense layers, by hand.
    let expected = (9 * 3 + 3) + (27 * 4 + 4) + (16 * 6 + 6) + (6 + 1);
    assert_eq!(found["parameters"], expected);
    assert_eq!(found["inputs"][0]["name"], "image");
    assert_eq!(found["inputs"][0]["shape"][3], "8");
    let nodes = found["nodes"].as_array().unwrap();
    let node = |name: &str| nodes.iter().find(|node| node["name"] == name).unwrap();
    assert_eq!(node("/conv1/Conv")["parameters"], 30);
    assert_eq!(node("/conv1/Conv")["operation"], "Conv");
    let rule = node("/dense1/Gemm")["rule"].as_str().unwrap();
    assert!(rule.contains("epsilon"), "{rule}");
    // Behind the logit there is no relevance.
    assert!(node("/Sigmoid")["rule"].is_null());
}

#[test]
fn the_rules_are_those_of_the_method_asked_for() {
    let model = fixture("cnn.onnx");
    let rule = |options: &[&str]| {
        let mut arguments = vec!["inspect", text(&model), "--json"];
        arguments.extend_from_slice(options);
        let found = json(&arguments);
        let nodes = found["nodes"].as_array().unwrap().clone();
        let of = |name: &str| {
            nodes.iter().find(|node| node["name"] == name).unwrap()["rule"].to_string()
        };
        [of("/conv1/Conv"), of("/dense1/Gemm")]
    };
    let [convolution, dense] = rule(&["--method", "lrp-composite"]);
    assert_ne!(convolution, dense);
    let [convolution, dense] = rule(&["--set", "epsilon=0.25"]);
    assert_eq!(convolution, dense);
    assert!(dense.contains("2.5e-1"), "{dense}");
    let (code, said) = refusal(&["inspect", text(&model), "--method", "gradient"]);
    assert_eq!((code, said.contains("no rules")), (2, true), "{said}");
}

#[test]
fn a_page_names_every_node_once() {
    let model = fixture("mlp.onnx");
    let output = pellucid(&["inspect", text(&model)]);
    let page = String::from_utf8(output.stdout).unwrap();
    for part in [
        "features  [batch, 5]",
        "output  [batch, 3]",
        "/dense1/Gemm",
        "48",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.lines().all(|line| line.trim_end() == line), "{page}");
}

#[test]
fn a_model_of_one_size_is_laid_open_for_it() {
    let model = tagger("particle_transformer.legacy.onnx");
    let found = json(&["inspect", text(&model), "--size", "particles=6", "--json"]);
    assert_eq!(found["inputs"][0]["shape"][0], "batch");
    assert_eq!(found["inputs"][0]["shape"][2], "6");
    let nodes = found["nodes"].as_array().unwrap();
    // Written as an error function and products.
    let gelus = nodes.iter().filter(|node| node["becomes"] == "Gelu");
    assert_eq!(gelus.count(), 3);
    for (size, part) in [
        ("jets=3", "there are: batch, particles"),
        ("particles=0", "an integer from 1"),
        ("particles=20", "Reshape"),
    ] {
        let (code, said) = refusal(&["inspect", text(&model), "--size", size]);
        assert_eq!((code, said.contains(part)), (2, true), "{said}");
    }
}
