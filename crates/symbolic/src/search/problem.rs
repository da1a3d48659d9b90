//! What a law is to be found for.

use pellucid_core::random::{permutation, stream};

use std::sync::Arc;

use super::leaf::{Leaf, substitute};
use super::written::last_places;
use crate::error::SymbolicError;
use crate::evaluate::Rows;
use crate::expression::Expression;
use crate::fit::golden;
use crate::loss::{Data, Kind, Loss};

/// A table of features and a target, checked.
#[derive(Debug, Clone)]
pub struct Problem {
    names: Vec<String>,
    target_name: String,
    columns: Vec<Vec<f64>>,
    target: Vec<f64>,
    weights: Vec<f64>,
    /// The mean of the weights as they were given, if any were.
    precision: Option<f64>,
    /// What errors cost, if not their squares.
    loss: Option<Arc<dyn Loss>>,
    /// What the last columns are, over those before them.
    leaves: Vec<Leaf>,
    /// One unit of the last written place of every number of the table's own columns, the
    /// target's last; empty where numbers are not rounded ones.
    places: Vec<Vec<f64>>,
    /// Whether the weights are those of relative errors, if these were compared with
    /// absolute ones.
    relative: Option<bool>,
    /// Whether the weights as they were given are `1/σ²` with known standard errors `σ`.
    known: bool,
}

/// Fewer rows than this say nothing about a law.
pub const FEWEST_ROWS: usize = 5;
/// Below this number of rows a constant is dear, and a form that was found on all rows has
/// seen each of them.
pub const FEW_ROWS: usize = 30;
/// A library of small formulas holds no more columns than this beside formulas of them.
pub const MOST_FEATURES: usize = 500;
/// From this ratio of the largest to the smallest target on relative errors may count.
const DECADE: f64 = 10.0;
/// The part of a target that it is taken to be known to, beside its rounding, where
/// relative errors count.
const RELATIVE: f64 = 0.01;

impl Problem {
    /// Checks the columns: finite numbers, equal lengths, a target that varies.
    pub fn new(
        features: Vec<(String, Vec<f64>)>,
        target: (String, Vec<f64>),
        weights: Option<(String, Vec<f64>)>,
    ) -> Result<Self, SymbolicError> {
        let (target_name, target) = target;
        if features.is_empty() {
            return Err(SymbolicError::NoFeatures {
                target: target_name,
            });
        }
        if features.len() > MOST_FEATURES {
            return Err(SymbolicError::ManyFeatures {
                found: features.len(),
                most: MOST_FEATURES,
            });
        }
        finite(&target_name, &target)?;
        if target.len() < FEWEST_ROWS {
            return Err(SymbolicError::FewRows {
                found: target.len(),
                expected: FEWEST_ROWS,
            });
        }
        if target.iter().all(|y| *y == target[0]) {
            return Err(SymbolicError::ConstantTarget {
                column: target_name,
                value: target[0],
            });
        }
        let others = features.iter().chain(&weights);
        for (name, values) in others {
            if values.len() != target.len() {
                return Err(SymbolicError::Rows {
                    name: name.clone(),
                    expected: target.len(),
                    found: values.len(),
                });
            }
            finite(name, values)?;
        }
        let (weights, precision) = match weights {
            None => (vec![1.0; target.len()], None),
            Some((name, values)) => {
                let rows = values.len() as f64;
                let precision = values.iter().map(|w| w / rows).sum::<f64>();
                let values = weights_of(&name, values)?;
                let used = || target.iter().zip(&values).filter(|(_, w)| **w > 0.0);
                if let Some((&value, _)) = used().next()
                    && used().all(|(y, _)| *y == value)
                {
                    return Err(SymbolicError::ConstantTarget {
                        column: target_name,
                        value,
                    });
                }
                (values, Some(precision))
            }
        };
        let (names, columns) = features.into_iter().unzip();
        Ok(Self {
            names,
            target_name,
            columns,
            target,
            weights,
            precision,
            loss: None,
            leaves: Vec::new(),
            places: Vec::new(),
            relative: None,
            known: false,
        })
    }

    /// The same as a table that somebody wrote: the last digits of its numbers are where
    /// knowledge ends.
    pub fn as_written(mut self) -> Self {
        let own = self.columns[..self.own_names().len()].iter();
        let places = own.chain([&self.target]).map(|column| last_places(column));
        self.places = places.collect();
        self
    }

    /// The same where the weights are those of [known](precisions) standard errors, or
    /// where these are known only up to a common factor.
    pub fn of_errors(mut self, known: bool) -> Self {
        self.known = known && self.precision.is_some();
        self
    }

