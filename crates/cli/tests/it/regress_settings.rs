//! `pellucid regress`: weights, errors, losses, constraints, and what is refused.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{pellucid, refusal, text};

/// A file in a folder.
fn file(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

/// The front of a run of a few rounds with these further words.
fn front(table: &Path, more: &[&str]) -> Vec<Value> {
    let out = table.with_extension("front.json");
    let mut words = vec!["regress", text(table), "--out", text(&out), "--rounds", "4"];
    words.extend(more);
    let output = pellucid(&words);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap()
}

fn selected(front: &[Value]) -> &Value {
    front.iter().find(|law| law["selected"] == true).unwrap()
}

fn law(front: &[Value]) -> String {
    selected(front)["expression"].as_str().unwrap().to_owned()
}

/// The value of the selected law, which the tests below keep to few operators.
fn at(front: &[Value], x: f64) -> f64 {
    let names = ["x".to_owned()];
    let law = pellucid_symbolic::Expression::parse(&law(front), &names).unwrap();
    law.at(&[x])
}

/// `y = 2 x + 3`, less than a decade, where every third row is wrong by 5, and says so.
fn doubtful(folder: &Path) -> PathBuf {
    let mut table = "x,y,sigma,w\n".to_owned();
    for i in 0..60 {
        let x = 0.1 * f64::from(i);
        let (error, sigma) = if i % 3 == 0 { (5.0, 1e4) } else { (0.0, 0.5) };
        writeln!(
            table,
            "{x},{},{sigma},{}",
            2.0 * x + 3.0 + error,
            1.0 / (sigma * sigma)
        )
        .unwrap();
    }
    file(folder, "doubtful.csv", &table)
}

const LINES: [&str; 4] = ["--target", "y", "--operators", "+,*"];

#[test]
fn rows_count_by_their_errors_and_errors_are_weights() {
    let folder = tempfile::tempdir().unwrap();
    let table = doubtful(folder.path());
    let with = |more: &[&str]| {
        let words: Vec<&str> = LINES.iter().chain(more).copied().collect();
        front(&table, &words)
    };
    let errors = with(&["--features", "x", "--errors", "sigma"]);
    // Rows of errors of 10,000 leave a part in 10⁸ of what they are wrong by.
    assert!((at(&errors, 10.0) - 23.0).abs() < 1e-3, "{}", law(&errors));
    assert_eq!(errors, with(&["--features", "x", "--weights", "w"]));
    let none = with(&["--features", "x"]);
    assert!((at(&none, 3.0) - 9.0).abs() > 1.0, "{}", law(&none));
    // A column of weights is no feature unless it is named.
    let all = with(&["--weights", "w"]);
    assert!(
        !all.iter()
            .any(|l| l["expression"].as_str().unwrap().contains('w'))
    );
}

#[test]
fn losses_are_named_on_the_line_or_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let table = doubtful(folder.path());
    let with = |more: &[&str]| {
        let words: Vec<&str> = LINES
            .iter()
            .chain(&["--features", "x"])
            .chain(more)
            .copied()
            .collect();
        front(&table, &words)
    };
    // A third of the rows is wrong, two thirds lie on a line.
    let modulus = with(&["--loss", "l1"]);
    assert!(
        (at(&modulus, 10.0) - 23.0).abs() < 1e-3,
        "{}",
        law(&modulus)
    );
    // The mean modulus: a third of 5.
    let loss = selected(&modulus)["loss"].as_f64().unwrap();
    assert!((loss - 5.0 / 3.0).abs() < 1e-3, "{loss}");
    let huber = with(&["--loss", "huber:0.01"]);
    assert!((at(&huber, 10.0) - 23.0).abs() < 0.1, "{}", law(&huber));
    let config = file(
        folder.path(),
        "regress.toml",
        "[loss]\nkind = \"huber\"\ndelta = 0.01\n",
    );
    assert_eq!(huber, with(&["--config", text(&config)]));
    // A chi squared of known errors: nothing but the wrong rows, which hardly count.
    let chi = with(&["--loss", "gaussian", "--errors", "sigma"]);
    assert!(selected(&chi)["loss"].as_f64().unwrap() < 1e-3);
    assert_eq!(with(&[]), with(&["--loss", "gaussian"]));
}

#[test]
fn counts_have_a_law_and_its_page() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "x,n\n".to_owned();
    // What an exponential of mean counts from 2 to 90 gives, rounded.
    for i in 0..60 {
        let x = 0.05 * f64::from(i);
        let jitter = [0.0, 1.0, -1.0, 0.5, -0.5][i as usize % 5];
        let mean = 2.0 * (1.3 * x).exp();
        writeln!(
            rows,
            "{x},{}",
            (mean + jitter * mean.sqrt()).round().max(0.0)
        )
        .unwrap();
    }
    let table = file(folder.path(), "counts.csv", &rows);
    let page = folder.path().join("page");
    let words = [
        "--target",
        "n",
        "--loss",
        "poisson",
        "--report",
        text(&page),
    ];
    let front = front(&table, &words);
    let growth = at(&front, 3.0) / at(&front, 0.0);
    // The slope of ln n is known to about 0.03, over a range of 3.
    assert!((growth.ln() / 3.0 - 1.3).abs() < 0.1, "{}", law(&front));
    // The deviance per row is that of the jitter: half of its square's mean, roughly.
    let deviance = selected(&front)["loss"].as_f64().unwrap();
    assert!((0.2..0.9).contains(&deviance), "{deviance}");
    let html = std::fs::read_to_string(page.join("index.html")).unwrap();
    assert!(html.contains("mean deviance"));
}

