//! What a stranger's files and settings ask of every command.

use std::path::{Path, PathBuf};

use pellucid_core::{Tensor, Values};
use pellucid_data::npz::{self, Array};

use crate::jet_table::JetTable;
use crate::support::{pellucid, refusal, text};

/// What a command wrote to its standard error; it must succeed.
fn said(arguments: &[&str]) -> String {
    let output = pellucid(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

/// A command is refused with these words.
fn refused(arguments: &[&str], words: &[&str]) {
    let (code, said) = refusal(arguments);
    assert_eq!(code, 2, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing in: {said}");
    }
}

/// The first `n` rows of a table.
fn first(table: JetTable, n: usize) -> JetTable {
    let rows: Vec<usize> = (0..n).collect();
    let columns = table.columns.into_iter();
    JetTable {
        columns: columns
            .map(|(name, values)| (name, values.select(&rows)))
            .collect(),
    }
}

#[test]
fn an_audit_counts_jets_by_their_weights() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let weights = |of: fn(usize) -> f64| Values::Float((0..60).map(of).collect());
    JetTable::draw(60)
        .with("w", weights(|i| if i < 40 { 1.0 } else { 0.0 }))
        .with("nan", weights(|i| if i == 7 { f64::NAN } else { 1.0 }))
        .write(&path("zero.parquet"));
    first(JetTable::draw(60), 40).write(&path("fewer.parquet"));
    let audit = |jets: &str, data: &str, out: &str| {
        let settings = path("settings.toml");
        let asked = format!("observables = [\"girth\", \"ptd\"]\n{data}");
        std::fs::write(&settings, asked).unwrap();
        let (jets, out) = (path(jets), path(out));
        let output = pellucid(&["audit", text(&settings), text(&jets), "--out", text(&out)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let json = std::fs::read_to_string(&out).unwrap_or_default();
        (output.status.code(), said, json)
    };
    let weight = "[data]\nweight = \"w\"\n";
    let (code, said, weighted) = audit("zero.parquet", weight, "w.json");
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("the 60 jets count as 40.0 without weights"),
        "{said}"
    );
    let (_, _, all) = audit("zero.parquet", "", "all.json");
    let (_, _, fewer) = audit("fewer.parquet", "", "fewer.json");
    assert_ne!(weighted, all);
    // A jet of weight 0 is as none: sums of zeros are exact.
    let number = |json: &str| -> Vec<f64> {
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        let findings = json.as_array().unwrap().iter();
        findings
            .map(|finding| finding["responses"][0]["power"]["value"].as_f64().unwrap())
            .collect()
    };
    for (weighted, fewer) in number(&weighted).iter().zip(number(&fewer)) {
        assert!((weighted - fewer).abs() < 1e-9, "{weighted} {fewer}");
    }
    let (code, said, _) = audit("zero.parquet", "[data]\nweight = \"nan\"\n", "no.json");
    assert_eq!(code, Some(2));
    for part in ["`nan`", "row 7", "--skip-bad-rows"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn data_of_a_specification_and_of_settings_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let write = |name: &str, content: &str| {
        std::fs::write(path(name), content).unwrap();
        path(name)
    };
    JetTable::draw(40)
        .renamed("part_pt", "hardness")
        .renamed("part_eta", "along")
        .write(&path("jets.parquet"));
    let jets = path("jets.parquet");
    let settings = write(
        "settings.toml",
        "observables = [\"girth\"]\n[data.columns]\npart_pt = \"hardness\"\npart_phi = \"part_phi\"\n",
    );
    let spec = write("spec.toml", "[data.columns]\npart_eta = \"along\"\n");
    said(&["audit", text(&settings), text(&jets), "--spec", text(&spec)]);
    let other = write(
        "other.toml",
        "[data.columns]\npart_pt = \"along\"\npart_eta = \"along\"\n",
    );
    refused(
        &[
            "audit",
            text(&settings),
            text(&jets),
            "--spec",
            text(&other),
        ],
        &["`data.columns`", "say different things", "leave one"],
    );
}

/// A recipe that trains in a moment.
fn recipe(folder: &Path, shares: &str, data: &str) -> PathBuf {
    let text = format!(
        "files = [\"jets.parquet\"]\nshares = {shares}\n\
         [input]\nkind = \"scalars\"\nobservables = [\"girth\", \"lha\"]\n\
         [network]\nscore = true\nlayers = [{{ kind = \"dense\", units = 4, activation = \"relu\" }}]\n\
         [training]\nepochs = 1\n{data}"
    );
    let path = folder.join("recipe.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_test_part_that_cannot_be_judged_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tagger.onnx");
    let train = |weights: Option<fn(usize) -> f64>, shares: &str| {
        let table = JetTable::draw(120);
        let weights = weights.map(|of| Values::Float((0..120).map(of).collect()));
        let data = if weights.is_some() {
            "[data]\nweight = \"w\"\n"
        } else {
            ""
        };
        let table = weights.map_or(JetTable::draw(120), |weights| table.with("w", weights));
        table.write(&folder.path().join("jets.parquet"));
        let recipe = recipe(folder.path(), shares, data);
        let output = pellucid(&["train", text(&recipe), "--out", text(&out)]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said, told)
    };
    let (code, said, _) = train(None, "[0.98, 0.019]");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("`shares`") && said.contains("the test part"),
        "{said}"
    );
    // The sums over all jets are above 0, those of the test part happen to be, or not:
    // weights of 1 and -1 nearly cancel in any part.
    let cancelling: fn(usize) -> f64 = |i| {
        if i % 4 < 2 || i == 2 || i == 3 {
            1.0
        } else {
            -1.0
        }
    };
    let (code, said, told) = train(Some(cancelling), "[0.6, 0.1]");
    assert_eq!(code, Some(2), "{said}{told}");
    assert!(said.contains("whose weights add up to"), "{said}");
    // The unit of weights is nobody's business.
    let (_, _, plain) = train(Some(|_| 1.0), "[0.6, 0.1]");
    assert!(plain.contains("AUC"), "{plain}");
    for unit in [(|_| 1e-46) as fn(usize) -> f64, |_| 1e39, |_| 1e300] {
        let (code, said, told) = train(Some(unit), "[0.6, 0.1]");
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(told, plain);
        assert!(said.contains("count as 60.0 of signal"), "{said}");
    }
}

#[test]
fn no_command_overwrites_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let jets = folder.path().join("jets.parquet");
    JetTable::draw(40).write(&jets);
    let before = std::fs::read(&jets).unwrap();
    let spec = folder.path().join("spec.toml");
    let inputs = "[inputs.x]\nkind = \"scalars\"\nobservables = [\"girth\"]\n";
    std::fs::write(&spec, inputs).unwrap();
    recipe(folder.path(), "[0.6, 0.1]", "");
    let jets_of = text(&jets);
    let recipe = folder.path().join("recipe.toml");
    let commands: [&[&str]; 5] = [
        &["observables", jets_of, "--observable", "mass"],
        &["cluster", jets_of, "--algorithm", "kt", "--radius", "1"],
        &["inputs", jets_of, "--spec", text(&spec)],
        &["audit", "girth", jets_of],
        &["train", text(&recipe)],
    ];
    for command in commands {
        let mut words = command.to_vec();
        words.extend(["--out", jets_of]);
        refused(
            &words,
            &["is one of the files that are read", "choose another --out"],
        );
        assert!(std::fs::read(&jets).unwrap() == before, "{command:?}");
    }
}

#[test]
fn particles_that_no_groomer_can_use_are_left_out_of_grooming() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.npz");
    let array = |numbers: [f64; 4]| Array::F64(Tensor::new(vec![2, 2], numbers.to_vec()));
    let arrays = [
        ("pt", array([50.0, 1e-16, 40.0, 30.0])),
        ("y", array([0.0, 0.1, 0.0, 0.1])),
        ("phi", array([0.0, 0.1, 0.0, 0.3])),
    ];
    npz::write(&path, &arrays).unwrap();
    let out = folder.path().join("out.parquet");
    let said = said(&[
        "cluster",
        text(&path),
        "--algorithm",
        "anti-kt",
        "--radius",
        "0.8",
        "--groom",
        "soft-drop",
        "--out",
        text(&out),
    ]);
    assert!(
        said.contains("1 constituents without transverse momentum"),
        "{said}"
    );
}

