//! Activations that exporters write in several operations.

use crate::error::NetworkError;
use crate::graph::{Graph, ValueId};
use crate::ops::{Clip, Exp, Gelu, HardSwish, Mish, Op, Sigmoid, Silu, Softplus};
use crate::transform::fold::Met;
use crate::transform::fold::look::{about, factors, number, of, scaled, shifted, with_number};

pub(super) fn recognised(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let (name, op, inputs) = (met.name, met.op, met.inputs);
    let found = match (op, inputs) {
        (Op::Reciprocal(_), &[x]) => sigmoid(graph, x),
        (Op::Log(_), &[x]) => softplus(graph, x),
        (Op::Mul(_) | Op::Div(_), inputs) => product(graph, op, inputs),
        (Op::Where(_), &[large, x, soft]) => linear_end(graph, large, x, soft),
        _ => None,
    };
    match found {
        Some((op, x)) => Ok(Some(graph.node(name, op, &[x])?[0])),
        None => Ok(None),
    }
}

/// `1 / (1 + e^(−x))`, of which `x` is the divisor.
fn sigmoid(graph: &Graph, divisor: ValueId) -> Option<(Op, ValueId)> {
    let (power, one) = shifted(graph, divisor)?;
    let minus = of(graph, power, is_exp)?;
    let (x, sign) = scaled(graph, minus)?;
    (one == 1.0 && sign == -1.0).then_some((Sigmoid.into(), x))
}

/// `ln(1 + eˣ)`.
fn softplus(graph: &Graph, inside: ValueId) -> Option<(Op, ValueId)> {
    let (power, one) = shifted(graph, inside)?;
    let x = of(graph, power, is_exp)?;
    (one == 1.0).then_some((Softplus.into(), x))
}

/// A softplus that is `x` itself where `x` is so large (20, in PyTorch) that
/// the two differ by less than single precision.
fn linear_end(graph: &Graph, large: ValueId, x: ValueId, soft: ValueId) -> Option<(Op, ValueId)> {
    let &[a, limit] = graph.made(large, |op| matches!(op, Op::Greater(_)))? else {
        return None;
    };
    let same = of(graph, soft, |op| matches!(op, Op::Softplus(_)))? == x && a == x;
    (same && number(graph, limit)? >= 20.0).then(|| (Softplus.into(), x))
}

fn is_exp(op: &Op) -> bool {
    matches!(op, Op::Exp(Exp))
}

/// `x` times a gate of `x`, where the product may be scaled.
fn product(graph: &Graph, op: &Op, inputs: &[ValueId]) -> Option<(Op, ValueId)> {
    let is_mul = |op: &Op| matches!(op, Op::Mul(_));
    let (number, factors) = match with_number(graph, inputs) {
        None if is_mul(op) => (1.0, inputs),
        Some((inner, c)) if is_mul(op) => (c, graph.made(inner, is_mul)?),
        Some((inner, c)) if inputs[0] == inner => (1.0 / c, graph.made(inner, is_mul)?),
        _ => return None,
    };
    let &[one, other] = factors else { return None };
    [(one, other), (other, one)]
        .into_iter()
        .find_map(|(one, other)| gated(graph, number, one, other))
}

/// `number · one · other`, where one of the factors of `other` is a gate.
fn gated(graph: &Graph, number: f64, one: ValueId, other: ValueId) -> Option<(Op, ValueId)> {
    // The gate may stand within a product with the number or with x.
    let (c, parts) = factors(graph, other, Some(one));
    for &gate in &parts {
        let Some((op, x, scale)) = gate_of(graph, gate) else {
            continue;
        };
        let mut rest: Vec<ValueId> = parts.iter().copied().filter(|&part| part != gate).collect();
        let (d, found) = factors(graph, one, Some(x));
        rest.extend(found);
        if rest == [x] && about(number * c * d, scale) {
            return Some((op, x));
        }
    }
    None
}

/// What `scale · x · gate` is, for the gates that there are.
fn gate_of(graph: &Graph, gate: ValueId) -> Option<(Op, ValueId, f64)> {
    let node = graph.producer(gate)?;
    match &node.op {
        Op::Sigmoid(_) => Some((Silu.into(), node.inputs[0], 1.0)),
        Op::Tanh(_) => {
            let x = of(graph, node.inputs[0], |op| matches!(op, Op::Softplus(_)))?;
            Some((Mish.into(), x, 1.0))
        }
        Op::Clip(clip) => hard_gate(graph, *clip, node.inputs[0]),
        Op::Add(_) | Op::Sub(_) => {
            let (curve, one) = shifted(graph, gate)?;
            if one != 1.0 {
                return None;
            }
            if let Some(inside) = of(graph, curve, |op| matches!(op, Op::Erf(_))) {
                let (x, c) = scaled(graph, inside)?;
                let exact = about(c, std::f64::consts::FRAC_1_SQRT_2);
                return exact.then_some((Gelu { tanh: false }.into(), x, 0.5));
            }
            let inside = of(graph, curve, |op| matches!(op, Op::Tanh(_)))?;
            let x = bent(graph, inside)?;
            Some((Gelu { tanh: true }.into(), x, 0.5))
        }
        _ => None,
    }
}

/// `min(max(x + 3, 0), 6)` or `min(max(x / 6 + ½, 0), 1)`.
fn hard_gate(graph: &Graph, clip: Clip, inside: ValueId) -> Option<(Op, ValueId, f64)> {
    let (base, shift) = shifted(graph, inside)?;
    if clip.low == 0.0 && clip.high == 6.0 && shift == 3.0 {
        return Some((HardSwish.into(), base, 1.0 / 6.0));
    }
    let (x, slope) = scaled(graph, base)?;
    let unit = clip.low == 0.0 && clip.high == 1.0 && about(shift, 0.5) && about(slope, 1.0 / 6.0);
    unit.then_some((HardSwish.into(), x, 1.0))
}

/// The `x` of `√(2/π) (x + 0.044715 x³)`, the sum or the factor `1 + 0.044715 x²`.
fn bent(graph: &Graph, value: ValueId) -> Option<ValueId> {
    const SCALE: f64 = 0.797_884_560_802_865_4;
    const CUBE: f64 = 0.044_715;
    let is_add = |op: &Op| matches!(op, Op::Add(_));
    let (scale, parts) = factors(graph, value, None);
    if !about(scale, SCALE) {
        return None;
    }
    match parts[..] {
        [sum] => {
            let &[a, b] = graph.made(sum, is_add)? else {
                return None;
            };
            [(a, b), (b, a)].into_iter().find_map(|(x, cube)| {
                let (c, powers) = factors(graph, cube, Some(x));
                (about(c, CUBE) && powers == [x, x, x]).then_some(x)
            })
        }
        [a, b] => [(a, b), (b, a)].into_iter().find_map(|(x, factor)| {
            let (square, one) = shifted(graph, factor)?;
            let (c, powers) = factors(graph, square, Some(x));
            (one == 1.0 && about(c, CUBE) && powers == [x, x]).then_some(x)
        }),
        _ => None,
    }
}
