//! `Resize` and `Upsample`: images made larger or smaller.
//!
//! Every mode is linear in the image and works on one side after the other, so
//! that a node becomes one weighted sum per side ([`Resample`]); what lies
//! outside of the image is a constant added to it.

mod weights;

use std::sync::Arc;

use pellucid_core::Tensor;

use self::weights::{Method, Policy};
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::onnx::composite;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Add, Resample, Sparse};

/// More numbers along a side than an image has.
const MOST: f32 = 1e6;

/// A side that is resized.
struct Side {
    axis: usize,
    from: usize,
    to: usize,
    scale: f32,
}

pub(crate) fn resize(node: &mut Import<'_>) -> Imported {
    // Operation set 10 has no region and no sizes.
    let (scales, sizes) = if node.opset() < 11 { (1, 3) } else { (2, 3) };
    let method = Method::read(node)?;
    let x = node.real(0)?;
    let shape = node.shape(x);
    let axes = match node.proto().ints("axes")? {
        Some(axes) => {
            let place = |&axis: &i64| node.axis(axis, shape.len());
            axes.iter().map(place).collect::<Result<Vec<_>, _>>()?
        }
        None => (0..shape.len()).collect(),
    };
    let sides = if node.has(sizes) && node.operand_shape(sizes)? != [Dim::fixed(0)] {
        of_sizes(node, &shape, &axes, sizes)?
    } else {
        let scales = given(node, scales)?;
        of_scales(node, &shape, &axes, &scales)?
    };
    let region = if method.crops() {
        given(node, 1)?
    } else {
        vec![]
    };
    resampled(node, x, &method, &axes, sides, &region)
}

/// `Upsample` of operation sets 7 to 9.
pub(crate) fn upsample(node: &mut Import<'_>) -> Imported {
    let method = Method::of_upsample(node)?;
    let x = node.real(0)?;
    let shape = node.shape(x);
    let scales = match node.proto().floats("scales")? {
        Some(scales) => scales.to_vec(),
        None => given(node, 1)?,
    };
    let axes: Vec<usize> = (0..shape.len()).collect();
    let sides = of_scales(node, &shape, &axes, &scales)?;
    resampled(node, x, &method, &axes, sides, &[])
}

/// Input `i`: numbers that do not depend on the run.
fn given(node: &Import<'_>, i: usize) -> Result<Vec<f32>, NetworkError> {
    let numbers = node.numbers(i)?.ok_or_else(|| {
        node.refuse(format!(
            "input {} depends on the run; give the sizes of the images (--size NAME=N)",
            i + 1
        ))
    })?;
    Ok(numbers.into_iter().map(|x| x as f32).collect())
}

fn known(node: &Import<'_>, side: &Dim) -> Result<usize, NetworkError> {
    side.known().filter(|&side| side > 0).ok_or_else(|| {
        node.refuse(format!(
            "it resizes the side {side}, which must be known (--size NAME=N gives it)"
        ))
    })
}

/// The sides that change by these factors.
fn of_scales(
    node: &Import<'_>,
    shape: &[Dim],
    axes: &[usize],
    scales: &[f32],
) -> Result<Vec<Side>, NetworkError> {
    if scales.len() != axes.len() {
        let (found, expected) = (scales.len(), axes.len());
        return Err(node.refuse(format!("{found} scales for {expected} sides")));
    }
    let mut sides = Vec::new();
    for (&axis, &scale) in axes.iter().zip(scales) {
        if scale == 1.0 && shape[axis].known().is_none() {
            continue;
        }
        let from = known(node, &shape[axis])?;
        let to = (from as f32 * scale).floor();
        if !(1.0..=MOST).contains(&to) {
            return Err(node.refuse(format!("a side of {from} cannot be scaled by {scale}")));
        }
        sides.push(Side {
            axis,
            from,
            to: to as usize,
            scale,
        });
    }
    Ok(sides)
}

