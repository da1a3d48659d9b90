//! Damaged models: whatever the bytes, import answers and does not panic.

use pellucid_core::random::stream;
use pellucid_network::onnx;
use pellucid_onnx::{Model, TensorProto};
use rand::{Rng, RngExt};

use crate::fixture::{files, path};

/// Numbers that shapes, axes and attributes are replaced by.
const ODD: [i64; 14] = [
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
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
    1 << 40,
];

#[test]
fn no_damaged_byte_makes_import_panic() {
    let mut imported = 0;
    for (index, file) in files().iter().enumerate() {
        let whole = std::fs::read(path(file)).unwrap();
        let mut random = stream(11, index as u64);
        for _ in 0..1000 {
            let mut bytes = whole.clone();
            for _ in 0..random.random_range(1..4) {
                let at = random.random_range(0..bytes.len());
                match random.random_range(0..4) {
                    0 => bytes[at] ^= 1 << random.random_range(0..8),
                    1 => bytes[at] = random.random(),
                    2 => bytes.truncate(at.max(1)),
                    _ => drop(bytes.remove(at)),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            imported += usize::from(onnx::decode(&bytes).is_ok());
        }
    }
    // Else the damage would not reach what lies behind the decoder.
    assert!(imported > 1000, "{imported}");
}

/// Replaces one integer of a model: of an attribute, a tensor or a shape.
fn twist(model: &mut Model, random: &mut impl Rng) {
    let graph = model.graph.as_mut().unwrap();
    let odd = ODD[random.random_range(0..ODD.len())];
    let integers = |tensor: &mut TensorProto| {
        if let (7, Some(raw)) = (tensor.data_type, &mut tensor.raw_data)
            && let Some(word) = raw.first_chunk_mut()
        {
            *word = odd.to_le_bytes();
        }
        for value in &mut tensor.int64_data {
            *value = odd;
        }
    };
    let node = random.random_range(0..graph.node.len());
    match random.random_range(0..6) {
        0 | 1 => {
            for attribute in &mut graph.node[node].attribute {
                attribute.i = attribute.i.map(|_| odd);
                if let Some(last) = attribute.ints.last_mut() {
                    *last = odd;
                }
                attribute.t.as_deref_mut().into_iter().for_each(integers);
            }
        }
        2 => {
            let at = random.random_range(0..graph.initializer.len().max(1));
            graph.initializer.get_mut(at).into_iter().for_each(integers);
        }
        3 => {
            let at = random.random_range(0..graph.initializer.len().max(1));
            if let Some(tensor) = graph.initializer.get_mut(at) {
                tensor.dims.reverse();
            }
        }
        4 => {
            let other = random.random_range(0..graph.node.len());
            let name = graph.node[other].op_type.clone();
            graph.node[node].op_type = name;
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

#[test]
fn no_odd_number_in_a_model_makes_import_or_export_panic() {
    let mut imported = 0;
    for (index, file) in files().iter().enumerate() {
        let whole = Model::read(path(file)).unwrap();
        let mut random = stream(12, index as u64);
        for _ in 0..500 {
            let mut model = whole.clone();
            for _ in 0..random.random_range(1..3) {
                twist(&mut model, &mut random);
            }
            if let Ok(graph) = onnx::import(model) {
                imported += 1;
                // Writing may refuse what ONNX lacks; it must not panic either.
                let _ = onnx::export(&graph);
            }
        }
    }
    assert!(imported > 1000, "{imported}");
}
