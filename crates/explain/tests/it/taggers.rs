//! Every method with each of its settings on the taggers that the tests of the
//! network import: numbers everywhere, and a balance of every relevance.

use std::path::{Path, PathBuf};

use pellucid_core::{Job, Tensor};
use pellucid_explain::{Attribution, Explained, Inference, Method, Precision, Question};
use pellucid_network::Graph;
use pellucid_network::graph::Kind;
use pellucid_network::onnx::read_like;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

/// One of each family, with its inputs: dense, convolutional, recurrent, sets,
/// attention, and neighbours looked for in every layer.
const TAGGERS: [(&str, &[&str]); 6] = [
    ("mlp", &["features"]),
    ("resnet2d", &["image"]),
    ("lstm_tagger", &["particles", "jet"]),
    ("particle_flow", &["particles", "mask"]),
    ("transformer", &["particles", "mask"]),
    ("particle_net", &["points", "features", "mask"]),
];

fn fixture(file: &str) -> PathBuf {
    let network = Path::new(env!("CARGO_MANIFEST_DIR")).join("../network");
    network.join("tests/fixtures/taggers").join(file)
}

/// The tagger as PyTorch's older exporter writes it, and inputs for it.
fn tagger(name: &str, inputs: &[&str]) -> (Graph, Vec<Tensor<f64>>) {
    let bytes = std::fs::read(fixture(&format!("{name}.safetensors"))).unwrap();
    let all = SafeTensors::deserialize(&bytes).unwrap();
    let given = |input: &&str| {
        let view = all.tensor(&format!("input.{input}")).unwrap();
        assert_eq!(view.dtype(), Dtype::F32);
        let numbers = view.data().as_chunks::<4>().0;
        let numbers = numbers.iter().map(|&x| f64::from(f32::from_le_bytes(x)));
        Tensor::new(view.shape().to_vec(), numbers.collect())
    };
    let inputs: Vec<Tensor<f64>> = inputs.iter().map(given).collect();
    let shapes: Vec<&[usize]> = inputs.iter().map(Tensor::shape).collect();
    let file = fixture(&format!("{name}.legacy.onnx"));
    (read_like(file, &shapes).unwrap(), inputs)
}

/// The tagger with the logit of its first class to explain; masks are held.
fn explained(graph: &Graph) -> Explained {
    let names = graph
        .inputs()
        .iter()
        .map(|&id| graph.value(id).name.clone());
    let question = Question {
        class: Some(0),
        hold: names.filter(|name| name.contains("mask")).collect(),
        ..Question::default()
    };
    let inference = Inference {
        precision: Precision::F64,
        ..Inference::default()
    };
    Explained::asking(graph, &question, inference).unwrap()
}

/// Every rule of relevance with its defaults, with each setting that all rules
/// have, and with each of its own.
fn relevance() -> Vec<Value> {
    let shared = [
        json!({}),
        json!({"bias": "absorb"}),
        json!({"bias": "ignore"}),
        json!({"bias": "share"}),
        json!({"empty": "lose"}),
        json!({"empty": "reassign"}),
        json!({"attention": "constant"}),
        json!({"attention": "attnlrp"}),
        json!({"pool": "winner"}),
        json!({"pool": "proportional"}),
        json!({"graph": "frozen"}),
        json!({"add-epsilon": 0.01}),
        json!({"pool-epsilon": 0.01}),
        json!({"target-scale": "one"}),
    ];
    let box_ = json!({"low": -3.0, "high": 3.0});
    let own = [
        ("lrp-z", vec![json!({})]),
        ("lrp-epsilon", vec![json!({}), json!({"epsilon": 0.25})]),
        ("lrp-gamma", vec![json!({}), json!({"gamma": 0.0})]),
        (
            "lrp-alpha-beta",
            vec![json!({}), json!({"alpha": 1.0, "beta": 0.0})],
        ),
        ("lrp-z-plus", vec![json!({})]),
        ("lrp-w2", vec![json!({})]),
        ("lrp-flat", vec![json!({})]),
        ("lrp-box", vec![box_.clone()]),
        (
            "lrp-composite",
            vec![
                json!({"composite": "epsilon-plus"}),
                json!({"composite": "epsilon-plus-flat"}),
                json!({"composite": "epsilon-alpha2-beta1"}),
                merged(&json!({"composite": "epsilon-gamma-box"}), &box_),
            ],
        ),
    ];
    own.iter()
        .flat_map(|(name, own)| {
            let method = json!({"method": name});
            own.iter().map(move |own| merged(&method, own))
        })
        .flat_map(|method| shared.iter().map(move |shared| merged(&method, shared)))
        .collect()
}

