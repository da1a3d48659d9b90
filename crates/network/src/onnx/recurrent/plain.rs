//! The plain recurrent layer: `h' = tanh(W x + U h + b)`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::reader::Import;
use crate::onnx::recurrent::layer::{Cell, Step, unroll};

struct Plain;

/// Reads an `RNN` node.
pub(crate) fn rnn(node: &mut Import<'_>) -> Result<Vec<ValueId>, NetworkError> {
    unroll(node, &Plain)
}

impl Cell for Plain {
    const GATES: &'static [&'static str] = &["signal"];
    const ACTIVATIONS: &'static [&'static str] = &["Tanh"];
    const STATES: &'static [usize] = &[5];

    fn step(&self, node: &mut Import<'_>, step: &Step<'_>) -> Result<Vec<ValueId>, NetworkError> {
        let z = step.sum(node, 0, "signal")?;
        Ok(vec![step.activate(node, 0, "hidden", z)?])
    }
}
