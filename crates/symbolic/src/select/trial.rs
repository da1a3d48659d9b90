//! Errors of laws on rows that their constants were not fitted to.

use std::sync::Arc;

use pellucid_core::random::{permutation, stream};

use crate::evaluate::{Normal, Program, Scratch};
use crate::expression::Expression;
use crate::fit::{Effort, Ties, fit_tied, solve};
use crate::loss::Loss;
pub use crate::search::FEW_ROWS;
use crate::search::{Law, Problem};

/// Rows of the trials; more would not change what they say.
const ROWS: usize = 2000;
/// Parts that are held out in turn.
const PARTS: usize = 5;
/// The part of the rows that counts as out of range.
const OUTSIDE: f64 = 0.2;

/// A law and what its constants are: parameters, each once or several times over.
#[derive(Debug, Clone, Copy)]
pub struct Fitted<'a> {
    /// The law.
    pub law: &'a Law,
    /// Which parameters its constants are; each its own without.
    pub ties: Option<&'a Ties>,
    /// The parameters.
    pub parameters: &'a [f64],
}

impl Fitted<'_> {
    /// The parameter that a constant is, if it is one.
    pub fn parameter(&self, constant: usize) -> Option<usize> {
        self.ties.map_or(Some(constant), |ties| ties.of()[constant])
    }
}

/// Tables to fit and tables to try.
#[derive(Debug)]
pub struct Trials {
    /// Rows that are tried, each once, and those that the law is fitted to meanwhile.
    held_out: Vec<(Problem, Vec<usize>, Problem)>,
    /// All rows of these, in their order.
    rows: Problem,
    /// Fitted inside, tried outside.
    outside: (Problem, Problem),
}

impl Trials {
    /// Parts the rows of a table: into five, or one row each where there are few.
    pub fn new(problem: &Problem, seed: u64) -> Self {
        let rows = problem.sample(ROWS, seed.wrapping_add(7));
        let n = rows.rows();
        let parts = if n < FEW_ROWS { n } else { PARTS };
        let order = permutation(n, &mut stream(seed.wrapping_add(8), 0));
        let held_out = (0..parts)
            .map(|part| {
                let (tried, fitted): (Vec<_>, Vec<_>) =
                    (0..n).partition(|place| place % parts == part);
                let of = |places: Vec<usize>| places.iter().map(|&p| order[p]).collect();
                let (tried, fitted): (Vec<usize>, Vec<usize>) = (of(tried), of(fitted));
                (rows.select(&fitted), tried.clone(), rows.select(&tried))
            })
            .collect();
        let far = remoteness(&rows);
        let mut by_distance: Vec<usize> = (0..n).collect();
        by_distance.sort_by(|&a, &b| far[a].total_cmp(&far[b]).then(a.cmp(&b)));
        let inside = n - ((n as f64 * OUTSIDE) as usize).max(1);
        Self {
            held_out,
            outside: (
                rows.select(&by_distance[..inside]),
                rows.select(&by_distance[inside..]),
            ),
            rows,
        }
    }

    /// The rows that are held out in turn, in the order of their errors.
    pub fn rows(&self) -> &Problem {
        &self.rows
    }

    /// The rows out of range, in the order of theirs.
    pub fn rows_outside(&self) -> &Problem {
        &self.outside.1
    }

    /// What the error of each row costs where it was held out, by default its square;
    /// `None` where the law is not defined there, or has as many free constants as it is
    /// fitted to rows.
    pub fn held_out(&self, law: Fitted<'_>, scratch: &mut Scratch<f64>) -> Option<Vec<f64>> {
        let mut costs = vec![0.0; self.rows.rows()];
        for (fitted, places, tried) in &self.held_out {
            let own = errors_of(law, (fitted, tried), scratch)?;
            for (&place, cost) in places.iter().zip(own) {
                costs[place] = cost;
            }
        }
        Some(costs)
    }

