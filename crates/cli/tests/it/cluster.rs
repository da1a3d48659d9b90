//! `pellucid cluster`: columns, conventions, groomers, what it refuses.

use std::path::{Path, PathBuf};

use pellucid_core::{Table, Tensor};
use pellucid_data::Selection;
use pellucid_data::npz::{self, Array};

use crate::support::{pellucid, refusal, text};

/// Three events, the second one empty: pt, y, phi, m.
const EVENTS: [&[[f64; 4]]; 3] = [
    &[
        [30.0, 2.0, 2.0, 0.0],
        [100.0, 0.0, 0.1, 0.1],
        [50.0, 0.1, -0.1, 0.0],
        [1.0, -3.0, 1.0, 0.0],
    ],
    &[],
    &[[25.0, -1.0, 3.0, 0.5]],
];

/// Writes events under these names, each particle through `numbers`.
fn write<const N: usize>(
    path: &Path,
    names: [&str; N],
    numbers: impl Fn([f64; 4]) -> [f64; N],
) -> PathBuf {
    let particles: Vec<[f64; N]> = EVENTS
        .iter()
        .flat_map(|e| e.iter())
        .map(|&p| numbers(p))
        .collect();
    let mut offsets = vec![0_i64];
    for event in EVENTS {
        offsets.push(offsets[offsets.len() - 1] + event.len() as i64);
    }
    let mut arrays = vec![(
        "offsets",
        Array::I64(Tensor::new(vec![offsets.len()], offsets)),
    )];
    for (k, name) in names.into_iter().enumerate() {
        let column: Vec<f64> = particles.iter().map(|p| p[k]).collect();
        arrays.push((name, Array::F64(Tensor::new(vec![column.len()], column))));
    }
    npz::write(path, &arrays).unwrap();
    path.to_owned()
}

fn components([pt, y, phi, m]: [f64; 4]) -> [f64; 4] {
    let mt = pt.hypot(m);
    [pt * phi.cos(), pt * phi.sin(), mt * y.sinh(), mt * y.cosh()]
}

fn pseudorapidity(p: [f64; 4]) -> [f64; 4] {
    [p[0], (components(p)[2] / p[0]).asinh(), p[2], p[3]]
}

/// Clusters with anti-kT 0.8 and further options; the jets.
fn clustered(events: &Path, further: &[&str]) -> Table {
    let out = events.with_extension("jets.parquet");
    let algorithm = if further.contains(&"--algorithm") {
        &[][..]
    } else {
        &["--algorithm", "anti-kt"]
    };
    let mut arguments = vec![
        "cluster",
        text(events),
        "--radius",
        "0.8",
        "--quiet",
        "--out",
        text(&out),
    ];
    arguments.extend(algorithm);
    arguments.extend(further);
    let output = pellucid(&arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!events.with_extension("jets.parquet.parts").exists());
    pellucid_data::read(&out, &Selection::default()).unwrap()
}

fn close(ours: &[f64], expected: &[f64]) {
    assert_eq!(ours.len(), expected.len());
    for (ours, expected) in ours.iter().zip(expected) {
        assert!(
            (ours - expected).abs() < 1e-9 * expected.abs().max(1.0),
            "{ours} {expected}"
        );
    }
}

#[test]
fn jets_come_by_event_and_falling_momentum_in_the_columns_promised() {
    let folder = tempfile::tempdir().unwrap();
    let events = write(&folder.path().join("e.npz"), ["pt", "y", "phi", "m"], |p| p);
    let jets = clustered(&events, &["--min-pt", "20"]);
    let names = [
        "event",
        "jet_pt",
        "jet_y",
        "jet_eta",
        "jet_phi",
        "jet_m",
        "n_const",
        "part_index",
    ];
    assert_eq!(jets.names(), names);
    assert_eq!(jets.integers("event").unwrap(), [0, 0, 2]);
    assert_eq!(jets.integers("n_const").unwrap(), [2, 1, 1]);
    let places = jets.float_lists("part_index").unwrap();
    assert_eq!(places.row(0), [1.0, 2.0]);
    assert_eq!(places.row(1), [0.0]);
    let (a, b) = (components(EVENTS[0][1]), components(EVENTS[0][2]));
    let sum: Vec<f64> = a.iter().zip(b).map(|(a, b)| a + b).collect();
    let pt = sum[0].hypot(sum[1]);
    close(&jets.floats("jet_pt").unwrap(), &[pt, 30.0, 25.0]);
    close(
        &jets.floats("jet_phi").unwrap(),
        &[sum[1].atan2(sum[0]), 2.0, 3.0],
    );
    let y = 0.5 * ((sum[3] + sum[2]) / (sum[3] - sum[2])).ln();
    close(&jets.floats("jet_y").unwrap(), &[y, 2.0, -1.0]);
    close(
        &jets.floats("jet_eta").unwrap()[..2],
        &[(sum[2] / pt).asinh(), 2.0],
    );
    let m2 = sum[3].powi(2) - sum[0].powi(2) - sum[1].powi(2) - sum[2].powi(2);
    // Masses of massless particles are roots of roundings.
    assert!((jets.floats("jet_m").unwrap()[0] - m2.sqrt()).abs() < 1e-6);
    assert!((jets.floats("jet_m").unwrap()[2] - 0.5).abs() < 1e-6);
}

