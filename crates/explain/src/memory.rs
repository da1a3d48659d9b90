//! How events are cut into runs, so that what the runs hold at once stays
//! within a budget.
//!
//! The cut depends on sizes and budget alone, never on the number of threads:
//! a small budget means fewer events a run, and fewer runs at once.

use pellucid_core::Tensor;
use pellucid_network::graph::Bindings;
use pellucid_network::{Graph, NetworkError, Real};

use crate::batching::{PIECE_ROWS, Run};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::{Engines, Explained, Explainer};

/// How many runs should have room at once; fewer, where the weights, of which
/// each run has its own, leave too few events for so many.
const RUNS: [usize; 5] = [16, 8, 4, 2, 1];

/// The cut of some events into runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Events of a run.
    pub rows: usize,
    /// Runs that may hold their buffers at the same time.
    pub at_once: usize,
}

impl Explained {
    /// How events of these inputs are cut into runs of an engine.
    pub(crate) fn cut<T: Real, S>(
        &self,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        events: usize,
    ) -> Result<Cut, ExplainError> {
        let most = self.rows(inputs, events);
        let Some(budget) = self.inference().memory else {
            return Ok(Cut {
                rows: most,
                at_once: usize::MAX,
            });
        };
        // One half is for the model's own runs, the other for the method's.
        let budget = budget / 2;
        let bytes = |rows| self.planned(engine, inputs, rows);
        let mut rows = most;
        if self.batching().run == Run::Any {
            for runs in RUNS {
                rows = largest(most, |rows| Ok(bytes(rows)? <= budget / runs))?;
                if rows >= most.min(PIECE_ROWS.start) {
                    break;
                }
            }
        }
        let one = bytes(rows.max(1))?;
        if rows == 0 || one > budget {
            let rows = rows.max(1);
            return Err(ExplainError::Memory {
                events: rows,
                needed: 2 * one,
                budget: 2 * budget,
            });
        }
        Ok(Cut {
            rows,
            at_once: budget / one,
        })
    }

    /// The bytes of a run of so many events.
    fn planned<T: Real, S>(
        &self,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        rows: usize,
    ) -> Result<usize, ExplainError> {
        let graph = engine.graph();
        let mut bindings = Bindings::new();
        let mut shapes = Vec::with_capacity(graph.inputs().len());
        for (i, input) in inputs.iter().enumerate() {
            let shape = self.batching().shape(i, input, rows);
            for (dim, &side) in graph.shape(graph.inputs()[i]).iter().zip(&shape) {
                if let Some(name) = dim.name() {
                    bindings.insert(name.into(), side);
                }
            }
            shapes.push(shape);
        }
        // What a method takes behind the model's inputs has their shapes.
        for i in inputs.len()..graph.inputs().len() {
            shapes.push(shape(graph, i, &bindings)?);
        }
        let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
        Ok(engine.planned(&shapes)?)
    }

    /// The bytes of all runs of an engine that are made at once.
    fn planned_at_once<T: Real, S>(
        &self,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
    ) -> Result<usize, ExplainError> {
        let events = self.events(inputs)?;
        let cut = self.cut(engine, inputs, events)?;
        let runs = events.div_ceil(cut.rows.max(1));
        let at_once = cut.at_once.min(rayon::current_num_threads()).min(runs);
        Ok(at_once * self.planned(engine, inputs, cut.rows)?)
    }
}

impl Explainer<'_> {
    /// The bytes that explaining these events will take for the runs of the
    /// model and of the method's network, weights included: what every thread
    /// holds. Inputs and results come on top.
    pub fn memory<S>(&self, inputs: &[Tensor<S>]) -> Result<usize, ExplainError> {
        let of = |engines: &Engines| match engines {
            Engines::F32(engine) => self.model.planned_at_once(engine, inputs),
            Engines::F64(engine) => self.model.planned_at_once(engine, inputs),
        };
        Ok(of(&self.model.engines)? + of(&self.engines)?)
    }
}

/// The shape of an input under these sizes.
fn shape(graph: &Graph, input: usize, bindings: &Bindings) -> Result<Vec<usize>, NetworkError> {
    let value = graph.value(graph.inputs()[input]);
    let sides = value.ty.shape.iter().map(|dim| {
        dim.evaluate(bindings)
            .map_err(|problem| NetworkError::Size {
                value: value.name.clone(),
                size: dim.clone(),
                problem,
            })
    });
    sides.collect()
}

/// The largest number from 1 to `most` that `fits`, if smaller ones do; else 0.
fn largest(
    most: usize,
    fits: impl Fn(usize) -> Result<bool, ExplainError>,
) -> Result<usize, ExplainError> {
    let (mut good, mut bad) = (0, most + 1);
    while bad - good > 1 {
        let middle = usize::midpoint(good, bad);
        if fits(middle)? {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_that_fits_is_found() {
        for most in [1, 2, 16, 100] {
            for limit in [0, 1, 2, 15, 16, 99, 100, 1000] {
                let found = largest(most, |rows| Ok(rows <= limit)).unwrap();
                assert_eq!(found, limit.min(most));
            }
        }
    }
}
