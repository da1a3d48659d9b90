//! Quotient: `a / b`, broadcast. Where `b` is 0 its derivatives are taken as 0
//! (see [`Finite`](crate::ops::Finite)).

use crate::onnx::prelude::*;
use crate::ops::finite::divides_safely;
use crate::ops::prelude::*;
use crate::ops::{Mul, Neg};

/// Quotient: `a / b`, broadcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Div;

impl Operation for Div {
    const NAME: &'static str = "Div";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Factor;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        beside(inputs, 1.0)
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![alike(inputs, 2)?])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(a[0], a[1], out, |a, b| a / b);
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a, b]| i32::checked_div(a, b))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let b = back.inputs[1];
        let mut da = back.push(Self, &[g, b])?;
        if !divides_safely(back.graph, b) {
            da = finite(back, da)?;
        }
        let db = if back.wanted[1] {
            let slope = back.push(Mul, &[da, back.outputs[0]])?;
            let slope = finite(back, slope)?;
            Some(back.push(Neg, &[slope])?)
        } else {
            None
        };
        unbroadcast_all(back, vec![Some(da), db])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self, &[&[3, 4], &[3, 4]], 0.5, 2.0),
            Example::within(Self, &[&[3, 4], &[4]], 0.5, 2.0),
            Example::within(Self, &[&[2, 1, 4], &[3, 1]], 0.5, 2.0),
        ]
    }
}

plain_form!(Div, "Div");
