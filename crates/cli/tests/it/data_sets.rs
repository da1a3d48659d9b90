//! What is in files of jets: labels, weights, groups, bad rows; and which files
//! are read. The same for every command.

use std::path::{Path, PathBuf};

use pellucid_core::Values;
use pellucid_data::npz::{Array, read_arrays};
use serde_json::Value;

use crate::jet_table::{JetTable, texts};
use crate::support::{model, pellucid, text};

/// A folder with a specification of inputs and places for results.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let spec = "[inputs.x]\nkind = \"scalars\"\nobservables = [\"girth\", \"multiplicity\"]\n";
        std::fs::write(folder.path().join("spec.toml"), spec).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `inputs` says: exit code, standard output, standard error.
    fn inputs(&self, arguments: &[&str]) -> (i32, String, String) {
        let (spec, out) = (self.path("spec.toml"), self.path("input.npz"));
        let mut all = vec!["inputs", "--spec", text(&spec), "--out", text(&out)];
        all.extend(arguments);
        said(&all)
    }

    /// The labels that `inputs` writes.
    fn labels(&self, arguments: &[&str]) -> Vec<i64> {
        let (code, _, error) = self.inputs(arguments);
        assert_eq!(code, 0, "{arguments:?}: {error}");
        let arrays = read_arrays(&self.path("input.npz")).unwrap();
        match arrays.into_iter().find(|(name, _)| name == "label") {
            Some((_, Array::I64(labels))) => labels.data().to_vec(),
            other => panic!("{other:?}"),
        }
    }

    fn refused(&self, arguments: &[&str], parts: &[&str]) {
        let (code, _, error) = self.inputs(arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert_eq!(error.trim().lines().count(), 1, "{error}");
        for part in parts {
            assert!(error.contains(part), "`{part}` is missing in: {error}");
        }
    }
}

