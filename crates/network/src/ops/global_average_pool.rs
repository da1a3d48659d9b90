//! The average over all spatial sides, which stay with length 1.

use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::reduce_sum::{reduced, spread, sum_over};
use crate::ops::{Mul, ReduceMean};

/// Average over whole images.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalAveragePool;

impl Operation for GlobalAveragePool {
    const NAME: &'static str = "GlobalAveragePool";
    const RULE: Rule = Rule::Pool;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let input = one_real(inputs)?;
        let axes: Vec<usize> = (2..input.shape.len()).collect();
        if axes.is_empty() {
            return Err(format!("expected images, found {}", show(&input.shape)));
        }
        Ok(vec![Type::real(reduced(input, &axes, true)?)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let axes: Vec<usize> = (2..inputs[0].shape.len()).collect();
        let area: usize = inputs[0].shape[2..].iter().product();
        let out = outputs[0].real();
        sum_over(inputs[0].shape, &axes, inputs[0].real(), out);
        let share = T::ONE / T::of(area as f64);
        for out in out {
            *out *= share;
        }
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None]);
        };
        let x = back.inputs[0];
        let axes: Vec<usize> = (2..back.graph.shape(x).len()).collect();
        match volume(&back.graph.shape(x)[2..]).known() {
            Some(area) => {
                let wide = spread(back, g, x, &axes)?;
                let share = back.graph.scalar(1.0 / area as f64);
                Ok(vec![Some(back.push(Mul, &[wide, share])?)])
            }
            None => ReduceMean { axes, keep: true }.gradient(back),
        }
    }

    fn examples() -> Vec<Example<Self>> {
        vec![
            Example::new(Self, &[&[2, 3, 2, 4]]),
            Example::new(Self, &[&[2, 3, 5]]),
        ]
    }
}

plain_form!(GlobalAveragePool, "GlobalAveragePool");
