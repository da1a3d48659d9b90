//! Columns scaled, rows normalised, gaps filled.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Div, Equal, Identity, Max, Mul, Op, ReduceMax, ReduceSum, Sqrt, Sub, Where};

use super::{numbers, per_column, row, table};

/// `y = (x − offset) · scale`, column by column.
pub(super) fn scaler(node: &mut Import<'_>) -> Imported {
    let (mut x, columns) = table(node, 0)?;
    let given = x;
    if let Some(offset) = per_column(node, "offset", columns)?
        && offset.iter().any(|&x| x != 0.0)
    {
        let offset = row(node, "offset", offset);
        x = node.add(Sub, &[x, offset])?;
    }
    if let Some(scale) = per_column(node, "scale", columns)?
        && scale.iter().any(|&x| x != 1.0)
    {
        let scale = row(node, "scale", scale);
        x = node.add(Mul, &[x, scale])?;
    }
    if x == given {
        return node.push(Identity, &[x]);
    }
    Ok(vec![x])
}

/// Rows divided by their largest number (`MAX`), the sum of their moduli (`L1`)
/// or their length (`L2`); a row of zeros stays.
pub(super) fn normalizer(node: &mut Import<'_>) -> Imported {
    let (x, _) = table(node, 0)?;
    let norm = node.proto().string("norm")?.unwrap_or("MAX");
    let axes = vec![1];
    let keep = true;
    let size = match norm {
        // Probabilities that add up to 1 already.
        "L1" if sums_to_one(node, x) => return node.push(Identity, &[x]),
        "L1" => {
            let opposite = node.add(crate::ops::Neg, &[x])?;
            let moduli = node.add(Max, &[x, opposite])?;
            node.add(ReduceSum { axes, keep }, &[moduli])?
        }
        "L2" => {
            let squares = node.add(Mul, &[x, x])?;
            let sum = node.add(ReduceSum { axes, keep }, &[squares])?;
            node.add(Sqrt, &[sum])?
        }
        "MAX" => node.add(ReduceMax { axes, keep }, &[x])?,
        other => {
            return Err(node.refuse(format!("the norm `{other}`, expected MAX, L1 or L2")));
        }
    };
    let (zero, one) = (node.scalar(0.0), node.scalar(1.0));
    let empty = node.add(Equal, &[size, zero])?;
    let size = node.add(Where, &[empty, one, size])?;
    node.push(Div, &[x, size])
}

/// Whether the rows of a value are known to be probabilities that add up to 1:
/// a softmax, or the sigmoids of a number and of its opposite.
fn sums_to_one(node: &Import<'_>, x: ValueId) -> bool {
    let graph = node.graph();
    if graph.shape(x).len() != 2 {
        return false;
    }
    if graph
        .made(
            x,
            |op| matches!(op, Op::Softmax(softmax) if softmax.axis == 1),
        )
        .is_some()
    {
        return true;
    }
    let opposite = |id: ValueId, of: usize| -> bool {
        let Some(data) = graph.data(id) else {
            return false;
        };
        let numbers = data.to_f64();
        let (first, second) = numbers.split_at(numbers.len() / 2);
        data.shape().first() == Some(&2)
            && data.shape().len() == of
            && first.iter().zip(second).all(|(a, b)| *a == -b)
    };
    graph
        .made(x, |op| matches!(op, Op::Sigmoid(_)))
        .and_then(|inputs| graph.made(inputs[0], |op| matches!(op, Op::Gemm(gemm) if gemm.trans_b)))
        .is_some_and(|inputs| {
            let row = inputs.get(2).is_none_or(|&row| opposite(row, 1));
            row && opposite(inputs[1], 2)
        })
}

/// What stands for a missing number (NaN, or a number of its own) is replaced
/// by the column's number.
pub(super) fn imputer(node: &mut Import<'_>) -> Imported {
    let (x, columns) = table(node, 0)?;
    let proto = node.proto();
    let (fill, missing) = if proto.attribute("imputed_value_int64s").is_some() {
        let fill = proto.ints("imputed_value_int64s")?.unwrap_or_default();
        let missing = proto.int("replaced_value_int64")?.unwrap_or(0);
        let fill = fill.iter().map(|&x| x as f32).collect();
        (fill, missing as f32)
    } else {
        let missing = proto.float("replaced_value_float")?.unwrap_or(0.0);
        (numbers(node, "imputed_value_floats")?, missing)
    };
    if fill.len() != 1 && fill.len() != columns {
        return Err(node.refuse(format!(
            "{} numbers to fill in for {columns} columns",
            fill.len()
        )));
    }
    let fill = row(node, "fill", fill);
    if missing.is_nan() {
        // What is not a number equals nothing, not even itself.
        let there = node.add(Equal, &[x, x])?;
        return node.push(Where, &[there, x, fill]);
    }
    let missing = node.scalar(f64::from(missing));
    let gone = is(node, x, missing)?;
    node.push(Where, &[gone, fill, x])
}

fn is(node: &mut Import<'_>, x: ValueId, what: ValueId) -> Result<ValueId, NetworkError> {
    node.add(Equal, &[x, what])
}
