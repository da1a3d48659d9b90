//! Mish: `x tanh(ln(1 + eˣ))`; D. Misra, arXiv:1908.08681, eq. 1.

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::prelude::Export;
use crate::ops::prelude::*;
use crate::ops::softplus::softplus;
use crate::ops::unary::of_square;
use crate::ops::{Add, Mul, Sigmoid, Softplus, Tanh};

/// Mish: `x tanh(ln(1 + eˣ))`; D. Misra, arXiv:1908.08681, eq. 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mish;

impl Unary for Mish {
    const NAME: &'static str = "Mish";

    fn value<T: Real>(x: T) -> T {
        x * softplus(x).tanh()
    }

    /// With `t = tanh(ln(1 + eˣ))` and the logistic function `s`:
    /// `t + x s (1 − t²)`.
    fn slope(
        back: &mut Backward<'_>,
        x: ValueId,
        _: ValueId,
    ) -> Result<Option<ValueId>, NetworkError> {
        let soft = back.push(Softplus, &[x])?;
        let t = back.push(Tanh, &[soft])?;
        let flat = of_square(back, t, 1.0, -1.0)?;
        let s = back.push(Sigmoid, &[x])?;
        let bend = back.push(Mul, &[x, s])?;
        let bend = back.push(Mul, &[bend, flat])?;
        Ok(Some(back.push(Add, &[t, bend])?))
    }

    fn write(node: &mut Export<'_>) {
        let soft = node.between("Softplus", &[node.input(0)], vec![]);
        let gate = node.between("Tanh", &[&soft], vec![]);
        node.emit("Mul", &[node.input(0), &gate], &[node.output(0)], vec![]);
    }
}
