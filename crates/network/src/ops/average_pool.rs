//! The average under every window.

use crate::kernels::pool;
use crate::ops::AveragePoolInput;
use crate::ops::max_pool::pooled;
use crate::ops::prelude::*;

/// Average over windows.
#[derive(Debug, Clone, PartialEq)]
pub struct AveragePool {
    /// How the window moves.
    pub window: Window,
    /// Whether padding counts as zeros, or not at all.
    pub count_pad: bool,
}

impl Operation for AveragePool {
    const NAME: &'static str = "AveragePool";
    const RULE: Rule = Rule::Linear;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        Ok(vec![Type::real(pooled(&self.window, one_real(inputs)?)?)])
    }

    fn run<T: Real>(&self, inputs: &[Input<'_, T>], outputs: &mut [Output<'_, T>], _: &Step<'_, T>) {
        let x = inputs[0];
        let channels = x.shape[1];
        let g = self.window.geometry(x.shape, outputs[0].shape, 1, channels, channels);
        pool::average(&g, self.count_pad, x.real(), outputs[0].real());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else { return Ok(vec![None]) };
        let sides = back.graph.shape(back.inputs[0])[2..].to_vec();
        Ok(vec![Some(back.push(AveragePoolInput { pool: self.clone(), sides }, &[g])?)])
    }

    fn examples() -> Vec<Example<Self>> {
        let pool = |window, count_pad| Self { window, count_pad };
        vec![
            Example::new(pool(Window::new(&[2, 2]).stride(&[2, 2]), false), &[&[2, 2, 4, 5]]),
            Example::new(pool(Window::new(&[3, 3]).pad(&[1, 1]), true), &[&[1, 2, 4, 3]]),
            Example::new(pool(Window::new(&[3]).pad(&[1]).stride(&[2]), false), &[&[2, 2, 6]]),
        ]
    }
}
