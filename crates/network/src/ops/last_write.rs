//! Which of the updates of a scatter that overwrites are still there: 1 for
//! the last at its position, else 0. Its derivative is 0.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Input: the indices.
#[derive(Debug, Clone, PartialEq)]
pub struct LastWrite {
    /// How the indices tell positions.
    pub places: Places,
    /// The shape of the data written to.
    pub shape: Vec<Dim>,
}

impl Operation for LastWrite {
    const NAME: &'static str = "LastWrite";
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let indices = one(inputs)?;
        Ok(vec![Type::real(
            self.places.pointed_to(&self.shape, indices)?,
        )])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let indices = inputs[0];
        let data: Result<Vec<usize>, String> = self
            .shape
            .iter()
            .map(|side| side.evaluate(step.bindings))
            .collect();
        let at = data.and_then(|data| {
            self.places
                .addresses(&data, indices.shape, indices.integer())
        });
        let at = match at {
            Ok(at) => at,
            Err(problem) => return step.fail(problem),
        };
        let out = outputs[0].real();
        let last = at.at.iter().max().map_or(0, |last| last + 1);
        let mut written = vec![false; last];
        let blocks = out.chunks_exact_mut(at.block.max(1)).zip(&at.at);
        for (out, &at) in blocks.rev() {
            let earlier = std::mem::replace(&mut written[at], true);
            out.fill(if earlier { T::ZERO } else { T::ONE });
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        let indices = pellucid_core::Tensor::new(vec![2, 2], vec![2, -1, 0, 2]);
        let op = Self {
            places: Places::Elements { axis: 1 },
            shape: vec![2.into(), 3.into()],
        };
        vec![Example::new(op, &[]).and_integers(indices)]
    }
}

impl OnnxForm for LastWrite {}