    /// What weights of mean 1 are multiplied by to be `1/σ²`, if standard errors are known.
    pub fn known_errors(&self) -> Option<f64> {
        self.precision
            .filter(|p| self.known && p.is_finite() && *p > 0.0)
    }

    /// One unit of the last written place of every number of the table's own columns, the
    /// target's last; nothing where numbers are not rounded, or not [as
    /// written](Self::as_written).
    pub fn places(&self) -> &[Vec<f64>] {
        &self.places
    }

    /// The same where relative errors count alike, if the target is positive over more
    /// than a decade and rows have no weights of their own: rows weigh as `1/σ²` with
    /// `σ` a hundredth of the target and what rounding leaves of it.
    pub fn relative(&self) -> Option<Self> {
        let low = self.target.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self.target.iter().copied().fold(0.0, f64::max);
        let given = self.precision.is_some() || self.loss.is_some() || self.relative.is_some();
        if given || low <= 0.0 || high <= DECADE * low {
            return None;
        }
        let places = self.places.last().filter(|places| !places.is_empty());
        let weight = |(row, y): (usize, &f64)| {
            let rounded = places.map_or(0.0, |places| places[row] / (12_f64.sqrt() * RELATIVE));
            1.0 / (y.hypot(rounded) / low).powi(2)
        };
        let weights = self.target.iter().enumerate().map(weight).collect();
        Some(Self {
            weights: weights_of("", weights).ok()?,
            relative: Some(true),
            ..self.clone()
        })
    }

    /// The same where absolute errors count alike, after [relative](Self::relative) ones
    /// were tried.
    pub fn absolute(&self) -> Self {
        Self {
            relative: Some(false),
            ..self.clone()
        }
    }

    /// Whether relative errors count alike, if both were tried.
    pub fn is_relative(&self) -> Option<bool> {
        self.relative
    }

    /// The same where errors cost what a loss says; an error names a row whose target
    /// is impossible under it.
    pub fn under(mut self, loss: &Kind) -> Result<Self, SymbolicError> {
        let data = Data {
            target: &self.target,
            weights: &self.weights,
            precision: self.precision,
        };
        self.loss = loss.build(data, &self.target_name)?;
        Ok(self)
    }

    /// What errors cost, if not their squares.
    pub fn loss(&self) -> Option<&dyn Loss> {
        self.loss.as_deref()
    }

    /// The same, to be kept.
    pub(crate) fn shared_loss(&self) -> Option<Arc<dyn Loss>> {
        self.loss.clone()
    }

    /// The power of a small error that its cost is proportional to.
    pub fn order(&self) -> i32 {
        self.loss().map_or(2, Loss::order)
    }

    /// Minus the logarithm of the likelihood of these rows at this loss over that of
    /// the best constant, which has the likelihood 1; `spread` is what errors of that
    /// constant cost.
    pub fn length(&self, loss: f64, spread: f64) -> f64 {
        let rows = self.rows() as f64;
        match self.loss() {
            None => 0.5 * rows * loss.ln(),
            Some(kind) => kind.length(loss * spread, rows) - kind.length(spread, rows),
        }
    }

    /// The same with further columns, made of those of the table.
    pub fn with_leaves(mut self, leaves: &[Leaf]) -> Result<Self, SymbolicError> {
        let table = self.clone();
        for leaf in leaves {
            self.columns.push(leaf.values(&table)?);
            self.names.push(leaf.name.clone());
            self.leaves.push(leaf.clone());
        }
        Ok(self)
    }

    /// What columns that are no columns of the table are made of.
    pub fn leaves(&self) -> Vec<Leaf> {
        self.leaves.clone()
    }

    /// The names of the table's own columns among the features.
    pub fn own_names(&self) -> &[String] {
        &self.names[..self.names.len() - self.leaves.len()]
    }

    /// A law over the columns of the table alone.
    pub fn written_out(&self, law: &Expression) -> Expression {
        if self.leaves.is_empty() {
            return law.clone();
        }
        let own = (0..self.own_names().len() as u16).map(Expression::variable);
        let leaves = self.leaves.iter().map(|leaf| leaf.expression.clone());
        let parts: Vec<Expression> = own.chain(leaves).collect();
        substitute(law, &parts)
    }

    /// The names of the features, those of leaves last.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of the target.
    pub fn target_name(&self) -> &str {
        &self.target_name
    }

