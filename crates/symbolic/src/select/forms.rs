//! How many formulas there are of a size.
//!
//! $$ a_1 = v + 1, \qquad a_N = u\, a_{N-1} + b \sum_{i+j=N-1} a_i a_j $$
//!
//! with `v` columns and a constant as leaves, `u` operators of one argument and `b` of
//! two, one that commutes counted by half. A search that takes the best of all formulas
//! of a size has asked the data `ln a_N` nats: of 14 nodes there are millions of millions,
//! and that one of them follows eight rows is no evidence.
//!
//! Physicists do not write all of them alike often. In the hundred equations of the Feynman
//! database a node is a product in 21 of a hundred cases, a quotient in 11, a square in
//! 8, a sum or difference in 3 each, a root in 1.6, a sine, cosine or exponential in about 1, the rest are columns and
//! numbers (counted in `tests/laws/feynman.csv`; R. Guimerà et al., Sci. Adv. 6, eaav6971
//! (2020) weigh formulas by their like in an encyclopaedia). A formula needs `−Σ ln p` nats with these
//! frequencies, or `ln a_N` if that is more: `sin(cos(log(x)))` needs evidence that
//! `a x²/y` does not.

use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// The logarithms of the numbers of formulas, by size less one.
#[derive(Debug, Clone)]
pub struct Forms {
    /// By size less one.
    logs: Vec<f64>,
    columns: usize,
}

impl Forms {
    /// Those of these operators over so many columns, up to a size.
    pub fn new(operators: &[Operator], columns: usize, largest: usize) -> Self {
        let of = |arity: usize| operators.iter().filter(move |o| o.arity() == arity);
        let unary = of(1).count() as f64;
        let half = |o: &Operator| if o.operation().commutes() { 0.5 } else { 1.0 };
        let binary: f64 = of(2).map(half).sum();
        let mut logs = vec![((columns + 1) as f64).ln()];
        for size in 2..=largest {
            let mut terms = vec![unary.ln() + logs[size - 2]];
            terms.extend((1..size - 1).map(|i| binary.ln() + logs[i - 1] + logs[size - 2 - i]));
            let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = terms.iter().map(|t| (t - most).exp()).sum();
            // Without operators of one argument there are no formulas of even size.
            let log = if most.is_finite() {
                most + sum.ln()
            } else {
                logs[size - 2]
            };
            logs.push(log.max(logs[size - 2]));
        }
        Self { logs, columns }
    }

    /// What a formula needs, in nats.
    pub fn length(&self, form: &Expression) -> f64 {
        let spelt: f64 = form.tokens().iter().map(|t| self.token(*t)).sum();
        spelt.max(self.log(form.complexity()))
    }

    /// Minus the logarithm of the frequency of a node.
    fn token(&self, token: Token) -> f64 {
        let often: f64 = match token {
            Token::Variable(_) => 0.37 / self.columns as f64,
            Token::Constant => 0.11,
            Token::Apply(operator) => match operator {
                Operator::Mul => 0.21,
                Operator::Div | Operator::Inv => 0.11,
                Operator::Square => 0.08,
                Operator::Add | Operator::Sub | Operator::Neg => 0.03,
                Operator::Sqrt | Operator::Cube | Operator::Pow => 0.016,
                Operator::Exp | Operator::Log | Operator::Sin | Operator::Cos => 0.01,
                _ => 0.004,
            },
        };
        -often.ln()
    }

    /// The logarithm of the number of formulas of a size.
    fn log(&self, size: usize) -> f64 {
        let last = self.logs.len();
        let at = |k: usize| self.logs[k - 1];
        match self.logs.get(size.max(1) - 1) {
            Some(log) => *log,
            // Beyond the largest the growth per node stays what it was.
            None if last > 1 => at(last) + (size - last) as f64 * (at(last) - at(last - 1)),
            None => at(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_formulas_are_counted_one_by_one() {
        // x, c; exp of these; exp exp of these and half of the four sums.
        let forms = Forms::new(&[Operator::Exp, Operator::Add], 1, 5);
        let count = |size: usize| forms.log(size).exp();
        assert!((count(1) - 2.0).abs() < 1e-9);
        assert!((count(2) - 2.0).abs() < 1e-9);
        assert!((count(3) - 4.0).abs() < 1e-9);
        assert!(forms.log(9) > forms.log(5));
    }

    #[test]
    fn functions_within_functions_need_more_than_products() {
        let operators = [Operator::Mul, Operator::Sin, Operator::Cos, Operator::Log];
        let forms = Forms::new(&operators, 1, 20);
        let names = ["x".to_owned()];
        let length = |text: &str| forms.length(&Expression::parse(text, &names).unwrap());
        assert!(length("sin(cos(log(x)))") > length("2.5*x*x") + 3.0);
    }
}
