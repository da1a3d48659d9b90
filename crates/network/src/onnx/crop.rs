//! `CenterCropPad`: the middle of a tensor, or zeros around it.

use crate::graph::Dim;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Identity, Pad, Slice};

pub(crate) fn center_crop_pad(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let wanted = node.integers(1)?;
    let axes = match node.proto().ints("axes")? {
        Some(axes) => axes.to_vec(),
        None => (0..shape.len() as i64).collect(),
    };
    if axes.len() != wanted.len() {
        return Err(node.refuse(format!("{} lengths for {} sides", wanted.len(), axes.len())));
    }
    let mut y = x;
    for (&axis, &length) in axes.iter().zip(&wanted) {
        let axis = node.axis(axis, shape.len())?;
        let side = shape[axis].known();
        let side =
            side.ok_or_else(|| node.refuse(format!("the side {} is not known", shape[axis])))?;
        let length = usize::try_from(length)
            .ok()
            .filter(|&length| length <= 1 << 24)
            .ok_or_else(|| node.refuse(format!("a side of {length}")))?;
        if length < side {
            let slice = Slice {
                axis,
                start: Dim::fixed((side - length) / 2),
                length: Dim::fixed(length),
                step: 1,
            };
            y = node.add(slice, &[y])?;
        } else if length > side {
            let pad = Pad {
                axis,
                start: Dim::fixed((length - side) / 2),
                length: Dim::fixed(length),
                step: 1,
                value: 0.0,
            };
            y = node.add(pad, &[y])?;
        }
    }
    if y == x {
        return node.push(Identity, &[x]);
    }
    Ok(vec![y])
}
