//! The rows of one table or of several: which files, and which rows of them count.
//!
//! Names, folders and patterns become files as everywhere ([`files`](crate::source::files)),
//! whose rows follow each other. A row with a number that is missing or not finite is an
//! error that names file, row and column, or is left out and counted.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use pellucid_core::{Column, Job, Table, Values};
use pellucid_data::{DataError, NullAt, Selection, npz};
use pellucid_symbolic::SymbolicError;

use super::table::wrong;
use crate::PipelineError;
use crate::source::bad_rows::{self, BadRows};
use crate::source::{SourceError, WAY_OUT, files};

/// What is read of which files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted<'a> {
    /// Names, folders and patterns.
    pub tables: &'a [PathBuf],
    /// These columns, or all of one number per row.
    pub columns: Option<Vec<String>>,
    /// Columns that must be there in any case: a target of text would seem to be missing.
    pub needed: Vec<String>,
    /// Whether rows that cannot be used are left out.
    pub skip: bool,
}

/// The rows of all files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    /// The columns; each number is finite.
    pub table: Table,
    /// The rows of each file.
    pub files: Vec<(Range<usize>, PathBuf)>,
    /// The rows that were left out.
    pub bad: Vec<BadRows>,
}

/// Reads all files; says what is left out.
pub(crate) fn read(wanted: &Wanted<'_>, job: &Job) -> Result<Rows, PipelineError> {
    let asked = files::expand(wanted.tables)?;
    for path in &asked.again {
        job.note(&format!(
            "named more than once, read once: {}",
            path.display()
        ));
    }
    let mut rows = Rows::default();
    let mut texts = BTreeSet::new();
    for path in &asked.paths {
        let one = file(path, wanted, &mut rows.bad, &mut texts)?;
        let first = rows.table.rows();
        let joined = rows.table.append(&one);
        joined.map_err(|error| wrong(path, &error.to_string()))?;
        rows.files.push((first..rows.table.rows(), path.clone()));
    }
    if !texts.is_empty() {
        let names: Vec<&str> = texts.iter().map(String::as_str).collect();
        job.note(&format!(
            "left out, as they hold no single numbers: {}",
            names.join(", ")
        ));
    }
    for bad in &rows.bad {
        job.note(&format!(
            "left out {} rows: {}; the first: {}",
            bad.rows, bad.kind, bad.first
        ));
    }
    Ok(rows)
}

/// The table of an NPZ file that holds a matrix `X` with `names`.
fn matrix(path: &Path) -> Result<Option<Table>, PipelineError> {
    let archive = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npz"));
    // A missing file is told by the reader of other files.
    if archive && path.is_file() {
        return Ok(npz::read_features(path)?);
    }
    Ok(None)
}

/// One file, its columns of one number per row as real numbers, without the rows that
/// cannot be used.
fn file(
    path: &Path,
    wanted: &Wanted<'_>,
    bad: &mut Vec<BadRows>,
    texts: &mut BTreeSet<String>,
) -> Result<Table, PipelineError> {
    let (table, nulls) = match matrix(path)? {
        Some(table) => (of_matrix(path, table, wanted)?, Vec::new()),
        None => columns(path, wanted, texts)?,
    };
    let mut kept = vec![true; table.rows()];
    for null in nulls {
        if std::mem::replace(&mut kept[null.row], false) {
            let kind = format!("no number in `{}`", null.column);
            bad_rows::count(bad, kind, || {
                format!(
                    "{}: column `{}`, row {}",
                    path.display(),
                    null.column,
                    null.row
                )
            });
        }
    }
    let mut numbers = Vec::new();
    for column in table.columns() {
        let values = match &column.values {
            Values::Float(values) => values.clone(),
            Values::Integer(values) => values.iter().map(|&value| value as f64).collect(),
            // Lists and texts are told where they are asked for.
            _ => continue,
        };
        for (row, &value) in values.iter().enumerate() {
            if value.is_finite() || !kept[row] {
                continue;
            }
            let fault = SymbolicError::NotFinite {
                column: column.name.clone(),
                row,
                value,
            };
            if !wanted.skip {
                return Err(wrong(path, &format!("{fault}{WAY_OUT}")));
            }
            kept[row] = false;
            let kind = bad_rows::of_value(&column.name, value);
            bad_rows::count(bad, kind, || {
                format!("{}: column `{}`, row {row}", path.display(), column.name)
            });
        }
        numbers.push(Column {
            values: Values::Float(values),
            ..column.clone()
        });
    }
    let numbers = Table::new(numbers).map_err(|error| wrong(path, &error.to_string()))?;
    if kept.iter().all(|kept| *kept) {
        return Ok(numbers);
    }
    let rows: Vec<usize> = (0..kept.len()).filter(|&row| kept[row]).collect();
    Ok(numbers.select(&rows))
}

