//! Numbers joined by group: the particles of an event, the edges of a node.
//!
//! With the group `g(m)` of row `m`, `x_m` of `[M, F]` becomes `y_k` of `[K, F]`:
//! $$ y_k = \sum_{g(m) = k} x_m, \quad
//!    \frac{1}{n_k} \sum_{g(m) = k} x_m, \quad
//!    \max_{g(m) = k} x_m, \quad
//!    \sum_{g(m) = k} \frac{e^{s_m}}{\sum_{g(l) = k} e^{s_l}} x_m $$
//!
//! An empty group gives zeros. Nothing is padded: rows stand behind one
//! another, whatever their groups.

use serde::{Deserialize, Serialize};

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};
use crate::ops::{
    Add, Div, Equal, Exp, Expand, Gather, GatherAdjoint, Mul, Places, Reduction, Scatter, Sub,
    Where,
};

/// How the rows of a group become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// Their sum.
    #[default]
    Sum,
    /// Their mean.
    Mean,
    /// The largest of each number.
    Max,
    /// Their mean with weights that a linear map of each gives, normalised
    /// over the group by a softmax.
    Softmax,
}

/// Less than any number of a network, and still finite in single precision.
pub(super) const LEAST: f64 = -1e30;

/// Rows and the groups that they belong to.
pub(super) struct Segments<'a> {
    pub graph: &'a mut Graph,
    /// The group of every row, `[M]`, integers below `groups`.
    pub of: ValueId,
    /// The number of groups.
    pub groups: Dim,
}

const ROWS: Places = Places::Along { axis: 0 };

impl Segments<'_> {
    /// Sums rows `[M, F]` to `[K, F]`.
    pub fn sum(&mut self, rows: ValueId) -> Result<ValueId, NetworkError> {
        let shape = self.shape(rows);
        let sum = GatherAdjoint {
            places: ROWS,
            shape,
        };
        self.graph.push(sum, &[rows, self.of])
    }

    /// Means of rows; a group's rows are counted here.
    pub fn mean(&mut self, rows: ValueId) -> Result<ValueId, NetworkError> {
        let count = self.graph.shape(rows)[0].clone();
        let one = self.graph.scalar(1.0);
        let shape = vec![count, 1.into()];
        let ones = self.graph.push(Expand { shape }, &[one])?;
        let counts = self.sum(ones)?;
        let counts = self.never_zero(counts)?;
        let sum = self.sum(rows)?;
        self.graph.push(Div, &[sum, counts])
    }

    /// The largest of each column.
    pub fn max(&mut self, rows: ValueId) -> Result<ValueId, NetworkError> {
        let largest = self.largest(rows)?;
        let (least, zero) = (self.graph.scalar(LEAST), self.graph.scalar(0.0));
        let empty = self.graph.push(Equal, &[largest, least])?;
        self.graph.push(Where, &[empty, zero, largest])
    }

    /// Sums of rows with weights `exp(score)` over their sum; `scores` is
    /// `[M, 1]`.
    pub fn softmax(&mut self, rows: ValueId, scores: ValueId) -> Result<ValueId, NetworkError> {
        // Weights do not change when a group's scores are shifted together.
        let shift = self.largest(scores)?;
        let shift = self.of_row(shift)?;
        let shifted = self.graph.push(Sub, &[scores, shift])?;
        let weights = self.graph.push(Exp, &[shifted])?;
        let total = self.sum(weights)?;
        let total = self.of_row(total)?;
        let weights = self.graph.push(Div, &[weights, total])?;
        let weighted = self.graph.push(Mul, &[rows, weights])?;
        self.sum(weighted)
    }

    /// Every row's group's numbers: `[K, F]` to `[M, F]`.
    pub fn of_row(&mut self, groups: ValueId) -> Result<ValueId, NetworkError> {
        self.graph.push(Gather { places: ROWS }, &[groups, self.of])
    }

    fn largest(&mut self, rows: ValueId) -> Result<ValueId, NetworkError> {
        let shape = self.shape(rows);
        let least = self.graph.scalar(LEAST);
        let start = self.graph.push(Expand { shape }, &[least])?;
        let largest = Scatter {
            places: ROWS,
            reduction: Reduction::Max,
        };
        self.graph.push(largest, &[start, self.of, rows])
    }

    /// Counts, with 1 in the place of 0.
    fn never_zero(&mut self, counts: ValueId) -> Result<ValueId, NetworkError> {
        let zero = self.graph.scalar(0.0);
        let empty = self.graph.push(Equal, &[counts, zero])?;
        self.graph.push(Add, &[counts, empty])
    }

    fn shape(&self, rows: ValueId) -> Vec<Dim> {
        vec![self.groups.clone(), self.graph.shape(rows)[1].clone()]
    }
}
