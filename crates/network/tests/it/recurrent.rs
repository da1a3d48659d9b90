//! Recurrent layers in every form against onnxruntime, and what is refused.

use pellucid_core::Tensor;
use pellucid_network::transform::gradient;
use pellucid_network::{Graph, onnx};
use pellucid_onnx::{AttributeProto, Dimension, Model};

use crate::fixture::{Numbers, difference, fixture, run};

fn model() -> Model {
    Model::read(fixture("recurrent", "recurrent.onnx")).unwrap()
}

fn numbers() -> Numbers {
    Numbers::open(&fixture("recurrent", "recurrent.safetensors"))
}

#[test]
fn every_form_of_a_recurrent_layer_gives_the_numbers_of_onnxruntime() {
    let (graph, numbers) = (onnx::import(model()).unwrap(), numbers());
    let outputs = run(&graph, &numbers.inputs::<f32>(&graph));
    assert_eq!(outputs.len(), 72);
    for (&id, output) in graph.outputs().iter().zip(&outputs) {
        let name = &graph.value(id).name;
        let off = difference(output, numbers.get(&format!("output.{name}")));
        // Both compute in single precision, sums in another order.
        assert!(off < 1e-5, "{name}: {off:e}");
    }
}

/// The derivative of `Σ outputs` along a direction, twice: by the gradient and
/// by central differences.
fn slopes(graph: &Graph, x: &Tensor<f64>) -> (f64, f64) {
    let direction = x.map(|x| (7.0 * x).sin());
    let sum = |by: f64| -> f64 {
        let moved = x.data().iter().zip(direction.data());
        let moved = moved.map(|(x, d)| x + by * d).collect();
        let outputs = run(graph, &[Tensor::new(x.shape().to_vec(), moved)]);
        outputs.iter().flat_map(Tensor::data).sum()
    };
    let step = 1e-5;
    let numeric = (sum(step) - sum(-step)) / (2.0 * step);
    let mut made = graph.clone();
    let input = made.inputs()[0];
    let gradients: Vec<_> = made
        .outputs()
        .to_vec()
        .into_iter()
        .map(|output| gradient(&mut made, output, &[input], None).unwrap()[0])
        .collect();
    made.set_outputs(gradients);
    let exact = run(&made, std::slice::from_ref(x))
        .iter()
        .flat_map(|gradient| {
            let along = gradient.data().iter().zip(direction.data());
            along.map(|(g, d)| g * d).collect::<Vec<_>>()
        })
        .sum();
    (exact, numeric)
}

#[test]
fn gradients_pass_through_every_step() {
    let numbers = numbers();
    let whole = onnx::import(model()).unwrap();
    for output in whole.outputs().to_vec() {
        let mut graph = whole.clone();
        graph.set_outputs(vec![output]);
        let (exact, numeric) = slopes(&graph, numbers.get("input.x"));
        // Central differences in double precision: the step squared and rounding.
        let scale = exact.abs().max(1.0);
        let name = &whole.value(output).name;
        assert!(
            (exact - numeric).abs() < 1e-8 * scale,
            "{name}: {exact} {numeric}"
        );
        assert!(exact != 0.0, "{name}");
    }
}

#[test]
fn steps_gates_and_weights_can_be_pointed_at() {
    let graph = onnx::import(model()).unwrap();
    for name in [
        "lstm_both/reverse/0/forget_gate",
        "gru_linear/forward/4/signal",
        "rnn_plain/forward/2/hidden",
    ] {
        assert!(graph.nodes().iter().any(|node| node.name == name), "{name}");
    }
    assert!(graph.find("lstm_plain/forward/signal/R").is_some());
    // The stacks of gates are cut, not kept beside their parts.
    assert!(graph.find("lstm_plain.W").is_none());
}

fn says(change: impl FnOnce(&mut Model)) -> String {
    let mut model = model();
    change(&mut model);
    onnx::import(model).unwrap_err().to_string()
}

fn attribute(model: &mut Model, node: &str, attribute: AttributeProto) {
    let nodes = &mut model.graph.as_mut().unwrap().node;
    let node = nodes.iter_mut().find(|other| other.name == node).unwrap();
    node.attribute.retain(|other| other.name != attribute.name);
    node.attribute.push(attribute);
}

#[test]
fn what_cannot_be_unrolled_is_told_with_the_node() {
    let sentence = says(|model| {
        let input = &mut model.graph.as_mut().unwrap().input[0];
        let tensor = input.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
        tensor.shape.as_mut().unwrap().dim[0].value = Some(Dimension::Name("tracks".to_owned()));
    });
    assert!(
        sentence.contains("`lstm_plain`") && sentence.contains("tracks depends on the run"),
        "{sentence}"
    );
    for (given, part) in [
        (
            AttributeProto::string("direction", "sideways"),
            "`sideways`",
        ),
        (
            AttributeProto::int("hidden_size", 5),
            "hidden_size does not fit",
        ),
        (AttributeProto::int("layout", 1), "initial state"),
    ] {
        let sentence = says(|model| attribute(model, "lstm_both", given));
        assert!(
            sentence.contains("`lstm_both`") && sentence.contains(part),
            "{sentence}"
        );
    }
    let sentence = says(|model| {
        let names = AttributeProto {
            strings: vec![b"Sine".to_vec()],
            r#type: 8,
            ..AttributeProto::int("activations", 0)
        };
        attribute(model, "rnn_plain", names);
    });
    assert!(
        sentence.contains("`Sine`") && sentence.contains("sigmoid"),
        "{sentence}"
    );
}

#[test]
fn relevance_of_a_step_meets_one_sum_of_linear_maps() {
    let graph = onnx::import(model()).unwrap();
    let sum = graph
        .nodes()
        .iter()
        .find(|node| node.name == "lstm_both/forward/1/signal/sum");
    let terms = sum
        .unwrap()
        .inputs
        .iter()
        .map(|&id| graph.producer(id).unwrap().op.name());
    assert_eq!(terms.collect::<Vec<_>>(), ["Gemm", "Gemm"]);
}
