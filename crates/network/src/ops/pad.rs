//! Puts a tensor into a longer side, and a constant around it.

use crate::ops::Slice;
use crate::ops::prelude::*;

/// The input at `start, start + step, …` along side `axis` of a result that is
/// `length` long there and `value` elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Pad {
    /// The side.
    pub axis: usize,
    /// The first position.
    pub start: Dim,
    /// The side's new length.
    pub length: Dim,
    /// From one position to the next.
    pub step: usize,
    /// What is put around the input.
    pub value: f64,
}

impl Operation for Pad {
    const NAME: &'static str = "Pad";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let mut shape = input.shape.clone();
        let side = shape
            .get_mut(self.axis)
            .ok_or_else(|| format!("no side {} in {}", self.axis, show(&input.shape)))?;
        if let (Some(side), Some(start), Some(length)) =
            (side.known(), self.start.known(), self.length.known())
            && side > 0
            && start + (side - 1) * self.step >= length
        {
            return Err(format!("{} from {start} on does not fit {length}", show(&input.shape)));
        }
        *side = self.length.clone();
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(&self, inputs: &[Input<'_, T>], outputs: &mut [Output<'_, T>], step: &Step<'_, T>) {
        let (outer, side, inner) = split_at(inputs[0].shape, self.axis);
        let start = self.start.evaluate(step.bindings).unwrap_or(0);
        let length = outputs[0].shape[self.axis];
        let (x, out) = (inputs[0].real(), outputs[0].real());
        out.fill(T::of(self.value));
        for o in 0..outer {
            for i in 0..side {
                let to = (o * length + start + i * self.step) * inner;
                out[to..][..inner].copy_from_slice(&x[(o * side + i) * inner..][..inner]);
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        let length = back.graph.shape(back.inputs[0])[self.axis].clone();
        let slice = Slice { axis: self.axis, start: self.start.clone(), length, step: self.step };
        Ok(vec![Some(back.push(slice, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let pad = |axis, start: usize, length: usize, step| Self {
            axis,
            start: start.into(),
            length: length.into(),
            step,
            value: 0.0,
        };
        vec![
            Example::new(pad(1, 1, 6, 1), &[&[3, 4]]),
            Example::new(pad(0, 0, 6, 2), &[&[3, 2]]),
        ]
    }
}
