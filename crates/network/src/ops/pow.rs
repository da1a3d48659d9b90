//! Power: `aᵇ`, broadcast.
//!
//! `ā = ȳ b aᵇ⁻¹` and `b̄ = ȳ aᵇ ln a`. Where such a slope is not finite it is
//! taken as 0 (see [`Finite`](crate::ops::Finite)): by `a` at 0 with `b < 1`, the
//! exponent 0 among them; by `b` at `a ≤ 0`.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Log, Mul, Sub};

/// Power: `aᵇ`, broadcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pow;

impl Operation for Pow {
    const NAME: &'static str = "Pow";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        broadcast(inputs, 2)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(a[0], a[1], out, T::powf);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let [a, b] = [back.inputs[0], back.inputs[1]];
        let da = if back.wanted[0] {
            let one = back.graph.scalar(1.0);
            let less = back.push(Sub, &[b, one])?;
            let power = back.push(Self, &[a, less])?;
            let slope = back.push(Mul, &[b, power])?;
            let slope = finite(back, slope)?;
            Some(back.push(Mul, &[g, slope])?)
        } else {
            None
        };
        let db = if back.wanted[1] {
            let log = back.push(Log, &[a])?;
            let slope = back.push(Mul, &[back.outputs[0], log])?;
            let slope = finite(back, slope)?;
            Some(back.push(Mul, &[g, slope])?)
        } else {
            None
        };
        unbroadcast_all(back, vec![da, db])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self, &[&[3, 4], &[3, 4]], 0.5, 2.0),
            Example::within(Self, &[&[3, 4], &[4]], 0.5, 2.0),
            Example::within(Self, &[&[2, 1, 4], &[3, 1]], 0.5, 2.0),
        ]
    }
}

plain_form!(Pow, "Pow");