#[test]
fn what_is_said_of_many_files_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..12 {
        JetTable::draw(4).write(&folder.path().join(format!("jets{file:02}.parquet")));
    }
    let out = folder.path().join("features.parquet");
    let output = ["observables", text(folder.path()), "--observable", "mass"];
    let said = said(&[&output[..], &["--out", text(&out)]].concat());
    assert!(
        said.contains("and 9 more files: no column of masses"),
        "{said}"
    );
    assert!(said.lines().count() < 5, "{said}");
}

#[test]
fn texts_are_kept_beside_observables() {
    let folder = tempfile::tempdir().unwrap();
    let (jets, out) = (
        folder.path().join("jets.parquet"),
        folder.path().join("out.parquet"),
    );
    let names = crate::jet_table::texts(["W", "QCD", "W", "QCD"]);
    JetTable::draw(4).with("label", names.clone()).write(&jets);
    let words = [
        "observables",
        text(&jets),
        "--observable",
        "mass",
        "--keep",
        "label",
    ];
    said(&[&words[..], &["--out", text(&out)]].concat());
    let selection = pellucid_data::Selection::of(["label"]).texts(["label"]);
    let table = pellucid_data::read(&out, &selection).unwrap();
    assert_eq!(table.column("label").unwrap().values, names);
}
