//! Integrated gradients.
//!
//! $$ A_i(x) = (x_i - b_i) \int_0^1
//!      \frac{\partial f}{\partial x_i}\bigl(b + t\,(x - b)\bigr)\,\mathrm{d}t $$
//!
//! The gradient's network runs on all points of several paths at once; the
//! weighted sum over a path is formed in double precision. The number of
//! points is doubled for the events whose residual is still too large, until
//! `|f(x) − f(b) − Σ A| ≤ tolerance · max(|f(x) − f(b)|, floor)` or
//! [`max_steps`](IntegratedGradients::max_steps) is reached: residual and
//! steps of every event are reported.
//!
//! * **Units:** those of the logit, whatever the unit of the input.
//! * **Completeness:** `Σ A = f(x) − f(b)`; what is missing is the residual.
//! * **Reference:** M. Sundararajan, A. Taly, Q. Yan, arXiv:1703.01365, eq. 1.

use pellucid_core::{Job, Tensor};
use pellucid_network::{Executor, Graph, Real};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Attribute, Baseline, Quadrature, one_pass};
use crate::attribution::{Attribution, Residual};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// The gradient averaged along the straight path from a baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct IntegratedGradients {
    /// Where every path begins.
    pub baseline: Baseline,
    /// The rule of integration.
    pub quadrature: Quadrature,
    /// Steps on the path to begin with.
    pub steps: u32,
    /// Steps at which doubling ends; not more than `steps`: no doubling.
    pub max_steps: u32,
    /// The residual allowed, as a share of `|f(x) − f(b)|`.
    pub tolerance: f64,
    /// A difference below this, in units of the logit, counts as this large.
    pub floor: f64,
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self {
            baseline: Baseline::Zeros,
            quadrature: Quadrature::GaussLegendre,
            steps: 32,
            max_steps: 512,
            tolerance: 0.01,
            floor: 0.1,
        }
    }
}

impl IntegratedGradients {
    /// Exactly this many steps for every event.
    pub fn fixed(steps: u32, quadrature: Quadrature) -> Self {
        Self {
            quadrature,
            steps,
            max_steps: steps,
            ..Self::default()
        }
    }

    /// Sets where the paths begin.
    #[must_use]
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    fn check(&self) -> Result<(), ExplainError> {
        let wrong = |what, expected: &str, found: String| {
            Err(ExplainError::Setting {
                what,
                expected: expected.to_owned(),
                found,
            })
        };
        if self.steps == 0 {
            return wrong(
                "steps of integrated-gradients",
                "at least 1",
                "0".to_owned(),
            );
        }
        for (what, number) in [
            ("tolerance of integrated-gradients", self.tolerance),
            ("floor of integrated-gradients", self.floor),
        ] {
            if !(number > 0.0 && number.is_finite()) {
                return wrong(what, "a positive number", number.to_string());
            }
        }
        Ok(())
    }
}

impl Attribute for IntegratedGradients {
    const NAME: &'static str = "integrated-gradients";

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        self.check()?;
        let mut graph = one_pass::gradient_graph(model)?;
        // The logit along the path is of no use: both ends are known.
        let gradients = graph.outputs()[..graph.inputs().len()].to_vec();
        graph.set_outputs(gradients);
        Ok(graph)
    }

    fn run<T: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<f32>],
        job: &Job,
    ) -> Result<Attribution, ExplainError> {
        let events = model.events(inputs)?;
        let explained = model.scores(inputs, job)?.logit;
        let baseline = self.baseline.rows(inputs)?;
        let reference = at(model, inputs, &baseline, job)?;
        let rows = model.rows(inputs);
        let bar = job.start("integrated gradients", events as u64);

        let mut values: Vec<Tensor<f32>> = inputs
            .iter()
            .map(|input| Tensor::full(input.shape().to_vec(), 0.0))
            .collect();
        let mut residual = vec![0.0; events];
        let mut steps = vec![0; events];
        let mut open: Vec<usize> = (0..events).collect();
        let mut count = self.steps;
        while !open.is_empty() {
            let path = Path {
                points: self.quadrature.points(count as usize),
                inputs,
                baseline: &baseline,
                rows,
            };
            let tasks: Vec<Vec<(Vec<f32>, f64)>> = open
                .par_chunks((rows / path.points.len()).max(1))
                .map(|events| {
                    job.check()?;
                    engine.with(|executor| path.integrate(executor, events))
                })
                .collect::<Result<_, ExplainError>>()?;
            for (&event, (attribution, sum)) in open.iter().zip(tasks.into_iter().flatten()) {
                let mut start = 0;
                for tensor in &mut values {
                    let len = tensor.row_len();
                    tensor.data_mut()[event * len..(event + 1) * len]
                        .copy_from_slice(&attribution[start..start + len]);
                    start += len;
                }
                residual[event] = explained[event] - reference - sum;
                steps[event] = count;
            }
            let before = open.len();
            if count < self.max_steps {
                open.retain(|&event| {
                    let allowed = (explained[event] - reference).abs().max(self.floor);
                    residual[event].abs() > self.tolerance * allowed
                });
                count = count.saturating_mul(2).min(self.max_steps);
            } else {
                open.clear();
            }
            bar.advance((before - open.len()) as u64);
        }
        Ok(Attribution {
            values,
            explained,
            residual,
            meaning: Residual::Completeness,
            absorbed: None,
            stabilised: None,
            reference: Some(reference),
            steps: Some(steps),
        })
    }
}

