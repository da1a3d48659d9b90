//! Models that cannot be read: each gets one sentence that says why.

use pellucid_network::onnx;
use pellucid_onnx::{AttributeProto, Dimension, Model, NodeProto};

use crate::fixture::path;

/// What is said of the tagger after a change.
fn says(change: impl FnOnce(&mut Model)) -> String {
    let mut model = Model::read(path("tagger.legacy.onnx")).unwrap();
    change(&mut model);
    onnx::import(model).unwrap_err().to_string()
}

fn node<'a>(model: &'a mut Model, name: &str) -> &'a mut NodeProto {
    let nodes = &mut model.graph.as_mut().unwrap().node;
    nodes.iter_mut().find(|node| node.name == name).unwrap()
}

#[test]
fn unsupported_operations_are_all_named_with_a_way_out_in_two_lines() {
    let sentence = says(|model| {
        node(model, "/stem/Conv").op_type = "DeformConv".to_owned();
        let nodes = &mut model.graph.as_mut().unwrap().node;
        let relu = nodes
            .iter_mut()
            .find(|node| node.op_type == "Relu")
            .unwrap();
        relu.op_type = "Unique".to_owned();
    });
    assert!(
        sentence.starts_with("node `/stem/Conv` (DeformConv)")
            && sentence.contains("(Unique)")
            && sentence.contains("these operations are not supported"),
        "{sentence}"
    );
    assert!(
        sentence.lines().count() == 2 && sentence.contains("inspect --operations"),
        "{sentence}"
    );
    let sentence = says(|model| node(model, "/stem/Conv").domain = "com.microsoft".to_owned());
    assert!(sentence.contains("(com.microsoft.Conv)"), "{sentence}");
}

#[test]
fn what_no_output_needs_is_not_judged() {
    let mut model = Model::read(path("tagger.legacy.onnx")).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let before = graph.output.clone();
    let input = graph.input[0].name.clone();
    graph
        .node
        .push(NodeProto::new("Unique", "dead", &[&input], &["dead"]));
    // Nobody reads it.
    let alive = onnx::import(model.clone()).unwrap();
    assert_eq!(alive.outputs().len(), before.len());
    // Another output does: the first can still be asked for.
    let mut other = before[0].clone();
    other.name = "dead".to_owned();
    model.graph.as_mut().unwrap().output.push(other);
    assert!(onnx::import(model.clone()).is_err());
    let name = before[0].name.as_str();
    let cut = onnx::cut(&model, &[name]).unwrap();
    assert_eq!(onnx::import(cut).unwrap().outputs().len(), 1);
    let found = onnx::explainable(&model, &onnx::import).unwrap();
    assert_eq!(found.graph.outputs().len(), before.len());
    assert_eq!(found.refused[0].0, "dead");
    let sentence = onnx::cut(&model, &["nothing"]).unwrap_err().to_string();
    assert!(
        sentence.contains("`nothing`") && sentence.contains("dead"),
        "{sentence}"
    );
}

#[test]
fn shapes_that_do_not_fit_are_told_with_the_node() {
    let sentence = says(|model| {
        let input = &mut model.graph.as_mut().unwrap().input[0];
        let shape = input
            .r#type
            .as_mut()
            .unwrap()
            .tensor_type
            .as_mut()
            .unwrap()
            .shape
            .as_mut();
        shape.unwrap().dim[1].value = Some(Dimension::Value(3));
    });
    assert!(
        sentence.contains("`/stem/Conv`") && sentence.contains("3 channels"),
        "{sentence}"
    );
}

#[test]
fn attributes_that_make_no_sense_are_told_with_the_node() {
    for (attribute, sentence_part) in [
        (
            AttributeProto::ints("strides", &[1, -1]),
            "`strides` must be",
        ),
        (AttributeProto::ints("strides", &[0, 0]), "at least 1"),
        (AttributeProto::ints("pads", &[1]), "expected 4 pads"),
        (
            AttributeProto::ints("pads", &[-1, 0, 0, 0]),
            "negative pads",
        ),
        (AttributeProto::int("group", 0), "0 groups"),
        (
            AttributeProto::float("group", 1.0),
            "`group` must be an integer",
        ),
        (AttributeProto::string("auto_pad", "SOMEHOW"), "`SOMEHOW`"),
    ] {
        let sentence = says(|model| {
            let conv = node(model, "/stem/Conv");
            conv.attribute.retain(|other| other.name != attribute.name);
            conv.attribute.push(attribute);
        });
        assert!(
            sentence.contains("/stem/Conv") && sentence.contains(sentence_part),
            "{sentence}"
        );
    }
}

#[test]
fn a_weight_that_is_shorter_than_its_shape_is_named() {
    let sentence = says(|model| {
        let weight = &mut model.graph.as_mut().unwrap().initializer[0];
        weight.raw_data.as_mut().unwrap().pop();
    });
    assert!(
        sentence.starts_with("tensor `") && sentence.contains("bytes"),
        "{sentence}"
    );
}

#[test]
fn foreign_files_and_operation_sets_are_refused() {
    let sentence = onnx::decode(b"PK\x03\x04").unwrap_err().to_string();
    assert!(sentence.starts_with("not an ONNX model"), "{sentence}");
    let sentence = onnx::read(path("make.py")).unwrap_err().to_string();
    assert!(
        sentence.contains("make.py: not an ONNX model"),
        "{sentence}"
    );
    let sentence = onnx::read(path("nowhere.onnx")).unwrap_err().to_string();
    assert!(
        sentence.contains("cannot read") && sentence.contains("nowhere.onnx"),
        "{sentence}"
    );
    let sentence = says(|model| model.opset_import[0].version = 6);
    assert!(
        sentence.contains("operation set 6") && sentence.contains("opset_version=17"),
        "{sentence}"
    );
}

#[test]
fn a_model_in_training_mode_is_refused() {
    let mut model = Model::read(path("mlp.legacy.onnx")).unwrap();
    let nodes = &mut model.graph.as_mut().unwrap().node;
    let norm = nodes
        .iter_mut()
        .find(|node| node.op_type == "BatchNormalization")
        .unwrap();
    norm.attribute
        .retain(|attribute| attribute.name != "training_mode");
    norm.attribute.push(AttributeProto::int("training_mode", 1));
    let sentence = onnx::import(model).unwrap_err().to_string();
    assert!(sentence.contains("evaluation mode"), "{sentence}");
}

#[test]
fn inputs_whose_batches_have_names_of_their_own_share_one() {
    let mut model = Model::read(path("multi_input.legacy.onnx")).unwrap();
    for (i, input) in model.graph.as_mut().unwrap().input.iter_mut().enumerate() {
        let shape = input
            .r#type
            .as_mut()
            .unwrap()
            .tensor_type
            .as_mut()
            .unwrap()
            .shape
            .as_mut();
        shape.unwrap().dim[0].value = Some(Dimension::Name(format!("dynamic_axes_{i}")));
    }
    let graph = onnx::import(model).unwrap();
    let sizes: Vec<_> = graph
        .inputs()
        .iter()
        .map(|&id| graph.shape(id)[0].clone())
        .collect();
    assert_eq!(sizes[0], sizes[1]);
}
