//! `pellucid attribute` on the models of `fixtures/attribute/make.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};

use crate::support::{pellucid, refusal, text};

pub type Arrays = BTreeMap<String, Array>;

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/attribute")
        .join(name)
}

/// A tagger of the network's tests.
pub fn tagger(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../network/tests/fixtures/taggers")
        .join(name)
}

pub fn read(path: &Path) -> Arrays {
    npz::read_arrays(path).unwrap().into_iter().collect()
}

pub fn numbers(array: &Array) -> Vec<f64> {
    match array {
        Array::F32(tensor) => tensor.data().iter().map(|&x| f64::from(x)).collect(),
        Array::F64(tensor) => tensor.data().to_vec(),
        Array::I64(tensor) => tensor.data().iter().map(|&x| x as f64).collect(),
    }
}

/// The arrays that the command writes for a model, an input and options.
fn run(model: &str, input: &Path, options: &[&str]) -> Arrays {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.npz");
    let model = fixture(model);
    let mut arguments = vec!["attribute", text(&model), text(input), "--out", text(&out)];
    arguments.extend_from_slice(options);
    let output = pellucid(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{options:?}: {said}");
    read(&out)
}

/// Two lists are the same to `tolerance` of the largest number.
#[track_caller]
fn same(found: &Array, expected: &Array, tolerance: f64, what: &str) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let (found, expected) = (numbers(found), numbers(expected));
    let scale = expected.iter().fold(1e-300_f64, |max, x| max.max(x.abs()));
    for (a, b) in found.iter().zip(&expected) {
        assert!((a - b).abs() <= tolerance * scale, "{what}: {a} {b}");
    }
}

/// The sum of every event's numbers.
fn sums(array: &Array) -> Vec<f64> {
    let rows = array.shape()[0];
    let numbers = numbers(array);
    numbers
        .chunks(numbers.len() / rows)
        .map(|row| row.iter().sum())
        .collect()
}

/// What must be nothing for every event: explained value less baseline,
/// attributions, accounts and residual.
fn left_over(found: &Arrays) -> Vec<f64> {
    let mut left = numbers(&found["explained"]);
    let several = found.keys().any(|name| name.starts_with("attribution."));
    for (name, array) in found {
        let counts = match name.as_str() {
            "attribution" => !several,
            "absorbed" | "stabilised" | "empty" | "baseline_value" | "residual" => true,
            other => other.starts_with("attribution."),
        };
        if counts {
            for (left, sum) in left.iter_mut().zip(sums(array)) {
                *left -= sum;
            }
        }
    }
    left
}

/// Every method of the fixtures as options, with the name it has there and
/// how far it may be off in double precision.
fn cases() -> Vec<(&'static str, Vec<&'static str>, f64)> {
    let exact = 1e-10;
    vec![
        ("gradient", vec!["--method", "gradient"], exact),
        (
            "input-x-gradient",
            vec!["--method", "input-x-gradient"],
            exact,
        ),
        (
            "ig-gauss-legendre",
            vec!["--method", "integrated-gradients", "--steps", "20"],
            exact,
        ),
        (
            "ig-midpoint-mean",
            vec![
                "--method",
                "integrated-gradients",
                "--steps",
                "20",
                "--quadrature",
                "midpoint",
                "--baseline",
                "mean",
            ],
            exact,
        ),
        (
            "ig-trapezoid-ramp",
            vec![
                "--method",
                "integrated-gradients",
                "--steps",
                "20",
                "--quadrature",
                "trapezoid",
                "--baseline",
                "ramp",
            ],
            exact,
        ),
        ("deeplift", vec!["--method", "deeplift"], exact),
        (
            "deeplift-ramp",
            vec!["--method", "deeplift", "--baseline", "ramp"],
            exact,
        ),
        ("lrp-z", vec!["--method", "lrp-z"], exact),
        ("lrp-epsilon", vec!["--method", "lrp-epsilon"], exact),
        (
            "lrp-epsilon-0.25",
            vec!["--method", "lrp-epsilon", "--set", "epsilon=0.25"],
            exact,
        ),
        ("lrp-gamma", vec!["--method", "lrp-gamma"], exact),
        ("lrp-alpha-beta", vec!["--method", "lrp-alpha-beta"], exact),
        ("lrp-z-plus", vec!["--method", "lrp-z-plus"], exact),
        // zennit's stabiliser, 1e-9, is added to sums of squared weights.
        ("lrp-w2", vec!["--method", "lrp-w2"], 1e-7),
        ("lrp-flat", vec!["--method", "lrp-flat"], exact),
        ("lrp-composite", vec!["--method", "lrp-composite"], exact),
    ]
}

