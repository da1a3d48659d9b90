//! Sums of few terms that hardly change.
//!
//! Given the Gram matrix `W` of what should vanish (changes of the terms along a
//! motion, or across a gradient) and `T` of the terms' changes altogether, the
//! sum `Σ c_k φ_k` with the least
//!
//! $$ \lambda = \frac{c^T W c}{c^T T c} $$
//!
//! is sought among sums of few terms. Each term in turn gets the coefficient 1,
//! each other one in turn joins it, and more are added one by one as orthogonal
//! matching pursuit does; then the least useful are dropped again. Trivial sums,
//! such as `sin² + cos²`, do not change at all: for them `λ` is no smaller than
//! for anything else.

use pellucid_core::Job;
use pellucid_core::job::Interrupted;
use rayon::prelude::*;

use crate::expression::{Expression, Tree};
use crate::fit::solve;
use crate::operator::Operator;

/// A symmetric matrix, row after row.
#[derive(Debug, Clone)]
pub struct Gram {
    size: usize,
    of: Vec<f64>,
}

impl Gram {
    /// The products of these columns.
    pub fn new(columns: &[Vec<f64>]) -> Self {
        let size = columns.len();
        let mut of = vec![0.0; size * size];
        for i in 0..size {
            for j in 0..=i {
                let sum = columns[i].iter().zip(&columns[j]).map(|(a, b)| a * b).sum();
                of[i * size + j] = sum;
                of[j * size + i] = sum;
            }
        }
        Self { size, of }
    }

    /// The same with rows that count by their weights.
    pub fn weighted(columns: &[&[f64]], weights: &[f64]) -> Self {
        let root = |column: &&[f64]| -> Vec<f64> {
            let pairs = column.iter().zip(weights);
            pairs.map(|(x, w)| x * w.sqrt()).collect()
        };
        Self::new(&columns.iter().map(root).collect::<Vec<_>>())
    }

    /// That of some of the columns.
    pub fn of(&self, chosen: &[usize]) -> Self {
        let pairs = chosen
            .iter()
            .flat_map(|&i| chosen.iter().map(move |&j| (i, j)));
        Self {
            size: chosen.len(),
            of: pairs.map(|(i, j)| self.at(i, j)).collect(),
        }
    }

    /// The coefficients of a sum of these columns, the first 1, for which the least part of
    /// its `total` is left: the eigenvector of the least $c^TWc / c^TTc$, by inverse
    /// iteration. Unlike those that least squares find for one of the terms, they are not
    /// drawn towards 0 by noise that is the same part of the spread of each column. `None` if
    /// columns are sums of each other.
    pub fn coefficients(&self, total: &Self, chosen: &[usize]) -> Option<Vec<f64>> {
        let mut best = coefficients(self, chosen)?;
        let part = self.of(chosen);
        let whole = total.of(chosen);
        for _ in 0..ITERATIONS {
            let rows = whole.of.chunks(chosen.len());
            let right: Vec<f64> = rows
                .map(|row| row.iter().zip(&best).map(|(t, c)| t * c).sum())
                .collect();
            // What rounding alone tells from nothing stays as it is.
            let Some(next) = solve(&part.of, &right) else {
                return Some(best);
            };
            let first = next[0];
            if first == 0.0 || !first.is_finite() {
                return Some(best);
            }
            best = next.iter().map(|c| c / first).collect();
        }
        Some(best)
    }

    /// The length of a column.
    pub fn size_of(&self, i: usize) -> f64 {
        self.at(i, i).max(0.0).sqrt()
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.of[i * self.size + j]
    }

    fn quadratic(&self, sum: &Sum) -> f64 {
        let pairs = || sum.terms.iter().zip(&sum.coefficients);
        pairs()
            .flat_map(|(&i, a)| pairs().map(move |(&j, b)| (i, j, a * b)))
            .map(|(i, j, ab)| ab * self.at(i, j))
            .sum()
    }
}

/// A sum of terms.
#[derive(Debug, Clone, PartialEq)]
pub struct Sum {
    /// The places of its terms.
    pub terms: Vec<usize>,
    /// Their coefficients, the first of them 1.
    pub coefficients: Vec<f64>,
    /// `λ`: the part of its change that should vanish.
    pub left: f64,
}

impl Sum {
    /// The sum as a formula.
    pub fn expression(&self, terms: &[Expression]) -> Expression {
        let parts = self.terms.iter().zip(&self.coefficients).map(|(&k, &c)| {
            let term = Tree::from(&terms[k]);
            if c == 1.0 {
                term
            } else {
                Tree::binary(Operator::Mul, Tree::Constant(c), term)
            }
        });
        let sum = parts.reduce(|a, b| Tree::binary(Operator::Add, a, b));
        Expression::from(&sum.unwrap_or(Tree::Constant(0.0)))
    }
}

/// Steps of inverse iteration: what is conserved is far from what comes next.
const ITERATIONS: usize = 20;

/// How many terms are added before the least useful are dropped.
const MOST: usize = 8;

/// Below this part of itself, rounding is all that is left of a sum.
const ROUNDING: f64 = 1e-13;

