//! Errors of laws on rows that their constants were not fitted to.

use std::sync::Arc;

use pellucid_core::random::{permutation, stream};

use crate::evaluate::{Normal, Program, Scratch};
use crate::fit::{Effort, Ties, fit, fit_tied, solve};
use crate::loss::Loss;
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
    /// Every row is tried once.
    held_out: Vec<(Problem, Problem)>,
    /// Fitted inside, tried outside.
    outside: (Problem, Problem),
}

impl Trials {
    /// Parts the rows of a table.
    pub fn new(problem: &Problem, seed: u64) -> Self {
        let rows = problem.sample(ROWS, seed.wrapping_add(7));
        let n = rows.rows();
        let order = permutation(n, &mut stream(seed.wrapping_add(8), 0));
        let held_out = (0..PARTS)
            .map(|part| {
                let (tried, fitted): (Vec<_>, Vec<_>) =
                    (0..n).partition(|place| place % PARTS == part);
                let pick = |places: Vec<usize>| {
                    rows.select(&places.iter().map(|&p| order[p]).collect::<Vec<_>>())
                };
                (pick(fitted), pick(tried))
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
        }
    }

    /// The mean of what errors cost on rows held out, by default of their squares;
    /// `None` where the law is not defined there.
    pub fn held_out(&self, law: Fitted<'_>, scratch: &mut Scratch<f64>) -> Option<f64> {
        let errors: Option<Vec<f64>> = self
            .held_out
            .iter()
            .map(|pair| error(law, pair, scratch))
            .collect();
        Some(errors?.iter().sum::<f64>() / PARTS as f64)
    }

    /// The same outside of the range that constants were fitted in.
    pub fn outside(&self, law: Fitted<'_>, scratch: &mut Scratch<f64>) -> Option<f64> {
        error(law, &self.outside, scratch)
    }
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

fn error(
    fitted_law: Fitted<'_>,
    (fitted, tried): &(Problem, Problem),
    scratch: &mut Scratch<f64>,
) -> Option<f64> {
    let law = &fitted_law.law.expression;
    let rows = fitted.blocks();
    let constants = match fitted_law.ties {
        None => fit(law, &rows, Effort::POLISH, scratch).0?.constants,
        Some(ties) => {
            let how = (&rows, Effort::POLISH);
            let found = fit_tied(law, ties, fitted_law.parameters, how, scratch).0?;
            ties.spread(law.constants(), &found.constants)
        }
    };
    let squares = Program::new(law).squares(&constants, &tried.blocks(), f64::INFINITY, scratch);
    squares
        .is_finite()
        .then(|| squares / tried.weights().iter().sum::<f64>().max(f64::MIN_POSITIVE))
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
    covariance(fitted, problem, alike, scratch).map(|found| errors(&found))
}

/// The roots of the diagonal of a covariance.
pub(super) fn errors(covariance: &[Vec<f64>]) -> Vec<f64> {
    let variances = covariance.iter().enumerate().map(|(i, row)| row[i]);
    variances.map(f64::sqrt).collect()
}

/// The covariance of the parameters of a law, row after row; `None` if they are not
/// determined one by one.
pub(super) fn covariance(
    fitted: Fitted<'_>,
    problem: &Problem,
    alike: f64,
    scratch: &mut Scratch<f64>,
) -> Option<Vec<Vec<f64>>> {
    let law = fitted.law;
    let constants = law.expression.constants();
    let count = fitted.parameters.len();
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
    let normal = gathered(normal);
    (0..count)
        .map(|i| {
            let unit: Vec<f64> = (0..count).map(|j| f64::from(u8::from(i == j))).collect();
            let column = solve(&normal.matrix, &unit)?;
            let row: Vec<f64> = column.iter().map(|x| variance * x).collect();
            let error = row[i].sqrt();
            error.is_finite().then_some(row)
        })
        .collect()
}
