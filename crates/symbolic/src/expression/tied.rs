//! One constant where a sum has two: `c (1 ± f)` for `c + d f`.
//!
//! What approaches a limit from nothing, `v (1 − e^(−k x))`, is found as a constant and a
//! term of their own, since least squares knows no better: with two numbers that are alike
//! but for chance. Both forms have the same nodes, the tied one a constant less.

use super::canonical::{Shorthand, is_sum};
use super::sum::Sum;
use super::{Expression, Tree};
use crate::operator::Operator;

impl Expression {
    /// A sum of a constant and one term with a coefficient, both numbers made one: its
    /// modulus is that of the constant, the signs stay. `None` of other formulas.
    pub fn tied(&self, with: Shorthand) -> Option<Self> {
        let tree = Tree::from(self);
        if !is_sum(&tree) {
            return None;
        }
        let sum = Sum::of(&tree, with);
        let [(coefficient, term)] = sum.terms.as_slice() else {
            return None;
        };
        let c = sum.constant;
        if c == 0.0 || coefficient.abs() == 1.0 || !coefficient.is_finite() {
            return None;
        }
        let one = || Tree::Constant(1.0);
        let within = if coefficient * c < 0.0 {
            Tree::binary(Operator::Sub, one(), term.clone())
        } else {
            Tree::binary(Operator::Add, term.clone(), one())
        };
        let tied = Tree::binary(Operator::Mul, Tree::Constant(c), within);
        Some(Self::from(&tied))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_and_a_coefficient_become_one_number_with_their_signs() {
        let names = ["x".to_owned()];
        let tied = |text: &str| {
            let law = Expression::parse(text, &names).unwrap();
            let tied = law.canonical(Shorthand::default());
            let tied = tied.tied(Shorthand::default())?;
            Some((tied.at(&[0.7]), tied.complexity()))
        };
        let (f, size) = tied("2.0 - 2.1*exp(-0.5*x)").unwrap();
        assert!((f - 2.0 * (1.0 - (-0.35_f64).exp())).abs() < 1e-12);
        assert_eq!(size, 8);
        let (f, _) = tied("-2.0 - 1.9/(x + 3.0)").unwrap();
        assert!((f + 2.0 * (1.0 + 1.0 / 3.7)).abs() < 1e-12);
        assert!(tied("2.0*x").is_none() && tied("2.0 + 3.0*x + exp(x)").is_none());
    }
}
