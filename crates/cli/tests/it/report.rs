//! `pellucid report`: the page of a `result.json` is the one that was written beside it.

use std::path::Path;

use serde_json::Value;

use crate::support::{refusal, text};

/// Settings that make every part of the page, and little work.
const SMALL: &str = "events = 1500\nreplicas = 10\nshown_events = 3\n\
    [attribution]\nevents = 24\nrandom_models = 1\nmost_activating = 4\n\
    [importance]\nevents = 40\nrepeats = 1\n\
    [search]\ndegree = 2\n\
    [search.guided]\nmax_observables = 2\npairs = 2000\ntrainings = 2\n\
    [search.student]\nhidden = [4]\n[search.student.training]\nepochs = 2\n";

/// Draws the page of the result in a folder again, to the same bytes.
pub fn drawn_again(out: &Path) {
    let again = out.join("again");
    let result = out.join("result.json");
    let (code, said) = refusal(&["report", text(&result), "--out", text(&again)]);
    assert_eq!(code, 0, "{said}");
    let page = |folder: &Path| std::fs::read_to_string(folder.join("index.html")).unwrap();
    let (first, second) = (page(out), page(&again));
    if let Some((a, b)) = first.lines().zip(second.lines()).find(|(a, b)| a != b) {
        let short = |line: &str| line.chars().take(300).collect::<String>();
        panic!("{}\n{}", short(a), short(b));
    }
    assert!(first == second);
    std::fs::remove_dir_all(again).unwrap();
}

#[test]
fn the_page_of_the_shipped_example_is_drawn_again_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("explain.toml");
    std::fs::write(&config, SMALL).unwrap();
    let out = folder.path().join("report");
    let arguments = [
        "explain",
        "--config",
        text(&config),
        "--out",
        text(&out),
        "--quiet",
    ];
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 0, "{said}");
    drawn_again(&out);
    let size = std::fs::metadata(out.join("result.json")).unwrap().len();
    assert!(size < 4_000_000, "{size} bytes");
}

/// Stops an explanation behind the reading of its jets, where it has much to do.
#[cfg(unix)]
#[test]
fn the_page_of_an_interrupted_run_is_drawn_again_to_the_byte() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    use crate::support::{Jets, model};

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (data, model) = (
        Jets::draw(600).write(&path("jets.npz")),
        model(&path("m.onnx"), true),
    );
    let settings = SMALL
        .replace(
            "events = 24\nrandom_models = 1",
            "events = 600\nrandom_models = 2000",
        )
        .replace("degree = 2", "degree = 2\nstart = [\"mass\"]");
    std::fs::write(path("explain.toml"), settings).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pellucid"))
        .args(["explain", "--model", text(&model), "--data", text(&data)])
        .args([
            "--config",
            text(&path("explain.toml")),
            "--out",
            text(&path("report")),
        ])
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(command.stderr.take().unwrap());
    let mut line = String::new();
    // Said when all jets are read.
    while !line.contains("each jet counts as an event of its own") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended too early");
    }
    let id = command.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status();
    assert!(sent.unwrap().success());
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(command.wait().unwrap().code(), Some(130), "{rest}");
    let out = path("report");
    let result = std::fs::read(out.join("result.json")).unwrap();
    let result: Value = serde_json::from_slice(&result).unwrap();
    assert_eq!(result["interrupted"], true);
    assert_eq!(result["attribution"], Value::Null);
    assert!(
        std::fs::read_to_string(out.join("index.html"))
            .unwrap()
            .contains("Not finished")
    );
    drawn_again(&out);
}

#[test]
fn what_no_page_can_be_drawn_from_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("page");
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    for (name, content, parts) in [
        (
            "laws.json",
            "{\"laws\": []}",
            ["schema_version", "pellucid explain"],
        ),
        (
            "page.html",
            "<!doctype html>",
            ["is no JSON", "result.json"],
        ),
        (
            "old.json",
            "{\"schema_version\": 1, \"inputs\": []}",
            ["layout 1, expected 2", "again"],
        ),
        (
            "new.json",
            "{\"schema_version\": 3}",
            ["layout 3, expected 2", "another version"],
        ),
        (
            "half.json",
            "{\"schema_version\": 2,\n \"words\": {\"ev",
            ["line 2", "cut off"],
        ),
    ] {
        let (code, said) = refusal(&["report", text(&write(name, content)), "--out", text(&out)]);
        assert_eq!(code, 2, "{said}");
        assert_eq!(said.trim().lines().count(), 1, "{said}");
        for part in parts.iter().chain([&name]) {
            assert!(said.contains(part), "`{part}` is missing in: {said}");
        }
        assert!(!out.exists(), "{name}");
    }
    let (code, said) = refusal(&["report", text(&folder.path().join("none.json"))]);
    assert!(code == 2 && said.contains("none.json"), "{said}");
}

/// Of a result that can be drawn; the folder is a file.
pub fn a_folder_that_cannot_be_written_is_refused(out: &Path) {
    let taken = out.join("taken");
    std::fs::write(&taken, "").unwrap();
    let result = out.join("result.json");
    let (code, said) = refusal(&["report", text(&result), "--out", text(&taken)]);
    assert!(code == 2 && said.contains("taken"), "{said}");
    assert_eq!(std::fs::read(&taken).unwrap(), b"");
}
