//! Whatever a user may name as a file gives one sentence, never a panic.

use std::fs;
use std::path::Path;

use pellucid_data::{DataError, Selection, npz, open, read};

use crate::{fixture, says};

fn refused(path: &Path, parts: &[&str]) {
    let error = open(path, &Selection::default()).unwrap_err();
    assert_eq!(error.path(), path);
    says(&error, &[&path.display().to_string()]);
    says(&error, parts);
}

#[test]
fn paths_that_are_no_file_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    refused(&folder.path().join("jets.parquet"), &["there is no file"]);
    refused(folder.path(), &["is a directory"]);
    #[cfg(unix)]
    refused(Path::new("/dev/null"), &["a device or pipe"]);
    let inside = folder.path().join("file");
    fs::write(&inside, "x").unwrap();
    refused(&inside.join("jets.parquet"), &["cannot read"]);
}

#[test]
fn files_that_are_not_what_their_name_says_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, parts) in [
        ("a.parquet", "", vec!["is empty (0 bytes)"]),
        (
            "b.parquet",
            "label,pt\n1,2\n",
            vec!["not a Parquet file", "starts with `label,pt`"],
        ),
        (
            "c.parquet",
            "PAR1",
            vec!["is cut short", "ends with `PAR1`"],
        ),
        (
            "d.parquet",
            "PAR1 and much more than twelve bytes",
            vec!["is cut short"],
        ),
        ("e.parquet", "PAR1xxxxxxxxxxxxPARE", vec!["encrypted"]),
        (
            "f.parquet",
            "PAR1xxxxxxxx\x7f\x7f\x7f\x7fPAR1",
            vec!["cannot read", "as Parquet"],
        ),
        (
            "g.npz",
            "PK\x03\x04 and no more",
            vec!["cannot read", "as NPZ"],
        ),
        ("h.npz", "something", vec!["not a NPZ file"]),
        (
            "i.root",
            "root....",
            vec!["a ROOT file", "Parquet (.parquet, .pq), NPZ (.npz), CSV"],
        ),
        (
            "j",
            "jets",
            vec!["cannot tell the format", "starts with `jets`"],
        ),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        refused(&path, &parts);
    }
    let hidden = folder.path().join("jets.npz");
    fs::copy(fixture("numpy_single.npy"), &hidden).unwrap();
    refused(&hidden, &["a single NumPy array", "np.savez"]);
    says(
        &npz::read_arrays(&hidden).unwrap_err(),
        &["not a NPZ file", "np.savez"],
    );
}

#[test]
fn content_decides_against_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jets.csv");
    fs::copy(fixture("awkward.parquet"), &path).unwrap();
    assert_eq!(read(&path, &Selection::default()).unwrap(), crate::jets());
}

#[test]
fn a_file_without_rows_is_refused() {
    refused(&fixture("no_rows.parquet"), &["has no rows"]);
}

#[test]
fn a_missing_column_lists_those_there_are() {
    let error = open(&fixture("awkward.parquet"), &Selection::of(["parts_pt"])).unwrap_err();
    says(
        &error,
        &[
            "`parts_pt`",
            "label, jet_pt, part_pt, part_pid",
            "[data.columns] parts_pt = \"part_pt\"",
        ],
    );
    assert!(
        open(
            &fixture("awkward.parquet"),
            &Selection::of(["label"]).optional(["x"])
        )
        .is_ok()
    );
}

#[test]
fn batches_of_no_rows_are_refused() {
    let error = open(
        &fixture("awkward.parquet"),
        &Selection::default().batch_rows(0),
    )
    .unwrap_err();
    assert!(matches!(error, DataError::BatchRows { .. }));
}

#[test]
fn files_cut_anywhere_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["awkward.parquet", "numpy_columns_compressed.npz"] {
        let bytes = fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        for length in (0..bytes.len()).step_by(7) {
            fs::write(&path, &bytes[..length]).unwrap();
            let error = read(&path, &Selection::default()).unwrap_err();
            says(&error, &[name]);
        }
    }
}

#[test]
fn a_changed_byte_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "pyarrow_snappy.parquet",
        "pyarrow_pages_v2.parquet",
        "awkward.parquet",
        "numpy_columns.npz",
    ] {
        let bytes = fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        // Every fifth byte: a second in place of ten.
        for place in (0..bytes.len()).step_by(5) {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << (place % 8);
            fs::write(&path, &changed).unwrap();
            // Numbers without a checksum may read as other numbers.
            let _ = read(&path, &Selection::default());
        }
    }
}
