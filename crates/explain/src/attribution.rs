//! What an explanation says, and how far it keeps its own promise.

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

/// What the residual of an attribution is the remainder of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Residual {
    /// The method promises nothing about the sum of its numbers.
    None,
    /// `f(x) − Σ A`: what a straight line through zero leaves out, the biases
    /// above all.
    Linearisation,
    /// `f(x) − f(b) − Σ A`: the error of the path integral.
    Completeness,
    /// `f(x) − Σ R − absorbed − stabilised`: rounding alone.
    Balance,
}

/// One number for every input number of every event.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// One tensor per input of the model, of its shape.
    pub values: Vec<Tensor<f32>>,
    /// The value that is explained: the logit.
    pub explained: Vec<f64>,
    /// What [`meaning`](Self::meaning) says, summed before rounding to single
    /// precision; empty if it says none.
    pub residual: Vec<f64>,
    /// What the residual is.
    pub meaning: Residual,
    /// The relevance that biases keep, for relevance propagation.
    pub absorbed: Option<Vec<f64>>,
    /// The relevance that stabilisers take, for relevance propagation.
    pub stabilised: Option<Vec<f64>>,
    /// The explained value at the baseline, for path methods.
    pub reference: Option<f64>,
    /// The steps on each event's path, for path methods.
    pub steps: Option<Vec<u32>>,
}

impl Attribution {
    /// How many events are explained.
    pub fn events(&self) -> usize {
        self.explained.len()
    }

    /// The residual as a share of what should have been explained; a share of
    /// at least `floor`, so that values near zero do not divide by it.
    pub fn relative_residual(&self, floor: f64) -> Vec<f64> {
        let reference = self.reference.unwrap_or(0.0);
        self.residual
            .iter()
            .zip(&self.explained)
            .map(|(residual, value)| residual.abs() / (value - reference).abs().max(floor))
            .collect()
    }

    /// Adds the events of another batch, explained by the same method.
    pub fn append(&mut self, other: Self) {
        if self.explained.is_empty() {
            *self = other;
            return;
        }
        for (mine, theirs) in self.values.iter_mut().zip(other.values) {
            let mut shape = mine.shape().to_vec();
            shape[0] += theirs.rows();
            let mut data = std::mem::take(mine).into_data();
            data.extend(theirs.into_data());
            *mine = Tensor::new(shape, data);
        }
        self.explained.extend(other.explained);
        self.residual.extend(other.residual);
        let join = |mine: &mut Option<Vec<f64>>, theirs: Option<Vec<f64>>| {
            if let (Some(mine), Some(theirs)) = (mine, theirs) {
                mine.extend(theirs);
            }
        };
        join(&mut self.absorbed, other.absorbed);
        join(&mut self.stabilised, other.stabilised);
        if let (Some(mine), Some(theirs)) = (&mut self.steps, other.steps) {
            mine.extend(theirs);
        }
    }
}
