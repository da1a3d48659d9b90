//! `a` where `b > 0`, else 0: how an adjoint passes a rectifier.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// `a` where `b > 0`, else 0: how an adjoint passes a rectifier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate;

impl Operation for Gate {
    const NAME: &'static str = "Gate";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        broadcast(inputs, 2)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map2(
            a[0],
            a[1],
            out,
            |a, b| if b > T::ZERO { a } else { T::ZERO },
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let da = back.push(Self, &[g, back.inputs[1]])?;
        unbroadcast_all(back, vec![Some(da), None])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self, &[&[3, 4], &[3, 4]])]
    }
}

impl OnnxForm for Gate {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let zero = node.number("zero", 0.0);
        let flags = node.between("Greater", &[node.input(1), &zero], vec![]);
        node.emit(
            "Where",
            &[&flags, node.input(0), &zero],
            &[node.output(0)],
            vec![],
        );
        Ok(())
    }
}