    /// The same outside of the range that constants were fitted in.
    pub fn outside(&self, law: Fitted<'_>, scratch: &mut Scratch<f64>) -> Option<Vec<f64>> {
        let (fitted, tried) = &self.outside;
        errors_of(law, (fitted, tried), scratch)
    }
}

/// What the errors of a law cost, row by row, if it is a number everywhere.
pub(super) fn row_costs(
    law: &Expression,
    constants: &[f64],
    rows: &Problem,
    scratch: &mut Scratch<f64>,
) -> Option<Vec<f64>> {
    let values = Program::new(law).values(constants, &rows.blocks(), scratch);
    let pairs = values.iter().zip(rows.target()).zip(rows.weights());
    let cost = |((f, y), w): ((&f64, &f64), &f64)| {
        let cost = rows
            .loss()
            .map_or((f - y).powi(2), |loss| loss.value(*f, *y));
        if *w == 0.0 { 0.0 } else { w * cost }
    };
    let costs: Vec<f64> = pairs.map(cost).collect();
    costs.iter().all(|c| c.is_finite()).then_some(costs)
}

/// The mean of what errors cost.
pub(super) fn mean(costs: &[f64]) -> f64 {
    costs.iter().sum::<f64>() / costs.len().max(1) as f64
}

/// How near the end of its range the outermost feature of every row is: 0 in the
/// middle of all ranks, 1 at an end.
fn remoteness(rows: &Problem) -> Vec<f64> {
    let n = rows.rows();
    let mut far = vec![0.0_f64; n];
    for column in rows.columns() {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| column[a].total_cmp(&column[b]));
        let (mut first, half) = (0, (n - 1) as f64 / 2.0);
        // Rows of the same value share the middle of their ranks.
        while first < n {
            let equal = order[first..]
                .iter()
                .take_while(|&&row| column[row] == column[order[first]])
                .count();
            let rank = first as f64 + (equal - 1) as f64 / 2.0;
            for &row in &order[first..first + equal] {
                far[row] = far[row].max((rank - half).abs() / half);
            }
            first += equal;
        }
    }
    far
}

/// The law with its fitted constants at their best on some rows, and what its errors cost
/// on others. The fit begins a standard error away from the constants that all rows gave:
/// those that these rows do not determine then do not stay where the rows tried put them.
fn errors_of(
    fitted_law: Fitted<'_>,
    (fitted, tried): (&Problem, &Problem),
    scratch: &mut Scratch<f64>,
) -> Option<Vec<f64>> {
    let law = &fitted_law.law.expression;
    let parameters = fitted_law.parameters;
    // Simple numbers stay as they are.
    let simple = |c: f64| super::snap::length(c).is_some();
    let free: Vec<usize> = (0..parameters.len())
        .filter(|&i| !simple(parameters[i]))
        .collect();
    if free.len() >= fitted.rows() {
        return None;
    }
    if free.is_empty() {
        return row_costs(law, law.constants(), tried, scratch);
    }
    let of = (0..law.constants().len()).map(|constant| {
        let parameter = fitted_law.parameter(constant)?;
        free.iter().position(|&own| own == parameter)
    });
    let ties = Ties::new(of.collect(), free.len());
    let known = inverse(fitted_law, fitted, 1.0, scratch).map(|known| errors(&known));
    let moved = |(k, &i): (usize, &usize)| {
        let c = parameters[i];
        let error = known.as_ref().map_or(f64::INFINITY, |known| known[i]);
        let error = if error.is_finite() {
            error.min(c.abs())
        } else {
            0.1 * c.abs()
        };
        c + if k % 2 == 0 { error } else { -error }
    };
    let rows = fitted.blocks();
    let begins = [
        free.iter().enumerate().map(moved).collect::<Vec<f64>>(),
        free.iter().map(|&i| parameters[i]).collect(),
    ];
    // Only where the moved beginning is undefined does the fit begin where all rows ended.
    let found = begins
        .iter()
        .find_map(|begin| fit_tied(law, &ties, begin, (&rows, Effort::POLISH), scratch).0)?;
    let constants = ties.spread(law.constants(), &found.constants);
    row_costs(law, &constants, tried, scratch)
}

