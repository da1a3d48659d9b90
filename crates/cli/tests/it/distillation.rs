//! `pellucid regress --model`: the law of a network's value.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{pellucid, refusal, text};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/distillation")
        .join(name)
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The command on the network that learned a force, with further words.
fn words<'a>(table: &'a Path, model: &'a Path, out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec![
        "regress",
        text(table),
        "--model",
        text(model),
        "--out",
        text(out),
    ];
    words.extend(more);
    words
}

const FEATURES: [&str; 2] = ["--features", "q1,q2,x1,x2,t"];

#[test]
fn the_law_that_a_network_learned_is_found_and_what_it_said_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("front.json");
    let page = folder.path().join("page");
    let (table, model) = (fixture("force.csv"), fixture("force.onnx"));
    let more = [
        &FEATURES[..],
        &[
            "--target",
            "true",
            "--seconds",
            "8",
            "--report",
            text(&page),
        ],
    ];
    let output = pellucid(&words(&table, &model, &out, &more.concat()));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("x1 and x2 occur as x1 - x2 only"), "{said}");

    let told = json(&folder.path().join("front.model.json"));
    let facts = told["facts"].as_array().unwrap();
    let holds = |statement: &str| {
        let fact = facts.iter().find(|f| f["statement"] == statement);
        let fact = fact.unwrap_or_else(|| panic!("{statement}: {facts:?}"));
        assert!(fact["holds"] == true && fact["error"].as_f64().unwrap() > 0.0);
        fact["violation"].as_f64().unwrap()
    };
    assert!(holds("t does not matter") < 0.025);
    assert!(holds("x1 and x2 occur as x1 - x2 only") < 0.05);

    // The law of the network is nearer to the truth than the network: its own
    // errors are not part of the law.
    let data = &told["data"];
    let [of_model, of_law] = ["model", "law"].map(|key| data[key].as_f64().unwrap());
    assert!(of_law < 0.3 * of_model, "{data}");
    let front = json(&out);
    let chosen = front
        .as_array()
        .unwrap()
        .iter()
        .find(|l| l["selected"] == true);
    let law = chosen.unwrap()["expression"].as_str().unwrap();
    assert!(
        ["q1", "q2", "x1", "x2"]
            .iter()
            .all(|name| law.contains(name))
            && !law.contains('t')
    );
    let html = std::fs::read_to_string(page.join("index.html")).unwrap();
    assert!(html.contains("What the network was asked"));
}

#[test]
fn a_search_for_a_networks_law_goes_on_with_its_combinations() {
    let folder = tempfile::tempdir().unwrap();
    let (table, model) = (fixture("force.csv"), fixture("force.onnx"));
    let run = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let more = [&FEATURES[..], more].concat();
        let output = pellucid(&words(&table, &model, &out, &more));
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        std::fs::read(&out).unwrap()
    };
    let config = folder.path().join("few.toml");
    std::fs::write(&config, "[distillation]\nshare = 0.0\n").unwrap();
    let config = ["--config", text(&config)];
    let whole = run("a.json", &[&config[..], &["--rounds", "4"]].concat());
    run("b.json", &[&config[..], &["--rounds", "2"]].concat());
    let resumed = run(
        "b.json",
        &[&config[..], &["--rounds", "4", "--resume"]].concat(),
    );
    assert!(whole == resumed);

    // Where the questions themselves were interrupted they are asked again.
    run("c.json", &[&config[..], &["--rounds", "1"]].concat());
    let record = folder.path().join("c.model.json");
    let mut told = json(&record);
    assert_eq!(told["interrupted"], false);
    told["interrupted"] = true.into();
    told["facts"] = Value::Array(Vec::new());
    std::fs::write(&record, told.to_string()).unwrap();
    let again = run(
        "c.json",
        &[&config[..], &["--rounds", "4", "--resume"]].concat(),
    );
    assert!(whole == again);
    assert!(!json(&record)["facts"].as_array().unwrap().is_empty());
}

#[test]
fn a_network_is_a_monotone_function_of_what_its_gradient_follows() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("list.json");
    let (table, model) = (fixture("force.csv"), fixture("force.onnx"));
    // With charges and positions held in their own ranges the logarithm of the force
    // is a sum of few terms.
    let more = [&FEATURES[..], &["--target", "true", "--monotone"]].concat();
    let output = pellucid(&words(&table, &model, &out, &more));
    assert!(output.status.success());
    let list = json(&out);
    let best = list.as_array().unwrap().last().unwrap();
    assert!(best["across"].as_f64().unwrap() < 0.2, "{list}");
    let text = best["expression"].as_str().unwrap();
    assert!(
        text.contains("log(q1)") || text.contains("q1*q2") || text.contains("q2*q1"),
        "{text}"
    );
}

#[test]
fn networks_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("front.json");
    let (table, model) = (fixture("force.csv"), fixture("force.onnx"));
    let refused = |table: &Path, model: &Path, more: &[&str], parts: &[&str]| {
        let (code, said) = refusal(&words(table, model, &out, more));
        assert_eq!(code, 2, "{said}");
        for part in parts {
            assert!(said.contains(part), "{said}");
        }
        assert!(!out.exists());
    };
    refused(
        &table,
        &model,
        &["--features", "q1,q2"],
        &["force.onnx", "5", "q1, q2"],
    );
    refused(
        &table,
        &model,
        &["--features", "q1,q2,x1,x2,mass"],
        &["mass"],
    );
    refused(&table, &table, &FEATURES, &["force.csv"]);
    let more = [&FEATURES[..], &["--output", "potential"]].concat();
    refused(&table, &model, &more, &["potential", "force"]);
    let more = [&FEATURES[..], &["--class", "3"]].concat();
    refused(&table, &model, &more, &["force", "below 1"]);
    let config = folder.path().join("wrong.toml");
    std::fs::write(&config, "[distillation]\ntolerance = 2.0\n").unwrap();
    let more = [&FEATURES[..], &["--config", text(&config)]].concat();
    refused(&table, &model, &more, &["tolerance", "2"]);
}
