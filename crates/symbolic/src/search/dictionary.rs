//! Columns of numbers that a target is built from by least squares.
//!
//! Orthogonal least squares: the next column is the one that, made orthogonal to
//! those chosen, takes the most from what is left of the target. A small beam
//! follows several choices at once.

use super::library::{LIBRARY_ROWS, dot};

/// Sweeps of a refinement.
const SWEEPS: usize = 4;
/// What single precision cannot tell from nothing.
const NOTHING: f32 = 1e-10;

/// Candidate columns, centred.
#[derive(Debug)]
pub struct Dictionary {
    columns: Vec<f32>,
    norms: Vec<f32>,
    /// What every row is multiplied by: one over its error.
    weights: Vec<f32>,
}

/// A choice of columns and what it leaves of the target.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The columns, in the order chosen.
    pub columns: Vec<usize>,
    /// What is left, as a part of the centred target's sum of squares.
    pub left: f32,
    residual: Vec<f32>,
    basis: Vec<Vec<f32>>,
}

impl Dictionary {
    /// A dictionary of these columns of [`LIBRARY_ROWS`] numbers; what is not
    /// finite everywhere, or constant, is never chosen.
    pub fn new(columns: impl Iterator<Item = Vec<f32>>) -> Self {
        Self::weighted(columns, vec![1.0; LIBRARY_ROWS])
    }

    /// The same for rows of different errors, one over which are the weights; what
    /// is not finite where a weight is not 0 is never chosen.
    pub fn weighted(columns: impl Iterator<Item = Vec<f32>>, weights: Vec<f32>) -> Self {
        let mut out = Self {
            columns: Vec::new(),
            norms: Vec::new(),
            weights,
        };
        for mut column in columns {
            out.weigh(&mut column);
            let raw = dot(&column, &column);
            out.centre(&mut column);
            let norm = dot(&column, &column);
            let usable = norm.is_finite() && norm > 1e-9 * raw;
            if !usable {
                column.fill(0.0);
            }
            out.norms.push(if usable { norm } else { 0.0 });
            // Scaled to length 1, so that no column overflows a product.
            let scale = if usable { 1.0 / norm.sqrt() } else { 0.0 };
            out.columns.extend(column.iter().map(|x| x * scale));
        }
        out
    }

    fn column(&self, i: usize) -> &[f32] {
        &self.columns[i * LIBRARY_ROWS..(i + 1) * LIBRARY_ROWS]
    }

    /// The best choices of one, two, … `terms` columns for a target, `beam` of
    /// each; the search ends early at a choice that leaves nothing.
    pub fn choose(&self, target: &[f32], terms: usize, beam: usize) -> Vec<Choice> {
        let Some(start) = self.begin(target) else {
            return Vec::new();
        };
        let mut kept = vec![start];
        let mut out: Vec<Choice> = Vec::new();
        for _ in 0..terms {
            let mut next: Vec<Choice> = Vec::new();
            for choice in &kept {
                for column in self.best(choice, beam) {
                    let longer = self.extend(choice, column);
                    let mut sorted = longer.columns.clone();
                    sorted.sort_unstable();
                    let known = next.iter().any(|other| {
                        let mut theirs = other.columns.clone();
                        theirs.sort_unstable();
                        theirs == sorted
                    });
                    if !known {
                        next.push(longer);
                    }
                }
            }
            next.sort_by(|a, b| a.left.total_cmp(&b.left));
            next.truncate(beam);
            let done = next.first().is_none_or(|c| c.left < NOTHING);
            out.extend(next.iter().cloned());
            kept = next;
            if done {
                break;
            }
        }
        out
    }

    /// The best choices of one column beside given ones, so many.
    pub fn beside(&self, target: &[f32], given: &[usize], count: usize) -> Vec<Choice> {
        let Some(start) = self.begin(target) else {
            return Vec::new();
        };
        let held = given
            .iter()
            .filter(|&&column| self.norms[column] > 0.0)
            .fold(start, |choice, &column| self.extend(&choice, column));
        let best = self.best(&held, count).into_iter();
        best.map(|column| self.extend(&held, column)).collect()
    }

