//! The one source of jets on files as other programs write them.

use std::path::{Path, PathBuf};

use pellucid_core::{Column, Job, Table, Values};
use pellucid_pipeline::jets::property::Property;
use pellucid_pipeline::source::{Account, DataSettings, Events, Source};

/// A file that pyarrow wrote, see `make.py` beside it.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../cli/tests/fixtures/jets")
        .join(name)
}

fn read(name: &str, settings: &str) -> Result<(Events, Account), String> {
    let settings: DataSettings = pellucid_pipeline::settings::parse(settings).unwrap();
    let read = || Source::open(&[fixture(name)], &settings)?.read_all(&Job::silent());
    read().map_err(|error| error.to_string())
}

/// Whether rows `2 i` and `2 i + 1` are one event, and no others.
fn in_pairs(events: &Events) -> bool {
    let groups = events.groups();
    (0..groups.len())
        .all(|i| (0..groups.len()).all(|j| (groups[i] == groups[j]) == (i / 2 == j / 2)))
}

#[test]
fn events_are_known_by_numbers_of_any_width_and_by_texts() {
    // The default column holds unsigned numbers beyond 2^63, each its own.
    for settings in ["", "group = 'event'", "group = 'event32'", "group = 'key'"] {
        let (events, _) = read("types.parquet", settings).unwrap();
        assert!(in_pairs(&events), "{settings}: {:?}", events.groups());
    }
    let (events, _) = read("types.parquet", "group = ''").unwrap();
    assert!(!in_pairs(&events));
    // Whatever the size of batches: keys of texts are those of the whole file.
    let (events, _) = read("types.parquet", "group = 'key'\nbatch_rows = 5").unwrap();
    assert!(in_pairs(&events));
}

#[test]
fn truth_values_and_dictionaries_of_texts_are_labels() {
    let (truth, _) = read("types.parquet", "").unwrap();
    let (text, _) = read("types.parquet", "label = 'process'\nsignal = 'Wqq'").unwrap();
    assert_eq!(truth.labels(), text.labels());
    assert_eq!(truth.labels()[..3], [true, false, true]);
    // A key of events as a label: the classes are said, and how to choose.
    let message = read("types.parquet", "label = 'key'").unwrap_err();
    assert!(message.contains("--signal"), "{message}");
}

#[test]
fn nulls_are_refused_or_left_out_by_kind() {
    let message = read("nulls.parquet", "").unwrap_err();
    assert!(
        message.contains("null") && message.contains("--skip-bad-rows"),
        "{message}"
    );
    let (events, account) = read("nulls.parquet", "skip_bad_rows = true").unwrap();
    // Rows 3, 5 and 6 have nulls in what is read; the weight is not read.
    assert_eq!((events.len(), account.jets, account.rows), (5, 5, 8));
    assert_eq!(account.bad.iter().map(|bad| bad.rows).sum::<usize>(), 3);
    let firsts: Vec<&str> = account.bad.iter().map(|bad| bad.first.as_str()).collect();
    for row in ["row 3", "row 5", "row 6"] {
        assert!(firsts.iter().any(|first| first.contains(row)), "{firsts:?}");
    }
    let (events, _) = read("nulls.parquet", "skip_bad_rows = true\nweight = 'w'").unwrap();
    assert_eq!((events.len(), events.weights().len()), (4, 4));
    // The same rows are left out whatever the size of batches.
    let settings = "skip_bad_rows = true\nbatch_rows = 2";
    assert_eq!(
        read("nulls.parquet", settings).unwrap().0.jets().unwrap(),
        read("nulls.parquet", "skip_bad_rows = true")
            .unwrap()
            .0
            .jets()
            .unwrap()
    );
}

/// Two jets of one file by these columns, with a label and a number.
fn two_jets(path: &Path, names: [&str; 3], number: &str) {
    let lists = |values: [f64; 2]| {
        Values::FloatLists([vec![values[0]], vec![values[1]]].into_iter().collect())
    };
    let columns = [
        ("label", Values::Integer(vec![0, 1])),
        (number, Values::Float(vec![2.0, 3.0])),
        (names[0], lists([5.0, 7.0])),
        (names[1], lists([0.1, 0.2])),
        (names[2], lists([0.3, 0.4])),
    ];
    let columns = columns.map(|(name, values)| Column {
        name: name.to_owned(),
        unit: String::new(),
        values,
    });
    pellucid_data::parquet::write(path, &Table::new(columns.to_vec()).unwrap()).unwrap();
}

