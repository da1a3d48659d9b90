//! What the nodes of the last hidden layer look for.
//!
//! For every node of the layer in front of the logit's weighted sum: the
//! average of the `count` events that activate it most, the signal fraction
//! among them, and the correlation of its activation with the logit. Images
//! averaged so show the pattern that a node answers to.
//!
//! * **Errors:** of the average, the standard error of the mean per input
//!   number; of the fraction `√(p (1 − p) / n)` with the effective number of
//!   events; of the correlation the
//!   infinitesimal jackknife (see [`correlations`](super::correlations)).
//! * **Weights:** average, fraction and correlation count events by weight; which
//!   events activate a node most does not depend on it.
//! * A node that gives one number to all events is `dead` and has no average.
//! * **Reference:** L. de Oliveira et al., arXiv:1511.05190 (there
//!   500 jets, last hidden layer).

use pellucid_core::statistics::{effective_number, mean_estimate};
use pellucid_core::{Estimate, Job, Tensor};
use pellucid_network::graph::{Graph, Node};
use pellucid_network::ops::Op;
use pellucid_network::{Real, ValueId};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::error::{ExplainError, one_per_event};
use crate::explained::{Engines, Explained, doubles, stored};

/// How many events are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MostActivating {
    /// The events averaged for each node; fewer, if there are fewer.
    pub count: usize,
}

impl Default for MostActivating {
    fn default() -> Self {
        Self { count: 500 }
    }
}

/// One node of the last hidden layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Activation {
    /// Its position in the layer.
    pub node: usize,
    /// Whether it says the same of every event.
    pub dead: bool,
    /// The events that activate it most, the strongest first; equal ones in
    /// their order.
    pub events: Vec<usize>,
    /// The average of these events, one tensor per input of the model, each of
    /// the shape of one event.
    pub average: Vec<Tensor<f64>>,
    /// The standard error of each number of the average.
    pub error: Vec<Tensor<f64>>,
    /// The smallest activation among these events.
    pub threshold: f64,
    /// The share of signal among them.
    pub signal_fraction: Estimate,
    /// The correlation of the activation with the logit, over all events.
    pub correlation: Estimate,
}

impl MostActivating {
    /// Every node of the last hidden layer, in order.
    pub fn of(
        self,
        model: &Explained,
        inputs: &[Tensor<f32>],
        labels: &[bool],
        weights: Option<&[f64]>,
        job: &Job,
    ) -> Result<Vec<Activation>, ExplainError> {
        let events = model.events(inputs)?;
        one_per_event("labels", events, labels.len())?;
        if model.lists().is_some() {
            return Err(ExplainError::Setting {
                what: "last hidden layer",
                expected: "events of one shape, which have an average".to_owned(),
                found: "lists of different length".to_owned(),
            });
        }
        if events == 0 || self.count == 0 {
            return Err(ExplainError::TooFew {
                what: "the most activating events",
                needed: "at least one event to average",
                found: 0,
            });
        }
        let mut graph = model.graph().clone();
        let hidden = last_hidden(&graph, model.logit())?;
        graph.set_outputs(vec![hidden, model.logit()]);
        let (activations, logits) = match Engines::new(&graph, model.inference().precision)? {
            Engines::F32(engine) => activations(&engine, model, inputs, job)?,
            Engines::F64(engine) => activations(&engine, model, inputs, job)?,
        };
        let correlations = super::correlations(&activations, &logits, labels, weights)?.all;
        (0..activations.row_len())
            .into_par_iter()
            .map(|node| {
                job.check()?;
                let strengths: Vec<f32> = (0..events)
                    .map(|event| activations.row(event)[node])
                    .collect();
                let sample = Sample {
                    inputs,
                    labels,
                    weights,
                };
                Ok(self.node(node, &strengths, correlations[node], sample))
            })
            .collect()
    }

