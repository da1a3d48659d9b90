//! What can be wrong with a file, in sentences for the person who chose it.

use std::io;
use std::path::{Path, PathBuf};

use pellucid_core::table::TableError;

use crate::format::says_nothing;

/// Why a data file cannot be used. Every variant names the file; rows are
/// counted from 0 over the whole file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Nothing of that name.
    #[error("there is no file `{}`; check the path", .path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// A directory, device or pipe.
    #[error("`{}` is {found}, expected a data file; name the file itself", .path.display())]
    NotAFile {
        /// The path asked for.
        path: PathBuf,
        /// What is there instead.
        found: &'static str,
    },
    /// The system refuses to read the file.
    #[error("cannot read `{}`: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file has no bytes.
    #[error("`{}` is empty (0 bytes); was it written to the end?", .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file's name promises a format that its first bytes do not keep.
    #[error("`{}` is not a {expected} file: it starts with {found}; give it the extension of its real format, or write it again", .path.display())]
    NotFormat {
        /// The file.
        path: PathBuf,
        /// The format its name promises.
        expected: &'static str,
        /// Its first bytes.
        found: String,
    },
    /// Neither content nor name tell a format we read.
    #[error("cannot tell the format of `{}`: it starts with {found}; the formats read are {}", .path.display(), .known.join(", "))]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// Its first bytes.
        found: String,
        /// The formats read, each with its extensions.
        known: Vec<String>,
    },
    /// The end of the file is missing.
    #[error("`{}` is cut short: a {format} file ends with {expected}; copy or write it again", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: &'static str,
        /// How such a file ends.
        expected: &'static str,
    },
    /// The bytes contradict the format, or use a part of it that is not read.
    #[error("cannot read `{}` as {format}: {reason}; if the file is damaged, copy or write it again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: &'static str,
        /// What was found.
        reason: String,
    },
    /// A sound file without a row.
    #[error("`{}` has no rows; expected at least one", .path.display())]
    NoRows {
        /// The file.
        path: PathBuf,
    },
    /// A table of text whose first line names no columns.
    #[error("the first line of `{}` begins with `{found}`, expected the names of its columns; write a line of names before \
             the numbers, without `#` (for NumPy's savetxt, `header='pt,eta'` and `comments=''`)", .path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Its first field.
        found: String,
    },
    /// No column can be read, or none was asked for.
    #[error("no column of numbers to read from `{}`; it holds {}", .path.display(), list(.found))]
    NoColumns {
        /// The file.
        path: PathBuf,
        /// The columns of the file.
        found: Vec<String>,
    },
    /// A needed column is not in the file.
    #[error("`{}` has no column `{file_name}`{}; it holds {}{}", .path.display(), needed(.column, .file_name), list(.found), advice(.column, .nearest.as_deref()))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The canonical name.
        column: String,
        /// The name looked for in the file, according to the column map.
        file_name: String,
        /// The columns of the file.
        found: Vec<String>,
        /// The most similar one, if any is similar.
        nearest: Option<String>,
    },
    /// Two columns of the file have the same name.
    #[error("`{}` has more than one column `{column}`; rename one of them", .path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The name.
        column: String,
    },
    /// A needed column does not hold numbers or lists of numbers.
    #[error("column `{column}` of `{}` holds {found}, expected a number or a list of numbers per row (of labels and events a text may be)", .path.display())]
    Kind {
        /// The file.
        path: PathBuf,
        /// The column's name in the file.
        column: String,
        /// What it holds.
        found: String,
    },
    /// A column is compressed in a way that is not read.
    #[error("column `{column}` of `{}` is compressed with {found}, expected {expected}; write the file again with one of these", .path.display())]
    Compression {
        /// The file.
        path: PathBuf,
        /// The column's name in the file.
        column: String,
        /// Its compression.
        found: String,
        /// What is read.
        expected: &'static str,
    },
    /// A null where a number is needed.
    #[error("column `{column}` of `{}` holds a null in row {row}, expected a number{}; fill or drop such rows before", .path.display(), in_list(*.entry))]
    Null {
        /// The file.
        path: PathBuf,
        /// The column's name in the file.
        column: String,
        /// The row.
        row: usize,
        /// The place in the row's list, if it is an entry of a list.
        entry: Option<usize>,
    },
    /// An unsigned integer beyond the largest `i64`.
    #[error("column `{column}` of `{}` holds {found} in row {row}, expected integers up to {}", .path.display(), i64::MAX)]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The column's name in the file.
        column: String,
        /// The row.
        row: usize,
        /// The number.
        found: u64,
    },
    /// A field of a text file is no number.
    #[error("column `{column}` of `{}` holds {} in row {row} (line {line}), expected a number such as 12, -0.5 or 1.5e3", .path.display(), quoted(.found))]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// The column's name in the file.
        column: String,
        /// The row.
        row: usize,
        /// The line of the file, counted from 1.
        line: u64,
        /// The text of the field.
        found: String,
    },
    /// A line of a text file has too few or too many fields.
    #[error("row {row} (line {line}) of `{}` has {found} fields, expected {expected} as in its header", .path.display())]
    Fields {
        /// The file.
        path: PathBuf,
        /// The row.
        row: usize,
        /// The line of the file, counted from 1.
        line: u64,
        /// The number of names in the header.
        expected: u64,
        /// The number of fields in the line.
        found: u64,
    },
    /// Two columns of an NPZ file disagree on the number of rows or entries.
    #[error("array `{array}` of `{}` has {found} numbers, expected {expected}", .path.display())]
    ArrayLength {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// Its length.
        found: usize,
        /// The lengths that would fit, and why.
        expected: String,
    },
    /// Rows written to an NPZ file are of another kind than those before them.
    #[error("cannot add {found} to the array `{array}` of `{}`, expected {expected}", .path.display())]
    NotContinued {
        /// The file.
        path: PathBuf,
        /// The array.
        array: String,
        /// Type and shape of the rows before.
        expected: String,
        /// Type and shape of the further rows.
        found: String,
    },
    /// The `offsets` of an NPZ file do not describe lists.
    #[error("array `offsets` of `{}` does not describe lists: {reason}; row i is the entries offsets[i] to offsets[i + 1]", .path.display())]
    Offsets {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Numbers of particles that are not as many as their names.
    #[error("in row {row} of `{}`, `{column}` has {found} numbers, expected {expected} for each particle, one for each \
             name given; name all numbers of a particle, in their order", .path.display())]
    Parts {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// How many numbers there are, of the row or of the first particle that has others.
        found: usize,
        /// How many names were given.
        expected: usize,
    },
    /// A number that the computation cannot use.
    #[error("column `{column}` of `{}` holds {found} in row {row}{}, expected {expected}", .path.display(), in_list(*.entry))]
    Value {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// The place in the row's list, if it is an entry of a list.
        entry: Option<usize>,
        /// The number.
        found: f64,
        /// What would do.
        expected: &'static str,
    },
    /// A column is not what a computation needs.
    #[error("`{}`: {source}", .path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: TableError,
    },
    /// Batches of no rows were asked for.
    #[error("cannot read `{}` in batches of 0 rows; set `batch_rows` to 1 or more", .path.display())]
    BatchRows {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written; nothing of it was left behind.
    #[error("cannot write `{}`: {source}; check that its folder exists and may be written to", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl DataError {
    /// Whether it is about one row, which can be left out.
    pub fn of_a_row(&self) -> bool {
        match self {
            Self::Null { .. } | Self::Value { .. } => true,
            Self::NotANumber { found, .. } => says_nothing(found),
            _ => false,
        }
    }

    /// The file the error is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path }
            | Self::NotAFile { path, .. }
            | Self::Unreadable { path, .. }
            | Self::Empty { path }
            | Self::NotFormat { path, .. }
            | Self::UnknownFormat { path, .. }
            | Self::Truncated { path, .. }
            | Self::Damaged { path, .. }
            | Self::NoRows { path }
            | Self::Header { path, .. }
            | Self::NoColumns { path, .. }
            | Self::MissingColumn { path, .. }
            | Self::Twice { path, .. }
            | Self::Kind { path, .. }
            | Self::Compression { path, .. }
            | Self::Null { path, .. }
            | Self::TooLarge { path, .. }
            | Self::NotANumber { path, .. }
            | Self::Fields { path, .. }
            | Self::ArrayLength { path, .. }
            | Self::NotContinued { path, .. }
            | Self::Offsets { path, .. }
            | Self::Parts { path, .. }
            | Self::Value { path, .. }
            | Self::Table { path, .. }
            | Self::BatchRows { path }
            | Self::Unwritable { path, .. } => path,
        }
    }
}

/// Names in a sentence. A file of an experiment may have thousands of columns;
/// the first ones tell which kind of file it is.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 40;
    match names {
        [] => "no columns".to_owned(),
        names if names.len() > SHOWN => {
            format!(
                "{} and {} more",
                names[..SHOWN].join(", "),
                names.len() - SHOWN
            )
        }
        names => names.join(", "),
    }
}

fn needed(column: &str, file_name: &str) -> String {
    if column == file_name {
        String::new()
    } else {
        format!(" (mapped to `{column}`)")
    }
}

fn advice(column: &str, nearest: Option<&str>) -> String {
    let map = |name: &str| {
        format!("--columns {column}={name}, or in settings [data.columns] {column} = \"{name}\"")
    };
    match nearest {
        Some(name) => format!("; did you mean `{name}`? Then map it: {}", map(name)),
        None => format!(
            "; if the file has it under another name, map it: {}",
            map("NAME")
        ),
    }
}

fn in_list(entry: Option<usize>) -> String {
    entry
        .map(|entry| format!(" (entry {entry} of its list)"))
        .unwrap_or_default()
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "nothing".to_owned()
    } else {
        format!("`{text}`")
    }
}
