//! Functions that stay constant along every trajectory.
//!
//! For a sum of terms `f = Σ c_k φ_k` over the state (smoothed columns and, if
//! asked for, their rates) what its change owes to the single columns must balance,
//! whatever is lost slowly:
//!
//! $$ \lambda = \frac{\sum \left(\sum_i \partial f/\partial x_i\,\dot x_i\right)^2}
//!                   {\sum \sum_i (\partial f/\partial x_i\,\dot x_i)^2} $$
//!
//! This is linear algebra over the terms, and finds which of them belong together. Their
//! coefficients are then those for which the values of `f` fluctuate least within one swing
//! (`blocks`), as values are known better than rates; those of `λ` are
//! kept where they balance better. Rows that were badly recorded count in `λ` by their
//! squares, so what is found is ordered by the [balance](mod@super::balance) `b`, a median:
//!
//! $$ \ln b + \kappa N $$
//!
//! with `N` nodes. A function of a single column, of a phase that turns many times between
//! two samples, or without a gradient does not balance at all and is no invariant. Of
//! functions of each other only the first is kept: a new invariant must have a gradient
//! that those before do not span.
//!
//! * **Loss**: [`Invariant::lost`] is what a function loses in a swing, as a part of what its
//!   columns exchange.

use pellucid_core::Job;

use super::balance::balance;
use super::blocks::States;
use super::terms::{Kinds, gradient, terms, values};
use super::trajectory::Trajectory;
use super::vanishing::{Gram, Sum, sums};
use crate::error::SymbolicError;
use crate::expression::{Expression, Token};
use crate::operator::Operator;

/// What invariants are sought for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Whether the rates of the columns belong to the state, as velocities do
    /// where only positions are known; they follow the columns in their order.
    pub rates: bool,
    /// Terms to build them of.
    pub kinds: Kinds,
    /// The largest balance of an invariant.
    pub tolerance: f64,
}

/// A function that is constant in time, or nearly so.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariant {
    /// The function, its first term with the coefficient 1.
    pub expression: Expression,
    /// Its balance, from 0 for what is conserved to 1.
    pub balance: f64,
    /// The mean square of its fluctuation within swings, over that of the change it would
    /// show if every column varied on its own.
    pub left: f64,
    /// The median of its changes from the beginning of a swing to its end, over the spread
    /// that it would show if every column varied on its own; negative for a loss.
    pub lost: f64,
}

/// The part of its gradient that must be new.
const NEW: f64 = 0.02;
/// What a node must lower the logarithm of the balance by.
const NODE: f64 = 0.056;
/// Sums of every size that are looked at closely.
const CLOSELY: usize = 40;
/// The part of the largest term that the smallest one must have.
const SHARE: f64 = 1e-3;
/// How much worse a sum may balance with coefficients from its values than with those from
/// rates, which noise draws towards 0.
const FITTED: f64 = 3.0;
/// How much worse than the first another invariant may balance.
const WORSE: f64 = 4.0;
/// How much worse a combination of two invariants may balance than they do.
const SIMILAR: f64 = 4.0;
/// How often states are weighed anew.
const REWEIGHTED: usize = 20;
/// What balances better than this is as exact as rates are.
const EXACT: f64 = 1e-9;

/// The invariants, the most certain for their size first; none if there are none.
/// An interrupted job is an error.
pub fn invariants(
    trajectories: &[Trajectory],
    settings: &Settings,
    job: &Job,
) -> Result<Vec<Invariant>, SymbolicError> {
    let states = States::new(trajectories, settings.rates);
    if states.count() == 0 {
        return Err(SymbolicError::FewRows {
            found: 0,
            expected: super::trajectory::FEWEST_SAMPLES,
        });
    }
    let positions = trajectories.first().map_or(0, |t| t.columns.len());
    let library = Library::new(&states, positions, settings.kinds);
    let mut all = library.candidates(job)?;
    all.sort_by(|a, b| (a.price.total_cmp(&b.price)).then_with(|| a.sum.terms.cmp(&b.sum.terms)));
    let chosen = library.independent(&all, settings.tolerance);
    let simple = library.simplest(chosen);
    let found = simple.into_iter().map(|one| library.robust(one));
    Ok(found.map(|one| library.invariant(&one)).collect())
}

