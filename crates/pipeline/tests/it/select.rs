//! `[data] select` on files of jets.

use std::path::{Path, PathBuf};

use pellucid_core::{Column, Job, Table, Values};
use pellucid_data::npz::{self, Array};
use pellucid_pipeline::source::{Account, DataSettings, Events, Source};

const COLUMNS: &str = "pt_0,eta_0,phi_0,pt_1,eta_1,phi_1,label,event,jet_m,tau 21,pi,hard";

const ROWS: [&str; 6] = [
    "50,0.1,1,20,0.2,1.1,1,7,70,0.3,1,2",
    "60,0,3,0,0,0,0,8,80,0.5,2,2",
    "70,0,3,10,0,3,1,9,90,0.2,3,2",
    "80,0,3,10,0.4,3,0,10,100,0.1,4,2",
    "90,0,3,10,0.4,3,1,11,65,0.1,5,2",
    "95,0,3,10,0.4,3,0,12,66,0.1,6,2",
];

fn csv(folder: &Path, name: &str, columns: &str, rows: &[&str]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("{columns}\n{}\n", rows.join("\n"))).unwrap();
    path
}

fn settings(select: &str, more: &str) -> DataSettings {
    let text = format!("select = '''{select}'''\n{more}");
    pellucid_pipeline::settings::parse(&text).unwrap()
}

fn read(paths: &[PathBuf], select: &str, more: &str) -> Result<(Events, Account), String> {
    let settings = settings(select, more);
    let read = || Source::open(paths, &settings)?.read_all(&Job::silent());
    read().map_err(|error| error.to_string())
}

fn numbers(events: &Events) -> Vec<i64> {
    events.groups().iter().map(|(_, number)| *number).collect()
}

#[test]
fn rows_are_those_of_which_the_condition_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = [csv(folder.path(), "jets.csv", COLUMNS, &ROWS)];
    for (select, expected) in [
        ("65 < jet_m < 95 and `tau 21` < 0.4", vec![7, 9, 12]),
        ("not (jet_m >= 95 or jet_m <= 65)", vec![7, 8, 9, 12]),
        ("abs(jet_m - 80) / 10 <= hard ^ 0", vec![7, 8, 9]),
        // A column hides the number of its name.
        ("pi > 3.5", vec![10, 11, 12]),
        // A column may be label and selection at once.
        ("label == 1 or event == 8", vec![7, 8, 9, 11]),
        // No column is called so: the observables of the jets.
        ("multiplicity == 1 or pt > 99", vec![8, 11, 12]),
        ("event > 7 and girth > 0.01 and jet_m < 90", vec![11, 12]),
    ] {
        for more in ["", "batch_rows = 2", "skip_bad_rows = true"] {
            let (events, account) = read(&path, select, more).unwrap();
            assert_eq!(numbers(&events), expected, "{select} {more}");
            let selection = account.selection.clone().unwrap();
            assert_eq!((selection.left_out, selection.of), (6 - expected.len(), 6));
            assert_eq!((account.rows, account.jets), (6, expected.len()));
            let said = format!("`{select}` left out {} of 6 rows", selection.left_out);
            assert!(account.lines().contains(&said), "{:?}", account.lines());
        }
    }
}

