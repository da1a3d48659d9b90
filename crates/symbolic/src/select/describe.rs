//! The length of a description of the data by a law.
//!
//! $$ L = -\ln \frac{p(y\,|\,\text{law})}{p(y\,|\,\text{best constant})}
//!      + N \ln k + \sum_i \ell(c_i) $$
//!
//! in natural units: the residuals by the likelihood that belongs to the
//! [loss](crate::loss), for squares $\tfrac n2 \ln (\sigma^2/\operatorname{var} y)$ with
//! their mean `σ²` over `n` rows; the form with `N` nodes out of `k` different symbols, and the constants: `½ ln n` for
//! one that is known as well as the data allow, the digits of numerator and
//! denominator for a simple fraction. Where a law is exact, `σ` is what rounding
//! leaves.

use std::collections::HashSet;

use crate::expression::Token;
use crate::search::{Law, Problem};

/// The relative precision that differences of laws are believed to.
pub const ROUNDING: f64 = 1e-12;

/// The parts of a description's length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Description {
    /// Of the residuals.
    pub data: f64,
    /// Of the form.
    pub form: f64,
    /// Of the constants.
    pub constants: f64,
}

impl Description {
    /// The whole length.
    pub fn total(&self) -> f64 {
        self.data + self.form + self.constants
    }
}

/// What rounding leaves of a loss.
pub(super) fn rounding(problem: &Problem) -> f64 {
    ROUNDING.powi(problem.order())
}

/// The length of the residuals at a loss; `spread` as in [`Problem::middle`].
pub(super) fn of_residuals(loss: f64, problem: &Problem, spread: f64) -> f64 {
    problem.length(loss.max(rounding(problem)), spread)
}

/// The length of a description by this law, where the best constant's errors cost
/// `spread` in the mean.
pub fn description(law: &Law, problem: &Problem, spread: f64) -> Description {
    let n = problem.rows() as f64;
    let symbols: HashSet<&Token> = law.expression.tokens().iter().collect();
    let tokens = law.expression.complexity() as f64;
    // A choice between fewer than two symbols would cost nothing.
    let form = tokens * (symbols.len().max(2) as f64).ln();
    let constants = law
        .expression
        .constants()
        .iter()
        .map(|&c| length(c, n))
        .sum();
    Description {
        data: of_residuals(law.loss, problem, spread),
        form,
        constants,
    }
}

/// The length of a constant.
pub(super) fn length(c: f64, rows: f64) -> f64 {
    let real = 0.5 * rows.ln() + 1.0;
    match super::snap::fraction(c) {
        Some((p, q)) => (f64::from(p) + 1.0).ln() + f64::from(q).ln(),
        None if super::snap::is_simple(c) => 0.6 * real,
        None => real,
    }
    .min(real)
}
