//! The state that a recurrent layer starts from.
//!
//! It is the value itself. But a state that is a known number, zeros above all, is
//! not folded into what is made of it, and relevance takes it for an input that
//! nobody has asked about: a gate's product with it is a gate's product, and a sum
//! with it has its stabiliser. So the relevance of a layer whose initial state is
//! left out equals that of the same layer given zeros. What relevance the state
//! receives is kept, as by a bias.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// The state that a recurrent layer starts from: the value itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start;

impl Operation for Start {
    const NAME: &'static str = "Start";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![one(inputs)?.clone()])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| x);
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a]| Some(a))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(g)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

impl OnnxForm for Start {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.hand_on();
        Ok(())
    }
}