fn said(arguments: &[&str]) -> (i32, String, String) {
    let output = pellucid(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap_or(-1),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// The recipe of a tagger that can learn six jets by heart.
fn recipe(path: &Path, file: &str, data: &str) {
    let recipe = format!(
        "files = [\"{file}\"]\nshares = [0.6, 0.1]\n\
         [input]\nkind = \"scalars\"\nobservables = [\"girth\", \"lha\", \"ptd\"]\n\
         [network]\nscore = true\nlayers = [{{ kind = \"dense\", units = 8, activation = \"relu\" }}]\n\
         [training]\nepochs = 3\nbatch = 16\n{data}"
    );
    std::fs::write(path, recipe).unwrap();
}

#[test]
fn events_are_known_by_integers_whole_numbers_or_texts_alike() {
    let place = Place::new();
    let groups: Vec<i64> = (0..60).map(|row| 1000 + row / 5).collect();
    let names: Vec<String> = groups.iter().map(|group| format!("1:{group}")).collect();
    let columns = [
        Values::Integer(groups.clone()),
        Values::Float(groups.iter().map(|&group| group as f64).collect()),
        // As long as each other, so that their order is that of the numbers.
        texts(names.iter().map(String::as_str)),
    ];
    let mut results = Vec::new();
    for (i, column) in columns.into_iter().enumerate() {
        let file = format!("jets{i}.parquet");
        JetTable::draw(60)
            .with("event", column)
            .write(&place.path(&file));
        let path = place.path(&format!("recipe{i}.toml"));
        recipe(&path, &file, "");
        let out = place.path("tagger.onnx");
        let (code, out, error) = said(&["train", text(&path), "--out", text(&out), "--json"]);
        assert_eq!(code, 0, "{error}");
        assert!(!error.contains("each jet counts"), "{error}");
        let mut result: Value = serde_json::from_str(&out).unwrap();
        result["read"] = Value::Null;
        results.push(result);
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn what_is_no_event_is_refused_and_none_is_said() {
    let place = Place::new();
    let file = place.path("jets.parquet");
    let train = |table: JetTable, data: &str| {
        table.write(&file);
        let path = place.path("recipe.toml");
        recipe(&path, "jets.parquet", data);
        let out = place.path("tagger.onnx");
        let (code, _, error) = said(&["train", text(&path), "--out", text(&out)]);
        (code, error)
    };
    let jets = || JetTable::draw(30);
    let fractions = || Values::Float((0..30).map(|row| f64::from(row) / 4.0).collect());
    let (code, error) = train(jets().with("event", fractions()), "");
    assert!(
        code == 2 && error.contains("`event`") && error.contains("row 1"),
        "{error}"
    );
    let mut missing = vec![1.0; 30];
    missing[7] = f64::NAN;
    let (code, error) = train(jets().with("event", Values::Float(missing)), "");
    assert!(
        code == 2 && error.contains("NaN") && error.contains("row 7"),
        "{error}"
    );
    let lists: Vec<Vec<i64>> = (0..30).map(|row| vec![row]).collect();
    let lists = Values::IntegerLists(lists.into_iter().collect());
    let (code, error) = train(jets().with("event", lists), "");
    assert!(
        code == 2 && error.contains("`event`") && error.contains("lists"),
        "{error}"
    );
    // Named, so it must be there.
    let (code, error) = train(
        jets().with("event", Values::Integer(vec![1; 30])),
        "[data]\ngroup = \"evnet\"\n",
    );
    assert_eq!(code, 2, "{error}");
    for part in ["`evnet`", "did you mean `event`?", "part_pt"] {
        assert!(error.contains(part), "{error}");
    }
    // Not named, and not there: said.
    let (code, error) = train(jets(), "");
    assert_eq!(code, 0, "{error}");
    assert!(
        error.contains("note: ") && error.contains("no column `event`"),
        "{error}"
    );
    // The way out that the errors name.
    let (code, error) = train(jets().with("event", fractions()), "[data]\ngroup = \"\"\n");
    assert_eq!(code, 0, "{error}");
    assert!(!error.contains("no column `event`"), "{error}");
}

#[test]
fn labels_are_read_as_files_have_them() {
    let place = Place::new();
    let file = place.path("jets.parquet");
    let data = text(&file);
    let expected = [1, 0, 1, 0, 1, 0];
    let write = |values: Values| JetTable::draw(6).with("label", values).write(&file);
    for values in [
        Values::Integer(expected.to_vec()),
        Values::Float(expected.map(|label| label as f64).to_vec()),
        Values::Integer(expected.map(|label| 2 * label - 1).to_vec()),
        Values::Float(expected.map(|label| 2.0 * label as f64 - 1.0).to_vec()),
        texts(["signal", "background"].into_iter().cycle().take(6)),
    ] {
        write(values);
        assert_eq!(place.labels(&[data]), expected);
    }
    write(texts(["top", "QCD", "top", "W", "top", "QCD"]));
    place.refused(&[data], &["QCD, W, top", "--signal top --background QCD"]);
    assert_eq!(
        place.labels(&[data, "--signal", "top", "--background", "QCD"]),
        [1, 0, 1, 1, 0]
    );
    let (_, _, error) = place.inputs(&[data, "--signal", "top", "--background", "QCD"]);
    assert!(error.contains("W (1)"), "{error}");
    assert_eq!(place.labels(&[data, "--signal", "top"]), expected);
    place.refused(
        &[data, "--signal", "tpo"],
        &["`tpo`", "did you mean `top`?"],
    );
    write(Values::Integer(vec![3, 0, 3, 7, 3, 0]));
    assert_eq!(
        place.labels(&[data, "--signal", "3", "--background", "0"]),
        [1, 0, 1, 1, 0]
    );
    write(Values::Integer(vec![1; 6]));
    place.refused(&[data], &["all 6 jets are signal"]);
}

#[test]
fn one_hot_columns_and_another_name_are_labels() {
    let place = Place::new();
    let file = place.path("jets.parquet");
    let data = text(&file);
    let one = |at: usize| Values::Integer((0..6).map(|row| i64::from(row % 3 == at)).collect());
    JetTable::draw(6)
        .renamed("label", "is_W")
        .with("label_QCD", one(0))
        .with("label_Tbqq", one(1))
        .with("label_Wqq", one(2))
        .write(&file);
    let chosen = ["--signal", "Tbqq", "--background", "label_QCD"];
    let mut arguments = vec![data];
    arguments.extend(chosen);
    assert_eq!(place.labels(&arguments), [0, 1, 0, 1]);
    assert_eq!(
        place.labels(&[data, "--label", "label_Tbqq"]),
        [0, 1, 0, 0, 1, 0]
    );
    assert_eq!(place.labels(&[data, "--label", "is_W"]), [1, 0, 1, 0, 1, 0]);
    assert_eq!(
        place.labels(&[data, "--columns", "label=is_W"]),
        [1, 0, 1, 0, 1, 0]
    );
    place.refused(&[data], &["QCD, Tbqq, Wqq", "--signal"]);
}

#[test]
fn each_file_may_be_of_one_class() {
    let place = Place::new();
    std::fs::create_dir(place.path("w")).unwrap();
    for name in ["w/b.parquet", "w/a.parquet", "qcd.parquet"] {
        JetTable::draw(2).without("label").write(&place.path(name));
    }
    let w = format!("W={}", text(&place.path("w")));
    let qcd = format!("QCD={}", text(&place.path("q*.parquet")));
    assert_eq!(
        place.labels(&["--label", &w, "--label", &qcd]),
        [1, 1, 1, 1, 0, 0]
    );
    let (_, _, error) = place.inputs(&["--label", &w, "--label", &qcd]);
    assert!(
        error.contains("W is the signal, QCD the background"),
        "{error}"
    );
    assert_eq!(
        place.labels(&["--label", &w, "--label", &qcd, "--signal", "QCD"]),
        [0, 0, 0, 0, 1, 1]
    );
    let all = place.path("**/*.parquet");
    place.refused(
        &[text(&all), "--label", &w],
        &["qcd.parquet", "none of the labels W"],
    );
}

#[test]
fn patterns_and_folders_are_read_as_one() {
    let place = Place::new();
    let files = ["a.parquet", "b.parquet"].map(|name| JetTable::draw(4).write(&place.path(name)));
    let together = place.labels(&[text(&files[0]), text(&files[1])]);
    assert_eq!(together.len(), 8);
    assert_eq!(place.labels(&[text(&place.path("*.parquet"))]), together);
    assert_eq!(place.labels(&[text(&place.path("[ab].parquet"))]), together);
    // A file named twice would be on both sides of every split.
    let twice = [text(&files[0]), text(&files[0])];
    assert_eq!(place.labels(&twice).len(), 4);
    assert!(place.inputs(&twice).2.contains("read once"));
    place.refused(
        &[text(&place.path("*.pq"))],
        &["no file matches", "a.parquet"],
    );
    let out = place.path("features.parquet");
    let (code, _, error) = said(&[
        "observables",
        text(&place.path("*.parquet")),
        "--observable",
        "mass",
        "--out",
        text(&out),
        "--json",
    ]);
    assert_eq!(code, 0, "{error}");
}

#[test]
fn weights_count_or_are_refused_by_their_row() {
    let place = Place::new();
    let file = place.path("jets.parquet");
    let data = text(&file);
    let write = |weights: &[f64]| {
        JetTable::draw(6)
            .with("w", Values::Float(weights.to_vec()))
            .write(&file);
    };
    write(&[1.0, 1.0, -0.5, 2.0, 1.0, 1.0]);
    let (code, out, error) = place.inputs(&[data, "--weight", "w", "--json"]);
    assert_eq!(code, 0, "{error}");
    let read: Value = serde_json::from_str(&out).unwrap();
    let weights = &read["read"]["weights"];
    assert_eq!(weights["negative"], 1);
    assert_eq!(weights["sums"], serde_json::json!([1.5, 4.0]));
    // (1 - 1/2 + 1)² / (1 + 1/4 + 1).
    assert_eq!(weights["effective"][0], 1.0);
    assert!(
        error.contains("weights of `w`") && error.contains("negative"),
        "{error}"
    );
    let arrays = read_arrays(&place.path("input.npz")).unwrap();
    assert!(arrays.iter().any(|(name, _)| name == "weight"));
    write(&[1.0, 1.0, 1.0, f64::NAN, 1.0, 1.0]);
    place.refused(
        &[data, "--weight", "w"],
        &["`w`", "NaN", "row 3", "--skip-bad-rows"],
    );
    write(&[1.0, f64::INFINITY, 1.0, 1.0, 1.0, 1.0]);
    place.refused(&[data, "--weight", "w"], &["`w`", "inf", "row 1"]);
    write(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0]);
    place.refused(&[data, "--weight", "w"], &["signal", "add up to 0"]);
    write(&[1.0, 1.0, 1.0, -3.0, 1.0, 1.0]);
    place.refused(&[data, "--weight", "w"], &["background", "add up to -1"]);
    place.refused(&[data, "--weight", "ww"], &["`ww`", "did you mean `w`?"]);
}

/// Jets of which rows 1, 2, 4 and 5 cannot be used.
fn with_bad_rows(path: &Path) -> PathBuf {
    let emptied = |row: usize, list: &mut Vec<f64>| {
        if row == 1 {
            list.clear();
        }
    };
    JetTable::draw(60)
        .lists("part_eta", emptied)
        .lists("part_phi", emptied)
        .lists("part_pt", |row, list| match row {
            1 => list.clear(),
            2 | 4 => list[0] = f64::NAN,
            5 => list[1] = -3.0,
            _ => {}
        })
        .write(path)
}

#[test]
fn bad_rows_are_an_error_or_left_out_and_counted() {
    let place = Place::new();
    let file = with_bad_rows(&place.path("jets.parquet"));
    let data = text(&file);
    place.refused(&[data], &["row 1", "--skip-bad-rows"]);
    let (code, out, error) = place.inputs(&[data, "--skip-bad-rows", "--json"]);
    assert_eq!(code, 0, "{error}");
    let read: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(read["jets"], 56);
    let bad = read["read"]["bad"].as_array().unwrap();
    let counts: Vec<i64> = bad
        .iter()
        .map(|kind| kind["rows"].as_i64().unwrap())
        .collect();
    assert_eq!(counts, [1, 2, 1], "{bad:?}");
    for (kind, row) in bad.iter().zip(["row 1 ", "row 2 ", "row 5 "]) {
        assert!(kind["first"].as_str().unwrap().contains(row), "{kind}");
    }
    for part in [
        "left out 4 of 60 rows",
        "`part_pt` is not a number",
        "`part_pt` is negative",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let (_, _, error) = place.inputs(&[data, "--skip-bad-rows", "--quiet"]);
    assert!(error.is_empty(), "{error}");
    // The same in the other commands.
    let out = place.path("features.parquet");
    let observables = [
        "observables",
        data,
        "--observable",
        "mass",
        "--out",
        text(&out),
    ];
    let audit = ["audit", "mass", data];
    for command in [observables.as_slice(), &audit] {
        let (code, _, error) = said(command);
        assert!(code == 2 && error.contains("--skip-bad-rows"), "{error}");
        let mut with = command.to_vec();
        with.push("--skip-bad-rows");
        let (code, _, error) = said(&with);
        assert_eq!(code, 0, "{error}");
        assert!(error.contains("left out 4 of 60 rows"), "{error}");
    }
}

#[test]
fn an_explanation_says_what_it_left_out_and_what_its_classes_are() {
    let place = Place::new();
    let labels = ["W", "QCD", "W", "QCD", "W", "QCD", "W", "QCD", "W", "top"];
    let jets = |name: &str| {
        with_bad_rows(&place.path(name));
        let labels = texts(labels.into_iter().cycle().take(60));
        let pt = |row: usize, list: &mut Vec<f64>| {
            if row == 5 {
                list[1] = f64::NAN;
            }
        };
        JetTable::draw(60)
            .with("label", labels)
            .with(
                "w",
                Values::Float((0..60).map(|row| 1.0 - f64::from(row % 7) / 5.0).collect()),
            )
            .lists("part_pt", pt)
            .write(&place.path(name))
    };
    for name in ["a.parquet", "b.parquet"] {
        jets(name);
    }
    let tagger = model(&place.path("tagger.onnx"), true);
    let config = place.path("explain.toml");
    std::fs::write(
        &config,
        "replicas = 10\n[attribution]\nevents = 20\nrandom_models = 1\nmost_activating = 5\n\
         methods = [{ kind = \"gradient\" }]\n[importance]\nevents = 20\nrepeats = 1\n\
         [search]\ndegree = 1\nkappas = [1.0]\nbetas = [1.0]\n[search.guided]\nmax_observables = 1\n\
         [search.student]\nhidden = [4]\n[search.student.training]\nepochs = 1\nbatch = 32\n",
    )
    .unwrap();
    let out = place.path("report");
    let pattern = place.path("?.parquet");
    let (code, _, error) = said(&[
        "explain",
        "--model",
        text(&tagger),
        "--data",
        text(&pattern),
        "--config",
        text(&config),
        "--signal",
        "W",
        "--background",
        "QCD",
        "--weight",
        "w",
        "--skip-bad-rows",
        "--out",
        text(&out),
    ]);
    assert_eq!(code, 0, "{error}");
    for part in [
        "left out 2 of 120 rows",
        "top (12)",
        "weights of `w`",
        "no column `event`",
    ] {
        assert!(error.contains(part), "`{part}` is missing in: {error}");
    }
    let result = std::fs::read_to_string(out.join("result.json")).unwrap();
    let result: Value = serde_json::from_str(&result).unwrap();
    let read = &result["provenance"]["read"];
    assert_eq!(read["jets"], 106, "{read}");
    assert_eq!(read["other_classes"][0]["class"], "top");
    assert_eq!(result["provenance"]["data"].as_array().unwrap().len(), 2);
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    for part in ["QCD", "left out 2 of 120 rows"] {
        assert!(page.contains(part), "{part}");
    }
}
