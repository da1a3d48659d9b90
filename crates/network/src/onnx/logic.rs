//! Conditions: comparisons written with those of the graph, and truth values,
//! which are the real numbers 0 and 1 here.

use pellucid_onnx::DataType;

use crate::graph::Kind;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Abs, Equal, Greater, GreaterOrEqual, Identity, Max, Mul, Sub, ToInteger, ToReal};

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

/// `a ∧ b`: the product.
pub(crate) fn and(node: &mut Import<'_>) -> Imported {
    let inputs = node.reals()?;
    node.push(Mul, &inputs)
}

/// `a ∨ b`: the larger.
pub(crate) fn or(node: &mut Import<'_>) -> Imported {
    let inputs = node.reals()?;
    node.push(Max, &inputs)
}

/// Either, not both: the distance.
pub(crate) fn xor(node: &mut Import<'_>) -> Imported {
    let inputs = node.reals()?;
    let difference = node.add(Sub, &inputs)?;
    node.push(Abs, &[difference])
}

/// `1 − a`.
pub(crate) fn not(node: &mut Import<'_>) -> Imported {
    let (x, one) = (node.real(0)?, node.scalar(1.0));
    node.push(Sub, &[one, x])
}

/// Between real numbers, integers and truth values.
pub(crate) fn cast(node: &mut Import<'_>) -> Imported {
    let to = node.proto().int("to")?.unwrap_or_default();
    let kind = i32::try_from(to).ok().and_then(DataType::from_code);
    // Integers of the file may be larger than those of a run.
    let x = if kind.is_some_and(DataType::is_real) && node.sizes(0).is_ok() {
        node.real(0)?
    } else {
        node.either(0)?
    };
    let real = node.kind(x) == Kind::Real;
    match kind {
        Some(kind) if kind.is_real() && real => node.push(Identity, &[x]),
        Some(kind) if kind.is_real() => node.push(ToReal, &[x]),
        Some(DataType::Bool) => {
            let numbers = if real { x } else { node.add(ToReal, &[x])? };
            let zero = node.scalar(0.0);
            let is_zero = node.add(Equal, &[numbers, zero])?;
            let one = node.scalar(1.0);
            node.push(Sub, &[one, is_zero])
        }
        Some(kind) if kind.is_integer() && real => node.push(ToInteger, &[x]),
        Some(kind) if kind.is_integer() => node.push(Identity, &[x]),
        _ => Err(node.refuse(format!("numbers are not turned into the type {to}"))),
    }
}

/// To the kind of the second input.
pub(crate) fn cast_like(node: &mut Import<'_>) -> Imported {
    let (x, like) = (node.either(0)?, node.either(1)?);
    match (node.kind(x), node.kind(like)) {
        (Kind::Real, Kind::Integer) => node.push(ToInteger, &[x]),
        (Kind::Integer, Kind::Real) => node.push(ToReal, &[x]),
        _ => node.push(Identity, &[x]),
    }
}
