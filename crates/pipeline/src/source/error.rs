//! What can be wrong with the files, labels, groups and rows of a data set.

use std::path::PathBuf;

use pellucid_core::formula::FormulaError;
use pellucid_core::target::TargetError;
use pellucid_data::DataError;

/// The way out of one bad row.
pub(crate) const WAY_OUT: &str = "; --skip-bad-rows leaves such rows out and counts them";

/// Why files cannot be read as jets with their truth. Rows count from 0 over the
/// whole file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// No file was named.
    #[error("no data file was given; name files, a folder, or a pattern such as 'jets/*.parquet'")]
    NoFiles,
    /// The file to be written is one that is read.
    #[error("`{}` is one of the files that are read and would be lost; choose another --out", .path.display())]
    Overwrites {
        /// The file.
        path: PathBuf,
    },
    /// A pattern or a folder without a file.
    #[error("`{}`: {problem}", .pattern.display())]
    NoMatch {
        /// What was asked for.
        pattern: PathBuf,
        /// What there is instead.
        problem: String,
    },
    /// No column tells the classes.
    #[error(
        "`{}` has no column `label`; it holds {found}. Name the one that tells the classes: \
         --label {} (in settings: [data] label = \"{}\"); \
         or give each file its label: --label NAME=FILES",
        .path.display(), .nearest.as_deref().unwrap_or("NAME"), .nearest.as_deref().unwrap_or("NAME")
    )]
    Unlabelled {
        /// The file.
        path: PathBuf,
        /// The columns of the file.
        found: String,
        /// The one that is most like it.
        nearest: Option<String>,
    },
    /// A column that the user named is not there.
    #[error(
        "`{}` has no column `{name}`, which [data] {setting} names{}; the file holds {found}",
        .path.display(),
        .nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
    )]
    Column {
        /// The file.
        path: PathBuf,
        /// The setting that names it.
        setting: &'static str,
        /// Its name in the file.
        name: String,
        /// The one that is most like it.
        nearest: Option<String>,
        /// The columns of the file.
        found: String,
    },
    /// A selection that cannot be read, or names what is not there.
    #[error("[data] select: {source}")]
    Select {
        /// What is wrong with it.
        source: FormulaError,
    },
    /// A column of `[reweight]` that is none.
    #[error("[reweight] columns: expected {expected}")]
    Reweight {
        /// What would be right.
        expected: String,
    },
    /// A name that is a column in one file and would be computed in another.
    #[error(
        "`{name}` is a column of `{}` but not of `{}`, where it would be computed from the constituents; \
         read files with the column and files without it one after the other",
        .with.display(), .without.display()
    )]
    Mixed {
        /// The name.
        name: String,
        /// A file that has the column.
        with: PathBuf,
        /// One that has not.
        without: PathBuf,
    },
    /// What a selection compares is no number in a row.
    #[error("row {row} of `{}`: `{what}` is not a number, so that [data] select cannot tell whether the row is meant", .path.display())]
    Undefined {
        /// The file.
        path: PathBuf,
        /// The row.
        row: usize,
        /// The column, or what was compared.
        what: String,
    },
    /// A column of groups that holds no keys.
    #[error(
        "column `{column}` of `{}` holds {found}, but the jets of one event are known by an integer or a text per row; \
         name another column, [data] group = \"NAME\", or let each jet be an event of its own, [data] group = \"\"",
        .path.display()
    )]
    GroupKind {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// What it holds.
        found: &'static str,
    },
    /// A key of a group that is no key.
    #[error(
        "column `{column}` of `{}` holds {found} in row {row}, but the jets of one event are known by a whole number or a text; \
         name another column, [data] group = \"NAME\", or let each jet be an event of its own, [data] group = \"\"",
        .path.display()
    )]
    Group {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// The number.
        found: f64,
    },
    /// A label that names no class.
    #[error(
        "column `{column}` of `{}` holds {found} in row {row}, expected a class: a whole number or a text",
        .path.display()
    )]
    Label {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// What it holds.
        found: String,
    },
    /// A value that is none of the categories.
    #[error(
        "column `{column}` of `{}` holds `{found}` in row {row}, expected one of its categories: {known}",
        .path.display()
    )]
    Category {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// What it holds.
        found: String,
        /// The categories.
        known: String,
    },
    /// A list that has not the length that it should.
    #[error(
        "column `{column}` of `{}` has a list of {found} numbers in row {row}, expected {expected}",
        .path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// Its length.
        found: usize,
        /// What was expected.
        expected: String,
    },
    /// An edge to a node that is not there.
    #[error(
        "column `{column}` of `{}` names the node {found} in row {row}, entry {entry}, expected one of the {nodes} nodes of \
         that event, counted from 0",
        .path.display()
    )]
    Edge {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// The place in its list.
        entry: usize,
        /// The node named.
        found: i64,
        /// How many there are.
        nodes: i64,
    },
    /// Columns of which one should be 1 and the others 0.
    #[error(
        "row {row} of `{}` belongs to {found} of the classes {classes}; expected one column of 1 and the others 0",
        .path.display()
    )]
    OneHot {
        /// The file.
        path: PathBuf,
        /// The row.
        row: usize,
        /// How many columns are 1, or the number that is neither 0 nor 1.
        found: String,
        /// The classes.
        classes: String,
    },
    /// Classes whose order nobody gave, or that are not those named.
    #[error(
        "`{}` tells the classes {}; {}",
        .path.display(), .met.join(", "),
        if .named.is_empty() {
            format!(
                "give their order, that of the model's outputs and of two the signal last: --classes {} (in settings: \
                 [data] classes = [\"{}\"]), or choose two: --signal {} --background {}",
                .met.join(","), .met.join("\", \""), .met.last().map_or("NAME", String::as_str),
                .met.first().map_or("NAME", String::as_str)
            )
        } else {
            format!("{found} is not one of the classes named: {}", .named.join(", "))
        }
    )]
    Classes {
        /// A file.
        path: PathBuf,
        /// What fits to no class.
        found: String,
        /// The labels met.
        met: Vec<String>,
        /// The classes named.
        named: Vec<String>,
    },
    /// Files whose other columns differ.
    #[error("the files have different columns: {source}")]
    Columns {
        /// How they differ.
        source: pellucid_core::table::TableError,
    },
    /// Labels that look like values.
    #[error(
        "column `{column}` of `{}` holds {found} in row {row}, expected a class: a whole number or a text; if it is a value \
         that the model is to give, name it so: --value {column} (in settings: [data] target = \"{column}\")",
        .path.display()
    )]
    Fraction {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// The row.
        row: usize,
        /// What it holds.
        found: String,
    },
    /// Classes of which none is known to be the signal.
    #[error(
        "{place} tells the classes {}{met}; say which is the signal and which the background: \
         --signal {} --background {} (in settings: [data] signal = \"{}\", background = \"{}\")",
        .classes.join(", "), .pair[0], .pair[1], .pair[0], .pair[1]
    )]
    Choose {
        /// The column, or the labels of files.
        place: String,
        /// The classes found.
        classes: Vec<String>,
        /// Where one was met that nobody said the meaning of.
        met: String,
        /// Two of them.
        pair: [String; 2],
    },
    /// A class was chosen that there is not.
    #[error(
        "no jet belongs to the class `{class}`{}; the classes found are {}",
        .nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default(),
        .classes.join(", ")
    )]
    UnknownClass {
        /// The class asked for.
        class: String,
        /// The one that is most like it.
        nearest: Option<String>,
        /// The classes there are.
        classes: Vec<String>,
    },
    /// A file without a label of its own, or with two.
    #[error(
        "`{}` is named by {} of the labels {labels}; each file needs one --label NAME=FILES",
        .path.display(), if *.found == 0 { "none" } else { "several" }
    )]
    FileLabel {
        /// The file.
        path: PathBuf,
        /// How many labels name it.
        found: usize,
        /// All labels.
        labels: String,
    },
    /// All jets are of one class.
    #[error(
        "all {jets} jets are {class} (labels: {}); expected jets of two classes, give files with both \
         (`pellucid inputs --no-labels` needs none){selected}",
        .found.join(", ")
    )]
    OneClass {
        /// Signal or background.
        class: String,
        /// Their labels in the files.
        found: Vec<String>,
        /// The number of jets.
        jets: usize,
        /// What a selection left out, if there is one.
        selected: String,
    },
    /// No jet is left.
    #[error("no jet is left of {rows} rows: {why}")]
    Nothing {
        /// The rows read.
        rows: usize,
        /// What became of them.
        why: String,
    },
    /// A file that cannot be read, or a column of another kind.
    #[error(transparent)]
    Data(DataError),
    /// A row that cannot be used.
    #[error("{source}{WAY_OUT}")]
    Row {
        /// What is wrong with it.
        source: Box<SourceError>,
    },
    /// Weights that add up to nothing.
    #[error("{source}; [data] weight = \"{column}\" names their column")]
    Weights {
        /// The column.
        column: String,
        /// What is wrong.
        source: TargetError,
    },
}

impl SourceError {
    /// The error of a row that could be left out.
    pub(super) fn of_a_row(self) -> Self {
        Self::Row {
            source: Box::new(self),
        }
    }

    /// The error of a file: one of a row that could be left out says so.
    pub(crate) fn of_data(error: DataError) -> Self {
        if error.of_a_row() {
            Self::Data(error).of_a_row()
        } else {
            Self::Data(error)
        }
    }
}

impl From<DataError> for SourceError {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}
