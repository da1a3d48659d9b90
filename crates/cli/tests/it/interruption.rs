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
