//! Gated recurrent unit.
//!
//! $$ z, r = \sigma(W x + U h + b), \quad
//!    n = \tanh(W x + b + U (r \odot h) + b'), \quad
//!    h' = (1 - z) \odot n + z \odot h $$
//!
//! With `linear_before_reset` (`PyTorch`'s and cuDNN's form) the candidate is
//! `n = tanh(W x + b + r ⊙ (U h + b'))`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::reader::Import;
use crate::onnx::recurrent::layer::{Cell, Step, unroll};
use crate::ops::{Add, Gemm, Mul, Sub};

struct Gru {
    linear_before_reset: bool,
}

const UPDATE: usize = 0;
const RESET: usize = 1;
const SIGNAL: usize = 2;

/// Reads a `GRU` node.
pub(crate) fn gru(node: &mut Import<'_>) -> Result<Vec<ValueId>, NetworkError> {
    let linear_before_reset = node.proto().flag("linear_before_reset")?.unwrap_or(false);
    unroll(
        node,
        &Gru {
            linear_before_reset,
        },
    )
}

impl Gru {
    fn gate(node: &mut Import<'_>, step: &Step<'_>, gate: usize) -> Result<ValueId, NetworkError> {
        let z = step.sum(node, gate, Self::GATES[gate])?;
        step.activate(node, 0, Self::GATES[gate], z)
    }

    /// The pre-activation of the candidate `n`.
    fn signal(&self, node: &mut Import<'_>, step: &Step<'_>) -> Result<ValueId, NetworkError> {
        let input = step.input_part(node, SIGNAL, "signal")?;
        let name = |part: &str| step.name(&format!("signal/{part}"));
        let state = match (self.linear_before_reset, step.states[0]) {
            (true, h) => {
                let mut inputs = vec![h, step.gates[SIGNAL].state];
                inputs.extend(step.gates[SIGNAL].state_bias);
                let inner = node.add_as(&name("state"), Gemm::NT, &inputs)?;
                let reset = Self::gate(node, step, RESET)?;
                node.add_as(&name("reset"), Mul, &[reset, inner])?
            }
            (false, h) => {
                let reset = Self::gate(node, step, RESET)?;
                let kept = node.add_as(&name("reset"), Mul, &[reset, h])?;
                step.state_part(node, SIGNAL, "signal", kept)?
            }
        };
        node.add_as(&name("sum"), Add, &[input, state])
    }
}

impl Cell for Gru {
    const GATES: &'static [&'static str] = &["update_gate", "reset_gate", "signal"];
    const ACTIVATIONS: &'static [&'static str] = &["Sigmoid", "Tanh"];
    const STATES: &'static [usize] = &[5];

    fn apart(&self, gate: usize) -> bool {
        gate == SIGNAL && self.linear_before_reset
    }

    fn step(&self, node: &mut Import<'_>, step: &Step<'_>) -> Result<Vec<ValueId>, NetworkError> {
        let update = Self::gate(node, step, UPDATE)?;
        let signal = self.signal(node, step)?;
        let signal = step.activate(node, 1, "signal", signal)?;
        let one = node.scalar(1.0);
        let rest = node.add_as(&step.name("rest"), Sub, &[one, update])?;
        let next = node.add_as(&step.name("new"), Mul, &[rest, signal])?;
        let kept = node.add_as(&step.name("kept"), Mul, &[update, step.states[0]])?;
        Ok(vec![node.add_as(
            &step.name("hidden"),
            Add,
            &[next, kept],
        )?])
    }
}
