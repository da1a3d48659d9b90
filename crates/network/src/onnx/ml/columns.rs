//! Choosing and joining columns.

use crate::graph::{Dim, Kind};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Concat, Gather, Identity, Places, ToReal};

/// `y[…, j] = x[…, i[j]]`; of a vector as one row.
pub(super) fn array_feature_extractor(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    let mut shape = node.shape(x);
    let Some(axis) = shape.len().checked_sub(1) else {
        return Err(node.refuse("expected columns, found a number"));
    };
    let indices = node.indices(1)?;
    let sides = node.shape(indices);
    let count = crate::graph::volume(&sides);
    let indices = node.reshape_if(indices, vec![count.clone()])?;
    let places = Places::Along { axis };
    let picked = node.add(Gather { places }, &[x, indices])?;
    shape[axis] = count;
    if shape.len() == 1 {
        shape.insert(0, Dim::fixed(1));
    }
    Ok(vec![node.reshape_if(picked, shape)?])
}

/// The columns of all inputs behind each other.
pub(super) fn feature_vectorizer(node: &mut Import<'_>) -> Imported {
    let mut parts = Vec::with_capacity(node.count());
    for i in 0..node.count() {
        let x = node.as_real(i)?;
        let mut shape = node.shape(x);
        if shape.len() == 1 {
            shape.push(Dim::fixed(1));
        }
        parts.push(node.reshape_if(x, shape)?);
    }
    node.push(Concat { axis: 1 }, &parts)
}

/// One map per event from labels to numbers: the numbers, in the order of the
/// labels, stay what they are.
pub(super) fn zip_map(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    match node.kind(x) {
        Kind::Real => node.push(Identity, &[x]),
        Kind::Integer => node.push(ToReal, &[x]),
    }
}
