//! Methods whose network is the explanation: one run per event.

use pellucid_core::{Job, Tensor};
use pellucid_network::{Graph, Real, transform};

use crate::attribution::{Attribution, Residual};
use crate::engine::{Engine, rows_of};
use crate::error::ExplainError;
use crate::explained::{Explained, doubles};

/// The model's network with the gradient of the logit as outputs, one per
/// input, then the logit.
pub(super) fn gradient_graph(model: &Explained) -> Result<Graph, ExplainError> {
    let mut graph = model.graph().clone();
    let inputs = graph.inputs().to_vec();
    let mut outputs = transform::gradient(&mut graph, model.logit(), &inputs, None)?;
    outputs.push(model.logit());
    graph.set_outputs(outputs);
    Ok(graph)
}

/// What one piece of events gives.
struct Piece {
    values: Vec<Vec<f32>>,
    sums: Vec<f64>,
    /// The explained value and what follows it.
    more: Vec<Vec<f64>>,
}

/// Runs the network over events; outputs behind the explained value are what
/// biases absorb and what stabilisers take.
pub(super) fn run<T: Real>(
    model: &Explained,
    engine: &Engine<T>,
    inputs: &[Tensor<f32>],
    meaning: Residual,
    job: &Job,
) -> Result<Attribution, ExplainError> {
    let events = model.events(inputs)?;
    let bar = job.start("attribution", events as u64);
    let pieces = engine.pieces(events, model.rows(inputs), job, |executor, range| {
        let len = range.len();
        let piece: Vec<Tensor<T>> = inputs
            .iter()
            .map(|input| rows_of(input, range.clone()))
            .collect();
        executor.run(&piece.iter().collect::<Vec<_>>())?;
        let mut sums = vec![0.0; len];
        let values = (0..inputs.len())
            .map(|i| {
                let map = executor.output(i).1;
                for (sum, row) in sums.iter_mut().zip(map.chunks((map.len() / len).max(1))) {
                    *sum += row.iter().map(|x| x.double()).sum::<f64>();
                }
                map.iter().map(|x| x.double() as f32).collect()
            })
            .collect();
        let outputs = executor.graph().outputs().len();
        let more = (inputs.len()..outputs)
            .map(|i| doubles(executor.output(i).1))
            .collect();
        bar.advance(len as u64);
        Ok(Piece { values, sums, more })
    })?;
    Ok(join(pieces, inputs, meaning))
}

fn join(pieces: Vec<Piece>, inputs: &[Tensor<f32>], meaning: Residual) -> Attribution {
    let mut values: Vec<Vec<f32>> = inputs
        .iter()
        .map(|input| Vec::with_capacity(input.data().len()))
        .collect();
    let mut sums = Vec::new();
    let mut more: Vec<Vec<f64>> = Vec::new();
    for piece in pieces {
        for (all, piece) in values.iter_mut().zip(piece.values) {
            all.extend(piece);
        }
        sums.extend(piece.sums);
        more.resize(piece.more.len(), Vec::new());
        for (all, piece) in more.iter_mut().zip(piece.more) {
            all.extend(piece);
        }
    }
    let mut more = more.into_iter();
    let explained = more.next().unwrap_or_default();
    let (absorbed, stabilised) = (more.next(), more.next());
    let residual = match meaning {
        Residual::None => Vec::new(),
        _ => (0..explained.len())
            .map(|event| {
                let kept = [&absorbed, &stabilised].into_iter().flatten();
                explained[event] - sums[event] - kept.map(|kept| kept[event]).sum::<f64>()
            })
            .collect(),
    };
    Attribution {
        values: values
            .into_iter()
            .zip(inputs)
            .map(|(data, input)| Tensor::new(input.shape().to_vec(), data))
            .collect(),
        explained,
        residual,
        meaning,
        absorbed,
        stabilised,
        reference: None,
        steps: None,
    }
}
