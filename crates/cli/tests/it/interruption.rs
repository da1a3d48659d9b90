//! Long commands met by Ctrl-C: what is finished is kept, and the same command
//! goes on from there.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};
use pellucid_network::layers::{Activation, Architecture};
use pellucid_pipeline::recipe::write_model;

use crate::attribute::read;
use crate::support::{pellucid, text};

/// Parts of the work below hold 32 runs of 16 events.
const PART: usize = 512;

/// A wide network of two classes on three inputs, and five parts of events.
fn work(folder: &Path) -> (String, String) {
    let (model, input) = (folder.join("wide.onnx"), folder.join("events.npz"));
    let layers = Architecture::dense(&[4096, 64], Activation::Tanh);
    write_model(&layers.build(&[3], 2, 1).unwrap(), &model).unwrap();
    let events = 4 * PART + 100;
    let x = (0..3 * events).map(|i| (i as f32 * 0.37).sin()).collect();
    let class = (0..events).map(|i| i64::from(i % 3 == 0)).collect();
    let arrays = [
        ("x", Array::F32(Tensor::new(vec![events, 3], x))),
        ("class", Array::I64(Tensor::new(vec![events], class))),
    ];
    npz::write(&input, &arrays).unwrap();
    (text(&model).to_owned(), text(&input).to_owned())
}

/// Sends Ctrl-C to a command as soon as a file is there; its exit code and what
/// it said.
fn interrupted(mut command: Child, file: &Path) -> (i32, String) {
    let begun = Instant::now();
    while !file.exists() {
        assert!(command.try_wait().unwrap().is_none(), "it was too fast");
        assert!(begun.elapsed() < Duration::from_mins(5), "nothing is kept");
        sleep(Duration::from_millis(5));
    }
    let id = command.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.unwrap().success());
    let output = command.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), said)
}

#[test]
fn attribute_goes_on_from_where_it_was_interrupted_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (model, input) = work(folder.path());
    let whole = folder.path().join("whole.npz");
    let out = folder.path().join("out.npz");
    let arguments = |out| {
        let method = ["--method", "integrated-gradients", "--steps", "30"];
        let mut arguments = vec!["attribute", model.as_str(), input.as_str()];
        arguments.extend(method);
        arguments.extend([
            "--targets-from",
            "class",
            "--baseline",
            "mean",
            "--out",
            out,
        ]);
        arguments
    };
    let command = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(arguments(text(&out)))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let parts = folder.path().join("out.npz.parts");
    let (code, said) = interrupted(command, &parts.join("000000.npz"));
    assert_eq!(code, 130, "{said}");
    assert!(!out.exists());
    let done = parts_of(&parts) * PART;
    assert!(
        said.contains(&format!("{done} rows of the input are done")),
        "{said}"
    );

    let mut again = arguments(text(&out));
    again.push("--json");
    let again = pellucid(&again);
    assert!(again.status.success());
    let summary: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(summary["resumed"], done);
    assert_eq!(summary["events"], 4 * PART + 100);
    assert!(!parts.exists(), "parts are left behind");

    assert!(pellucid(&arguments(text(&whole))).status.success());
    assert_eq!(read(&out), read(&whole));
}

/// How many finished parts are in a folder.
fn parts_of(folder: &Path) -> usize {
    let files = std::fs::read_dir(folder).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "npz"))
        .count()
}

#[test]
fn parts_of_another_request_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (model, input) = work(folder.path());
    let out = folder.path().join("out.npz");
    let parts = folder.path().join("out.npz.parts");
    std::fs::create_dir(&parts).unwrap();
    std::fs::write(parts.join("request.json"), "another").unwrap();
    let target = ["--method", "gradient", "--target", "0"];
    let mut arguments = vec!["attribute", &model, &input, "--out", text(&out)];
    arguments.extend(target);
    let output = pellucid(&arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("out.npz.parts"), "{said}");
    assert!(parts.join("request.json").exists());
}

/// Events with padding and, now and then, one that cannot be used.
fn events(path: &Path, count: usize) {
    let mut numbers = [Vec::new(), Vec::new(), Vec::new()];
    for event in 0..count {
        for entry in 0..4 {
            let angle = (event * 4 + entry) as f64;
            let bad = event % 1000 == 999 && entry == 1;
            let row = match entry {
                3 => [0.0; 3],
                _ if bad => [-1.0, 0.0, 0.0],
                _ => [5.0 + angle.sin(), angle.cos(), (3.0 * angle).sin()],
            };
            for (column, number) in numbers.iter_mut().zip(row) {
                column.push(number);
            }
        }
    }
    let [pt, y, phi] = numbers.map(|x| Array::F64(Tensor::new(vec![count, 4], x)));
    npz::write(path, &[("pt", pt), ("y", y), ("phi", phi)]).unwrap();
}

/// A command that was interrupted after its first part and given again says what one
/// that was not says, and writes the same file.
fn the_same_after_an_interruption(folder: &Path, arguments: &[&str]) {
    let with_out = |out: &str| {
        let mut all: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let out = folder.join(out);
        all.extend(["--skip-bad-rows", "--out", text(&out)].map(str::to_owned));
        all
    };
    let [whole, halved] = [with_out("whole.parquet"), with_out("halved.parquet")];
    let command = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(&halved)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let part = folder.join("halved.parquet.parts").join("000000.parquet");
    let (code, stopped) = interrupted(command, &part);
    assert_eq!(code, 130, "{stopped}");
    let run = |arguments: &[String]| {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = pellucid(&words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let lines = said
            .lines()
            .filter(|line| line.contains("left out") || line.contains("first:"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let again = run(&halved);
    assert!(!again.is_empty());
    assert_eq!(again, run(&whole));
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(bytes("whole.parquet") == bytes("halved.parquet"));
}

#[test]
fn the_account_of_clustering_outlives_an_interruption() {
    let folder = tempfile::tempdir().unwrap();
    let jets = folder.path().join("events.npz");
    events(&jets, 45_000);
    let words = [
        "cluster",
        text(&jets),
        "--algorithm",
        "anti-kt",
        "--radius",
        "0.8",
    ];
    the_same_after_an_interruption(folder.path(), &words);
}

#[test]
fn the_account_of_observables_outlives_an_interruption() {
    let folder = tempfile::tempdir().unwrap();
    let jets = folder.path().join("jets.npz");
    events(&jets, 45_000);
    // Some hundred columns, so that the work has several parts.
    let words = [
        "observables",
        text(&jets),
        "--efp",
        "d<=4",
        "--kappa",
        "0.5,1,2",
        "--beta",
        "0.5,1,2",
    ];
    the_same_after_an_interruption(folder.path(), &words);
}
