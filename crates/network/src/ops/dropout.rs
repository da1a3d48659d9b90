//! Dropout outside of training: the value itself. In training form (see `transform::training`) it is a product with a random mask.

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
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        Ok(vec![Some(g)])
    }

    fn examples() -> Vec<Example<Self>> {
        vec![Example::new(Self { ratio: 0.5 }, &[&[3, 4]])]
    }
}
