//! From the front of a search to laws to report.
//!
//! Every law is fitted to all rows, loses constants it does not need, and has
//! the rest [snapped](snap) to simple numbers where the data allow; the one of
//! the shortest description is selected.

mod describe;
mod snap;

use serde::Serialize;

use crate::expression::Expression;
use crate::search::{Bench, Front, Judge, Law, Problem, Settings};

pub use describe::{Description, description};
pub use snap::snap;

/// A law as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The number of nodes.
    pub complexity: usize,
    /// The (weighted) mean of squared errors, in the target's unit squared.
    pub loss: f64,
    /// The law over the names of the columns, constants in full precision.
    pub expression: String,
    /// The law in LaTeX, constants rounded to six digits.
    pub latex: String,
    /// How much the logarithm of the loss falls per node, from the law before.
    pub score: f64,
    /// Whether this is the law to take.
    pub selected: bool,
}

/// The laws of a front, the smallest first; never empty.
pub fn findings(front: &Front, problem: &Problem, settings: &Settings) -> Vec<(Law, Finding)> {
    let judge = Judge::new(problem, settings);
    let mut bench = Bench::new();
    let mut last = Front::default();
    let mean = {
        let pairs = problem.target().iter().zip(problem.weights());
        pairs.map(|(y, w)| y * w).sum::<f64>() / problem.rows() as f64
    };
    last.insert(Law {
        expression: Expression::constant(mean),
        loss: 1.0,
    });
    for law in front.laws() {
        let mut law = Law {
            loss: judge.loss(&law.expression, &mut bench),
            ..law.clone()
        };
        law = judge.polish(&law, &mut bench);
        let snapped = snap(&law, &judge, problem, &mut bench);
        last.insert(law);
        last.insert(snapped);
    }
    report(&last, problem)
}

fn report(front: &Front, problem: &Problem) -> Vec<(Law, Finding)> {
    let variance = problem.variance();
    let laws: Vec<Law> = front.laws().cloned().collect();
    let lengths = laws.iter().map(|law| description(law, problem).total());
    let selected = lengths
        .enumerate()
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(i, _)| i);
    let mut before: Option<(usize, f64)> = None;
    laws.into_iter()
        .enumerate()
        .map(|(i, law)| {
            let size = law.complexity();
            // Rounding is no gain.
            let log = law.loss.max(describe::ROUNDING.powi(2)).ln();
            let score = before.map_or(0.0, |(smaller, higher)| {
                ((higher - log) / (size - smaller) as f64).max(0.0)
            });
            before = Some((size, log));
            let finding = Finding {
                complexity: size,
                loss: law.loss * variance,
                expression: law.expression.infix(problem.names()),
                latex: law.expression.latex(problem.names(), 6),
                score,
                selected: i == selected,
            };
            (law, finding)
        })
        .collect()
}
