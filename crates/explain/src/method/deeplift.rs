//! DeepLIFT: differences to a baseline, handed back through every operation by its
//! mean slope between baseline and event.
//!
//! For a function of one number that is the rescale rule. The equations, the
//! reference, and what becomes of normalisations, products and maxima are those of
//! [`pellucid_network::transform::deep_lift`].
//!
//! * **Units:** those of the logit, whatever the unit of the input.
//! * **Completeness:** `Σ A = f(x) − f(b)`; the residual is rounding.

use pellucid_core::{Job, Tensor};
use pellucid_network::ops::Expand;
use pellucid_network::{Graph, Real, ValueId, transform};
use serde::{Deserialize, Serialize};

use super::{Attribute, Baseline, one_pass, unrolled};
use crate::attribution::{Attribution, Residual};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// Differences to a baseline, handed back by the mean slope of every operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Deeplift {
    /// What events are compared with.
    pub baseline: Baseline,
}

/// The outputs: maps, the explained value, and its value at the baseline.
fn lifted(
    mut graph: Graph,
    model: &Explained,
    baselines: &[ValueId],
) -> Result<Graph, ExplainError> {
    let free = model.free_values();
    let made = transform::deep_lift(&mut graph, model.logit(), &free, baselines)?;
    graph.set_outputs(one_pass::outputs(
        made.maps,
        model.logit(),
        &[made.reference],
    ));
    Ok(graph)
}

impl Attribute for Deeplift {
    const NAME: &'static str = "deeplift";
    const TITLE: &'static str = "DeepLIFT";
    const ONE_PASS: bool = true;

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        let mut graph = model.graph().clone();
        let baselines: Vec<ValueId> = model
            .free_values()
            .iter()
            .map(|&id| {
                let value = graph.value(id);
                let (name, ty) = (format!("{}/baseline", value.name), value.ty.clone());
                graph.input(&name, ty)
            })
            .collect();
        lifted(graph, model, &baselines)
    }

    fn run<T: Real, S: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        let starts = self.baseline.starts(model, inputs)?;
        let batching = model.batching();
        let more = |events: &std::ops::Range<usize>| -> Vec<Tensor<T>> {
            let free = model.free().iter().enumerate();
            free.map(|(place, &i)| {
                let shape = batching.shape(i, &inputs[i], events.len());
                let mut numbers = vec![T::ZERO; shape.iter().product()];
                batching.fill(i, events.len(), &mut numbers, |row, out| {
                    let start = starts.of(place, events.start + row);
                    for (out, x) in out.iter_mut().zip(start) {
                        *out = T::of(x.double());
                    }
                });
                Tensor::new(shape, numbers)
            })
            .collect()
        };
        one_pass::run_with(model, engine, inputs, &more, Residual::Completeness, job)
    }

    fn baseline_mut(&mut self) -> Option<&mut Baseline> {
        Some(&mut self.baseline)
    }

    fn standalone(&self, model: &Explained) -> Result<Graph, ExplainError> {
        let mut graph = model.graph().clone();
        let starts = unrolled::starts(&self.baseline, model, &mut graph)?;
        let mut baselines = Vec::new();
        for (id, start) in model.free_values().into_iter().zip(starts) {
            let shape = graph.shape(id).to_vec();
            let start = start.unwrap_or_else(|| graph.scalar(0.0));
            baselines.push(graph.push(Expand { shape }, &[start])?);
        }
        let mut graph = lifted(graph, model, &baselines)?;
        // The value at the baseline is a number of the model, not of the event.
        let outputs = graph.outputs()[..=model.free().len()].to_vec();
        graph.set_outputs(outputs);
        Ok(graph)
    }
}