/// The columns wanted of a matrix.
fn of_matrix(path: &Path, table: Table, wanted: &Wanted<'_>) -> Result<Table, PipelineError> {
    let Some(names) = &wanted.columns else {
        return Ok(table);
    };
    let column = |name: &String| table.column(name).cloned();
    let chosen: Result<Vec<Column>, _> = names.iter().map(column).collect();
    let chosen = chosen.and_then(Table::new);
    chosen.map_err(|error| wrong(path, &error.to_string()))
}

/// The columns wanted of another file, and its missing numbers if these are no errors.
fn columns(
    path: &Path,
    wanted: &Wanted<'_>,
    texts: &mut BTreeSet<String>,
) -> Result<(Table, Vec<NullAt>), PipelineError> {
    let selection = if let Some(names) = &wanted.columns {
        Selection::of(names.iter().cloned())
    } else {
        if !wanted.needed.is_empty() {
            let needed = Selection::of(wanted.needed.iter().cloned());
            drop(pellucid_data::open(path, &needed.skip_nulls(wanted.skip)).map_err(missing)?);
        }
        let found = pellucid_data::columns(path, &[])?;
        let other = found
            .iter()
            .filter(|found| found.refused.is_some() || found.lists);
        texts.extend(other.map(|found| found.name.clone()));
        Selection::default()
    };
    let mut table = Table::default();
    let mut nulls = Vec::new();
    for batch in pellucid_data::open(path, &selection.skip_nulls(wanted.skip)).map_err(missing)? {
        let batch = batch.map_err(missing)?;
        nulls.extend(batch.nulls.into_iter().map(|null| NullAt {
            row: null.row + batch.first_row,
            ..null
        }));
        let joined = table.append(&batch.table);
        joined.map_err(|error| wrong(path, &error.to_string()))?;
    }
    Ok((table, nulls))
}

/// A number or a column that is missing: there is no map of columns here that could be the
/// remedy.
fn missing(error: DataError) -> PipelineError {
    if let DataError::NotANumber { .. } | DataError::Null { .. } = error {
        return SourceError::Row {
            source: Box::new(error.into()),
        }
        .into();
    }
    let DataError::MissingColumn {
        path,
        column,
        found,
        nearest,
        ..
    } = error
    else {
        return error.into();
    };
    let near = nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    PipelineError::Arrays {
        problem: format!(
            "there is no column `{column}`; it holds {}{near}",
            found.join(", ")
        ),
        path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn of(tables: &[PathBuf], skip: bool) -> Result<Rows, String> {
        let wanted = Wanted {
            tables,
            skip,
            ..Wanted::default()
        };
        read(&wanted, &Job::silent()).map_err(|error| error.to_string())
    }

    fn ranges(rows: &Rows) -> Vec<Range<usize>> {
        rows.files.iter().map(|(range, _)| range.clone()).collect()
    }

    #[test]
    fn the_files_of_a_pattern_are_one_table_in_the_order_of_their_names() {
        // Whole numbers in one file and others in the next are one column.
        let folder = folder(&[("b.csv", "x,y\n3.5,4\n"), ("a.csv", "x,y\n1,2\n2,3\n")]);
        let rows = of(&[folder.path().join("*.csv")], false).unwrap();
        assert_eq!(rows.table.floats("x").unwrap(), [1.0, 2.0, 3.5]);
        assert_eq!(ranges(&rows), [0..2, 2..3]);
    }

    #[test]
    fn bad_rows_are_refused_by_name_or_left_out_and_counted_by_kind() {
        let folder = folder(&[
            ("a.csv", "x,y\n1,2\n,3\n"),
            ("b.csv", "x,y\n3,4\nNA,nan\n5,inf\n6,7\n"),
        ]);
        let tables = [folder.path().join("a.csv"), folder.path().join("b.csv")];
        let said = of(&tables, false).unwrap_err();
        assert!(said.contains("a.csv") && said.contains("row 1"), "{said}");
        let said = of(&tables[1..], false).unwrap_err();
        assert!(said.contains("`NA` in row 1"), "{said}");
        let rows = of(&tables, true).unwrap();
        assert_eq!(rows.table.floats("x").unwrap(), [1.0, 3.0, 6.0]);
        assert_eq!(ranges(&rows), [0..1, 1..3]);
        let told: Vec<(usize, &str)> = rows
            .bad
            .iter()
            .map(|bad| (bad.rows, bad.kind.as_str()))
            .collect();
        assert_eq!(told, [(2, "no number in `x`"), (1, "`y` is infinite")]);
        assert!(rows.bad[0].first.ends_with("a.csv: column `x`, row 1"));
    }
}
