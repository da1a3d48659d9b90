//! Normalisations and means that exporters write in several operations.

use crate::error::NetworkError;
use crate::graph::{Graph, ValueId, volume};
use crate::onnx::operand::decimal;
use crate::ops::{Exp, LayerNorm, LogSoftmax, Op, ReduceMax, ReduceMean, ReduceSum, Softmax};
use crate::transform::fold::Met;
use crate::transform::fold::look::{about, factors, number, of, shifted, trailing};

pub(super) fn recognised(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let found = match (met.op, met.inputs) {
        (Op::Div(_), &[a, b]) => layer_norm(graph, a, b, false)
            .or_else(|| softmax(graph, a, b))
            .or_else(|| mean(graph, a, b)),
        (Op::Mul(_), &[a, b]) => {
            layer_norm(graph, a, b, true).or_else(|| layer_norm(graph, b, a, true))
        }
        (Op::Sub(_), &[a, b]) => log_softmax(graph, a, b),
        (Op::Log(_), &[x]) => graph
            .made(x, |op| matches!(op, Op::Softmax(_)))
            .and_then(|inputs| {
                let Some(Op::Softmax(Softmax { axis })) = graph.producer(x).map(|node| &node.op)
                else {
                    return None;
                };
                Some((LogSoftmax { axis: *axis }.into(), inputs[0]))
            }),
        (Op::Exp(_), &[x]) => match graph.producer(x) {
            Some(node) => match node.op {
                Op::LogSoftmax(LogSoftmax { axis }) => {
                    Some((Softmax { axis }.into(), node.inputs[0]))
                }
                _ => None,
            },
            None => None,
        },
        (Op::GlobalAveragePool(_), &[x]) => {
            let axes = (2..graph.shape(x).len()).collect();
            Some((ReduceMean { axes, keep: true }.into(), x))
        }
        _ => None,
    };
    match found {
        Some((op, x)) => Ok(Some(graph.node(met.name, op, &[x])?[0])),
        None => Ok(None),
    }
}

/// `x − m(x)` over (or times one over) `√(m((x − m(x))²) + epsilon)`, with `m`
/// the mean over the last sides.
fn layer_norm(
    graph: &Graph,
    centred: ValueId,
    width: ValueId,
    inverse: bool,
) -> Option<(Op, ValueId)> {
    let root = if inverse {
        of(graph, width, |op| matches!(op, Op::Reciprocal(_)))?
    } else {
        width
    };
    let inside = of(graph, root, |op| matches!(op, Op::Sqrt(_)))?;
    let (variance, epsilon) = shifted(graph, inside)?;
    let (axes, square) = kept_mean(graph, variance)?;
    let (one, parts) = factors(graph, square, Some(centred));
    let &[x, center] = graph.made(centred, |op| matches!(op, Op::Sub(_)))? else {
        return None;
    };
    let (same, meant) = kept_mean(graph, center)?;
    let axis = trailing(&axes, graph.shape(x).len())?;
    let fits = one == 1.0 && parts == [centred, centred] && same == axes && meant == x;
    // One exporter keeps it as an attribute, which is read as a decimal.
    let single = epsilon as f32;
    let epsilon = if f64::from(single) == epsilon {
        decimal(single)
    } else {
        epsilon
    };
    (fits && epsilon >= 0.0).then_some((LayerNorm { axis, epsilon }.into(), x))
}

/// The sides and the input of a mean that keeps its sides.
fn kept_mean(graph: &Graph, value: ValueId) -> Option<(Vec<usize>, ValueId)> {
    let node = graph.producer(value)?;
    match &node.op {
        Op::ReduceMean(ReduceMean { axes, keep: true }) => {
            let mut axes = axes.clone();
            axes.sort_unstable();
            Some((axes, node.inputs[0]))
        }
        _ => None,
    }
}

/// The side and the input of a sum along one side that it keeps.
fn kept_sum(graph: &Graph, value: ValueId) -> Option<(usize, ValueId)> {
    let node = graph.producer(value)?;
    match &node.op {
        Op::ReduceSum(ReduceSum { axes, keep: true }) => match axes[..] {
            [axis] => Some((axis, node.inputs[0])),
            _ => None,
        },
        _ => None,
    }
}

/// `x` without its largest along a side, if it is such; any `x` else.
fn lowered(graph: &Graph, value: ValueId, axis: usize) -> ValueId {
    let without = graph.made(value, |op| matches!(op, Op::Sub(_))).and_then(|inputs| {
        let &[x, top] = inputs else { return None };
        let node = graph.producer(top)?;
        let largest =
            matches!(&node.op, Op::ReduceMax(ReduceMax { axes, keep: true }) if *axes == [axis]);
        (largest && node.inputs[0] == x).then_some(x)
    });
    without.unwrap_or(value)
}

/// `eˣ / Σ eˣ`.
fn softmax(graph: &Graph, power: ValueId, sum: ValueId) -> Option<(Op, ValueId)> {
    let (axis, summed) = kept_sum(graph, sum)?;
    let x = of(graph, power, |op| matches!(op, Op::Exp(Exp)))?;
    (summed == power).then(|| (Softmax { axis }.into(), lowered(graph, x, axis)))
}

/// `x − ln Σ eˣ`.
fn log_softmax(graph: &Graph, x: ValueId, log: ValueId) -> Option<(Op, ValueId)> {
    let sum = of(graph, log, |op| matches!(op, Op::Log(_)))?;
    let (axis, power) = kept_sum(graph, sum)?;
    let same = of(graph, power, |op| matches!(op, Op::Exp(Exp)))?;
    (same == x).then(|| (LogSoftmax { axis }.into(), lowered(graph, x, axis)))
}

/// A sum over the number of its terms.
fn mean(graph: &Graph, sum: ValueId, count: ValueId) -> Option<(Op, ValueId)> {
    let node = graph.producer(sum)?;
    let Op::ReduceSum(ReduceSum { axes, keep }) = &node.op else {
        return None;
    };
    let x = node.inputs[0];
    let sides: Vec<_> = axes
        .iter()
        .map(|&axis| graph.shape(x)[axis].clone())
        .collect();
    let terms = volume(&sides).known()?;
    let (axes, keep) = (axes.clone(), *keep);
    about(number(graph, count)?, terms as f64).then_some((ReduceMean { axes, keep }.into(), x))
}
