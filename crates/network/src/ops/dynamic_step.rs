//! Step and zero point that a model takes from the numbers it quantises
//! (`DynamicQuantizeLinear` of ONNX): with `a` the smaller of 0 and all
//! numbers, `b` the larger,
//!
//! $$ s = \frac{b - a}{255}, \qquad z = \mathrm{round}(-a / s), $$
//!
//! both in single precision, as runtimes compute them. All numbers are all
//! events of a run: what such a model says of an event depends on which others
//! are with it, so that all events that are asked about run together.
//! Explanations hold both constant.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Outputs: the step and the zero point, one number each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DynamicStep;

impl Operation for DynamicStep {
    const NAME: &'static str = "DynamicStep";
    const RULE: Rule = Rule::Constant;
    const STRAIGHT_THROUGH: bool = true;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        one_real(inputs)?;
        Ok(vec![Type::real(vec![]), Type::real(vec![])])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let numbers = inputs[0].real().iter().map(|x| x.double() as f32);
        let (low, high) = numbers.fold((0.0_f32, 0.0_f32), |(low, high), x| {
            (low.min(x), high.max(x))
        });
        let step = if low == high {
            1.0
        } else {
            (high - low) / 255.0
        };
        let zero = (-low / step).clamp(0.0, 255.0).round_ties_even();
        for (output, value) in outputs.iter_mut().zip([step, zero]) {
            output.real().fill(T::of(f64::from(value)));
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        none(back)
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4]])]
    }
}

impl OnnxForm for DynamicStep {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let (integers, zero) = (node.temporary("integers"), node.temporary("zero"));
        node.emit(
            "DynamicQuantizeLinear",
            &[node.input(0)],
            &[&integers, node.output(0), &zero],
            vec![],
        );
        let to = i64::from(DataType::Float.code());
        node.emit(
            "Cast",
            &[&zero],
            &[node.output(1)],
            vec![AttributeProto::int("to", to)],
        );
        Ok(())
    }
}