/// The explained value at the baseline.
fn at(
    model: &Explained,
    inputs: &[Tensor<f32>],
    baseline: &[Vec<f32>],
    job: &Job,
) -> Result<f64, ExplainError> {
    let event: Vec<Tensor<f32>> = inputs
        .iter()
        .zip(baseline)
        .map(|(input, row)| {
            let mut shape = input.shape().to_vec();
            shape[0] = 1;
            Tensor::new(shape, row.clone())
        })
        .collect();
    Ok(model.scores(&event, job)?.logit[0])
}

/// The paths from the baseline to some events.
struct Path<'a> {
    points: Vec<(f64, f64)>,
    inputs: &'a [Tensor<f32>],
    baseline: &'a [Vec<f32>],
    /// How many points run at once.
    rows: usize,
}

impl Path<'_> {
    /// Each event's attribution, all inputs behind one another, and its sum.
    fn integrate<T: Real>(
        &self,
        executor: &mut Executor<T>,
        events: &[usize],
    ) -> Result<Vec<(Vec<f32>, f64)>, ExplainError> {
        let width: usize = self.baseline.iter().map(Vec::len).sum();
        let mut sums = vec![0.0; events.len() * width];
        let total = events.len() * self.points.len();
        for first in (0..total).step_by(self.rows) {
            let rows = first..total.min(first + self.rows);
            let tensors: Vec<Tensor<T>> = (0..self.inputs.len())
                .map(|i| self.place(i, events, rows.clone()))
                .collect();
            executor.run(&tensors.iter().collect::<Vec<_>>())?;
            let mut start = 0;
            for (i, baseline) in self.baseline.iter().enumerate() {
                let gradients = executor.output(i).1;
                for (row, gradient) in rows.clone().zip(gradients.chunks(baseline.len().max(1))) {
                    let weight = self.points[row % self.points.len()].1;
                    let sum = row / self.points.len() * width + start;
                    for (sum, g) in sums[sum..sum + baseline.len()].iter_mut().zip(gradient) {
                        *sum += weight * g.double();
                    }
                }
                start += baseline.len();
            }
        }
        Ok(events
            .iter()
            .zip(sums.chunks_mut(width.max(1)))
            .map(|(&event, sums)| {
                let distances = self
                    .inputs
                    .iter()
                    .zip(self.baseline)
                    .flat_map(|(input, base)| {
                        let pairs = input.row(event).iter().zip(base);
                        pairs.map(|(&x, &b)| f64::from(x) - f64::from(b))
                    });
                sums.iter_mut()
                    .zip(distances)
                    .for_each(|(sum, distance)| *sum *= distance);
                (sums.iter().map(|&a| a as f32).collect(), sums.iter().sum())
            })
            .collect())
    }

    /// Input `i` at some points: event by event, along its path.
    fn place<T: Real>(
        &self,
        i: usize,
        events: &[usize],
        rows: std::ops::Range<usize>,
    ) -> Tensor<T> {
        let (input, baseline) = (&self.inputs[i], &self.baseline[i]);
        let mut shape = input.shape().to_vec();
        shape[0] = rows.len();
        let mut data = Vec::with_capacity(rows.len() * baseline.len());
        let convert =
            |numbers: &[f32]| -> Vec<T> { numbers.iter().map(|&x| T::of(f64::from(x))).collect() };
        let base: Vec<T> = convert(baseline);
        let mut distance: Vec<T> = Vec::new();
        let mut of = usize::MAX;
        for row in rows {
            let event = events[row / self.points.len()];
            if event != of {
                of = event;
                distance = convert(input.row(event));
                distance.iter_mut().zip(&base).for_each(|(x, &b)| *x -= b);
            }
            let t = T::of(self.points[row % self.points.len()].0);
            data.extend(base.iter().zip(&distance).map(|(&b, &d)| b + t * d));
        }
        Tensor::new(shape, data)
    }
}
