//! A linear map, run forward and backward with its contributions parted by
//! sign.
//!
//! Every value of the map is a pair of lanes: the sum of the positive and the
//! sum of the negative contributions to it,
//!
//! $$ p' = W^+ p + W^- n + \max(b, 0), \qquad
//!    n' = W^+ n + W^- p + \min(b, 0) $$
//!
//! and back, with a seed for each,
//!
//! $$ \bar p = (W^+)^T \bar p' + (W^-)^T \bar n', \qquad
//!    \bar n = (W^-)^T \bar p' + (W^+)^T \bar n' . $$
//!
//! This is exact where at most one way leads from a number of a leaf to a
//! number of the result, as in every map of [`map`](super::map) in which the
//! differences of edge convolutions are folded (see [`edge`](super::edge));
//! where there are two, their contributions are parted by themselves. Where signs
//! are not parted, only the first lane is used, with the weights in the form
//! that the rule asks for.

use std::collections::BTreeMap;

use super::edge::folded;
use super::map::{Map, Part};
use super::pass::{Pass, no_rule};
use super::weights::{Parts, Weighing, weigh};
use crate::error::NetworkError;
use crate::graph::{Dim, Node, ValueId};
use crate::ops::{
    Add, Backward, Div, Expand, Greater, Mul, Neg, Op, Relu, Reshape, Rule, Sqrt, Sub, Where,
};

/// The positive and negative contributions to a value (or the seeds for them);
/// none where there are no such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Lanes {
    pub plus: Option<ValueId>,
    pub minus: Option<ValueId>,
}

impl Lanes {
    /// The first lane alone.
    pub fn plus(plus: ValueId) -> Self {
        Self {
            plus: Some(plus),
            minus: None,
        }
    }

    pub fn each(
        self,
        mut f: impl FnMut(ValueId) -> Result<ValueId, NetworkError>,
    ) -> Result<Self, NetworkError> {
        Ok(Self {
            plus: self.plus.map(&mut f).transpose()?,
            minus: self.minus.map(&mut f).transpose()?,
        })
    }

    fn swapped(self) -> Self {
        Self {
            plus: self.minus,
            minus: self.plus,
        }
    }

    fn is_none(self) -> bool {
        self.plus.is_none() && self.minus.is_none()
    }
}

/// The lanes of each value of a map.
pub(super) type Table = BTreeMap<ValueId, Lanes>;