/// A loss whose curvature is the information that errors of constants follow from.
#[derive(Debug)]
struct Informed(Arc<dyn Loss>);

impl Loss for Informed {
    fn value(&self, f: f64, y: f64) -> f64 {
        self.0.value(f, y)
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        self.0.slope(f, y)
    }
    fn curvature(&self, f: f64, y: f64) -> f64 {
        2.0 * self.0.information(f, y)
    }
}

/// Standard errors of a law's constants: for squares the roots of the diagonal of
///
/// $$ \frac{\sum w r^2}{n/\tau - p}\, (J^T W J)^{-1} $$
///
/// where `τ` rows know as much as one that is [independent](super::Neighbours); for
/// another loss with its [information](Loss::information) in `W` and its
/// [dispersion](Loss::dispersion), times `τ` if that is known, as the first factor.
/// `None` if the constants are not determined one by one.
pub fn constant_errors(
    law: &Law,
    problem: &Problem,
    alike: f64,
    scratch: &mut Scratch<f64>,
) -> Option<Vec<f64>> {
    let fitted = Fitted {
        law,
        ties: None,
        parameters: law.expression.constants(),
    };
    inverse(fitted, problem, alike, scratch).map(|found| errors(&found))
}

/// The roots of the diagonal of a covariance.
pub(super) fn errors(covariance: &[Vec<f64>]) -> Vec<f64> {
    let variances = covariance.iter().enumerate().map(|(i, row)| row[i]);
    variances.map(f64::sqrt).collect()
}

/// The covariance of the parameters of a law, row after row; `None` if they are not
/// determined one by one.
pub(super) fn inverse(
    fitted: Fitted<'_>,
    problem: &Problem,
    alike: f64,
    scratch: &mut Scratch<f64>,
) -> Option<Vec<Vec<f64>>> {
    let count = fitted.parameters.len();
    let (matrix, variance) = information_of(fitted, problem, count, alike, scratch);
    (0..count)
        .map(|i| {
            let unit: Vec<f64> = (0..count).map(|j| f64::from(u8::from(i == j))).collect();
            let column = solve(&matrix, &unit)?;
            let row: Vec<f64> = column.iter().map(|x| variance * x).collect();
            let error = row[i].sqrt();
            error.is_finite().then_some(row)
        })
        .collect()
}

/// `JᵀWJ` of a law's parameters, and the variance of a row of weight 1 with so many of them
/// fitted: their information is the quotient.
pub(super) fn information(
    fitted: Fitted<'_>,
    problem: &Problem,
    count: usize,
    scratch: &mut Scratch<f64>,
) -> (Vec<f64>, f64) {
    information_of(fitted, problem, count, 1.0, scratch)
}

fn information_of(
    fitted: Fitted<'_>,
    problem: &Problem,
    count: usize,
    alike: f64,
    scratch: &mut Scratch<f64>,
) -> (Vec<f64>, f64) {
    let law = fitted.law;
    let constants = law.expression.constants();
    let gathered = |normal: Normal| match fitted.ties {
        None => normal,
        Some(ties) => ties.gathered(&normal),
    };
    let free = (problem.rows() as f64 / alike - count as f64).max(1.0);
    let program = Program::keeping(&law.expression);
    let rows = problem.blocks();
    let (normal, variance) = match problem.shared_loss() {
        None => {
            let normal = program.normal(constants, &rows, scratch);
            let variance = normal.squares / free;
            (normal, variance)
        }
        Some(loss) => {
            let values = program.values(constants, &rows, scratch);
            let variance = if loss.knows_errors() {
                alike
            } else {
                loss.dispersion(&values, problem.target(), problem.weights(), free)
            };
            let rows = rows.under(Some(Arc::new(Informed(loss))));
            (program.normal(constants, &rows, scratch), variance)
        }
    };
    (gathered(normal).matrix, variance)
}
