//! `ConvTranspose`: the adjoint of a convolution by its input, with a bias.
//!
//! A side of `n` grows to `stride (n − 1) + output_padding + span − pads` with
//! `span = dilation (kernel − 1) + 1`; where the result's side is given
//! instead, or is to be `stride n` (`SAME_UPPER`, `SAME_LOWER`), the pads
//! follow from it.

use crate::error::NetworkError;
use crate::graph::Dim;
use crate::onnx::composite::groups;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::onnx::window;
use crate::ops::{Add, ConvInput, Window};

pub(crate) fn conv_transpose(node: &mut Import<'_>) -> Imported {
    let (x, w) = (node.real(0)?, node.real(1)?);
    let (sides, filters) = (node.shape(x), node.shape(w));
    if sides.len() < 3 || filters.len() != sides.len() {
        return Err(node.refuse("expected images and filters with as many sides"));
    }
    let kernel: Option<Vec<usize>> = filters[2..].iter().map(Dim::known).collect();
    let kernel = kernel.ok_or_else(|| node.refuse("the size of the filters must be known"))?;
    let (window, result) = placed(node, &kernel, &sides[2..])?;
    let op = ConvInput {
        window,
        groups: groups(node)?,
        sides: result,
    };
    let y = node.add(op, &[x, w])?;
    if !node.has(2) {
        return Ok(vec![y]);
    }
    let bias = node.real(2)?;
    let mut column = node.shape(bias);
    column.extend(vec![Dim::fixed(1); sides.len() - 2]);
    let bias = node.reshape(bias, column)?;
    node.push(Add, &[y, bias])
}

/// The window with its pads, and the sides of the result.
fn placed(
    node: &Import<'_>,
    kernel: &[usize],
    sides: &[Dim],
) -> Result<(Window, Vec<Dim>), NetworkError> {
    let proto = node.proto();
    let rank = kernel.len();
    let automatic = proto.string("auto_pad")?.unwrap_or("NOTSET");
    let mut window = window::steps(node, kernel, sides)?;
    let extra = proto
        .sizes("output_padding")?
        .unwrap_or_else(|| vec![0; rank]);
    let given = proto.sizes("output_shape")?;
    if extra.len() != rank || given.as_ref().is_some_and(|given| given.len() < rank) {
        return Err(node.refuse("expected one output_padding and output_shape per side"));
    }
    // Some writers name the batch and the channels too.
    let given = given.map(|given| given[given.len() - rank..].to_vec());
    if given.is_none() && matches!(automatic, "NOTSET" | "VALID") {
        if automatic == "NOTSET" {
            window::pads(node, &mut window)?;
        }
        let result = (0..rank).map(|d| {
            let whole = whole(&window, d, extra[d], &sides[d]);
            &whole - &Dim::fixed(window.before[d] + window.after[d])
        });
        let result = result.collect();
        return Ok((window, result));
    }
    let mut result = Vec::new();
    for (d, side) in sides.iter().enumerate() {
        let wanted = match &given {
            Some(given) => Dim::fixed(given[d]),
            None => side * &Dim::fixed(window.stride[d]),
        };
        let total = &whole(&window, d, extra[d], side) - &wanted;
        // A result larger than all windows reach needs no pads.
        let total = match (total.known(), given.is_some()) {
            (Some(total), _) => total,
            (None, true) if side.known().is_some() => 0,
            _ => return Err(node.refuse(format!("its pads depend on the side {side}"))),
        };
        (window.before[d], window.after[d]) = if automatic == "SAME_UPPER" {
            (total / 2, total - total / 2)
        } else {
            (total - total / 2, total / 2)
        };
        result.push(wanted);
    }
    Ok((window, result))
}

/// What the windows reach, pads included.
fn whole(window: &Window, d: usize, extra: usize, side: &Dim) -> Dim {
    let span = window.dilation[d] * (window.kernel[d] - 1) + 1;
    let steps = &(side - &Dim::fixed(1)) * &Dim::fixed(window.stride[d]);
    &steps + &Dim::fixed(span + extra)
}