impl Pass<'_> {
    /// Runs a map forward from the lanes of its leaves; biases take part if
    /// they are `biased`.
    pub fn forward(
        &mut self,
        map: &Map,
        mut table: Table,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Table, NetworkError> {
        for &index in &map.nodes {
            let node = self.graph.nodes()[index].clone();
            let lanes = match self.part(index) {
                Part::Weights | Part::Collect | Part::Attended
                    if node.op.rule() == Rule::Product =>
                {
                    self.product(index, &node, &table, biased, weighing)?
                }
                Part::Sum => self.sum(index, &node, &table, biased, weighing)?,
                Part::Scale => self.scale(index, &node, &table, weighing)?,
                Part::Affine => self.affine(&node, &table, biased, weighing)?,
                Part::Normalise => {
                    let lanes = table.get(&node.inputs[0]).copied().unwrap_or_default();
                    self.normalised(&node, lanes, weighing)?
                }
                _ => self.moved(&node, &table, biased, weighing)?,
            };
            table.insert(node.outputs[0], lanes);
        }
        Ok(table)
    }

    /// Runs a map backward from the seeds of its result; the adjoints of all
    /// its values.
    pub fn backward(
        &mut self,
        map: &Map,
        seeds: Lanes,
        weighing: Weighing,
    ) -> Result<Table, NetworkError> {
        let sink = self.graph.nodes()[map.sink()].outputs[0];
        let mut table = Table::from([(sink, seeds)]);
        for &index in map.nodes.iter().rev() {
            let node = self.graph.nodes()[index].clone();
            let Some(&arrived) = table.get(&node.outputs[0]) else {
                continue;
            };
            for input in self.plan.carry.carrying(index) {
                if self.is_folded(index, input, weighing) {
                    continue;
                }
                let lanes = self.back(index, &node, input, arrived, weighing)?;
                let value = node.inputs[input];
                let earlier = table.get(&value).copied().unwrap_or_default();
                let sum = self.add_lanes(earlier, lanes)?;
                table.insert(value, sum);
            }
        }
        Ok(table)
    }

    /// The adjoint lanes of one input.
    fn back(
        &mut self,
        index: usize,
        node: &Node,
        input: usize,
        arrived: Lanes,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        match self.part(index) {
            Part::Weights | Part::Collect | Part::Attended if node.op.rule() == Rule::Product => {
                let parts = self.parts(index, node.inputs[1 - input], weighing)?;
                self.cross(parts, arrived, |pass, weights, seed| {
                    pass.vjp(node, input, Some(weights), seed)
                })
            }
            Part::Sum if minus(&node.op, input) => {
                let lanes = self.negated(arrived, weighing)?;
                lanes.each(|lane| self.narrow(lane, node.inputs[input]))
            }
            Part::Sum => arrived.each(|lane| self.narrow(lane, node.inputs[input])),
            Part::Scale => {
                let factor = node.inputs[1 - input];
                let scaled = self.times(arrived, factor, &node.op, weighing)?;
                scaled.each(|lane| self.narrow(lane, node.inputs[input]))
            }
            Part::Normalise => self.normalised(node, arrived, weighing),
            Part::Affine => {
                let (slope, _) = self.affine_parts(node)?;
                self.times(arrived, slope, &Mul.into(), weighing)
            }
            _ => arrived.each(|lane| self.vjp(node, input, None, lane)),
        }
    }

    /// `W⁺ a + W⁻ b` for the first lane, with the lanes exchanged for the
    /// second.
    pub fn cross(
        &mut self,
        weights: Parts,
        lanes: Lanes,
        mut product: impl FnMut(&mut Self, ValueId, ValueId) -> Result<ValueId, NetworkError>,
    ) -> Result<Lanes, NetworkError> {
        let mut lane = |pass: &mut Self, straight: Option<ValueId>, crossed: Option<ValueId>| {
            let mut sum = None;
            for (weights, lane) in [(weights.first, straight), (weights.negative, crossed)] {
                if let (Some(weights), Some(lane)) = (weights, lane) {
                    let term = product(pass, weights, lane)?;
                    sum = pass.add_option(sum, Some(term))?;
                }
            }
            Ok::<_, NetworkError>(sum)
        };
        Ok(Lanes {
            plus: lane(self, lanes.plus, lanes.minus)?,
            minus: lane(self, lanes.minus, lanes.plus)?,
        })
    }

    /// Lanes of a value, parted by sign.
    pub fn signed(&mut self, value: ValueId) -> Result<Lanes, NetworkError> {
        if super::sign::never_negative(self.graph, value) {
            return Ok(Lanes::plus(value));
        }
        let plus = self.graph.push(Relu, &[value])?;
        let minus = self.graph.push(Sub, &[value, plus])?;
        Ok(Lanes {
            plus: Some(plus),
            minus: Some(minus),
        })
    }

    /// Lanes times (or divided by) a constant factor of any sign.
    pub fn times(
        &mut self,
        lanes: Lanes,
        factor: ValueId,
        op: &Op,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let scale = |pass: &mut Self, lane: ValueId| match op {
            Op::Div(_) => pass.graph.push(Div, &[lane, factor]),
            _ => pass.graph.push(Mul, &[lane, factor]),
        };
        match weighing {
            Weighing::Ones => return Ok(lanes),
            Weighing::Plain => return lanes.each(|lane| scale(self, lane)),
            Weighing::Squares => {
                return lanes.each(|lane| {
                    let once = scale(self, lane)?;
                    scale(self, once)
                });
            }
            Weighing::Signs => {}
        }
        let scaled = lanes.each(|lane| scale(self, lane))?;
        let known = self.graph.data(factor).map(crate::graph::Data::to_f64);
        if known.is_some_and(|numbers| numbers.iter().all(|&x| x >= 0.0)) {
            return Ok(scaled);
        }
        // A negative factor turns what is positive into what is negative.
        let zero = self.graph.scalar(0.0);
        let negative = self.graph.push(Greater, &[zero, factor])?;
        let mut choose = |yes: Option<ValueId>, no: Option<ValueId>| {
            let (yes, no) = (yes.unwrap_or(zero), no.unwrap_or(zero));
            self.graph.push(Where, &[negative, yes, no]).map(Some)
        };
        if scaled.is_none() {
            return Ok(scaled);
        }
        Ok(Lanes {
            plus: choose(scaled.minus, scaled.plus)?,
            minus: choose(scaled.plus, scaled.minus)?,
        })
    }

    pub fn negated(&mut self, lanes: Lanes, weighing: Weighing) -> Result<Lanes, NetworkError> {
        match weighing {
            Weighing::Squares | Weighing::Ones => Ok(lanes),
            Weighing::Plain => lanes.each(|lane| self.graph.push(Neg, &[lane])),
            Weighing::Signs => {
                let swapped = lanes.swapped();
                swapped.each(|lane| self.graph.push(Neg, &[lane]))
            }
        }
    }

    pub fn parts(
        &mut self,
        index: usize,
        weights: ValueId,
        weighing: Weighing,
    ) -> Result<Parts, NetworkError> {
        if let Some(&parts) = self.weighed.get(&(index, weighing)) {
            return Ok(parts);
        }
        let mut weights = weights;
        let edges = self.plan.edges.clone();
        for edge in edges.iter().filter(|edge| edge.weights == index) {
            if let (true, Some(data)) = (weighing != Weighing::Plain, self.graph.data(weights)) {
                let data = folded(data, edge);
                weights = self.graph.constant("", data);
            }
        }
        let adjacency = self.part(index) != Part::Weights;
        let parts = weigh(self.graph, weights, weighing, adjacency)?;
        self.weighed.insert((index, weighing), parts);
        Ok(parts)
    }

    /// Whether an input of a node is the subtrahend of a difference that is
    /// folded into the weights it meets.
    pub fn is_folded(&self, index: usize, input: usize, weighing: Weighing) -> bool {
        let mut edges = self.plan.edges.iter();
        weighing != Weighing::Plain && input == 1 && edges.any(|edge| edge.difference == index)
    }

    /// The factor and the shift of a batch normalisation, shaped to meet its
    /// result.
    pub fn affine_parts(&mut self, node: &Node) -> Result<(ValueId, ValueId), NetworkError> {
        let (Op::BatchNorm(norm), &[_, scale, bias, mean, variance]) =
            (&node.op, node.inputs.as_slice())
        else {
            return Err(no_rule(node));
        };
        let epsilon = self.graph.scalar(norm.epsilon);
        let width = self.graph.push(Add, &[variance, epsilon])?;
        let width = self.graph.push(Sqrt, &[width])?;
        let slope = self.graph.push(Div, &[scale, width])?;
        let shift = self.graph.push(Mul, &[mean, slope])?;
        let offset = self.graph.push(Sub, &[bias, shift])?;
        Ok((
            self.column(slope, node.outputs[0])?,
            self.column(offset, node.outputs[0])?,
        ))
    }

    /// One number per channel, shaped to meet an image.
    pub fn column(&mut self, bias: ValueId, image: ValueId) -> Result<ValueId, NetworkError> {
        let mut shape = vec![Dim::fixed(1); self.graph.shape(image).len() - 1];
        shape[0] = self.graph.shape(bias)[0].clone();
        if self.graph.shape(bias) == shape {
            return Ok(bias);
        }
        self.graph.push(Reshape { shape }, &[bias])
    }

    /// A lane in the full shape of the value it is a part of.
    pub fn whole(&mut self, lane: ValueId, value: ValueId) -> Result<ValueId, NetworkError> {
        let shape = self.graph.shape(value).to_vec();
        if self.graph.shape(lane) == shape {
            return Ok(lane);
        }
        self.graph.push(Expand { shape }, &[lane])
    }

    /// The vector–Jacobian product of one input of a node, with other weights
    /// if there are any.
    pub fn vjp(
        &mut self,
        node: &Node,
        input: usize,
        weights: Option<ValueId>,
        seed: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let mut inputs = node.inputs.clone();
        if let Some(weights) = weights {
            inputs[1 - input] = weights;
        }
        let mut wanted = vec![false; inputs.len()];
        wanted[input] = true;
        let mut adjoints = vec![None; node.outputs.len()];
        adjoints[0] = Some(self.whole(seed, node.outputs[0])?);
        let made = node.op.gradient(&mut Backward {
            graph: self.graph,
            inputs: &inputs,
            outputs: &node.outputs,
            adjoints: &adjoints,
            wanted: &wanted,
        })?;
        made[input].ok_or_else(|| no_rule(node))
    }

    pub fn add_lanes(&mut self, a: Lanes, b: Lanes) -> Result<Lanes, NetworkError> {
        Ok(Lanes {
            plus: self.add_option(a.plus, b.plus)?,
            minus: self.add_option(a.minus, b.minus)?,
        })
    }

    pub fn add_option(
        &mut self,
        a: Option<ValueId>,
        b: Option<ValueId>,
    ) -> Result<Option<ValueId>, NetworkError> {
        Ok(match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.push(Add, &[a, b])?),
            (one, None) | (None, one) => one,
        })
    }
}

/// Whether an operation subtracts this input.
pub(super) fn minus(op: &Op, input: usize) -> bool {
    matches!(op, Op::Neg(_)) || (matches!(op, Op::Sub(_)) && input == 1)
}
