//! The one source of jets on files as other programs write them.

use std::path::{Path, PathBuf};

use pellucid_core::{Column, Job, Table, Values};
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
        read("nulls.parquet", settings).unwrap().0.jets,
        read("nulls.parquet", "skip_bad_rows = true")
            .unwrap()
            .0
            .jets
    );
}

/// Two jets of one file by these columns, with a label and a number.
fn two_jets(path: &Path, names: [&str; 3], number: &str) {
    let lists = |values: [f64; 2]| Values::FloatLists([vec![values[0]], vec![values[1]]].into_iter().collect());
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
        let (events, _) = source.read_all(&Job::silent()).map_err(|error| error.to_string())?;
        Ok::<_, String>((events, notes))
    };
    // The weight of an event, by its own name in the map.
    let (events, _) = read(&[&ours], "[columns]\nweight = 'w'").unwrap();
    assert_eq!(events.weights(), [2.0, 3.0]);
    let (events, _) = read(&[&ours], "").unwrap();
    assert!(events.weights().is_empty());
    for name in ["particle_pt", "weights", "jet_charge", "pt_part"] {
        let message = read(&[&ours], &format!("[columns]\n{name} = 'w'")).unwrap_err();
        assert!(message.contains(&format!("`{name}`, which is none of ours")), "{message}");
    }
    // One map for files of two writers, of which one has our names.
    let map = "[columns]\npart_pt = 'hard'\npart_eta = 'along'\npart_phi = 'around'";
    let (events, notes) = read(&[&ours, &theirs], map).unwrap();
    assert_eq!(events.len(), 4);
    assert!(notes.contains("`part_pt` is read under its own name"), "{notes}");
    // What no file has is a mistake, whatever they have besides.
    let message = read(&[&ours], map).unwrap_err();
    assert!(message.contains("`around`"), "{message}");
}
