//! What can be wrong with jets or with the settings of an observable.

use pellucid_core::table::TableError;

/// Why jets were refused or an observable could not be set up. Rows count from
/// 0 at the first row of the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ObservableError {
    /// A column is missing or holds something else.
    #[error(transparent)]
    Table(#[from] TableError),
    /// None of the columns that could give a quantity is there.
    #[error(
        "no column gives {quantity}: expected {expected}, or one of another name with \
         `--columns {column}=NAME` ([data.columns] in settings); the columns found are {}", list(.found)
    )]
    Columns {
        /// Our name of it.
        column: &'static str,
        /// What is missing.
        quantity: &'static str,
        /// The columns that would do.
        expected: &'static str,
        /// The columns there are.
        found: Vec<String>,
    },
    /// The momenta could be read in two ways.
    #[error("the momenta could be read as {first} or as {second}; say which with `--convention`")]
    Ambiguous {
        /// One convention with its columns.
        first: String,
        /// The other.
        second: String,
    },
    /// No group of columns gives the momenta of particles.
    #[error("no columns give the momenta of the particles: {missing}; the columns found are {}; \
             columns of other names are mapped with `--columns part_pt=NAME,…` or [data.columns] in \
             settings", list(.found))]
    Momenta {
        /// What would do.
        missing: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// Several groups of columns give momenta.
    #[error(
        "the momenta could be read from {first} or from {second}; name one column of those that are \
         meant, as in `--columns {column}={name}` or [data.columns] {column} = \"{name}\" in settings"
    )]
    Groups {
        /// The columns of one group.
        first: String,
        /// Those of another.
        second: String,
        /// One of our names that would tell.
        column: &'static str,
        /// A column of the first group.
        name: String,
    },
    /// A column that may hold a mass or another needed number, but does not tell.
    #[error("column `{column}` {problem}; {advice}")]
    Unclear {
        /// The column.
        column: String,
        /// What is not clear.
        problem: String,
        /// How to say it.
        advice: String,
    },
    /// A column map names a column that we do not have.
    #[error(
        "the column map gives a name for `{name}`, which is none of ours; the nearest is `{}`",
        crate::jets::vocabulary::nearest_of_ours(.name)
    )]
    NotOurs {
        /// The name on our side of the map.
        name: String,
    },
    /// A column map names a column that the file does not have.
    #[error(
        "the column map gives `{theirs}` for `{ours}`, but the file has no such column; it has {}",
        list(.found)
    )]
    NotThere {
        /// Our name.
        ours: String,
        /// The name looked for in the file.
        theirs: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// A file gives a mass and an energy for a particle, which differ.
    #[error(
        "row {row} (counted from 0), entry {entry}: by `{mass}` the energy is {expected} GeV, `{energy}` \
         says {found}; say with `--convention {}` or `--convention {}` which of the two is right",
        .conventions[0], .conventions[1]
    )]
    Disagree {
        /// The row in the file.
        row: usize,
        /// The place in the row's lists.
        entry: usize,
        /// The column of masses.
        mass: String,
        /// The column of energies.
        energy: String,
        /// The energy of the file.
        found: f64,
        /// The energy by momentum and mass.
        expected: f64,
        /// How to read the masses, and the energies.
        conventions: [crate::jets::vocabulary::Convention; 2],
    },
    /// A particle that is flagged as two kinds.
    #[error(
        "row {row} (counted from 0), entry {entry}: `{first}` and `{second}` are both 1, expected one \
         kind for each particle"
    )]
    Flags {
        /// The row in the file.
        row: usize,
        /// The place in the row's lists.
        entry: usize,
        /// One flag.
        first: String,
        /// Another.
        second: String,
    },
    /// Two lists of one jet have different lengths.
    #[error(
        "row {row} (counted from 0): `{first}` lists {first_length} constituents, `{second}` {second_length}; \
         they must be as many"
    )]
    Lengths {
        /// The row in the file.
        row: usize,
        /// One column.
        first: String,
        /// The length of its list.
        first_length: usize,
        /// The other column.
        second: String,
        /// The length of its list.
        second_length: usize,
    },
    /// A jet without constituents.
    #[error(
        "row {row} (counted from 0): `{column}` is empty; a jet needs at least one constituent"
    )]
    Empty {
        /// The row in the file.
        row: usize,
        /// The column with the empty list.
        column: String,
    },
    /// A number that no jet can have.
    #[error(
        "row {row} (counted from 0), column `{column}`{}: found {value}, expected {expected}",
        .entry.map(|entry| format!(", entry {entry}")).unwrap_or_default()
    )]
    Value {
        /// The row in the file.
        row: usize,
        /// The column.
        column: String,
        /// The place in the row's list, if the column holds lists.
        entry: Option<usize>,
        /// The number.
        value: f64,
        /// What it should have been.
        expected: &'static str,
    },
    /// No observable of that name.
    #[error("no observable is called `{name}`; the nearest is `{nearest}`, all are {all}")]
    UnknownObservable {
        /// The name asked for.
        name: String,
        /// The nearest known name.
        nearest: String,
        /// All known names.
        all: String,
    },
    /// A formula that cannot be read.
    #[error("formula `{text}`: {problem}")]
    Formula {
        /// The formula.
        text: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// No feature and no variable of that name.
    #[error(
        "no feature or variable is called `{name}`; the nearest is `{nearest}`, and \
         `pellucid inputs --variables` lists all"
    )]
    UnknownVariable {
        /// The name asked for.
        name: String,
        /// The nearest known name.
        nearest: String,
    },
    /// A setting outside of its range.
    #[error("`{setting}` is {found}, expected {expected}")]
    Setting {
        /// The setting's name.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A graph that is not written as edges of two different vertices.
    #[error(
        "`{text}` is not a graph: {problem}; write its edges as in `0-1,1-2,0-2`, `.` for a single vertex"
    )]
    Graph {
        /// What was written.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Graphs asked for in words that are not understood.
    #[error(
        "graphs `{request}`: {problem}; ask as in `d<=5 prime`, `chi<=3` or `edges=0-1,1-2,2-0`"
    )]
    GraphRequest {
        /// What was asked for.
        request: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl ObservableError {
    pub(crate) fn formula(text: &str, problem: &str) -> Self {
        Self::Formula {
            text: text.to_owned(),
            problem: problem.to_owned(),
        }
    }

    /// The row of its file that it is about, if it is about one.
    pub fn row(&self) -> Option<usize> {
        let mut error = self.clone();
        error.row_mut().copied()
    }

    /// The same error of this row.
    #[must_use]
    pub fn in_row(mut self, row: usize) -> Self {
        if let Some(own) = self.row_mut() {
            *own = row;
        }
        self
    }

    fn row_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Disagree { row, .. }
            | Self::Flags { row, .. }
            | Self::Lengths { row, .. }
            | Self::Empty { row, .. }
            | Self::Value { row, .. } => Some(row),
            _ => None,
        }
    }

    // By value, so that calls read as sentences.
    #[allow(clippy::needless_pass_by_value)]
    pub(crate) fn setting(
        setting: &'static str,
        found: impl ToString,
        expected: &'static str,
    ) -> Self {
        Self::Setting {
            setting,
            found: found.to_string(),
            expected,
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
