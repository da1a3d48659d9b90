//! Activations that are written with other operations.

use crate::graph::volume;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Abs, Add, ArgBest, Clip, Div, Elu, Equal, Expand, Greater, Mul, Places, ReduceSum, Reduction,
    Scatter, Sqrt, Where,
};

/// `min(max(alpha x + beta, 0), 1)`.
pub(crate) fn hard_sigmoid(node: &mut Import<'_>) -> Imported {
    let (alpha, beta) = (node.float("alpha", 0.2)?, node.float("beta", 0.5)?);
    let (x, alpha, beta) = (node.real(0)?, node.scalar(alpha), node.scalar(beta));
    let scaled = node.add(Mul, &[x, alpha])?;
    let moved = node.add(Add, &[scaled, beta])?;
    let limits = Clip {
        low: 0.0,
        high: 1.0,
    };
    node.push(limits, &[moved])
}

/// `alpha elu(x / alpha)`; J. T. Barron, arXiv:1704.07483, eq. 2.
pub(crate) fn celu(node: &mut Import<'_>) -> Imported {
    let alpha = node.float("alpha", 1.0)?;
    let (x, alpha) = (node.real(0)?, node.scalar(alpha));
    let small = node.add(Div, &[x, alpha])?;
    let bent = node.add(Elu { alpha: 1.0 }, &[small])?;
    node.push(Mul, &[bent, alpha])
}

/// `x` above 0, `slope x` below.
pub(crate) fn p_relu(node: &mut Import<'_>) -> Imported {
    let (x, slope, zero) = (node.real(0)?, node.real(1)?, node.scalar(0.0));
    let scaled = node.add(Mul, &[x, slope])?;
    let above = node.add(Greater, &[x, zero])?;
    node.push(Where, &[above, x, scaled])
}

/// `x` above `alpha`, else 0.
pub(crate) fn thresholded_relu(node: &mut Import<'_>) -> Imported {
    let alpha = node.float("alpha", 1.0)?;
    let (x, alpha, zero) = (node.real(0)?, node.scalar(alpha), node.scalar(0.0));
    let above = node.add(Greater, &[x, alpha])?;
    node.push(Where, &[above, x, zero])
}

/// 1 at the first of the largest along a side, else 0. Before operation set 13
/// all sides from that one on were one.
pub(crate) fn hardmax(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let old = node.opset() < 13;
    let axis = node
        .proto()
        .int("axis")?
        .unwrap_or(if old { 1 } else { -1 });
    let axis = node.axis(axis, shape.len())?;
    let (flat, axis) = if old {
        (vec![volume(&shape[..axis]), volume(&shape[axis..])], 1)
    } else {
        (shape.clone(), axis)
    };
    let lines = node.reshape_if(x, flat.clone())?;
    let best = ArgBest {
        axis,
        keep: true,
        largest: true,
        last: false,
    };
    let best = node.add(best, &[lines])?;
    let (zero, one) = (node.scalar(0.0), node.scalar(1.0));
    let zeros = node.add(Expand { shape: flat }, &[zero])?;
    let sides = node.shape(best);
    let ones = node.add(Expand { shape: sides }, &[one])?;
    let scatter = Scatter {
        places: Places::Elements { axis },
        reduction: Reduction::Overwrite,
    };
    let hot = node.add(scatter, &[zeros, best, ones])?;
    Ok(vec![node.reshape_if(hot, shape)?])
}

/// `x` over its norm `Σ |x|` or `√Σ x²` along a side; 0 where that is 0.
pub(crate) fn lp_normalization(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let rank = node.shape(x).len();
    let axis = node.axis(node.proto().int("axis")?.unwrap_or(-1), rank)?;
    let p = node.proto().int("p")?.unwrap_or(2);
    let sum = ReduceSum {
        axes: vec![axis],
        keep: true,
    };
    let norm = match p {
        1 => {
            let size = node.add(Abs, &[x])?;
            node.add(sum, &[size])?
        }
        2 => {
            let square = node.add(Mul, &[x, x])?;
            let sum = node.add(sum, &[square])?;
            node.add(Sqrt, &[sum])?
        }
        _ => return Err(node.refuse(format!("the norm {p} is not known, expected 1 or 2"))),
    };
    let (zero, one) = (node.scalar(0.0), node.scalar(1.0));
    let nothing = node.add(Equal, &[norm, zero])?;
    let divisor = node.add(Where, &[nothing, one, norm])?;
    node.push(Div, &[x, divisor])
}
