//! The value itself.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// The value itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Identity;

impl Operation for Identity {
    const NAME: &'static str = "Identity";
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

impl OnnxForm for Identity {
    const NAMES: &'static [&'static str] = &["Identity"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        node.push(Self, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.hand_on();
        Ok(())
    }
}
