//! `pellucid observables` and `pellucid audit`.

use std::path::Path;

use pellucid_core::{Table, Tensor};
use pellucid_data::npz::{self, Array};
use pellucid_data::{Selection, read};

use crate::support::{Jets, pellucid, refusal, text};

/// Runs the command on 30 jets and reads what it wrote.
fn table(folder: &Path, more: &[&str]) -> Table {
    let data = Jets::draw(30).write(&folder.join("jets.npz"));
    let out = folder.join("out.parquet");
    let arguments = [&["observables", text(&data), "--out", text(&out)], more].concat();
    let output = pellucid(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    read(&out, &Selection::default()).unwrap()
}

/// `Σ_ij z_i z_j θ_ij^β` of jet `row`, term by term.
fn edge(jets: &Jets, row: usize, kappa: f64, beta: f64, normalised: bool) -> f64 {
    let range = jets.offsets[row] as usize..jets.offsets[row + 1] as usize;
    let total: f64 = jets.pt[range.clone()].iter().sum();
    let scale = if normalised { total } else { 1.0 };
    let z = |i: usize| (jets.pt[i] / scale).powf(kappa);
    let mut sum = 0.0;
    for i in range.clone() {
        for j in range.clone() {
            let theta = (jets.y[i] - jets.y[j]).hypot(jets.phi[i] - jets.phi[j]);
            sum += z(i) * z(j) * theta.powf(beta);
        }
    }
    sum
}

#[test]
fn every_polynomial_is_a_column_in_the_order_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let asked = [
        "--observable",
        "multiplicity",
        "--efp",
        "edges=5-7",
        "--efp",
        "d<=2 prime",
        "--kappa",
        "-1,2",
        "--beta",
        "0.5,1",
        "--normalised",
        "false",
    ];
    let table = table(folder.path(), &asked);
    let names = table.names();
    assert_eq!(names.len(), 1 + (1 + 4) * 4);
    assert_eq!(names[0], "multiplicity");
    assert!(names[1..].iter().all(|name| name.starts_with("efp")));
    let jets = Jets::draw(30);
    let points = [(-1.0, 0.5), (-1.0, 1.0), (2.0, 0.5), (2.0, 1.0)];
    for (column, (kappa, beta)) in names[1..5].iter().zip(points) {
        let values = table.floats(column).unwrap();
        for (row, value) in values.iter().enumerate() {
            let expected = edge(&jets, row, kappa, beta, false);
            assert!((value / expected - 1.0).abs() < 1e-12, "{column} {row}");
        }
    }
}

#[test]
fn settings_and_options_ask_for_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("observables.toml");
    let written = "observables = ['mass']\nkeep = ['label']\n[[efp]]\ngraphs = ['d=2']\n\
                   kappa = [1, 'pf']\nbeta = [2]\nmeasure = 'hadrdot'\n";
    std::fs::write(&settings, written).unwrap();
    let by_settings = table(folder.path(), &["--config", text(&settings)]);
    let by_options = table(
        folder.path(),
        &[
            "--observable",
            "mass",
            "--keep",
            "label",
            "--efp",
            "d=2",
            "--kappa",
            "1,pf",
            "--beta",
            "2",
            "--measure",
            "hadrdot",
        ],
    );
    assert_eq!(by_settings, by_options);
    assert_eq!(by_settings.names()[0], "label");
}

#[test]
fn short_names_and_components_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let expected = table(folder.path(), &["--observable", "mass", "--efp", "d=3"]);
    let jets = Jets::draw(30);
    let array = |values: Vec<f64>| Array::F64(Tensor::new(vec![values.len()], values));
    let of = |f: fn(f64, f64, f64) -> f64| {
        let parts = jets.pt.iter().zip(&jets.y).zip(&jets.phi);
        array(parts.map(|((&pt, &y), &phi)| f(pt, y, phi)).collect())
    };
    let offsets = Array::I64(Tensor::new(vec![31], jets.offsets.clone()));
    let path = folder.path().join("components.npz");
    let arrays = [
        ("px", of(|pt, _, phi| pt * phi.cos())),
        ("py", of(|pt, _, phi| pt * phi.sin())),
        ("pz", of(|pt, y, _| pt * y.sinh())),
        ("e", of(|pt, y, _| pt * y.cosh())),
        ("offsets", offsets),
    ];
    npz::write(&path, &arrays).unwrap();
    let out = folder.path().join("components.parquet");
    let output = pellucid(&[
        "observables",
        text(&path),
        "--observable",
        "mass",
        "--efp",
        "d=3",
        "--out",
        text(&out),
    ]);
    assert!(output.status.success());
    let found = read(&out, &Selection::default()).unwrap();
    assert_eq!(found.names(), expected.names());
    for name in found.names() {
        let pairs = found
            .floats(&name)
            .unwrap()
            .into_iter()
            .zip(expected.floats(&name).unwrap());
        for (a, b) in pairs {
            // Angles from components lose a few digits.
            assert!((a - b).abs() <= 1e-9 * b.abs(), "{name}: {a} {b}");
        }
    }
}

