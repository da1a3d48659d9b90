//! How many formulas there are of a size.
//!
//! $$ a_1 = v + 1, \qquad a_N = u\, a_{N-1} + b \sum_{i+j=N-1} a_i a_j $$
//!
//! with `v` columns and a constant as leaves, `u` operators of one argument and `b` of
//! two, one that commutes counted by half. A search that takes the best of all formulas
//! of a size has asked the data `ln a_N` nats: of 14 nodes there are millions of millions, and that one of
//! them follows eight rows is no evidence.

use crate::operator::Operator;

/// The logarithms of the numbers of formulas, by size less one.
#[derive(Debug, Clone)]
pub struct Forms(Vec<f64>);

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
            let log = if most.is_finite() { most + sum.ln() } else { logs[size - 2] };
            logs.push(log.max(logs[size - 2]));
        }
        Self(logs)
    }

    /// The logarithm of the number of formulas of a size.
    pub fn log(&self, size: usize) -> f64 {
        let last = self.0.len();
        match self.0.get(size.max(1) - 1) {
            Some(log) => *log,
            // Beyond the largest the growth per node stays what it was.
            None if last > 1 => {
                self.0[last - 1] + (size - last) as f64 * (self.0[last - 1] - self.0[last - 2])
            }
            None => self.0[last - 1],
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
}
