//! Conditions: comparisons written with those of the graph, and truth values,
//! which are the real numbers 0 and 1 here.

use pellucid_core::Tensor;
use pellucid_onnx::DataType;

use crate::error::NetworkError;
use crate::graph::{Data, Graph, Kind, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::quantised;
use crate::onnx::reader::Import;
use crate::ops::{
    Abs, Add, Equal, Greater, GreaterOrEqual, Identity, Max, Modulo, Mul, Op, Sub, ToInteger,
    ToReal,
};

/// `a < b` is `b > a`.
pub(crate) fn less(node: &mut Import<'_>) -> Imported {
    let mut inputs = node.alike()?;
    inputs.reverse();
    node.push(Greater, &inputs)
}

/// `a ≤ b` is `b ≥ a`.
pub(crate) fn less_or_equal(node: &mut Import<'_>) -> Imported {
    let mut inputs = node.alike()?;
    inputs.reverse();
    node.push(GreaterOrEqual, &inputs)
}

/// All inputs as truth values; those of the file may have become integers.
fn truths(node: &mut Import<'_>) -> Result<Vec<ValueId>, NetworkError> {
    (0..node.count()).map(|i| node.as_real(i)).collect()
}

/// `a ∧ b`: the product.
pub(crate) fn and(node: &mut Import<'_>) -> Imported {
    let inputs = truths(node)?;
    node.push(Mul, &inputs)
}

/// `a ∨ b`: the larger.
pub(crate) fn or(node: &mut Import<'_>) -> Imported {
    let inputs = truths(node)?;
    node.push(Max, &inputs)
}

/// Either, not both: the distance.
pub(crate) fn xor(node: &mut Import<'_>) -> Imported {
    let inputs = truths(node)?;
    let difference = node.add(Sub, &inputs)?;
    node.push(Abs, &[difference])
}

/// `1 − a`.
pub(crate) fn not(node: &mut Import<'_>) -> Imported {
    let (x, one) = (node.as_real(0)?, node.scalar(1.0));
    node.push(Sub, &[one, x])
}

/// Whether a number is infinite, on one side or both.
pub(crate) fn is_infinite(node: &mut Import<'_>) -> Imported {
    let proto = node.proto();
    let negative = proto.flag("detect_negative")?.unwrap_or(true);
    let positive = proto.flag("detect_positive")?.unwrap_or(true);
    let x = node.real(0)?;
    let infinite = node.scalar(if positive {
        f64::INFINITY
    } else {
        f64::NEG_INFINITY
    });
    match (negative, positive) {
        (true, true) => {
            let size = node.add(Abs, &[x])?;
            node.push(Equal, &[size, infinite])
        }
        // No number is below minus infinity.
        (false, false) => node.push(Greater, &[infinite, x]),
        _ => node.push(Equal, &[x, infinite]),
    }
}

/// Between real numbers, integers and truth values.
pub(crate) fn cast(node: &mut Import<'_>) -> Imported {
    let to = node.proto().int("to")?.unwrap_or_default();
    match i32::try_from(to).ok().and_then(DataType::from_code) {
        Some(kind) => cast_to(node, kind),
        None => Err(node.refuse(format!("numbers are not turned into the type {to}"))),
    }
}

fn cast_to(node: &mut Import<'_>, kind: DataType) -> Imported {
    // Integers of the file may be larger than those of a run.
    let x = if kind.is_real() && node.sizes(0).is_ok() {
        node.real(0)?
    } else {
        node.either(0)?
    };
    let real = node.kind(x) == Kind::Real;
    match kind {
        kind if kind.is_real() && real => node.push(Identity, &[x]),
        kind if kind.is_real() => node.push(ToReal, &[x]),
        DataType::Bool if is_truth(node.graph(), x, 0) => node.push(Identity, &[x]),
        DataType::Bool => {
            let numbers = if real { x } else { node.add(ToReal, &[x])? };
            let zero = node.scalar(0.0);
            let is_zero = node.add(Equal, &[numbers, zero])?;
            let one = node.scalar(1.0);
            node.push(Sub, &[one, is_zero])
        }
        // Integers of a quantised model are real numbers already, and stay such: those
        // of a narrower type begin again behind its last.
        kind if kind.is_integer() && real && quantised::is_quantised(node.graph(), x) => {
            let from = node.file_type(0)?;
            match narrow(kind).filter(|_| !from.is_some_and(|from| holds(kind, from))) {
                Some([count, least]) => wrapped(node, x, count, least),
                None => node.push(Identity, &[x]),
            }
        }
        kind if kind.is_integer() => {
            let truth = is_truth(node.graph(), x, 0);
            let whole = if real { node.add(ToInteger, &[x])? } else { x };
            match narrow(kind).filter(|_| !truth) {
                Some([count, least]) => wrapped(node, whole, count, least),
                None if real => Ok(vec![whole]),
                None => node.push(Identity, &[x]),
            }
        }
        _ => {
            let name = format!("{kind:?}").to_lowercase();
            Err(node.refuse(format!("numbers are not turned into the type {name}")))
        }
    }
}

/// How many integers a type of fewer than 32 bits holds, and the least of them.
fn narrow(kind: DataType) -> Option<[i32; 2]> {
    Some(match kind {
        DataType::Uint4 => [1 << 4, 0],
        DataType::Int4 => [1 << 4, -(1 << 3)],
        DataType::Uint8 => [1 << 8, 0],
        DataType::Int8 => [1 << 8, -(1 << 7)],
        DataType::Uint16 => [1 << 16, 0],
        DataType::Int16 => [1 << 16, -(1 << 15)],
        _ => return None,
    })
}

/// Whether a type holds all integers of another.
fn holds(kind: DataType, other: DataType) -> bool {
    match (narrow(kind), narrow(other)) {
        (Some([count, least]), Some([of_other, from])) => {
            least <= from && from + of_other <= least + count
        }
        _ => false,
    }
}

/// Integers as those of a narrower type, which begins again behind its last:
/// `least + (x − least) mod count`.
fn wrapped(node: &mut Import<'_>, x: ValueId, count: i32, least: i32) -> Imported {
    let real = node.kind(x) == Kind::Real;
    let [count, least] = [("count", count), ("least", least)].map(|(part, number)| {
        let number: Data = if real {
            Tensor::new(vec![], vec![f64::from(number)]).into()
        } else {
            Tensor::new(vec![], vec![number]).into()
        };
        node.constant(part, number)
    });
    let above = node.add(Sub, &[x, least])?;
    let rest = node.add(Modulo { fmod: false }, &[above, count])?;
    node.push(Add, &[rest, least])
}

/// The type of all inputs in the file, if they are integers of one type.
fn integers(node: &Import<'_>) -> Result<Option<DataType>, NetworkError> {
    let mut kind = None;
    for i in 0..node.count() {
        let own = node.file_type(i)?;
        if own.is_none() || (i > 0 && own != kind) {
            return Ok(None);
        }
        kind = own;
    }
    Ok(kind.filter(|kind| kind.is_integer()))
}

/// What an operation makes of one or two inputs. Integers are those of the file's
/// type, whether they are integers here or the real numbers of a quantised model: a
/// sum that leaves a type of few bits begins again behind its last, and a quotient
/// is cut towards 0.
pub(crate) fn arithmetic(node: &mut Import<'_>, op: impl Into<Op>) -> Imported {
    let op = op.into();
    let inputs = node.alike()?;
    let Some(kind) = integers(node)? else {
        return node.push(op, &inputs);
    };
    let real = inputs.iter().any(|&input| node.kind(input) == Kind::Real);
    let cut = real && matches!(op, Op::Div(_));
    let leaves = matches!(
        op,
        Op::Add(_) | Op::Sub(_) | Op::Mul(_) | Op::Div(_) | Op::Neg(_) | Op::Abs(_) | Op::Pow(_)
    );
    let narrow = narrow(kind).filter(|_| leaves);
    if !cut && narrow.is_none() {
        return node.push(op, &inputs);
    }
    let mut made = node.add(op, &inputs)?;
    if cut {
        let whole = quantised::whole_part();
        let (one, zero) = (node.scalar(1.0), node.scalar(0.0));
        if narrow.is_none() {
            return node.push(whole, &[made, one, zero]);
        }
        made = node.add(whole, &[made, one, zero])?;
    }
    match narrow {
        Some([count, least]) => wrapped(node, made, count, least),
        None => Ok(vec![made]),
    }
}

/// To the type of the second input.
pub(crate) fn cast_like(node: &mut Import<'_>) -> Imported {
    if let Some(kind) = node.file_type(1)? {
        return cast_to(node, kind);
    }
    let (x, like) = (node.either(0)?, node.either(1)?);
    match (node.kind(x), node.kind(like)) {
        (Kind::Real, Kind::Integer) => node.push(ToInteger, &[x]),
        (Kind::Integer, Kind::Real) => node.push(ToReal, &[x]),
        _ => node.push(Identity, &[x]),
    }
}

/// Input `i` as a condition. Files cast numbers to truth values in front of it;
/// of what is 0 or 1 already nothing is made.
pub(crate) fn condition(node: &mut Import<'_>, i: usize) -> Result<ValueId, NetworkError> {
    let given = node.as_real(i)?;
    let graph = node.graph();
    let inner = graph
        .made(given, |op| matches!(op, Op::Identity(_)))
        .map(|cast| cast[0]);
    Ok(inner
        .filter(|&inner| is_truth(graph, inner, 0))
        .unwrap_or(given))
}

/// Conditions nested deeper are not looked into.
const DEEPEST: usize = 8;

/// Whether a value is known to be 0 or 1.
fn is_truth(graph: &Graph, value: ValueId, depth: usize) -> bool {
    if let Some(data) = graph.data(value) {
        return data.to_f64().iter().all(|&x| x == 0.0 || x == 1.0);
    }
    let Some(node) = graph.producer(value) else {
        return false;
    };
    let all = |inputs: &[ValueId]| {
        depth < DEEPEST
            && inputs
                .iter()
                .all(|&input| is_truth(graph, input, depth + 1))
    };
    match node.op {
        Op::Greater(_) | Op::GreaterOrEqual(_) | Op::Equal(_) | Op::IsNan(_) => true,
        // What only moves numbers keeps them, and so do these.
        Op::Mul(_)
        | Op::Max(_)
        | Op::Identity(_)
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::Slice(_)
        | Op::Expand(_)
        | Op::Concat(_)
        | Op::ToReal(_) => all(&node.inputs),
        // `1 − a`, and the distance of two.
        Op::Sub(_) => graph.data(node.inputs[0]).is_some() && all(&node.inputs[1..]),
        Op::Abs(_) => graph
            .made(node.inputs[0], |op| matches!(op, Op::Sub(_)))
            .is_some_and(all),
        _ => false,
    }
}
