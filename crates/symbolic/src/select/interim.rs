//! The front of a search that is not over: what is known of its laws at once.
//!
//! Laws are as the search has them, neither fitted to all rows nor tried on rows held
//! out; the one of about the shortest description of the data is selected.

use super::describe::Describer;
use super::{Constant, Finding, latex};
use crate::search::{Front, Law, Problem, Settings};

/// The laws of a front as they are, the smallest first; none if there is none yet.
pub fn interim(front: &Front, problem: &Problem, settings: &Settings) -> Vec<Finding> {
    let (_, spread) = problem.middle();
    let describer = Describer::new(problem, settings, spread);
    let laws = || front.laws().zip(front.forms());
    let lengths: Vec<f64> = laws()
        .map(|(law, _)| length(law, &describer, problem))
        .collect();
    let shortest = (0..lengths.len()).min_by(|&a, &b| lengths[a].total_cmp(&lengths[b]));
    let dimensions = settings.dimensions(problem).ok().flatten();
    let mut before: Option<(usize, f64)> = None;
    let names = problem.names();
    laws()
        .zip(&lengths)
        .enumerate()
        .map(|(place, ((law, _), &length))| {
            let selected = Some(place) == shortest;
            let size = law.complexity();
            let log = law.loss.max(super::rounding(problem)).ln();
            let score = before.map_or(0.0, |(smaller, higher)| {
                ((higher - log) / (size - smaller) as f64).max(0.0)
            });
            before = Some((size, log));
            let constants = law.expression.constants().iter();
            Finding {
                complexity: size,
                loss: law.loss * spread,
                expression: law.expression.infix(names),
                latex: latex(&law.expression, problem),
                score,
                selected,
                consistent: dimensions
                    .as_ref()
                    .map(|dimensions| dimensions.violations(&law.expression) == 0),
                reason: selected.then(|| {
                    "the shortest description of the data so far: the search was not over, and no \
                     law was tried on rows held out; --resume goes on"
                        .to_owned()
                }),
                description_length: length,
                rows_alike: 1.0,
                constants: constants
                    .map(|&value| Constant { value, error: None })
                    .collect(),
                sympy: law.expression.sympy(names),
                numpy: law.expression.numpy(names),
                rust: law.expression.rust(names),
                ..Finding::default()
            }
        })
        .collect()
}

/// About the length of a description: residuals, two nats for each node, and what a
/// constant needs that is known as well as so many rows allow.
fn length(law: &Law, describer: &Describer<'_>, problem: &Problem) -> f64 {
    let constants = law.expression.constants().len();
    let floor = describer.floor(&law.expression);
    let each = 0.5 * (problem.rows() as f64).ln() + 1.0;
    describer.residuals(law.loss, constants, floor)
        + 2.0 * law.complexity() as f64
        + each * constants as f64
}
