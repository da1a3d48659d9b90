//! What physics asks of numbers, checked batch by batch before they are used.
//!
//! Each check takes the file's path and the place of the batch's first row, so
//! that its error names the row of the file.

use std::path::Path;

use pellucid_core::table::TableError;
use pellucid_core::{Table, Values};

use crate::error::DataError;

/// The lists of all these columns must have the same lengths, row by row.
pub fn check_equal_lengths<N: AsRef<str>>(
    path: &Path,
    table: &Table,
    first_row: usize,
    columns: &[N],
) -> Result<(), DataError> {
    let mut first: Option<(&str, &[usize])> = None;
    for name in columns {
        let name = name.as_ref();
        let offsets = match &column(path, table, name)? {
            Values::FloatLists(lists) => lists.offsets(),
            Values::IntegerLists(lists) => lists.offsets(),
            other => {
                let expected = "a list of numbers per row";
                let found = other.kind();
                let source = TableError::Kind {
                    name: name.to_owned(),
                    expected,
                    found,
                };
                return Err(DataError::Table {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let Some((other, expected)) = first else {
            first = Some((name, offsets));
            continue;
        };
        // Rows before the first difference are alike, so its offsets differ at
        // the end of the row that is at fault.
        let differs = |(a, b): (&usize, &usize)| a != b;
        if let Some(end) = expected.iter().zip(offsets).position(differs) {
            return Err(DataError::Lengths {
                path: path.to_owned(),
                row: first_row + end - 1,
                first: other.to_owned(),
                first_len: expected[end] - expected[end - 1],
                second: name.to_owned(),
                second_len: offsets[end] - offsets[end - 1],
            });
        }
    }
    Ok(())
}

/// No number of these columns may be infinite or not a number.
pub fn check_finite<N: AsRef<str>>(
    path: &Path,
    table: &Table,
    first_row: usize,
    columns: &[N],
) -> Result<(), DataError> {
    check_each(
        path,
        table,
        first_row,
        columns,
        "a finite number",
        f64::is_finite,
    )
}

/// Every number of these columns must be finite and zero or above, as momenta,
/// energies and masses are.
pub fn check_not_negative<N: AsRef<str>>(
    path: &Path,
    table: &Table,
    first_row: usize,
    columns: &[N],
) -> Result<(), DataError> {
    let sound = |x: f64| x.is_finite() && x >= 0.0;
    check_each(
        path,
        table,
        first_row,
        columns,
        "a finite number, zero or above",
        sound,
    )
}

/// Every label must be 0 or 1; returns how many rows have each.
pub fn check_binary_labels(
    path: &Path,
    table: &Table,
    first_row: usize,
    label: &str,
) -> Result<[usize; 2], DataError> {
    let values = table.floats(label).map_err(|source| DataError::Table {
        path: path.to_owned(),
        source,
    })?;
    let binary = |x: f64| x == 0.0 || x == 1.0;
    check_each(path, table, first_row, &[label], "a label, 0 or 1", binary)?;
    let ones = values.iter().filter(|&&x| x == 1.0).count();
    Ok([values.len() - ones, ones])
}

/// Both labels must appear; takes the counts of all batches together.
pub fn check_both_classes(path: &Path, label: &str, rows: [usize; 2]) -> Result<(), DataError> {
    let found = match rows {
        [_, 0] => 0,
        [0, _] => 1,
        _ => return Ok(()),
    };
    Err(DataError::OneClass {
        path: path.to_owned(),
        column: label.to_owned(),
        found,
        rows: rows[0] + rows[1],
    })
}

fn column<'a>(path: &Path, table: &'a Table, name: &str) -> Result<&'a Values, DataError> {
    match table.column(name) {
        Ok(column) => Ok(&column.values),
        Err(source) => Err(DataError::Table {
            path: path.to_owned(),
            source,
        }),
    }
}

fn check_each<N: AsRef<str>>(
    path: &Path,
    table: &Table,
    first_row: usize,
    columns: &[N],
    expected: &'static str,
    sound: impl Fn(f64) -> bool,
) -> Result<(), DataError> {
    for name in columns {
        let name = name.as_ref();
        let fault = match column(path, table, name)? {
            Values::Float(values) => values
                .iter()
                .position(|&x| !sound(x))
                .map(|row| (row, None, values[row])),
            Values::Integer(values) => values
                .iter()
                .position(|&x| !sound(x as f64))
                .map(|row| (row, None, values[row] as f64)),
            Values::FloatLists(lists) => {
                in_lists(lists.offsets(), lists.values().iter().copied(), &sound)
            }
            Values::IntegerLists(lists) => in_lists(
                lists.offsets(),
                lists.values().iter().map(|&x| x as f64),
                &sound,
            ),
            Values::Text(_) => {
                return Err(DataError::Kind {
                    path: path.to_owned(),
                    column: name.to_owned(),
                    found: "text".to_owned(),
                });
            }
        };
        if let Some((row, entry, found)) = fault {
            return Err(DataError::Value {
                path: path.to_owned(),
                column: name.to_owned(),
                row: first_row + row,
                entry,
                found,
                expected,
            });
        }
    }
    Ok(())
}

/// The first unsound entry: its row, its place in the row, and its value.
fn in_lists(
    offsets: &[usize],
    values: impl Iterator<Item = f64>,
    sound: impl Fn(f64) -> bool,
) -> Option<(usize, Option<usize>, f64)> {
    let (index, value) = values.enumerate().find(|&(_, value)| !sound(value))?;
    let row = offsets.partition_point(|&offset| offset <= index) - 1;
    Some((row, Some(index - offsets[row]), value))
}

#[cfg(test)]
mod tests {
    use pellucid_core::Column;

    use super::*;

    fn table(columns: &[(&str, Values)]) -> Table {
        let column = |(name, values): &(&str, Values)| Column {
            name: (*name).to_owned(),
            unit: String::new(),
            values: values.clone(),
        };
        Table::new(columns.iter().map(column).collect()).unwrap()
    }

    fn path() -> &'static Path {
        Path::new("jets.parquet")
    }

    fn says(result: Result<impl std::fmt::Debug, DataError>, parts: &[&str]) {
        let message = result.unwrap_err().to_string();
        for part in parts {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn lists_of_different_lengths_are_named_with_row_and_lengths() {
        let pt = [vec![1.0], vec![2.0, 3.0], vec![]].into_iter().collect();
        let id = [vec![1], vec![2], vec![3]].into_iter().collect();
        let table = table(&[
            ("part_pt", Values::FloatLists(pt)),
            ("part_pid", Values::IntegerLists(id)),
            ("label", Values::Integer(vec![0, 0, 0])),
        ]);
        let check = |columns: &[&str]| check_equal_lengths(path(), &table, 100, columns);
        assert!(check(&["part_pt", "part_pt"]).is_ok());
        says(
            check(&["part_pt", "part_pid"]),
            &[
                "row 101",
                "`part_pt` has 2",
                "`part_pid` has 1",
                "jets.parquet",
            ],
        );
        says(check(&["label"]), &["label", "integers"]);
        says(check(&["part_m"]), &["part_m", "part_pt, part_pid, label"]);
    }

    #[test]
    fn a_number_that_is_not_finite_or_negative_is_named_with_its_place() {
        let pt = [vec![], vec![1.0, 2.0], vec![3.0, -0.5]]
            .into_iter()
            .collect();
        let table = table(&[
            ("part_pt", Values::FloatLists(pt)),
            ("jet_pt", Values::Float(vec![1.0, f64::NAN, 2.0])),
            ("n", Values::Integer(vec![1, 2, -3])),
        ]);
        assert!(check_finite(path(), &table, 10, &["part_pt", "n"]).is_ok());
        says(
            check_finite(path(), &table, 10, &["jet_pt"]),
            &["`jet_pt`", "row 11", "NaN"],
        );
        says(
            check_not_negative(path(), &table, 10, &["part_pt"]),
            &["`part_pt`", "-0.5", "row 12 (entry 1 of its list)"],
        );
        says(
            check_not_negative(path(), &table, 10, &["n"]),
            &["`n`", "-3", "row 12,"],
        );
    }

    #[test]
    fn labels_are_counted_and_others_than_0_and_1_refused() {
        let labels = table(&[("label", Values::Integer(vec![0, 1, 1]))]);
        assert_eq!(
            check_binary_labels(path(), &labels, 0, "label").unwrap(),
            [1, 2]
        );
        let labels = table(&[("label", Values::Float(vec![0.0, 2.0]))]);
        says(
            check_binary_labels(path(), &labels, 7, "label"),
            &["`label`", "2", "row 8", "0 or 1"],
        );
    }

    #[test]
    fn one_class_alone_is_refused() {
        assert!(check_both_classes(path(), "label", [1, 2]).is_ok());
        says(
            check_both_classes(path(), "label", [5, 0]),
            &["all 5 rows", "`label` = 0"],
        );
        says(
            check_both_classes(path(), "label", [0, 4]),
            &["all 4 rows", "`label` = 1"],
        );
    }
}
