//! Damaged models: whatever the bytes, import answers and does not panic. The
//! example `fuzz_onnx` makes as many as there is time for.

use pellucid_core::random::stream;
use pellucid_network::onnx;
use pellucid_onnx::Model;

use crate::fixture::{files, path};

#[path = "../../examples/fuzz_onnx/damage.rs"]
mod damage;

#[test]
fn no_damaged_byte_makes_import_panic() {
    let mut imported = 0;
    for (index, file) in files().iter().enumerate() {
        let whole = std::fs::read(path(file)).unwrap();
        let mut random = stream(11, index as u64);
        for _ in 0..1000 {
            let bytes = damage::bytes(&whole, &mut random);
            imported += usize::from(onnx::decode(&bytes).is_ok());
        }
    }
    // Else the damage would not reach what lies behind the decoder.
    assert!(imported > 1000, "{imported}");
}

#[test]
fn no_odd_number_in_a_model_makes_import_or_export_panic() {
    let mut imported = 0;
    for (index, file) in files().iter().enumerate() {
        let whole = Model::read(path(file)).unwrap();
        let mut random = stream(12, index as u64);
        for _ in 0..500 {
            let model = damage::model(&whole, &mut random);
            if let Ok(graph) = onnx::import(model) {
                imported += 1;
                // Writing may refuse what ONNX lacks; it must not panic either.
                let _ = onnx::export(&graph);
            }
        }
    }
    assert!(imported > 1000, "{imported}");
}
