//! Integrated gradients of a model in two parts, the first of them affine (see
//! `affine`): the path goes through what the affine part makes.

use pellucid_core::{Job, Tensor};
use pellucid_network::Real;

use super::baseline::Starts;
use super::integrated_gradients::inputs_of;
use super::path::{Course, Paths, Rectified};
use crate::attribution::Attribution;
use crate::engine::{Engine, Parted};
use crate::error::ExplainError;
use crate::explained::Explained;

/// Events that go through both parts one after the other: what is between the parts
/// takes memory for so many at once, which the next ones use again.
const TOGETHER: usize = 4096;

/// The attribution of each event along these straight paths of the whole model.
pub(super) fn integrate<T: Real, S: Real>(
    paths: &Paths<'_, S>,
    parted: &Parted<T>,
    task: &str,
    job: &Job,
) -> Result<Attribution<S>, ExplainError> {
    let (model, inputs) = (paths.model, paths.inputs);
    let events = model.events(inputs)?;
    if events <= TOGETHER || model.together() {
        return both_parts(paths, parted, task, job);
    }
    let bar = job.start(task, events as u64);
    let mut all: Option<Attribution<S>> = None;
    for first in (0..events).step_by(TOGETHER) {
        let range: Vec<usize> = (first..events.min(first + TOGETHER)).collect();
        let few: Vec<Tensor<S>> = inputs
            .iter()
            .enumerate()
            .map(|(i, input)| model.select(i, input, &range))
            .collect();
        let paths = Paths {
            inputs: &few,
            starts: paths.starts.of_events(&range),
            course: Course::Straight,
            ..*paths
        };
        let found = both_parts(&paths, parted, task, &job.quiet())?;
        match &mut all {
            Some(all) => all.append(found),
            None => all = Some(found),
        }
        bar.advance(range.len() as u64);
    }
    all.map_or_else(|| both_parts(paths, parted, task, job), Ok)
}

/// The same for events that go together.
fn both_parts<T: Real, S: Real>(
    paths: &Paths<'_, S>,
    parted: &Parted<T>,
    task: &str,
    job: &Job,
) -> Result<Attribution<S>, ExplainError> {
    let (model, inputs) = (paths.model, paths.inputs);
    let events = model.events(inputs)?;
    let ends = outputs(model, &parted.forward, inputs, &[], job)?;
    let begun = if paths.starts_once(events) { 1 } else { events };
    let starts = outputs(model, &parted.forward, &paths.at_starts(begun), &[], job)?;
    // In front of a rectified layer and behind it, or nothing but what the rest
    // begins with.
    let made = ends.len() - parted.part.rest.free().len();
    let (straight, ends) = ends.split_at(made);
    let (before, starts) = starts.split_at(made);
    let course = match (&parted.layer, straight) {
        (Some(layer), [ends]) => Course::Rectified(Rectified {
            layer,
            starts: starts_of(before),
            ends,
        }),
        _ => Course::Straight,
    };

    // In the precision of the runs: what is between the parts is no result.
    let held = parted.part.held.iter().map(|&i| {
        Tensor::new(
            inputs[i].shape().to_vec(),
            inputs[i].data().iter().map(|x| T::of(x.double())).collect(),
        )
    });
    let rest: Vec<Tensor<T>> = held.chain(ends.iter().cloned()).collect();
    let rest = Paths {
        settings: paths.settings,
        model: &parted.part.rest,
        inputs: &rest,
        starts: starts_of(starts),
        course,
    };
    let finish = |event: usize, sums: &mut [f64]| {
        let distances = rest.distances_along(event);
        let terms = sums.iter().zip(distances);
        terms.map(|(sum, distance)| sum * distance).sum()
    };
    let (adjoints, mut found) = rest.integrate(&parted.rest, &finish, task, job)?;
    let adjoints = if straight.is_empty() {
        inputs_of(rest.model, rest.inputs, adjoints)
    } else {
        let shape = straight[0].shape().to_vec();
        vec![Tensor::new(shape, adjoints.concat())]
    };
    let gradients = outputs(model, &parted.back, inputs, &adjoints, job)?;

    let rows: Vec<Vec<S>> = (0..events)
        .map(|event| {
            let own = gradients.iter().flat_map(|gradient| gradient.row(event));
            let mut sum = 0.0;
            let row = own.zip(paths.distances(event)).map(|(gradient, distance)| {
                let attribution = gradient.double() * distance;
                sum += attribution;
                S::of(attribution)
            });
            let row = row.collect();
            found.residual[event] += found.sums[event] - sum;
            found.sums[event] = sum;
            row
        })
        .collect();
    Ok(Attribution {
        values: inputs_of(model, inputs, rows),
        explained: found.explained,
        sums: found.sums,
        residual: found.residual,
        meaning: found.meaning,
        absorbed: None,
        stabilised: None,
        empty: None,
        reference: found.reference,
        steps: found.steps,
        output: None,
    })
}

/// Where paths of one row per event of each of these begin.
fn starts_of<T: Real>(rows: &[Tensor<T>]) -> Starts<T> {
    let lengths = rows.iter().map(Tensor::row_len).collect();
    let numbers = rows.iter().map(|row| row.data().to_vec()).collect();
    Starts::new(numbers, lengths)
}

/// The outputs of a network with the model's inputs and further ones, one row
/// per event.
fn outputs<T: Real, S: Real>(
    model: &Explained,
    engine: &Engine<T>,
    inputs: &[Tensor<S>],
    more: &[Tensor<T>],
    job: &Job,
) -> Result<Vec<Tensor<T>>, ExplainError> {
    let events = model.events(inputs)?;
    let cut = model.cut(engine, inputs, events)?;
    let batching = model.batching();
    let count = engine.graph().outputs().len();
    let pieces = engine.pieces(events, cut, job, |executor, range| {
        let rows = |tensor: &Tensor<T>| batching.rows_of(tensor, &range);
        model.run_with(executor, inputs, more.iter().map(rows).collect(), &range)?;
        let output = |i| {
            let shape = executor.output(i).0.to_vec();
            (shape, batching.output(executor, i, range.len()).to_vec())
        };
        Ok((0..count).map(output).collect::<Vec<_>>())
    })?;
    let mut whole = vec![(vec![0], Vec::new()); count];
    for piece in pieces {
        for ((shape, all), (sides, numbers)) in whole.iter_mut().zip(piece) {
            *shape = sides;
            all.extend(numbers);
        }
    }
    Ok(whole
        .into_iter()
        .map(|(mut shape, numbers)| {
            shape[0] = events;
            Tensor::new(shape, numbers)
        })
        .collect())
}
