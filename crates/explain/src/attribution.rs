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
    /// `f(x) − Σ R − absorbed − stabilised − empty`: rounding alone.
    Balance,
}

/// One number for every input number of every event, kept in precision `S`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution<S = f32> {
    /// One tensor per explained input of the model, of its shape; for inner
    /// values one tensor, of the shape of those.
    pub values: Vec<Tensor<S>>,
    /// The value that is explained: the logit.
    pub explained: Vec<f64>,
    /// The sum of each event's numbers, before they were rounded to `S`.
    pub sums: Vec<f64>,
    /// What [`meaning`](Self::meaning) says, from those sums; empty if it says
    /// none.
    pub residual: Vec<f64>,
    /// What the residual is.
    pub meaning: Residual,
    /// The relevance that biases keep, for relevance propagation.
    pub absorbed: Option<Vec<f64>>,
    /// The relevance that stabilisers take, for relevance propagation.
    pub stabilised: Option<Vec<f64>>,
    /// The relevance due to sides without contributions, for relevance
    /// propagation.
    pub empty: Option<Vec<f64>>,
    /// The explained value at each event's baseline, for methods with one.
    pub reference: Option<Vec<f64>>,
    /// The steps on each event's path, for path methods.
    pub steps: Option<Vec<u32>>,
    /// The model's own output, where the method's network makes it on the way.
    pub output: Option<Tensor<S>>,
}

impl<S> Attribution<S> {
    /// How many events are explained.
    pub fn events(&self) -> usize {
        self.explained.len()
    }

    /// The residual as a share of what should have been explained; a share of
    /// at least `floor`, so that values near zero do not divide by it.
    pub fn relative_residual(&self, floor: f64) -> Vec<f64> {
        let reference = |event| self.reference.as_ref().map_or(0.0, |all| all[event]);
        self.residual
            .iter()
            .zip(&self.explained)
            .enumerate()
            .map(|(event, (residual, value))| {
                residual.abs() / (value - reference(event)).abs().max(floor)
            })
            .collect()
    }

    /// The events at these places, in that order.
    pub fn select(&self, places: &[usize]) -> Self
    where
        S: Copy,
    {
        fn chosen<T: Copy>(list: &[T], places: &[usize]) -> Vec<T> {
            places.iter().map(|&place| list[place]).collect()
        }
        let some = |list: &Option<Vec<f64>>| list.as_ref().map(|list| chosen(list, places));
        Self {
            values: self
                .values
                .iter()
                .map(|tensor| tensor.select_rows(places))
                .collect(),
            explained: chosen(&self.explained, places),
            sums: chosen(&self.sums, places),
            residual: match self.meaning {
                Residual::None => Vec::new(),
                _ => chosen(&self.residual, places),
            },
            meaning: self.meaning,
            absorbed: some(&self.absorbed),
            stabilised: some(&self.stabilised),
            empty: some(&self.empty),
            reference: some(&self.reference),
            steps: self.steps.as_ref().map(|steps| chosen(steps, places)),
            output: self
                .output
                .as_ref()
                .map(|output| output.select_rows(places)),
        }
    }

    /// Adds the events of another batch, explained by the same method.
    pub fn append(&mut self, other: Self) {
        if self.explained.is_empty() {
            *self = other;
            return;
        }
        let outputs = self.output.iter_mut().zip(other.output);
        let values = self.values.iter_mut().zip(other.values);
        for (mine, theirs) in values.chain(outputs) {
            let mut shape = mine.shape().to_vec();
            shape[0] += theirs.rows();
            let mut data = std::mem::replace(mine, Tensor::new(vec![0], Vec::new())).into_data();
            data.extend(theirs.into_data());
            *mine = Tensor::new(shape, data);
        }
        self.explained.extend(other.explained);
        self.sums.extend(other.sums);
        self.residual.extend(other.residual);
        let join = |mine: &mut Option<Vec<f64>>, theirs: Option<Vec<f64>>| {
            if let (Some(mine), Some(theirs)) = (mine, theirs) {
                mine.extend(theirs);
            }
        };
        join(&mut self.absorbed, other.absorbed);
        join(&mut self.stabilised, other.stabilised);
        join(&mut self.empty, other.empty);
        join(&mut self.reference, other.reference);
        if let (Some(mine), Some(theirs)) = (&mut self.steps, other.steps) {
            mine.extend(theirs);
        }
    }
}
