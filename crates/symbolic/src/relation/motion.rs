//! Ordinary differential equations from trajectories.
//!
//! The rates of a motion, from smoothed samples, are targets over its state:
//! `dx/dt = f(x, …)`, or `d²x/dt² = f(x, dx/dt, …)`, is then a [search](crate::search)
//! like any other.
//!
//! Samples within a window share their noise, so rates of neighbours err alike; where
//! samples are noisy only every so many-th of them is a row, and rates come from windows
//! narrow enough for the noise, which differs from row to row, to outweigh their bias,
//! which does not. Where standard errors of the samples are given, those of the rates
//! follow from them, and rows count by these; so they do where the noise of a positive
//! column is a part of its values, as that of populations is.

use super::blocks::correlation;
use super::trajectory::{Derivative, Smoothed, Trajectory, Width};
use crate::error::SymbolicError;
use crate::search::{Problem, precisions};

/// Samples at each end of a trajectory that are not used: slopes of one-sided
/// windows are uncertain there.
const ENDS: usize = 3;

/// What the noise of a part of the values must be for rows to count by it: below, rounding
/// makes it.
const NOISY: f64 = 1e-6;
/// The part of the largest error that one is at least, so that no row counts for nothing.
const LEAST: f64 = 0.1;

/// Two columns are the same if their correlation is at least this.
const SAME: f64 = 0.999;

/// The equation of motion that is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Equation {
    /// The column whose rate is explained.
    pub target: usize,
    /// Which of its derivatives, 1 or 2.
    pub order: usize,
    /// Whether the weights of the samples are one over the squares of their standard
    /// errors, not numbers that rows are counted by.
    pub errors: bool,
}

/// The search for a derivative of a column over all columns and, for the second
/// derivative, their rates; `names` are those of the columns. Also the rates that were
/// left out, each with the column that it is.
pub fn equation(
    trajectories: &[Trajectory],
    names: &[String],
    wanted: Equation,
) -> Result<(Problem, Vec<(String, String)>), SymbolicError> {
    let Equation { target, order, .. } = wanted;
    let mut columns = vec![Vec::new(); names.len() * order];
    let (mut rate, mut weights) = (Vec::new(), Vec::new());
    let (mut sizes, mut relative) = (Vec::new(), true);
    for trajectory in trajectories {
        let n = trajectory.time.len();
        let Smoothed {
            columns: mut state,
            rates,
        } = trajectory.smoothed();
        let wide = trajectory.derivative(target, order, Width::Best);
        let Derivative {
            values,
            errors,
            noise,
            half,
            relative: of_values,
        } = match order {
            1 => trajectory.derivative(target, order, Width::Narrow),
            // The noise of second derivatives outweighs their bias as it is.
            _ => wide,
        };
        if order > 1 {
            state.extend(rates);
        }
        let ends = ENDS.max(half / 2).min(n / 4);
        let rows = || (ends..n - ends).step_by(apart(half));
        for (column, values) in columns.iter_mut().zip(&state) {
            column.extend(rows().map(|row| values[row]));
        }
        rate.extend(rows().map(|row| values[row]));
        sizes.extend(rows().map(|row| errors[row]));
        relative &= of_values && noise > NOISY;
        match (&trajectory.weights, wanted.errors) {
            // The noise is known: it is that of the standard errors given.
            (Some(_), true) => weights.extend(rows().map(|row| errors[row] / noise)),
            (Some(own), false) => weights.extend(rows().map(|row| own[row])),
            (None, _) => {}
        }
    }
    let own = &names[target];
    let name = match order {
        1 => format!("d{own}/dt"),
        _ => format!("d2{own}/dt2"),
    };
    let weights = match (weights.is_empty(), wanted.errors) {
        (true, _) if relative => {
            let largest = sizes.iter().copied().fold(0.0, f64::max);
            let square = |size: &f64| size.max(LEAST * largest).powi(-2);
            Some(("errors".to_owned(), sizes.iter().map(square).collect()))
        }
        (true, _) => None,
        (false, false) => Some(("weights".to_owned(), weights)),
        (false, true) => Some(("errors".to_owned(), precisions(&name, &weights)?)),
    };
    let mut features: Vec<(String, Vec<f64>)> = Vec::new();
    let mut same = Vec::new();
    let all = names.iter().cloned();
    let all = all.chain(names.iter().map(|name| format!("{name}_dot")));
    // The rate of a column that is a rate itself is what is to be explained, or alike.
    let rates = columns.split_off(names.len());
    let velocity = |column: &Vec<f64>| {
        let mut like = rates.iter().map(|rate| correlation(rate, column));
        like.any(|like| like > SAME)
    };
    let velocities: Vec<bool> = columns.iter().map(velocity).collect();
    let kept = (0..rates.len()).map(|i| !velocities[i]);
    let kept: Vec<bool> = names.iter().map(|_| true).chain(kept).collect();
    let every = columns.iter().cloned().chain(rates.iter().cloned());
    for ((name, column), _) in all.zip(every).zip(kept).filter(|(_, kept)| *kept) {
        let before = features.iter().take(names.len());
        let is_rate = features.len() >= names.len();
        let mut like = before.filter(|(_, other)| is_rate && correlation(other, &column) > SAME);
        match like.next() {
            Some((other, _)) => same.push((name, other.clone())),
            None => features.push((name, column)),
        }
    }
    let problem = Problem::new(features, (name, rate), weights)?;
    Ok((problem.of_errors(wanted.errors), same))
}

/// How many samples apart rows are whose rates err independently: the noise of a rate is
/// that of its window, and exact samples have none.
fn apart(half: usize) -> usize {
    if half <= 3 { 1 } else { half.div_ceil(2) }
}
