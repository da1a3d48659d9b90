//! `pellucid regress`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_data::npz::{self, Array};
use serde_json::Value;

use crate::support::{pellucid, refusal, text};

/// Rows of `force = 3 charge / r²`.
fn rows() -> Vec<[f64; 3]> {
    (0..60)
        .map(|i| {
            let charge = 1.0 + f64::from(i % 7);
            let r = 0.5 + 0.13 * f64::from(i % 11);
            [charge, r, 3.0 * charge / (r * r)]
        })
        .collect()
}

fn csv(folder: &Path) -> PathBuf {
    let mut table = "charge,r,force\n".to_owned();
    for [charge, r, force] in rows() {
        writeln!(table, "{charge},{r},{force}").unwrap();
    }
    let path = folder.join("force.csv");
    std::fs::write(&path, table).unwrap();
    path
}

fn front(path: &Path) -> Vec<Value> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_law_of_a_table_is_written_as_the_issue_says() {
    let folder = tempfile::tempdir().unwrap();
    let table = csv(folder.path());
    let out = folder.path().join("front.json");
    let run = |more: &[&str]| {
        let mut words = vec![
            "regress",
            text(&table),
            "--target",
            "force",
            "--rounds",
            "6",
        ];
        words.extend(["--out", text(&out)]);
        words.extend(more);
        let output = pellucid(&words);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        std::fs::read(&out).unwrap()
    };
    let one = run(&["--threads", "1"]);
    assert_eq!(one, run(&["--threads", "2"]));
    let front = front(&out);
    for law in &front {
        let keys: Vec<&String> = law.as_object().unwrap().keys().collect();
        assert_eq!(
            keys[..6],
            [
                "complexity",
                "loss",
                "expression",
                "latex",
                "score",
                "selected"
            ]
        );
    }
    let selected: Vec<&Value> = front.iter().filter(|law| law["selected"] == true).collect();
    assert_eq!(selected.len(), 1);
    assert!(selected[0]["loss"].as_f64().unwrap() < 1e-20);
    let law = selected[0]["expression"].as_str().unwrap();
    assert!(law.contains("3.0") && law.contains("r^2"), "{law}");
    // Going on from the end changes nothing: the law is exact.
    assert_eq!(one, run(&["--resume"]));
}

#[test]
fn a_matrix_with_names_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("force.npz");
    let rows = rows();
    let features = rows.iter().flat_map(|row| row[..2].to_vec()).collect();
    let force = rows.iter().map(|row| row[2]).collect();
    let arrays = [
        ("X", Array::F64(Tensor::new(vec![rows.len(), 2], features))),
        ("y", Array::F64(Tensor::new(vec![rows.len()], force))),
    ];
    npz::write(&table, &arrays).unwrap();
    let out = folder.path().join("front.json");
    let words = [
        "regress",
        text(&table),
        "--target",
        "y",
        "--rounds",
        "1",
        "--out",
        text(&out),
    ];
    let output = pellucid(&words);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let law = front(&out)
        .into_iter()
        .find(|law| law["selected"] == true)
        .unwrap();
    let law = law["expression"].as_str().unwrap().to_owned();
    assert!(law.contains("x0") && law.contains("x1"), "{law}");
}

#[test]
fn bad_input_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let table = csv(folder.path());
    let out = folder.path().join("front.json");
    let says = |more: &[&str], part: &str| {
        let mut words = vec!["regress", text(&table), "--out", text(&out)];
        words.extend(more);
        let (code, message) = refusal(&words);
        assert_eq!(code, 2, "{message}");
        assert!(message.contains(part), "{message}");
        assert!(!out.exists());
    };
    says(&["--target", "mass"], "no column `mass`");
    says(
        &["--target", "force", "--features", "radius"],
        "no column `radius`",
    );
    says(
        &["--target", "force", "--features", "r,force"],
        "`force` is the target",
    );
    says(
        &["--target", "force", "--operators", "+,sine"],
        "did you mean `sin`",
    );
    says(
        &["--target", "force", "--seconds", "-1"],
        "positive number of seconds",
    );
    says(&["--target", "force", "--resume"], "front.state.json");
    std::fs::write(&table, "r,force\n1,2\n2,nan\n3,4\n4,5\n5,6\n").unwrap();
    says(&["--target", "force"], "row 1");
    std::fs::write(&table, "r,force\n1,a\n2,b\n").unwrap();
    says(&["--target", "force"], "`force`");
    std::fs::write(&table, "r,force\n1,2\n2,2\n3,2\n4,2\n5,2\n").unwrap();
    says(&["--target", "force"], "in every row");
}

