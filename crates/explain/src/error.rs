//! What can go wrong with an explanation.

use pellucid_core::Interrupted;
use pellucid_core::model::ModelError;
use pellucid_network::NetworkError;

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExplainError {
    /// The network could not be transformed or run.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A black box could not be asked.
    #[error("the model could not be asked: {0}")]
    Model(#[source] ModelError),
    /// The user stopped it.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// A setting that has no meaning, or none for this model.
    #[error("{what}: expected {expected}, found {found}")]
    Setting {
        /// Which setting.
        what: &'static str,
        /// What would be right.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A name that the model does not have.
    #[error("{what}: the model has no `{name}`; it has {}", .known.join(", "))]
    Name {
        /// What was named.
        what: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// Lists of events that do not belong together.
    #[error("{what}: expected one for each of {expected} events, found {found}")]
    Events {
        /// Which list.
        what: &'static str,
        /// The number of events.
        expected: usize,
        /// The length of the list.
        found: usize,
    },
    /// The network has no value where the paths begin.
    #[error(
        "event {event}: at the baseline the explained value is {found}, expected a number; the network may divide \
         by the sum of a mask: hold such inputs (`--hold NAME`) or give another baseline"
    )]
    Baseline {
        /// Which event, from 0.
        event: usize,
        /// The value.
        found: f64,
    },
    /// The runs need more memory than they may take.
    #[error(
        "memory: a run of {events} event(s), which cannot be cut further, needs {}, found a budget of {}; give at \
         least that", size(*.needed), size(*.budget)
    )]
    Memory {
        /// How many events run at once.
        events: usize,
        /// The bytes that this takes.
        needed: usize,
        /// The bytes that it may take.
        budget: usize,
    },
    /// The events are too few, or of one class only.
    #[error("{what} needs {needed}, found {found}")]
    TooFew {
        /// What was asked for.
        what: &'static str,
        /// What it needs.
        needed: &'static str,
        /// What there is.
        found: usize,
    },
}

/// Bytes in words.
fn size(bytes: usize) -> String {
    format!("{:.1} MB", (bytes as f64 / 1e6 * 10.0).ceil() / 10.0)
}

/// One entry per event, or an error that says which list is not.
pub(crate) fn one_per_event(
    what: &'static str,
    expected: usize,
    found: usize,
) -> Result<(), ExplainError> {
    if expected == found {
        Ok(())
    } else {
        Err(ExplainError::Events {
            what,
            expected,
            found,
        })
    }
}
