//! Integrals along straight paths from a baseline to each event.
//!
//! The network runs on all points of several paths at once; the weighted sum
//! over a path is formed in double precision. The number of points is doubled
//! for the events whose residual is still too large, see
//! [`IntegratedGradients`](super::IntegratedGradients).

use std::ops::Range;

use pellucid_core::{Job, Tensor};
use pellucid_network::kernels::simd::simd;
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
use crate::rectified::{Layer, Way};

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
    /// How the explained inputs go from one to the other.
    pub course: Course<'a, S>,
}

/// How the explained inputs of a model go along a path.
pub(super) enum Course<'a, S> {
    /// Straight.
    Straight,
    /// Straight; the network takes the direction of each explained input as well,
    /// behind the model's inputs.
    Directed,
    /// The only explained input is what a rectified layer makes of what goes
    /// straight.
    Rectified(Rectified<'a, S>),
}

/// What goes straight in front of a rectified layer.
pub(super) struct Rectified<'a, S> {
    /// The layer.
    pub layer: &'a Layer<S>,
    /// Where the numbers in front of it begin.
    pub starts: Starts<S>,
    /// Where they end.
    pub ends: &'a Tensor<S>,
}

impl<S: Real> Rectified<'_, S> {
    /// The way of an event through the layer.
    fn way(&self, event: usize, points: &Points) -> Way<'_, S> {
        let starts = self.starts.of(0, event);
        self.layer.way(starts, self.ends.row(event), points)
    }
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
/// into what is kept of it, and says the sum of its attribution.
pub(super) type Finish<'a> = &'a (dyn Fn(usize, &mut [f64]) -> f64 + Sync);

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
            output: None,
        };
        Ok((values, attribution))
    }

    /// How far an event is from where its path begins, all explained inputs
    /// behind one another. What is no finite number goes nowhere: a model that
    /// takes it has a guard that puts another number in its place, has no slope
    /// there, and what the guard is worth stays in the residual.
    pub fn distances(&self, event: usize) -> Vec<f64> {
        let batching = self.model.batching();
        let mut distances = Vec::new();
        for (place, &i) in self.model.free().iter().enumerate() {
            let ends = batching.row(i, &self.inputs[i], event);
            let starts = self.starts.of(place, event);
            let both = ends.iter().zip(starts);
            let far = both.map(|(x, b)| x.double() - b.double());
            distances.extend(far.map(|far| if far.is_finite() { far } else { 0.0 }));
        }
        distances
    }

    /// The same of what goes straight: in front of a rectified layer, if there is one.
    pub fn distances_along(&self, event: usize) -> Vec<f64> {
        match &self.course {
            Course::Straight | Course::Directed => self.distances(event),
            Course::Rectified(rectified) => {
                let ends = rectified.ends.row(event).iter();
                let both = ends.zip(rectified.starts.of(0, event));
                both.map(|(x, b)| x.double() - b.double()).collect()
            }
        }
    }

    /// The explained value at the baseline of each event.
    fn reference(&self, events: usize, job: &Job) -> Result<Vec<f64>, ExplainError> {
        let once = self.starts_once(events);
        let at = self.at_starts(if once { 1 } else { events });
        let mut values = self.model.scores(&at, &job.quiet())?.logit;
        if once {
            values = vec![values[0]; events];
        }
        Ok(values)
    }

    /// Whether one event stands for all where their paths begin: nothing but
    /// what is explained differs, and that begins alike.
    pub fn starts_once(&self, events: usize) -> bool {
        self.model.batching().run == Run::Any
            && self.starts.common()
            && self.model.free().len() == self.inputs.len()
            && events > 0
    }

    /// The inputs where the paths of so many events begin.
    pub fn at_starts(&self, asked: usize) -> Vec<Tensor<S>> {
        let free = self.model.free();
        let batching = self.model.batching();
        self.inputs
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
            .collect()
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
        let mut task = Rows {
            events,
            points,
            together: self.model.batching().run == Run::All,
            ways: self.ways(events, points),
        };
        for first in (0..task.len()).step_by(rows.max(1)) {
            let range = first..task.len().min(first + rows);
            self.run(executor, &range, &mut task)?;
            let mut start = 0;
            for i in 0..outputs {
                let data = self.model.batching().output(executor, i, range.len());
                let width = data.len() / range.len();
                let mut rows = range.clone();
                let mut data = data;
                while let Some(row) = rows.next() {
                    let (event, point) = task.place(row);
                    // The points of one path that follow each other.
                    let together = if task.together {
                        1
                    } else {
                        (points.len() - point).min(rows.len() + 1)
                    };
                    rows = row + together..range.end;
                    let (numbers, behind) = data.split_at(together * width);
                    data = behind;
                    let at = point..point + together;
                    if let Some(way) = task.ways.get_mut(event) {
                        way.take(points, at, numbers);
                        continue;
                    }
                    if sums[event].len() < start + width {
                        sums[event].resize(start + width, 0.0);
                    }
                    let sums = &mut sums[event][start..start + width];
                    add_weighted(sums, &points[at], numbers);
                }
                start += width;
            }
        }
        for (sums, way) in sums.iter_mut().zip(&mut task.ways) {
            *sums = way.integral();
        }
        Ok(events
            .iter()
            .zip(sums)
            .map(|(&event, mut sums)| {
                let total = finish(event, &mut sums);
                (sums.into_iter().map(S::of).collect(), total)
            })
            .collect())
    }

    /// The ways of events through the rectified layer, if there is one.
    fn ways(&self, events: &[usize], points: &Points) -> Vec<Way<'_, S>> {
        match &self.course {
            Course::Rectified(rectified) => {
                let ways = events.iter().map(|&event| rectified.way(event, points));
                ways.collect()
            }
            Course::Straight | Course::Directed => Vec::new(),
        }
    }

    /// Runs the network on some rows of a task.
    fn run<T: Real>(
        &self,
        executor: &mut Executor<T>,
        rows: &Range<usize>,
        task: &mut Rows<'_, S>,
    ) -> Result<(), ExplainError> {
        let batching = self.model.batching();
        let free = self.model.free();
        let count = rows.len();
        let own = self.inputs.len();
        let input = |slot: usize| if slot < own { slot } else { free[slot - own] };
        let directions = match self.course {
            Course::Directed => free.len(),
            Course::Straight | Course::Rectified(_) => 0,
        };
        let shapes: Vec<Vec<usize>> = (0..own + directions)
            .map(|slot| batching.shape(input(slot), &self.inputs[input(slot)], count))
            .collect();
        let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        Ok(executor.run_filled(&shapes, |slot, numbers| {
            let i = input(slot);
            let place = free.iter().position(|&free| free == i);
            // The points of one path follow each other: it is laid out once.
            let mut of = usize::MAX;
            let (mut base, mut distance): (Vec<T>, Vec<T>) = (Vec::new(), Vec::new());
            batching.fill(i, count, numbers, |row, out| {
                let (path, point) = task.place(rows.start + row);
                let (event, t) = (task.events[path], task.points[point].0);
                let end = batching.row(i, &self.inputs[i], event);
                let Some(place) = place else {
                    return convert(end, out);
                };
                if let Some(way) = task.ways.get_mut(path) {
                    return way.at(point, t, out);
                }
                if slot >= own {
                    let start = self.starts.of(place, event);
                    for (out, (x, b)) in out.iter_mut().zip(end.iter().zip(start)) {
                        *out = T::of(x.double() - b.double());
                    }
                    return;
                }
                if event != of {
                    of = event;
                    base = converted(self.starts.of(place, event));
                    distance = converted(end);
                    distance.iter_mut().zip(&base).for_each(|(x, &b)| *x -= b);
                }
                along(&base, &distance, T::of(t), out);
            });
        })?)
    }
}

