//! Formulas of a library that a sum may be made of.

use std::collections::HashSet;

use super::weights::weighted;
use crate::expression::Expression;
use crate::operator::Operator;
use crate::search::dictionary::Dictionary;
use crate::search::library::{LIBRARY_ROWS, Library};
use crate::units::{Dimension, Dimensions, Measure};

/// Rows by which columns are told apart.
const PRINT: usize = 24;
/// To this part of their spread, which single precision keeps.
const RESOLUTION: f64 = 1e-4;

/// A column without offset, factor and sign, on some rows.
fn direction(values: &[f32]) -> [i64; PRINT] {
    let values = || values.iter().map(|&v| f64::from(v));
    let count = values().count() as f64;
    let mean = values().sum::<f64>() / count;
    let spread = (values().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt();
    let mut out = [0; PRINT];
    for (out, v) in out.iter_mut().zip(values()) {
        *out = ((v - mean) / (RESOLUTION * spread)).round() as i64;
    }
    let first = out.iter().find(|x| **x != 0);
    if first.is_some_and(|x| *x < 0) {
        out = out.map(|x| -x);
    }
    out
}

/// Formulas to choose from, all of one dimension where the units ask for it.
pub struct Pool<'a> {
    library: &'a Library,
    places: Vec<usize>,
    /// Their values.
    pub dictionary: Dictionary,
}

impl<'a> Pool<'a> {
    /// The formulas of a library up to a size, of one dimension if there is a `limit`.
    pub fn new(
        library: &'a Library,
        largest: usize,
        limit: Option<(&Dimensions, Dimension)>,
        weights: &[f32],
    ) -> Self {
        let fits = |expression: &Expression| {
            expression.complexity() <= largest
                && limit.is_none_or(|(dimensions, wanted)| {
                    dimensions.measure(expression) == Some(Measure::Known(wanted))
                })
        };
        let mut places: Vec<usize> = (0..library.len())
            .filter(|&i| fits(library.expression(i)))
            .collect();
        // What differs by a factor and an offset is one term of a sum, and would
        // crowd others out of the choices; the smallest formula stands for it.
        places.sort_by_key(|&i| library.expression(i).complexity());
        let mut seen = HashSet::new();
        places.retain(|&i| seen.insert(direction(library.values(i))));
        Self {
            dictionary: Dictionary::weighted(
                places.iter().map(|&i| library.values(i).to_vec()),
                weights.to_vec(),
            ),
            library,
            places,
        }
    }

    /// `a₀ + Σ aₖ eₖ` with the coefficients of least squares; all 1 if these are
    /// not to be had.
    pub fn sum(&self, columns: &[usize], target: &[f64], weights: &[f32]) -> Expression {
        let constant = (vec![1.0; LIBRARY_ROWS], Expression::constant(1.0));
        let terms = std::iter::once(constant).chain(self.terms(columns));
        fitted(terms.collect(), target, weights)
    }

    /// The same without `a₀`, which noise makes of nothing, and with which a root may
    /// not be defined everywhere.
    pub fn sum_of_terms(&self, columns: &[usize], target: &[f64], weights: &[f32]) -> Expression {
        fitted(self.terms(columns).collect(), target, weights)
    }

    fn terms(&self, columns: &[usize]) -> impl Iterator<Item = (Vec<f64>, Expression)> {
        columns.iter().map(|&i| {
            let values = self.library.values(self.places[i]).iter();
            let expression = self.library.expression(self.places[i]).clone();
            (values.map(|&x| f64::from(x)).collect(), expression)
        })
    }
}

/// The sum of these terms with the coefficients of least squares.
fn fitted(terms: Vec<(Vec<f64>, Expression)>, target: &[f64], weights: &[f32]) -> Expression {
    let (design, terms): (Vec<Vec<f64>>, Vec<Expression>) = terms.into_iter().unzip();
    let coefficients = weighted(&design, target, weights)
        .map_or_else(|| vec![1.0; terms.len()], |(fitted, _)| fitted);
    let sum = terms.iter().zip(coefficients).map(|(term, c)| {
        let c = Expression::constant(c);
        if *term == Expression::constant(1.0) {
            c
        } else {
            Expression::apply(Operator::Mul, &[&c, term])
        }
    });
    sum.reduce(|sum, term| Expression::apply(Operator::Add, &[&term, &sum]))
        .unwrap_or_else(|| Expression::constant(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_differ_by_factor_and_offset_are_one() {
        let column: Vec<f32> = (0..60).map(|i| (0.37 * i as f32).sin()).collect();
        let other: Vec<f32> = column.iter().map(|x| 3.0 - 2.0 * x).collect();
        let square: Vec<f32> = column.iter().map(|x| x * x).collect();
        // Rounding may tip a single row; these numbers are none of those.
        assert_eq!(direction(&column), direction(&other));
        assert_ne!(direction(&column), direction(&square));
    }
}