#[test]
fn all_observables_are_listed_with_their_references() {
    let output = pellucid(&["observables", "--list"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    for part in ["mass", "GeV", "arXiv:1712.07124", "lha"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn what_cannot_be_computed_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let data = Jets::draw(3).write(&folder.path().join("jets.npz"));
    let out = folder.path().join("out.parquet");
    let npz = folder.path().join("out.npz");
    let cases: [(&[&str], &Path, &str); 8] = [
        (&["--observable", "masss"], &out, "nearest is `mass`"),
        (&["--efp", "d<=5 prim"], &out, "`prim`"),
        (&["--efp", "edges=0-0"], &out, "itself"),
        (&["--efp", "d<=2", "--kappa", "pf"], &out, "hadrdot or ee"),
        (&["--efp", "d<=2", "--beta", "0"], &out, "`betas`"),
        (
            &["--keep", "weight", "--observable", "mass"],
            &out,
            "`weight`",
        ),
        (&[], &out, "nothing is asked for"),
        (&["--observable", "mass"], &npz, ".parquet"),
    ];
    for (more, out, part) in cases {
        let arguments = [&["observables", text(&data), "--out", text(out)], more].concat();
        let (code, said) = refusal(&arguments);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains(part), "{said}");
        assert!(!out.exists());
    }
}

#[test]
fn an_audit_tells_safe_from_unsafe_observables() {
    let folder = tempfile::tempdir().unwrap();
    let data = Jets::draw(60).write(&folder.path().join("jets.npz"));
    let page = folder.path().join("page");
    let subject = "girth,ptd,multiplicity";
    let output = pellucid(&[
        "audit",
        subject,
        text(&data),
        "--report",
        text(&page),
        "--json",
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let verdict = |i: usize, kind: usize| findings[i]["responses"][kind]["verdict"].clone();
    assert_eq!([verdict(0, 0), verdict(0, 1)], ["safe", "safe"]);
    assert_eq!([verdict(1, 0), verdict(1, 1)], ["safe", "unsafe"]);
    assert_eq!([verdict(2, 0), verdict(2, 1)], ["unsafe", "unsafe"]);
    let html = std::fs::read_to_string(page.join("index.html")).unwrap();
    for part in ["2 of 3 quantities are not safe", "multiplicity", "SHA-256"] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn the_jet_charge_needs_charges() {
    let folder = tempfile::tempdir().unwrap();
    let jets = Jets::draw(3);
    let floats = |x: &[f64]| Array::F64(Tensor::new(vec![x.len()], x.to_vec()));
    let offsets = Array::I64(Tensor::new(vec![4], jets.offsets.clone()));
    let mut arrays = vec![
        ("offsets", offsets),
        ("pt", floats(&jets.pt)),
        ("y", floats(&jets.y)),
        ("phi", floats(&jets.phi)),
    ];
    let (data, out) = (
        folder.path().join("jets.npz"),
        folder.path().join("out.parquet"),
    );
    let command = [
        "observables",
        text(&data),
        "--observable",
        "jet_charge(kappa=0)",
        "--out",
        text(&out),
    ];
    npz::write(&data, &arrays).unwrap();
    let (code, said) = refusal(&command);
    assert!(code == 2 && said.contains("`part_charge`"), "{said}");
    arrays.push(("charge", floats(&[vec![1.0; 13], vec![-1.0; 23]].concat())));
    npz::write(&data, &arrays).unwrap();
    assert_eq!(refusal(&command).0, 0);
    let table = read(&out, &Selection::default()).unwrap();
    // Twelve particles each, and one that is positive in the second jet.
    let charges = table.floats("jet_charge(kappa=0)").unwrap();
    assert_eq!(charges, [12.0, -10.0, -12.0]);
}
