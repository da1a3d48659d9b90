//! Long short-term memory.
//!
//! $$ i, o, f = \sigma(W x + U h + P \odot c + b), \quad
//!    g = \tanh(W x + U h + b), \quad
//!    c' = f \odot c + i \odot g, \quad h' = o \odot \tanh(c') $$
//!
//! The output gate's peephole sees the new cell `c'`. With `input_forget` the
//! forget gate is `1 − i`.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::reader::Import;
use crate::onnx::recurrent::layer::{Cell, Step, unroll};
use crate::ops::{Add, Mul, Sub};

struct Lstm {
    input_forget: bool,
}

const INPUT: usize = 0;
const OUTPUT: usize = 1;
const FORGET: usize = 2;
const SIGNAL: usize = 3;

/// Reads an `LSTM` node.
pub(crate) fn lstm(node: &mut Import<'_>) -> Result<Vec<ValueId>, NetworkError> {
    let input_forget = node.proto().flag("input_forget")?.unwrap_or(false);
    unroll(node, &Lstm { input_forget })
}

impl Lstm {
    /// A gate, with its peephole to `cell`.
    fn gate(
        node: &mut Import<'_>,
        step: &Step<'_>,
        gate: usize,
        cell: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let name = Self::GATES[gate];
        let mut z = step.sum(node, gate, name)?;
        if let Some(&weights) = step.peepholes.get(gate) {
            let seen = node.add_as(
                &step.name(&format!("{name}/peephole")),
                Mul,
                &[weights, cell],
            )?;
            z = node.add_as(&step.name(&format!("{name}/peeped")), Add, &[z, seen])?;
        }
        step.activate(node, 0, name, z)
    }
}

impl Cell for Lstm {
    const GATES: &'static [&'static str] = &["input_gate", "output_gate", "forget_gate", "signal"];
    const ACTIVATIONS: &'static [&'static str] = &["Sigmoid", "Tanh", "Tanh"];
    const STATES: &'static [usize] = &[5, 6];

    fn step(&self, node: &mut Import<'_>, step: &Step<'_>) -> Result<Vec<ValueId>, NetworkError> {
        let cell = step.states[1];
        let input = Self::gate(node, step, INPUT, cell)?;
        let signal = step.sum(node, SIGNAL, "signal")?;
        let signal = step.activate(node, 1, "signal", signal)?;
        let new = node.add_as(&step.name("new"), Mul, &[input, signal])?;
        let forget = if self.input_forget {
            let one = node.scalar(1.0);
            node.add_as(&step.name("forget_gate"), Sub, &[one, input])?
        } else {
            Self::gate(node, step, FORGET, cell)?
        };
        let kept = node.add_as(&step.name("kept"), Mul, &[forget, cell])?;
        let next = node.add_as(&step.name("cell"), Add, &[kept, new])?;
        let output = Self::gate(node, step, OUTPUT, next)?;
        let shown = step.activations[2].add(node, &step.name("shown"), next)?;
        let hidden = node.add_as(&step.name("hidden"), Mul, &[output, shown])?;
        Ok(vec![hidden, next])
    }
}
