//! Recurrent layers over the particles of an event, in their order.
//!
//! Long short-term memory (S. Hochreiter, J. Schmidhuber, Neural Computation 9
//! (1997) 1735, with a forget gate):
//! $$ i, f, o = \sigma(W x_t + b + U h_{t-1}), \quad
//!    g = \tanh(W x_t + b + U h_{t-1}), \quad
//!    c_t = f \odot c_{t-1} + i \odot g, \quad h_t = o \odot \tanh c_t $$
//! Gated recurrent unit (K. Cho et al., arXiv:1406.1078, with the reset behind
//! the product, as cuDNN and PyTorch have it):
//! $$ r, z = \sigma(W x_t + b + U h_{t-1} + b'), \quad
//!    n = \tanh(W x_t + b + r \odot (U h_{t-1} + b')), \quad
//!    h_t = (1 - z) \odot n + z \odot h_{t-1} $$
//!
//! * **Shapes:** `[N, T, I]` to `[N, T, H]`, or to the last state `[N, H]`;
//!   twice as wide in both directions. The number of steps must be known.
//! * Weights are stacked as PyTorch's: gates `i, f, g, o` and `r, z, n`. The
//!   products of all steps with `W` are one.
//! * A padded particle leaves the state as it is.

use super::build::{Builder, filling};
use super::{Filling, Recurrent};
use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId, show};
use crate::ops::{Add, Concat, Equal, Gemm, Mul, Op, Reshape, Sigmoid, Slice, Sub, Tanh, Where};

/// Which cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Lstm,
    Gru,
}

impl Cell {
    fn word(self) -> &'static str {
        match self {
            Self::Lstm => "lstm",
            Self::Gru => "gru",
        }
    }

    fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }
}

/// A layer in one direction.
struct Direction {
    cell: Cell,
    units: usize,
    batch: Dim,
    /// `W x + b` of every step, `[N, gates · H]` each, in the order of the steps.
    projected: Vec<ValueId>,
    /// Whether each step is padding (1) or a particle (0), `[N, 1]` each.
    padding: Option<Vec<ValueId>>,
    weight: ValueId,
    bias: Option<ValueId>,
}

impl Builder {
    pub(super) fn recurrent(&mut self, cell: Cell, layer: &Recurrent) -> Result<(), NetworkError> {
        let shape = self.graph.shape(self.value).to_vec();
        let [_, steps, last] = shape.as_slice() else {
            let (word, found) = (cell.word(), show(&shape));
            return Err(self.wrong(format!("{word} takes [N, steps, features], found {found}")));
        };
        let (steps, features) = (self.known(steps)?, self.known(last)?);
        if layer.units == 0 || steps == 0 {
            let problem = "expected at least one unit and one step".to_owned();
            return Err(self.wrong(problem));
        }
        let name = self.name(cell.word());
        let input = self.value;
        let mut all = Vec::new();
        for back in [false, true].into_iter().take(1 + usize::from(layer.both)) {
            self.value = input;
            let suffix = if back { "_reverse" } else { "" };
            let mut states = self.direction(cell, &name, suffix, layer.units, [steps, features])?;
            if back {
                states.reverse();
            }
            all.push(states);
        }
        self.mask = self.mask.filter(|_| layer.sequence);
        let out = |builder: &mut Self, parts: &[ValueId]| match parts {
            [only] => Ok(*only),
            parts => builder.graph.push(Concat { axis: 1 }, parts),
        };
        if !layer.sequence {
            // The last step of each direction.
            let mut ends = vec![all[0][steps - 1]];
            ends.extend(all.get(1).map(|states| states[0]));
            self.value = out(self, &ends)?;
            return Ok(());
        }
        let width = layer.units * all.len();
        let mut rows = Vec::with_capacity(steps);
        for t in 0..steps {
            let parts: Vec<ValueId> = all.iter().map(|states| states[t]).collect();
            let row = out(self, &parts)?;
            let shape = vec![shape[0].clone(), 1.into(), width.into()];
            rows.push(self.graph.push(Reshape { shape }, &[row])?);
        }
        self.value = self.graph.node(&name, Concat { axis: 1 }, &rows)?[0];
        Ok(())
    }

    /// The states behind every step, in the order in which they are made.
    fn direction(
        &mut self,
        cell: Cell,
        name: &str,
        suffix: &str,
        units: usize,
        [steps, features]: [usize; 2],
    ) -> Result<Vec<ValueId>, NetworkError> {
        let lead = self.graph.shape(self.value)[..2].to_vec();
        let rows = cell.gates() * units;
        let parameter = |builder: &mut Self, what: &str, shape: &[usize]| {
            let fill = match shape {
                [rows, columns] => filling(*columns, *rows, false),
                _ => Filling::Constant(0.0),
            };
            builder.parameter(&format!("{name}.{what}{suffix}"), shape, fill)
        };
        let input_weight = parameter(self, "weight_ih", &[rows, features]);
        let weight = parameter(self, "weight_hh", &[rows, units]);
        let input_bias = parameter(self, "bias_ih", &[rows]);
        // The LSTM's second bias would be the same number twice.
        let bias = (cell == Cell::Gru).then(|| parameter(self, "bias_hh", &[rows]));
        let projected = format!("{name}/projected{suffix}");
        self.map(&projected, input_weight, input_bias, &lead)?;
        let mut order: Vec<usize> = (0..steps).collect();
        if !suffix.is_empty() {
            order.reverse();
        }
        let all = self.value;
        let projected = self.each_step(all, &order, &[lead[0].clone(), rows.into()])?;
        let padding = match self.mask {
            Some(mask) => {
                let zero = self.graph.scalar(0.0);
                let padding = self.graph.push(Equal, &[mask, zero])?;
                let shape = [lead[0].clone(), 1.into()];
                Some(self.each_step(padding, &order, &shape)?)
            }
            None => None,
        };
        let direction = Direction {
            cell,
            units,
            batch: lead[0].clone(),
            projected,
            padding,
            weight,
            bias,
        };
        direction.unroll(&mut self.graph)
    }

