//! Ones at positions, and on diagonals.

use pellucid_core::Tensor;
use pellucid_onnx::DataType;

use crate::graph::{Dim, Kind, show};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Add, Equal, Expand, Greater, Slice, ToInteger, Trilu, Where};

/// More classes than a tagger has.
const MOST: usize = 1 << 20;

/// The second of two values where a new side's position is the index, else the
/// first. Negative indices count from the end; others outside meet no position.
pub(crate) fn one_hot(node: &mut Import<'_>) -> Imported {
    let mut indices = node.either(0)?;
    if node.kind(indices) == Kind::Real {
        indices = node.add(ToInteger, &[indices])?;
    }
    let depth = node.number(1)?;
    if depth < 1.0 || depth > MOST as f64 {
        return Err(node.refuse(format!("a depth of {depth}, expected 1 to {MOST}")));
    }
    let depth = depth as usize;
    let values = node.either(2)?;
    let mut shape = node.shape(indices);
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), shape.len() + 1)?;
    let zero = node.constant("zero", Tensor::new(vec![], vec![0]).into());
    let whole = node.constant("depth", Tensor::new(vec![], vec![depth as i32]).into());
    let negative = node.add(Greater, &[zero, indices])?;
    let from_end = node.add(Add, &[indices, whole])?;
    let indices = node.add(Where, &[negative, from_end, indices])?;
    shape.insert(axis, Dim::fixed(1));
    let indices = node.reshape(indices, shape.clone())?;
    let mut sides = vec![1; shape.len()];
    sides[axis] = depth;
    let positions = Tensor::new(sides, (0..depth as i32).collect());
    let positions = node.constant("positions", positions.into());
    let hot = node.add(Equal, &[indices, positions])?;
    let mut single = |start: usize| {
        let part = Slice {
            axis: 0,
            start: start.into(),
            length: 1.into(),
            step: 1,
        };
        let part = node.add(part, &[values])?;
        node.reshape(part, vec![])
    };
    let (off, on) = (single(0)?, single(1)?);
    node.push(Where, &[hot, on, off])
}

/// 1 on the diagonal `k` of a matrix of the input's shape, else 0.
pub(crate) fn eye_like(node: &mut Import<'_>) -> Imported {
    let shape = node.operand_shape(0)?;
    let [_, _] = shape.as_slice() else {
        return Err(node.refuse(format!("expected a matrix, found {}", show(&shape))));
    };
    let k = node.proto().int("k")?.unwrap_or(0);
    let one = node.scalar(1.0);
    let ones = node.add(Expand { shape }, &[one])?;
    let above = node.add(Trilu { upper: true, k }, &[ones])?;
    let eye = node.add(Trilu { upper: false, k }, &[above])?;
    let kind = match node.proto().int("dtype")? {
        Some(code) => i32::try_from(code).ok().and_then(DataType::from_code),
        None => Some(DataType::Float),
    };
    match kind {
        Some(kind) if kind.is_integer() => node.push(ToInteger, &[eye]),
        Some(_) => Ok(vec![eye]),
        None => Err(node.refuse("its type is not known")),
    }
}