#[test]
fn every_convention_and_format_gives_the_same_jets() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let expected = clustered(&write(&path("y.npz"), ["pt", "y", "phi", "m"], |p| p), &[]);
    let files = [
        write(&path("c.npz"), ["px", "py", "pz", "e"], components),
        write(
            &path("eta.npz"),
            ["part_pt", "part_eta", "part_phi", "part_m"],
            pseudorapidity,
        ),
    ];
    let table = pellucid_data::read(&files[0], &Selection::default()).unwrap();
    let parquet = path("c.parquet");
    pellucid_data::parquet::write(&parquet, &table).unwrap();
    for file in [&files[0], &files[1], &parquet] {
        let jets = clustered(file, &[]);
        assert_eq!(
            jets.float_lists("part_index"),
            expected.float_lists("part_index")
        );
        for name in ["jet_pt", "jet_y", "jet_phi"] {
            close(&jets.floats(name).unwrap(), &expected.floats(name).unwrap());
        }
    }
}

#[test]
fn exclusive_jets_end_at_a_number_or_a_distance() {
    let folder = tempfile::tempdir().unwrap();
    let events = write(&folder.path().join("e.npz"), ["pt", "y", "phi", "m"], |p| p);
    let jets = clustered(&events, &["--algorithm", "kt", "--exclusive", "3"]);
    assert_eq!(jets.integers("event").unwrap(), [0, 0, 0, 2]);
    // d_iB of the softest is 1, of the pair 50² · 0.05 / 0.64 = 195.
    let jets = clustered(&events, &["--algorithm", "kt", "--dcut", "2"]);
    assert_eq!(jets.integers("n_const").unwrap(), [1, 1, 1, 1]);
    let jets = clustered(&events, &["--algorithm", "kt", "--dcut", "200"]);
    assert_eq!(jets.integers("n_const").unwrap(), [2, 1, 1]);
}

#[test]
fn groomed_jets_stand_beside_the_jets() {
    let folder = tempfile::tempdir().unwrap();
    let events = write(&folder.path().join("e.npz"), ["pt", "y", "phi", "m"], |p| p);
    let soft_drop = [
        "--min-pt",
        "20",
        "--groom",
        "soft-drop",
        "--zcut",
        "0.1",
        "--beta",
        "0",
    ];
    let jets = clustered(&events, &soft_drop);
    close(&jets.floats("zg").unwrap(), &[1.0 / 3.0, 0.0, 0.0]);
    close(&jets.floats("rg").unwrap(), &[0.05_f64.sqrt(), 0.0, 0.0]);
    close(
        &jets.floats("groomed_pt").unwrap(),
        &jets.floats("jet_pt").unwrap(),
    );
    // With a higher threshold the softer branch goes.
    let jets = clustered(
        &events,
        &["--min-pt", "20", "--groom", "soft-drop", "--zcut", "0.4"],
    );
    close(&jets.floats("groomed_pt").unwrap()[..1], &[100.0]);
    assert_eq!(
        jets.float_lists("groomed_part_index").unwrap().row(0),
        [1.0]
    );
    for groomer in ["trimming", "pruning", "filtering", "recursive-soft-drop"] {
        let jets = clustered(&events, &["--groom", groomer]);
        assert!(jets.floats("groomed_m").is_ok(), "{groomer}");
        assert_eq!(jets.floats("zg").is_ok(), groomer.ends_with("soft-drop"));
    }
    let lund = clustered(&events, &["--min-pt", "20", "--lund", "primary"]);
    assert_eq!(lund.float_lists("lund_kt").unwrap().row(0).len(), 1);
}