#[test]
fn a_name_of_the_map_is_used_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours.parquet", "theirs.parquet"].map(|name| folder.path().join(name));
    two_jets(&ours, ["part_pt", "part_eta", "part_phi"], "w");
    two_jets(&theirs, ["hard", "along", "around"], "w");
    let read = |files: &[&PathBuf], settings: &str| {
        let settings: DataSettings = pellucid_pipeline::settings::parse(settings).unwrap();
        let files: Vec<PathBuf> = files.iter().map(|file| (*file).clone()).collect();
        let source = Source::open(&files, &settings).map_err(|error| error.to_string())?;
        let notes = source.notes().join("\n");
        let (events, _) = source
            .read_all(&Job::silent())
            .map_err(|error| error.to_string())?;
        Ok::<_, String>((events, notes))
    };
    // The weight of an event, by its own name in the map.
    let (events, _) = read(&[&ours], "[columns]\nweight = 'w'").unwrap();
    assert_eq!(events.weights(), [2.0, 3.0]);
    let (events, _) = read(&[&ours], "").unwrap();
    assert!(events.weights().is_empty());
    for name in ["particle_pt", "weights", "jet_charge", "pt_part"] {
        let message = read(&[&ours], &format!("[columns]\n{name} = 'w'")).unwrap_err();
        assert!(
            message.contains(&format!("`{name}`, which is none of ours")),
            "{message}"
        );
    }
    // One map for files of two writers, of which one has our names.
    let map = "[columns]\npart_pt = 'hard'\npart_eta = 'along'\npart_phi = 'around'";
    let (events, notes) = read(&[&ours, &theirs], map).unwrap();
    assert_eq!(events.len(), 4);
    assert!(
        notes.contains("`part_pt` is read under its own name"),
        "{notes}"
    );
    // What no file has is a mistake, whatever they have besides.
    let message = read(&[&ours], map).unwrap_err();
    assert!(message.contains("no column `along`"), "{message}");
}

#[test]
fn padding_with_nulls_is_padding() {
    let (plain, _) = read("plain.parquet", "").unwrap();
    for name in ["padded.parquet", "records.parquet"] {
        for settings in ["", "skip_bad_rows = true"] {
            let (events, account) = read(name, settings).unwrap();
            assert_eq!(events.inputs, plain.inputs, "{name}");
            assert!(account.bad.is_empty(), "{:?}", account.bad);
            assert_eq!(account.constituents.padding, 8 * 6 - 4 * (3 + 4));
        }
    }
    // Whole numbers beside nulls are the same numbers.
    let pids = |name: &str| {
        let source = Source::open(&[fixture(name)], &DataSettings::default()).unwrap();
        let source = source.telling([Property::Pid]).unwrap();
        source.read_all(&Job::silent()).unwrap().0.jets().unwrap()
    };
    let plain = pids("plain.parquet");
    assert!(
        plain
            .iter()
            .all(|jet| jet.property(Property::Pid).is_some())
    );
    assert_eq!(pids("padded.parquet"), plain);
    assert_eq!(pids("records.parquet"), plain);
}

#[test]
fn labels_that_are_missing_are_no_class() {
    let chosen = "label = 'text'\nsignal = 'top'";
    let message = read("labels.parquet", chosen).unwrap_err();
    for part in ["nothing in row 2", "--skip-bad-rows"] {
        assert!(message.contains(part), "{message}");
    }
    let (events, account) =
        read("labels.parquet", &format!("{chosen}\nskip_bad_rows = true")).unwrap();
    let labels = [true, false, true, false, true, false];
    assert_eq!(events.labels(), labels);
    assert_eq!(account.bad_rows(), 2);
    assert!(
        account.bad[0].kind.contains("names no class"),
        "{account:?}"
    );
    assert!(
        !account.bad[0].first.contains("--skip-bad-rows"),
        "{account:?}"
    );
}

#[test]
fn unsigned_labels_are_called_as_they_are_written() {
    let message = read("labels.parquet", "").unwrap_err();
    assert!(
        message.contains("--signal 18446744073709551615 --background 0"),
        "{message}"
    );
    let (events, _) = read("labels.parquet", "signal = '18446744073709551615'").unwrap();
    assert_eq!(events.labels()[..2], [false, true]);
    let message = read("labels.parquet", "label = 'lists'").unwrap_err();
    assert!(
        message.contains("`lists`") && message.contains("holds lists of texts"),
        "{message}"
    );
}

