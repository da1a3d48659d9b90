//! What can go wrong while distilling.

/// Why a black box could not be distilled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistillError {
    /// Lists that describe the same events differ in length.
    #[error("{what}: expected one entry for each of {expected} events, found {found}")]
    Length {
        /// Which list.
        what: String,
        /// The number of events.
        expected: usize,
        /// The length of the list.
        found: usize,
    },
    /// A number that cannot be ordered.
    #[error("{what} is {value} at event {event}; every event needs a finite number")]
    NotFinite {
        /// Which list.
        what: String,
        /// The event, from 0.
        event: usize,
        /// The value found.
        value: f64,
    },
    /// Signal or background is missing.
    #[error("{what} holds {signal} signal and {background} background events; both are needed")]
    OneClass {
        /// Which part of the sample.
        what: &'static str,
        /// Its signal events.
        signal: usize,
        /// Its background events.
        background: usize,
    },
    /// Two candidates of the same name.
    #[error("observable `{name}` is a candidate twice; give each its own name")]
    Twice {
        /// The name.
        name: String,
    },
    /// A starting observable that is not among the candidates.
    #[error("no candidate number {index}; there are {candidates}, numbered from 0")]
    NoCandidate {
        /// The number asked for.
        index: usize,
        /// How many there are.
        candidates: usize,
    },
    /// A part of the split names an event twice or one that is not there.
    #[error("event {event} is not in the sample of {events} or is in two parts of the split")]
    Split {
        /// The event.
        event: usize,
        /// The number of events.
        events: usize,
    },
    /// Shares of train, validation and test that are none.
    #[error("cannot split into {fractions:?}: expected three positive shares that add up to 1")]
    Fractions {
        /// The shares asked for.
        fractions: [f64; 3],
    },
    /// A setting out of its range.
    #[error("`{setting}` is {found}, expected {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The student could not be trained or asked.
    #[error("the student network failed on {observables}")]
    Student {
        /// The observables that it was given.
        observables: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An error if a list does not have one entry per event.
pub(crate) fn check_length(what: &str, expected: usize, found: usize) -> Result<(), DistillError> {
    if expected == found {
        return Ok(());
    }
    Err(DistillError::Length {
        what: what.to_owned(),
        expected,
        found,
    })
}

/// An error if a number cannot be ordered.
pub(crate) fn check_finite(what: &str, values: &[f64]) -> Result<(), DistillError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(event) => Err(DistillError::NotFinite {
            what: what.to_owned(),
            event,
            value: values[event],
        }),
    }
}

/// An error unless both classes are there.
pub(crate) fn check_classes(
    what: &'static str,
    labels: impl Iterator<Item = bool>,
) -> Result<(), DistillError> {
    let mut counts = [0, 0];
    labels.for_each(|label| counts[usize::from(label)] += 1);
    let [background, signal] = counts;
    if signal > 0 && background > 0 {
        return Ok(());
    }
    Err(DistillError::OneClass {
        what,
        signal,
        background,
    })
}
