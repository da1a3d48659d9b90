//! The transpose of a convolution with respect to its filters.
//!
//! `w̄[o, c, k] = Σ_n Σ_p x[n, c, s·p + d·k − pad] ȳ[n, o, p]`.
//!
//! Shapes: `x` is `[N, C, …]`, `ȳ` is `[N, O, …]`, the result `[O, C/groups, …]`.

use crate::kernels::conv;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Conv, ConvInput};

/// Adjoint of [`Conv`] with respect to its filters; inputs `x`, `ȳ`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvWeight {
    /// How the filter moves.
    pub window: Window,
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl Operation for ConvWeight {
    const NAME: &'static str = "ConvWeight";
    const RULE: Rule = Rule::Product;

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        self.window.check()?;
        let [x, g] = inputs else {
            return Err(format!(
                "expected input and adjoint, found {}",
                inputs.len()
            ));
        };
        let rank = self.window.rank();
        if x.shape.len() != rank + 2 || g.shape.len() != rank + 2 || x.shape[0] != g.shape[0] {
            return Err(format!(
                "input {}, adjoint {}",
                show(&x.shape),
                show(&g.shape)
            ));
        }
        for d in 0..rank {
            let expected = self.window.output(d, &x.shape[d + 2])?;
            if g.shape[d + 2] != expected {
                return Err(format!(
                    "adjoint {} is not of side {expected}",
                    show(&g.shape)
                ));
            }
        }
        let channels = x.shape[1].quotient(&Dim::fixed(self.groups));
        let mut shape = vec![g.shape[1].clone(), channels];
        shape.extend(self.window.kernel.iter().map(|&k| Dim::fixed(k)));
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let (x, adjoint) = (inputs[0], inputs[1]);
        let (channels, filters) = (x.shape[1] / self.groups, adjoint.shape[1] / self.groups);
        let g = self
            .window
            .geometry(x.shape, adjoint.shape, self.groups, channels, filters);
        conv::weight(&g, x.real(), adjoint.real(), outputs[0].real());
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(w) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let [x, g] = [back.inputs[0], back.inputs[1]];
        let (window, groups) = (self.window.clone(), self.groups);
        let dx = if back.wanted[0] {
            let sides = back.graph.shape(x)[2..].to_vec();
            Some(back.push(
                ConvInput {
                    window: window.clone(),
                    groups,
                    sides,
                },
                &[g, w],
            )?)
        } else {
            None
        };
        let dg = if back.wanted[1] {
            Some(back.push(Conv { window, groups }, &[x, w])?)
        } else {
            None
        };
        Ok(vec![dx, dg])
    }

    fn examples() -> Vec<Example<Self>> {
        let window = Window::new(&[3, 2]).stride(&[2, 1]).pad(&[1, 0]);
        let deep = Self {
            window: Window::new(&[2, 2, 2]).dilation(&[1, 1, 2]),
            groups: 1,
        };
        vec![
            Example::new(Self { window, groups: 2 }, &[&[2, 4, 5, 4], &[2, 4, 3, 3]]),
            Example::new(deep, &[&[1, 2, 3, 2, 3], &[1, 2, 2, 1, 1]]),
        ]
    }
}

impl OnnxForm for ConvWeight {}