#[test]
fn every_method_gives_the_peers_numbers_in_double_precision() {
    for model in ["mlp", "cnn"] {
        let expected = read(&fixture(&format!("{model}.expected.npz")));
        let input = fixture(&format!("{model}.input.npz"));
        for (name, options, tolerance) in cases() {
            let mut options = options.clone();
            options.extend(["--targets-from", "targets", "--precision", "f64"]);
            let found = run(&format!("{model}.onnx"), &input, &options);
            let what = format!("{model} {name}");
            // captum's maximum pool leaves 1e-4 of the change unexplained, so
            // that ours, which is complete, differs from it.
            if !what.starts_with("cnn deeplift") {
                same(&found["attribution"], &expected[name], tolerance, &what);
            }
            same(&found["output"], &expected["output"], 1e-12, &what);
            same(&found["explained"], &expected["explained"], 1e-12, &what);
            assert!(matches!(found["attribution"], Array::F64(_)));
            for left in left_over(&found) {
                assert!(left.abs() < 1e-10, "{what}: {left}");
            }
        }
    }
}

#[test]
fn conductance_is_the_peers() {
    for (model, node) in [("mlp", "/dense2/Gemm"), ("cnn", "/conv2/Conv")] {
        let expected = read(&fixture(&format!("{model}.expected.npz")));
        let node = format!("node={node}");
        let options = [
            "--method",
            "conductance",
            "--set",
            &node,
            "--steps",
            "16",
            "--targets-from",
            "targets",
            "--precision",
            "f64",
        ];
        let input = fixture(&format!("{model}.input.npz"));
        let found = run(&format!("{model}.onnx"), &input, &options);
        same(
            &found["attribution"],
            &expected["conductance"],
            1e-10,
            model,
        );
    }
}

#[test]
fn relevance_balances_and_paths_are_complete() {
    let input = fixture("mlp.input.npz");
    for (name, options, _) in cases() {
        let mut options = options.clone();
        options.extend(["--target", "1", "--precision", "f64"]);
        let found = run("mlp.onnx", &input, &options);
        let residual = numbers(&found["residual"]);
        let allowed = match name {
            // Rounding alone, of numbers of order one.
            name if name.starts_with("lrp") || name.starts_with("deeplift") => 1e-12,
            // Kinks along the path, with twenty points.
            name if name.starts_with("ig") => 0.05,
            _ => f64::INFINITY,
        };
        assert!(
            residual.iter().all(|r| r.abs() < allowed),
            "{name} {residual:?}"
        );
    }
}

#[test]
fn single_precision_is_double_precision_to_its_rounding() {
    let input = fixture("cnn.input.npz");
    for (name, options, _) in cases() {
        let found = run("cnn.onnx", &input, &options);
        assert!(matches!(found["attribution"], Array::F32(_)));
        let double = [&options[..], &["--precision", "f64"]].concat();
        let expected = run("cnn.onnx", &input, &double);
        // Quotients by sums near zero lose digits.
        same(&found["attribution"], &expected["attribution"], 2e-4, name);
    }
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let input = fixture("cnn.input.npz");
    for (name, options, _) in cases() {
        let with = |threads: &str| {
            let mut options = options.clone();
            options.extend(["--threads", threads]);
            run("cnn.onnx", &input, &options)
        };
        assert_eq!(with("1"), with("2"), "{name}");
    }
}

#[test]
fn a_fixed_batch_gives_the_numbers_of_any_batch() {
    // Seven rows are one and three times two and a row more.
    let input = fixture("mlp.input.npz");
    let options = [
        "--targets-from",
        "targets",
        "--precision",
        "f64",
        "--method",
    ];
    for method in ["gradient", "integrated-gradients", "lrp-epsilon"] {
        let mut options = options.to_vec();
        options.push(method);
        let any = run("mlp.onnx", &input, &options);
        for fixed in ["mlp_one.onnx", "mlp_three.onnx"] {
            let found = run(fixed, &input, &options);
            // What is left over of relevance is rounding, no number to compare.
            for (name, array) in any.iter().filter(|(name, _)| *name != "residual") {
                same(
                    &found[name],
                    array,
                    1e-10,
                    &format!("{fixed} {method} {name}"),
                );
            }
        }
    }
}

