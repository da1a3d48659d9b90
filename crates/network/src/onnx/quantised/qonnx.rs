//! The quantisers of QONNX and Brevitas, operations of a domain of their own:
//!
//! $$ y = s\,\bigl(\mathrm{round}(\mathrm{clip}(x / s + z)) - z\bigr). $$
//!
//! **Reference:** A. Pappalardo et al., arXiv:2206.07527, section 4.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::composite::Reader;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Dequantise, Quantise, Rounding};

/// The domains.
pub(in crate::onnx) const DOMAINS: &[&str] = &[
    "qonnx.custom_op.general",
    "onnx.brevitas",
    "finn.custom_op.general",
];

/// The operations of these domains.
pub(in crate::onnx) const NAMES: &[&str] = &["BipolarQuant", "IntQuant", "Quant", "Trunc"];

/// What reads nodes of these domains.
pub(in crate::onnx) fn reader(name: &str) -> Option<Reader> {
    match name {
        "Quant" | "IntQuant" => Some(quant),
        "BipolarQuant" => Some(bipolar),
        "Trunc" => Some(trunc),
        _ => None,
    }
}

fn rounding(node: &Import<'_>, default: &str) -> Result<Rounding, NetworkError> {
    let name = node.proto().string("rounding_mode")?.unwrap_or(default);
    Ok(match name.to_uppercase().as_str() {
        "ROUND" | "HALF_EVEN" => Rounding::Even,
        "CEIL" => Rounding::Up,
        "FLOOR" => Rounding::Down,
        "ROUND_TO_ZERO" | "DOWN" => Rounding::TowardsZero,
        "UP" => Rounding::AwayFromZero,
        "HALF_UP" => Rounding::HalfAway,
        "HALF_DOWN" => Rounding::HalfTowardsZero,
        _ => return Err(node.refuse(format!("the rounding_mode `{name}` is not known"))),
    })
}

/// `y` of the integers that `op` makes of `x`, with the step and the zero point
/// at inputs 1 and 2.
fn through(node: &mut Import<'_>, x: ValueId, op: Quantise) -> Imported {
    let (step, zero) = (node.real(1)?, node.real(2)?);
    let q = node.add(op, &[x, step, zero])?;
    node.push(Dequantise, &[q, step, zero])
}

fn quant(node: &mut Import<'_>) -> Imported {
    let bits = node.number(3)?;
    let signed = node.proto().flag("signed")?.unwrap_or(true);
    let narrow = node.proto().flag("narrow")?.unwrap_or(false);
    let all = bits.exp2();
    let (low, high) = match (signed, narrow) {
        (true, false) => (-all / 2.0, all / 2.0 - 1.0),
        (true, true) => (1.0 - all / 2.0, all / 2.0 - 1.0),
        (false, false) => (0.0, all - 1.0),
        (false, true) => (0.0, all - 2.0),
    };
    let op = Quantise {
        low,
        high,
        rounding: rounding(node, "ROUND")?,
        shift_first: true,
    };
    let x = node.real(0)?;
    through(node, x, op)
}

/// `s` for what is not negative, else `−s`.
fn bipolar(node: &mut Import<'_>) -> Imported {
    let (x, step, zero) = (node.real(0)?, node.real(1)?, node.scalar(0.0));
    let op = Quantise {
        low: -1.0,
        high: 1.0,
        rounding: Rounding::Sign,
        shift_first: true,
    };
    let q = node.add(op, &[x, step, zero])?;
    node.push(Dequantise, &[q, step, zero])
}

/// The upper bits of integers: `s (⌊round(x/s + z) / 2ᵏ⌋ − z)`.
fn trunc(node: &mut Import<'_>) -> Imported {
    if node.count() != 5 {
        return Err(node.refuse(
            "expected x, scale, zeropt, in_bitwidth and out_bitwidth; the form with an out_scale \
             is not supported",
        ));
    }
    let (before, after) = (node.number(3)?, node.number(4)?);
    let whole = Quantise {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
        rounding: Rounding::Even,
        shift_first: true,
    };
    let upper = Quantise {
        rounding: rounding(node, "FLOOR")?,
        ..whole
    };
    let (x, step, zero) = (node.real(0)?, node.real(1)?, node.real(2)?);
    let q = node.add(whole, &[x, step, zero])?;
    let (cut, none) = (node.scalar((before - after).exp2()), node.scalar(0.0));
    let q = node.add(upper, &[q, cut, none])?;
    node.push(Dequantise, &[q, step, zero])
}
