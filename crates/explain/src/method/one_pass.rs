//! Methods whose network is the explanation: one run per event.

use std::ops::Range;

use pellucid_core::{Job, Tensor};
use pellucid_network::{Graph, Real, ValueId, transform};

use crate::attribution::{Attribution, Residual};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::{Explained, doubles, stored};

/// The model's network with the gradient of the logit as outputs, one per
/// explained input, then the logit.
pub(super) fn gradient_graph(model: &Explained) -> Result<Graph, ExplainError> {
    let mut graph = model.graph().clone();
    let mut outputs = transform::gradient(&mut graph, model.logit(), &model.free_values(), None)?;
    outputs.push(model.logit());
    graph.set_outputs(outputs);
    Ok(graph)
}

/// The outputs of a network that explains: one per explained input, then the
/// explained value, then what the method keeps account of.
pub(super) fn outputs(
    mut maps: Vec<ValueId>,
    explained: ValueId,
    accounts: &[ValueId],
) -> Vec<ValueId> {
    maps.push(explained);
    maps.extend(accounts);
    maps
}

/// What one piece of events gives.
struct Piece<S> {
    /// The model's own output, if the network makes it.
    output: Option<(Vec<usize>, Vec<S>)>,
    values: Vec<Vec<S>>,
    sums: Vec<f64>,
    /// The explained value and what follows it.
    more: Vec<Vec<f64>>,
}

/// Runs the network over events; outputs behind the explained value are its
/// value at the baseline, if the method is complete with respect to one, else
/// what biases absorb, what stabilisers take, and what is due to empty sides.
pub(super) fn run<T: Real, S: Real>(
    model: &Explained,
    engine: &Engine<T>,
    inputs: &[Tensor<S>],
    meaning: Residual,
    job: &Job,
) -> Result<Attribution<S>, ExplainError> {
    run_with(model, engine, inputs, &|_| Vec::new(), meaning, job)
}

/// What a network takes behind the model's inputs, for a range of events.
type More<'a, T> = &'a (dyn Fn(&Range<usize>) -> Vec<Tensor<T>> + Sync);

/// The same for a network that takes more than the model's inputs.
pub(super) fn run_with<T: Real, S: Real>(
    model: &Explained,
    engine: &Engine<T>,
    inputs: &[Tensor<S>],
    more: More<'_, T>,
    meaning: Residual,
    job: &Job,
) -> Result<Attribution<S>, ExplainError> {
    let events = model.events(inputs)?;
    let cut = model.cut(engine, inputs, events)?;
    let batching = model.batching();
    let maps = model.free().len();
    let bar = job.start("attribution", events as u64);
    let pieces = engine.pieces(events, cut, job, |executor, range| {
        let len = range.len();
        model.run_with(executor, inputs, more(&range), &range)?;
        let mut sums = vec![0.0; len];
        let values = (0..maps)
            .map(|i| {
                let map = batching.output(executor, i, len);
                for (sum, row) in sums.iter_mut().zip(map.chunks((map.len() / len).max(1))) {
                    *sum += row.iter().map(|x| x.double()).sum::<f64>();
                }
                stored(map)
            })
            .collect();
        let own = engine.output();
        let outputs = own.unwrap_or(executor.graph().outputs().len());
        let output = own.map(|i| {
            let shape = executor.output(i).0.to_vec();
            (shape, stored(batching.output(executor, i, len)))
        });
        let more = (maps..outputs)
            .map(|i| {
                let numbers = doubles(batching.output(executor, i, len));
                // Rows of the output that are no events are explained together.
                if batching.by_events() {
                    numbers
                } else {
                    vec![numbers.iter().sum()]
                }
            })
            .collect();
        bar.advance(len as u64);
        Ok(Piece {
            output,
            values,
            sums,
            more,
        })
    })?;
    Ok(join(pieces, model, inputs, meaning))
}

fn join<S: Real>(
    pieces: Vec<Piece<S>>,
    model: &Explained,
    inputs: &[Tensor<S>],
    meaning: Residual,
) -> Attribution<S> {
    let shapes: Vec<&[usize]> = model.free().iter().map(|&i| inputs[i].shape()).collect();
    let mut values: Vec<Vec<S>> = shapes
        .iter()
        .map(|shape| Vec::with_capacity(shape.iter().product()))
        .collect();
    let mut sums: Vec<f64> = Vec::new();
    let mut more: Vec<Vec<f64>> = Vec::new();
    let mut output: Option<(Vec<usize>, Vec<S>)> = None;
    for piece in pieces {
        if let Some((shape, numbers)) = piece.output {
            let (sides, all) = output.get_or_insert_default();
            *sides = shape;
            all.extend(numbers);
        }
        for (all, piece) in values.iter_mut().zip(piece.values) {
            all.extend(piece);
        }
        sums.extend(piece.sums);
        more.resize(piece.more.len(), Vec::new());
        for (all, piece) in more.iter_mut().zip(piece.more) {
            all.extend(piece);
        }
    }
    let events = sums.len();
    let mut more = more.into_iter();
    let explained = more.next().unwrap_or_default();
    let reference = match meaning {
        Residual::Completeness => more.next(),
        _ => None,
    };
    let (absorbed, stabilised, empty) = (more.next(), more.next(), more.next());
    let residual = match meaning {
        Residual::None => Vec::new(),
        _ => (0..explained.len())
            .map(|event| {
                let kept = [&reference, &absorbed, &stabilised, &empty];
                let kept = kept.into_iter().flatten();
                explained[event] - sums[event] - kept.map(|kept| kept[event]).sum::<f64>()
            })
            .collect(),
    };
    Attribution {
        values: values
            .into_iter()
            .zip(shapes)
            .map(|(data, shape)| Tensor::new(shape.to_vec(), data))
            .collect(),
        explained,
        sums,
        residual,
        meaning,
        absorbed,
        stabilised,
        empty,
        reference,
        steps: None,
        output: output.map(|(mut shape, numbers)| {
            if model.by_events() {
                shape[0] = events;
            }
            Tensor::new(shape, numbers)
        }),
    }
}
