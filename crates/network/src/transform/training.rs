//! The form of a graph that is trained.
//!
//! * Batch normalisation by the moments of the batch (S. Ioffe, C. Szegedy,
//!   arXiv:1502.03167, algorithm 1), in operations that have a gradient:
//!   $$ \mu = \tfrac1n \sum x, \quad v = \tfrac1n \sum (x - \mu)^2, \quad
//!   y = \frac{\gamma}{\sqrt{v + \epsilon}} (x - \mu) + \beta $$
//!   over batch and places of a channel. The batch's mean and its unbiased
//!   variance `n v / (n − 1)` are values of the graph, from which the trainer
//!   updates the stored moments as PyTorch does.
//! * Dropout as a product with an input, the mask: `1 / (1 − ratio)` where a
//!   number is kept, else 0 (N. Srivastava et al., JMLR 15 (2014) 1929, in the
//!   form that leaves the mean alone).
//!
//! All other nodes, and all names, stay.

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Node, Source, ValueId};
use crate::ops::{Add, BatchNorm, Div, Expand, Mul, Op, ReduceSum, Reshape, Sqrt, Sub};

/// The stored moments of a batch normalisation and those of the batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// The stored mean and variance, in the training graph.
    pub stored: [ValueId; 2],
    /// The batch's mean and unbiased variance.
    pub batch: [ValueId; 2],
    /// The share of the stored moments that a step keeps.
    pub keep: f64,
}

/// A dropout's mask.
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// The input to be given.
    pub input: ValueId,
    /// The share of its numbers that are 0.
    pub ratio: f64,
}

/// A graph in the form that is trained.
#[derive(Debug, Clone)]
pub struct TrainingGraph {
    /// The graph; its outputs are those of the original.
    pub graph: Graph,
    /// The weights that a loss may change.
    pub trainable: Vec<ValueId>,
    /// One entry per batch normalisation, in order.
    pub moments: Vec<Moments>,
    /// One entry per dropout, in order; their inputs follow the original ones.
    pub masks: Vec<Mask>,
    values: Vec<ValueId>,
}

impl TrainingGraph {
    /// What a value of the original graph is in this one.
    pub fn value(&self, original: ValueId) -> ValueId {
        self.values[original.index()]
    }
}

/// The training form of a graph.
pub fn training(original: &Graph) -> Result<TrainingGraph, NetworkError> {
    let mut made = TrainingGraph {
        graph: Graph::new(),
        trainable: Vec::new(),
        moments: Vec::new(),
        masks: Vec::new(),
        values: Vec::new(),
    };
    made.graph.metadata.clone_from(&original.metadata);
    // Inputs first, so that the masks' come behind them.
    let not_moved_yet = ValueId(u32::MAX);
    made.values = vec![not_moved_yet; original.values().len()];
    for &input in original.inputs() {
        let value = original.value(input);
        made.values[input.index()] = made.graph.input(&value.name, value.ty.clone());
    }
    for (id, value) in original.values() {
        let new = match &value.source {
            Source::Parameter(data) => made.graph.parameter(&value.name, data.clone()),
            Source::Constant(data) => made.graph.constant(&value.name, data.clone()),
            Source::Input | Source::Node(..) => continue,
        };
        made.values[id.index()] = new;
    }
    for node in original.nodes() {
        made.node(original, node)?;
    }
    let outputs = original.outputs().iter().map(|&output| made.value(output));
    made.graph.set_outputs(outputs.collect());
    let stored: Vec<ValueId> = made
        .moments
        .iter()
        .flat_map(|moments| moments.stored)
        .collect();
    made.trainable = made.graph.parameters();
    made.trainable
        .retain(|parameter| !stored.contains(parameter));
    Ok(made)
}

impl TrainingGraph {
    fn node(&mut self, original: &Graph, node: &Node) -> Result<(), NetworkError> {
        let inputs: Vec<ValueId> = node.inputs.iter().map(|&input| self.value(input)).collect();
        let outputs = match &node.op {
            Op::BatchNorm(norm) => vec![self.batch_norm(*norm, &inputs)?],
            Op::Dropout(dropout) if dropout.ratio > 0.0 => {
                let ty = self.graph.ty(inputs[0]).clone();
                let mask = self.graph.input(&format!("{}.mask", node.name), ty);
                self.masks.push(Mask {
                    input: mask,
                    ratio: dropout.ratio,
                });
                self.graph.node(&node.name, Mul, &[inputs[0], mask])?
            }
            op => self.graph.node(&node.name, op.clone(), &inputs)?,
        };
        for (&old, new) in node.outputs.iter().zip(outputs) {
            self.values[old.index()] = new;
            let name = &original.value(old).name;
            if self.graph.value(new).name != *name {
                self.graph.rename(new, name);
            }
        }
        Ok(())
    }

    fn batch_norm(&mut self, norm: BatchNorm, inputs: &[ValueId]) -> Result<ValueId, NetworkError> {
        let &[x, scale, bias, mean, variance] = inputs else {
            // Shape inference has counted them.
            return Ok(inputs[0]);
        };
        let graph = &mut self.graph;
        let shape = graph.shape(x).to_vec();
        let others: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
        let channels = vec![shape[1].clone()];
        // Per-channel numbers stand at side 1 of the input.
        let mut column = vec![Dim::fixed(1); shape.len() - 1];
        column[0] = shape[1].clone();

        let one = graph.scalar(1.0);
        let sides = others.iter().map(|&axis| shape[axis].clone()).collect();
        let ones = graph.push(Expand { shape: sides }, &[one])?;
        let axes = (0..others.len()).collect();
        let count = graph.push(ReduceSum { axes, keep: false }, &[ones])?;
        let share = graph.push(Div, &[one, count])?;

        let over = ReduceSum {
            axes: others,
            keep: false,
        };
        let sum = graph.push(over.clone(), &[x])?;
        let batch_mean = graph.push(Mul, &[sum, share])?;
        let wide_mean = graph.push(
            Reshape {
                shape: column.clone(),
            },
            &[batch_mean],
        )?;
        let centred = graph.push(Sub, &[x, wide_mean])?;
        let squares = graph.push(Mul, &[centred, centred])?;
        let sum = graph.push(over, &[squares])?;
        let biased = graph.push(Mul, &[sum, share])?;
        let epsilon = graph.scalar(norm.epsilon);
        let shifted = graph.push(Add, &[biased, epsilon])?;
        let width = graph.push(Sqrt, &[shifted])?;
        let slope = graph.push(Div, &[scale, width])?;
        let slope = graph.push(
            Reshape {
                shape: column.clone(),
            },
            &[slope],
        )?;
        let scaled = graph.push(Mul, &[centred, slope])?;
        let bias = graph.push(Reshape { shape: column }, &[bias])?;
        let y = graph.push(Add, &[scaled, bias])?;

        let fewer = graph.push(Sub, &[count, one])?;
        let unbiased = graph.push(Div, &[sum, fewer])?;
        debug_assert_eq!(graph.shape(unbiased), channels);
        self.moments.push(Moments {
            stored: [mean, variance],
            batch: [batch_mean, unbiased],
            keep: norm.momentum,
        });
        Ok(y)
    }
}
