//! Weights in files beside the model: read inside its folder, nowhere else.

use std::path::Path;

use pellucid_onnx::{AttributeProto, GraphProto, Model, NodeProto, StringStringEntryProto};

#[test]
fn a_weight_beside_the_model_is_read() {
    let model = Model::read(super::fixture("external.onnx")).unwrap();
    let weight = &model.graph.as_ref().unwrap().initializer[0];
    assert_eq!(weight.shape().unwrap(), [3, 4]);
    assert_eq!(
        weight.to_i64().unwrap_err().to_string(),
        "tensor `weight` holds numbers of type float, expected integers"
    );
    let expected: Vec<f32> = (0_u8..12).map(f32::from).collect();
    assert_eq!(weight.to_f32().unwrap(), expected);
    // The model is whole now and can be written without the other file.
    let again = Model::decode(&model.encode()).unwrap();
    assert_eq!(
        again.graph.unwrap().initializer[0].to_f32().unwrap(),
        expected
    );
}

#[test]
fn bytes_without_a_folder_cannot_have_weights_elsewhere() {
    let bytes = std::fs::read(super::fixture("external.onnx")).unwrap();
    let weight = &Model::decode(&bytes).unwrap().graph.unwrap().initializer[0];
    let error = weight.to_f32().unwrap_err().to_string();
    assert!(
        error.contains("`weight` is kept in the file `weights.bin`"),
        "{error}"
    );
}

#[test]
fn files_outside_the_folder_are_not_opened() {
    for location in [
        "../every_field/weights.bin",
        "/etc/hostname",
        "a/../../x",
        "",
        "..",
        "/",
    ] {
        let error = load_with("location", location);
        assert!(
            error.contains("not inside the folder"),
            "{location}: {error}"
        );
    }
    assert!(load_with("location", "missing.bin").contains("cannot be read"));
    assert!(load_with("location", ".").contains("cannot be read") || cfg!(windows));
}

#[test]
fn what_the_file_does_not_hold_is_refused() {
    assert!(load_with("offset", "65").contains("has 112 bytes, but 48 from byte 65"));
    assert!(load_with("offset", "18446744073709551615").contains("has 112 bytes"));
    assert!(load_with("offset", "-1").contains("expected a number"));
    assert!(load_with("length", "49").contains("its shape [3, 4] needs 48"));
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a_link_out_of_the_folder");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(super::fixture("weights.bin"), folder.join("weights.bin")).unwrap();
    let bytes = std::fs::read(super::fixture("external.onnx")).unwrap();
    let mut model = Model::decode(&bytes).unwrap();
    let error = pellucid_onnx::external::load(&mut model, &folder)
        .unwrap_err()
        .to_string();
    assert!(error.contains("not inside the folder"), "{error}");
}

#[test]
fn a_weight_of_a_branch_is_read_too() {
    let path = super::fixture("external.onnx");
    let mut model = Model::decode(&std::fs::read(&path).unwrap()).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let branch = GraphProto {
        initializer: std::mem::take(&mut graph.initializer),
        ..GraphProto::default()
    };
    let attribute = AttributeProto {
        name: "then_branch".to_owned(),
        g: Some(Box::new(branch)),
        ..AttributeProto::default()
    };
    let choice = NodeProto::new("If", "choice", &["condition"], &["chosen"]);
    graph.node.push(choice.with(attribute));
    pellucid_onnx::external::load(&mut model, path.parent().unwrap()).unwrap();
    let node = model.graph.as_ref().unwrap().node.last().unwrap();
    let branch = node.attribute[0].g.as_ref().unwrap();
    let expected: Vec<f32> = (0_u8..12).map(f32::from).collect();
    assert_eq!(branch.initializer[0].to_f32().unwrap(), expected);
}

/// The error of loading the fixture with one of the entries changed.
fn load_with(key: &str, value: &str) -> String {
    let path = super::fixture("external.onnx");
    let mut model = Model::decode(&std::fs::read(&path).unwrap()).unwrap();
    let entries = &mut model.graph.as_mut().unwrap().initializer[0].external_data;
    entries.retain(|entry| entry.key != key);
    entries.push(StringStringEntryProto {
        key: key.to_owned(),
        value: value.to_owned(),
    });
    pellucid_onnx::external::load(&mut model, path.parent().unwrap())
        .unwrap_err()
        .to_string()
}
