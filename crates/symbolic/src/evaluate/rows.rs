//! A table as the evaluator reads it.

use std::sync::Arc;

use super::lines::Lines;
use crate::kernel::Number;
use crate::loss::Loss;

/// Columns cut into equal blocks of at most [`Number::BLOCK`] rows, all columns of
/// a block side by side; the last block is filled up with copies of the last row,
/// which carry no weight.
#[derive(Debug, Clone)]
#[allow(clippy::struct_field_names)] // rows are what a table counts
pub struct Rows<T> {
    variables: usize,
    rows: usize,
    /// Rows of a block, a multiple of [`LANES`].
    block: usize,
    features: Lines<T>,
    target: Lines<T>,
    weight: Lines<T>,
    /// What errors cost, if not their squares.
    loss: Option<Arc<dyn Loss>>,
}

/// Rows that a loop takes at once.
const LANES: usize = 32;

impl<T: Number> Rows<T> {
    /// Rows of these columns (one slice per variable), target and weights, all
    /// of the same, positive length.
    pub fn new(columns: &[Vec<f64>], target: &[f64], weight: &[f64]) -> Self {
        let rows = target.len();
        let block = rows
            .div_ceil(rows.div_ceil(T::BLOCK))
            .next_multiple_of(LANES);
        let padded = rows.next_multiple_of(block);
        let mut features = Vec::with_capacity(padded * columns.len());
        for first in (0..padded).step_by(block) {
            for column in columns {
                let rows = (first..first + block).map(|row| row.min(rows - 1));
                features.extend(rows.map(|row| T::from_f64(column[row])));
            }
        }
        let fill = |values: &[f64], rest: f64| {
            let all = values.iter().copied().chain(std::iter::repeat(rest));
            let all: Vec<T> = all.take(padded).map(T::from_f64).collect();
            Lines::from(&all[..])
        };
        Self {
            variables: columns.len(),
            rows,
            block,
            features: Lines::from(&features[..]),
            target: fill(target, target.last().copied().unwrap_or(0.0)),
            weight: fill(weight, 0.0),
            loss: None,
        }
    }

    /// The same rows where errors cost something else than their squares.
    pub fn under(mut self, loss: Option<Arc<dyn Loss>>) -> Self {
        self.loss = loss;
        self
    }

    /// What errors cost, if not their squares.
    pub fn loss(&self) -> Option<&dyn Loss> {
        self.loss.as_deref()
    }

    /// The least squares that a fit under another loss begins with.
    pub fn first_squares(&self) -> Option<Self> {
        let loss = self.loss()?;
        let mut out = self.clone();
        for (w, y) in out.weight.iter_mut().zip(self.target.iter()) {
            *w = T::from_f64(w.to_f64() * loss.first_weight(y.to_f64()));
        }
        out.loss = None;
        Some(out)
    }

    /// The same features and weights with another target.
    pub fn with_target(&self, target: &[f64]) -> Self {
        let mut out = self.clone();
        for (place, y) in out.target.iter_mut().zip(target) {
            *place = T::from_f64(*y);
        }
        out
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn variables(&self) -> usize {
        self.variables
    }

    /// The number of blocks.
    pub fn blocks(&self) -> usize {
        self.target.len() / self.block
    }

    /// The number of rows of each block.
    pub(super) fn block(&self) -> usize {
        self.block
    }

    /// One column in one block.
    pub(super) fn column(&self, block: usize, variable: usize) -> &[T] {
        let first = (block * self.variables + variable) * self.block;
        &self.features[first..first + self.block]
    }

    /// The target in one block.
    pub(super) fn target(&self, block: usize) -> &[T] {
        &self.target[block * self.block..(block + 1) * self.block]
    }

    /// The weights in one block.
    pub(super) fn weight(&self, block: usize) -> &[T] {
        &self.weight[block * self.block..(block + 1) * self.block]
    }
}
