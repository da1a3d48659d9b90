//! A part of a tensor along one side.

use crate::ops::Pad;
use crate::ops::prelude::*;

/// The numbers `start, start + step, …` (`length` of them) along side `axis`.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// The side.
    pub axis: usize,
    /// The first position.
    pub start: Dim,
    /// How many positions.
    pub length: Dim,
    /// From one to the next.
    pub step: usize,
}

impl Operation for Slice {
    const NAME: &'static str = "Slice";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let mut shape = input.shape.clone();
        let side = shape
            .get_mut(self.axis)
            .ok_or_else(|| format!("no side {} in {}", self.axis, show(&input.shape)))?;
        if let (Some(side), Some(start), Some(length)) =
            (side.known(), self.start.known(), self.length.known())
            && length > 0
            && start + (length - 1) * self.step >= side
        {
            return Err(format!("{length} from {start} on are not in {}", show(&input.shape)));
        }
        if self.step == 0 {
            return Err("a step of 0".to_owned());
        }
        *side = self.length.clone();
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(&self, inputs: &[Input<'_, T>], outputs: &mut [Output<'_, T>], step: &Step<'_, T>) {
        let (outer, side, inner) = split_at(inputs[0].shape, self.axis);
        let start = self.start.evaluate(step.bindings).unwrap_or(0);
        let length = outputs[0].shape[self.axis];
        let (x, out) = (inputs[0].real(), outputs[0].real());
        for o in 0..outer {
            for i in 0..length {
                let from = (o * side + start + i * self.step) * inner;
                out[(o * length + i) * inner..][..inner].copy_from_slice(&x[from..][..inner]);
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        let side = back.graph.shape(back.inputs[0])[self.axis].clone();
        let pad =
            Pad { axis: self.axis, start: self.start.clone(), length: side, step: self.step, value: 0.0 };
        Ok(vec![Some(back.push(pad, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let part = |axis, start: usize, length: usize, step| Self {
            axis,
            start: start.into(),
            length: length.into(),
            step,
        };
        vec![
            Example::new(part(1, 1, 2, 1), &[&[3, 4]]),
            Example::new(part(0, 0, 3, 2), &[&[5, 2]]),
        ]
    }
}
