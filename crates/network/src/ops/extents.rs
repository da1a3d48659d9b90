//! Sizes of the run as integers: how many events, particles or edges there are.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Integers that follow from the sizes of the inputs; it has no inputs.
#[derive(Debug, Clone, PartialEq)]
pub struct Extents {
    /// The integers, as expressions in the named sizes.
    pub sizes: Vec<Dim>,
    /// The shape that they are given in.
    pub shape: Vec<usize>,
}

impl Operation for Extents {
    const NAME: &'static str = "Extents";
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        if !inputs.is_empty() {
            return Err(format!("expected no input, found {}", inputs.len()));
        }
        let count: usize = self.shape.iter().product();
        if count != self.sizes.len() {
            return Err(format!(
                "{} sizes do not fit the shape {:?}",
                self.sizes.len(),
                self.shape
            ));
        }
        let shape = self.shape.iter().map(|&side| side.into()).collect();
        Ok(vec![Type::integer(shape)])
    }

    fn run<T: Real>(&self, _: &[Input<'_, T>], outputs: &mut [Output<'_, T>], step: &Step<'_, T>) {
        for (out, size) in outputs[0].integer().iter_mut().zip(&self.sizes) {
            let number = size
                .evaluate_signed(step.bindings)
                .and_then(|size| i32::try_from(size).map_err(|_| format!("{size} is too large")));
            match number {
                Ok(number) => *out = number,
                Err(problem) => return step.fail(problem),
            }
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        let op = Self {
            sizes: vec![3.into(), 5.into()],
            shape: vec![2, 1],
        };
        vec![Example::new(op, &[])]
    }
}

impl OnnxForm for Extents {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let list = node.sizes("sizes", &self.sizes)?;
        let shape: Vec<i64> = self.shape.iter().map(|&side| side as i64).collect();
        let shape = node.integers("shape", &shape);
        node.emit("Reshape", &[&list, &shape], &[node.output(0)], vec![]);
        Ok(())
    }
}
