//! The same numbers in another shape.

use crate::ops::prelude::*;

/// Another shape of the same volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Reshape {
    /// The new shape, in the named sizes of the graph.
    pub shape: Vec<Dim>,
}

impl Operation for Reshape {
    const NAME: &'static str = "Reshape";
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [input] = inputs else {
            return Err(format!("expected one input, found {}", inputs.len()));
        };
        if volume(&input.shape) != volume(&self.shape) {
            return Err(format!("{} does not fit into {}", show(&input.shape), show(&self.shape)));
        }
        Ok(vec![Type { kind: input.kind, shape: self.shape.clone() }])
    }

    fn run<T: Real>(&self, inputs: &[Input<'_, T>], outputs: &mut [Output<'_, T>], _: &Step<'_, T>) {
        outputs[0].real().copy_from_slice(inputs[0].real());
        outputs[0].integer().copy_from_slice(inputs[0].integer());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        let shape = back.graph.shape(back.inputs[0]).to_vec();
        Ok(vec![Some(back.push(Self { shape }, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self { shape: vec![2.into(), 6.into()] }, &[&[3, 4]])]
    }
}
