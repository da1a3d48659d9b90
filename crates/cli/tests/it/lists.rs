//! Events of different length in one file, on the models of `fixtures/export/make.py`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};

use crate::attribute::{Arrays, numbers, read};
use crate::support::{pellucid, refusal, text};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/export")
        .join(name)
}

/// What the command writes, and what it says on the standard error.
fn run(model: &str, input: &Path, options: &[&str]) -> (Arrays, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.npz");
    let model = fixture(model);
    let mut arguments = vec!["attribute", text(&model), text(input), "--out", text(&out)];
    arguments.extend_from_slice(options);
    let output = pellucid(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    assert!(!folder.path().join("out.npz.parts").exists());
    (read(&out), said)
}

fn offsets(array: &Array) -> Vec<usize> {
    numbers(array).iter().map(|&x| x as usize).collect()
}

/// The rows of an array.
fn rows(array: &Array, rows: std::ops::Range<usize>) -> Vec<f64> {
    let len: usize = array.shape()[1..].iter().product();
    numbers(array)[rows.start * len..rows.end * len].to_vec()
}

/// An array of doubles.
fn doubles(shape: &[usize], data: Vec<f64>) -> Array {
    Array::F64(Tensor::new(shape.to_vec(), data))
}

#[track_caller]
fn same(found: &[f64], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-9_f64, |max, x| max.max(x.abs()));
    for (a, b) in found.iter().zip(expected) {
        // Double precision, summed in the same order.
        assert!((a - b).abs() <= 1e-12 * scale, "{what}: {a} {b}");
    }
}

const METHODS: [&[&str]; 4] = [
    &["--method", "gradient"],
    &["--method", "integrated-gradients", "--steps", "8"],
    &["--method", "deeplift"],
    &["--method", "lrp-epsilon", "--set", "epsilon=0.01"],
];

/// The sets of a model, and its inputs of one row per event.
const MODELS: [(&str, &[&str], &[&str]); 3] = [
    ("tracks", &["tracks"], &["jet"]),
    ("vertices", &["tracks", "vertices"], &[]),
    ("channels", &["x"], &[]),
];

/// Event `event` alone, in the layout that the model itself takes.
fn alone(arrays: &Arrays, model: &str, sets: &[&str], others: &[&str], event: usize) -> Arrays {
    let mut one = BTreeMap::new();
    for &name in sets {
        let places = offsets(&arrays[&format!("{name}.offsets")]);
        let (first, end) = (places[event], places[event + 1]);
        let numbers = rows(&arrays[name], first..end);
        let (length, width) = (end - first, arrays[name].shape()[1]);
        let array = if model == "channels" {
            // The particles are the last side.
            let turned = (0..width).flat_map(|j| (0..length).map(move |i| i * width + j));
            doubles(&[1, width, length], turned.map(|i| numbers[i]).collect())
        } else {
            doubles(&[length, width], numbers)
        };
        one.insert(name.to_owned(), array);
    }
    for &name in others {
        let row = rows(&arrays[name], event..event + 1);
        one.insert(name.to_owned(), doubles(&[1, row.len()], row));
    }
    one
}

#[test]
fn events_of_different_length_get_the_numbers_that_each_gets_alone() {
    let folder = tempfile::tempdir().unwrap();
    for (model, sets, others) in MODELS {
        let (onnx, input) = (format!("{model}.onnx"), fixture(&format!("{model}.npz")));
        let arrays = read(&input);
        for method in METHODS {
            let options = [method, &["--target", "1", "--precision", "f64"]].concat();
            let (all, _) = run(&onnx, &input, &options);
            let events = all["explained"].shape()[0];
            assert_eq!(all["output"].shape()[0], events, "{model}");
            for event in 0..events {
                let what = format!("{model} {method:?} event {event}");
                let one = alone(&arrays, model, sets, others, event);
                if one.values().any(|array| array.shape().contains(&0)) {
                    // A model of one event cannot be given nothing by itself.
                    continue;
                }
                let path = folder.path().join("one.npz");
                npz::write(&path, &one.into_iter().collect::<Vec<_>>()).unwrap();
                let (alone, _) = run(&onnx, &path, &options);
                for name in ["output", "explained", "residual"] {
                    let found = rows(&all[name], event..event + 1);
                    same(&found, &numbers(&alone[name]), &format!("{what} {name}"));
                }
                for &set in sets {
                    let plain = "attribution".to_owned();
                    let name = if sets.len() + others.len() > 1 {
                        format!("attribution.{set}")
                    } else {
                        plain
                    };
                    let places = offsets(&all[&format!("{name}.offsets")]);
                    assert_eq!(places, offsets(&arrays[&format!("{set}.offsets")]));
                    assert_eq!(all[&name].shape(), arrays[set].shape());
                    let mut found = rows(&all[&name], places[event]..places[event + 1]);
                    if model == "channels" {
                        let (length, width) = (found.len() / 3, 3);
                        let turned =
                            (0..width).flat_map(|j| (0..length).map(move |i| i * width + j));
                        found = turned.map(|i| found[i]).collect();
                    }
                    same(&found, &numbers(&alone[&name]), &format!("{what} {name}"));
                }
            }
        }
    }
}

