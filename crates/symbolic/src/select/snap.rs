//! Constants set to simple numbers.
//!
//! A number is simple if it is whole, a fraction with a small denominator, or such a
//! fraction of π, 1/π, π², √2 or 1/√(2π). A fitted constant is replaced by one near it, the others
//! fitted anew, wherever the [description](super::describe) of the data becomes shorter.

use std::f64::consts::{LN_2, PI, SQRT_2};

use super::describe::Describer;
use super::trial::{Fitted, information};
use crate::evaluate::Scratch;
use crate::expression::Expression;
use crate::fit::{Effort, Ties, fit_tied, solve};
use crate::search::{Bench, Judge, Law, Problem};

/// Largest numerator and denominator of a fraction.
const NUMERATOR: u32 = 100;
const DENOMINATOR: u32 = 12;
/// Whole numbers are told from others up to here; from 2⁵³ on all numbers are whole.
const WHOLE: f64 = 1e12;

/// Lengths that differ by less are alike.
const EVEN: f64 = 1e-9;
/// A number that is further from a fitted constant than so many standard errors is not it.
const FAR: f64 = 8.0;

/// What fractions are taken of.
const UNITS: [f64; 5] = [PI, 1.0 / PI, PI * PI, SQRT_2, 0.398_942_280_401_432_7];

/// A simple fraction `±p/q` that a number equals to the last digits.
fn fraction(c: f64) -> Option<(u32, u32)> {
    (1..=DENOMINATOR).find_map(|q| {
        let p = (c.abs() * f64::from(q)).round();
        let equal = (p / f64::from(q) - c.abs()).abs() <= 4.0 * f64::EPSILON * c.abs();
        (equal && p >= 1.0 && p <= f64::from(NUMERATOR)).then_some((p as u32, q))
    })
}

/// The length of a simple number in nats; `None` of any other.
pub(super) fn length(c: f64) -> Option<f64> {
    if c == 0.0 {
        return Some(0.0);
    }
    if c.fract() == 0.0 && c.abs() <= WHOLE {
        return Some(LN_2 * (1.0 + c.abs()).log2());
    }
    let of = |(p, q): (u32, u32)| f64::from(p).ln_1p() + f64::from(q).ln_1p();
    fraction(c).map(of).or_else(|| {
        let units = UNITS.iter().filter_map(|unit| fraction(c / unit));
        let choice = (UNITS.len() as f64).ln_1p();
        units.map(|f| of(f) + choice).reduce(f64::min)
    })
}

/// How many of these constants are no simple numbers.
pub(super) fn fitted(constants: &[f64]) -> usize {
    constants.iter().filter(|&&c| length(c).is_none()).count()
}

/// The simple numbers nearest to `c`, the whole one and plain fractions first.
fn candidates(c: f64) -> Vec<f64> {
    let near = |unit: f64| {
        (1..=DENOMINATOR).filter_map(move |q| {
            let p = (c.abs() / unit * f64::from(q)).round();
            let value = (p / f64::from(q) * unit).copysign(c);
            (p >= 1.0 && p <= f64::from(NUMERATOR)).then_some(value)
        })
    };
    let whole = Some(c.round()).filter(|w| *w != 0.0 && w.abs() <= WHOLE);
    let fractions = std::iter::once(1.0).chain(UNITS).flat_map(near);
    let mut out: Vec<f64> = Vec::new();
    for value in whole.into_iter().chain(fractions) {
        if !out.contains(&value) {
            out.push(value);
        }
    }
    out
}

/// What laws are made simple with.
#[derive(Debug)]
pub struct Snapping<'a> {
    /// Fits and forms.
    pub judge: &'a Judge,
    /// The rows.
    pub problem: &'a Problem,
    /// What says which of two laws is the simpler.
    pub describer: &'a Describer<'a>,
    /// What the best constant's errors cost.
    pub spread: f64,
}