    /// The steps of `[N, T, …]` in some order, each of this shape.
    fn each_step(
        &mut self,
        all: ValueId,
        order: &[usize],
        shape: &[Dim],
    ) -> Result<Vec<ValueId>, NetworkError> {
        order
            .iter()
            .map(|&t| {
                let slice = Slice {
                    axis: 1,
                    start: t.into(),
                    length: 1.into(),
                    step: 1,
                };
                let step = self.graph.push(slice, &[all])?;
                let shape = shape.to_vec();
                self.graph.push(Reshape { shape }, &[step])
            })
            .collect()
    }
}

impl Direction {
    fn unroll(&self, graph: &mut Graph) -> Result<Vec<ValueId>, NetworkError> {
        let zero = graph.scalar(0.0);
        let shape = vec![self.batch.clone(), self.units.into()];
        let zeros = graph.push(crate::ops::Expand { shape }, &[zero])?;
        let start = graph.push(crate::ops::Start, &[zeros])?;
        let (mut hidden, mut cell) = (start, start);
        let mut states = Vec::with_capacity(self.projected.len());
        for (t, &input) in self.projected.iter().enumerate() {
            let mut product = vec![hidden, self.weight];
            product.extend(self.bias);
            let state = graph.push(Gemm::NT, &product)?;
            let [new_hidden, new_cell] = match self.cell {
                Cell::Lstm => self.lstm(graph, input, state, cell)?,
                Cell::Gru => [self.gru(graph, input, state, hidden)?, cell],
            };
            if let Some(padding) = &self.padding {
                hidden = graph.push(Where, &[padding[t], hidden, new_hidden])?;
                cell = graph.push(Where, &[padding[t], cell, new_cell])?;
            } else {
                (hidden, cell) = (new_hidden, new_cell);
            }
            states.push(hidden);
        }
        Ok(states)
    }

    /// Gate number `i` of stacked gates.
    fn gate(&self, graph: &mut Graph, of: ValueId, i: usize) -> Result<ValueId, NetworkError> {
        let slice = Slice {
            axis: 1,
            start: (i * self.units).into(),
            length: self.units.into(),
            step: 1,
        };
        graph.push(slice, &[of])
    }

    fn activated(
        &self,
        graph: &mut Graph,
        op: impl Into<Op>,
        of: ValueId,
        i: usize,
    ) -> Result<ValueId, NetworkError> {
        let gate = self.gate(graph, of, i)?;
        graph.push(op, &[gate])
    }

    fn lstm(
        &self,
        graph: &mut Graph,
        input: ValueId,
        state: ValueId,
        cell: ValueId,
    ) -> Result<[ValueId; 2], NetworkError> {
        let sum = graph.push(Add, &[input, state])?;
        let enter = self.activated(graph, Sigmoid, sum, 0)?;
        let forget = self.activated(graph, Sigmoid, sum, 1)?;
        let signal = self.activated(graph, Tanh, sum, 2)?;
        let leave = self.activated(graph, Sigmoid, sum, 3)?;
        let kept = graph.push(Mul, &[forget, cell])?;
        let new = graph.push(Mul, &[enter, signal])?;
        let cell = graph.push(Add, &[kept, new])?;
        let shown = graph.push(Tanh, &[cell])?;
        Ok([graph.push(Mul, &[leave, shown])?, cell])
    }

    fn gru(
        &self,
        graph: &mut Graph,
        input: ValueId,
        state: ValueId,
        hidden: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let sum = graph.push(Add, &[input, state])?;
        let reset = self.activated(graph, Sigmoid, sum, 0)?;
        let update = self.activated(graph, Sigmoid, sum, 1)?;
        let inner = self.gate(graph, state, 2)?;
        let inner = graph.push(Mul, &[reset, inner])?;
        let signal = self.gate(graph, input, 2)?;
        let signal = graph.push(Add, &[signal, inner])?;
        let signal = graph.push(Tanh, &[signal])?;
        let one = graph.scalar(1.0);
        let rest = graph.push(Sub, &[one, update])?;
        let new = graph.push(Mul, &[rest, signal])?;
        let kept = graph.push(Mul, &[update, hidden])?;
        graph.push(Add, &[new, kept])
    }
}