#[test]
fn every_format_reads_a_column_for_two_purposes() {
    let folder = tempfile::tempdir().unwrap();
    let label = [1_i64, 0, 1, 0];
    let weight = [1.0, 2.0, 3.0, 4.0];
    let pt = [50.0, 60.0, 70.0, 80.0];
    let parquet = folder.path().join("jets.parquet");
    let lists = |value: f64| {
        Values::FloatLists(
            pt.iter()
                .map(|pt| vec![if value > 0.0 { *pt } else { 0.1 }])
                .collect(),
        )
    };
    let columns = [
        ("label", Values::Integer(label.to_vec())),
        ("w", Values::Float(weight.to_vec())),
        ("part_pt", lists(1.0)),
        ("part_eta", lists(0.0)),
        ("part_phi", lists(0.0)),
    ];
    let columns = columns.map(|(name, values)| Column {
        name: name.to_owned(),
        unit: String::new(),
        values,
    });
    pellucid_data::parquet::write(&parquet, &Table::new(columns.to_vec()).unwrap()).unwrap();
    let archive = folder.path().join("jets.npz");
    let floats = |values: &[f64]| Array::F64(pellucid_core::Tensor::new(vec![4], values.to_vec()));
    let integers = |values: &[i64]| {
        Array::I64(pellucid_core::Tensor::new(
            vec![values.len()],
            values.to_vec(),
        ))
    };
    npz::write(
        &archive,
        &[
            ("label", integers(&label)),
            ("offsets", integers(&[0, 1, 2, 3, 4])),
            ("w", floats(&weight)),
            ("part_pt", floats(&pt)),
            ("part_eta", floats(&[0.1; 4])),
            ("part_phi", floats(&[0.1; 4])),
        ],
    )
    .unwrap();
    for path in [parquet, archive] {
        let more = "weight = 'w'";
        let (events, _) = read(std::slice::from_ref(&path), "w != 3 and label < 2", more).unwrap();
        assert_eq!(events.weights(), [1.0, 2.0, 4.0], "{}", path.display());
        assert_eq!(events.labels(), [true, false, false]);
        // By our name of it, and by that of the file.
        let map = format!("{more}\n[columns]\nheavy = 'w'");
        let mapped: Result<DataSettings, _> = pellucid_pipeline::settings::parse(&map);
        assert!(mapped.is_ok());
        let message = read(&[path], "part_pt > 3", more).unwrap_err();
        for part in [
            "character 1",
            "`part_pt`",
            "lists of numbers",
            "one number per row",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }
}

#[test]
fn a_row_in_which_a_compared_number_is_none_is_a_bad_row() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = ROWS;
    rows[2] = "70,0,3,10,0,3,1,9,nan,0.2,3,2";
    let path = [csv(folder.path(), "jets.csv", COLUMNS, &rows)];
    let message = read(&path, "jet_m < 95", "").unwrap_err();
    for part in ["row 2", "`jet_m` is not a number", "--skip-bad-rows"] {
        assert!(message.contains(part), "{message}");
    }
    let (events, account) = read(&path, "jet_m < 95", "skip_bad_rows = true").unwrap();
    assert_eq!(numbers(&events), [7, 8, 11, 12]);
    assert_eq!(account.bad_rows(), 1);
    let selection = account.selection.unwrap();
    assert_eq!((selection.left_out, selection.of), (1, 5));
    // Of a row that is not meant nothing is asked, and nothing refused.
    let (events, _) = read(&path, "event != 9 and jet_m < 95", "").unwrap();
    assert_eq!(numbers(&events), [7, 8, 11, 12]);
    let message = read(&path, "sqrt(`tau 21` - 0.2) > 0.1", "").unwrap_err();
    assert!(
        message.contains("`sqrt(`tau 21` - 0.2)` is not a number"),
        "{message}"
    );
}

#[test]
fn what_is_no_selection_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = [csv(folder.path(), "jets.csv", COLUMNS, &ROWS)];
    for (select, parts) in [
        ("jet_m <", &["character 8", "a number, a column"][..]),
        ("jet_m < 95 & pi < 2", &["character 12", "`and`"]),
        (
            "jet_n < 95",
            &["character 1", "did you mean `jet_m`?", "jets.csv"],
        ),
        (
            "pi < 3 and girht < 95",
            &["character 12", "did you mean `girth`?"],
        ),
        ("jet_m", &["character 1", "`jet_m > 0`"]),
        ("cosh(jet_m) < 1", &["abs, sqrt, log"]),
        ("", &["character 1"]),
        (
            "jet_m > 1000",
            &["no jet is left of 6 rows", "left out 6 of 6"],
        ),
        (
            "label == 1",
            &["all 3 jets are", "`label == 1` left out 3 of 6 rows"],
        ),
    ] {
        let message = read(&path, select, "").unwrap_err();
        for part in parts {
            assert!(message.contains(part), "`{part}` is missing in: {message}");
        }
    }
}

#[test]
fn a_name_is_the_same_in_all_files_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let with = csv(
        folder.path(),
        "with.csv",
        &COLUMNS.replace("hard", "mass"),
        &ROWS,
    );
    let without = csv(folder.path(), "without.csv", COLUMNS, &ROWS);
    let message = read(&[with.clone(), without], "mass < 3", "").unwrap_err();
    for part in ["`mass` is a column of", "with.csv", "not of", "without.csv"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(read(&[with], "mass < 3", "").unwrap().0.len(), 6);
}
