//! `pellucid explain`: its files, their schema, the page in a browser.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::report::{a_folder_that_cannot_be_written_is_refused, drawn_again};
use crate::support::{Jets, model, pellucid, text};
use crate::webdriver::Browser;

const SETTINGS: &str = "replicas = 20\nshown_events = 4\n\
    [attribution]\nevents = 200\nrandom_models = 2\nmost_activating = 20\n\
    [importance]\nevents = 200\nrepeats = 2\n\
    [search]\ndegree = 2\nstart = [\"mass\"]\n\
    [search.guided]\nmax_observables = 2\npairs = 2000\ntrainings = 2\n\
    [search.student]\nhidden = [8]\n[search.student.training]\nepochs = 5\n";

fn explained(folder: &Path, threads: &str) -> PathBuf {
    let data = Jets::draw(600).write(&folder.join("jets.npz"));
    let model = model(&folder.join("tagger.onnx"), true);
    let config = folder.join("explain.toml");
    std::fs::write(&config, SETTINGS).unwrap();
    let out = folder.join(format!("report-{threads}"));
    let output = pellucid(&[
        "explain",
        "--model",
        text(&model),
        "--data",
        text(&data),
        "--config",
        text(&config),
        "--out",
        text(&out),
        "--threads",
        threads,
        "--quiet",
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    out
}

fn result(out: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("result.json")).unwrap()).unwrap()
}

#[test]
fn the_result_follows_its_schema_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (
        result(&explained(folder.path(), "1")),
        result(&explained(folder.path(), "2")),
    );
    let schema: Value = serde_json::from_str(include_str!(
        "../../../pipeline/src/explain/result.schema.json"
    ))
    .unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = validator
        .iter_errors(&one)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let out = folder.path().join("report-2");
    drawn_again(&out);
    a_folder_that_cannot_be_written_is_refused(&out);
    for part in ["black_box", "search"] {
        assert!(
            one[part]["auc"]["error"].as_f64().unwrap() > 0.0,
            "{}",
            one[part]["auc"]
        );
    }
    for step in one["search"]["steps"].as_array().unwrap() {
        for key in [
            "observable",
            "kappa",
            "beta",
            "chromatic_number",
            "ado_subset",
            "auc",
            "ado",
        ] {
            assert!(step.get(key).is_some(), "{key} is missing in {step}");
        }
    }
    // All but the time and the number of threads is the same, to the bit.
    for result in [&mut one, &mut two] {
        result["provenance"]["seconds"] = Value::Null;
        result["provenance"]["threads"] = Value::Null;
    }
    assert_eq!(one, two);
}

#[test]
fn the_page_opens_from_disk_switches_its_jet_and_complains_of_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = explained(folder.path(), "2");
    let page = out.join("index.html");
    assert!(std::fs::metadata(&page).unwrap().len() < 2_000_000);
    let Some(browser) = Browser::start(1280, 900) else {
        println!("skipped: no chromium and chromedriver");
        return;
    };
    browser.open(&page);
    assert!(browser.shows("#choose-a-jet-1-panel"));
    assert!(!browser.shows("#choose-a-jet-2-panel"));
    browser.click("label[for=choose-a-jet-2]");
    assert!(browser.shows("#choose-a-jet-2-panel"));
    assert!(!browser.shows("#choose-a-jet-1-panel"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