#[test]
fn several_inputs_have_an_attribution_each_unless_they_are_held() {
    let expected = read(&fixture("sets.expected.npz"));
    let input = fixture("sets.input.npz");
    let options = [
        "--method",
        "integrated-gradients",
        "--steps",
        "24",
        "--targets-from",
        "targets",
        "--precision",
        "f64",
    ];
    let all = run("sets.onnx", &input, &options);
    for name in ["particles", "mask", "globals"] {
        let found = &all[&format!("attribution.{name}")];
        let expected = &expected[&format!("integrated-gradients.{name}")];
        same(found, expected, 1e-10, name);
    }
    assert!(!all.contains_key("attribution"));
    same(&all["output"], &expected["output"], 1e-12, "output");
    same(
        &all["explained"],
        &expected["explained"],
        1e-12,
        "explained",
    );

    let mut options = options.to_vec();
    options.extend(["--hold", "mask", "--baseline", "globals=half"]);
    let held = run("sets.onnx", &input, &options);
    for name in ["particles", "globals"] {
        let found = &held[&format!("attribution.{name}")];
        let expected = &expected[&format!("integrated-gradients-held.{name}")];
        same(found, expected, 1e-10, name);
    }
    assert!(!held.contains_key("attribution.mask"));
    // Smooth, with 24 points: complete to rounding.
    for found in [&all, &held] {
        assert!(numbers(&found["residual"]).iter().all(|r| r.abs() < 1e-8));
        assert!(left_over(found).iter().all(|r| r.abs() < 1e-10));
    }
}

#[test]
fn one_input_that_is_not_held_has_the_plain_name_as_well() {
    let options = [
        "--method", "gradient", "--target", "0", "--hold", "mask", "--hold", "globals",
    ];
    let found = run("sets.onnx", &fixture("sets.input.npz"), &options);
    assert_eq!(found["attribution"], found["attribution.particles"]);
}

#[test]
fn a_probability_is_explained_if_asked_for() {
    let input = fixture("mlp.input.npz");
    let options = [
        "--method",
        "gradient",
        "--target",
        "2",
        "--precision",
        "f64",
    ];
    let mut asked = options.to_vec();
    asked.extend(["--explain", "probability"]);
    let found = run("mlp.onnx", &input, &asked);
    let column: Vec<f64> = numbers(&found["output"])
        .chunks(3)
        .map(|row| row[2])
        .collect();
    assert_eq!(numbers(&found["explained"]), column);
    let logit = run("mlp.onnx", &input, &options);
    assert_ne!(logit["attribution"], found["attribution"]);
    assert_eq!(logit["output"], found["output"]);
}

/// A file of arrays that the command is given.
fn arrays(folder: &Path, arrays: &[(&str, Array)]) -> PathBuf {
    let path = folder.join("input.npz");
    npz::write(&path, arrays).unwrap();
    path
}

fn rows(data: &[f64]) -> Array {
    Array::F64(Tensor::new(vec![data.len() / 5, 5], data.to_vec()))
}

