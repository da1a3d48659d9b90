//! Integrals along straight paths from a baseline to each event.
//!
//! The network runs on all points of several paths at once; the weighted sum
//! over a path is formed in double precision. The number of points is doubled
//! for the events whose residual is still too large, see
//! [`IntegratedGradients`](super::IntegratedGradients).

use std::ops::Range;

use pellucid_core::{Job, Tensor};
use pellucid_network::{Executor, Real};
use rayon::prelude::*;

use super::baseline::Starts;
use super::{Attribute, IntegratedGradients};
use crate::attribution::{Attribution, Residual};
use crate::batching::Run;
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;
use crate::layout::for_running;
use crate::memory::Cut;

/// The paths of some events through the inputs of a model.
pub(super) struct Paths<'a, S> {
    /// The rule of integration, and when it ends.
    pub settings: &'a IntegratedGradients,
    /// The model.
    pub model: &'a Explained,
    /// Where the paths end, and what is held along them.
    pub inputs: &'a [Tensor<S>],
    /// Where they begin.
    pub starts: Starts<S>,
    /// Whether the network takes the direction of the path of each explained
    /// input as well, behind the model's inputs.
    pub directions: bool,
}

/// Runs a method on the model with its choices fixed at the events, if it makes
/// any; the method itself must leave choices alone.
pub(super) fn frozen<T: Real, S: Real>(
    method: &impl Attribute,
    model: &Explained,
    inputs: &[Tensor<S>],
    job: &Job,
) -> Result<Option<Attribution<S>>, ExplainError> {
    let Some((model, inputs)) = model.frozen(inputs, job)? else {
        return Ok(None);
    };
    let engine = Engine::<T>::new(&for_running(&method.graph(&model)?)?);
    method.run(&model, &engine, &inputs, job).map(Some)
}

/// Turns an event's integrals, all outputs of the network behind one another,
/// into its attribution.
type Finish<'a> = &'a (dyn Fn(usize, &mut [f64]) + Sync);

/// Quadrature points of one path with their weights.
type Points = [(f64, f64)];

