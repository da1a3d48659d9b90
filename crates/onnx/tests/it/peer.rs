//! Against the `onnx` package, see `fixtures/every_field/make.py`.

use pellucid_onnx::{DataType, Model};

#[test]
fn every_field_survives_byte_for_byte() {
    let bytes = std::fs::read(super::fixture("every_field.onnx")).unwrap();
    let again = Model::decode(&bytes).unwrap().encode();
    // Equal bytes need every field number, type and packing to be right.
    assert!(
        again == bytes,
        "{} bytes became {}",
        bytes.len(),
        again.len()
    );
}

#[test]
fn every_kind_of_number_is_read_in_both_encodings() {
    let model = Model::read(super::fixture("kinds.onnx")).unwrap();
    model.validate().unwrap();
    assert_eq!(model.opset().unwrap(), 17);
    assert_eq!(model.metadata("trained_on"), Some("jets"));
    let tensors = model.graph.unwrap().initializer;
    assert_eq!(tensors.len(), 26);
    for tensor in tensors {
        let kind = tensor.kind().unwrap();
        let expected: &[f64] = match kind {
            DataType::Bool => &[0.0, 1.0, 1.0, 1.0],
            _ => &[0.0, 1.0, 2.0, 100.0],
        };
        assert_eq!(tensor.to_f64().unwrap(), expected, "{}", tensor.name);
        assert_eq!(tensor.to_f32().unwrap().len(), 4, "{}", tensor.name);
        assert_eq!(tensor.to_i64().is_ok(), !kind.is_real(), "{}", tensor.name);
    }
}
