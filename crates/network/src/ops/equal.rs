//! 1 where `a = b`, else 0; its derivative is taken as 0.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// 1 where `a = b`, else 0; its derivative is taken as 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equal;

impl Operation for Equal {
    const NAME: &'static str = "Equal";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::None;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        broadcast(inputs, 2)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(
            a[0],
            a[1],
            out,
            |a, b| if a == b { T::ONE } else { T::ZERO },
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let _ = g;
        Ok(vec![None, None])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4], &[4]])]
    }
}

impl OnnxForm for Equal {
    const NAMES: &'static [&'static str] = &["Equal"];

    fn import(node: &mut Import<'_>) -> Imported {
        let inputs = node.reals()?;
        node.push(Self, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.compare("Equal");
        Ok(())
    }
}
