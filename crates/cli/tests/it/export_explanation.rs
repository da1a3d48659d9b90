//! `pellucid export-explanation`: the file gives what the command gives.

use std::path::Path;

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};
use pellucid_network::{Executor, onnx};

use crate::attribute::{fixture, numbers, read, tagger};
use crate::support::{pellucid, refusal, text};

/// The outputs of an exported explanation on the inputs of a file, by name.
fn imported(model: &Path, inputs: &Path) -> Vec<(String, Tensor<f32>)> {
    let graph = onnx::read(model).unwrap();
    let arrays = read(inputs);
    let tensors: Vec<Tensor<f32>> = graph
        .inputs()
        .iter()
        .map(|&id| {
            let name = &graph.value(id).name;
            let array = arrays.get(name).or_else(|| arrays.get("x")).unwrap();
            let data = numbers(array).iter().map(|&x| x as f32).collect();
            Tensor::new(array.shape().to_vec(), data)
        })
        .collect();
    let outputs = Executor::<f32>::new(&graph)
        .call(&tensors.iter().collect::<Vec<_>>())
        .unwrap();
    let names = graph
        .outputs()
        .iter()
        .map(|&id| graph.value(id).name.clone());
    names.zip(outputs).collect()
}

#[test]
fn an_exported_explanation_gives_the_numbers_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for (model, target) in [("mlp", "1"), ("sets", "3"), ("cnn", "0")] {
        for method in [
            "gradient",
            "input-x-gradient",
            "integrated-gradients",
            "lrp-epsilon",
            "lrp-gamma",
            "lrp-alpha-beta",
            "lrp-w2",
            "lrp-composite",
        ] {
            let path = fixture(&format!("{model}.onnx"));
            let input = fixture(&format!("{model}.input.npz"));
            let (explanation, out) = (file("explanation.onnx"), file("out.npz"));
            let mut options = vec!["--method", method, "--target", target];
            if method == "integrated-gradients" {
                options.extend(["--steps", "8"]);
            }
            for (command, more, out) in [
                ("export-explanation", None, &explanation),
                ("attribute", Some(&input), &out),
            ] {
                let mut arguments = vec![command, text(&path)];
                arguments.extend(more.map(|path| text(path)));
                arguments.extend_from_slice(&options);
                arguments.extend(["--out", text(out)]);
                let output = pellucid(&arguments);
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{arguments:?}: {said}");
            }
            let expected = read(&out);
            let found = imported(&explanation, &input);
            assert!(
                found
                    .iter()
                    .any(|(name, _)| name.starts_with("attribution"))
            );
            for (name, tensor) in found {
                let expected = numbers(&expected[&name]);
                let scale = expected.iter().fold(1e-2_f64, |max, x| max.max(x.abs()));
                assert_eq!(
                    tensor.data().len(),
                    expected.len(),
                    "{model} {method} {name}"
                );
                for (a, b) in tensor.data().iter().zip(&expected) {
                    let off = (f64::from(*a) - b).abs() / scale;
                    // Single precision, summed in another order.
                    assert!(off < 1e-5, "{model} {method} {name}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn an_explanation_that_is_no_network_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("explanation.onnx");
    let model = fixture("mlp.onnx");
    for (options, word) in [
        (
            vec!["--method", "conductance", "--set", "node=/dense2/Gemm"],
            "conductance",
        ),
        (
            vec!["--method", "integrated-gradients", "--baseline", "mean"],
            "events",
        ),
        (vec!["--method", "lrp-epsilom"], "lrp-epsilon"),
    ] {
        let mut arguments = vec!["export-explanation", text(&model), "--target", "0"];
        arguments.extend(options);
        arguments.extend(["--out", text(&out)]);
        let (code, said) = refusal(&arguments);
        assert_eq!((code, said.contains(word)), (2, true), "{said}");
        assert!(!out.exists());
    }
}

#[test]
fn a_number_is_a_baseline_of_every_input() {
    let folder = tempfile::tempdir().unwrap();
    let (explanation, out) = (folder.path().join("e.onnx"), folder.path().join("out.npz"));
    let model = fixture("mlp.onnx");
    let options = [
        "--method",
        "integrated-gradients",
        "--steps",
        "4",
        "--target",
        "2",
    ];
    let mut arguments = vec![
        "export-explanation",
        text(&model),
        "--out",
        text(&explanation),
    ];
    arguments.extend(options);
    arguments.extend(["--baseline", "0.5"]);
    assert!(pellucid(&arguments).status.success());
    let mut arrays: Vec<(String, Array)> = read(&fixture("mlp.input.npz")).into_iter().collect();
    arrays.push((
        "half".to_owned(),
        Array::F64(Tensor::new(vec![], vec![0.5])),
    ));
    let input = folder.path().join("input.npz");
    npz::write(&input, &arrays).unwrap();
    let mut arguments = vec!["attribute", text(&model), text(&input), "--out", text(&out)];
    arguments.extend(options);
    arguments.extend(["--baseline", "half"]);
    assert!(pellucid(&arguments).status.success());
    let expected = numbers(&read(&out)["attribution"]);
    let (name, found) = &imported(&explanation, &input)[0];
    assert_eq!(name, "attribution");
    for (a, b) in found.data().iter().zip(&expected) {
        assert!((f64::from(*a) - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn a_particle_transformer_is_exported_for_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("explanation.onnx");
    for (exporter, size) in [("legacy", Some("particles=6")), ("dynamo", None)] {
        let model = tagger(&format!("particle_transformer.{exporter}.onnx"));
        for method in ["lrp-epsilon", "gradient", "integrated-gradients"] {
            let mut arguments = vec!["export-explanation", text(&model), "--method", method];
            arguments.extend(["--target", "0", "--out", text(&out)]);
            arguments.extend(size.into_iter().flat_map(|size| ["--size", size]));
            let output = pellucid(&arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments:?}: {said}");
            let graph = onnx::read(&out).unwrap();
            let maps = graph.outputs().iter().map(|&id| graph.value(id));
            let maps = maps.filter(|value| value.name.starts_with("attribution."));
            assert_eq!(maps.count(), 3, "{exporter} {method}");
        }
    }
}

#[test]
fn an_explanation_of_particle_net_keeps_the_number_of_particles_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    let (explanation, input, out) = (file("e.onnx"), file("jets.npz"), file("out.npz"));
    let wave = |sides: [usize; 3], step: f64| {
        let data = (0..sides.iter().product()).map(|i| (i as f64 * step).sin());
        Array::F32(Tensor::new(
            sides.to_vec(),
            data.map(|x| x as f32).collect(),
        ))
    };
    let mask = Array::F32(Tensor::full(vec![3, 1, 9], 1.0));
    let arrays = [
        ("points", wave([3, 2, 9], 0.7)),
        ("features", wave([3, 4, 9], 0.3)),
        ("mask", mask),
    ];
    npz::write(&input, &arrays).unwrap();
    let model = tagger("particle_net.legacy.onnx");
    for method in ["gradient", "lrp-epsilon"] {
        let options = ["--method", method, "--target", "1", "--hold", "mask"];
        for (command, more, out) in [
            ("export-explanation", None, &explanation),
            ("attribute", Some(&input), &out),
        ] {
            let mut arguments = vec![command, text(&model)];
            arguments.extend(more.map(|path| text(path)));
            arguments.extend(options);
            arguments.extend(["--out", text(out)]);
            let output = pellucid(&arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments:?}: {said}");
        }
        let expected = read(&out);
        for (name, tensor) in imported(&explanation, &input) {
            let expected = numbers(&expected[&name]);
            let scale = expected.iter().fold(1e-2_f64, |max, x| max.max(x.abs()));
            for (a, b) in tensor.data().iter().zip(&expected) {
                let off = (f64::from(*a) - b).abs() / scale;
                // Single precision, summed in another order.
                assert!(off < 1e-5, "{method} {name}: {a} {b}");
            }
        }
    }
}

/// A model of `fixtures/export/make.py`.
fn exported(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/export")
        .join(name)
}

/// Exports an explanation and explains the model's own events; the file, the arrays of
/// `attribute`, and what the export says on the standard error.
fn both(
    folder: &Path,
    model: &str,
    options: &[&str],
) -> (std::path::PathBuf, crate::attribute::Arrays, String) {
    let (explanation, out) = (folder.join("e.onnx"), folder.join("out.npz"));
    let path = exported(&format!("{model}.onnx"));
    let input = exported(&format!("{model}.npz"));
    let mut said = String::new();
    for (command, more, out) in [
        ("attribute", Some(&input), &out),
        ("export-explanation", None, &explanation),
    ] {
        let mut arguments = vec![command, text(&path)];
        arguments.extend(more.map(|path| text(path)));
        arguments.extend_from_slice(options);
        arguments.extend(["--target", "1", "--out", text(out)]);
        let output = pellucid(&arguments);
        said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
    }
    (explanation, read(&out), said)
}

#[test]
fn the_file_takes_what_the_model_takes_and_gives_what_the_command_gives() {
    let folder = tempfile::tempdir().unwrap();
    for model in [
        "mask",
        "double",
        "half",
        "kinds",
        "top_k",
        "one",
        "one_bound",
    ] {
        for options in [
            &["--method", "gradient"][..],
            &["--method", "integrated-gradients", "--steps", "6"],
            &["--method", "deeplift"],
            &["--method", "lrp-epsilon", "--set", "epsilon=0.01"],
            &["--method", "lrp-alpha-beta"],
        ] {
            let (explanation, expected, _) = both(folder.path(), model, options);
            let file = pellucid_onnx::Model::read(&explanation).unwrap();
            let source = pellucid_onnx::Model::read(exported(&format!("{model}.onnx"))).unwrap();
            let inputs = |model: &pellucid_onnx::Model| -> Vec<(String, i32)> {
                let inputs = &model.graph.as_ref().unwrap().input;
                let kind = |input: &pellucid_onnx::ValueInfoProto| {
                    input
                        .r#type
                        .as_ref()
                        .unwrap()
                        .tensor_type
                        .as_ref()
                        .unwrap()
                        .elem_type
                };
                inputs
                    .iter()
                    .map(|input| (input.name.clone(), kind(input)))
                    .collect()
            };
            assert_eq!(inputs(&file), inputs(&source), "{model}");
            for node in &file.graph.as_ref().unwrap().node {
                let optional = node.op_type != "TopK";
                assert!(
                    optional || node.output.iter().all(|name| !name.is_empty()),
                    "{}",
                    node.name
                );
            }
            let found = imported(&explanation, &exported(&format!("{model}.npz")));
            assert!(
                !found
                    .iter()
                    .any(|(name, _)| name.contains("mask") || name.contains("kind"))
            );
            for (name, tensor) in found {
                let wanted = &expected[&name];
                assert_eq!(tensor.shape(), wanted.shape(), "{model} {options:?} {name}");
                let wanted = numbers(wanted);
                let scale = wanted.iter().fold(1e-2_f64, |max, x| max.max(x.abs()));
                for (a, b) in tensor.data().iter().zip(&wanted) {
                    // Single precision, summed in another order and divided by stabilised sums
                    // near zero: onnxruntime is 3e-6 off there, our own run 1.3e-5.
                    assert!(
                        (f64::from(*a) - b).abs() < 3e-5 * scale,
                        "{model} {options:?} {name}: {a} {b}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_model_of_one_event_is_explained_for_any_number_or_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for (model, open) in [("one", true), ("one_bound", false)] {
        let (explanation, _, said) = both(folder.path(), model, &["--method", "gradient"]);
        let graph = onnx::read(&explanation).unwrap();
        let rows = graph.shape(graph.inputs()[0])[0].known();
        assert_eq!(rows, (!open).then_some(1), "{model}");
        assert_eq!(
            said.contains("takes exactly 1 event a run"),
            !open,
            "{said}"
        );
    }
}

#[test]
fn steps_that_the_file_cannot_adapt_are_told_and_measured_on_data() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("e.onnx");
    let (model, input) = (fixture("mlp.onnx"), fixture("mlp.input.npz"));
    let arguments = |more: &[&'static str]| {
        let method = [
            "--method",
            "integrated-gradients",
            "--target",
            "1",
            "--out",
            text(&out),
        ];
        let all = [&["export-explanation", text(&model)][..], &method, more].concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = pellucid(&arguments);
        assert!(output.status.success());
        (
            output.stdout,
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    let (_, said) = run(&arguments(&[]));
    assert!(
        said.contains("128 steps") && said.contains("not measured"),
        "{said}"
    );
    let (_, said) = run(&arguments(&["--quiet"]));
    assert!(said.is_empty(), "{said}");
    let mut measured = arguments(&["--json", "--data"]);
    measured.push(text(&input).to_owned());
    let (told, said) = run(&measured);
    assert!(said.contains("the largest difference is"), "{said}");
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["steps"], 128);
    let largest = told["difference"]["largest"].as_f64().unwrap();
    assert!(largest > 0.0 && largest < 0.05, "{largest}");
    // With steps of its own there is nothing to tell but rounding.
    measured.extend(["--steps".to_owned(), "20".to_owned()]);
    let (told, said) = run(&measured);
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    assert!(said.is_empty(), "{said}");
    assert!(told["difference"]["largest"].as_f64().unwrap() < 1e-5);
}
