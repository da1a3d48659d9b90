//! What a search may choose from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::DistillError;
use crate::error::{check_finite, check_length};
use crate::student::Features;

/// What a caller knows of a candidate, which the search hands on as it is: the powers
/// of a polynomial, a graph to be drawn.
pub type Details = BTreeMap<String, Value>;

/// What a candidate is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Candidate {
    /// Its name, unique among the candidates.
    pub name: String,
    /// Its symbol in LaTeX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latex: Option<String>,
    /// Its definition in one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
    /// What else is known of it; no key may be one of the names above, or of the fields
    /// of a [`Step`](crate::guided_search::Step).
    #[serde(flatten)]
    pub details: Details,
}

impl Candidate {
    /// One that is known by its name alone.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The same with what else is known of it.
    #[must_use]
    pub fn details(mut self, details: Details) -> Self {
        self.details = details;
        self
    }
}

/// Candidates with one value for every event, column by column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidates {
    all: Vec<Candidate>,
    columns: Vec<Vec<f64>>,
    events: usize,
}

impl Candidates {
    /// No candidates yet, for this number of events.
    pub fn new(events: usize) -> Self {
        Self {
            all: Vec::new(),
            columns: Vec::new(),
            events,
        }
    }

    /// Adds a candidate; every value must be finite.
    pub fn push(&mut self, candidate: Candidate, column: Vec<f64>) -> Result<(), DistillError> {
        let what = format!("candidate `{}`", candidate.name);
        check_length(&what, self.events, column.len())?;
        check_finite(&what, &column)?;
        if self.position(&candidate.name).is_some() {
            return Err(DistillError::Twice {
                name: candidate.name,
            });
        }
        self.all.push(candidate);
        self.columns.push(column);
        Ok(())
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The number of events.
    pub fn events(&self) -> usize {
        self.events
    }

    /// What the candidates are.
    pub fn all(&self) -> &[Candidate] {
        &self.all
    }

    /// The number of the candidate of that name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.all.iter().position(|candidate| candidate.name == name)
    }

    /// The values of one candidate.
    pub fn column(&self, candidate: usize) -> &[f64] {
        &self.columns[candidate]
    }

    /// These candidates for these events, as a student sees them.
    pub fn features(&self, candidates: &[usize], events: &[usize]) -> Features {
        let column = |&candidate: &usize| {
            events
                .iter()
                .map(|&event| self.columns[candidate][event])
                .collect()
        };
        Features::new(candidates.iter().map(column).collect(), events.len())
    }
}