/// A sum of terms that is looked at closely.
#[derive(Clone)]
struct Candidate {
    sum: Sum,
    balance: f64,
    price: f64,
}

/// The terms over states.
struct Library<'a> {
    states: &'a States,
    terms: Vec<Expression>,
    /// The gradients of all terms, in units of the spread of the columns within swings.
    gradients: Vec<Vec<f64>>,
    /// What each term's change owes to each column, column by column.
    owed: Vec<Vec<f64>>,
    /// How each term's values fluctuate within swings.
    fluctuations: Vec<Vec<f64>>,
    /// Products of these, and of the gradients.
    within: Gram,
    apart: Gram,
    /// Whether each column is the rate of another one.
    velocities: Vec<bool>,
}

impl<'a> Library<'a> {
    fn new(states: &'a States, positions: usize, kinds: Kinds) -> Self {
        let columns = &states.columns;
        let spread = states.spread();
        let mut out = Self {
            states,
            terms: Vec::new(),
            gradients: Vec::new(),
            owed: Vec::new(),
            fluctuations: Vec::new(),
            within: Gram::new(&[]),
            apart: Gram::new(&[]),
            velocities: states.velocities(),
        };
        for term in terms(columns, positions, kinds) {
            let gradient = gradient(&term, columns, &spread).concat();
            if has_pole(&gradient, states.count()) {
                continue;
            }
            let scaled = gradient
                .chunks(states.count())
                .zip(&states.rates)
                .zip(&spread);
            let owed = scaled.flat_map(|((slopes, rates), &spread)| {
                let unit = if spread > 0.0 { 1.0 / spread } else { 0.0 };
                let pairs = slopes.iter().zip(rates);
                pairs.map(move |(slope, rate)| slope * rate * unit)
            });
            out.owed.push(owed.collect());
            out.fluctuations
                .push(states.within(&values(&term, columns)).0);
            out.gradients.push(gradient);
            out.terms.push(term);
        }
        out.within = Gram::new(&out.fluctuations);
        out.apart = Gram::new(&out.gradients);
        out
    }

    /// The sums whose changes balance best, of polynomials and of all terms.
    fn candidates(&self, job: &Job) -> Result<Vec<Candidate>, SymbolicError> {
        let count = self.states.count();
        let changes: Vec<Vec<f64>> = self
            .owed
            .iter()
            .map(|owed| {
                let parts = owed.chunks(count);
                parts.fold(vec![0.0; count], |mut sum, part| {
                    sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
                    sum
                })
            })
            .collect();
        let (vanishing, total) = (Gram::new(&changes), Gram::new(&self.owed));
        let every: Vec<usize> = (0..self.terms.len()).collect();
        let of_powers = |&k: &usize| self.terms[k].tokens().iter().copied().all(is_polynomial);
        let powers: Vec<usize> = every.iter().copied().filter(of_powers).collect();
        let mut found: Vec<Sum> = Vec::new();
        for chosen in [powers, every] {
            let all = sums(&vanishing.of(&chosen), &total.of(&chosen), job)?;
            let named = all.into_iter().map(|sum| Sum {
                terms: sum.terms.iter().map(|&k| chosen[k]).collect(),
                ..sum
            });
            found.extend(closest(named));
        }
        found.sort_by(|a, b| a.terms.cmp(&b.terms).then(a.left.total_cmp(&b.left)));
        found.dedup_by(|a, b| a.terms == b.terms);
        job.check()?;
        let candidates = found.into_iter().map(|sum| self.candidate(sum));
        Ok(candidates.filter(|one| self.counts(&one.sum)).collect())
    }

    /// Whether every term of a sum is of some size: what bias and rounding leave over has
    /// small terms of its own.
    fn counts(&self, sum: &Sum) -> bool {
        let sizes = sum.terms.iter().zip(&sum.coefficients);
        let sizes: Vec<f64> = sizes
            .map(|(&k, c)| c.abs() * self.within.size_of(k))
            .collect();
        let largest = sizes.iter().copied().fold(0.0, f64::max);
        sizes.iter().all(|size| *size >= SHARE * largest)
    }

