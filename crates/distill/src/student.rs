//! The small network that imitates: what the search asks of it.

use pellucid_core::{Interrupted, Job};

/// Observables of some events, column by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    columns: Vec<Vec<f64>>,
    events: usize,
}

impl Features {
    /// Columns with one value for each of `events`; a column of another length
    /// is a bug of the caller.
    pub fn new(columns: Vec<Vec<f64>>, events: usize) -> Self {
        assert!(
            columns.iter().all(|column| column.len() == events),
            "one value per event"
        );
        Self { columns, events }
    }

    /// One list per observable.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The number of events.
    pub fn events(&self) -> usize {
        self.events
    }
}

/// Events with what is to be learned.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// The observables.
    pub features: &'a Features,
    /// One number from 0 to 1 per event: its class, 1 for signal, or how like
    /// signal the black box finds it.
    pub targets: &'a [f64],
    /// What each event counts, if they differ; may be negative.
    pub weights: Option<&'a [f64]>,
}

/// Why a student could not be trained or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudentError {
    /// The user stopped it.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// It failed.
    #[error(transparent)]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

/// Something that learns by a few observables how like signal an event is.
///
/// It sees the train and validation parts only; the search keeps the test part.
/// Students of one search are fitted side by side, each with its own seed, and
/// must give the same scores for the same seed.
pub trait Student: Sync {
    /// Learns from `train`, and may use `valid` to know when to stop.
    fn fit(
        &self,
        train: Sample<'_>,
        valid: Sample<'_>,
        seed: u64,
        job: &Job,
    ) -> Result<Box<dyn Predict>, StudentError>;
}

/// A student that has learned.
pub trait Predict: Send + Sync {
    /// A finite score per event, larger for signal. Scores of repeated fits are
    /// averaged, so they must be on one scale, best that of log-odds.
    fn predict(&self, features: &Features) -> Result<Vec<f64>, StudentError>;
}