    fn node(
        self,
        node: usize,
        strengths: &[f32],
        correlation: Estimate,
        sample: Sample<'_>,
    ) -> Activation {
        let Sample {
            inputs,
            labels,
            weights,
        } = sample;
        let mut order: Vec<usize> = (0..strengths.len()).collect();
        let by_strength =
            |&a: &usize, &b: &usize| strengths[b].total_cmp(&strengths[a]).then(a.cmp(&b));
        let count = self.count.min(order.len());
        if count < order.len() {
            order.select_nth_unstable_by(count, by_strength);
            order.truncate(count);
        }
        order.sort_unstable_by(by_strength);
        let dead = strengths.iter().all(|&x| x == strengths[0]);
        if dead {
            order.clear();
        }
        let weights: Vec<f64> = order
            .iter()
            .map(|&event| weights.map_or(1.0, |weights| weights[event]))
            .collect();
        let total: f64 = weights.iter().sum();
        let n = effective_number(&weights);
        let (average, error) = inputs
            .iter()
            .map(|input| {
                let of_place = |i: usize| {
                    let values = order.iter().map(|&event| f64::from(input.row(event)[i]));
                    mean_estimate(&values.collect::<Vec<f64>>(), Some(&weights))
                };
                let estimates: Vec<Estimate> = (0..input.row_len()).map(of_place).collect();
                let shape = super::event_shape(input);
                let value = estimates.iter().map(|estimate| estimate.value).collect();
                let error = estimates.iter().map(|estimate| estimate.error).collect();
                (Tensor::new(shape.clone(), value), Tensor::new(shape, error))
            })
            .unzip();
        let signal = order.iter().zip(&weights);
        let signal = signal.filter(|(event, _)| labels[**event]);
        let fraction = signal.map(|(_, weight)| weight).sum::<f64>() / total;
        // Negative weights can carry a fraction out of 0 to 1.
        let variance = (fraction * (1.0 - fraction)).max(0.0) / n;
        Activation {
            node,
            dead,
            average,
            error,
            threshold: order
                .last()
                .map_or(f64::NAN, |&event| f64::from(strengths[event])),
            signal_fraction: Estimate::new(fraction, variance.sqrt()),
            correlation,
            events: order,
        }
    }
}

/// The events among which the strongest are looked for.
#[derive(Clone, Copy)]
struct Sample<'a> {
    inputs: &'a [Tensor<f32>],
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
}

/// The activations `[event, node]` and the logits.
fn activations<T: Real>(
    engine: &Engine<T>,
    model: &Explained,
    inputs: &[Tensor<f32>],
    job: &Job,
) -> Result<(Tensor<f32>, Vec<f64>), ExplainError> {
    let events = model.events(inputs)?;
    let cut = model.cut(engine, inputs, events)?;
    let pieces = engine.pieces(events, cut, job, |executor, range| {
        model.run(executor, inputs, &range)?;
        let output = |i| model.batching().output(executor, i, range.len());
        Ok((stored::<T, f32>(output(0)), doubles(output(1))))
    })?;
    let (mut hidden, mut logits) = (Vec::new(), Vec::new());
    for (nodes, values) in pieces {
        hidden.extend(nodes);
        logits.extend(values);
    }
    let width = hidden.len() / events.max(1);
    Ok((Tensor::new(vec![events, width], hidden), logits))
}

/// The value that feeds the last weighted sum in front of the logit: walks
/// back over the difference or choice of classes, shifts by a constant, and
/// reshapes.
fn last_hidden(graph: &Graph, logit: ValueId) -> Result<ValueId, ExplainError> {
    let none = || ExplainError::Setting {
        what: "last hidden layer",
        expected: "a dense layer in front of the logit".to_owned(),
        found: match graph.producer(logit) {
            Some(node) => format!("{} (node `{}`)", node.op.name(), node.name),
            None => "an input".to_owned(),
        },
    };
    let depends = graph.depends_on(graph.inputs());
    let index = |id: ValueId| graph.values().position(|(other, _)| other == id);
    let active = |id: ValueId| index(id).is_some_and(|i| depends[i]);
    let variable = |node: &Node| {
        node.inputs
            .iter()
            .copied()
            .find(|&id| active(id))
            .ok_or_else(none)
    };
    let mut value = logit;
    while let Some(node) = graph.producer(value) {
        match node.op {
            Op::Gemm(_) | Op::MatMul(_) => {
                let hidden = variable(node)?;
                let inputs = graph.inputs();
                return if inputs.contains(&hidden) {
                    Err(none())
                } else {
                    Ok(hidden)
                };
            }
            Op::Add(_)
            | Op::Sub(_)
            | Op::Mul(_)
            | Op::Div(_)
            | Op::Slice(_)
            | Op::Reshape(_)
            | Op::Identity(_) => value = variable(node)?,
            _ => return Err(none()),
        }
    }
    Err(none())
}
