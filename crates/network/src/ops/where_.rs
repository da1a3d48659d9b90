//! `b` where `a` is not 0, else `c`, broadcast.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::shapes::broadcast_shapes;

/// `b` where `a` is not 0, else `c`, broadcast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Where;

impl Operation for Where {
    const NAME: &'static str = "Where";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [condition, branches @ ..] = inputs else {
            return Err("expected a condition and two branches".to_owned());
        };
        let ty = alike(branches, 2)?;
        let shape = broadcast_shapes(&condition.shape, &ty.shape)?;
        if condition.kind != Kind::Real {
            return Err("the condition must be truth values, found integers".to_owned());
        }
        Ok(vec![Type { shape, ..ty }])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map3(
            a[0],
            a[1],
            a[2],
            out,
            |a, b, c| if a == T::ZERO { c } else { b },
        );
    }

    fn mixed<T: Real>(
        &self,
        arguments: &[Numbers<'_, T>],
        out: &mut NumbersMut<'_, T>,
    ) -> Result<(), String> {
        if let (
            [Numbers::Real(a), Numbers::Integer(b), Numbers::Integer(c)],
            NumbersMut::Integer(out),
        ) = (arguments, out)
        {
            let branches = b.iter().zip(*c);
            for ((out, a), (&b, &c)) in out.iter_mut().zip(*a).zip(branches) {
                *out = if *a == T::ZERO { c } else { b };
            }
        }
        Ok(())
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None, None, None]);
        };
        let condition = back.inputs[0];
        let zero = back.graph.scalar(0.0);
        let db = back.push(Self, &[condition, g, zero])?;
        let dc = back.push(Self, &[condition, zero, g])?;
        unbroadcast_all(back, vec![None, Some(db), Some(dc)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::within(Self, &[&[3, 4], &[3, 4], &[4]], 0.5, 2.0),
            Example::new(Self, &[&[3, 4], &[3, 4], &[1]]),
        ]
    }
}

impl OnnxForm for Where {
    const NAMES: &'static [&'static str] = &["Where"];

    fn import(node: &mut Import<'_>) -> Imported {
        let condition = logic::condition(node, 0)?;
        let branches = node.alike_from(1)?;
        node.push(Self, &[&[condition], branches.as_slice()].concat())
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let flags = node.truth(0);
        node.emit(
            "Where",
            &[&flags, node.input(1), node.input(2)],
            &[node.output(0)],
            vec![],
        );
        Ok(())
    }
}
