//! Small algebra: neutral numbers, powers with a simpler name, a product and
//! its bias as one layer.

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Kind, Source, ValueId};
use crate::ops::{Clip, Gemm, LeakyRelu, Mul, Neg, Op, Reciprocal, Relu, Reshape, Sqrt};
use crate::transform::fold::Met;
use crate::transform::fold::look::{like, number, of, with_number};

pub(super) fn simplified(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let (name, op, inputs) = (met.name, met.op, met.inputs);
    // Integers have another algebra: `1 / b` is 0 for most of them.
    let whole = |&id: &ValueId| graph.ty(id).kind == Kind::Integer;
    if inputs.iter().any(whole) {
        return Ok(None);
    }
    let make =
        |graph: &mut Graph, op: Op, inputs: &[ValueId]| Ok(Some(graph.node(name, op, inputs)?[0]));
    match (op, inputs) {
        (Op::Pow(_), &[x, power]) => match number(graph, power) {
            Some(1.0) => Ok(Some(x)),
            Some(2.0) => make(graph, Mul.into(), &[x, x]),
            Some(0.5) => make(graph, Sqrt.into(), &[x]),
            Some(-1.0) => make(graph, Reciprocal.into(), &[x]),
            Some(-0.5) => {
                let root = graph.push(Sqrt, &[x])?;
                Ok(Some(graph.node(name, Reciprocal, &[root])?[0]))
            }
            _ => Ok(None),
        },
        (Op::Neg(_), &[x]) => Ok(of(graph, x, |op| matches!(op, Op::Neg(_)))),
        (Op::Div(_), &[a, b]) if number(graph, a) == Some(1.0) && graph.shape(a).is_empty() => {
            make(graph, Reciprocal.into(), &[b])
        }
        (Op::Sub(_), &[a, b]) if number(graph, a) == Some(0.0) && graph.shape(a).is_empty() => {
            make(graph, Neg.into(), &[b])
        }
        (Op::Clip(clip), &[x]) if clip.low == 0.0 && clip.high == f64::INFINITY => {
            make(graph, Relu.into(), &[x])
        }
        (Op::Max(_), inputs) => match with_number(graph, inputs) {
            Some((x, 0.0)) => make(graph, Relu.into(), &[x]),
            Some((x, low)) => {
                let high = f64::INFINITY;
                make(graph, Clip { low, high }.into(), &[x])
            }
            None => Ok(None),
        },
        (Op::Gemm(gemm), inputs) if !gemm.trans_a && !gemm.trans_b && met.alone[1] => {
            let Some(w) = transposed(graph, inputs[1]) else {
                return Ok(None);
            };
            let mut inputs = inputs.to_vec();
            inputs[1] = w;
            make(graph, Gemm::NT.into(), &inputs)
        }
        (Op::Gemm(_) | Op::Conv(_), &[x, w, bias]) if zeros(graph, bias) => {
            make(graph, op.clone(), &[x, w])
        }
        (Op::Where(_), &[condition, x, below]) => match slope(graph, condition, x, below) {
            Some(slope) => make(graph, LeakyRelu { slope }.into(), &[x]),
            None => Ok(None),
        },
        (Op::Mul(_) | Op::Add(_) | Op::Sub(_) | Op::Div(_), inputs) => {
            if let Some(x) = neutral(graph, op, inputs) {
                return Ok(Some(x));
            }
            if let (Op::Add(_), Some(sum)) = (op, biased(graph, met)?) {
                return Ok(Some(sum));
            }
            // What is constant stands behind, as one exporter has it.
            match (op, inputs) {
                (Op::Add(_) | Op::Mul(_), &[a, b])
                    if graph.data(a).is_some() && graph.data(b).is_none() =>
                {
                    make(graph, op.clone(), &[b, a])
                }
                _ => Ok(None),
            }
        }
        (Op::MatMul(_), &[x, w]) if graph.shape(x).len() == 2 && graph.shape(w).len() == 2 => {
            make(graph, Gemm::NN.into(), &[x, w])
        }
        _ => Ok(None),
    }
}

/// Whether a constant is 0 everywhere.
fn zeros(graph: &Graph, constant: ValueId) -> bool {
    graph
        .data(constant)
        .is_some_and(|data| data.to_f64().iter().all(|&number| number == 0.0))
}

