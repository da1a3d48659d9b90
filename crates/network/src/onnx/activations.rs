//! Activations that are written with other operations.

use crate::error::NetworkError;
use crate::graph::{ValueId, volume};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Add, ArgBest, Clip, Div, Elu, Expand, Greater, Mul, Places, Reduction, Scatter, Silu, Sub,
    Where,
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

/// `x − bias` above `lambd`, `x + bias` below `−lambd`, else 0.
pub(crate) fn shrink(node: &mut Import<'_>) -> Imported {
    let (lambd, bias) = (node.float("lambd", 0.5)?, node.float("bias", 0.0)?);
    let x = node.real(0)?;
    let [zero, bias, high, low] = [0.0, bias, lambd, -lambd].map(|number| node.scalar(number));
    let (less, more) = (node.add(Sub, &[x, bias])?, node.add(Add, &[x, bias])?);
    let above = node.add(Greater, &[x, high])?;
    let below = node.add(Greater, &[low, x])?;
    let upper = node.add(Where, &[above, less, zero])?;
    node.push(Where, &[below, more, upper])
}

/// `x / (1 + e^(−alpha x))`.
pub(crate) fn swish(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    Ok(vec![swish_of(node, x)?])
}

/// Swish of the first input times the second.
pub(crate) fn swi_glu(node: &mut Import<'_>) -> Imported {
    let (a, b) = (node.real(0)?, node.real(1)?);
    let a = swish_of(node, a)?;
    node.push(Mul, &[a, b])
}

fn swish_of(node: &mut Import<'_>, x: ValueId) -> Result<ValueId, NetworkError> {
    let alpha = node.float("alpha", 1.0)?;
    if alpha == 1.0 {
        return node.add(Silu, &[x]);
    }
    if alpha == 0.0 {
        let half = node.scalar(0.5);
        return node.add(Mul, &[x, half]);
    }
    let alpha = node.scalar(alpha);
    let scaled = node.add(Mul, &[x, alpha])?;
    let bent = node.add(Silu, &[scaled])?;
    node.add(Div, &[bent, alpha])
}
