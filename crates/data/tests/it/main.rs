//! The crate against files that other programs wrote, see
//! `tests/fixtures/files/make.py`.

mod bad_files;
mod numpy_files;
mod parquet_files;
mod parquet_writing;

use std::path::PathBuf;

use pellucid_core::{Column, Jagged, Table, Values};

/// Rows of every file that `make.py` writes.
const ROWS: i64 = 23;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/files")
        .join(name)
}

/// Row i holds i - 3.
fn integers() -> Vec<i64> {
    (0..ROWS).map(|i| i - 3).collect()
}

/// Row i holds i - 3.
fn reals() -> Vec<f64> {
    integers().iter().map(|&i| i as f64).collect()
}

/// Row i has i % 4 entries, the j-th being `entry(i, j)`.
fn lists<T>(entry: impl Fn(i64, i64) -> T) -> Jagged<T> {
    (0..ROWS)
        .map(|i| (0..i % 4).map(|j| entry(i, j)).collect::<Vec<_>>())
        .collect()
}

fn real_lists() -> Jagged<f64> {
    lists(|i, j| (i - 3) as f64 + j as f64 / 2.0)
}

fn integer_lists() -> Jagged<i64> {
    lists(|i, j| i - 3 + j)
}

fn column(name: &str, unit: &str, values: Values) -> Column {
    Column {
        name: name.to_owned(),
        unit: unit.to_owned(),
        values,
    }
}

/// The table that most of the files hold.
fn jets() -> Table {
    Table::new(vec![
        column(
            "label",
            "",
            Values::Integer((0..ROWS).map(|i| i % 2).collect()),
        ),
        column("jet_pt", "GeV", Values::Float(reals())),
        column("part_pt", "GeV", Values::FloatLists(real_lists())),
        column("part_pid", "", Values::IntegerLists(integer_lists())),
    ])
    .unwrap()
}

fn says(error: &impl std::fmt::Display, parts: &[&str]) {
    let message = error.to_string();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
    assert!(!message.contains('\n'), "more than one line: {message}");
}