#[test]
fn the_winner_takes_the_direction_and_areas_are_those_of_circles() {
    let folder = tempfile::tempdir().unwrap();
    let events = write(&folder.path().join("e.npz"), ["pt", "y", "phi", "m"], |p| p);
    let jets = clustered(&events, &["--recombination", "wta", "--min-pt", "20"]);
    close(&jets.floats("jet_pt").unwrap()[..1], &[150.0]);
    close(&jets.floats("jet_phi").unwrap()[..1], &[0.1]);
    let plain = clustered(&events, &["--min-pt", "20"]);
    let jets = clustered(&events, &["--areas", "--min-pt", "20"]);
    // Ghosts leave jets as they are, but for the order of the sums.
    close(
        &jets.floats("jet_pt").unwrap(),
        &plain.floats("jet_pt").unwrap(),
    );
    let circle = std::f64::consts::PI * 0.64;
    for area in jets.floats("jet_area").unwrap() {
        // 201 ghosts: 4 of them more or less are one standard deviation.
        assert!((area / circle - 1.0).abs() < 0.08, "{area}");
    }
    // Nothing lies below these jets.
    assert!(jets.floats("rho").unwrap().iter().all(|&rho| rho < 1e-90));
    assert_eq!(jets.floats("subtracted_pt"), jets.floats("jet_pt"));
}

#[test]
fn what_cannot_be_clustered_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let good = write(&path("e.npz"), ["pt", "y", "phi", "m"], |p| p);
    let negative = write(&path("n.npz"), ["pt", "y", "phi", "m"], |p| {
        [-p[0], p[1], p[2], p[3]]
    });
    let lacking = write(&path("l.npz"), ["pt", "phi", "m"], |p| [p[0], p[2], p[3]]);
    let both = write(&path("b.npz"), ["pt", "y", "eta", "phi"], |p| {
        [p[0], p[1], p[1], p[2]]
    });
    let out = path("jets.parquet");
    let cases: [(&Path, &[&str], &[&str]); 10] = [
        (&negative, &["--radius", "0.8"], &["row 0", "`pt`", "-30"]),
        (
            &lacking,
            &["--radius", "0.8"],
            &["l.npz", "`eta`", "pt, phi, m"],
        ),
        (
            &both,
            &["--radius", "0.8"],
            &["pt-eta-phi-m", "pt-y-phi-m", "--convention"],
        ),
        (&path("none.npz"), &["--radius", "0.8"], &["none.npz"]),
        (&good, &["--radius", "0"], &["`radius` is 0"]),
        (
            &good,
            &["--radius", "0.8", "--exclusive", "0"],
            &["--exclusive"],
        ),
        (&good, &["--radius", "0.8", "--min-pt", "-1"], &["--min-pt"]),
        (&good, &["--radius", "0.8", "--power", "1"], &["--power"]),
        (
            &good,
            &["--radius", "0.8", "--areas", "--exclusive", "2"],
            &["--areas"],
        ),
        (
            &good,
            &["--radius", "0.8", "--groom", "soft-drop", "--zcut", "2"],
            &["`zcut` is 2"],
        ),
    ];
    for (events, options, words) in cases {
        let mut arguments = vec![
            "cluster",
            text(events),
            "--algorithm",
            "anti-kt",
            "--out",
            text(&out),
        ];
        arguments.extend(options);
        let (code, said) = refusal(&arguments);
        assert_eq!(code, 2, "{said}");
        assert!(!said.contains("panicked"), "{said}");
        for word in words {
            assert!(said.contains(word), "`{word}` is missing in: {said}");
        }
        assert!(!out.exists(), "{said}");
        let parts = out.with_extension("parquet.parts");
        assert!(!parts.exists(), "parts of nothing are left: {said}");
    }
    let (code, said) = refusal(&[
        "cluster",
        text(&good),
        "--algorithm",
        "genkt",
        "--radius",
        "1",
        "--out",
        text(&out),
    ]);
    assert!(code == 2 && said.contains("--power 0.5"), "{said}");
}
