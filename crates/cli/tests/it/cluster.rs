//! `pellucid cluster`: columns, conventions, groomers, what it refuses.

use std::path::{Path, PathBuf};

use pellucid_core::{Column, Table, Tensor, Values};
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

/// Writes one event of lists under these names as Parquet.
fn event(path: &Path, columns: &[(&str, &[f64])]) -> PathBuf {
    let columns = columns.iter().map(|(name, numbers)| Column {
        name: (*name).to_owned(),
        unit: String::new(),
        values: Values::FloatLists([numbers.to_vec()].into_iter().collect()),
    });
    pellucid_data::parquet::write(path, &Table::new(columns.collect()).unwrap()).unwrap();
    path.to_owned()
}

/// What is said while an event is clustered.
fn said(events: &Path, further: &[&str]) -> String {
    let out = events.with_extension("said.parquet");
    let mut arguments = vec![
        "cluster",
        text(events),
        "--radius",
        "0.8",
        "--out",
        text(&out),
    ];
    arguments.extend(["--algorithm", "anti-kt"].iter().chain(further));
    let output = pellucid(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn a_mass_counts_under_every_name_and_an_energy_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (pt, eta, phi) = ([10.0, 8.0, 6.0], [0.1, 0.3, -0.2], [0.0, 0.2, 0.1]);
    let m = [0.938; 3];
    let e: Vec<f64> = (0..3)
        .map(|i| (pt[i] * f64::cosh(eta[i])).hypot(m[i]))
        .collect();
    let of = |name: &str, numbers: &[f64]| {
        let columns: [(&str, &[f64]); 4] =
            [("pt", &pt), ("eta", &eta), ("phi", &phi), (name, numbers)];
        let path = folder.path().join(format!("{}{name}.parquet", name.len()));
        clustered(&event(&path, &columns), &[])
            .floats("jet_m")
            .unwrap()
    };
    let expected = of("m", &m);
    assert!(expected[0] > 3.0);
    for name in ["mass", "M", "Mass"] {
        assert_eq!(of(name, &m), expected, "{name}");
    }
    for name in ["e", "E", "energy"] {
        close(&of(name, &e), &expected);
    }
}

#[test]
fn padding_is_left_out_and_counted_and_jets_are_groomed() {
    let folder = tempfile::tempdir().unwrap();
    let groom = ["--min-pt", "1", "--groom", "soft-drop", "--lund", "full"];
    let with = |pad: &[f64], name: &str| {
        let list = |numbers: [f64; 3]| numbers.iter().chain(pad).copied().collect::<Vec<f64>>();
        let (pt, eta, phi) = (
            list([20.0, 15.0, 8.0]),
            list([0.1, 0.3, -0.1]),
            list([0.05, 0.2, 0.1]),
        );
        event(
            &folder.path().join(name),
            &[("pt", &pt), ("eta", &eta), ("phi", &phi)],
        )
    };
    let plain = clustered(&with(&[], "plain.parquet"), &groom);
    for (pad, name) in [([0.0; 3], "zeros.parquet"), ([f64::NAN; 3], "nan.parquet")] {
        let events = with(&pad, name);
        let found = clustered(&events, &groom);
        assert_eq!(found, plain, "{name}");
        assert!(
            said(&events, &groom).contains("3 entries of padding"),
            "{name}"
        );
    }
    // What is not all zero is no padding.
    let odd = folder.path().join("odd.parquet");
    let odd = event(
        &odd,
        &[
            ("pt", &[20.0, 0.0]),
            ("eta", &[0.1, 0.2]),
            ("phi", &[0.05, 0.1]),
        ],
    );
    let told = said(&odd, &groom);
    assert!(!told.contains("padding"), "{told}");
    assert!(
        told.contains("1 constituents without transverse momentum"),
        "{told}"
    );
}

#[test]
fn energies_a_rounding_below_the_momentum_are_massless_and_others_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("e.parquet");
    let of = |e: f64| {
        let columns: [(&str, &[f64]); 4] = [
            ("px", &[0.0, 30.0]),
            ("py", &[0.0, 0.0]),
            ("pz", &[50.0, 10.0]),
            ("e", &[e, 40.0]),
        ];
        event(&path, &columns)
    };
    let jets = clustered(&of(50.0_f64.next_down()), &[]);
    assert!(jets.floats("jet_y").unwrap().iter().all(|y| y.is_finite()));
    assert_eq!(jets.floats("jet_m").unwrap()[1], 0.0);
    let out = folder.path().join("never.parquet");
    let impossible = of(49.0);
    let command = [
        "cluster",
        text(&impossible),
        "--radius",
        "0.8",
        "--algorithm",
        "anti-kt",
    ];
    let (code, told) = refusal(&[&command[..], &["--out", text(&out)]].concat());
    assert_eq!(code, 2);
    assert!(
        told.contains("`e`") && told.contains("at least the size of the momentum"),
        "{told}"
    );
    let skipped = [&command[..], &["--out", text(&out), "--skip-bad-rows"]].concat();
    let output = pellucid(&skipped);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && told.contains("1 events"),
        "{told}"
    );
}

