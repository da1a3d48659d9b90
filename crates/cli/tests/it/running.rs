//! What users bring must run, and give the numbers of onnxruntime; see
//! `fixtures/running/make.py`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::attribute::{Arrays, numbers, read};
use crate::support::{pellucid, refusal, text};

const METHODS: [&str; 4] = [
    "gradient",
    "integrated-gradients",
    "deeplift",
    "lrp-epsilon",
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/running")
        .join(name)
}

/// The arrays that the command writes for the model and the inputs of a name.
fn run(name: &str, options: &[&str]) -> Result<Arrays, String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.npz");
    let [model, input] = ["onnx", "npz"].map(|end| fixture(&format!("{name}.{end}")));
    let mut arguments = vec!["attribute", text(&model), text(&input), "--out", text(&out)];
    arguments.extend(["--precision", "f64"]);
    arguments.extend_from_slice(options);
    let output = pellucid(&arguments);
    if output.status.success() {
        Ok(read(&out))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// How far the outputs are from those of onnxruntime, of the largest number;
/// infinite if a number of the explanation is none.
fn off(found: &Arrays, expected: &Value) -> f64 {
    let list = |value: &Value| -> Vec<f64> {
        let list = value.as_array().unwrap().iter();
        list.map(|x| x.as_f64().unwrap()).collect()
    };
    let shape: Vec<f64> = found["output"].shape().iter().map(|&s| s as f64).collect();
    if shape != list(&expected["shape"]) {
        return f64::INFINITY;
    }
    let all = found.values().flat_map(numbers);
    if all.into_iter().any(|x| !x.is_finite()) {
        return f64::INFINITY;
    }
    let expected = list(&expected["numbers"]);
    let largest = expected.iter().fold(1e-30_f64, |most, x| most.max(x.abs()));
    let output = numbers(&found["output"]);
    let differences = output.iter().zip(&expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f64::max) / largest
}

#[test]
fn models_that_users_bring_are_explained_with_the_numbers_of_onnxruntime() {
    let bytes = std::fs::read(fixture("expected.json")).unwrap();
    let all: Value = serde_json::from_slice(&bytes).unwrap();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (name, expected) in all.as_object().unwrap() {
        if name == "if_data" {
            continue;
        }
        for method in METHODS {
            let mut options = vec!["--method", method, "--target", "0"];
            if name == "several_outputs" {
                options.extend(["--output", "score"]);
            }
            tried += 1;
            match run(name, &options) {
                Ok(found) => {
                    // onnxruntime computed in single precision.
                    let off = off(&found, expected);
                    if off > 2e-6 {
                        wrong.push(format!("{name}, {method}: off by {off:e}"));
                    }
                }
                Err(said) => wrong.push(format!("{name}, {method}: {said}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried >= 70, "{tried}");
}

#[test]
fn events_without_tracks_have_explanations_that_balance() {
    let options = ["--method", "lrp-epsilon", "--target", "1"];
    for name in ["tracks", "no_tracks"] {
        let found = run(name, &options).unwrap();
        for x in numbers(&found["residual"]) {
            // Rounding of double precision.
            assert!(x.abs() < 1e-10, "{name}: {x}");
        }
    }
    let [some, none] = ["tracks", "no_tracks"].map(|name| run(name, &options).unwrap());
    assert_eq!(none["attribution.tracks"].shape(), [4, 0, 3]);
    // The second event of both files has no track.
    let of = |found: &Arrays| numbers(&found["attribution.jet"])[2..4].to_vec();
    assert_eq!(of(&some), of(&none));
    assert!(
        numbers(&some["attribution.tracks"])[9..18]
            .iter()
            .all(|&x| x == 0.0)
    );
}

#[test]
fn an_output_that_cannot_be_read_harms_no_other_and_the_others_are_told() {
    let said = run(
        "several_outputs",
        &["--method", "gradient", "--target", "0"],
    )
    .unwrap_err();
    for part in ["`unread`", "--output: score", "NonZero"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = run(
        "several_outputs",
        &["--method", "gradient", "--output", "scores"],
    )
    .unwrap_err();
    assert!(
        said.contains("scores") && said.contains("label, unread, name, score"),
        "{said}"
    );
    let said = run(
        "several_outputs",
        &["--method", "gradient", "--output", "label"],
    )
    .unwrap_err();
    assert!(said.contains("integers"), "{said}");
    // A value inside of the model can be asked for.
    let options = ["--method", "gradient", "--target", "0", "--output", "z"];
    assert_eq!(
        run("several_outputs", &options).unwrap()["output"].shape(),
        [5, 3]
    );
}

#[test]
fn what_of_a_model_can_be_explained_is_told_output_by_output() {
    let model = fixture("several_outputs.onnx");
    let output = pellucid(&["inspect", text(&model), "--json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["outputs"].as_array().unwrap().len(), 1);
    assert_eq!(found["outputs"][0]["name"], "score");
    let refused = found["refused"].as_object().unwrap();
    let names: Vec<&String> = refused.keys().collect();
    assert_eq!(names, ["label", "name", "unread"]);
    assert!(refused["unread"].as_str().unwrap().contains("NonZero"));
    let page = pellucid(&["inspect", text(&model)]);
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(
        page.contains("output  label  cannot be explained: it holds integers"),
        "{page}"
    );
}

#[test]
fn the_operations_that_can_be_read_are_listed_without_a_model() {
    let output = pellucid(&["inspect", "--operations", "--json"]);
    assert!(output.status.success());
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = found.as_array().unwrap();
    let has = |domain: &str, name: &str| {
        all.iter()
            .any(|one| one["domain"] == domain && one["name"] == name)
    };
    assert!(has("ai.onnx", "Conv") && has("ai.onnx.ml", "Scaler") && has("ai.onnx", "Loop"));
    let output = pellucid(&["inspect", "--operations"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        text.contains("Softmax") && text.contains("ZipMap"),
        "{text}"
    );
    let (code, said) = refusal(&["inspect"]);
    assert_eq!((code, said.contains("MODEL.onnx")), (2, true), "{said}");
}

#[test]
fn a_condition_on_the_data_is_refused_with_a_way_out() {
    let said = run("if_data", &["--method", "gradient", "--target", "0"]).unwrap_err();
    assert!(
        said.contains("(If)") && said.contains("on the data"),
        "{said}"
    );
}

#[test]
fn the_logit_is_explained_unless_the_probability_is_asked_for() {
    let of = |options: &[&str]| {
        let mut all = vec!["--method", "gradient"];
        all.extend_from_slice(options);
        let found = run("sk_pipe", &all).unwrap();
        (numbers(&found["explained"]), numbers(&found["output"]))
    };
    let (first, output) = of(&["--target", "0"]);
    let (second, _) = of(&["--target", "1"]);
    let (probability, _) = of(&["--target", "1", "--explain", "probability"]);
    for event in 0..first.len() {
        let p = output[2 * event + 1];
        let logit = (p / (1.0 - p)).ln();
        assert!((second[event] - logit).abs() < 1e-9 * logit.abs().max(1.0));
        assert_eq!(first[event], -second[event]);
        assert!((probability[event] - p).abs() < 1e-12);
    }
}
