//! The length of a description of the data by a law.
//!
//! $$ L = \tfrac n2 \ln \frac{\sigma^2}{\operatorname{var} y}
//!      + N \ln k + \sum_i \ell(c_i) $$
//!
//! in natural units: the residuals of `n` rows with mean square `σ²`, the form
//! with `N` nodes out of `k` different symbols, and the constants: `½ ln n` for
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

/// The length of a description by this law.
pub fn description(law: &Law, problem: &Problem) -> Description {
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
        data: 0.5 * n * law.loss.max(ROUNDING.powi(2)).ln(),
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
