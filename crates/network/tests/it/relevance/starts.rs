//! The state that a recurrent layer starts from: relevance of the steps is that of
//! the same layer with its initial state given as an input, by every method.

use pellucid_core::Tensor;
use pellucid_network::ops::{Reshape, Transpose};
use pellucid_network::transform::{column, fold};
use pellucid_network::{Graph, ValueId, onnx};
use pellucid_onnx::{AttributeProto, Dimension, DimensionProto, Model, NodeProto, TensorProto};

use super::balance::settings;
use super::explain;
use crate::fixture::{Numbers, fixture};

const EVENTS: usize = 3;
const HIDDEN: usize = 3;

/// How the initial states of a layer are told.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    /// As inputs of the model.
    Given,
    /// As in the file: not at all, or as numbers.
    Filed,
    /// As numbers, zeros if the file has none.
    Numbers,
    /// As one number that is repeated, for zeros.
    Expanded,
    /// As a constant of a shape, for zeros.
    Shaped,
}

/// The model with one layer, its initial states told in some way, and these.
fn model(layer: &str, told: Told) -> (Model, Vec<Tensor<f64>>) {
    let mut model = Model::read(fixture("recurrent", "recurrent.onnx")).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let at = (graph.node.iter().position(|node| node.name == layer)).unwrap();
    let mut node = graph.node.remove(at);
    let both = node.string("direction").unwrap() == Some("bidirectional");
    let first = node.int("layout").unwrap() == Some(1);
    let directions = 1 + usize::from(both);
    let shape = if first {
        [EVENTS, directions, HIDDEN]
    } else {
        [directions, EVENTS, HIDDEN]
    };
    let sides = shape.map(|side| side as i64);
    let mut states = Vec::new();
    let places: &[usize] = if node.op_type == "LSTM" {
        &[5, 6]
    } else {
        &[5]
    };
    let mut made: Vec<NodeProto> = Vec::new();
    for &i in places {
        while node.input.len() <= i {
            node.input.push(String::new());
        }
        let filed = graph.initializer.iter().find(|t| t.name == node.input[i]);
        let zero = filed.is_none();
        let numbers = match filed {
            Some(filed) => filed.to_f64().unwrap(),
            None => vec![0.0; shape.iter().product()],
        };
        let name = format!("state{i}");
        match told {
            Told::Filed => {}
            Told::Given => {
                let mut input = graph.input[0].clone();
                input.name.clone_from(&name);
                let tensor = input.r#type.as_mut().unwrap().tensor_type.as_mut().unwrap();
                tensor.shape.as_mut().unwrap().dim = sides
                    .map(|side| DimensionProto {
                        value: Some(Dimension::Value(side)),
                        ..DimensionProto::default()
                    })
                    .to_vec();
                graph.input.push(input);
                node.input[i].clone_from(&name);
            }
            Told::Expanded | Told::Shaped if zero => {
                let sizes = format!("{name}.shape");
                graph
                    .initializer
                    .push(TensorProto::integers(&*sizes, &[3], &sides));
                made.push(if told == Told::Expanded {
                    let number = format!("{name}.number");
                    graph
                        .initializer
                        .push(TensorProto::floats(&*number, &[1], &[0.0]));
                    NodeProto::new("Expand", "", &[&number, &sizes], &[&name])
                } else {
                    let value = TensorProto::floats("", &[1], &[0.0]);
                    NodeProto::new("ConstantOfShape", "", &[&sizes], &[&name])
                        .with(AttributeProto::tensor("value", value))
                });
                node.input[i].clone_from(&name);
            }
            Told::Numbers | Told::Expanded | Told::Shaped => {
                let single: Vec<f32> = numbers.iter().map(|&x| x as f32).collect();
                graph
                    .initializer
                    .push(TensorProto::floats(&*name, &shape, &single));
                node.input[i].clone_from(&name);
            }
        }
        states.push(Tensor::new(shape.to_vec(), numbers));
    }
    let output = node.output[1].clone();
    graph.node.retain(|other| other.op_type == "Transpose");
    graph.node.extend(made);
    graph.node.push(node);
    graph.output.retain(|other| other.name == output);
    (model, states)
}

/// The last hidden state of one number of each event.
fn explained(graph: &mut Graph) -> ValueId {
    let last = graph.outputs()[0];
    let shape = graph.shape(last).to_vec();
    let events_first = shape[0].known() == Some(EVENTS) && shape[1].known() != Some(EVENTS);
    let last = if events_first {
        last
    } else {
        let perm = vec![1, 0, 2];
        graph.push(Transpose { perm }, &[last]).unwrap()
    };
    let wide = shape[0].known().unwrap() * shape[1].known().unwrap() / EVENTS * HIDDEN;
    let shape = vec![EVENTS.into(), wide.into()];
    let rows = graph.push(Reshape { shape }, &[last]).unwrap();
    column(graph, rows, Some(wide - 1)).unwrap()
}

#[test]
fn relevance_does_not_depend_on_how_the_initial_state_is_told() {
    let numbers = Numbers::open(&fixture("recurrent", "recurrent.safetensors"));
    let x: &Tensor<f64> = numbers.get("input.x");
    for layer in [
        "lstm_plain",
        "lstm_reverse",
        "lstm_both",
        "lstm_lengths_zero",
        "lstm_peepholes",
        "lstm_forget",
        "lstm_batch_first",
        "gru_plain",
        "gru_both",
        "gru_linear",
        "gru_linear_no_bias",
        "gru_linear_both",
        "gru_hard",
        "rnn_plain",
        "rnn_reverse",
        "rnn_both",
    ] {
        let prepared = |told: Told| {
            let (model, states) = model(layer, told);
            let mut graph = fold(&onnx::import(model).unwrap()).unwrap();
            let of = explained(&mut graph);
            (graph, of, states)
        };
        let (given, of, states) = prepared(Told::Given);
        let inputs: Vec<Tensor<f64>> = [vec![x.clone()], states].concat();
        let wrt = given.inputs().to_vec();
        for propagation in settings() {
            let expected = explain(&given, of, &wrt, &propagation, &inputs);
            let kept: f64 = (expected.maps[1..].iter())
                .chain([&expected.absorbed])
                .flat_map(Tensor::data)
                .sum();
            let scale: f64 = expected.maps[0].data().iter().map(|r| r.abs()).sum();
            for told in [Told::Filed, Told::Numbers, Told::Expanded, Told::Shaped] {
                let (graph, of, _) = prepared(told);
                let wrt = graph.inputs().to_vec();
                let found = explain(&graph, of, &wrt, &propagation, &inputs[..1]);
                let what = format!("{layer} {told:?} {propagation:?}");
                // The same sums in the same order, up to what folding reorders.
                for (found, expected) in found.maps[0].data().iter().zip(expected.maps[0].data()) {
                    assert!(
                        (found - expected).abs() < 1e-10 * scale,
                        "{what}: {found} {expected}"
                    );
                }
                let own: f64 = found.absorbed.data().iter().sum();
                assert!(
                    (own - kept).abs() < 1e-9 * scale.max(1.0),
                    "{what}: {own} {kept}"
                );
                assert!(found.imbalance() < 1e-10, "{what}");
            }
        }
    }
}