impl<S: Real> Paths<'_, S> {
    /// The attribution of each event, flat, and all else that is said of it;
    /// its `values` are left to be filled.
    pub fn integrate<T: Real>(
        &self,
        engine: &Engine<T>,
        finish: Finish<'_>,
        task: &str,
        job: &Job,
    ) -> Result<(Vec<Vec<S>>, Attribution<S>), ExplainError> {
        let settings = self.settings;
        let events = self.model.events(self.inputs)?;
        let explained = self.model.scores(self.inputs, job)?.logit;
        let reference = self.reference(events, job)?;
        let Cut { rows, at_once } = self.model.cut(engine, self.inputs, events)?;
        let bar = job.start(task, events as u64);

        let mut values: Vec<Vec<S>> = vec![Vec::new(); events];
        let mut sums = vec![0.0; events];
        let mut residual = vec![0.0; events];
        let mut steps = vec![0; events];
        let mut open: Vec<usize> = (0..events).collect();
        let mut count = settings.steps;
        while !open.is_empty() {
            let points = settings.quadrature.points(count as usize);
            let share = match self.model.batching().run {
                Run::All => open.len(),
                Run::Any | Run::Exactly(_) => (rows / points.len()).max(1),
            };
            let mut tasks: Vec<Vec<(Vec<S>, f64)>> = Vec::new();
            for wave in open.chunks(share.saturating_mul(at_once)) {
                let done = wave.par_chunks(share).map(|events| {
                    job.check()?;
                    engine.with(|executor| self.sums(executor, events, &points, rows, finish))
                });
                tasks.extend(done.collect::<Result<Vec<_>, ExplainError>>()?);
            }
            for (&event, (attribution, sum)) in open.iter().zip(tasks.into_iter().flatten()) {
                values[event] = attribution;
                sums[event] = sum;
                residual[event] = explained[event] - reference[event] - sum;
                steps[event] = count;
            }
            let before = open.len();
            let incomplete = |&event: &usize| {
                let allowed = (explained[event] - reference[event]).abs();
                residual[event].abs() > settings.tolerance * allowed.max(settings.floor)
            };
            if count >= settings.max_steps {
                open.clear();
            } else if !self.model.together() {
                open.retain(incomplete);
            } else if !open.iter().any(incomplete) {
                // Events that run together stay together.
                open.clear();
            }
            count = count.saturating_mul(2).min(settings.max_steps);
            bar.advance((before - open.len()) as u64);
        }
        let attribution = Attribution {
            values: Vec::new(),
            explained,
            sums,
            residual,
            meaning: Residual::Completeness,
            absorbed: None,
            stabilised: None,
            empty: None,
            reference: Some(reference),
            steps: Some(steps),
        };
        Ok((values, attribution))
    }

    /// The explained value at the baseline of each event.
    fn reference(&self, events: usize, job: &Job) -> Result<Vec<f64>, ExplainError> {
        let free = self.model.free();
        let batching = self.model.batching();
        // One event stands for all, if nothing but what is explained differs.
        let once = batching.run == Run::Any
            && self.starts.common()
            && free.len() == self.inputs.len()
            && events > 0;
        let asked = if once { 1 } else { events };
        let at: Vec<Tensor<S>> = self
            .inputs
            .iter()
            .enumerate()
            .map(|(i, input)| {
                let Some(place) = free.iter().position(|&free| free == i) else {
                    return input.clone();
                };
                let mut shape = input.shape().to_vec();
                let mut data = Vec::new();
                (0..asked).for_each(|event| data.extend_from_slice(self.starts.of(place, event)));
                if batching.by_events() {
                    shape[0] = asked;
                }
                Tensor::new(shape, data)
            })
            .collect();
        let mut values = self.model.scores(&at, &job.quiet())?.logit;
        if once {
            values = vec![values[0]; events];
        }
        Ok(values)
    }

    /// Each event's attribution and its sum.
    fn sums<T: Real>(
        &self,
        executor: &mut Executor<T>,
        events: &[usize],
        points: &Points,
        rows: usize,
        finish: Finish<'_>,
    ) -> Result<Vec<(Vec<S>, f64)>, ExplainError> {
        let outputs = executor.graph().outputs().len();
        let mut sums: Vec<Vec<f64>> = vec![Vec::new(); events.len()];
        let total = events.len() * points.len();
        for first in (0..total).step_by(rows.max(1)) {
            let range = first..total.min(first + rows);
            let place = |row: usize| match self.model.batching().run {
                // All events at one point, then all at the next.
                Run::All => (row % events.len(), row / events.len()),
                Run::Any | Run::Exactly(_) => (row / points.len(), row % points.len()),
            };
            self.run(executor, &range, &|row| {
                let (event, point) = place(row);
                (events[event], points[point].0)
            })?;
            let mut start = 0;
            for i in 0..outputs {
                let data = self.model.batching().output(executor, i, range.len());
                let width = data.len() / range.len();
                for (row, numbers) in range.clone().zip(data.chunks(width.max(1))) {
                    let (event, point) = place(row);
                    let weight = points[point].1;
                    if sums[event].len() < start + width {
                        sums[event].resize(start + width, 0.0);
                    }
                    for (sum, x) in sums[event][start..].iter_mut().zip(numbers) {
                        *sum += weight * x.double();
                    }
                }
                start += width;
            }
        }
        Ok(events
            .iter()
            .zip(sums)
            .map(|(&event, mut sums)| {
                finish(event, &mut sums);
                let total = sums.iter().sum();
                (sums.into_iter().map(S::of).collect(), total)
            })
            .collect())
    }

    /// Runs the network on some rows, each an event and where it is on its path.
    fn run<T: Real>(
        &self,
        executor: &mut Executor<T>,
        rows: &Range<usize>,
        at: &dyn Fn(usize) -> (usize, f64),
    ) -> Result<(), ExplainError> {
        let batching = self.model.batching();
        let free = self.model.free();
        let count = rows.len();
        let mut tensors: Vec<Tensor<T>> = Vec::with_capacity(self.inputs.len());
        for (i, input) in self.inputs.iter().enumerate() {
            let place = free.iter().position(|&free| free == i);
            // The points of one path follow each other: it is laid out once.
            let mut of = usize::MAX;
            let (mut base, mut distance): (Vec<T>, Vec<T>) = (Vec::new(), Vec::new());
            tensors.push(batching.fill(i, input, count, |row, out| {
                let (event, t) = at(rows.start + row);
                let end = batching.row(i, input, event);
                let Some(place) = place else {
                    out.extend(end.iter().map(|x| T::of(x.double())));
                    return;
                };
                if event != of {
                    of = event;
                    base = converted(self.starts.of(place, event));
                    distance = converted(end);
                    distance.iter_mut().zip(&base).for_each(|(x, &b)| *x -= b);
                }
                let t = T::of(t);
                out.extend(base.iter().zip(&distance).map(|(&b, &d)| b + t * d));
            }));
        }
        if self.directions {
            for (place, &i) in free.iter().enumerate() {
                tensors.push(batching.fill(i, &self.inputs[i], count, |row, out| {
                    let (event, _) = at(rows.start + row);
                    let end = batching.row(i, &self.inputs[i], event);
                    let start = self.starts.of(place, event);
                    let distances = end.iter().zip(start);
                    out.extend(distances.map(|(x, b)| T::of(x.double() - b.double())));
                }));
            }
        }
        Ok(executor.run(&tensors.iter().collect::<Vec<_>>())?)
    }
}

fn converted<T: Real, S: Real>(numbers: &[S]) -> Vec<T> {
    numbers.iter().map(|x| T::of(x.double())).collect()
}
