//! Damaged models: bytes changed, and odd numbers, names and wires in the
//! messages, which reach what lies behind the decoder.

use pellucid_onnx::{AttributeProto, GraphProto, Model, TensorProto};
use rand::{Rng, RngExt};

/// Numbers that shapes, axes and attributes are replaced by.
const ODD: [i64; 16] = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    7,
    64,
    1 << 20,
    1 << 31,
    (1 << 31) - 1,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
    1 << 40,
    -(1 << 31),
];

/// Changes some bytes of a file.
pub fn bytes(whole: &[u8], random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..random.random_range(1..4) {
        if bytes.is_empty() {
            break;
        }
        let at = random.random_range(0..bytes.len());
        match random.random_range(0..4) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => bytes.truncate(at.max(1)),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

/// Changes one or two parts of a model.
pub fn model(whole: &Model, random: &mut impl Rng) -> Model {
    let mut model = whole.clone();
    for _ in 0..random.random_range(1..3) {
        if let Some(graph) = &mut model.graph {
            twist(graph, random);
        }
    }
    model
}

fn integers(tensor: &mut TensorProto, odd: i64, random: &mut impl Rng) {
    if let (7, Some(raw)) = (tensor.data_type, &mut tensor.raw_data) {
        let words = raw.len() / 8;
        if words > 0 {
            let at = 8 * random.random_range(0..words);
            raw[at..at + 8].copy_from_slice(&odd.to_le_bytes());
        }
    }
    for value in &mut tensor.int64_data {
        *value = odd;
    }
}

fn attribute(attribute: &mut AttributeProto, odd: i64, random: &mut impl Rng) {
    attribute.i = attribute.i.map(|_| odd);
    if !attribute.ints.is_empty() {
        let at = random.random_range(0..attribute.ints.len());
        attribute.ints[at] = odd;
    }
    if let Some(tensor) = attribute.t.as_deref_mut() {
        integers(tensor, odd, random);
    }
    if let Some(graph) = attribute.g.as_deref_mut() {
        twist(graph, random);
    }
}

/// Replaces one integer, shape, operation or wire of a graph.
fn twist(graph: &mut GraphProto, random: &mut impl Rng) {
    if graph.node.is_empty() {
        return;
    }
    let odd = ODD[random.random_range(0..ODD.len())];
    let node = random.random_range(0..graph.node.len());
    let tensor = random.random_range(0..graph.initializer.len().max(1));
    match random.random_range(0..8) {
        0 | 1 => {
            for setting in &mut graph.node[node].attribute {
                attribute(setting, odd, random);
            }
        }
        2 => {
            if let Some(tensor) = graph.initializer.get_mut(tensor) {
                integers(tensor, odd, random);
            }
        }
        3 => {
            if let Some(tensor) = graph.initializer.get_mut(tensor) {
                tensor.dims.reverse();
            }
        }
        4 => {
            let other = random.random_range(0..graph.node.len());
            let name = graph.node[other].op_type.clone();
            graph.node[node].op_type = name;
        }
        5 => side(graph, odd, random),
        6 => {
            let other = random.random_range(0..graph.node.len());
            let from = graph.node[other].output.first().cloned();
            let inputs = &mut graph.node[node].input;
            if let (Some(from), false) = (from, inputs.is_empty()) {
                let at = random.random_range(0..inputs.len());
                inputs[at] = from;
            }
        }
        _ => {
            let inputs = &mut graph.node[node].input;
            match random.random_range(0..3) {
                0 => drop(inputs.pop()),
                1 => inputs.reverse(),
                _ => inputs.extend(inputs.first().cloned()),
            }
        }
    }
}

/// Replaces a side of an input.
fn side(graph: &mut GraphProto, odd: i64, random: &mut impl Rng) {
    let input = random.random_range(0..graph.input.len().max(1));
    let ty = graph
        .input
        .get_mut(input)
        .and_then(|input| input.r#type.as_mut());
    let tensor = ty.and_then(|ty| ty.tensor_type.as_mut());
    let Some(shape) = tensor.and_then(|tensor| tensor.shape.as_mut()) else {
        return;
    };
    if !shape.dim.is_empty() {
        let at = random.random_range(0..shape.dim.len());
        shape.dim[at].value = Some(pellucid_onnx::Dimension::Value(odd));
    }
}