/// The rows of a task: the points of the paths of some events.
struct Rows<'a, S> {
    events: &'a [usize],
    points: &'a Points,
    /// Whether all events are at one point, then all at the next.
    together: bool,
    /// The way of each event through the rectified layer, if there is one.
    ways: Vec<Way<'a, S>>,
}

impl<S> Rows<'_, S> {
    fn len(&self) -> usize {
        self.events.len() * self.points.len()
    }

    /// Which of the events, and which of its points, a row is.
    fn place(&self, row: usize) -> (usize, usize) {
        if self.together {
            (row % self.events.len(), row / self.events.len())
        } else {
            (row / self.points.len(), row % self.points.len())
        }
    }
}

/// Adds to `sums` the rows of `numbers`, each with the weight of its point, in
/// double precision.
fn add_weighted<T: Real>(sums: &mut [f64], points: &Points, numbers: &[T]) {
    /// Sums that stay in registers while the rows pass by.
    const TOGETHER: usize = 32;
    let width = sums.len();
    simd(
        #[inline(always)]
        || {
            let (blocks, rest) = sums.as_chunks_mut::<TOGETHER>();
            for (i, block) in blocks.iter_mut().enumerate() {
                let mut own = *block;
                for ((_, weight), row) in points.iter().zip(numbers.chunks_exact(width)) {
                    let row = &row[i * TOGETHER..][..TOGETHER];
                    for (sum, x) in own.iter_mut().zip(row) {
                        *sum += weight * x.double();
                    }
                }
                *block = own;
            }
            let first = width - rest.len();
            for ((_, weight), row) in points.iter().zip(numbers.chunks_exact(width.max(1))) {
                for (sum, x) in rest.iter_mut().zip(&row[first..]) {
                    *sum += weight * x.double();
                }
            }
        },
    );
}

/// `out = base + t · distance`.
fn along<T: Real>(base: &[T], distance: &[T], t: T, out: &mut [T]) {
    simd(
        #[inline(always)]
        move || {
            // A number of its own: read through the closure, it could be among
            // those that are written.
            let t = t;
            for ((out, &b), &d) in out.iter_mut().zip(base).zip(distance) {
                *out = b + t * d;
            }
        },
    );
}

fn convert<T: Real, S: Real>(numbers: &[S], out: &mut [T]) {
    for (out, x) in out.iter_mut().zip(numbers) {
        *out = T::of(x.double());
    }
}

fn converted<T: Real, S: Real>(numbers: &[S]) -> Vec<T> {
    numbers.iter().map(|x| T::of(x.double())).collect()
}
