//! Why an event could not be explained.
//!
//! An explanation is no number where the explained value is none, where an input
//! is none, or where a slope on the way is not finite. The event is run once more
//! with everything that the network makes, and the first node that is not finite is
//! named.

use std::fmt;

use pellucid_core::Tensor;
use pellucid_network::graph::Kind;
use pellucid_network::{Executor, Graph, Real, ValueId, transform};

use crate::error::ExplainError;
use crate::explained::{Explained, Precision};

/// What is not finite first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// An input.
    Input {
        /// Its name.
        name: String,
    },
    /// The explained value, and the node that makes it so.
    Value {
        /// The node's name.
        node: String,
        /// Its operation.
        op: &'static str,
    },
    /// A slope, although the value is finite.
    Slope {
        /// The node whose result has no finite adjoint.
        node: String,
        /// Its operation.
        op: &'static str,
    },
    /// The values and slopes at the event are finite: the method's own numbers
    /// are not, at its baseline, on its path, or by dividing.
    Method,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { name } => write!(f, "the input `{name}` holds NaN or infinity"),
            Self::Value { node, op } => write!(
                f,
                "the explained value itself is not finite; the first node whose result is not is `{node}` ({op})"
            ),
            Self::Slope { node, op } => write!(
                f,
                "the value is finite, but not its derivative by the result of `{node}` ({op})"
            ),
            Self::Method => write!(
                f,
                "value and gradient are finite at the event; look at the baseline (--baseline) or use a larger stabiliser"
            ),
        }
    }
}

impl Explained {
    /// What keeps an event from being explained.
    pub fn cause<S: Real>(
        &self,
        inputs: &[Tensor<S>],
        event: usize,
    ) -> Result<Cause, ExplainError> {
        match self.inference().precision {
            Precision::F32 => self.cause_in::<f32, S>(inputs, event),
            Precision::F64 => self.cause_in::<f64, S>(inputs, event),
        }
    }

    fn cause_in<T: Real, S: Real>(
        &self,
        inputs: &[Tensor<S>],
        event: usize,
    ) -> Result<Cause, ExplainError> {
        let own: Vec<Tensor<S>> = (inputs.iter().enumerate())
            .map(|(i, input)| {
                if self.apart() {
                    self.select(i, input, &[event])
                } else {
                    input.clone()
                }
            })
            .collect();
        let finite = |x: &S| x.double().is_finite();
        for (tensor, &id) in own.iter().zip(self.graph().inputs()) {
            if !tensor.data().iter().all(finite) {
                let name = self.graph().value(id).name.clone();
                return Ok(Cause::Input { name });
            }
        }
        let mut graph = self.graph().clone();
        let logit = self.logit();
        let needed = graph.needed_for(&[logit]);
        let real = |graph: &Graph, id: ValueId| graph.ty(id).kind == Kind::Real;
        let nodes: Vec<(String, &'static str, ValueId)> = (graph.nodes().iter().zip(needed))
            .filter(|(node, needed)| *needed && real(&graph, node.outputs[0]))
            .map(|(node, _)| (node.name.clone(), node.op.name(), node.outputs[0]))
            .collect();
        let made: Vec<ValueId> = nodes.iter().map(|(_, _, id)| *id).collect();
        let values = self.values::<T, S>(&graph, &[made.clone(), vec![logit]].concat(), &own)?;
        let explained = &values[made.len()];
        if explained.iter().any(|x| !x.is_finite()) {
            // Infinite masks are common; what is no number comes from elsewhere.
            let nan = explained.iter().any(|x| x.is_nan());
            let wrong = |x: &f64| if nan { x.is_nan() } else { x.is_infinite() };
            let first = (nodes.iter().zip(&values)).find(|(_, values)| values.iter().any(wrong));
            return Ok(
                first.map_or(Cause::Method, |((node, op, _), _)| Cause::Value {
                    node: node.clone(),
                    op,
                }),
            );
        }
        let slopes = transform::gradient(&mut graph, logit, &made, None)?;
        let slopes = self.values::<T, S>(&graph, &slopes, &own)?;
        let last = (nodes.iter().zip(&slopes))
            .rev()
            .find(|(_, slopes)| slopes.iter().any(|x| !x.is_finite()));
        Ok(
            last.map_or(Cause::Method, |((node, op, _), _)| Cause::Slope {
                node: node.clone(),
                op,
            }),
        )
    }

    /// Values of a network with this model's inputs.
    fn values<T: Real, S: Real>(
        &self,
        graph: &Graph,
        values: &[ValueId],
        inputs: &[Tensor<S>],
    ) -> Result<Vec<Vec<f64>>, ExplainError> {
        let mut graph = graph.clone();
        graph.set_outputs(values.to_vec());
        let mut executor = Executor::<T>::new(&graph);
        let events = self.events(inputs)?;
        self.run(&mut executor, inputs, &(0..events))?;
        let numbers = |i: usize| executor.output(i).1.iter().map(|x| x.double()).collect();
        Ok((0..values.len()).map(numbers).collect())
    }
}