/// The best sums that begin with each pair of terms, of every size up to `MOST`,
/// the smallest first.
pub fn sums(vanishing: &Gram, total: &Gram, job: &Job) -> Result<Vec<Sum>, Interrupted> {
    let size = vanishing.size;
    let bar = job.start("sums of terms", size as u64);
    let found: Vec<Vec<Sum>> = (0..size)
        .into_par_iter()
        .map(|target| {
            job.check()?;
            let mut out = Vec::new();
            for second in (0..size).filter(|second| *second != target) {
                let chosen = forwards(vanishing, total, vec![target, second]);
                backwards(vanishing, total, chosen, false, &mut out);
            }
            let chosen = forwards(vanishing, total, vec![target]);
            backwards(vanishing, total, chosen, true, &mut out);
            bar.advance(1);
            Ok(out)
        })
        .collect::<Result<_, Interrupted>>()?;
    let mut out = found.concat();
    out.sort_by(|a, b| {
        (a.terms.len().cmp(&b.terms.len()))
            .then(a.left.total_cmp(&b.left))
            .then(a.terms.cmp(&b.terms))
    });
    out.dedup_by(|a, b| a.terms == b.terms);
    Ok(out)
}

/// Terms added one by one, until rounding is all that is left.
fn forwards(vanishing: &Gram, total: &Gram, mut chosen: Vec<usize>) -> Vec<usize> {
    while chosen.len() < MOST.min(vanishing.size) {
        match fitted(vanishing, total, &chosen) {
            Some(sum) if sum.left > ROUNDING => {}
            _ => break,
        }
        match next(vanishing, &chosen) {
            Some(next) => chosen.push(next),
            None => break,
        }
    }
    chosen
}

/// At every size the best that is left of the larger sum, its terms `exchanged`
/// for better ones if asked for; the first term stays.
fn backwards(
    vanishing: &Gram,
    total: &Gram,
    mut chosen: Vec<usize>,
    exchanged: bool,
    out: &mut Vec<Sum>,
) {
    out.extend(fitted(vanishing, total, &chosen));
    while chosen.len() > 1 {
        if exchanged && let Some(better) = exchange(vanishing, total, &chosen) {
            chosen.clone_from(&better.terms);
            out.push(better);
        }
        let best = (1..chosen.len())
            .filter_map(|k| {
                let mut fewer = chosen.clone();
                fewer.remove(k);
                fitted(vanishing, total, &fewer).map(|sum| (sum, k))
            })
            .min_by(|a, b| a.0.left.total_cmp(&b.0.left));
        match best {
            Some((sum, k)) => {
                chosen.remove(k);
                out.push(sum);
            }
            // Terms that are sums of each other: the last one is too many.
            None => {
                chosen.pop();
            }
        }
    }
}

/// The same number of terms, each in turn exchanged for the one that leaves
/// least, if that is less than before.
fn exchange(vanishing: &Gram, total: &Gram, chosen: &[usize]) -> Option<Sum> {
    let mut best: Option<Sum> = None;
    let mut now = chosen.to_vec();
    let mut least = fitted(vanishing, total, chosen)?.left;
    for place in 1..chosen.len() {
        for term in (0..vanishing.size).filter(|term| !chosen.contains(term)) {
            let mut other = now.clone();
            if other.contains(&term) {
                continue;
            }
            other[place] = term;
            if let Some(sum) = fitted(vanishing, total, &other)
                && sum.left < least
            {
                least = sum.left;
                now = other;
                best = Some(sum);
            }
        }
    }
    best
}

/// The coefficients of all but the first for which least is left.
fn coefficients(vanishing: &Gram, chosen: &[usize]) -> Option<Vec<f64>> {
    let others = &chosen[1..];
    if others.is_empty() {
        return Some(vec![1.0]);
    }
    let pairs = others
        .iter()
        .flat_map(|&i| others.iter().map(move |&j| (i, j)));
    let matrix: Vec<f64> = pairs.map(|(i, j)| vanishing.at(i, j)).collect();
    let right: Vec<f64> = others
        .iter()
        .map(|&i| -vanishing.at(i, chosen[0]))
        .collect();
    let mut out = vec![1.0];
    out.extend(solve(&matrix, &right)?);
    Some(out)
}

fn fitted(vanishing: &Gram, total: &Gram, chosen: &[usize]) -> Option<Sum> {
    let mut sum = Sum {
        coefficients: coefficients(vanishing, chosen)?,
        terms: chosen.to_vec(),
        left: 0.0,
    };
    let whole = total.quadratic(&sum);
    if whole.is_nan() || whole <= 0.0 {
        return None;
    }
    sum.left = vanishing.quadratic(&sum).max(0.0) / whole;
    Some(sum)
}

/// The term most like what the chosen ones leave.
fn next(vanishing: &Gram, chosen: &[usize]) -> Option<usize> {
    let coefficients = coefficients(vanishing, chosen)?;
    let likeness = |k: usize| {
        let size = vanishing.at(k, k);
        let pairs = chosen.iter().zip(&coefficients);
        let product: f64 = pairs.map(|(&i, c)| c * vanishing.at(i, k)).sum();
        if size > 0.0 {
            product.powi(2) / size
        } else {
            0.0
        }
    };
    (0..vanishing.size)
        .filter(|k| !chosen.contains(k))
        .map(|k| (likeness(k), k))
        .filter(|(l, _)| *l > 0.0)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        .map(|(_, k)| k)
}