#[test]
fn columns_of_one_number_in_a_row_are_flat_and_other_entries_are_passed_over() {
    let (plain, _) = read("plain.parquet", "").unwrap();
    let (events, _) = read("archive.npz", "weight = 'w'").unwrap();
    assert_eq!(events.inputs, plain.inputs);
    assert_eq!(events.labels(), plain.labels());
    assert_eq!(events.weights(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
}

/// Jets in CSV with their lists side by side.
fn csv(folder: &Path, name: &str, columns: &str, rows: &[&str]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("{columns}\n{}\n", rows.join("\n"))).unwrap();
    path
}

const WIDE: &str = "pt_0,eta_0,phi_0,pt_1,eta_1,phi_1,label,w,event";

fn all(paths: &[PathBuf], settings: &str) -> Result<(Events, Account), String> {
    let settings: DataSettings = pellucid_pipeline::settings::parse(settings).unwrap();
    let read = || Source::open(paths, &settings)?.read_all(&Job::silent());
    read().map_err(|error| error.to_string())
}

#[test]
fn empty_fields_of_a_table_are_padding_or_rows_that_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let full = ["50,0.1,1,20,0.2,1.1,1,2,7", "60,0,3,0,0,0,0,1,8"];
    let full = csv(folder.path(), "full.csv", WIDE, &full);
    let (expected, _) = all(&[full], "weight = 'w'").unwrap();
    let padded = ["50,0.1,1,20,0.2,1.1,1,2,7", "60,0,3,,NA,,0,1,8"];
    let padded = csv(folder.path(), "padded.csv", WIDE, &padded);
    let (events, account) = all(&[padded], "weight = 'w'").unwrap();
    assert_eq!(events, expected);
    assert_eq!(account.constituents.padding, 1);
    // Elsewhere a row without a number is a bad row, of the label too.
    for (bad, part) in [
        ("60,0,3,0,0,0,0,,8", "nothing in row 2"),
        ("60,0,3,0,0,0,NA,1,8", "NaN in row 2"),
        ("60,0,3,0,0,0,0,1,", "NaN in row 2"),
    ] {
        let rows = ["50,0.1,1,20,0.2,1.1,1,2,7", "60,0,3,0,0,0,0,1,8", bad];
        let path = csv(folder.path(), "bad.csv", WIDE, &rows);
        let message = all(std::slice::from_ref(&path), "weight = 'w'").unwrap_err();
        for part in [part, "--skip-bad-rows"] {
            assert!(message.contains(part), "{message}");
        }
        let (events, account) = all(&[path], "weight = 'w'\nskip_bad_rows = true").unwrap();
        assert_eq!(events, expected);
        assert_eq!(account.bad_rows(), 1);
    }
}

#[test]
fn jets_of_one_event_stay_together_over_files() {
    let folder = tempfile::tempdir().unwrap();
    let jets = |name: &str, rows: &[(i32, &str)]| {
        let rows: Vec<String> = rows
            .iter()
            .map(|(label, event)| format!("60,0,3,20,0.1,3.1,{label},1,{event}"))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        csv(folder.path(), name, WIDE, &rows)
    };
    let first = jets("a.csv", &[(0, "17"), (1, "18"), (0, "19")]);
    // The same numbers, in a column that also has texts.
    let second = jets("b.csv", &[(1, "run2:17"), (0, "18"), (1, "19")]);
    let (events, account) = all(&[first.clone(), second], "").unwrap();
    let groups = events.groups();
    assert_eq!((groups[1], groups[2]), (groups[4], groups[5]));
    assert_ne!(groups[0], groups[3]);
    assert!(
        account
            .lines()
            .iter()
            .any(|line| line.starts_with("2 of 4 events")),
        "{account:?}"
    );
    // Jets that are events of their own are so in every file.
    let third = csv(
        folder.path(),
        "c.csv",
        WIDE.strip_suffix(",event").unwrap(),
        &["60,0,3,20,0.1,3.1,1,1", "60,0,3,20,0.1,3.1,0,1"],
    );
    let (events, account) = all(&[third, first], "").unwrap();
    let mut groups = events.groups().to_vec();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!((groups.len(), account.shared), (5, None));
}

#[test]
fn weights_are_read_where_no_labels_are() {
    let folder = tempfile::tempdir().unwrap();
    let read = |rows: &[&str]| {
        let path = csv(folder.path(), "w.csv", WIDE, rows);
        let settings: DataSettings = pellucid_pipeline::settings::parse("weight = 'w'").unwrap();
        let source = Source::without_truth(&[path], &settings).unwrap();
        source
            .read_all(&Job::silent())
            .map_err(|error| error.to_string())
    };
    let (events, account) = read(&["60,0,3,0,0,0,5,2,1", "60,0,3,0,0,0,5,-1,1"]).unwrap();
    assert_eq!(events.weights(), [2.0, -1.0]);
    let weights = account.weights.unwrap();
    assert_eq!((weights.sums, weights.negative), (vec![1.0], 1));
    assert!((weights.effective[0] - 0.2).abs() < 1e-15);
    let message = read(&["60,0,3,0,0,0,5,2,1", "60,0,3,0,0,0,5,nan,1"]).unwrap_err();
    assert!(
        message.contains("`w`") && message.contains("NaN in row 1"),
        "{message}"
    );
    let message = read(&["60,0,3,0,0,0,5,2,1", "60,0,3,0,0,0,5,-2,1"]).unwrap_err();
    assert!(message.contains("add up to 0"), "{message}");
}

#[test]
fn a_file_without_rows_among_others_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let some = csv(
        folder.path(),
        "a.csv",
        WIDE,
        &["60,0,3,0,0,0,1,2,1", "60,0,3,0,0,0,0,1,1"],
    );
    let empty = csv(folder.path(), "b.csv", WIDE, &[]);
    let source = Source::open(&[empty.clone(), some], &DataSettings::default()).unwrap();
    assert!(
        source.notes()[0].contains("without a row"),
        "{:?}",
        source.notes()
    );
    assert_eq!(source.read_all(&Job::silent()).unwrap().0.len(), 2);
    let message = Source::open(&[empty], &DataSettings::default()).unwrap_err();
    assert!(message.to_string().contains("has no rows"), "{message}");
}
