//! Quadratic forms over products of columns, `(x² + y² − z²)/(2 x y)`.
//!
//! A column that stands above and below does not separate, so no power law can be split
//! off; but the target times the columns below is a quadratic form, and whether it is one
//! costs a single fit. So all products of up to three columns are tried, as they are and
//! squared for the root of a form, `√(x² + y²)/(x z)`.

use super::weights::weights;
use crate::expression::Expression;
use crate::operator::Operator;
use crate::search::quadratic::quadratic;

/// With more columns there would be too many products, and quadratic forms, too.
const MOST: usize = 6;
/// Columns below the line.
const BELOW: usize = 3;

/// Quadratic forms and their roots over products of these columns; `target` is that on
/// the rows of the columns, with an error that is the same in all rows if `noisy`.
pub fn quotients(
    columns: &[Vec<f64>],
    left: &[u16],
    target: &[f64],
    (noisy, roots): (bool, bool),
) -> Vec<Expression> {
    let mut out = Vec::new();
    if left.len() > MOST {
        return out;
    }
    let positive = target.iter().all(|y| *y > 0.0);
    for below in products(left) {
        let product: Vec<f64> = (0..target.len())
            .map(|row| {
                below
                    .iter()
                    .map(|&v| columns[usize::from(v)][row])
                    .product()
            })
            .collect();
        let divisor = below.iter().map(|&v| Expression::variable(v));
        let divisor = divisor.reduce(|a, b| Expression::apply(Operator::Mul, &[&a, &b]));
        let Some(divisor) = divisor else { continue };
        for root in [false, true] {
            if root && !(roots && positive) {
                continue;
            }
            let whole: Vec<f64> = target.iter().zip(&product).map(|(y, p)| y * p).collect();
            let form: Vec<f64> = whole
                .iter()
                .map(|w| if root { w * w } else { *w })
                .collect();
            let errors = product.iter().zip(&whole).map(|(p, w)| {
                let slope = if root { 2.0 * w.abs() } else { 1.0 };
                (slope * p.abs(), true)
            });
            let weights = if noisy {
                weights(errors)
            } else {
                vec![1.0; target.len()]
            };
            for form in quadratic(columns, left, &form, &weights) {
                let above = if root {
                    Expression::apply(Operator::Sqrt, &[&form])
                } else {
                    form
                };
                out.push(Expression::apply(Operator::Div, &[&above, &divisor]));
            }
        }
    }
    out
}

/// Products of up to three columns, each once or twice.
fn products(left: &[u16]) -> Vec<Vec<u16>> {
    let mut out: Vec<Vec<u16>> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..BELOW {
        let to = out.len();
        for i in from..to {
            let last = out[i].last().copied().unwrap_or(0);
            for &v in left.iter().filter(|&&v| v >= last) {
                let twice = out[i].iter().filter(|&&w| w == v).count() < 2;
                if twice {
                    out.push([out[i].as_slice(), &[v]].concat());
                }
            }
        }
        from = to;
    }
    out.retain(|product| !product.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random::{stream, uniform};

    #[test]
    fn a_quadratic_form_over_its_own_columns_is_found() {
        let mut rng = stream(8, 0);
        let columns: Vec<Vec<f64>> = (0..3)
            .map(|_| (0..256).map(|_| 1.0 + 2.0 * uniform(&mut rng)).collect())
            .collect();
        let point = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
        let names = ["x", "y", "z"].map(str::to_owned);
        let law = Expression::parse("(x^2 + 2*x*y - z^2)/(2*x*y)", &names).unwrap();
        let target: Vec<f64> = (0..256).map(|r| law.at(&point(r))).collect();
        let found = quotients(&columns, &[0, 1, 2], &target, (true, true));
        let exact = |e: &Expression| {
            (0..256).all(|r| (e.at(&point(r)) - target[r]).abs() < 1e-7 * target[r].abs().max(1.0))
        };
        assert!(found.iter().any(exact), "{}", found.len());
    }
}
