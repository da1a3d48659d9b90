//! Constants set to simple numbers.

use std::f64::consts::{PI, SQRT_2};

use super::describe::{length, of_residuals};
use crate::expression::Expression;
use crate::search::{Bench, Judge, Law, Problem};

/// Largest numerator and denominator of a fraction.
const NUMERATOR: u32 = 100;
const DENOMINATOR: u32 = 12;

/// A simple fraction `±p/q` that a number equals to the last digits.
pub(super) fn fraction(c: f64) -> Option<(u32, u32)> {
    (1..=DENOMINATOR).find_map(|q| {
        let p = (c.abs() * f64::from(q)).round();
        let equal = (p / f64::from(q) - c.abs()).abs() <= 4.0 * f64::EPSILON * c.abs();
        (equal && p >= 1.0 && p <= f64::from(NUMERATOR)).then_some((p as u32, q))
    })
}

/// Lengths that differ by less are alike.
const EVEN: f64 = 1e-9;

/// What fractions are taken of.
const UNITS: [f64; 5] = [PI, 1.0 / PI, PI * PI, SQRT_2, 0.398_942_280_401_432_7];

/// Whether a number is a fraction of one of the [`UNITS`].
pub(super) fn is_simple(c: f64) -> bool {
    UNITS.iter().any(|unit| fraction(c / unit).is_some())
}

/// The simple numbers nearest to `c`, plain fractions first.
fn candidates(c: f64) -> Vec<f64> {
    let near = |unit: f64| {
        (1..=DENOMINATOR).filter_map(move |q| {
            let p = (c.abs() / unit * f64::from(q)).round();
            let value = (p / f64::from(q) * unit).copysign(c);
            (p >= 1.0 && p <= f64::from(NUMERATOR)).then_some(value)
        })
    };
    std::iter::once(1.0).chain(UNITS).flat_map(near).collect()
}

/// The law in its smallest way to be written, and with constants
/// replaced by simple numbers or, without loss of a column, left out, one after the other,
/// wherever the description of the data becomes no longer.
pub fn snap(law: &Law, judge: &Judge, problem: &Problem, bench: &mut Bench) -> Law {
    let rows = problem.rows() as f64;
    let (_, spread) = problem.middle();
    let cost = |loss: f64| of_residuals(loss, problem, spread);
    let mut law = law.clone();
    for expression in judge.rewritten(&law.expression) {
        let loss = judge.loss(&expression, bench);
        let other = judge.polish(&Law { expression, loss }, bench);
        if other.complexity() <= law.complexity() && cost(other.loss) <= cost(law.loss) + EVEN {
            law = other;
        }
    }
    for i in 0..law.expression.constants().len() {
        let c = law.expression.constants()[i];
        let mut best: Option<(f64, Law)> = None;
        for value in candidates(c) {
            let expression = with_constant(&law.expression, i, value);
            let loss = judge.loss(&expression, bench);
            let change = cost(loss) - cost(law.loss) + length(value, rows) - length(c, rows);
            if change < best.as_ref().map_or(EVEN, |(least, _)| *least) {
                best = Some((change, Law { expression, loss }));
            }
        }
        if let Some((_, better)) = best {
            law = better;
        }
    }
    let mut i = 0;
    while let Some(&c) = law.expression.constants().get(i) {
        let expression = judge.simplest(&with_constant(&law.expression, i, 0.0));
        let loss = judge.loss(&expression, bench);
        if expression.complexity() < law.complexity()
            && expression.variables() == law.expression.variables()
            && cost(loss) <= cost(law.loss) + length(c, rows)
        {
            law = Law { expression, loss };
        } else {
            i += 1;
        }
    }
    // A factor of one or an offset of nothing falls away.
    let simple = judge.simplest(&law.expression);
    let loss = judge.loss(&simple, bench);
    if cost(loss) <= cost(law.loss) + EVEN && simple.complexity() <= law.complexity() {
        Law {
            expression: simple,
            loss,
        }
    } else {
        law
    }
}

fn with_constant(expression: &Expression, i: usize, value: f64) -> Expression {
    let mut expression = expression.clone();
    expression.constants_mut()[i] = value;
    expression
}
