//! Bad input gets one clear sentence, exit code 2, and nothing half-written.

use std::path::Path;

use crate::support::{Jets, model, pellucid, refusal, text};

/// `explain` refuses these files with a sentence that holds all `words`, and
/// writes nothing.
fn refused(data: &Path, model: &Path, config: Option<&Path>, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("report");
    let mut arguments = vec![
        "explain",
        "--model",
        text(model),
        "--data",
        text(data),
        "--out",
        text(&out),
    ];
    if let Some(config) = config {
        arguments.extend(["--config", text(config)]);
    }
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 2, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    // One sentence, the way out perhaps on a line of its own; an example may follow
    // behind an empty line.
    let sentence = said.trim().split("\n\n").next().unwrap_or_default();
    assert!(sentence.lines().count() <= 2, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
    let left: Vec<_> = std::fs::read_dir(&out).into_iter().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!out.exists(), "an empty folder is left: {said}");
}

struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
    fn text(&self, name: &str, content: &str) -> std::path::PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }
    fn jets(&self, change: impl FnOnce(&mut Jets)) -> std::path::PathBuf {
        let mut jets = Jets::draw(40);
        change(&mut jets);
        jets.write(&self.path("jets.npz"))
    }
    fn model(&self) -> std::path::PathBuf {
        model(&self.path("tagger.onnx"), true)
    }
}

#[test]
fn a_missing_file_is_named() {
    let files = Files::new();
    refused(
        &files.path("none.parquet"),
        &files.model(),
        None,
        &["none.parquet"],
    );
    refused(
        &files.jets(|_| ()),
        &files.path("none.onnx"),
        None,
        &["none.onnx"],
    );
}

#[test]
fn a_file_that_is_no_parquet_says_so() {
    let files = Files::new();
    let data = files.text("jets.parquet", "this is not it");
    refused(&data, &files.model(), None, &["jets.parquet", "Parquet"]);
}

#[test]
fn an_empty_file_says_so() {
    let files = Files::new();
    refused(
        &files.text("jets.parquet", ""),
        &files.model(),
        None,
        &["jets.parquet", "empty"],
    );
}

#[test]
fn a_missing_column_is_named_beside_those_found() {
    let files = Files::new();
    let config = files.text("explain.toml", "[data]\nlabel = \"truth\"\n");
    refused(
        &files.jets(|_| ()),
        &files.model(),
        Some(&config),
        &["truth", "part_pt"],
    );
}

#[test]
fn bad_momenta_are_named_by_row_and_column() {
    let files = Files::new();
    let data = files.jets(|jets| jets.pt[27] = -1.0);
    refused(&data, &files.model(), None, &["row 2", "part_pt", "-1"]);
    let data = files.jets(|jets| jets.y[27] = f64::NAN);
    refused(&data, &files.model(), None, &["row 2", "part_y"]);
}

#[test]
fn lists_of_different_lengths_are_refused() {
    let files = Files::new();
    let data = files.jets(|jets| {
        jets.phi.pop();
    });
    refused(&data, &files.model(), None, &["part_phi"]);
}

#[test]
fn one_class_only_is_refused() {
    let files = Files::new();
    let data = files.jets(|jets| jets.label.fill(1));
    refused(&data, &files.model(), None, &["label"]);
}

#[test]
fn labels_other_than_0_and_1_are_refused_with_their_row() {
    let files = Files::new();
    let data = files.jets(|jets| jets.label[3] = 24);
    refused(&data, &files.model(), None, &["label", "row 3", "24"]);
}

#[test]
fn models_that_are_none_are_refused() {
    let files = Files::new();
    let data = files.jets(|_| ());
    let whole = std::fs::read(files.model()).unwrap();
    let truncated = files.path("truncated.onnx");
    std::fs::write(&truncated, &whole[..whole.len() / 2]).unwrap();
    refused(&data, &truncated, None, &["truncated.onnx"]);
    refused(
        &data,
        &files.text("text.onnx", "no model"),
        None,
        &["text.onnx"],
    );
    refused(&data, &files.text("empty.onnx", ""), None, &["empty.onnx"]);
}

#[test]
fn an_unsupported_operation_is_named_with_the_way_out() {
    let files = Files::new();
    let bytes = std::fs::read(files.model()).unwrap();
    // The activation's operation, renamed in place to one that no standard has.
    let at = bytes
        .windows(4)
        .position(|window| window == b"Relu")
        .unwrap();
    let mut renamed = bytes.clone();
    let mut from = at;
    while let Some(next) = renamed[from..]
        .windows(4)
        .position(|window| window == b"Relu")
    {
        renamed[from + next..from + next + 4].copy_from_slice(b"Rebu");
        from += next + 4;
    }
    let path = files.path("strange.onnx");
    std::fs::write(&path, renamed).unwrap();
    refused(
        &files.jets(|_| ()),
        &path,
        None,
        &["strange.onnx", "Rebu", "inspect --operations"],
    );
}

#[test]
fn a_model_that_does_not_say_its_inputs_is_refused_with_their_shapes() {
    let files = Files::new();
    let silent = model(&files.path("silent.onnx"), false);
    refused(
        &files.jets(|_| ()),
        &silent,
        None,
        &["silent.onnx", "inputs.NAME", "[N, 3]"],
    );
}

#[test]
fn inputs_of_another_shape_are_refused_with_both_shapes() {
    let files = Files::new();
    let config = files.text(
        "explain.toml",
        "[inputs.x]\nkind = \"image\"\npixels = 25\nhalf_width = 0.8\n",
    );
    refused(
        &files.jets(|_| ()),
        &files.model(),
        Some(&config),
        &["[3]", "[1, 25, 25]"],
    );
}

#[test]
fn an_unknown_key_is_met_with_the_nearest() {
    let files = Files::new();
    let config = files.text("explain.toml", "replica = 3\n");
    let words = ["explain.toml", "replica", "did you mean `replicas`?"];
    refused(&files.jets(|_| ()), &files.model(), Some(&config), &words);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_before_the_work() {
    let files = Files::new();
    let file = files.text("occupied", "a file, no folder");
    let out = file.join("report");
    let (data, model) = (files.jets(|_| ()), files.model());
    let arguments = [
        "explain",
        "--model",
        text(&model),
        "--data",
        text(&data),
        "--out",
        text(&out),
    ];
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("occupied"), "{said}");
}

#[test]
fn arguments_that_mean_nothing_are_refused() {
    let (code, _) = refusal(&["explain", "--events", "some"]);
    assert_eq!(code, 2);
    assert_eq!(pellucid(&["--help"]).status.code(), Some(0));
}
