//! `DFT`: the discrete Fourier transform along a side, as a product with cosines
//! and sines,
//!
//! $$ X_k = \sum_j x_j e^{\mp 2\pi i jk / N}, $$
//!
//! the inverse divided by `N`. Real and imaginary parts are the last side.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Add, Concat, MatMul, Slice, Sub};

/// The longest transform that is written out.
const MOST: usize = 1 << 12;

pub(crate) fn dft(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let rank = shape.len();
    let axis = if node.has(2) {
        node.number(2)? as i64
    } else if node.opset() < 20 {
        node.proto().int("axis")?.unwrap_or(1)
    } else {
        -2
    };
    let axis = node.axis(axis, rank)?;
    let parts = shape[rank - 1].known();
    let (Some(side), Some(parts @ 1..=2), true) = (shape[axis].known(), parts, axis + 1 < rank)
    else {
        return Err(node.refuse("expected a known side, and one or two parts as the last side"));
    };
    let length = if node.has(1) {
        node.number(1)? as usize
    } else {
        side
    };
    let inverse = node.proto().flag("inverse")?.unwrap_or(false);
    let half = node.proto().flag("onesided")?.unwrap_or(false);
    if length == 0 || length > MOST || (half && inverse) {
        return Err(node.refuse(format!(
            "transforms of 1 to {MOST} numbers are supported, one-sided ones forward only"
        )));
    }
    let kept = if half { length / 2 + 1 } else { length };
    // Numbers beyond the length are cut off; missing ones are zero.
    let used = side.min(length);
    let matrix = |of: fn(f64) -> f64| {
        let scale = if inverse { 1.0 / length as f64 } else { 1.0 };
        let angle =
            |j: usize, k: usize| std::f64::consts::TAU * ((j * k) % length) as f64 / length as f64;
        let numbers = (0..used * kept).map(|i| scale * of(angle(i / kept, i % kept)));
        Tensor::new(vec![used, kept], numbers.collect::<Vec<f64>>())
    };
    let cosines = node.constant("cosines", matrix(f64::cos).into());
    let sines = node.constant("sines", matrix(f64::sin).into());
    let component = |node: &mut Import<'_>, part: usize| -> Result<ValueId, NetworkError> {
        let cut = |axis: usize, start: usize, length: usize| Slice {
            axis,
            start: start.into(),
            length: length.into(),
            step: 1,
        };
        let mut one = node.add(cut(rank - 1, part, 1), &[x])?;
        if used < side {
            one = node.add(cut(axis, 0, used), &[one])?;
        }
        let flat = node.shape(one)[..rank - 1].to_vec();
        let one = node.reshape(one, flat)?;
        swapped(node, one, axis)
    };
    let real = component(node, 0)?;
    let [rc, rs] = [cosines, sines].map(|matrix| node.add(MatMul, &[real, matrix]));
    let (rc, rs) = (rc?, rs?);
    let (mut re, mut im) = (
        rc,
        if inverse {
            rs
        } else {
            node.add(crate::ops::Neg, &[rs])?
        },
    );
    if parts == 2 {
        let imaginary = component(node, 1)?;
        let ic = node.add(MatMul, &[imaginary, cosines])?;
        let is = node.add(MatMul, &[imaginary, sines])?;
        re = if inverse {
            node.add(Sub, &[re, is])?
        } else {
            node.add(Add, &[re, is])?
        };
        im = node.add(Add, &[im, ic])?;
    }
    let mut both = Vec::new();
    for part in [re, im] {
        let part = swapped(node, part, axis)?;
        let mut shape = node.shape(part);
        shape.push(Dim::fixed(1));
        both.push(node.reshape(part, shape)?);
    }
    node.push(Concat { axis: rank - 1 }, &both)
}

/// A side exchanged with the last.
fn swapped(node: &mut Import<'_>, x: ValueId, axis: usize) -> Result<ValueId, NetworkError> {
    let rank = node.shape(x).len();
    let mut order: Vec<usize> = (0..rank).collect();
    order.swap(axis, rank - 1);
    node.transpose(x, order)
}