fn merged(a: &Value, b: &Value) -> Value {
    let mut all = a.as_object().unwrap().clone();
    all.extend(b.as_object().unwrap().clone());
    Value::Object(all)
}

/// The sum of each event's numbers, and of their moduli.
fn sums(found: &Attribution<f64>) -> Vec<(f64, f64)> {
    let events = found.events();
    let of = |event: usize| {
        let rows = found.values.iter().map(|values| {
            let len = values.data().len() / events;
            &values.data()[event * len..][..len]
        });
        let numbers = rows.flatten();
        numbers.fold((0.0, 0.0), |(sum, moduli), x| (sum + x, moduli + x.abs()))
    };
    (0..events).map(of).collect()
}

/// What is left of each event's value beside relevance and accounts, as a share
/// of the sum of moduli; the largest.
fn imbalance(found: &Attribution<f64>, value: impl Fn(usize) -> f64) -> f64 {
    let accounts = [&found.absorbed, &found.stabilised, &found.empty];
    let kept = |event: usize| -> f64 {
        let each = accounts
            .iter()
            .map(|account| account.as_ref().unwrap()[event]);
        each.sum()
    };
    let shares = sums(found)
        .into_iter()
        .enumerate()
        .map(|(event, (sum, moduli))| (value(event) - sum - kept(event)).abs() / moduli);
    // What is not a number must not pass as small.
    shares
        .map(|share| if share.is_nan() { f64::INFINITY } else { share })
        .fold(0.0, f64::max)
}

#[test]
fn every_relevance_balances_on_every_family_with_every_setting() {
    let mut wrong = Vec::new();
    for (name, inputs) in TAGGERS {
        let (graph, inputs) = tagger(name, inputs);
        let model = explained(&graph);
        for settings in relevance() {
            let method: Method = serde_json::from_value(settings.clone()).unwrap();
            let found = match model.explain(&method, &inputs, &Job::silent()) {
                Ok(found) => found,
                Err(error) => {
                    wrong.push(format!("{name}: {error} for {settings}"));
                    continue;
                }
            };
            let one = settings.get("target-scale") == Some(&json!("one"));
            let value = |event: usize| if one { 1.0 } else { found.explained[event] };
            let off = imbalance(&found, value);
            if off >= 1e-10 {
                wrong.push(format!("{name}: {off:e} for {settings}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_other_method_gives_numbers_on_every_family() {
    for (name, inputs) in TAGGERS {
        let (graph, inputs) = tagger(name, inputs);
        let model = explained(&graph);
        // What the logit is computed from.
        let of = model.graph();
        let needed = of.needed_for(&[model.logit()]);
        let side = |id| of.shape(id).first();
        let nodes = of.nodes().iter().zip(needed).rev();
        let node = nodes
            .filter(|(_, needed)| *needed)
            .map(|(node, _)| node)
            .find(|node| {
                let made = node.outputs[0];
                let real = of.ty(made).kind == Kind::Real;
                real && made != model.logit() && side(made) == side(model.logit())
            });
        let node = &node.unwrap().name;
        for settings in [
            json!({"method": "gradient"}),
            json!({"method": "input-x-gradient"}),
            json!({"method": "deeplift"}),
            json!({"method": "integrated-gradients", "steps": 3, "max-steps": 3}),
            json!({"method": "integrated-gradients", "steps": 3, "max-steps": 6}),
            json!({"method": "integrated-gradients", "steps": 3, "max-steps": 3, "graph": "frozen"}),
            json!({"method": "integrated-gradients", "quadrature": "trapezoid", "steps": 2, "max-steps": 2}),
            json!({"method": "conductance", "node": node}),
        ] {
            let method: Method = serde_json::from_value(settings.clone()).unwrap();
            let found = model
                .explain(&method, &inputs, &Job::silent())
                .unwrap_or_else(|error| panic!("{name}: {error} for {settings}"));
            let sums = sums(&found);
            assert_eq!(sums.len(), found.explained.len(), "{name} {settings}");
            // A node may be shut for an event; not all of the inputs may.
            let inner = settings["method"] == "conductance";
            assert!(
                sums.iter()
                    .all(|(sum, moduli)| sum.is_finite() && (inner || *moduli > 0.0)),
                "{name} {settings}: {sums:?}"
            );
        }
    }
}