    /// The features, column by column, leaves last.
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// The target.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// The weights, of mean 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.target.len()
    }

    /// The constant that explains the target best, and what its errors cost in the
    /// mean: for squares mean and variance.
    pub fn middle(&self) -> (f64, f64) {
        let n = self.rows() as f64;
        let Some(loss) = self.loss() else {
            let pairs = self.target.iter().zip(&self.weights);
            return (pairs.map(|(y, w)| w * y).sum::<f64>() / n, self.variance());
        };
        let cost = |c: f64| loss.sum(&vec![c; self.rows()], &self.target, &self.weights) / n;
        let used = self.target.iter().zip(&self.weights);
        let used = || used.clone().filter(|(_, w)| **w > 0.0).map(|(y, _)| *y);
        let (low, high) = (
            used().fold(f64::INFINITY, f64::min),
            used().fold(f64::NEG_INFINITY, f64::max),
        );
        let best = golden(low, high, cost);
        (best, cost(best))
    }

    /// The weighted variance of the target.
    pub fn variance(&self) -> f64 {
        let n = self.rows() as f64;
        let pairs = || self.target.iter().zip(&self.weights);
        let mean = pairs().map(|(y, w)| w * y).sum::<f64>() / n;
        pairs().map(|(y, w)| w * (y - mean).powi(2)).sum::<f64>() / n
    }

    /// The same rows with other numbers in the columns and the target; `factors` are what
    /// one unit of the columns, and of the target, is of the unit before.
    pub(super) fn with_values(
        &self,
        columns: Vec<Vec<f64>>,
        target: Vec<f64>,
        (of_columns, of_target): (&[f64], f64),
    ) -> Self {
        let own = self.own_names().len();
        let factors = of_columns[..own].iter().chain([&of_target]);
        let places = self.places.iter().zip(factors);
        let places = places.map(|(places, factor)| places.iter().map(|d| d / factor).collect());
        Self {
            columns,
            target,
            precision: self.precision.map(|p| p * of_target * of_target),
            places: places.collect(),
            ..self.clone()
        }
    }

    /// The rows named, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        let pick = |values: &Vec<f64>| rows.iter().map(|&row| values[row]).collect();
        Self {
            columns: self.columns.iter().map(pick).collect(),
            target: pick(&self.target),
            weights: pick(&self.weights),
            names: self.names.clone(),
            target_name: self.target_name.clone(),
            precision: self.precision,
            loss: self.loss.clone(),
            leaves: self.leaves.clone(),
            places: (self.places.iter())
                .map(|places| {
                    if places.is_empty() {
                        Vec::new()
                    } else {
                        pick(places)
                    }
                })
                .collect(),
            relative: self.relative,
            known: self.known,
        }
    }

    /// At most so many rows, drawn at random but always the same.
    pub fn sample(&self, most: usize, seed: u64) -> Self {
        let mut order = permutation(self.rows(), &mut stream(seed, u64::MAX));
        order.truncate(most);
        self.select(&order)
    }

    /// The table as the evaluator reads it.
    pub fn blocks<T: crate::kernel::Number>(&self) -> Rows<T> {
        Rows::new(&self.columns, &self.target, &self.weights).under(self.loss.clone())
    }
}

fn finite(column: &str, values: &[f64]) -> Result<(), SymbolicError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(row) => Err(SymbolicError::NotFinite {
            column: column.to_owned(),
            row,
            value: values[row],
        }),
    }
}

/// Weights `1/σ²` for standard errors `σ` of the target.
pub fn precisions(column: &str, errors: &[f64]) -> Result<Vec<f64>, SymbolicError> {
    finite(column, errors)?;
    match errors.iter().position(|e| *e <= 0.0) {
        None => Ok(errors.iter().map(|e| 1.0 / (e * e)).collect()),
        Some(row) => Err(SymbolicError::StandardError {
            column: column.to_owned(),
            row,
            value: errors[row],
        }),
    }
}

/// Weights scaled to mean 1.
fn weights_of(name: &str, values: Vec<f64>) -> Result<Vec<f64>, SymbolicError> {
    if let Some(row) = values.iter().position(|w| *w < 0.0) {
        return Err(SymbolicError::Weight {
            column: name.to_owned(),
            row,
            value: values[row],
        });
    }
    let rows = values.len() as f64;
    let mean = values.iter().map(|w| w / rows).sum::<f64>();
    if mean == 0.0 {
        return Err(SymbolicError::Weight {
            column: name.to_owned(),
            row: 0,
            value: 0.0,
        });
    }
    Ok(values.into_iter().map(|w| w / mean).collect())
}
