//! Choosing among laws of tables whose numbers are too large or too small for their
//! squares to be numbers.
//!
//! Laws are then judged on the table in the units of the search, `x = 2^k u`, and are
//! written back at the end, with the errors of their constants,
//! $C = J C' J^T$ with $J_{ij} = \partial c_i / \partial c'_j$.

use super::{Constant, Finding, latex};
use crate::expression::Expression;
use crate::search::{Front, Law, Problem, Scaling, Settings};

/// The relative step of a difference quotient; constants are products of powers of
/// others, so the quotient is exact to about as much.
const STEP: f64 = 1e-6;

/// What `judged` finds on the table in other units, over the table; `None` if its numbers
/// are such that it may be judged as it is.
pub(super) fn in_other_units(
    front: &Front,
    problem: &Problem,
    settings: &Settings,
    judged: impl Fn(&Front, &Problem) -> Vec<(Law, Finding)>,
) -> Option<Vec<(Law, Finding)>> {
    // Units that cannot be read end a search before it gets here.
    let dimensions = settings.dimensions(problem).ok()?;
    let scaling = Scaling::of_extremes(problem, settings, dimensions.as_ref())?;
    let mut inward = Front::default();
    for law in front.laws() {
        let expression = scaling.inward(&law.expression);
        inward.insert(Law {
            expression: expression.canonical(settings.shorthand()),
            loss: law.loss,
        });
    }
    let outward = |law: &Expression| scaling.outward(law).canonical(settings.shorthand());
    let factor = scaling.of_target();
    let names = problem.names();
    let found = judged(&inward, &scaling.scaled(problem));
    let written = found.into_iter().map(|(law, finding)| {
        let expression = outward(&law.expression);
        let slopes = slopes(&law.expression, &expression, &outward);
        let (constants, covariance) = carried(&expression, &finding, slopes.as_deref());
        let finding = Finding {
            complexity: expression.complexity(),
            loss: finding.loss * factor * factor,
            expression: expression.infix(names),
            latex: latex(&expression, problem),
            noise: finding.noise.map(|noise| noise * factor),
            held_out: finding.held_out.map(|error| error * factor * factor),
            out_of_range: finding.out_of_range.map(|error| error * factor * factor),
            constants,
            covariance,
            sympy: expression.sympy(names),
            numpy: expression.numpy(names),
            rust: expression.rust(names),
            ..finding
        };
        let loss = law.loss;
        (Law { expression, loss }, finding)
    });
    Some(written.collect())
}

/// How the constants of a law that is written back depend on those that were fitted, row
/// after row; `None` where one of them leaves or adds a constant.
fn slopes(
    fitted: &Expression,
    written: &Expression,
    outward: &dyn Fn(&Expression) -> Expression,
) -> Option<Vec<Vec<f64>>> {
    let columns: Vec<Vec<f64>> = (0..fitted.constants().len())
        .map(|j| {
            let mut moved = fitted.clone();
            let step = STEP * moved.constants()[j];
            moved.constants_mut()[j] += step;
            let moved = outward(&moved);
            let same = moved.form() == written.form();
            let pairs = moved.constants().iter().zip(written.constants());
            same.then(|| pairs.map(|(a, b)| (a - b) / step).collect())
        })
        .collect::<Option<_>>()?;
    let row = |i: usize| columns.iter().map(|column| column[i]).collect();
    Some((0..written.constants().len()).map(row).collect())
}

/// The constants of a law that is written back with their errors, and their covariance.
fn carried(
    written: &Expression,
    finding: &Finding,
    slopes: Option<&[Vec<f64>]>,
) -> (Vec<Constant>, Option<Vec<Vec<f64>>>) {
    let covariance = slopes.zip(finding.covariance.as_ref()).map(|(slopes, of)| {
        let entry = |a: &[f64], b: &[f64]| -> f64 {
            let pairs = of.iter().zip(a);
            let inner = |row: &Vec<f64>| row.iter().zip(b).map(|(c, b)| c * b).sum::<f64>();
            pairs.map(|(row, a)| a * inner(row)).sum()
        };
        slopes
            .iter()
            .map(|a| slopes.iter().map(|b| entry(a, b)).collect())
            .collect::<Vec<Vec<f64>>>()
    });
    let alone = |i: usize| -> Option<f64> {
        let row = &slopes?[i];
        let mut used = row
            .iter()
            .zip(&finding.constants)
            .filter(|(s, _)| **s != 0.0);
        let (slope, constant) = used.next()?;
        // With others their correlations would count.
        (used.next().is_none()).then_some(slope.abs() * constant.error?)
    };
    let error = |i: usize| match &covariance {
        Some(known) => Some(known[i][i].sqrt()),
        None => alone(i),
    };
    let values = written.constants().iter().enumerate();
    let constants = values.map(|(i, &value)| Constant {
        value,
        error: error(i),
    });
    (constants.collect(), covariance)
}