impl Snapping<'_> {
    /// The length of the description by a law.
    pub fn length(&self, law: &Law, scratch: &mut Scratch<f64>) -> f64 {
        let written = self.judge.written(&law.expression);
        let whole = written.as_ref().map(|w| Law {
            expression: w.expression.clone(),
            loss: law.loss,
        });
        let fitted = Fitted {
            law: whole.as_ref().unwrap_or(law),
            ties: written.as_ref().map(|w| &w.ties),
            parameters: law.expression.constants(),
        };
        let length = self.describer.length(fitted, &law.expression, scratch);
        length.total()
    }

    /// The law in its smallest way to be written, and with constants replaced by simple
    /// numbers or, without loss of a column, left out, one after the other, wherever the
    /// description of the data becomes no longer.
    pub fn snap(&self, law: &Law, bench: &mut Bench) -> Law {
        let (judge, mut scratch) = (self.judge, Scratch::new());
        let mut best = (self.length(law, &mut scratch), law.clone());
        for expression in judge.rewritten(&law.expression) {
            let loss = judge.loss(&expression, bench);
            let other = judge.polish(&Law { expression, loss }, bench);
            let length = self.length(&other, &mut scratch);
            if other.complexity() <= best.1.complexity() && length <= best.0 + EVEN {
                best = (length, other);
            }
        }
        self.simple_numbers(&mut best, bench, &mut scratch);
        self.left_out(&mut best, bench, &mut scratch);
        // A factor of one or an offset of nothing falls away.
        let expression = judge.simplest(&best.1.expression);
        let loss = judge.loss(&expression, bench);
        let simple = Law { expression, loss };
        let length = self.length(&simple, &mut scratch);
        let as_good = length <= best.0 + EVEN;
        if as_good && simple.complexity() <= best.1.complexity() {
            simple
        } else {
            best.1
        }
    }

    /// The law with one constant where it has two that may be alike, where the data are
    /// described shorter so.
    pub fn tied(&self, law: &Law, bench: &mut Bench) -> Option<Law> {
        let mut scratch = Scratch::new();
        let expression = self.judge.tied(&law.expression)?;
        let loss = self.judge.loss(&expression, bench);
        let tied = self.refitted(Law { expression, loss }, &mut scratch, bench)?;
        let mut best = (self.length(&tied, &mut scratch), tied);
        self.simple_numbers(&mut best, bench, &mut scratch);
        let shorter = best.0 < self.length(law, &mut scratch);
        (shorter && self.judge.behaves(&best.1.expression)).then_some(best.1)
    }

    fn simple_numbers(&self, best: &mut (f64, Law), bench: &mut Bench, scratch: &mut Scratch<f64>) {
        for i in 0..best.1.expression.constants().len() {
            let c = best.1.expression.constants()[i];
            if length(c).is_some() {
                // To the last digit, 11 and not 10.999999999999996.
                let near = |value: &f64| (value - c).abs() <= 4.0 * f64::EPSILON * c.abs();
                if let Some(value) = candidates(c).into_iter().find(near) {
                    let mut expression = best.1.expression.clone();
                    expression.constants_mut()[i] = value;
                    let loss = self.judge.loss(&expression, bench);
                    let law = Law { expression, loss };
                    let length = self.length(&law, scratch);
                    if length <= best.0 + EVEN {
                        *best = (length, law);
                    }
                }
                continue;
            }
            let far = FAR * self.error_of(&best.1, i, scratch);
            let mut found: Option<(f64, Law)> = None;
            for value in candidates(c) {
                if (value - c).abs() > far.max(4.0 * f64::EPSILON * c.abs()) {
                    continue;
                }
                let Some(other) = self.with_constant(&best.1, i, value, bench, scratch) else {
                    continue;
                };
                let length = self.length(&other, scratch);
                if length < found.as_ref().map_or(best.0 + EVEN, |(least, _)| *least) {
                    found = Some((length, other));
                }
            }
            if let Some(found) = found {
                *best = found;
            }
        }
    }

    fn left_out(&self, best: &mut (f64, Law), bench: &mut Bench, scratch: &mut Scratch<f64>) {
        let mut i = 0;
        while i < best.1.expression.constants().len() {
            let mut expression = best.1.expression.clone();
            expression.constants_mut()[i] = 0.0;
            let expression = self.judge.simplest(&expression);
            let loss = self.judge.loss(&expression, bench);
            let without = Law { expression, loss };
            let length = self.length(&without, scratch);
            if without.complexity() < best.1.complexity()
                && without.expression.variables() == best.1.expression.variables()
                && length <= best.0
            {
                *best = (length, without);
            } else {
                i += 1;
            }
        }
    }

    /// The standard error of a constant; infinite if the others determine it, too.
    fn error_of(&self, law: &Law, i: usize, scratch: &mut Scratch<f64>) -> f64 {
        if self.judge.template().is_some() {
            return f64::INFINITY;
        }
        let fitted = Fitted {
            law,
            ties: None,
            parameters: law.expression.constants(),
        };
        let count = law.expression.constants().len();
        let (matrix, variance) = information(fitted, self.problem, count, scratch);
        // Where a law is exact its errors are what rounding leaves.
        let floor = self.describer.floor(&law.expression) * self.spread;
        let unit: Vec<f64> = (0..count).map(|k| f64::from(u8::from(k == i))).collect();
        let column = solve(&matrix, &unit);
        column.map_or(f64::INFINITY, |column| {
            (variance.max(floor) * column[i]).sqrt()
        })
    }

    /// The law with one constant at a number, the other fitted ones at their best.
    fn with_constant(
        &self,
        law: &Law,
        i: usize,
        value: f64,
        bench: &mut Bench,
        scratch: &mut Scratch<f64>,
    ) -> Option<Law> {
        let mut expression = law.expression.clone();
        expression.constants_mut()[i] = value;
        let loss = self.judge.loss(&expression, bench);
        let as_it_is = Law { expression, loss };
        if self.judge.template().is_some() {
            return loss.is_finite().then_some(as_it_is);
        }
        self.refitted(as_it_is, scratch, bench)
    }

    /// The law with its constants at their best, but for those that are simple numbers.
    fn refitted(
        &self,
        as_it_is: Law,
        scratch: &mut Scratch<f64>,
        bench: &mut Bench,
    ) -> Option<Law> {
        let constants = as_it_is.expression.constants();
        let free: Vec<usize> = (0..constants.len())
            .filter(|&k| length(constants[k]).is_none())
            .collect();
        if free.is_empty() {
            return as_it_is.loss.is_finite().then_some(as_it_is);
        }
        let of = (0..constants.len())
            .map(|k| free.iter().position(|f| *f == k))
            .collect();
        let ties = Ties::new(of, free.len());
        let begin: Vec<f64> = free.iter().map(|&k| constants[k]).collect();
        let how = (&self.problem.blocks(), Effort::POLISH);
        let found = fit_tied(&as_it_is.expression, &ties, &begin, how, scratch).0;
        let Some(found) = found else {
            return as_it_is.loss.is_finite().then_some(as_it_is);
        };
        let mut expression: Expression = as_it_is.expression.clone();
        let fitted = ties.spread(expression.constants(), &found.constants);
        expression.constants_mut().copy_from_slice(&fitted);
        let fitted = Law {
            loss: self.judge.loss(&expression, bench),
            expression,
        };
        let better = fitted.loss <= as_it_is.loss;
        let law = if better { fitted } else { as_it_is };
        law.loss.is_finite().then_some(law)
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn whole_numbers_need_their_digits_and_other_numbers_are_not_simple() {
        let bits = |c: f64| length(c).map(|nats| nats / std::f64::consts::LN_2);
        assert!((bits(1983.0).unwrap() - 1984_f64.log2()).abs() < 1e-12);
        assert!((bits(-3.0).unwrap() - 2.0).abs() < 1e-12);
        assert!(bits(0.5).unwrap() < bits(37.0).unwrap());
        assert!(bits(std::f64::consts::PI).is_some());
        assert_eq!(bits(0.203_703_703_9), None);
    }
}
