//! Damaged files: whatever the bytes, there is an answer and no panic.

use pellucid_onnx::{Model, OnnxError};

/// `SplitMix64`: the crate is a leaf and needs no better numbers.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn damaged(whole: &[u8], state: &mut u64) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=next(state) % 4 {
        let at = next(state) as usize % bytes.len();
        match next(state) % 5 {
            0 => bytes[at] ^= 1 << (next(state) % 8),
            1 => bytes[at] = next(state) as u8,
            2 => bytes.truncate(at.max(1)),
            3 => bytes.insert(at, next(state) as u8),
            _ => {
                let end = (at + next(state) as usize % 16).min(bytes.len());
                bytes.drain(at..end);
                bytes.push(0);
            }
        }
    }
    bytes
}

/// Asks a model everything that can be asked.
fn exercise(mut model: Model) -> Result<(), OnnxError> {
    for tensor in &model.graph.as_ref().unwrap().initializer {
        if let Ok(numbers) = tensor.to_f64() {
            let volume: usize = tensor.shape()?.iter().product();
            assert_eq!(volume, numbers.len());
        }
        let _ = tensor.to_f32();
        let _ = tensor.to_i64();
    }
    for node in &model.graph.as_ref().unwrap().node {
        for attribute in &node.attribute {
            let _ = node.float(&attribute.name);
            let _ = node.sizes(&attribute.name);
            let _ = node.string(&attribute.name);
            let _ = node.tensor(&attribute.name);
        }
        assert!(!node.label().is_empty());
    }
    model.inline_functions()?;
    model.validate()
}

#[test]
fn no_damage_makes_decoding_panic() {
    let mut state = 2;
    let (mut decoded, mut valid) = (0, 0);
    for name in ["every_field.onnx", "kinds.onnx"] {
        let whole = std::fs::read(super::fixture(name)).unwrap();
        for _ in 0..10_000 {
            if let Ok(model) = Model::decode(&damaged(&whole, &mut state)) {
                decoded += 1;
                valid += usize::from(exercise(model).is_ok());
            }
        }
    }
    // Else the damage would not reach what lies behind the decoder.
    assert!(
        decoded > 1_000 && valid > 100,
        "{decoded} decoded, {valid} valid"
    );
}

#[test]
fn every_truncation_is_refused_or_whole() {
    let whole = std::fs::read(super::fixture("kinds.onnx")).unwrap();
    for cut in 0..whole.len() {
        match Model::decode(&whole[..cut]) {
            Ok(model) => assert!(model.graph.is_some()),
            Err(error) => {
                let sentence = error.to_string();
                assert!(sentence.starts_with("not a"), "{cut}: {sentence}");
            }
        }
    }
}
