//! One node of a map, run forward on lanes.

use super::carry::data_inputs;
use super::lanes::{Lanes, Table, minus};
use super::pass::{Pass, no_rule};
use super::weights::{Weighing, weigh};
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Mul, Op, ReduceMean, ReduceSum, Sub};

impl Pass<'_> {
    pub fn product(
        &mut self,
        index: usize,
        node: &Node,
        table: &Table,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let data = self.plan.carry.carrying(index)[0];
        let weights = node.inputs[1 - data];
        let x = table.get(&node.inputs[data]).copied().unwrap_or_default();
        let x = x.each(|lane| self.whole(lane, node.inputs[data]))?;
        let parts = self.parts(index, weights, weighing)?;
        let lanes = self.cross(parts, x, |pass, weights, lane| {
            let inputs = if data == 0 {
                [lane, weights]
            } else {
                [weights, lane]
            };
            pass.graph.push(node.op.clone(), &inputs)
        })?;
        let Some(&bias) = node.inputs.get(2).filter(|_| biased) else {
            return Ok(lanes);
        };
        let bias = match node.op {
            Op::Gemm(_) => bias,
            _ => self.column(bias, node.outputs[0])?,
        };
        let bias = self.constant_lanes(bias, weighing)?;
        self.add_lanes(lanes, bias)
    }

    pub fn sum(
        &mut self,
        index: usize,
        node: &Node,
        table: &Table,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let mut sum = Lanes::default();
        for (i, &input) in node.inputs.iter().enumerate() {
            if self.is_folded(index, i, weighing) {
                continue;
            }
            let mut lanes = self.operand(input, table, biased, weighing)?;
            if minus(&node.op, i) {
                lanes = self.negated(lanes, weighing)?;
            }
            sum = self.add_lanes(sum, lanes)?;
        }
        Ok(sum)
    }

    pub fn scale(
        &mut self,
        index: usize,
        node: &Node,
        table: &Table,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let data = self.plan.carry.carrying(index)[0];
        let x = table.get(&node.inputs[data]).copied().unwrap_or_default();
        self.times(x, node.inputs[1 - data], &node.op, weighing)
    }

    pub fn affine(
        &mut self,
        node: &Node,
        table: &Table,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let (slope, offset) = self.affine_parts(node)?;
        let x = table.get(&node.inputs[0]).copied().unwrap_or_default();
        let lanes = self.times(x, slope, &Mul.into(), weighing)?;
        if !biased {
            return Ok(lanes);
        }
        let offset = self.constant_lanes(offset, weighing)?;
        self.add_lanes(lanes, offset)
    }

    /// Operations whose weights are ones and shares: each lane by itself.
    pub fn moved(
        &mut self,
        node: &Node,
        table: &Table,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let data = data_inputs(&node.op, node.inputs.len());
        let mut operands = Vec::with_capacity(node.inputs.len());
        for (i, &input) in node.inputs.iter().enumerate() {
            operands.push(if data.contains(&i) {
                let lanes = self.operand(input, table, biased, weighing)?;
                Some(lanes.each(|lane| self.whole(lane, input))?)
            } else {
                None
            });
        }
        let mut lane = |pick: fn(Lanes) -> Option<ValueId>| {
            if operands
                .iter()
                .flatten()
                .all(|&lanes| pick(lanes).is_none())
            {
                return Ok(None);
            }
            let mut inputs = Vec::with_capacity(operands.len());
            for (&input, lanes) in node.inputs.iter().zip(&operands) {
                inputs.push(match lanes.map(pick) {
                    None => input,
                    Some(Some(lane)) => lane,
                    Some(None) => self.full(0.0, input)?,
                });
            }
            Ok::<_, NetworkError>(Some(self.graph.node("", node.op.clone(), &inputs)?[0]))
        };
        Ok(Lanes {
            plus: lane(|lanes| lanes.plus)?,
            minus: lane(|lanes| lanes.minus)?,
        })
    }

    /// The lanes of an operand: those of the table, or of a constant that is
    /// added.
    fn operand(
        &mut self,
        value: ValueId,
        table: &Table,
        biased: bool,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        match table.get(&value) {
            Some(&lanes) => Ok(lanes),
            None if biased && !self.plan.carry.active[value.index()] => {
                self.constant_lanes(value, weighing)
            }
            None => Ok(Lanes::default()),
        }
    }

    fn constant_lanes(
        &mut self,
        value: ValueId,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let parts = weigh(self.graph, value, weighing, false)?;
        Ok(Lanes {
            plus: parts.first,
            minus: parts.negative,
        })
    }

    /// A layer normalisation with its deviation held, forward or backward: its
    /// matrix is symmetric.
    pub fn normalised(
        &mut self,
        node: &Node,
        lanes: Lanes,
        weighing: Weighing,
    ) -> Result<Lanes, NetworkError> {
        let (Op::LayerNorm(norm), &[_, scale]) = (&node.op, node.outputs.as_slice()) else {
            return Err(no_rule(node));
        };
        let axes: Vec<usize> = (norm.axis..self.graph.shape(node.inputs[0]).len()).collect();
        lanes.each(|lane| {
            let lane = self.whole(lane, node.inputs[0])?;
            let keep = true;
            match weighing {
                // All numbers of a line are connected.
                Weighing::Ones => {
                    let sum = self.graph.push(
                        ReduceSum {
                            axes: axes.clone(),
                            keep,
                        },
                        &[lane],
                    )?;
                    self.whole(sum, node.inputs[0])
                }
                Weighing::Plain => {
                    let mean = self.graph.push(
                        ReduceMean {
                            axes: axes.clone(),
                            keep,
                        },
                        &[lane],
                    )?;
                    let centred = self.graph.push(Sub, &[lane, mean])?;
                    self.graph.push(Mul, &[centred, scale])
                }
                // Normalisations are passed by epsilon alone, see `choose`.
                Weighing::Signs | Weighing::Squares => Err(no_rule(node)),
            }
        })
    }
}
