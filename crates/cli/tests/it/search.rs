//! `pellucid search`: columns of a table beside a score.

use std::path::{Path, PathBuf};

use pellucid_core::random;
use serde_json::Value;

use crate::support::{pellucid, refusal, text};

/// A score that is a monotone function of two columns, with some noise, beside columns
/// that say nothing of it.
fn table(folder: &Path, n: usize) -> PathBuf {
    let mut out = "score,y,event,w,mass,width,noise1,noise2,blur,one\n".to_owned();
    for i in 0..n {
        let mut rng = random::stream(17, i as u64);
        let mut normal = || random::normal(&mut rng);
        let signal = i % 2 == 0;
        let pull = if signal { 0.6 } else { -0.6 };
        let (mass, width) = (pull + normal(), 0.5 * pull + normal());
        let score = (mass - 0.8 * width).tanh() + 0.01 * normal();
        let row = format!(
            "{score},{},{},{},{},{},{},{},{},3\n",
            u8::from(signal),
            i / 2,
            1.0 + 0.2 * normal().abs(),
            80.0 + 10.0 * mass,
            width.exp(),
            normal(),
            normal(),
            mass + normal(),
        );
        out.push_str(&row);
    }
    let path = folder.join("table.csv");
    std::fs::write(&path, out).unwrap();
    path
}

const SETTINGS: &str = "[guided]\npairs = 20000\ntrainings = 2\n[student]\nhidden = [16]\n\
                        [student.training]\nepochs = 12\nbatch = 32\nlearning_rate = 3e-3\n";

fn settings(folder: &Path) -> PathBuf {
    let path = folder.join("search.toml");
    std::fs::write(&path, SETTINGS).unwrap();
    path
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_columns_of_a_planted_score_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (table, config) = (table(folder.path(), 3000), settings(folder.path()));
    let out = folder.path().join("found");
    let said = pellucid(&[
        "search",
        text(&table),
        "--score",
        "score",
        "--label",
        "y",
        "--group",
        "event",
        "--weights",
        "w",
        "--steps",
        "2",
        "--config",
        text(&config),
        "--seed",
        "3",
        "--out",
        text(&out),
    ]);
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.status.success(), "{error}");
    assert!(error.contains("orders nothing: one"), "{error}");
    let found = json(&out.join("result.json"));
    let steps = found["search"]["steps"].as_array().unwrap();
    let mut names: Vec<&str> = steps
        .iter()
        .map(|step| step["observable"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["mass", "width"]);
    // A hundredth of noise turns hardly a pair; the rest is what twelve epochs leave.
    let ado = &steps[1]["ado"];
    assert!(ado["value"].as_f64().unwrap() > 0.95, "{ado}");
    assert!(ado["error"].as_f64().unwrap() < 0.02, "{ado}");
    // By itself a column of noise orders half of the pairs.
    let columns = found["columns"].as_array().unwrap();
    assert_eq!(columns[0]["name"], "mass");
    for column in columns {
        if column["name"].as_str().unwrap().starts_with("noise") {
            let (value, error) = (
                column["ado"]["value"].as_f64().unwrap(),
                column["ado"]["error"].as_f64().unwrap(),
            );
            assert!(value - 0.5 < 4.0 * error, "{column}");
        }
    }
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    for part in ["The search", "Every column by itself", "width", "arXiv"] {
        assert!(page.contains(part), "{part}");
    }
    // The page follows from the result alone.
    let read: pellucid_pipeline::search::Found =
        serde_json::from_str(&std::fs::read_to_string(out.join("result.json")).unwrap()).unwrap();
    assert_eq!(pellucid_pipeline::search::draw(&read), page);
}

#[test]
fn the_same_seed_gives_the_same_result_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (table, config) = (table(folder.path(), 600), settings(folder.path()));
    let run = |threads: &str| {
        let out = folder.path().join(format!("{threads}.json"));
        let said = pellucid(&[
            "search",
            text(&table),
            "--score",
            "score",
            "--label",
            "y",
            "--features",
            "mass,noise*",
            "--start",
            "width",
            "--steps",
            "1",
            "--config",
            text(&config),
            "--threads",
            threads,
            "--out",
            text(&out),
        ]);
        assert!(
            said.status.success(),
            "{}",
            String::from_utf8_lossy(&said.stderr)
        );
        json(&out)
    };
    let one = run("1");
    assert_eq!(one["search"]["start"][0]["name"], "width");
    assert_eq!(one["columns"].as_array().unwrap().len(), 4);
    assert_eq!(one, run("2"));
}

#[test]
fn what_cannot_be_searched_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let table = table(folder.path(), 40);
    let out = folder.path().join("out");
    let base = ["search", text(&table), "--out", text(&out)];
    for (more, parts) in [
        (
            &["--score", "scor", "--label", "y"][..],
            &["`scor`", "did you mean `score`?"][..],
        ),
        (
            &["--score", "score", "--label", "mass"],
            &["--label", "`mass`", "two numbers"],
        ),
        (&["--score", "score", "--label", "one"], &["in every row"]),
        (&["--score", "score", "--label", "score"], &["two of them"]),
        (
            &["--score", "score", "--label", "y", "--features", "mas"],
            &["`mas`", "`mass`"],
        ),
        (
            &["--score", "score", "--label", "y", "--features", "q*"],
            &["--features", "`q*`"],
        ),
        (
            &["--score", "score", "--label", "y", "--features", "mass,y"],
            &["--features", "`y` is the score"],
        ),
        (
            &["--score", "score", "--label", "y", "--start", "one"],
            &["--start", "the same number in every row"],
        ),
        (
            &["--score", "score", "--label", "y", "--steps", "0"],
            &["--steps"],
        ),
        (&["--score", "score"], &["--label"]),
    ] {
        let arguments: Vec<&str> = base.iter().chain(more).copied().collect();
        let (code, said) = refusal(&arguments);
        assert_eq!(code, 2, "{said}");
        for part in parts {
            assert!(said.contains(part), "`{part}` is missing in: {said}");
        }
        assert!(!out.exists());
    }
    // A file that is read is not written.
    let (code, said) = refusal(&[
        "search",
        text(&table),
        "--score",
        "score",
        "--label",
        "y",
        "--out",
        text(&table),
    ]);
    assert_eq!(code, 2, "{said}");
}
