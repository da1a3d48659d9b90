//! Integers of the run as real numbers.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Integers to real numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToReal;

impl Operation for ToReal {
    const NAME: &'static str = "ToReal";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one(inputs)?;
        if input.kind != Kind::Integer {
            return Err("expected integers, found real numbers".to_owned());
        }
        Ok(vec![Type::real(input.shape.clone())])
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        if let ([Numbers::Integer(x)], NumbersMut::Real(out)) = (arguments, out) {
            for (out, &x) in out.iter_mut().zip(*x) {
                *out = T::of(f64::from(x));
            }
        }
        Ok(())
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        let numbers = pellucid_core::Tensor::new(vec![3], vec![-1, 0, 7]);
        vec![Example::new(Self, &[]).and_integers(numbers)]
    }
}

impl OnnxForm for ToReal {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.cast(pellucid_onnx::DataType::Float);
        Ok(())
    }
}