#[test]
fn constraints_of_the_file_hold_for_every_law() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = "x,y\n".to_owned();
    for i in 1..60 {
        let x = 0.05 * f64::from(i);
        writeln!(rows, "{x},{}", (1.3 * x).exp() + (0.7 * x).exp()).unwrap();
    }
    let table = file(folder.path(), "table.csv", &rows);
    let constraints =
        "[constraints]\nmost.exp = 1\nargument.exp = 3\ninside.exp = [\"exp\", \"log\"]\n";
    let config = file(folder.path(), "regress.toml", constraints);
    let words = [
        "--target",
        "y",
        "--operators",
        "+,*,exp,log",
        "--config",
        text(&config),
    ];
    for law in front(&table, &words) {
        let law = law["expression"].as_str().unwrap().to_owned();
        assert!(law.matches("exp").count() <= 1, "{law}");
        if let Some((_, inside)) = law.split_once("exp(") {
            assert!(!inside.split(')').next().unwrap().contains("log"), "{law}");
        }
    }
}

#[test]
fn what_cannot_be_searched_is_refused_with_its_place_before_the_search() {
    let folder = tempfile::tempdir().unwrap();
    let good = "x,y\n1,2\n2,4\n3,5\n4,9\n5,9\n6,1\n";
    let table = file(folder.path(), "table.csv", good);
    let out = folder.path().join("front.json");
    let says = |more: &[&str], parts: &[&str]| {
        let mut words = vec![
            "regress",
            text(&table),
            "--target",
            "y",
            "--out",
            text(&out),
        ];
        words.extend(more);
        let (code, message) = refusal(&words);
        assert_eq!(code, 2, "{message}");
        assert!(!message.contains("panicked"), "{message}");
        for part in parts {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(!out.exists() && !out.with_extension("state.json").exists());
    };
    // Losses.
    says(&["--loss", "l3"], &["l3", "huber:DELTA", "poisson"]);
    says(&["--loss", "huber"], &["huber:DELTA"]);
    says(&["--loss", "huber:-1"], &["-1", "positive"]);
    says(&["--errors", "y", "--weights", "x"], &["--errors"]);
    says(
        &["--template", "f(x) + f(x, y)"],
        &["of 1 arguments and of 2", "template"],
    );
    // Settings that no machine would bear, and others out of their range.
    for (content, parts) in [
        ("islands = 100000000", ["islands", "1 to 256"]),
        ("candidates = 4000000000", ["candidates", "1 to 100000"]),
        ("sample = 100000000000", ["sample", "1000000"]),
        ("max_complexity = 100000", ["max_complexity", "1 to 200"]),
        ("islands = -1", ["line 1", "regress.toml"]),
        ("operators = [\"+\", \"sine\"]", ["sine", "sin"]),
        ("iland = 3", ["iland", "islands"]),
        ("[loss]\nkind = \"huber\"", ["delta", "regress.toml"]),
        (
            "[loss]\nkind = \"huber\"\ndelta = 0",
            ["loss.delta", "positive"],
        ),
        (
            "[constraints]\nargument.sin = 0",
            ["constraints.argument", "1 node"],
        ),
        ("[constraints]\nmost.cosh = 1", ["cosh", "operators"]),
    ] {
        let config = file(folder.path(), "regress.toml", content);
        says(&["--config", text(&config)], &parts);
    }
    // Tables.
    for (content, more, parts) in [
        (
            "x,y\n1,2\n2,-4\n3,5\n4,9\n5,9\n",
            &["--loss", "poisson"][..],
            ["`y`, row 1", "-4"],
        ),
        (
            "x,y\n1,2\n2,4\n3,0\n4,9\n5,9\n",
            &["--loss", "log"],
            ["`y`, row 2", "positive"],
        ),
        ("x,y\n1,2\ninf,4\n3,5\n4,9\n5,9\n", &[], ["`x`", "row 1"]),
        ("x,y\n1,2\n2,nan\n3,5\n4,9\n5,9\n", &[], ["`y`", "row 1"]),
        ("x,y\n1,2\n2,2\n3,2\n4,2\n5,2\n", &[], ["`y`", "every row"]),
        ("x,y\n1,2\n2,3\n", &[], ["2 rows", "at least 5"]),
        (
            "x,y\na,2\nb,3\nc,4\nd,5\ne,6\n",
            &["--features", "x"],
            ["`x`", "numbers"],
        ),
        (
            "x,y,s\n1,2,1\n2,4,0\n3,5,1\n4,9,1\n5,9,1\n",
            &["--errors", "s"],
            ["`s`, row 1", "positive"],
        ),
        (
            "x,y,w\n1,2,1\n2,4,-1\n3,5,1\n4,9,1\n5,9,1\n",
            &["--weights", "w"],
            ["`w`, row 1", "negative"],
        ),
    ] {
        std::fs::write(&table, content).unwrap();
        says(more, &parts);
    }
    // The row of a table counts from 0, as the messages do.
    std::fs::write(&table, good).unwrap();
    says(&["--features", "z"], &["no column `z`"]);
}
