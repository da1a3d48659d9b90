//! Quadratic forms: distances, energies, anything of second degree at most.
//!
//! All squares and products of two variables are fitted at once; what is not
//! significant is dropped, and `a x² − 2a x y + a y²` is written as `a (x − y)²`,
//! `a x² + b x` as `a (x + b/2a)²` besides.

use super::structure::weighted;
use crate::expression::Expression;
use crate::operator::Operator;

/// More variables than this would need more rows than are looked at.
const MOST: usize = 10;
/// Standard errors that a coefficient must be away from zero.
const SIGNIFICANT: f64 = 5.0;
/// The form must leave less than this part of the target's sum of squares.
const LEFT: f64 = 0.2;

/// `Σ aᵢⱼ xᵢ xⱼ + Σ bᵢ xᵢ + c` for a target, its coefficients fitted, in one way to
/// write it or two; none if the target is nothing like it. `variables` are the places of
/// the columns used.
pub fn quadratic(
    columns: &[Vec<f64>],
    variables: &[u16],
    target: &[f64],
    weights: &[f32],
) -> Vec<Expression> {
    let Some(form) = fitted(columns, variables, target, weights) else {
        return Vec::new();
    };
    let completed = form.completed(variables).map(|(squares, rest)| {
        let rest = rest.written(variables);
        squares.iter().fold(rest, |sum, part| plus(&sum, part))
    });
    let plain = form.written(variables);
    std::iter::once(plain).chain(completed).collect()
}

/// Terms with their coefficients, and a constant.
#[derive(Debug, Clone)]
struct Form {
    terms: Vec<(Term, f64)>,
    constant: f64,
}

/// The terms that are significant, and the constant.
fn fitted(
    columns: &[Vec<f64>],
    variables: &[u16],
    target: &[f64],
    weights: &[f32],
) -> Option<Form> {
    let n = variables.len();
    let pairs: Vec<(usize, usize)> = (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).collect();
    if n > MOST || target.len() < 2 * (1 + n + pairs.len()) {
        return None;
    }
    let column = |i: usize| &columns[usize::from(variables[i])];
    let product = |&(i, j): &(usize, usize)| -> Vec<f64> {
        column(i)
            .iter()
            .zip(column(j))
            .map(|(a, b)| a * b)
            .collect()
    };
    let mut kept: Vec<Term> = pairs.into_iter().map(Term::Product).collect();
    kept.extend((0..n).map(Term::Linear));
    // What is dropped changes the errors of what stays: fitted anew, twice at most.
    let mut coefficients = Vec::new();
    for _ in 0..3 {
        let mut design = vec![vec![1.0; target.len()]];
        design.extend(kept.iter().map(|term| match term {
            Term::Product(pair) => product(pair),
            Term::Linear(i) => column(*i).clone(),
        }));
        let (fitted, errors) = weighted(&design, target, weights)?;
        if unexplained(&design, &fitted, target, weights) > LEFT {
            return None;
        }
        let scale = fitted[1..].iter().fold(0.0_f64, |m, c| m.max(c.abs()));
        let stays: Vec<bool> = fitted[1..]
            .iter()
            .zip(&errors[1..])
            .map(|(c, e)| c.abs() > SIGNIFICANT * e && c.abs() > 1e-7 * scale)
            .collect();
        let all = stays.iter().all(|s| *s);
        coefficients = fitted;
        if all {
            break;
        }
        let mut stays = stays.into_iter();
        kept.retain(|_| stays.next().unwrap_or(true));
        if kept.is_empty() {
            return None;
        }
    }
    if coefficients.len() != kept.len() + 1 {
        return None;
    }
    let terms = kept
        .into_iter()
        .zip(coefficients[1..].iter().copied())
        .collect();
    Some(Form {
        terms,
        constant: coefficients[0],
    })
}

