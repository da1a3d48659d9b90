//! What a run will hold in memory, told before it is made.

use crate::error::NetworkError;
use crate::exec::Executor;
use crate::exec::plan::{PlanStep, is_real};
use crate::exec::sizes::Sizes;
use crate::exec::spare::Spare;
use crate::graph::{Graph, Source, ValueId};
use crate::real::Real;

/// The lengths of buffers in the place of the buffers.
struct Ledger<'a> {
    graph: &'a Graph,
    sizes: &'a Sizes,
    /// Of each value.
    held: Vec<Option<usize>>,
    free_real: Spare<()>,
    free_integer: Spare<()>,
}

impl Ledger<'_> {
    fn numbers(&self, value: ValueId) -> usize {
        self.sizes.shapes[value.index()].iter().product()
    }

    fn take(&mut self, value: ValueId) -> usize {
        let len = self.numbers(value);
        let free = if is_real(self.graph, value) {
            &mut self.free_real
        } else {
            &mut self.free_integer
        };
        free.take(len).map_or(0, |(size, ())| size).max(len)
    }

    fn release(&mut self, value: ValueId) {
        if let Source::Parameter(_) | Source::Constant(_) = self.graph.value(value).source {
            return;
        }
        if let Some(len) = self.held[value.index()].take() {
            if is_real(self.graph, value) {
                self.free_real.put(len, ());
            } else {
                self.free_integer.put(len, ());
            }
        }
    }

    fn step(&mut self, step: &PlanStep) {
        if let Some(input) = step.handed_on(self.graph) {
            self.held[step.outputs[0].index()] = self.held[input.index()].take();
        } else {
            let in_place = step.in_place(&self.sizes.shapes);
            let taken: Vec<Option<usize>> = step
                .outputs
                .iter()
                .map(|&value| match in_place {
                    Some(i) => self.held[step.operands[i].index()].take(),
                    None => Some(self.take(value)),
                })
                .collect();
            for (&value, taken) in step.outputs.iter().zip(taken) {
                self.held[value.index()] = taken;
            }
        }
        for &value in &step.frees {
            self.release(value);
        }
    }

    /// The bytes of all buffers, `size` for a real number.
    fn bytes(&self, size: usize) -> usize {
        let integer = size_of::<i32>();
        let held = self.graph.values().filter_map(|(id, _)| {
            let size = if is_real(self.graph, id) {
                size
            } else {
                integer
            };
            self.held[id.index()].map(|len| len * size)
        });
        self.free_real.numbers() * size
            + self.free_integer.numbers() * integer
            + held.sum::<usize>()
    }
}

impl<T: Real> Executor<T> {
    /// The bytes that runs on inputs of these shapes will hold in buffers,
    /// weights included: what [`memory`](Self::memory) says behind them.
    pub fn planned(&self, inputs: &[&[usize]]) -> Result<usize, NetworkError> {
        let graph = self.graph();
        let sizes = Sizes::of(graph, inputs)?;
        let mut ledger = Ledger {
            graph,
            sizes: &sizes,
            held: graph
                .values()
                .map(|(id, _)| graph.data(id).map(|data| data.shape().iter().product()))
                .collect(),
            free_real: Spare::default(),
            free_integer: Spare::default(),
        };
        // The second run finds the buffers of the first in another order.
        for _ in 0..2 {
            for &value in graph.outputs() {
                ledger.release(value);
            }
            for &value in graph.inputs() {
                ledger.release(value);
                let taken = ledger.take(value);
                ledger.held[value.index()] = Some(taken);
            }
            for step in &self.plan().steps {
                ledger.step(step);
            }
        }
        Ok(ledger.bytes(size_of::<T>()) + self.ordered_bytes())
    }
}

#[cfg(test)]
mod tests {
    use pellucid_core::Tensor;

    use super::*;
    use crate::layers::{Activation, Architecture};
    use crate::transform;

    #[test]
    fn runs_hold_what_is_planned() {
        let architecture = Architecture::dense(&[20, 7], Activation::Tanh);
        let mut graph = architecture.build(&[5], 1, 2).unwrap();
        let (x, y) = (graph.inputs()[0], graph.outputs()[0]);
        let gradient = transform::gradient(&mut graph, y, &[x], None).unwrap()[0];
        graph.set_outputs(vec![gradient, y]);
        let mut executor = Executor::<f32>::new(&graph);
        for rows in [1, 9, 200] {
            let mut fresh = executor.clone();
            let x = Tensor::new(vec![rows, 5], vec![0.5; rows * 5]);
            let planned = fresh.planned(&[x.shape()]).unwrap();
            for _ in 0..2 {
                fresh.run(&[&x]).unwrap();
            }
            assert_eq!(fresh.memory(), planned);
            // Weights, and of every event at least its input and the gradient.
            assert!(planned >= 4 * (graph.parameter_count() + 10 * rows));
        }
        assert!(executor.planned(&[&[3, 6]]).is_err());
        executor
            .run(&[&Tensor::new(vec![1, 5], vec![0.0; 5])])
            .unwrap();
    }
}
