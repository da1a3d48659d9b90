//! The numbers that the integers of a quantised model stand for:
//! `x = s (q − z)` with the step `s` and the zero point `z`. Relevance passes
//! unchanged: a zero point is no bias.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Mul, Neg, Sub};

/// Inputs: the integers (as real numbers), the step and the zero point,
/// broadcast to the integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dequantise;

impl Operation for Dequantise {
    const NAME: &'static str = "Dequantise";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Pass;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let made = broadcast(inputs, 3)?;
        if made[0].shape != inputs[0].shape {
            return Err(format!(
                "step and zero point do not fit the integers {}",
                show(&inputs[0].shape)
            ));
        }
        Ok(made)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map3(a[0], a[1], a[2], out, |q, step, zero| (q - zero) * step);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let [q, step, zero] = [0, 1, 2].map(|i| back.inputs[i]);
        let of_integers = back.push(Mul, &[g, step])?;
        let of_step = if back.wanted[1] {
            let whole = back.push(Sub, &[q, zero])?;
            Some(back.push(Mul, &[g, whole])?)
        } else {
            None
        };
        let of_zero = if back.wanted[2] {
            Some(back.push(Neg, &[of_integers])?)
        } else {
            None
        };
        unbroadcast_all(back, vec![Some(of_integers), of_step, of_zero])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[3, 4], &[], &[]]),
            Example::new(Self, &[&[2, 3], &[3], &[2, 1]]),
        ]
    }
}

impl OnnxForm for Dequantise {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let whole = node.between("Sub", &[node.input(0), node.input(2)], vec![]);
        node.emit("Mul", &[&whole, node.input(1)], &[node.output(0)], vec![]);
        Ok(())
    }
}