    /// The best candidates whose gradients are independent of each other and that balance
    /// about as well as the best of all.
    fn independent(&self, all: &[Candidate], tolerance: f64) -> Vec<Candidate> {
        let mut kept: Vec<Vec<f64>> = Vec::new();
        let mut out: Vec<Candidate> = Vec::new();
        for candidate in all.iter().filter(|one| one.balance <= tolerance) {
            if kept.len() + 1 >= self.states.columns.len() {
                break;
            }
            // What is nearly a function of the first one is no invariant of its own.
            let worst = out.first().map_or(tolerance, |first| {
                (WORSE * first.balance).max(tolerance * first.balance.sqrt())
            });
            if candidate.balance > worst {
                continue;
            }
            let gradient = self.gradient(&candidate.sum);
            let Some(direction) = new_direction(gradient, &kept, self.states.count()) else {
                continue;
            };
            kept.push(direction);
            out.push(candidate.clone());
        }
        out
    }

    /// The same, the simplest first: of two invariants every combination is one, and one
    /// that lacks a term of both may be what a physicist would write.
    fn simplest(&self, mut chosen: Vec<Candidate>) -> Vec<Candidate> {
        let mut best: Option<(f64, usize, Candidate)> = None;
        for (i, a) in chosen.iter().enumerate() {
            for (j, b) in chosen.iter().enumerate().filter(|(j, _)| *j != i) {
                for &term in &a.sum.terms {
                    let Some(sum) = without(term, &a.sum, &b.sum) else {
                        continue;
                    };
                    let candidate = self.candidate(sum);
                    let nodes = self.nodes(&candidate.sum);
                    let smaller = best.as_ref().is_none_or(|(least, ..)| nodes < *least)
                        && nodes < self.nodes(&a.sum).min(self.nodes(&b.sum));
                    let like = candidate.balance <= SIMILAR * a.balance.max(b.balance);
                    if smaller && like && self.counts(&candidate.sum) {
                        best = Some((nodes, i.max(j), candidate));
                    }
                }
            }
        }
        if let Some((_, place, candidate)) = best {
            chosen.remove(place);
            chosen.insert(0, candidate);
        }
        chosen
    }

    /// The same with coefficients for which the moduli of what fluctuates are least, so that
    /// states that were badly recorded do not bend them.
    fn robust(&self, candidate: Candidate) -> Candidate {
        let places: Vec<usize> = (0..candidate.sum.terms.len()).collect();
        let columns = candidate.sum.terms.iter();
        let columns: Vec<&[f64]> = columns.map(|&k| self.fluctuations[k].as_slice()).collect();
        let apart = self.apart.of(&candidate.sum.terms);
        let mut sum = candidate.sum.clone();
        for _ in 0..REWEIGHTED {
            let left = combined(&sum, &self.fluctuations);
            let mut sizes: Vec<f64> = left.iter().map(|x| x.abs()).collect();
            let middle = sizes.len() / 2;
            let typical = *sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
            if typical <= 0.0 {
                break;
            }
            let weights = left.iter().map(|x| 1.0 / x.abs().max(typical));
            let weights: Vec<f64> = weights.collect();
            let weighted = Gram::weighted(&columns, &weights);
            match weighted.coefficients(&apart, &places) {
                Some(coefficients) => sum.coefficients = coefficients,
                None => break,
            }
        }
        let balance = self.balance(&sum);
        if balance <= SIMILAR * candidate.balance {
            Candidate {
                sum,
                balance,
                ..candidate
            }
        } else {
            candidate
        }
    }

    /// The nodes of a sum, and one more for each product of velocities: the kinetic energy
    /// of masses has none in the coordinates of the masses.
    fn nodes(&self, sum: &Sum) -> f64 {
        let is_mixed = |term: &Expression| {
            let variables = term.variables();
            term.tokens().last() == Some(&Token::Apply(Operator::Mul))
                && term.complexity() == 3
                && variables.iter().all(|&v| self.velocities[usize::from(v)])
        };
        let mixed = sum.terms.iter().filter(|&&k| is_mixed(&self.terms[k]));
        (sum.expression(&self.terms).complexity() + mixed.count()) as f64
    }