/// `c part + sum`.
fn plus(sum: &Expression, (c, part): &(f64, Expression)) -> Expression {
    let term = Expression::apply(Operator::Mul, &[&Expression::constant(*c), part]);
    Expression::apply(Operator::Add, &[&term, sum])
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Term {
    Product((usize, usize)),
    Linear(usize),
}

/// What a fit leaves of the target's weighted sum of squares about its mean.
fn unexplained(design: &[Vec<f64>], coefficients: &[f64], target: &[f64], weights: &[f32]) -> f64 {
    let rows = || {
        let squares = weights.iter().map(|&w| f64::from(w).powi(2));
        target
            .iter()
            .zip(squares)
            .enumerate()
            .filter(|(_, (_, w))| *w > 0.0)
    };
    let count: f64 = rows().map(|(_, (_, w))| w).sum();
    let mean = rows().map(|(_, (y, w))| w * y).sum::<f64>() / count;
    let (mut left, mut all) = (0.0, 0.0);
    for (row, (y, w)) in rows() {
        let fitted: f64 = design
            .iter()
            .zip(coefficients)
            .map(|(d, c)| d[row] * c)
            .sum();
        left += w * (y - fitted).powi(2);
        all += w * (y - mean).powi(2);
    }
    left / all
}

impl Form {
    /// The squares of sums that variables with a square and a linear term but no product
    /// with another are in, with their coefficients, and what is left; `None` if there are
    /// no such variables.
    fn completed(&self, variables: &[u16]) -> Option<(Vec<(f64, Expression)>, Self)> {
        let crossed = |i: usize| {
            self.terms.iter().any(|(term, _)| match *term {
                Term::Product((a, b)) => a != b && (a == i || b == i),
                Term::Linear(_) => false,
            })
        };
        let of = |wanted: Term| self.terms.iter().find(|(term, _)| *term == wanted);
        let mut rest = self.clone();
        let mut squares = Vec::new();
        for (i, &variable) in variables.iter().enumerate() {
            let pair = of(Term::Product((i, i))).zip(of(Term::Linear(i)));
            let Some((&(square, a), &(linear, b))) = pair.filter(|_| !crossed(i)) else {
                continue;
            };
            rest.terms
                .retain(|(term, _)| *term != square && *term != linear);
            rest.constant -= 0.25 * b * b / a;
            let shift = Expression::constant(0.5 * b / a);
            let sum = Expression::apply(Operator::Add, &[&Expression::variable(variable), &shift]);
            squares.push((a, Expression::apply(Operator::Mul, &[&sum, &sum])));
        }
        (!squares.is_empty()).then_some((squares, rest))
    }

    /// The sum, squares of differences first.
    fn written(self, variables: &[u16]) -> Expression {
        let mut terms = self.terms;
        let variable = |i: usize| Expression::variable(variables[i]);
        let mut parts: Vec<(f64, Expression)> = Vec::new();
        let coefficient = |terms: &[(Term, f64)], i: usize, j: usize| {
            let place = terms
                .iter()
                .position(|(t, _)| *t == Term::Product((i, j)))?;
            Some((place, terms[place].1))
        };
        let crossed: Vec<(usize, usize)> = terms
            .iter()
            .filter_map(|(t, c)| match t {
                Term::Product((i, j)) if i != j && *c < 0.0 => Some((*i, *j)),
                _ => None,
            })
            .collect();
        for (i, j) in crossed {
            let (Some((at, cross)), Some((_, a)), Some((_, b))) = (
                coefficient(&terms, i, j),
                coefficient(&terms, i, i),
                coefficient(&terms, j, j),
            ) else {
                continue;
            };
            let half = -0.5 * cross;
            let near = |x: f64| (x - half).abs() < 0.05 * half;
            if !near(a) || !near(b) {
                continue;
            }
            terms.remove(at);
            terms.retain(|(t, _)| *t != Term::Product((i, i)) && *t != Term::Product((j, j)));
            let difference = Expression::apply(Operator::Sub, &[&variable(i), &variable(j)]);
            let square = Expression::apply(Operator::Mul, &[&difference, &difference]);
            parts.push((half, square));
        }
        for (term, c) in terms {
            let part = match term {
                Term::Linear(i) => variable(i),
                Term::Product((i, j)) => {
                    Expression::apply(Operator::Mul, &[&variable(i), &variable(j)])
                }
            };
            parts.push((c, part));
        }
        let constant = Expression::constant(self.constant);
        parts.iter().fold(constant, |sum, part| plus(&sum, part))
    }
}

#[cfg(test)]
mod tests {
    use pellucid_core::random::stream;
    use rand::RngExt;

    use super::*;

    #[test]
    fn a_squared_distance_is_written_as_squares_of_differences() {
        let mut rng = stream(3, 0);
        let columns: Vec<Vec<f64>> = (0..4)
            .map(|_| (0..200).map(|_| rng.random_range(1.0..3.0)).collect())
            .collect();
        let target: Vec<f64> = (0..200)
            .map(|r| {
                let d = |i: usize, j: usize| columns[i][r] - columns[j][r];
                2.0 * d(0, 2).powi(2) + 3.0 * d(1, 3).powi(2) + 0.5
            })
            .collect();
        let form = quadratic(&columns, &[0, 1, 2, 3], &target, &vec![1.0; target.len()])[0].clone();
        // Two squares of seven nodes with their factors, and the offset.
        assert!(form.complexity() <= 21, "{form:?}");
        for row in 0..200 {
            let point: Vec<f64> = columns.iter().map(|c| c[row]).collect();
            // Least squares of 15 columns loses a few digits.
            assert!((form.at(&point) - target[row]).abs() < 1e-8);
        }
        let noise: Vec<f64> = (0..200).map(|_| rng.random_range(-1.0..1.0)).collect();
        let found = quadratic(&columns, &[0, 1, 2, 3], &noise, &vec![1.0; noise.len()]);
        assert_eq!(found, Vec::new());
    }

    #[test]
    fn squares_are_completed_where_nothing_is_crossed() {
        let mut rng = stream(4, 0);
        let columns: Vec<Vec<f64>> = (0..3)
            .map(|_| (0..200).map(|_| rng.random_range(1.0..3.0)).collect())
            .collect();
        let law = |x: &[f64]| 2.0 * (x[0] - 3.0).powi(2) + 0.5 * x[1] * x[2] + x[2];
        let point = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
        let target: Vec<f64> = (0..200).map(|r| law(&point(r))).collect();
        let forms = quadratic(&columns, &[0, 1, 2], &target, &[1.0; 200]);
        let [plain, completed] = forms.as_slice() else {
            panic!("{forms:?}");
        };
        for form in [plain, completed] {
            for row in 0..200 {
                let point = point(row);
                // As above.
                assert!((form.at(&point) - law(&point)).abs() < 1e-8);
            }
        }
        let shifts = completed.constants().iter();
        assert!(
            shifts.clone().any(|c| (c + 3.0).abs() < 1e-8),
            "{completed:?}"
        );
        assert!(plain.constants().iter().all(|c| (c + 3.0).abs() > 1e-3));
    }
}
