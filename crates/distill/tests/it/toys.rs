//! Samples of which the answer is known, and a student that learns at once.

use pellucid_core::statistics::quantile;
use pellucid_core::{Job, random};
use pellucid_distill::{
    Candidate, Candidates, Features, Predict, Sample, Split, Student, StudentError, split_by_group,
};

/// Two blurred copies of one hidden number, rounded so that many values tie.
pub fn blurred(n: usize, seed: u64, steps: f64) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let mut rng = random::stream(seed, 0);
    let labels: Vec<bool> = (0..n).map(|i| i % 3 != 0).collect();
    let mut draw = |label: bool| {
        let hidden = random::normal(&mut rng) + f64::from(u8::from(label));
        let [f, g] = [0, 1].map(|_| hidden + 0.7 * random::normal(&mut rng));
        ((f * steps).round(), (g * steps).round())
    };
    let (f, g) = labels.iter().map(|&label| draw(label)).unzip();
    (f, g, labels)
}

/// Logistic regression on powers of ranks, by Newton's method: fast, and smooth
/// enough to learn sums of monotonic functions.
pub struct Ranked;

struct Learned {
    /// The sorted training values of every observable.
    sorted: Vec<Vec<f64>>,
    weights: Vec<f64>,
}

/// 1, then u and u² for each observable, u its rank from -1 to 1.
fn powers(sorted: &[Vec<f64>], features: &Features, event: usize) -> Vec<f64> {
    let mut out = vec![1.0];
    for (sorted, column) in sorted.iter().zip(features.columns()) {
        let below = sorted.partition_point(|&value| value < column[event]);
        let u = 2.0 * below as f64 / sorted.len() as f64 - 1.0;
        out.extend([u, u * u]);
    }
    out
}

impl Student for Ranked {
    fn fit(
        &self,
        train: Sample<'_>,
        _valid: Sample<'_>,
        seed: u64,
        _job: &Job,
    ) -> Result<Box<dyn Predict>, StudentError> {
        let mut sorted = train.features.columns().to_vec();
        for column in &mut sorted {
            column.sort_unstable_by(f64::total_cmp);
            assert!(quantile(column, 0.5).is_finite());
        }
        // Each training sees its own half of the events, as noise of training.
        let events = random::permutation(train.targets.len(), &mut random::stream(seed, 0));
        let events = &events[..events.len() / 2];
        let rows: Vec<(Vec<f64>, f64)> = events
            .iter()
            .map(|&event| {
                let label = train.targets[event];
                (powers(&sorted, train.features, event), label)
            })
            .collect();
        let n = rows[0].0.len();
        let mut weights = vec![0.0; n];
        for _ in 0..8 {
            let mut hessian = vec![vec![0.0; n]; n];
            let mut gradient = vec![0.0; n];
            for (row, label) in &rows {
                let p = 1.0 / (1.0 + (-dot(row, &weights)).exp());
                for i in 0..n {
                    gradient[i] += row[i] * (label - p);
                    for j in 0..n {
                        hessian[i][j] += row[i] * row[j] * p * (1.0 - p);
                    }
                }
            }
            for (i, row) in hessian.iter_mut().enumerate() {
                row[i] += 1e-3;
            }
            let step = solve(hessian, gradient);
            weights
                .iter_mut()
                .zip(step)
                .for_each(|(weight, step)| *weight += step);
        }
        Ok(Box::new(Learned { sorted, weights }))
    }
}

impl Predict for Learned {
    fn predict(&self, features: &Features) -> Result<Vec<f64>, StudentError> {
        let score = |event| dot(&powers(&self.sorted, features, event), &self.weights);
        Ok((0..features.events()).map(score).collect())
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Gaussian elimination of a positive definite system.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    for i in 0..n {
        for j in i + 1..n {
            let factor = matrix[j][i] / matrix[i][i];
            let (above, below) = matrix.split_at_mut(j);
            for (below, above) in below[0].iter_mut().zip(&above[i]) {
                *below -= factor * above;
            }
            right[j] -= factor * right[i];
        }
    }
    for i in (0..n).rev() {
        for j in i + 1..n {
            right[i] -= matrix[i][j] * right[j];
        }
        right[i] /= matrix[i][i];
    }
    right
}

/// A black box that is a known function of two among many candidates.
pub struct Planted {
    pub scores: Vec<f64>,
    pub labels: Vec<bool>,
    pub candidates: Candidates,
    pub split: Split,
    pub used: [usize; 2],
}

/// Twenty candidates: noise, noise that knows the label a little (which the
/// black box does not use), blurred copies of the planted ones, and these two.
pub fn planted(seed: u64) -> Planted {
    let n = 4000;
    let mut rng = random::stream(seed, 0);
    let labels: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
    let mut normal = |scale: f64, around: &dyn Fn(usize) -> f64| -> Vec<f64> {
        (0..n)
            .map(|event| around(event) + scale * random::normal(&mut rng))
            .collect()
    };
    let pull = |strength: f64| {
        let labels = &labels;
        move |event: usize| if labels[event] { strength } else { -strength }
    };
    let a = normal(1.0, &pull(0.5));
    let b = normal(1.0, &pull(0.4));
    // Monotonic functions of each, falling in b: their ranks add up.
    let scores = (0..n)
        .map(|event| a[event].tanh() * 2.0 + b[event].atan() * 1.6)
        .collect();
    let mut candidates = Candidates::new(n);
    let mut push = |name: String, column| candidates.push(Candidate::named(name), column).unwrap();
    for i in 0..6 {
        push(format!("noise {i}"), normal(1.0, &|_| 0.0));
        push(format!("unused {i}"), normal(1.0, &pull(0.2)));
    }
    push("planted a".to_owned(), a.iter().map(|a| a.exp()).collect());
    for i in 0..3 {
        push(format!("like a {i}"), normal(0.8, &|event| a[event]));
        push(format!("like b {i}"), normal(0.8, &|event| b[event]));
    }
    push(
        "planted b".to_owned(),
        b.iter().map(|b| -b.powi(3)).collect(),
    );
    let used = ["planted a", "planted b"].map(|name| candidates.position(name).unwrap());
    let groups: Vec<usize> = (0..n).map(|event| event / 2).collect();
    let split = split_by_group(&groups, [0.5, 0.25, 0.25], seed).unwrap();
    Planted {
        scores,
        labels,
        candidates,
        split,
        used,
    }
}
