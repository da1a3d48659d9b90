//! Models after public reports: every explanation is finite, complete, and of the
//! size of what the network does.
//!
//! `fixtures/cases/make.py` says where they are from.

use pellucid_core::{Job, Tensor};
use pellucid_explain::method::{Baseline, IntegratedGradients, Quadrature};
use pellucid_explain::{
    Attribution, Cause, Explained, Inference, Method, Precision, Question, Value,
};
use pellucid_network::onnx;
use serde_json::Value as Json;

/// A model of the fixtures with its inputs; masks are held.
struct Case {
    model: Explained,
    inputs: Vec<Tensor<f64>>,
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cases")
}

fn case(name: &str, value: Value) -> Case {
    let text = std::fs::read_to_string(folder().join("cases.json")).unwrap();
    let all: Json = serde_json::from_str(&text).unwrap();
    let list = |json: &Json| -> Vec<f64> {
        let numbers = json.as_array().unwrap().iter();
        numbers.map(|x| x.as_f64().unwrap()).collect()
    };
    let arrays = all[name].as_array().unwrap();
    let sizes: Vec<Vec<usize>> = arrays
        .iter()
        .map(|array| list(&array["shape"]).iter().map(|&x| x as usize).collect())
        .collect();
    let shapes: Vec<&[usize]> = sizes.iter().map(Vec::as_slice).collect();
    let graph = onnx::read_like(folder().join(format!("{name}.onnx")), &shapes)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let hold = (arrays.iter())
        .filter(|array| array["truth"] == true || array["name"] == "pf_mask")
        .map(|array| array["name"].as_str().unwrap().to_owned())
        .collect();
    let question = Question {
        class: Some(0),
        value,
        hold,
        ..Question::default()
    };
    let double = Inference {
        precision: Precision::F64,
        ..Inference::default()
    };
    let model = Explained::asking(&graph, &question, double)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let inputs = arrays.iter().zip(sizes);
    let inputs = inputs.map(|(array, shape)| Tensor::new(shape, list(&array["numbers"])));
    Case {
        model,
        inputs: inputs.collect(),
    }
}

impl Case {
    fn explain(&self, method: &Method) -> Attribution<f64> {
        self.model
            .explain(method, &self.inputs, &Job::silent())
            .unwrap()
    }

    /// The sum of the moduli of each event.
    fn sizes(found: &Attribution<f64>) -> Vec<f64> {
        (0..found.events())
            .map(|event| {
                let own = found.values.iter().flat_map(|values| {
                    let row = values.data().len() / found.events();
                    &values.data()[event * row..(event + 1) * row]
                });
                own.map(|a| a.abs()).sum()
            })
            .collect()
    }
}

fn named(name: &str) -> Method {
    Method::named(name).unwrap()
}

/// A path with points enough for the sharpest case.
fn path() -> Method {
    IntegratedGradients::fixed(512, Quadrature::GaussLegendre).into()
}

#[test]
fn deep_lift_of_the_cases_is_bounded_by_integrated_gradients_and_complete() {
    for (name, value) in [
        ("soft_conf", Value::Probability),
        ("soft_conf", Value::Logit),
        ("att_add_1e9", Value::Logit),
        ("enc_f1", Value::Logit),
        ("pair_norm", Value::Logit),
        ("reducel2_zero", Value::Logit),
        ("setmask", Value::Logit),
        ("logsumexp_inf", Value::Logit),
        ("topk_pool", Value::Logit),
    ] {
        let case = case(name, value);
        let (found, integral) = (case.explain(&named("deeplift")), case.explain(&path()));
        let sizes = Case::sizes(&found).into_iter().zip(Case::sizes(&integral));
        for (event, (own, path)) in sizes.enumerate() {
            let change = found.explained[event] - found.reference.as_ref().unwrap()[event];
            let what = format!("{name} {value:?} event {event}");
            assert!(
                own.is_finite() && own <= 10.0 * path,
                "{what}: {own} {path}"
            );
            assert!(
                found.residual[event].abs() <= 1e-6 * change.abs().max(1e-9),
                "{what}: {:e} of {change:e}",
                found.residual[event]
            );
        }
    }
}

#[test]
fn every_method_is_finite_on_the_cases() {
    for name in [
        "pair_norm",
        "pairs_sqrt_first",
        "reducel2_zero",
        "logmask",
        "setmask",
        "logsumexp_inf",
        "topk_pool",
    ] {
        let case = case(name, Value::Logit);
        for method in Method::NAMES {
            let mut method = named(method);
            // A network that takes a logarithm of zero at zero has no baseline there.
            if let Some(baseline) = method.baseline_mut() {
                *baseline = match name {
                    "logmask" | "pairs_sqrt_first" => Baseline::Mean,
                    _ => Baseline::Zeros,
                };
            }
            if method.explains_inner_values() || matches!(method, Method::LrpBox(_)) {
                continue;
            }
            let found = case.explain(&method);
            let accounts = [&found.absorbed, &found.stabilised, &found.empty];
            let accounts = accounts.into_iter().flatten().flatten();
            let numbers = found.values.iter().flat_map(Tensor::data);
            assert!(
                numbers
                    .chain(accounts)
                    .chain(&found.residual)
                    .all(|x| x.is_finite()),
                "{name} {}",
                method.name()
            );
        }
    }
}

#[test]
fn what_keeps_an_event_from_being_explained_is_told() {
    let case = case("logmask", Value::Logit);
    let cause = |inputs: &[Tensor<f64>]| case.model.cause(inputs, 1).unwrap();
    assert_eq!(cause(&case.inputs), Cause::Method);
    let mut wrong = case.inputs.clone();
    let row = wrong[0].data().len() / 3;
    wrong[0].data_mut()[row] = f64::NAN;
    assert!(matches!(cause(&wrong), Cause::Input { name } if name == "p"));
    // A number that a double holds, but no exponential of it.
    let mut graph = pellucid_network::Graph::new();
    let ty =
        pellucid_network::graph::Type::real(vec![pellucid_network::Dim::symbol("N"), 1.into()]);
    let x = graph.input("x", ty);
    let y = graph
        .node("power", pellucid_network::ops::Exp, &[x])
        .unwrap()[0];
    let y = graph
        .node("behind", pellucid_network::ops::Neg, &[y])
        .unwrap()[0];
    graph.set_outputs(vec![y]);
    let model = Explained::new(&graph, None, Inference::default()).unwrap();
    let far = Tensor::new(vec![2, 1], vec![1.0_f64, 1e3]);
    let cause = model.cause(&[far], 1).unwrap();
    assert!(
        matches!(&cause, Cause::Value { node, .. } if node == "power"),
        "{cause}"
    );
}
