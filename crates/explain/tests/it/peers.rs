//! The same numbers as captum's and zennit's; see the fixture's `make.py`.

use std::collections::BTreeMap;

use pellucid_core::{Job, Tensor};
use pellucid_explain::method::{Baseline, IntegratedGradients, LrpEpsilon, Quadrature};
use pellucid_explain::{Explained, Inference, Method};
use pellucid_network::Graph;
use pellucid_network::layers::{Activation, Architecture};
use serde_json::Value;

use crate::models::{DOUBLE, cnn};

struct Case {
    name: String,
    graph: Graph,
    x: Tensor<f32>,
    expected: BTreeMap<String, Vec<f64>>,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../fixtures/captum_zennit/expected.json");
    let all: BTreeMap<String, BTreeMap<String, Value>> = serde_json::from_str(text).unwrap();
    let numbers = |value: &Value| -> Vec<f64> { serde_json::from_value(value.clone()).unwrap() };
    all.into_iter()
        .map(|(name, case)| {
            let mut graph = if name == "mlp" {
                Architecture::dense(&[8, 6], Activation::Relu)
                    .build(&[5], 1, 0)
                    .unwrap()
            } else {
                cnn()
            };
            for (weight, values) in case["weights"].as_object().unwrap() {
                let id = graph.find(weight).unwrap();
                let shape = graph.data(id).unwrap().shape().to_vec();
                graph.set_data(id, Tensor::new(shape, numbers(values)));
            }
            let shape: Vec<usize> = serde_json::from_value(case["shape"].clone()).unwrap();
            let x = Tensor::new(shape, numbers(&case["x"])).map(|&x| x as f32);
            let expected = case
                .iter()
                .filter(|(key, _)| !["weights", "shape", "x"].contains(&key.as_str()))
                .map(|(key, values)| (key.clone(), numbers(values)))
                .collect();
            Case {
                name,
                graph,
                x,
                expected,
            }
        })
        .collect()
}

fn methods() -> Vec<(&'static str, Method)> {
    let lrp = |epsilon| LrpEpsilon {
        epsilon,
        ..LrpEpsilon::default()
    };
    let middle = IntegratedGradients::fixed(50, Quadrature::Midpoint);
    vec![
        ("gradient", Method::named("gradient").unwrap()),
        (
            "input-x-gradient",
            Method::named("input-x-gradient").unwrap(),
        ),
        (
            "ig-gauss-legendre",
            IntegratedGradients::fixed(50, Quadrature::GaussLegendre).into(),
        ),
        ("ig-midpoint", middle.clone().into()),
        ("ig-midpoint-baseline", middle.into()),
        ("lrp-epsilon-1e-6", lrp(1e-6).into()),
        ("lrp-epsilon-0.25", lrp(0.25).into()),
    ]
}

/// Every method on every model, within `tolerance` of the largest number.
fn compare(inference: Inference, tolerance: f64) {
    for case in cases() {
        let model = Explained::new(&case.graph, None, inference).unwrap();
        for (name, method) in methods() {
            let method = match method {
                Method::IntegratedGradients(ig) if name.ends_with("baseline") => {
                    let flat = vec![0.25; case.x.row_len()];
                    ig.baseline(Baseline::Given(vec![flat])).into()
                }
                method => method,
            };
            let inputs = std::slice::from_ref(&case.x);
            let found = model.explain(&method, inputs, &Job::silent()).unwrap();
            let expected = &case.expected[name];
            let scale = expected.iter().fold(0.0_f64, |max, x| max.max(x.abs()));
            assert_eq!(found.values[0].data().len(), expected.len());
            for (a, b) in found.values[0].data().iter().zip(expected) {
                let difference = (f64::from(*a) - b).abs();
                assert!(
                    difference <= tolerance * scale,
                    "{} {name}: {a} {b}",
                    case.name
                );
            }
            for (a, b) in found.explained.iter().zip(&case.expected["logit"]) {
                assert!((a - b).abs() < tolerance, "{} {name}: {a} {b}", case.name);
            }
        }
    }
}

#[test]
fn double_precision_is_the_peers() {
    // Results are rounded to single precision, 6e-8; captum's step sizes are
    // single as well, and move points across kinks by as much.
    compare(DOUBLE, 3e-7);
}

#[test]
fn single_precision_is_the_peers_to_its_rounding() {
    // Epsilon 1e-6 on sums of order 1: quotients lose two digits near zero.
    compare(Inference::default(), 1e-5);
}
