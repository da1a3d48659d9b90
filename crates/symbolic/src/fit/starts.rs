//! Fits that begin in many places.
//!
//! A sum of squares has many minima in the constants inside a periodic function, a
//! few in exponents, and a fit ends in the one it begins near. [`restarted`] begins
//! with each such constant moved over six octaves, on few rows, and goes on from the
//! best of these on all.

use super::marquardt::{Effort, Fit, fit, fit_tied};
use super::tied::Ties;
use crate::evaluate::{Rows, Scratch};
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// Steps of an octave. A frequency that is wrong by 9 % is in the right valley for
/// about five periods.
const STEPS: i32 = 4;
/// Octaves up, and as many down.
const OCTAVES: i32 = 3;
/// Constants that are moved, each by itself; more would cost more than the rest of a
/// search.
const MOST: usize = 3;

/// The places of constants that stand inside a periodic function or a power.
pub fn trapped(expression: &Expression) -> Vec<usize> {
    trapped_all(expression).take(MOST).collect()
}

fn trapped_all(expression: &Expression) -> impl Iterator<Item = usize> {
    let tokens = expression.tokens();
    let mut inside = vec![false; tokens.len()];
    for (end, token) in tokens.iter().enumerate() {
        if let Token::Apply(Operator::Sin | Operator::Cos | Operator::Tan | Operator::Pow) = token {
            inside[expression.start(end)..end].fill(true);
        }
    }
    let constants = tokens.iter().zip(inside);
    let constants = constants.filter(|(token, _)| **token == Token::Constant);
    let places = constants.enumerate().filter(|(_, (_, inside))| *inside);
    places.map(|(place, _)| place)
}

/// The best fit to few rows from many places, gone on with on all rows, and how often
/// each were gone through; nothing if no constant is [`trapped`].
pub fn restarted(
    expression: &Expression,
    few: &Rows<f64>,
    all: &Rows<f64>,
    scratch: &mut Scratch<f64>,
) -> (Option<Fit>, [usize; 2]) {
    let moved = |constants: &[f64]| {
        let mut out = expression.clone();
        out.constants_mut().copy_from_slice(constants);
        out
    };
    let places = trapped(expression);
    best_of(&places, expression.constants(), |constants, last| {
        let (rows, effort) = if last {
            (all, Effort::POLISH)
        } else {
            (few, Effort::SEARCH)
        };
        fit(&moved(constants), rows, effort, scratch)
    })
}

/// The same for parameters that are the constants of a formula several times over.
pub fn restarted_tied(
    expression: &Expression,
    ties: &Ties,
    parameters: &[f64],
    [few, all]: [&Rows<f64>; 2],
    scratch: &mut Scratch<f64>,
) -> (Option<Fit>, [usize; 2]) {
    let mut places: Vec<usize> = trapped_all(expression)
        .filter_map(|place| ties.of()[place])
        .collect();
    places.sort_unstable();
    places.dedup();
    places.truncate(MOST);
    best_of(&places, parameters, |parameters, last| {
        let how = if last {
            (all, Effort::POLISH)
        } else {
            (few, Effort::SEARCH)
        };
        fit_tied(expression, ties, parameters, how, scratch)
    })
}

/// The best fit with each of these constants moved, gone on with once more.
fn best_of(
    places: &[usize],
    constants: &[f64],
    mut fit: impl FnMut(&[f64], bool) -> (Option<Fit>, usize),
) -> (Option<Fit>, [usize; 2]) {
    let mut passes = [0, 0];
    let mut best: Option<Fit> = None;
    for &place in places {
        for step in (-STEPS * OCTAVES..=STEPS * OCTAVES).filter(|s| *s != 0) {
            let mut moved = constants.to_vec();
            moved[place] *= 2.0_f64.powf(f64::from(step) / f64::from(STEPS));
            let (found, count) = fit(&moved, false);
            passes[0] += count;
            let better = |found: &Fit| {
                let best = best.as_ref().map_or(f64::INFINITY, |b| b.normal.squares);
                found.normal.squares < best
            };
            if let Some(found) = found.filter(better) {
                best = Some(found);
            }
        }
    }
    let Some(best) = best else {
        return (None, passes);
    };
    let (found, count) = fit(&best.constants, true);
    passes[1] = count;
    (found, passes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_inside_waves_and_powers_are_told_from_others() {
        let names = ["x".to_owned()];
        let trapped = |text: &str| trapped(&Expression::parse(text, &names).unwrap());
        assert_eq!(trapped("1.5 + 2.5*sin(3.5*x + 0.2)"), [2, 3]);
        assert_eq!(trapped("1.5*x^0.7"), [1]);
        assert_eq!(trapped("exp(1.5*x)*2.5"), Vec::<usize>::new());
    }
}