/// A known matrix with its sides exchanged, under its own name: weights stand
/// as `[out, in]`, as PyTorch has them.
fn transposed(graph: &mut Graph, matrix: ValueId) -> Option<ValueId> {
    let data = graph.data(matrix)?.clone();
    let &[rows, columns] = data.shape() else {
        return None;
    };
    let numbers = data.to_f64();
    let turned = (0..columns)
        .flat_map(|j| (0..rows).map(move |i| (i, j)))
        .map(|(i, j)| numbers[i * columns + j])
        .collect();
    let turned = like(&data, &[columns, rows], turned);
    let weight = matches!(graph.value(matrix).source, Source::Parameter(_));
    let name = graph.value(matrix).name.clone();
    graph.rename(matrix, &format!("{name}/unfolded"));
    Some(if weight {
        graph.parameter(&name, turned)
    } else {
        graph.constant(&name, turned)
    })
}

/// What a neutral number leaves as it is.
fn neutral(graph: &Graph, op: &Op, inputs: &[ValueId]) -> Option<ValueId> {
    if let (Op::Mul(_), &[x, scale]) = (op, inputs)
        && all_ones(graph, x, scale)
    {
        return Some(x);
    }
    let (x, c) = with_number(graph, inputs)?;
    let first = inputs[0] == x;
    let nothing = match op {
        Op::Mul(_) => c == 1.0,
        Op::Div(_) => c == 1.0 && first,
        Op::Add(_) => c == 0.0,
        Op::Sub(_) => c == 0.0 && first,
        _ => false,
    };
    nothing.then_some(x)
}

/// Whether a constant is 1 everywhere and fits into the shape of `x`: the scale
/// of a normalisation that was not trained.
fn all_ones(graph: &Graph, x: ValueId, scale: ValueId) -> bool {
    let (wide, narrow) = (graph.shape(x), graph.shape(scale));
    let fits = wide.iter().rev().zip(narrow.iter().rev());
    narrow.len() <= wide.len()
        && fits
            .into_iter()
            .all(|(side, own)| own.known() == Some(1) || side == own)
        && graph
            .data(scale)
            .is_some_and(|data| data.to_f64().iter().all(|&number| number == 1.0))
}

/// The slope below 0 of `x > 0 ? x : slope x`.
fn slope(graph: &Graph, condition: ValueId, x: ValueId, below: ValueId) -> Option<f64> {
    let &[a, zero] = graph.made(condition, |op| matches!(op, Op::Greater(_)))? else {
        return None;
    };
    let scaled = graph.made(below, |op| matches!(op, Op::Mul(_)))?;
    let (y, alpha) = with_number(graph, scaled)?;
    (a == x && y == x && number(graph, zero) == Some(0.0)).then_some(alpha)
}

/// A product or convolution without bias, and the constant row added to it.
fn biased(graph: &mut Graph, met: &Met<'_>) -> Result<Option<ValueId>, NetworkError> {
    let &[a, b] = met.inputs else { return Ok(None) };
    for (sum, bias, alone) in [(a, b, met.alone[0]), (b, a, met.alone[1])] {
        if graph.data(bias).is_none() || !alone {
            continue;
        }
        let Some(layer) = graph.producer(sum).cloned() else {
            continue;
        };
        let rank = graph.shape(sum).len();
        let shape = graph.shape(bias).to_vec();
        let linear = matches!(layer.op, Op::Gemm(_) | Op::Conv(_));
        if !linear || layer.inputs.len() != 2 || shape.len() > rank {
            continue;
        }
        // A row for a product, a column of channels for a convolution.
        let mut column = vec![Dim::fixed(1); rank];
        column[1] = graph.shape(sum)[1].clone();
        let lead = rank - shape.len();
        if column[lead..] != shape[..] || (lead > 1 && rank > 1) {
            continue;
        }
        let row = vec![column[1].clone()];
        let bias = if shape == row {
            bias
        } else {
            // A constant: the next pass computes it.
            graph.push(Reshape { shape: row }, &[bias])?
        };
        let inputs = [layer.inputs[0], layer.inputs[1], bias];
        return Ok(Some(graph.node(met.name, layer.op, &inputs)?[0]));
    }
    Ok(None)
}
