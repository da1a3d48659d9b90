//! Repeats a tensor along sides of length 1 (and new leading ones) to a shape.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::shapes::broadcast_shapes;

/// Broadcast to a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// The shape of the result.
    pub shape: Vec<Dim>,
}

impl Operation for Expand {
    const NAME: &'static str = "Expand";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one(inputs)?;
        if broadcast_shapes(&input.shape, &self.shape)? != self.shape {
            return Err(format!(
                "{} does not expand to {}",
                show(&input.shape),
                show(&self.shape)
            ));
        }
        Ok(vec![Type {
            kind: input.kind,
            shape: self.shape.clone(),
        }])
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        out.copy_from_slice(a[0]);
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
        Ok(vec![Some(unbroadcast(back, g, back.inputs[0])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let op = Self {
            shape: vec![2.into(), 3.into(), 4.into()],
        };
        vec![
            Example::new(op.clone(), &[&[3, 1]]),
            Example::new(op, &[&[]]),
        ]
    }
}

impl OnnxForm for Expand {
    const NAMES: &'static [&'static str] = &["Expand"];

    fn import(node: &mut Import<'_>) -> Imported {
        let x = node.either(0)?;
        let given = composite::shape(node, 1)?;
        let shape =
            broadcast_shapes(&node.shape(x), &given).map_err(|problem| node.refuse(problem))?;
        node.push(Self { shape }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let shape = node.sizes("shape", &self.shape)?;
        node.emit(
            "Expand",
            &[node.input(0), &shape],
            &[node.output(0)],
            vec![],
        );
        Ok(())
    }
}