    /// Chooses every column of a choice anew while the others are held, as long
    /// as that leaves less: what was chosen when much was left to explain may
    /// have been chosen by chance.
    pub fn refine(&self, choice: &Choice, target: &[f32]) -> Choice {
        let mut best = choice.clone();
        for _ in 0..SWEEPS {
            let before = best.left;
            for place in 0..best.columns.len() {
                let mut others = best.columns.clone();
                others.remove(place);
                let Some(start) = self.begin(target) else {
                    return best;
                };
                let held = others
                    .iter()
                    .fold(start, |c, &column| self.extend(&c, column));
                for column in self.best(&held, 1) {
                    let next = self.extend(&held, column);
                    if next.left < best.left {
                        best = next;
                        // The order is kept: the new one goes where the old one was.
                        let last = best.columns.pop().unwrap_or(column);
                        best.columns.insert(place, last);
                        let q = best.basis.pop().unwrap_or_default();
                        best.basis.insert(place, q);
                    }
                }
                if best.left < NOTHING {
                    return best;
                }
            }
            if best.left > 0.9 * before {
                break;
            }
        }
        best
    }

    /// No column yet; `None` for a target that is constant or not finite.
    fn begin(&self, target: &[f32]) -> Option<Choice> {
        let mut residual = target.to_vec();
        self.weigh(&mut residual);
        self.centre(&mut residual);
        let total = dot(&residual, &residual);
        if !(total > 0.0 && total.is_finite()) {
            return None;
        }
        let scale = 1.0 / total.sqrt();
        for x in &mut residual {
            *x *= scale;
        }
        Some(Choice {
            columns: Vec::new(),
            left: 1.0,
            residual,
            basis: Vec::new(),
        })
    }

    /// The single columns that explain the most of a target, so many.
    pub fn singles(&self, target: &[f32], count: usize) -> Vec<usize> {
        self.begin(target)
            .map_or_else(Vec::new, |start| self.best(&start, count))
    }

    fn weigh(&self, column: &mut [f32]) {
        for (x, &w) in column.iter_mut().zip(&self.weights) {
            *x = if w == 0.0 { 0.0 } else { *x * w };
        }
    }

    /// Takes out what a constant explains, of a column that is weighed.
    fn centre(&self, column: &mut [f32]) {
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            let pairs = column.iter().zip(&self.weights);
            pairs.map(|(&x, &w)| of(f64::from(x), f64::from(w))).sum()
        };
        let mean = (sum(&|x, w| x * w) / sum(&|_, w| w * w)) as f32;
        for (x, &w) in column.iter_mut().zip(&self.weights) {
            *x -= mean * w;
        }
    }

    /// The columns that take the most from what a choice leaves.
    fn best(&self, choice: &Choice, count: usize) -> Vec<usize> {
        let mut best: Vec<(f32, usize)> = Vec::with_capacity(count + 1);
        for i in 0..self.norms.len() {
            let column = self.column(i);
            let with = dot(column, &choice.residual);
            let most = with * with;
            let worst = if best.len() < count {
                0.0
            } else {
                best[count - 1].0
            };
            // What is inside the span of the basis only makes the gain larger.
            let mut norm = 1.0;
            for q in &choice.basis {
                norm -= dot(column, q).powi(2);
            }
            if self.norms[i] == 0.0 || norm < 1e-6 {
                continue;
            }
            let gain = most / norm;
            if gain > worst {
                let place = best.partition_point(|(g, _)| *g >= gain);
                best.insert(place, (gain, i));
                best.truncate(count);
            }
        }
        best.into_iter().map(|(_, i)| i).collect()
    }

    fn extend(&self, choice: &Choice, column: usize) -> Choice {
        let mut q = self.column(column).to_vec();
        // Twice is enough for orthogonality to working precision.
        for _ in 0..2 {
            for other in &choice.basis {
                let along = dot(&q, other);
                subtract(&mut q, other, along);
            }
        }
        let scale = 1.0 / dot(&q, &q).sqrt();
        for x in &mut q {
            *x *= scale;
        }
        let mut longer = choice.clone();
        let along = dot(&longer.residual, &q);
        subtract(&mut longer.residual, &q, along);
        longer.left = dot(&longer.residual, &longer.residual);
        longer.basis.push(q);
        longer.columns.push(column);
        longer
    }
}

fn subtract(a: &mut [f32], b: &[f32], factor: f32) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = (-factor).mul_add(*b, *a);
    }
}