#[test]
fn units_that_do_not_fit_are_refused_by_column() {
    let folder = tempfile::tempdir().unwrap();
    let table = csv(folder.path());
    let units = folder.path().join("units.toml");
    let out = folder.path().join("front.json");
    let words = |more: &[&'static str]| {
        let mut words = vec![
            "regress",
            text(&table),
            "--target",
            "force",
            "--rounds",
            "1",
        ];
        words.extend(["--units", text(&units), "--out", text(&out)]);
        words.extend(more);
        words.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let run = |columns: &str| {
        std::fs::write(&units, columns).unwrap();
        let words = words(&[]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        pellucid(&words)
    };
    let says = |columns: &str, parts: &[&str]| {
        let output = run(columns);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        assert!(!out.exists());
    };
    let strict = "constants = \"dimensionless\"\n[columns]\ncharge = \"C\"\nr = \"m\"\n";
    says(&format!("{strict}force = \"N\""), &["`force`", "kg"]);
    says(strict, &["`force`", "no unit"]);
    says(
        &format!("{strict}force = \"furlong\""),
        &["`force`", "furlong", "units.toml"],
    );
    says("[column]", &["units.toml", "column"]);
    let output = run("[columns]\ncharge = \"C\"\nr = \"m\"\nforce = \"N\"");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // A free constant carries what is missing; but charge and distance never add.
    for law in front(&out) {
        let law = law["expression"].as_str().unwrap().to_owned();
        assert!(
            !law.contains("charge + r") && !law.contains("r + charge"),
            "{law}"
        );
    }
}

#[test]
fn a_report_and_a_network_are_written_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let table = csv(folder.path());
    let [out, report, onnx] = ["front.json", "pages", "law.onnx"].map(|n| folder.path().join(n));
    let output = pellucid(&[
        "regress",
        text(&table),
        "--target",
        "force",
        "--rounds",
        "6",
        "--out",
        text(&out),
        "--report",
        text(&report),
        "--onnx",
        text(&onnx),
    ]);
    // Nothing is drawn where nobody looks.
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success());
    let page = std::fs::read_to_string(report.join("index.html")).unwrap();
    for part in ["The law of force", "SymPy", "Rust", "held out", "Along r."] {
        assert!(page.contains(part), "{part}");
    }
    let law = front(&out)
        .into_iter()
        .find(|law| law["selected"] == true)
        .unwrap();
    assert!(
        law["reason"].as_str().unwrap().starts_with("exact"),
        "{law}"
    );
    let graph = pellucid_network::onnx::read(&onnx).unwrap();
    let points = Tensor::new(vec![2, 2], vec![2.0, 0.5, 7.0, 1.5]);
    let forces = pellucid_network::Executor::new(&graph)
        .call(&[&points])
        .unwrap();
    for (found, expected) in forces[0].data().iter().zip([24.0_f64, 21.0 / 2.25]) {
        // The file is of single precision.
        assert!(
            (found - expected).abs() < 1e-6_f64 * expected,
            "{found} {expected}"
        );
    }
}

/// Swings of `x'' = −4 x`, the position alone.
fn swings(folder: &Path) -> PathBuf {
    let mut table = "run,t,x\n".to_owned();
    for run in 0..4 {
        for i in 0..200 {
            let t = 0.03 * f64::from(i);
            let x = (1.0 + 0.5 * f64::from(run)) * (2.0 * t).cos();
            writeln!(table, "{run},{t},{x}").unwrap();
        }
    }
    let path = folder.join("swings.csv");
    std::fs::write(&path, table).unwrap();
    path
}