/// The sides that get these lengths.
fn of_sizes(
    node: &Import<'_>,
    shape: &[Dim],
    axes: &[usize],
    input: usize,
) -> Result<Vec<Side>, NetworkError> {
    let sizes = composite::shape(node, input)?;
    if sizes.len() != axes.len() {
        let (found, expected) = (sizes.len(), axes.len());
        return Err(node.refuse(format!("{found} sizes for {expected} sides")));
    }
    let policy = Policy::read(node)?;
    let mut sides = Vec::new();
    for (&axis, size) in axes.iter().zip(&sizes) {
        if policy == Policy::Stretch && *size == shape[axis] && size.known().is_none() {
            continue;
        }
        let (from, to) = (known(node, &shape[axis])?, known(node, size)?);
        if to as f32 > MOST {
            return Err(node.refuse(format!("a side of {to} is too long")));
        }
        sides.push(Side {
            axis,
            from,
            to,
            scale: to as f32 / from as f32,
        });
    }
    let scales = sides.iter().map(|side| side.scale);
    let common = match policy {
        Policy::Stretch => return Ok(sides),
        Policy::NotLarger => scales.fold(f32::INFINITY, f32::min),
        Policy::NotSmaller => scales.fold(0.0, f32::max),
    };
    for side in &mut sides {
        if common * side.from as f32 > MOST {
            let from = side.from;
            return Err(node.refuse(format!("a side of {from} would grow {common} times")));
        }
        side.scale = common;
        side.to = ((common * side.from as f32).round() as usize).max(1);
    }
    Ok(sides)
}

/// The image with its sides resampled one after the other.
fn resampled(
    node: &mut Import<'_>,
    x: ValueId,
    method: &Method,
    axes: &[usize],
    sides: Vec<Side>,
    region: &[f32],
) -> Imported {
    let mut y = x;
    let mut inside = Vec::new();
    for side in sides {
        let place = axes.iter().position(|&axis| axis == side.axis).unwrap_or(0);
        let region = if method.crops() {
            let ends = (region.get(place), region.get(place + axes.len()));
            let (Some(&start), Some(&end)) = ends else {
                return Err(node.refuse("its region needs a start and an end for every side"));
            };
            [start, end]
        } else {
            [0.0, 1.0]
        };
        let rows = method.rows(side.from, side.to, side.scale, region);
        inside.push((side.axis, rows.iter().map(|row| !row.is_empty()).collect()));
        let weights = Sparse::new(side.from, rows);
        if !weights.is_identity() {
            let weights = Arc::new(weights);
            let axis = side.axis;
            y = node.add(Resample { axis, weights }, &[y])?;
        }
    }
    y = outside(node, y, method.outside, &inside)?;
    // A node that changes nothing still needs a value of its own.
    if y == x {
        return node.push(crate::ops::Identity, &[x]);
    }
    Ok(vec![y])
}

/// Adds the value of what lies outside of the image.
fn outside(
    node: &mut Import<'_>,
    y: ValueId,
    value: f64,
    inside: &[(usize, Vec<bool>)],
) -> Result<ValueId, NetworkError> {
    if value == 0.0 || inside.iter().all(|(_, inside)| !inside.contains(&false)) {
        return Ok(y);
    }
    let mut shape = vec![1; node.shape(y).len()];
    for (axis, inside) in inside {
        shape[*axis] = inside.len();
    }
    let count = shape
        .iter()
        .try_fold(1_usize, |count, &side| count.checked_mul(side));
    let count = count
        .filter(|&count| count <= 1 << 24)
        .ok_or_else(|| node.refuse("the image is too large"))?;
    let numbers = (0..count).map(|mut at| {
        let mut within = true;
        for (axis, &side) in shape.iter().enumerate().rev() {
            let here = inside.iter().find(|(other, _)| *other == axis);
            within &= here.is_none_or(|(_, inside)| inside[at % side]);
            at /= side;
        }
        if within { 0.0 } else { value }
    });
    let numbers = Tensor::new(shape.clone(), numbers.collect::<Vec<f64>>());
    let constant = node.constant("outside", numbers.into());
    node.add(Add, &[y, constant])
}
