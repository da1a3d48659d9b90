//! Pools as ONNX has them, over one to three spatial sides.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::onnx::window;
use crate::ops::{Abs, AveragePool, Mul, Op, Pow, ReduceMax, ReduceSum, Sqrt, Window};

/// The window of a pool over an input with these sides.
fn window_over(node: &Import<'_>, shape: &[Dim]) -> Result<Window, NetworkError> {
    let kernel = node.proto().sizes("kernel_shape")?;
    let kernel = kernel.ok_or_else(|| node.refuse("it has no kernel_shape"))?;
    window::read(node, &kernel, shape.get(2..).unwrap_or_default())
}

/// Input 0 pooled by what `make` makes of a window.
pub(crate) fn pool<O: Into<Op>>(
    node: &mut Import<'_>,
    make: impl Fn(Window) -> O,
) -> Result<ValueId, NetworkError> {
    let x = node.real(0)?;
    let window = window_over(node, &node.shape(x))?;
    node.add(make(window), &[x])
}

/// The largest number of whole images.
pub(crate) fn global_max(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let axes = (2..node.shape(x).len()).collect();
    node.push(ReduceMax { axes, keep: true }, &[x])
}

/// `(Σ |x|ᵖ)^(1/p)` over windows.
pub(crate) fn lp(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let shape = node.shape(x);
    let mut window = window_over(node, &shape)?;
    reach(&mut window, &shape[2..]).map_err(|problem| node.refuse(problem))?;
    let count = window.kernel.iter().product::<usize>() as f64;
    let p = order(node)?;
    let powers = power(node, x, p)?;
    let pool = AveragePool {
        window,
        count_pad: true,
    };
    let mean = node.add(pool, &[powers])?;
    let count = node.scalar(count);
    let sum = node.add(Mul, &[mean, count])?;
    Ok(vec![root(node, sum, p)?])
}

/// `(Σ |x|ᵖ)^(1/p)` over whole images.
pub(crate) fn global_lp(node: &mut Import<'_>) -> Imported {
    let x = node.real(0)?;
    let axes = (2..node.shape(x).len()).collect();
    let p = order(node)?;
    let powers = power(node, x, p)?;
    let sum = node.add(ReduceSum { axes, keep: true }, &[powers])?;
    Ok(vec![root(node, sum, p)?])
}

/// Turns what a last window covers beyond the padding (ceil mode) into padding,
/// so that every window covers as many numbers.
fn reach(window: &mut Window, sides: &[Dim]) -> Result<(), String> {
    if !window.ceil {
        return Ok(());
    }
    for (d, side) in sides.iter().enumerate() {
        let (steps, side) = (window.output(d, side)?.known(), side.known());
        let (Some(steps), Some(side)) = (steps, side) else {
            return Err("ceil mode needs input sides that are known".to_owned());
        };
        let span = window.dilation[d] * (window.kernel[d] - 1) + 1;
        let reached = steps.saturating_sub(1) * window.stride[d] + span;
        let after = reached.saturating_sub(side + window.before[d]);
        window.after[d] = window.after[d].max(after);
    }
    window.ceil = false;
    Ok(())
}

/// The order `p` of a norm.
fn order(node: &Import<'_>) -> Result<f64, NetworkError> {
    let p = node.proto().int("p")?.unwrap_or(2);
    if (1..=1 << 10).contains(&p) {
        return Ok(p as f64);
    }
    Err(node.refuse(format!("the norm of order {p}, expected 1 or more")))
}

/// `|x|ᵖ`.
fn power(node: &mut Import<'_>, x: ValueId, p: f64) -> Result<ValueId, NetworkError> {
    if p == 2.0 {
        return node.add(Mul, &[x, x]);
    }
    let size = node.add(Abs, &[x])?;
    if p == 1.0 {
        return Ok(size);
    }
    let p = node.scalar(p);
    node.add(Pow, &[size, p])
}

/// `x^(1/p)`.
fn root(node: &mut Import<'_>, x: ValueId, p: f64) -> Result<ValueId, NetworkError> {
    if p == 1.0 {
        return Ok(x);
    }
    if p == 2.0 {
        return node.add(Sqrt, &[x]);
    }
    let p = node.scalar(1.0 / p);
    node.add(Pow, &[x, p])
}
