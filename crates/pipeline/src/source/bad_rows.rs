//! Rows that cannot be used: an error, or left out and counted by kind.

use pellucid_data::DataError;
use pellucid_observables::ObservableError;
use serde::{Deserialize, Serialize};

use super::SourceError;

/// Rows that were left out for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BadRows {
    /// What is wrong with them.
    pub kind: String,
    /// How many there are.
    pub rows: usize,
    /// What is wrong with the first one, with its file and row.
    pub first: String,
}

/// Counts a bad row among those of its kind.
pub(crate) fn count(all: &mut Vec<BadRows>, kind: String, first: impl FnOnce() -> String) {
    match all.iter_mut().find(|bad| bad.kind == kind) {
        Some(bad) => bad.rows += 1,
        None => all.push(BadRows {
            kind,
            rows: 1,
            first: first(),
        }),
    }
}

/// The kind of a jet that cannot be one; `None` if the error is not about one
/// row.
pub(crate) fn kind(error: &ObservableError) -> Option<String> {
    match error {
        ObservableError::Empty { .. } => Some("no constituents".to_owned()),
        ObservableError::Lengths { first, second, .. } => {
            Some(format!("`{first}` and `{second}` of different lengths"))
        }
        ObservableError::Value { column, value, .. } => Some(of_value(column, *value)),
        ObservableError::Disagree { mass, energy, .. } => {
            Some(format!("`{mass}` and `{energy}` disagree"))
        }
        ObservableError::Flags { first, second, .. } => {
            Some(format!("`{first}` and `{second}` both 1"))
        }
        _ => None,
    }
}

/// The kind of a number that is out of its range.
pub(crate) fn of_value(column: &str, value: f64) -> String {
    if value.is_nan() {
        format!("`{column}` is not a number")
    } else if value.is_infinite() {
        format!("`{column}` is infinite")
    } else if value < 0.0 {
        format!("`{column}` is negative")
    } else {
        format!("`{column}` is out of its range")
    }
}

/// The kind of an error of a label, key or weight; `None` if it is not about
/// one row.
pub(super) fn of_truth(error: &SourceError) -> Option<String> {
    match error {
        SourceError::Label { column, .. } | SourceError::Fraction { column, .. } => {
            Some(format!("`{column}` names no class"))
        }
        SourceError::Undefined { what, .. } => Some(format!("`{what}` is not a number")),
        SourceError::Group { column, .. } => Some(format!("`{column}` names no event")),
        SourceError::OneHot { .. } => Some("not of one class".to_owned()),
        SourceError::Data(DataError::Value { column, found, .. }) => Some(of_value(column, *found)),
        _ => None,
    }
}
