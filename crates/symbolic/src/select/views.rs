//! Relative or absolute errors.
//!
//! A half-life is known to a percent whether it is a second or a year, a voltage to a
//! millivolt: which errors are alike is part of the law. For a positive target over more
//! than a decade both are tried, as standard deviations $\sigma y$ and `σ`, and that is taken
//! under which the data have the shorter description,
//!
//! $$ L + \tfrac n2 \ln \operatorname{var} y - \tfrac12 \sum \ln w, $$
//!
//! the [length](super::describe) less the best constant's, with what the best constant
//! needs.

use pellucid_core::Job;

use super::describe::Describer;
use super::snap::Snapping;
use crate::error::SymbolicError;
use crate::evaluate::Scratch;
use crate::expression::Expression;
use crate::search::{Bench, Engine, Judge, Law, Limits, Problem, Settings};

/// The part of the budget that each of both is tried for.
const PILOT: f64 = 0.15;

/// A search at its beginning, under relative errors if these describe the data shorter;
/// the table with the weights that this means; and the work that the other way took. What
/// is tried is shown after every round, with its weights.
pub fn begin_showing(
    problem: &Problem,
    settings: &Settings,
    limits: Limits,
    job: &Job,
    shown: &mut dyn FnMut(&Engine, &Problem),
) -> Result<(Engine, Problem, u64), SymbolicError> {
    let squares = settings.loss.is_squares() && settings.template.is_none();
    let Some(relative) = problem.relative().filter(|_| squares) else {
        return Ok((Engine::new(problem, settings)?, problem.clone(), 0));
    };
    let pilot = Limits {
        seconds: limits.seconds.map(|s| s * PILOT),
        work: limits.work.map(|w| (w as f64 * PILOT) as u64),
        // Always the same, so that a search goes on from any round as if it had not ended.
        rounds: limits.rounds.map(|r| r.min(1)),
    };
    let mut tried = Vec::new();
    for view in [relative, problem.absolute()] {
        let mut engine = Engine::new(&view, settings)?;
        engine.run(pilot, job, |engine| shown(engine, &view));
        let laws: Vec<Expression> = engine
            .front()
            .laws()
            .map(|l| l.expression.clone())
            .collect();
        tried.push((engine, view, laws));
    }
    // Every law under both.
    let laws: Vec<Expression> = tried.iter().flat_map(|(.., laws)| laws.clone()).collect();
    let lengths: Vec<f64> = tried
        .iter()
        .map(|(_, view, _)| shortest(view, settings, &laws))
        .collect();
    let chosen = usize::from(lengths[1] < lengths[0]);
    let (mut engine, view, _) = tried.swap_remove(chosen);
    let (other, _, laws) = tried.swap_remove(0);
    engine.guess(&laws);
    Ok((engine, view, other.work()))
}

/// The same without showing.
pub fn begin(
    problem: &Problem,
    settings: &Settings,
    limits: Limits,
    job: &Job,
) -> Result<(Engine, Problem, u64), SymbolicError> {
    begin_showing(problem, settings, limits, job, &mut |_, _| {})
}

/// What the choice adds to the reason for a law.
pub(super) fn told(problem: &Problem) -> &'static str {
    match problem.is_relative() {
        None => "",
        Some(true) => {
            "; relative errors count alike, which describes these rows shorter than absolute ones"
        }
        Some(false) => {
            "; absolute errors count alike, which describes these rows shorter than relative ones"
        }
    }
}

/// The length of the shortest description of a view's rows by any of these laws.
fn shortest(view: &Problem, settings: &Settings, laws: &[Expression]) -> f64 {
    let judge = Judge::new(view, settings);
    let (_, spread) = view.middle();
    let describer = Describer::new(view, settings, spread);
    let snapping = Snapping {
        judge: &judge,
        problem: view,
        describer: &describer,
        spread,
    };
    let (mut bench, mut scratch) = (Bench::new(), Scratch::new());
    let mut length = |expression: &Expression| {
        let loss = judge.loss(expression, &mut bench);
        let law = Law {
            expression: expression.clone(),
            loss,
        };
        snapping.length(&judge.polish(&law, &mut bench), &mut scratch)
    };
    let lengths = laws.iter().map(&mut length);
    let least = lengths
        .filter(|l| !l.is_nan())
        .fold(f64::INFINITY, f64::min);
    let weights: f64 = view.weights().iter().map(|w| w.ln()).sum();
    least + 0.5 * view.rows() as f64 * spread.ln() - 0.5 * weights
}
