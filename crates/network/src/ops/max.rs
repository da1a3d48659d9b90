//! The larger of two numbers, broadcast. Equals share the adjoint, as in
//! PyTorch; what is not a number stays.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Greater, GreaterOrEqual, Mul, Neg, Sub};

/// `max(a, b)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Max;

impl Operation for Max {
    const NAME: &'static str = "Max";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![alike(inputs, 2)?])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(
            a[0],
            a[1],
            out,
            |a, b| if a > b || a.is_nan() { a } else { b },
        );
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        integers(arguments, out, |[a, b]| Some(a.max(b)))
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return none(back);
        };
        let [a, b] = [back.inputs[0], back.inputs[1]];
        // 1 where a is larger, 0 where b is, ½ where they are equal.
        let above = back.push(Greater, &[a, b])?;
        let not_below = back.push(GreaterOrEqual, &[a, b])?;
        let half = back.graph.scalar(0.5);
        let both = back.push(Add, &[above, not_below])?;
        let share = back.push(Mul, &[both, half])?;
        let da = back.push(Mul, &[g, share])?;
        let db = back.push(Sub, &[g, da])?;
        unbroadcast_all(back, vec![Some(da), Some(db)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[3, 4], &[3, 4]]),
            Example::new(Self, &[&[3, 4], &[4]]),
        ]
    }
}

impl OnnxForm for Max {
    const NAMES: &'static [&'static str] = &["Max", "Min"];

    /// Any number of inputs; the smallest is minus the largest of their
    /// opposites.
    fn import(node: &mut Import<'_>) -> Imported {
        let inputs = node.alike()?;
        let Some((&first, rest)) = inputs.split_first() else {
            return Err(node.refuse("expected at least one input"));
        };
        if node.proto().op_type == "Max" {
            return Ok(vec![node.chain(Self, first, rest)?]);
        }
        let mut least = node.add(Neg, &[first])?;
        for &next in rest {
            let opposite = node.add(Neg, &[next])?;
            least = node.add(Self, &[least, opposite])?;
        }
        node.push(Neg, &[least])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        node.same("Max", vec![]);
        Ok(())
    }
}