    /// A sum with the coefficients for which its values fluctuate least, unless it balances
    /// far better as it is.
    fn candidate(&self, sum: Sum) -> Candidate {
        let own = self.balance(&sum);
        let refitted = self.within.coefficients(&self.apart, &sum.terms);
        let refitted = refitted.map(|coefficients| Sum {
            coefficients,
            ..sum.clone()
        });
        let other = refitted.as_ref().map(|sum| self.balance(sum));
        let (sum, balance) = match (refitted, other) {
            (Some(refitted), Some(other)) if other <= FITTED * own => (refitted, other),
            _ => (sum, own),
        };
        Candidate {
            price: balance.max(EXACT).ln() + NODE * self.nodes(&sum),
            sum,
            balance,
        }
    }

    fn gradient(&self, sum: &Sum) -> Vec<f64> {
        combined(sum, &self.gradients)
    }

    fn balance(&self, sum: &Sum) -> f64 {
        let owed = combined(sum, &self.owed);
        let parts: Vec<&[f64]> = owed.chunks(self.states.count()).collect();
        balance(&parts)
    }

    fn invariant(&self, candidate: &Candidate) -> Invariant {
        let sum = &candidate.sum;
        let expression = sum.expression(&self.terms);
        let squares = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let (within, mut lost) = self
            .states
            .within(&values(&expression, &self.states.columns));
        let whole = squares(&self.gradient(sum));
        let size = (whole / self.states.count() as f64).sqrt();
        let middle = lost.len() / 2;
        let lost = *lost.select_nth_unstable_by(middle, f64::total_cmp).1;
        Invariant {
            balance: candidate.balance,
            left: squares(&within) / whole,
            lost: lost / size,
            expression,
        }
    }
}

/// The combination of two sums that lacks one term; `None` if it has no term left or one
/// of them lacks it anyway.
fn without(term: usize, a: &Sum, b: &Sum) -> Option<Sum> {
    let of = |sum: &Sum, term: usize| {
        let place = sum.terms.iter().position(|&k| k == term);
        place.map(|place| sum.coefficients[place])
    };
    let ratio = of(a, term)? / of(b, term)?;
    let mut terms: Vec<usize> = a.terms.iter().chain(&b.terms).copied().collect();
    terms.sort_unstable();
    terms.dedup();
    terms.retain(|&k| k != term);
    let value = |k: usize| of(a, k).unwrap_or(0.0) - ratio * of(b, k).unwrap_or(0.0);
    let first = value(*terms.first()?);
    let coefficients = terms.iter().map(|&k| value(k) / first).collect();
    (first != 0.0).then_some(Sum {
        terms,
        coefficients,
        left: a.left.max(b.left),
    })
}

/// What a sum makes of what its terms have.
fn combined(sum: &Sum, of: &[Vec<f64>]) -> Vec<f64> {
    let mut out = vec![0.0; of.first().map_or(0, Vec::len)];
    for (&k, c) in sum.terms.iter().zip(&sum.coefficients) {
        out.iter_mut()
            .zip(&of[k])
            .for_each(|(sum, x)| *sum += c * x);
    }
    out
}

/// Whether a token may stand in a polynomial.
fn is_polynomial(token: Token) -> bool {
    match token {
        Token::Constant | Token::Variable(_) => true,
        Token::Apply(operator) => [Operator::Mul, Operator::Square].contains(&operator),
    }
}

/// The best sums of every size.
fn closest(sums: impl Iterator<Item = Sum>) -> Vec<Sum> {
    let mut all: Vec<Sum> = sums.collect();
    all.sort_by(|a, b| {
        (a.terms.len().cmp(&b.terms.len()))
            .then(a.left.total_cmp(&b.left))
            .then(a.terms.cmp(&b.terms))
    });
    let mut out: Vec<Sum> = Vec::new();
    let mut seen: Vec<Vec<usize>> = Vec::new();
    let mut size = 0;
    for sum in all {
        if sum.terms.len() != size {
            size = sum.terms.len();
            seen.clear();
        }
        // The same terms were found with each of them as the first.
        let mut set = sum.terms.clone();
        set.sort_unstable();
        if seen.len() < CLOSELY && !seen.contains(&set) {
            seen.push(set);
            out.push(sum);
        }
    }
    out
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

/// A gradient at every row, made of length 1 and at right angles to those before; `None`
/// if hardly anything is left of it.
fn new_direction(gradient: Vec<f64>, kept: &[Vec<f64>], rows: usize) -> Option<Vec<f64>> {
    let mut direction = gradient;
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