#[test]
fn jets_with_their_constituents_go_back_into_observables() {
    let folder = tempfile::tempdir().unwrap();
    let m = [0.938, 0.1, 0.0, 0.5, 0.0];
    let columns: [(&str, &[f64]); 4] = [
        ("pt", &[40.0, 30.0, 20.0, 10.0, 0.0]),
        ("y", &[0.1, 0.3, -0.2, 0.0, 0.1]),
        ("phi", &[3.1, -3.1, 3.0, 2.9, 3.0]),
        ("m", &m),
    ];
    let events = event(&folder.path().join("e.parquet"), &columns);
    let jets = clustered(&events, &["--constituents", "--min-pt", "20"]);
    assert_eq!(jets.rows(), 1);
    let out = folder.path().join("o.parquet");
    let file = events.with_extension("jets.parquet");
    let mut arguments = vec![
        "observables",
        text(&file),
        "--out",
        text(&out),
        "--efp",
        "edges=0-1",
    ];
    for name in ["mass", "multiplicity"] {
        arguments.extend(["--observable", name]);
    }
    arguments.extend(["--measure", "hadrdot"]);
    let output = pellucid(&arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("1 constituents without transverse momentum"),
        "{told}"
    );
    let found = pellucid_data::read(&out, &Selection::default()).unwrap();
    close(
        &found.floats("mass").unwrap(),
        &jets.floats("jet_m").unwrap(),
    );
    assert_eq!(found.floats("multiplicity").unwrap(), [4.0]);
    // Constituents kept their masses: a hadrdot polynomial is made of m² and p·p.
    let lists = jets.float_lists("part_m").unwrap();
    for (ours, expected) in lists.row(0).iter().zip([0.938, 0.1, 0.0, 0.5]) {
        // The root of a rounding of the squared energy, (40 GeV)².
        assert!((ours - expected).abs() < 1e-5, "{ours} {expected}");
    }
}

#[test]
fn events_of_several_files_are_counted_on() {
    let folder = tempfile::tempdir().unwrap();
    for (name, pt) in [("a.parquet", 50.0), ("b.parquet", 60.0)] {
        let columns: [(&str, &[f64]); 3] = [("pt", &[pt]), ("eta", &[0.0]), ("phi", &[0.0])];
        event(&folder.path().join(name), &columns);
    }
    let out = folder.path().join("all/jets.parquet");
    std::fs::create_dir(folder.path().join("all")).unwrap();
    for asked in ["*.parquet", ""] {
        let events = folder.path().join(asked);
        let output = pellucid(&[
            "cluster",
            text(&events),
            "--radius",
            "0.4",
            "--algorithm",
            "kt",
            "--out",
            text(&out),
        ]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let jets = pellucid_data::read(&out, &Selection::default()).unwrap();
        assert_eq!(jets.integers("file").unwrap(), [0, 1]);
        assert_eq!(jets.integers("event").unwrap(), [0, 1]);
        close(&jets.floats("jet_pt").unwrap(), &[50.0, 60.0]);
    }
}

#[test]
fn the_shared_cases_of_columns_and_padding_are_right() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/jets");
    if !cases.is_dir() {
        eprintln!("skipped: there is no ../shared/cases");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copied = |name: &str| {
        let path = folder.path().join(name);
        std::fs::copy(cases.join(name), &path).unwrap();
        path
    };
    let mass = clustered(&copied("mass_mass.parquet"), &[]);
    assert_eq!(mass, clustered(&copied("mass_m.parquet"), &[]));
    let groom = ["--min-pt", "1", "--groom", "soft-drop"];
    let padded = copied("padded.parquet");
    assert_eq!(clustered(&padded, &groom).integers("n_const").unwrap(), [3]);
    assert!(said(&padded, &groom).contains("3 entries of padding"));
    let out = folder.path().join("o.parquet");
    for (name, part) in [
        ("y_labels.npz", "--convention"),
        ("weaver_lz4.parquet", "part_energy"),
    ] {
        let file = copied(name);
        let output = pellucid(&[
            "observables",
            text(&file),
            "--observable",
            "mass",
            "--out",
            text(&out),
        ]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && told.contains(part), "{told}");
    }
}