#[test]
fn what_stays_constant_is_found_from_positions() {
    let folder = tempfile::tempdir().unwrap();
    let table = swings(folder.path());
    let out = folder.path().join("invariants.json");
    let words = [
        "regress",
        text(&table),
        "--invariant",
        "--time",
        "t",
        "--out",
        text(&out),
    ];
    let output = pellucid(&[words.as_slice(), &["--trajectory", "run", "--rates"]].concat());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let found = front(&out);
    assert_eq!(found.len(), 1, "{found:?}");
    let energy = found[0]["expression"].as_str().unwrap();
    assert!(
        energy.contains("x^2") && energy.contains("x_dot^2"),
        "{energy}"
    );
    assert!(found[0]["fluctuation"].as_f64().unwrap() < 1e-2);
    // Without labels, time goes back where the next run begins.
    let (code, message) = refusal(&words);
    assert_eq!(code, 2);
    assert!(
        message.contains("row 200") && message.contains("trajectories apart"),
        "{message}"
    );
    let (code, message) = refusal(&["regress", text(&table), "--target", "x", "--time", "t"]);
    assert_eq!(code, 2);
    assert!(message.contains("--derivative"), "{message}");
    // What would be left out silently.
    for option in ["--errors", "--units", "--weights"] {
        let (code, message) = refusal(&[&words[..], &[option, "x"]].concat());
        assert_eq!(code, 2);
        assert!(message.contains(option), "{message}");
    }
}

#[test]
fn a_function_left_open_in_a_law_is_searched_for() {
    let folder = tempfile::tempdir().unwrap();
    let table = csv(folder.path());
    let out = folder.path().join("front.json");
    let words = |template: &'static str| {
        [
            "regress",
            text(&table),
            "--target",
            "force",
            "--template",
            template,
            "--rounds",
            "2",
            "--out",
            text(&out),
        ]
    };
    let (code, said) = refusal(&words("charge + r"));
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("leaves nothing open") && !out.exists(),
        "{said}"
    );
    let output = pellucid(&words("charge*f(r)"));
    assert!(output.status.success());
    let law = front(&out)
        .into_iter()
        .find(|law| law["selected"] == true)
        .unwrap();
    assert!(law["loss"].as_f64().unwrap() < 1e-20, "{law}");
    let expression = law["expression"].as_str().unwrap();
    assert!(
        expression.contains("charge") && expression.contains('r'),
        "{expression}"
    );
}

#[test]
fn constants_of_categories_and_a_shared_function_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "x,y,kind,z\n".to_owned();
    for i in 0..80 {
        let (x, y) = (
            1.0 + 0.03 * f64::from(i),
            1.0 + 0.05 * f64::from(i * 7 % 40),
        );
        let (kind, c) = [(1, 2.0), (3, -0.5)][i as usize % 2];
        let f = |u: f64| u * u + 1.0 / u;
        writeln!(table, "{x},{y},{kind},{}", c * (f(x) + f(y))).unwrap();
    }
    let path = folder.path().join("kinds.csv");
    std::fs::write(&path, table).unwrap();
    let out = folder.path().join("front.json");
    let output = pellucid(&[
        "regress",
        text(&path),
        "--target",
        "z",
        "--template",
        "c[kind]*(f(x) + f(y))",
        "--rounds",
        "3",
        "--out",
        text(&out),
    ]);
    assert!(output.status.success());
    let law = front(&out)
        .into_iter()
        .find(|law| law["selected"] == true)
        .unwrap();
    assert!(law["loss"].as_f64().unwrap() < 1e-18, "{law}");
    let constant = |kind: &str| law["opened"][kind].as_f64().unwrap();
    let ratio = constant("c[kind = 1]") / constant("c[kind = 3]");
    assert!((ratio + 4.0).abs() < 1e-9, "{law}");
    assert!(law["opened"]["f(u)"].is_string(), "{law}");
}
