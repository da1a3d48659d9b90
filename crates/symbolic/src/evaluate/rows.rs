//! A table as the evaluator reads it.

use super::lines::Lines;
use crate::kernel::Number;

/// Columns cut into blocks of [`Number::BLOCK`] rows, all columns of a block
/// side by side; the last block is filled up with copies of the last row, which
/// carry no weight.
#[derive(Debug, Clone)]
#[allow(clippy::struct_field_names)] // rows are what a table counts
pub struct Rows<T> {
    variables: usize,
    rows: usize,
    features: Lines<T>,
    target: Lines<T>,
    weight: Lines<T>,
}

impl<T: Number> Rows<T> {
    /// Rows of these columns (one slice per variable), target and weights, all
    /// of the same, positive length.
    pub fn new(columns: &[Vec<f64>], target: &[f64], weight: &[f64]) -> Self {
        let rows = target.len();
        let blocks = rows.div_ceil(T::BLOCK);
        let padded = blocks * T::BLOCK;
        let mut features = Vec::with_capacity(padded * columns.len());
        for block in 0..blocks {
            for column in columns {
                features.extend(
                    (block * T::BLOCK..(block + 1) * T::BLOCK)
                        .map(|row| T::from_f64(column[row.min(rows - 1)])),
                );
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
            features: Lines::from(&features[..]),
            target: fill(target, target.last().copied().unwrap_or(0.0)),
            weight: fill(weight, 0.0),
        }
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
        self.target.len() / T::BLOCK
    }

    /// One column in one block.
    pub(super) fn column(&self, block: usize, variable: usize) -> &[T] {
        let first = (block * self.variables + variable) * T::BLOCK;
        &self.features[first..first + T::BLOCK]
    }

    /// The target in one block.
    pub(super) fn target(&self, block: usize) -> &[T] {
        &self.target[block * T::BLOCK..(block + 1) * T::BLOCK]
    }

    /// The weights in one block.
    pub(super) fn weight(&self, block: usize) -> &[T] {
        &self.weight[block * T::BLOCK..(block + 1) * T::BLOCK]
    }
}
