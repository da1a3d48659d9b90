//! Functions that stay constant along every trajectory.
//!
//! For a sum of terms `f = Σ c_k φ_k` over the state (smoothed columns and, if
//! asked for, their rates), what should vanish is its fluctuation within each
//! trajectory; what it is compared with is the change it would show if every
//! column varied by its standard deviation $s_i$ on its own:
//!
//! $$ \lambda = \frac{\sum (f - \bar f_\text{trajectory})^2}
//!                   {\sum \sum_i (s_i\, \partial f / \partial x_i)^2} $$
//!
//! A function without a gradient is constant everywhere and therefore no
//! invariant. Those of few terms come first: another term must lower `λ` four
//! times. Of functions of each other only the first is kept: a new invariant
//! must have a gradient that those before do not span.

use pellucid_core::Job;

use super::blocks::States;
use super::terms::{Kinds, gradient, terms, values};
use super::trajectory::Trajectory;
use super::vanishing::{Gram, Sum, sums};
use crate::error::SymbolicError;
use crate::expression::Expression;

/// What invariants are sought for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whether the rates of the columns belong to the state, as velocities do
    /// where only positions are known; they follow the columns in their order.
    pub rates: bool,
    /// Terms to build them of.
    pub kinds: Kinds,
    /// The largest `λ` of an invariant.
    pub tolerance: f64,
}

/// A function that is constant in time.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariant {
    /// The function, its first term with the coefficient 1.
    pub expression: Expression,
    /// `λ`, from 0 for a constant function.
    pub left: f64,
}

/// Another term must lower `λ` by this factor.
const TERM: f64 = 4.0;
/// The part of its gradient that must be new.
const NEW: f64 = 0.02;

/// The invariants, the most certain for their size first; none if there are none.
/// An interrupted job is an error.
pub fn invariants(
    trajectories: &[Trajectory],
    settings: &Settings,
    job: &Job,
) -> Result<Vec<Invariant>, SymbolicError> {
    let states = States::new(trajectories, settings.rates);
    let count = states.count();
    if count == 0 {
        return Err(SymbolicError::FewRows {
            found: 0,
            expected: super::trajectory::FEWEST_SAMPLES,
        });
    }
    let columns = &states.columns;
    let spread = states.spread();
    let positions = trajectories.first().map_or(0, |t| t.columns.len());
    let (terms, gradients): (Vec<Expression>, Vec<Vec<f64>>) =
        terms(columns, positions, settings.kinds)
            .into_iter()
            .map(|term| {
                let slopes = gradient(&term, columns, &spread).concat();
                (term, slopes)
            })
            .filter(|(_, slopes)| !has_pole(slopes, count))
            .unzip();
    let changes: Vec<Vec<f64>> = terms
        .iter()
        .map(|term| states.within(&values(term, columns)).0)
        .collect();
    let mut all = sums(&Gram::new(&changes), &Gram::new(&gradients), job)?;
    if std::env::var_os("SHOW").is_some() {
        let names: Vec<String> = (0..columns.len()).map(|i| format!("x{i}")).collect();
        let ones = vec![1.0; columns.len()];
        for size in 1..=8 {
            let mut own: Vec<&Sum> = all.iter().filter(|s| s.terms.len() == size).collect();
            own.sort_by(|a, b| a.left.total_cmp(&b.left));
            for s in own.iter().take(3) {
                let e = s.expression(&terms);
                let b = super::balance::balance(&gradient(&e, columns, &ones), &states.rates);
                let text = e.infix(&names);
                eprintln!("{size} {:.3e} b={b:.4} {}", s.left, text.chars().take(230).collect::<String>());
            }
        }
    }
    let price = |sum: &Sum| sum.left * TERM.powi(sum.terms.len() as i32);
    all.sort_by(|a, b| price(a).total_cmp(&price(b)).then(a.terms.cmp(&b.terms)));
    let mut kept: Vec<Vec<f64>> = Vec::new();
    let mut out = Vec::new();
    for sum in &all {
        if kept.len() + 1 >= columns.len() {
            break;
        }
        if sum.left > settings.tolerance {
            continue;
        }
        let expression = sum.expression(&terms);
        let Some(direction) = new_direction(sum, &gradients, &kept, count) else {
            continue;
        };
        kept.push(direction);
        out.push(Invariant {
            expression,
            left: sum.left,
        });
    }
    Ok(out)
}

/// Whether one row in a hundred has more than half of all squared slopes: next
/// to that, any fluctuation elsewhere seems to vanish.
fn has_pole(gradient: &[f64], rows: usize) -> bool {
    let places = gradient.len() / rows;
    let mut squares: Vec<f64> = (0..rows)
        .map(|row| (0..places).map(|i| gradient[i * rows + row].powi(2)).sum())
        .collect();
    squares.sort_by(|a, b| b.total_cmp(a));
    let most = rows.div_ceil(100);
    squares[..most].iter().sum::<f64>() > 0.5 * squares.iter().sum::<f64>()
}

/// The gradient of a sum at every row, of length 1 and at right angles to those
/// before; `None` if hardly anything is left of it.
fn new_direction(
    sum: &Sum,
    gradients: &[Vec<f64>],
    kept: &[Vec<f64>],
    rows: usize,
) -> Option<Vec<f64>> {
    let mut direction = vec![0.0; gradients.first()?.len()];
    for (&k, c) in sum.terms.iter().zip(&sum.coefficients) {
        for (d, g) in direction.iter_mut().zip(&gradients[k]) {
            *d += c * g;
        }
    }
    let places = direction.len() / rows;
    let size =
        |d: &[f64], row: usize| -> f64 { (0..places).map(|i| d[i * rows + row].powi(2)).sum() };
    let whole: f64 = (0..rows).map(|row| size(&direction, row)).sum();
    for before in kept {
        for row in 0..rows {
            let product: f64 = (0..places)
                .map(|i| direction[i * rows + row] * before[i * rows + row])
                .sum();
            for i in 0..places {
                direction[i * rows + row] -= product * before[i * rows + row];
            }
        }
    }
    let left: f64 = (0..rows).map(|row| size(&direction, row)).sum();
    if left < NEW * whole {
        return None;
    }
    for row in 0..rows {
        let length = size(&direction, row).sqrt();
        for i in 0..places {
            let d = &mut direction[i * rows + row];
            *d = if length > 0.0 { *d / length } else { 0.0 };
        }
    }
    Some(direction)
}
