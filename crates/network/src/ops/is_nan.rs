//! 1 where a number is none (NaN), else 0; nothing passes back through it.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Whether a number is none (NaN), as a condition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IsNan;

impl Operation for IsNan {
    const NAME: &'static str = "IsNan";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| if x.is_nan() { T::ONE } else { T::ZERO });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

impl OnnxForm for IsNan {
    const NAMES: &'static [&'static str] = &["IsNaN"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.real(0)?;
        node.push(Self, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.condition("IsNaN", &[node.input(0)]);
        Ok(())
    }
}
