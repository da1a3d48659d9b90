//! One set of jets as many programs and data sets write them, see
//! `tests/fixtures/jet_files/make.py`.

use std::path::{Path, PathBuf};

use pellucid_core::Table;
use pellucid_data::Selection;

use crate::support::{pellucid, refusal, text};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/jet_files")
        .join(name)
}

/// Mass, transverse momentum and number of constituents as FastJet has them.
fn expected(kind: &str) -> Vec<[f64; 3]> {
    let json = std::fs::read_to_string(fixture("expected.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let jets = json[kind].as_array().unwrap();
    jets.iter()
        .map(|jet| ["mass", "pt", "multiplicity"].map(|name| jet[name].as_f64().unwrap()))
        .collect()
}

/// What `pellucid observables` writes of a file, and says.
fn observables(file: &Path, further: &[&str]) -> (Table, String) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.parquet");
    let mut arguments = vec!["observables", text(file), "--out", text(&out)];
    for name in ["mass", "pt", "multiplicity"] {
        arguments.extend(["--observable", name]);
    }
    arguments.extend(further);
    let output = pellucid(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {said}", file.display());
    (
        pellucid_data::read(&out, &Selection::default()).unwrap(),
        said,
    )
}

#[test]
fn every_writer_of_the_same_jets_gives_the_same_observables() {
    // Padding is 10 entries for each of the 6 jets but for their 28 particles.
    let padding = "32 entries of padding";
    // Single precision carries a squared mass to 1e-7 of the squared energy; jets
    // reach |y| = 2, so a mass is as good as the root of that.
    let single = 2e-3;
    let cases: [(&str, &[&str], &str, f64, &str); 18] = [
        ("jetclass.parquet", &[], "pions", 1e-6, "part_energy"),
        ("with_pid.parquet", &[], "pions", 1e-6, "part_energy"),
        (
            "awkward_nested.parquet",
            &[],
            "pions",
            1e-6,
            "jets.constituents.mass",
        ),
        (
            "awkward_records.parquet",
            &[],
            "pions",
            1e-6,
            "particles.mass",
        ),
        ("nanoaod.parquet", &[], "pions", single, "PFCands_mass"),
        ("padded_zeros.parquet", &[], "pions", 1e-6, padding),
        ("padded_nan.parquet", &[], "pions", 1e-6, padding),
        (
            "energyflow.npz",
            &["--columns", "pt,y,phi,pid"],
            "massless",
            1e-6,
            padding,
        ),
        ("matrices.npz", &[], "massless", 1e-6, padding),
        (
            "jetnet.npz",
            &["--columns", "etarel,phirel,ptrel,mask"],
            "massless",
            1e-6,
            padding,
        ),
        ("toptagging.parquet", &[], "pions", single, padding),
        (
            "lhco.csv",
            &["--columns", "pt,eta,phi", "--keep", "30"],
            "massless",
            1e-6,
            padding,
        ),
        (
            "lhco.npz",
            &["--columns", "pt,eta,phi", "--keep", "events.30"],
            "massless",
            1e-6,
            padding,
        ),
        (
            "lists_of_lists.parquet",
            &["--columns", "pt,eta,phi,mass"],
            "pions",
            1e-6,
            "`mass`",
        ),
        (
            "fixed_lists.parquet",
            &["--columns", "pt,eta,phi,mass"],
            "pions",
            1e-6,
            padding,
        ),
        ("beside_genjet.parquet", &[], "pions", 1e-6, "`genjet_pt`"),
        (
            "mirrored.parquet",
            &["--columns", "part_deta_mirrored=part_deta"],
            "pions",
            1e-6,
            "`jet_energy`",
        ),
        ("masked.parquet", &[], "pions", 1e-6, padding),
    ];
    for (file, options, kind, tolerance, part) in cases {
        let (table, said) = observables(&fixture(file), options);
        assert!(said.contains(part), "{file}: {said}");
        let columns = ["mass", "pt", "multiplicity"].map(|name| table.floats(name).unwrap());
        for (i, expected) in expected(kind).into_iter().enumerate() {
            let own = |k: usize| (columns[k][i] - expected[k]).abs();
            // A jet of JetNet has the momentum of its own columns, made of pions.
            let pt: f64 = if file == "jetnet.npz" { 1e-3 } else { 1e-6 };
            assert!(
                own(0) < tolerance * expected[1].max(1.0),
                "{file} mass {i}: {}",
                columns[0][i]
            );
            assert!(
                own(1) < pt.max(tolerance) * expected[1],
                "{file} pt {i}: {}",
                columns[1][i]
            );
            assert!(own(2) == 0.0, "{file} multiplicity {i}: {}", columns[2][i]);
        }
        if let Some(label) = options.iter().position(|&option| option == "--keep") {
            let labels = table.floats(options[label + 1]).unwrap();
            assert_eq!(labels, [1.0, 0.0, 1.0, 0.0, 0.0, 1.0], "{file}");
        }
    }
}

#[test]
fn arrays_without_names_are_refused_with_the_way_to_name_them() {
    for file in ["energyflow.npz", "lhco.csv", "lhco.npz", "jetnet.npz"] {
        let (code, said) = refusal(&[
            "observables",
            text(&fixture(file)),
            "--observable",
            "mass",
            "--out",
            "never.parquet",
        ]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("--columns pt,y,phi,pid"), "{file}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

/// A refusal of `pellucid observables`.
fn refused(file: &str, options: &[&str]) -> String {
    let file = fixture(file);
    let mut arguments = vec!["observables", text(&file), "--observable", "mass"];
    arguments.extend(["--out", "never.parquet"]);
    arguments.extend(options);
    let (code, said) = refusal(&arguments);
    assert_eq!(code, 2, "{said}");
    said
}

#[test]
fn pseudorapidities_that_are_mirrored_are_asked_for_by_the_file_s_own_energies() {
    // Also where bad rows are left out: jets that fly backwards are not bad.
    for options in [&[][..], &["--skip-bad-rows"]] {
        let said = refused("mirrored.parquet", options);
        assert!(
            said.contains("--columns part_deta_mirrored=part_deta"),
            "{said}"
        );
        assert!(said.contains("--columns part_deta=part_deta"), "{said}");
        assert!(!said.contains("--skip-bad-rows"), "{said}");
    }
}

#[test]
fn numbers_of_particles_that_do_not_fit_their_names_are_refused_by_row() {
    for file in ["lists_of_lists.parquet", "fixed_lists.parquet"] {
        let said = refused(file, &["--columns", "pt,eta,phi"]);
        assert!(
            said.contains("row 0") && said.contains("expected 3"),
            "{file}: {said}"
        );
        let said = refused(file, &[]);
        assert!(said.contains("--columns pt,y,phi,pid"), "{file}: {said}");
    }
}

#[test]
fn half_precision_is_read_as_it_is_rounded() {
    let (table, _) = observables(&fixture("half.parquet"), &[]);
    let [mass, pt] = ["mass", "pt"].map(|name| table.floats(name).unwrap());
    for (i, expected) in expected("pions").into_iter().enumerate() {
        // Momenta and energies are off by 5e-4 each, and with them m² by 2e-3 of E²; jets
        // reach E = 4 pt.
        assert!((mass[i].powi(2) - expected[0].powi(2)).abs() < 0.06 * expected[1].powi(2));
        assert!((pt[i] - expected[1]).abs() < 1e-3 * expected[1]);
    }
}

#[test]
fn flags_of_kinds_give_the_features_of_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("spec.toml");
    let settings = "[inputs.p]\nkind = 'particles'\ncount = 5\n\
                    features = ['is_electron', 'is_muon', 'is_photon', 'is_charged_hadron', 'is_neutral_hadron', 'charge']\n\
                    [data]\nlabel = 'label_Tbqq'\n";
    std::fs::write(&spec, settings).unwrap();
    let arrays = ["jetclass", "with_pid"].map(|name| {
        let out = folder.path().join(format!("{name}.npz"));
        let file = fixture(&format!("{name}.parquet"));
        let output = pellucid(&[
            "inputs",
            text(&file),
            "--spec",
            text(&spec),
            "--out",
            text(&out),
        ]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        pellucid_data::npz::read_arrays(&out).unwrap()
    });
    assert_eq!(arrays[0], arrays[1]);
}

#[test]
fn a_column_map_in_settings_reaches_observables_and_audit() {
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("o.toml");
    let map = "observables = ['mass']\n[data.columns]\npart_pt = 'particles.pt'\n";
    std::fs::write(&settings, map).unwrap();
    let file = fixture("awkward_records.parquet");
    let out = folder.path().join("o.parquet");
    // An audit needs twenty jets, the file has six.
    let copies = folder.path().join("jets");
    std::fs::create_dir(&copies).unwrap();
    for copy in 0..4 {
        std::fs::copy(&file, copies.join(format!("{copy}.parquet"))).unwrap();
    }
    for arguments in [
        vec![
            "observables",
            text(&file),
            "--config",
            text(&settings),
            "--out",
            text(&out),
        ],
        vec!["audit", text(&settings), text(&copies)],
        vec![
            "audit",
            "mass",
            text(&copies),
            "--columns",
            "part_m=particles.mass",
        ],
    ] {
        let output = pellucid(&arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
    }
}
