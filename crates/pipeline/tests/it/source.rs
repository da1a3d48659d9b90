//! The one source of jets on files as other programs write them.

use std::path::{Path, PathBuf};

use pellucid_core::Job;
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
