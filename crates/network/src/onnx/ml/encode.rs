//! Numbers as other numbers, through which nothing is differentiated.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Dim, Kind, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Equal, Expand, Greater, Identity, ToInteger, Where};

use super::no_texts;

/// More labels than a table of numbers has.
const MOST_LABELS: usize = 1024;

/// 1 where a number is above the threshold, else 0.
pub(super) fn binarizer(node: &mut Import<'_>) -> Imported {
    let x = node.as_real(0)?;
    let threshold = f64::from(node.proto().float("threshold")?.unwrap_or(0.0));
    let threshold = node.scalar(threshold);
    node.push(Greater, &[x, threshold])
}

/// Numbers of an attribute, whole or real, or of a tensor.
fn listed(
    node: &Import<'_>,
    [ints, floats, tensor]: [&str; 3],
) -> Result<Option<(Vec<f64>, Kind)>, NetworkError> {
    let proto = node.proto();
    if let Some(ints) = proto.ints(ints)? {
        let numbers = ints.iter().map(|&x| x as f64).collect();
        return Ok(Some((numbers, Kind::Integer)));
    }
    if let Some(floats) = proto.floats(floats)? {
        let numbers = floats.iter().map(|&x| f64::from(x)).collect();
        return Ok(Some((numbers, Kind::Real)));
    }
    let Some(tensor) = proto.tensor(tensor)? else {
        return Ok(None);
    };
    let kind = if tensor.kind()?.is_real() {
        Kind::Real
    } else {
        Kind::Integer
    };
    Ok(Some((tensor.to_f64()?, kind)))
}

/// A table from numbers to numbers, with one for all others.
pub(super) fn label_encoder(node: &mut Import<'_>) -> Imported {
    no_texts(node, &["classes_strings", "keys_strings", "values_strings"])?;
    let keys = listed(node, ["keys_int64s", "keys_floats", "keys_tensor"])?;
    let values = listed(node, ["values_int64s", "values_floats", "values_tensor"])?;
    let (Some((keys, _)), Some((values, kind))) = (keys, values) else {
        return Err(node.refuse("expected keys and values that are numbers"));
    };
    if keys.len() != values.len() || keys.len() > MOST_LABELS {
        return Err(node.refuse(format!(
            "{} keys for {} values, expected as many, at most {MOST_LABELS}",
            keys.len(),
            values.len()
        )));
    }
    let proto = node.proto();
    let other = match (proto.tensor("default_tensor")?, kind) {
        (Some(tensor), _) => tensor.to_f64()?.first().copied().unwrap_or(-1.0),
        (None, Kind::Integer) => proto.int("default_int64")?.unwrap_or(-1) as f64,
        (None, Kind::Real) => f64::from(proto.float("default_float")?.unwrap_or(0.0)),
    };
    let x = node.as_real(0)?;
    let shape = node.shape(x);
    let other = node.scalar(other);
    let mut found: ValueId = node.add(Expand { shape }, &[other])?;
    // Of equal keys the first counts.
    for (key, value) in keys.into_iter().zip(values).rev() {
        let (key, value) = (node.scalar(key), node.scalar(value));
        let is = node.add(Equal, &[x, key])?;
        found = node.add(Where, &[is, value, found])?;
    }
    match kind {
        Kind::Real => node.push(Identity, &[found]),
        Kind::Integer => node.push(ToInteger, &[found]),
    }
}

/// A new last side with 1 at the place of the category, 0 elsewhere.
pub(super) fn one_hot_encoder(node: &mut Import<'_>) -> Imported {
    no_texts(node, &["cats_strings"])?;
    let categories = node.proto().ints("cats_int64s")?.unwrap_or_default();
    let categories: Vec<f64> = categories.iter().map(|&x| x as f64).collect();
    let x = node.as_real(0)?;
    let mut shape = node.shape(x);
    shape.push(Dim::fixed(1));
    let x = node.reshape(x, shape)?;
    let categories = Tensor::new(vec![categories.len()], categories);
    let categories = node.constant("categories", categories.into());
    node.push(Equal, &[x, categories])
}
