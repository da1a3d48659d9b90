//! Real numbers of the run as integers, their fractions cut off; nothing is
//! differentiated through it.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Real numbers to integers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToInteger;

impl Operation for ToInteger {
    const NAME: &'static str = "ToInteger";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Constant;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![Type::integer(one_real(inputs)?.shape.clone())])
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        if let ([Numbers::Real(x)], NumbersMut::Integer(out)) = (arguments, out) {
            for (out, x) in out.iter_mut().zip(*x) {
                let whole = x.double().trunc();
                if !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&whole) {
                    return Err(format!("{x:?} is no integer of 32 bits"));
                }
                *out = whole as i32;
            }
        }
        Ok(())
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::within(Self, &[&[3, 4]], 1.1, 1.9)]
    }
}

impl OnnxForm for ToInteger {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.cast(pellucid_onnx::DataType::Int64);
        Ok(())
    }
}
