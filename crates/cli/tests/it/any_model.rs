//! One `explain` for any model on any data: the recipes of `models/`, trained for a few
//! epochs, and explained; the figures are held against the laws that made the data.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{pellucid, text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The recipe of that name with so many epochs, trained into this folder; the summary.
fn trained(name: &str, epochs: usize, folder: &Path) -> (PathBuf, Value) {
    let recipe = std::fs::read_to_string(root().join(format!("models/{name}.toml"))).unwrap();
    let lines = recipe.lines().map(|line| {
        if line.starts_with("epochs = ") {
            format!("epochs = {epochs}")
        } else {
            line.to_owned()
        }
    });
    let recipe = folder.join("recipe.toml");
    std::fs::write(&recipe, lines.collect::<Vec<_>>().join("\n")).unwrap();
    let out = folder.join("model.onnx");
    let models = root().join("models");
    let output = pellucid(&[
        "train",
        text(&recipe),
        "--data-dir",
        text(&models),
        "--out",
        text(&out),
        "--json",
        "--seed",
        "1",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (out, serde_json::from_slice(&output.stdout).unwrap())
}

const SMALL: &str = "replicas = 20\nshown_events = 4\n[attribution]\nevents = 40\nrandom_models = 1\n\
                     [importance]\nevents = 300\nrepeats = 2\n[search.guided]\nmax_observables = 2\ntrainings = 2\n\
                     [search.student]\nhidden = [16]\n[search.student.training]\nepochs = 3\n";

/// The result and the page of an explanation with small settings; `more` are further
/// settings, which stand before the others.
fn explained(
    folder: &Path,
    model: &Path,
    data: &str,
    more: &str,
    words: &[&str],
) -> (Value, String) {
    let config = folder.join("explain.toml");
    std::fs::write(&config, format!("{SMALL}{more}")).unwrap();
    let out = folder.join("report");
    let data = root().join("data").join(data);
    let mut all = vec![
        "explain",
        "--model",
        text(model),
        "--data",
        text(&data),
        "--config",
        text(&config),
        "--out",
        text(&out),
    ];
    all.extend(words);
    let output = pellucid(&all);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let json = std::fs::read_to_string(out.join("result.json")).unwrap();
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    let result: Value = serde_json::from_str(&json).unwrap();
    let schema = include_str!("../../../pipeline/src/explain/result.schema.json");
    let schema = serde_json::from_str(schema).unwrap();
    let faults: Vec<String> = jsonschema::validator_for(&schema)
        .unwrap()
        .iter_errors(&result)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    // The page is drawn from the result alone.
    let again = folder.join("again");
    let output = pellucid(&[
        "report",
        text(&out.join("result.json")),
        "--out",
        text(&again),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(std::fs::read_to_string(again.join("index.html")).unwrap() == page);
    for word in [" jet ", " jets", "tagger"] {
        assert!(
            !page.split("<body").nth(1).unwrap().contains(word),
            "the page speaks of `{word}`"
        );
    }
    (result, page)
}

/// What is lost without each group of inputs, by name.
fn losses(result: &Value, measure: &str) -> Vec<(String, f64)> {
    let groups = result["importance"]["groups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            let loss = group[measure]["value"].as_f64().unwrap();
            (group["group"].as_str().unwrap().to_owned(), loss)
        })
        .collect()
}

fn loss(losses: &[(String, f64)], group: &str) -> f64 {
    losses
        .iter()
        .find(|(name, _)| name == group)
        .unwrap_or_else(|| panic!("{group} in {losses:?}"))
        .1
}

#[test]
fn rows_of_a_table_are_classified_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (model, summary) = trained("table", 15, folder.path());
    assert!(
        summary["test_auc"]["value"].as_f64().unwrap() > 0.75,
        "{summary}"
    );
    let (result, page) = explained(folder.path(), &model, "events.parquet", "", &[]);
    assert!(result["black_box"]["auc"]["value"].as_f64().unwrap() > 0.75);
    let losses = losses(&result, "auc_drop");
    // The flavour of the leptons was drawn without regard to the class.
    assert!(
        loss(&losses, "azimuths") > 0.1 && loss(&losses, "flavour").abs() < 0.02,
        "{losses:?}"
    );
    // The mass that no input tells is a column, and decides most like the model.
    assert_eq!(result["words"]["event"]["one"], "event");
    assert!(
        result["observables"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["name"] == "mass")
    );
    assert!(page.contains("Distillation"));
}

#[test]
fn a_value_is_learned_and_judged_by_its_residuals() {
    let folder = tempfile::tempdir().unwrap();
    let (model, summary) = trained("regression", 12, folder.path());
    assert!(
        summary["test_r2"]["value"].as_f64().unwrap() > 0.6,
        "{summary}"
    );
    let (result, page) = explained(
        folder.path(),
        &model,
        "events.parquet",
        "",
        &["--value", "mass"],
    );
    let r2 = &result["black_box"]["r2"];
    assert!(r2["value"].as_f64().unwrap() > 0.6 && r2["error"].as_f64().unwrap() > 0.0);
    assert_eq!(result["black_box"]["auc"], Value::Null);
    assert_eq!(result["output"], "mass");
    let losses = losses(&result, "r2_drop");
    assert!(
        losses.iter().all(|(_, loss)| *loss > 0.0),
        "every momentum counts: {losses:?}"
    );
    assert!(page.contains("Pulls of") && !page.contains("background rejection"));
}

#[test]
fn three_phases_are_told_apart_and_each_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (model, summary) = trained("phases", 8, folder.path());
    assert!(
        summary["test_accuracy"]["value"].as_f64().unwrap() > 0.7,
        "{summary}"
    );
    let classes = ["--classes", "disordered,critical,ordered"];
    let (result, page) = explained(folder.path(), &model, "phases.npz", "", &classes);
    let found = result["black_box"]["classes"].as_array().unwrap();
    let names: Vec<&str> = found
        .iter()
        .map(|class| class["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["disordered", "critical", "ordered"]);
    assert!(
        found
            .iter()
            .all(|class| class["auc"]["value"].as_f64().unwrap() > 0.7)
    );
    assert_eq!(
        (
            &result["output"],
            result["further"].as_array().unwrap().len()
        ),
        (&"disordered".into(), 2)
    );
    assert_eq!(result["words"]["event"]["many"], "configurations");
    assert!(page.contains("Where the model looks: critical") && page.contains("confusion matrix"));
    let message = pellucid(&[
        "explain",
        "--model",
        text(&model),
        "--data",
        text(&root().join("data/phases.npz")),
        "--classes",
        "hot,cold",
        "--out",
        text(&folder.path().join("none")),
    ]);
    let message = String::from_utf8_lossy(&message.stderr).into_owned();
    assert!(
        message.contains("3 different integers") && message.contains("hot, cold"),
        "{message}"
    );
}

#[test]
fn graphs_of_different_size_are_trained_scored_permuted_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let (model, summary) = trained("graph", 6, folder.path());
    assert!(
        summary["test_auc"]["value"].as_f64().unwrap() > 0.7,
        "{summary}"
    );
    let (result, _) = explained(folder.path(), &model, "events.parquet", "", &[]);
    assert!(result["black_box"]["auc"]["value"].as_f64().unwrap() > 0.7);
    let losses = losses(&result, "auc_drop");
    // Pseudorapidities of the objects are the same in both classes.
    assert!(
        loss(&losses, "obj_x") > 0.05 && loss(&losses, "obj_eta").abs() < 0.05,
        "{losses:?}"
    );
    for method in result["attribution"]["methods"].as_array().unwrap() {
        if method["method"] == "integrated-gradients" {
            assert!(method["residual"].as_f64().unwrap() < 0.05, "{method}");
        }
    }
}

#[test]
fn an_image_with_scalars_beside_it_is_one_model() {
    let folder = tempfile::tempdir().unwrap();
    let (model, summary) = trained("image", 4, folder.path());
    assert!(
        summary["test_auc"]["value"].as_f64().unwrap() > 0.8,
        "{summary}"
    );
    let (result, page) = explained(folder.path(), &model, "images.npz", "", &[]);
    let names: Vec<&str> = result["inputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["input"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cells", "event"]);
    let losses = losses(&result, "auc_drop");
    assert!(
        loss(&losses, "met") > 0.0 && losses.iter().any(|(name, _)| name.starts_with("rows 0-2"))
    );
    assert!(page.contains("Where the model looks"));
}

#[test]
fn several_trainings_have_their_spread_beside_their_error() {
    let folder = tempfile::tempdir().unwrap();
    let train = "[train]\nshares = [0.7, 0.15]\n[train.input]\nkind = 'columns'\nfeatures = ['pt1', 'pt2', 'phi1', 'phi2']\n\
                 standardise = 'train'\n[train.network]\nscore = true\n\
                 layers = [{ kind = 'dense', units = 16, activation = 'relu' }]\n[train.training]\nepochs = 4\nbatch = 64\nnotes = false\n";
    let config = folder.path().join("explain.toml");
    std::fs::write(&config, format!("{SMALL}{train}")).unwrap();
    let out = folder.path().join("report");
    let data = root().join("data/events.parquet");
    let output = pellucid(&[
        "explain",
        "--train",
        "3",
        "--data",
        text(&data),
        "--config",
        text(&config),
        "--out",
        text(&out),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let result: Value =
        serde_json::from_slice(&std::fs::read(out.join("result.json")).unwrap()).unwrap();
    let trainings = &result["trainings"];
    assert_eq!(trainings["models"].as_array().unwrap().len(), 3);
    assert!(trainings["mean"]["error"].as_f64().unwrap() > 0.0);
    assert_eq!(trainings["groups"].as_array().unwrap().len(), 4 * 4);
    // The same by three models that are given.
    let again = folder.path().join("again");
    let names = ["tagger.onnx", "tagger-2.onnx", "tagger-3.onnx"].map(|name| out.join(name));
    let output = pellucid(&[
        "explain",
        "--model",
        text(&names[0]),
        "--model",
        text(&names[1]),
        "--model",
        text(&names[2]),
        "--data",
        text(&data),
        "--config",
        text(&config),
        "--out",
        text(&again),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let page = std::fs::read_to_string(again.join("index.html")).unwrap();
    assert!(page.contains("Mean normalised relevance"));
}

#[test]
fn columns_that_cannot_be_read_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (model, _) = trained("table", 1, folder.path());
    let table = folder.path().join("bad.csv");
    let header = "pt1,pt2,eta1,eta2,phi1,phi2,flavour,label";
    for (rows, part) in [
        (
            "30,30,0,0,0,1,tau,1\n30,30,0,0,0,1,muon,0",
            "`tau` in row 0, expected one of its categories: electron, muon",
        ),
        ("30,nan,0,0,0,1,muon,1\n30,30,0,0,0,1,muon,0", "pt2"),
        ("30,30,0,0,0,1,muon,1\n30,30,0,0,0,1,muon,1", "class"),
        (
            "30,30,0,0,0,1,muon,0.5\n30,30,0,0,0,1,muon,1",
            "--value label",
        ),
    ] {
        std::fs::write(&table, format!("{header}\n{rows}\n")).unwrap();
        let out = folder.path().join("none");
        let output = pellucid(&[
            "explain",
            "--model",
            text(&model),
            "--data",
            text(&table),
            "--out",
            text(&out),
        ]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(part), "{message}");
        // A class that is missing is missing in all files together.
        assert!(message.contains("bad.csv") || part == "class", "{message}");
        assert!(!out.exists());
    }
    std::fs::write(
        &table,
        "pt1,pt2,eta1,eta2,phi1,flavour,label\n1,1,0,0,0,muon,1\n",
    )
    .unwrap();
    let output = pellucid(&["explain", "--model", text(&model), "--data", text(&table)]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        message.contains("`phi2`") && message.contains("bad.csv"),
        "{message}"
    );
}
