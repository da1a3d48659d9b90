//! The observables that a search may choose from.

use pellucid_core::Multigraph;
use serde::{Deserialize, Serialize};

use crate::DistillError;
use crate::error::{check_finite, check_length};
use crate::student::Features;

/// What an observable is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observable {
    /// Its name, unique among the candidates.
    pub name: String,
    /// The power of the momentum fractions, of an energy flow polynomial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kappa: Option<f64>,
    /// The power of the angles, of an energy flow polynomial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<f64>,
    /// The multigraph, of an energy flow polynomial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Multigraph>,
}

impl Observable {
    /// An observable known by its name alone.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kappa: None,
            beta: None,
            graph: None,
        }
    }

    /// An energy flow polynomial.
    pub fn polynomial(name: impl Into<String>, graph: Multigraph, kappa: f64, beta: f64) -> Self {
        Self {
            name: name.into(),
            kappa: Some(kappa),
            beta: Some(beta),
            graph: Some(graph),
        }
    }
}

/// Observables with one value for every event, column by column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Candidates {
    observables: Vec<Observable>,
    columns: Vec<Vec<f64>>,
    events: usize,
}

impl Candidates {
    /// No candidates yet, for this number of events.
    pub fn new(events: usize) -> Self {
        Self {
            observables: Vec::new(),
            columns: Vec::new(),
            events,
        }
    }

    /// Adds an observable; every value must be finite.
    pub fn push(&mut self, observable: Observable, column: Vec<f64>) -> Result<(), DistillError> {
        let what = format!("observable `{}`", observable.name);
        check_length(&what, self.events, column.len())?;
        check_finite(&what, &column)?;
        if self.position(&observable.name).is_some() {
            return Err(DistillError::Twice {
                name: observable.name,
            });
        }
        self.observables.push(observable);
        self.columns.push(column);
        Ok(())
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.observables.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.observables.is_empty()
    }

    /// The number of events.
    pub fn events(&self) -> usize {
        self.events
    }

    /// What the candidates are.
    pub fn observables(&self) -> &[Observable] {
        &self.observables
    }

    /// The number of the candidate of that name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.observables
            .iter()
            .position(|observable| observable.name == name)
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
