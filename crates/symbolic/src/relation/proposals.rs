//! Equations of motion that are polynomials of second degree, to begin a search with.
//!
//! Populations, reactions and oscillators mostly obey
//!
//! $$ \dot x = c + \sum_i a_i x_i + \sum_{i \le j} b_{ij} x_i x_j $$
//!
//! with few terms, and most of these with `x` itself as a factor,
//! $\dot x = x\,(r + \sum_i a_i x_i)$ (Lotka and Volterra). Least squares over all terms, of
//! which the least useful is dropped again and again, proposes one law of each size (the
//! sparse regression of S. L. Brunton, J. L. Proctor, J. N. Kutz, PNAS 113 (2016) 3932,
//! backwards). The search fits, judges and selects them as any other law.

use crate::expression::{Expression, Tree};
use crate::fit::solve;
use crate::operator::Operator;
use crate::search::Problem;

/// Columns that are looked at: of more there are too many products.
const COLUMNS: usize = 8;
/// The largest sum that is proposed.
const MOST: usize = 7;

/// The laws; `own` is the place of the column whose rate is the target.
pub fn polynomials(problem: &Problem, own: u16) -> Vec<Expression> {
    let count = problem.columns().len().min(COLUMNS) as u16;
    let linear: Vec<Vec<u16>> = (0..count).map(|i| vec![i]).collect();
    let pairs = (0..count).flat_map(|i| (i..count).map(move |j| vec![i, j]));
    let all: Vec<Vec<u16>> = std::iter::once(Vec::new())
        .chain(linear.clone())
        .chain(pairs)
        .collect();
    // What multiplies the column itself: a constant and each column.
    let inner = std::iter::once(Vec::new()).chain(linear);
    let with_own: Vec<Vec<u16>> = inner
        .map(|term| term.into_iter().chain([own]).collect())
        .collect();
    let mut out = Vec::new();
    for (terms, factored) in [(with_own, true), (all, false)] {
        for (chosen, coefficients) in backwards(problem, &terms) {
            let parts = chosen.iter().map(|&k| {
                let mut term = terms[k].clone();
                if factored {
                    term.pop();
                }
                term
            });
            let sum = sum(parts.zip(coefficients));
            out.push(if factored {
                let own = Expression::variable(own);
                Expression::apply(Operator::Mul, &[&own, &sum])
            } else {
                sum
            });
        }
    }
    out
}

/// A sum of products of columns.
fn sum(terms: impl Iterator<Item = (Vec<u16>, f64)>) -> Expression {
    let tree = terms.map(|(columns, c)| {
        let factors = columns.into_iter().map(Tree::Variable);
        factors.fold(Tree::Constant(c), |product, factor| {
            Tree::binary(Operator::Mul, product, factor)
        })
    });
    let whole = tree.reduce(|a, b| Tree::binary(Operator::Add, a, b));
    Expression::from(&whole.unwrap_or(Tree::Constant(0.0)))
}

/// The sums that are left as the least useful term is dropped, with their coefficients.
fn backwards(problem: &Problem, terms: &[Vec<u16>]) -> Vec<(Vec<usize>, Vec<f64>)> {
    let columns: Vec<Vec<f64>> = terms.iter().map(|term| values(problem, term)).collect();
    let product = |a: &[f64], b: &[f64]| -> f64 {
        let pairs = a.iter().zip(b).zip(problem.weights());
        pairs.map(|((a, b), w)| w * a * b).sum()
    };
    let size = terms.len();
    let gram: Vec<f64> = (0..size * size)
        .map(|k| product(&columns[k / size], &columns[k % size]))
        .collect();
    let right: Vec<f64> = columns
        .iter()
        .map(|column| product(column, problem.target()))
        .collect();
    let fitted = |chosen: &[usize]| {
        let pairs = chosen
            .iter()
            .flat_map(|&i| chosen.iter().map(move |&j| (i, j)));
        let matrix: Vec<f64> = pairs.map(|(i, j)| gram[i * size + j]).collect();
        let b: Vec<f64> = chosen.iter().map(|&i| right[i]).collect();
        let c = solve(&matrix, &b)?;
        let explained: f64 = c.iter().zip(&b).map(|(c, b)| c * b).sum();
        Some((explained, c))
    };
    let mut chosen: Vec<usize> = (0..size).collect();
    let mut out = Vec::new();
    while !chosen.is_empty() && problem.rows() > 2 {
        let now = fitted(&chosen);
        if let Some((_, c)) = &now
            && chosen.len() <= MOST
            && 2 * chosen.len() < problem.rows()
        {
            out.push((chosen.clone(), c.clone()));
        }
        let fewer = (0..chosen.len()).filter_map(|place| {
            let mut fewer = chosen.clone();
            fewer.remove(place);
            fitted(&fewer).map(|(explained, _)| (explained, place))
        });
        let best = fewer.max_by(|a, b| a.0.total_cmp(&b.0));
        // Terms that are sums of each other: the last one is too many.
        let place = best.map_or(chosen.len() - 1, |(_, place)| place);
        chosen.remove(place);
    }
    out
}

fn values(problem: &Problem, term: &[u16]) -> Vec<f64> {
    let mut out = vec![1.0; problem.rows()];
    for &column in term {
        let column = &problem.columns()[usize::from(column)];
        out.iter_mut().zip(column).for_each(|(x, c)| *x *= c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::{stream, uniform};

    #[test]
    fn the_law_of_a_population_is_proposed_with_its_factor() {
        let mut rng = stream(5, 1);
        let columns: Vec<Vec<f64>> = (0..3)
            .map(|_| (0..80).map(|_| 0.2 + uniform(&mut rng)).collect())
            .collect();
        let rate = |r: usize| {
            let [x, y, z] = [0, 1, 2].map(|i: usize| columns[i][r]);
            x * (1.0 - 0.5 * x - 0.25 * z) + 0.0 * y
        };
        let target = ("dx/dt".to_owned(), (0..80).map(rate).collect());
        let names = ["x", "y", "z"].map(str::to_owned);
        let features = names.iter().cloned().zip(columns.clone()).collect();
        let problem = Problem::new(features, target, None).unwrap();
        let laws = polynomials(&problem, 0);
        let near = |law: &&Expression| {
            let at = |r: usize| law.at(&[columns[0][r], columns[1][r], columns[2][r]]);
            (0..80).all(|r| (at(r) - rate(r)).abs() < 1e-9) && law.complexity() < 14
        };
        let found = laws.iter().find(near).map(|law| law.infix(&names));
        assert!(
            found.as_ref().is_some_and(|law| law.starts_with("x*(")),
            "{found:?}"
        );
    }
}