/// The command refuses with a sentence that holds all `words`, exit code 2,
/// and writes nothing.
#[track_caller]
fn refused(model: &Path, input: &Path, options: &[&str], words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.npz");
    let mut arguments = vec!["attribute", text(model), text(input), "--out", text(&out)];
    arguments.extend_from_slice(options);
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 2, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(said.trim().lines().count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn wrong_arrays_are_named_with_what_was_found_and_expected() {
    let folder = tempfile::tempdir().unwrap();
    let model = fixture("mlp.onnx");
    let gradient = ["--method", "gradient", "--target", "0"];
    let x = rows(&[0.5; 10]);
    let other = arrays(
        folder.path(),
        &[("feature", x.clone()), ("weight", x.clone())],
    );
    refused(
        &model,
        &other,
        &gradient,
        &[
            "no array `features`",
            "[batch, 5]",
            "feature [2, 5]",
            "did you mean `feature`?",
        ],
    );
    let short = Array::F64(Tensor::new(vec![2, 4], vec![0.0; 8]));
    let short = arrays(folder.path(), &[("x", short)]);
    refused(
        &model,
        &short,
        &gradient,
        &["`features`", "[2, 4]", "[batch, 5]"],
    );
    let none = arrays(
        folder.path(),
        &[("x", Array::F64(Tensor::new(vec![0, 5], vec![])))],
    );
    refused(&model, &none, &gradient, &["no rows"]);
    let mut nan = [0.5; 15];
    nan[7] = f64::NAN;
    let nan = arrays(folder.path(), &[("x", rows(&nan))]);
    refused(
        &model,
        &nan,
        &gradient,
        &["NaN", "row 1", "`features`", "finite"],
    );
    let text = folder.path().join("text.npz");
    std::fs::write(&text, "no arrays at all").unwrap();
    refused(&model, &text, &gradient, &["text.npz", "NPZ"]);
    refused(
        &model,
        &folder.path().join("none.npz"),
        &gradient,
        &["none.npz"],
    );
    let pieces = arrays(
        folder.path(),
        &[
            (
                "particles",
                Array::F64(Tensor::new(vec![2, 6, 4], vec![0.0; 48])),
            ),
            (
                "mask",
                Array::F64(Tensor::new(vec![2, 5, 1], vec![0.0; 10])),
            ),
            ("globals", Array::F64(Tensor::new(vec![2, 3], vec![0.0; 6]))),
        ],
    );
    refused(
        &fixture("sets.onnx"),
        &pieces,
        &gradient,
        &["`mask`", "[2, 5, 1]", "particles is 6"],
    );
}

#[test]
fn the_only_array_is_that_of_the_only_input_and_what_is_rounded_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (model, out) = (fixture("mlp.onnx"), folder.path().join("out.npz"));
    let run = |name: &str, value: f64| {
        let input = arrays(folder.path(), &[(name, rows(&[value; 10]))]);
        let arguments = [
            "attribute",
            text(&model),
            text(&input),
            "--method",
            "gradient",
        ];
        let more = ["--target", "0", "--out", text(&out)];
        let output = pellucid(&[&arguments[..], &more].concat());
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(run("x", 0.5), "");
    let said = run("jets", 0.5);
    assert!(
        said.contains("`jets` is taken for the input `features`"),
        "{said}"
    );
    let said = run("x", 0.1);
    assert!(
        said.contains("rounded") && said.contains("--precision f64"),
        "{said}"
    );
}

#[test]
fn wrong_targets_are_named_with_their_row() {
    let folder = tempfile::tempdir().unwrap();
    let model = fixture("mlp.onnx");
    let integers = |data: &[i64]| Array::I64(Tensor::new(vec![data.len()], data.to_vec()));
    let input = |targets: &[i64]| {
        arrays(
            folder.path(),
            &[("x", rows(&[0.5; 10])), ("t", integers(targets))],
        )
    };
    let from = ["--method", "gradient", "--targets-from", "t"];
    refused(
        &model,
        &input(&[0, 3]),
        &from,
        &["3 in row 1", "[2, 3]", "`output`"],
    );
    refused(&model, &input(&[0, -1]), &from, &["-1", "row 1"]);
    refused(&model, &input(&[0]), &from, &["1 targets", "2 rows"]);
    let x = input(&[0, 0]);
    refused(
        &model,
        &x,
        &["--method", "gradient", "--target", "3"],
        &["3", "[batch, 3]"],
    );
    refused(
        &model,
        &x,
        &["--method", "gradient"],
        &["--target", "0 to 2"],
    );
    refused(
        &model,
        &x,
        &["--method", "gradient", "--targets-from", "label"],
        &["no array `label`", "targets"],
    );
}

#[test]
fn wrong_options_are_met_with_what_there_is() {
    let model = fixture("mlp.onnx");
    let input = fixture("mlp.input.npz");
    for (options, words) in [
        (
            vec!["--method", "gradients"],
            vec!["did you mean `gradient`?"],
        ),
        (
            vec!["--method", "lrp-epsilon", "--set", "epsilom=1"],
            vec!["did you mean `epsilon`?"],
        ),
        (
            vec!["--method", "lrp-epsilon", "--set", "epsilon=-1"],
            vec!["epsilon", "-1"],
        ),
        (
            vec!["--method", "gradient", "--steps", "3"],
            vec!["--steps", "gradient"],
        ),
        (
            vec!["--method", "gradient", "--baseline", "mean"],
            vec!["--baseline", "gradient"],
        ),
        (
            vec!["--method", "integrated-gradients", "--steps", "0"],
            vec!["--steps", "1 or more"],
        ),
        (
            vec!["--method", "gradient", "--output", "probs"],
            vec!["`probs`", "output"],
        ),
        (
            vec!["--method", "gradient", "--hold", "mask"],
            vec!["`mask`", "features"],
        ),
        (
            vec!["--method", "gradient", "--hold", "features"],
            vec!["features", "not held"],
        ),
        (
            vec!["--method", "integrated-gradients", "--baseline", "none"],
            vec!["no array `none`", "ramp [5]"],
        ),
        (
            vec!["--method", "integrated-gradients", "--baseline", "targets"],
            vec!["[7]", "[7, 5]"],
        ),
    ] {
        let mut options = options.clone();
        options.extend(["--target", "0"]);
        refused(&model, &input, &options, &words);
    }
}

#[test]
fn a_file_that_is_no_model_is_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.onnx");
    std::fs::write(&model, "no model").unwrap();
    let input = fixture("mlp.input.npz");
    let out = folder.path().join("out.npz");
    let (code, said) = refusal(&[
        "attribute",
        text(&model),
        text(&input),
        "--method",
        "gradient",
        "--out",
        text(&out),
    ]);
    assert_eq!((code, said.matches("model.onnx").count()), (2, 1), "{said}");
    assert!(said.contains("not an ONNX model"), "{said}");
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let input = fixture("mlp.input.npz");
    let model = fixture("mlp.onnx");
    let (code, said) = refusal(&[
        "attribute",
        text(&model),
        text(&input),
        "--method",
        "gradient",
        "--target",
        "0",
        "--out",
        "/nowhere/at/all.npz",
    ]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("/nowhere/at/all.npz"), "{said}");
}

#[test]
fn a_budget_of_memory_is_kept_reported_and_changes_nothing_but_rounding() {
    let folder = tempfile::tempdir().unwrap();
    let (model, input) = (fixture("cnn.onnx"), folder.path().join("many.npz"));
    // So many events that they, not the weights, fill the memory.
    let few = read(&fixture("cnn.input.npz"));
    let mut shape = few["x"].shape().to_vec();
    shape[0] *= 50;
    let many = Array::F64(Tensor::new(shape, numbers(&few["x"]).repeat(50)));
    npz::write(&input, &[("x", many)]).unwrap();
    let ask = |out: &Path, memory: &[&str]| {
        let mut arguments = vec!["attribute", text(&model), text(&input), "--json"];
        arguments.extend(["--method", "lrp-epsilon", "--precision", "f64"]);
        arguments.extend(["--out", text(out)]);
        arguments.extend_from_slice(memory);
        let output = pellucid(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        summary["memory"].as_u64().unwrap()
    };
    let (wide, narrow) = (folder.path().join("a.npz"), folder.path().join("b.npz"));
    let free = ask(&wide, &[]);
    let budget = free / 2;
    let kept = ask(&narrow, &["--memory", &format!("{budget}B")]);
    assert!(kept <= budget && budget < free, "{kept} {budget} {free}");
    let (wide, narrow) = (read(&wide), read(&narrow));
    // Other numbers of rows may add the same terms in another order.
    same(
        &narrow["attribution"],
        &wide["attribution"],
        1e-12,
        "budget",
    );
}

#[test]
fn a_budget_of_memory_that_is_too_small_or_no_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.npz");
    let (model, input) = (fixture("cnn.onnx"), fixture("cnn.input.npz"));
    for (memory, reason) in [("1kB", "give at least that"), ("200", "such as 200MB")] {
        let (code, said) = refusal(&[
            "attribute",
            text(&model),
            text(&input),
            "--method",
            "gradient",
            "--memory",
            memory,
            "--out",
            text(&out),
        ]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(reason), "{said}");
        assert!(!out.exists());
    }
}

#[test]
fn numbers_that_are_none_run_where_the_model_asks_for_them() {
    let folder = tempfile::tempdir().unwrap();
    // IsNaN, Where, Gemm: a missing number counts as 0.
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../network/tests/fixtures/brought/isnan_where.onnx");
    let with = |missing: f32| {
        let x = vec![0.5, missing, -1.0, 2.0, 1.0, 0.25, missing, -0.5];
        let input = arrays(
            folder.path(),
            &[("x", Array::F32(Tensor::new(vec![2, 4], x)))],
        );
        let out = folder.path().join("out.npz");
        let command = ["attribute", text(&model), text(&input), "--out", text(&out)];
        let options = [
            "--method",
            "lrp-epsilon",
            "--target",
            "0",
            "--precision",
            "f64",
        ];
        let output = pellucid(&[&command[..], &options].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        (read(&out), said)
    };
    let (missing, said) = with(f32::NAN);
    assert!(said.contains("IsNaN") && said.contains("row 0"), "{said}");
    let (zero, said) = with(0.0);
    assert!(!said.contains("IsNaN"), "{said}");
    for name in ["output", "explained", "attribution"] {
        same(&missing[name], &zero[name], 1e-12, name);
    }
}
