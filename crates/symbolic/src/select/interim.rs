//! The front of a search that is not over: what is known of its laws at once.
//!
//! Laws are as the search has them, neither fitted to all rows nor tried on rows held
//! out; the one of the shortest [description](super::describe) is selected.

use super::describe::Describer;
use super::trial::Fitted;
use super::{Constant, Finding, latex};
use crate::evaluate::Scratch;
use crate::search::{Front, Problem, Settings};

/// The laws of a front as they are, the smallest first; none if there is none yet.
pub fn interim(front: &Front, problem: &Problem, settings: &Settings) -> Vec<Finding> {
    let (_, spread) = problem.middle();
    let laws = || front.laws().zip(front.forms());
    let describer = Describer::new(problem, settings, spread);
    let mut scratch = Scratch::new();
    let lengths: Vec<f64> = laws()
        .map(|(law, form)| {
            let fitted = Fitted {
                law,
                ties: None,
                parameters: law.expression.constants(),
            };
            let form = &form.expression;
            describer.length(fitted, form, &mut scratch).total()
        })
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
