//! What can be wrong with an expression, a table or a search.

use pellucid_core::Interrupted;

/// Why something symbolic could not be done.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SymbolicError {
    /// No operator of that name.
    #[error("no operator `{name}`{}; there are {}", nearest(.name, .known), .known.join(", "))]
    Operator {
        /// The name.
        name: String,
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// An operation of a user that cannot be added.
    #[error(
        "cannot add the operator `{name}` of {arity} arguments: a name is a new word of letters, \
         digits and `_`, arguments are one or two, and there are at most 256 operators"
    )]
    Registration {
        /// Its name.
        name: String,
        /// The number of its arguments.
        arity: usize,
    },
    /// A formula that cannot be read.
    #[error("cannot read the formula `{text}` at character {place}: expected {expected}")]
    Parse {
        /// The formula.
        text: String,
        /// Characters before the place.
        place: usize,
        /// What would be right there.
        expected: String,
    },
    /// A list of tokens that is no postfix formula.
    #[error("these tokens are no formula: {0}")]
    Tokens(&'static str),
    /// A setting out of its range.
    #[error("`{setting}` is {found}, expected {expected}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// A column of another length than the target.
    #[error("column `{name}` has {found} rows, the target has {expected}")]
    Rows {
        /// The column.
        name: String,
        /// Rows of the target.
        expected: usize,
        /// Its own.
        found: usize,
    },
    /// Too few rows to learn a law from.
    #[error("the table has {found} rows, at least {expected} are needed to find a law")]
    FewRows {
        /// The rows.
        found: usize,
        /// The fewest accepted.
        expected: usize,
    },
    /// A number that is none.
    #[error(
        "column `{column}`, row {row}: found {value}, expected a finite number; \
         remove or repair the row"
    )]
    NotFinite {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A weight that is negative, or weights that are all zero.
    #[error(
        "weights `{column}`, row {row}: found {value}, expected numbers that are not negative \
         and not all zero"
    )]
    Weight {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A standard error that is none.
    #[error(
        "standard errors `{column}`, row {row}: found {value}, expected a positive number; \
         remove or repair the row"
    )]
    StandardError {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// What stands there.
        value: f64,
    },
    /// A target that a loss has no meaning for.
    #[error(
        "column `{column}`, row {row}: found {value}, expected {expected}; \
         remove or repair the row, or choose another loss"
    )]
    Target {
        /// The target.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// What stands there.
        value: f64,
        /// What is possible.
        expected: &'static str,
    },
    /// A target that never changes.
    #[error(
        "the target `{column}` is {value} in every row that counts, so there is no law to find; \
         choose another column"
    )]
    ConstantTarget {
        /// The target.
        column: String,
        /// Its value.
        value: f64,
    },
    /// Numbers that cannot be searched with.
    #[error(
        "column `{column}` has numbers of the size {value:e}, whose powers are no numbers any \
         more, and {why}; give it in a unit in which its numbers are of the size of 1"
    )]
    Magnitude {
        /// The column.
        column: String,
        /// The number of the largest modulus.
        value: f64,
        /// Why the search does not scale it itself.
        why: &'static str,
    },
    /// No column to build a law from.
    #[error("there is no feature besides the target `{target}`; name at least one column")]
    NoFeatures {
        /// The target.
        target: String,
    },
    /// More columns than a search can tell apart.
    #[error(
        "the table has {found} features, at most {most} can be searched; name those that matter"
    )]
    ManyFeatures {
        /// The features.
        found: usize,
        /// The most accepted.
        most: usize,
    },
    /// A unit that is missing, cannot be read, or cannot be that of the target.
    #[error("units, column `{column}`: {problem}")]
    Unit {
        /// The column.
        column: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A vector that is none.
    #[error("the vector `{vector}`: {problem}")]
    Vector {
        /// Its name.
        vector: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A law with a function left open that is none.
    #[error("the template `{template}`: {problem}")]
    Template {
        /// The law.
        template: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A law to begin with that is none.
    #[error("the guess `{guess}`: {problem}")]
    Guess {
        /// The law.
        guess: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Time that does not go on.
    #[error(
        "time `{column}`, row {row}: found {value} after {before}, expected times that rise within \
         each trajectory; sort the rows, or name the column that tells trajectories apart"
    )]
    Time {
        /// The column.
        column: String,
        /// The row, counted from 0.
        row: usize,
        /// The time before.
        before: f64,
        /// What stands there.
        value: f64,
    },
    /// A trajectory too short to be smoothed.
    #[error(
        "the trajectory that begins in row {row} has {found} rows, at least {expected} are needed \
         for its rates of change; leave it out"
    )]
    ShortTrajectory {
        /// Its first row, counted from 0.
        row: usize,
        /// Its rows.
        found: usize,
        /// The fewest accepted.
        expected: usize,
    },
    /// A saved search that belongs to something else.
    #[error("the saved search does not continue this one: {0}; start anew without --resume")]
    Resume(String),
    /// Stopped by the user.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl SymbolicError {
    /// A setting that is not what is allowed.
    pub fn setting(setting: &'static str, found: &impl ToString, expected: &'static str) -> Self {
        Self::Setting {
            setting,
            found: found.to_string(),
            expected,
        }
    }
}

fn nearest(name: &str, known: &[&'static str]) -> String {
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 2)
        .map(|(_, known)| format!(" (did you mean `{known}`?)"))
        .unwrap_or_default()
}