#[test]
fn an_event_without_tracks_has_finite_numbers_or_is_told_by_its_number() {
    let input = fixture("tracks.npz");
    let mut told = 0;
    for method in METHODS {
        let options = [method, &["--target", "0"]].concat();
        let (all, said) = run("tracks.onnx", &input, &options);
        let explained = numbers(&all["explained"]);
        assert!(
            explained
                .iter()
                .enumerate()
                .all(|(event, x)| event == 1 || x.is_finite())
        );
        if !explained[1].is_finite() {
            assert!(said.contains("without rows in tracks (1)"), "{said}");
            told += 1;
        }
        let (_, quiet) = run(
            "tracks.onnx",
            &input,
            &[&options[..], &["--quiet"]].concat(),
        );
        assert!(quiet.is_empty(), "{quiet}");
    }
    println!("{told} of {} methods told the event", METHODS.len());
}

#[test]
fn rows_of_one_length_are_events_of_a_model_of_one_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.npz");
    let wave = |n: usize| (0..n).map(|i| (i as f64 * 0.7).sin()).collect::<Vec<f64>>();
    let arrays = [
        ("tracks", doubles(&[4, 3, 4], wave(48))),
        ("vertices", doubles(&[4, 2, 3], wave(24))),
    ];
    npz::write(&path, &arrays).unwrap();
    let options = [
        "--method",
        "gradient",
        "--target",
        "0",
        "--precision",
        "f64",
    ];
    let (all, _) = run("vertices.onnx", &path, &options);
    assert_eq!(all["attribution.tracks"].shape(), [4, 3, 4]);
    assert_eq!(all["attribution.vertices"].shape(), [4, 2, 3]);
    assert!(!all.contains_key("attribution.tracks.offsets"));
    let lists = [
        ("tracks", doubles(&[12, 4], wave(48))),
        (
            "tracks.offsets",
            Array::I64(Tensor::new(vec![5], vec![0, 3, 6, 9, 12])),
        ),
        ("vertices", doubles(&[8, 3], wave(24))),
        (
            "vertices.offsets",
            Array::I64(Tensor::new(vec![5], vec![0, 2, 4, 6, 8])),
        ),
    ];
    npz::write(&path, &lists).unwrap();
    let (same_events, _) = run("vertices.onnx", &path, &options);
    assert_eq!(
        numbers(&all["attribution.tracks"]),
        numbers(&same_events["attribution.tracks"])
    );
}

#[test]
fn targets_and_baselines_of_lists_are_those_of_the_events() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.npz");
    let mut arrays: Vec<(String, Array)> = read(&fixture("channels.npz")).into_iter().collect();
    let events = arrays
        .iter()
        .find(|(name, _)| name == "x.offsets")
        .unwrap()
        .1
        .shape()[0]
        - 1;
    let targets: Vec<i64> = (0..events as i64).map(|i| i % 2).collect();
    arrays.push((
        "class".to_owned(),
        Array::I64(Tensor::new(vec![events], targets.clone())),
    ));
    arrays.push(("start".to_owned(), doubles(&[3], vec![0.1, -0.2, 0.3])));
    npz::write(&path, &arrays).unwrap();
    let method = [
        "--method",
        "integrated-gradients",
        "--steps",
        "4",
        "--precision",
        "f64",
    ];
    let of = |more: &[&str]| run("channels.onnx", &path, &[&method[..], more].concat()).0;
    let mixed = of(&["--targets-from", "class", "--baseline", "start"]);
    let each = ["0", "1"].map(|target| of(&["--target", target, "--baseline", "start"]));
    for (event, &target) in targets.iter().enumerate() {
        let expected = numbers(&each[target as usize]["explained"])[event];
        assert_eq!(numbers(&mixed["explained"])[event], expected);
    }
    let mean = of(&["--target", "0", "--baseline", "mean"]);
    let (there, here) = (
        numbers(&mean["baseline_value"]),
        numbers(&each[0]["baseline_value"]),
    );
    assert!(there[0] != here[0]);
}

#[test]
fn lists_that_are_none_are_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.npz");
    let integers = |data: &[i64]| Array::I64(Tensor::new(vec![data.len()], data.to_vec()));
    let x = || ("x", doubles(&[4, 3], vec![0.5; 12]));
    let cases: [(&[(&str, Array)], &str); 6] = [
        (&[x(), ("x.offsets", integers(&[0, 3]))], "ends with 3"),
        (
            &[x(), ("x.offsets", integers(&[1, 4]))],
            "does not begin with 0",
        ),
        (
            &[x(), ("x.offsets", integers(&[0, 3, 2, 4]))],
            "falls after place 1",
        ),
        (&[x(), ("x.offsets", integers(&[0]))], "ends with 0"),
        (
            &[x(), ("x.offsets", doubles(&[2], vec![0.0, 4.0]))],
            "holds no integers",
        ),
        (
            &[
                ("x", doubles(&[4, 2], vec![0.5; 8])),
                ("x.offsets", integers(&[0, 4])),
            ],
            "the model's other sides",
        ),
    ];
    for (arrays, part) in cases {
        npz::write(&path, arrays).unwrap();
        let model = fixture("channels.onnx");
        let out = folder.path().join("out.npz");
        let arguments = [
            "attribute",
            text(&model),
            text(&path),
            "--method",
            "gradient",
            "--target",
            "0",
        ];
        let (code, said) = refusal(&[&arguments[..], &["--out", text(&out)]].concat());
        assert!(code == 2 && said.contains(part), "{part}: {said}");
        assert!(!out.exists());
    }
}
