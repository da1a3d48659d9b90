//! Dropout outside of training: the value itself. In training form (see `transform::training`) it is a product with a random mask.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;

/// Dropout outside of training: the value itself. In training form (see `transform::training`) it is a product with a random mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The share of numbers that training sets to zero.
    pub ratio: f64,
}

impl Operation for Dropout {
    const NAME: &'static str = "Dropout";
    const ELEMENTWISE: bool = true;
    const RULE: Rule = Rule::Route;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        same(inputs)
    }

    fn block<T: Real>(&self, a: &[&[T]], out: &mut [T]) {
        map1(a[0], out, |x| x);
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        Ok(vec![Some(g)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self { ratio: 0.5 }, &[&[3, 4]])]
    }
}

impl OnnxForm for Dropout {
    const NAMES: &'static [&'static str] = &["Dropout"];

    fn import(node: &mut Import<'_>) -> Imported {
        if node.has(2) && node.number(2)? != 0.0 {
            return Err(node.refuse("it drops at random; export the model in evaluation mode"));
        }
        let ratio = if node.has(1) {
            node.number(1)?
        } else {
            node.float("ratio", 0.5)?
        };
        let x = node.real(0)?;
        node.push(Self { ratio }, &[x])
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let ratio = node.number("ratio", self.ratio);
        node.emit(
            "Dropout",
            &[node.input(0), &ratio],
            &[node.output(0)],
            vec![],
        );
        Ok(())
    }
}
