//! Edge convolutions in their linear form.
//!
//! A layer on `[x_i, x_j − x_i]` with the weights `[W_a, W_b]` is
//! `(W_a − W_b) x_i + W_b x_j` (Y. Wang et al., arXiv:1801.07829, eq. 8). The
//! epsilon rule finds that by itself, because the adjoints of `x_i` add up;
//! rules that part contributions by sign must be given the weights of that
//! form, with `x_j` in the place of the difference.

use pellucid_core::Tensor;

use super::carry::Carry;
use super::map::{Map, Part};
use crate::graph::{Data, Graph, Source, ValueId};
use crate::ops::{Gemm, Op};

/// A difference that meets the same weights as what is subtracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// The node that makes the difference.
    pub difference: usize,
    /// The node that meets it with weights.
    pub weights: usize,
    /// Where the channels of the subtrahend and of the difference begin.
    starts: [usize; 2],
    /// How many channels each has.
    count: usize,
    /// The side of the weights along which the channels are.
    side: usize,
}

/// The differences of a map that fold into its weights.
pub(super) fn edges(graph: &Graph, carry: &Carry, parts: &[Part], map: &Map) -> Vec<Edge> {
    let mut edges = Vec::new();
    for &weights in &map.nodes {
        if parts[weights] == Part::Weights {
            edges.extend(edges_of(graph, carry, map, weights));
        }
    }
    edges
}

fn edges_of(graph: &Graph, carry: &Carry, map: &Map, weights: usize) -> Vec<Edge> {
    let node = &graph.nodes()[weights];
    let rank = graph.shape(node.inputs[0]).len();
    let (axis, side) = match &node.op {
        Op::Gemm(Gemm {
            trans_a: false,
            trans_b,
        }) => (1, usize::from(*trans_b)),
        Op::MatMul(_) if graph.shape(node.inputs[1]).len() == 2 => (rank - 1, 0),
        Op::Conv(conv) if conv.groups == 1 => (1, 1),
        _ => return Vec::new(),
    };
    if carry.carrying(weights) != [0] || graph.data(node.inputs[1]).is_none() {
        return Vec::new();
    }
    let Some(parts) = joined(graph, map, node.inputs[0], axis) else {
        return Vec::new();
    };
    let mut edges = Vec::new();
    for &(value, start, count) in &parts {
        let Source::Node(maker, 0) = graph.value(value).source else {
            continue;
        };
        let (maker, made) = (maker.index(), graph.producer(value));
        let Some(Op::Sub(_)) = made.map(|made| &made.op) else {
            continue;
        };
        let both = map.nodes.contains(&maker) && carry.edges[maker] == [true, true];
        let subtrahend = graph.nodes()[maker].inputs[1];
        let other = parts
            .iter()
            .find(|part| part.0 == subtrahend && part.2 == count);
        if let (true, Some(other)) = (both, other) {
            edges.push(Edge {
                difference: maker,
                weights,
                starts: [other.1, start],
                count,
                side,
            });
        }
    }
    edges
}

/// The values that are joined along a side, through moves within the map: each
/// with its first channel and their number.
fn joined(
    graph: &Graph,
    map: &Map,
    mut value: ValueId,
    mut axis: usize,
) -> Option<Vec<(ValueId, usize, usize)>> {
    loop {
        let Source::Node(maker, 0) = graph.value(value).source else {
            return None;
        };
        let node = &graph.nodes()[maker.index()];
        if !map.nodes.contains(&maker.index()) {
            return None;
        }
        match &node.op {
            Op::Transpose(turn) => axis = turn.perm[axis],
            Op::Reshape(_) => {
                // Only sides in front of the last are joined or parted.
                let (from, to) = (graph.shape(node.inputs[0]), graph.shape(value));
                if axis + 1 != to.len() || from.last() != to.last() {
                    return None;
                }
                axis = from.len() - 1;
            }
            Op::Identity(_) | Op::Dropout(_) => {}
            Op::Concat(concat) if concat.axis == axis => {
                let mut start = 0;
                let mut parts = Vec::with_capacity(node.inputs.len());
                for &input in &node.inputs {
                    let count = graph.shape(input)[axis].known()?;
                    parts.push((input, start, count));
                    start += count;
                }
                return Some(parts);
            }
            _ => return None,
        }
        value = node.inputs[0];
    }
}

/// The weights of the linear form.
pub(super) fn folded(weights: &Data, edge: &Edge) -> Data {
    let shape = weights.shape().to_vec();
    let mut numbers = weights.to_f64();
    let inner: usize = shape[edge.side + 1..].iter().product();
    let row = shape[edge.side] * inner;
    for outer in 0..shape[..edge.side].iter().product() {
        let [own, difference] = edge.starts.map(|start| outer * row + start * inner);
        for i in 0..edge.count * inner {
            numbers[own + i] -= numbers[difference + i];
        }
    }
    match weights {
        Data::F32(_) => Tensor::new(shape, numbers.into_iter().map(|x| x as f32).collect()).into(),
        _ => Tensor::new(shape, numbers).into(),
    }
}
