//! The transpose of a convolution with respect to its input (what PyTorch and
//! ONNX call a transposed convolution).
//!
//! `x̄[n, c, s·p + d·k − pad] += Σ_o w[o, c, k] ȳ[n, o, p]`.
//!
//! Shapes: `ȳ` is `[N, O, …]`, `w` is `[O, C/groups, …]`, the result `[N, C, …]`.

use crate::kernels::conv;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Conv, ConvWeight};

/// Adjoint of [`Conv`] with respect to its input; inputs `ȳ`, `w`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvInput {
    /// How the filter moves.
    pub window: Window,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// The spatial sides of the convolution's input.
    pub sides: Vec<Dim>,
}

impl Operation for ConvInput {
    const NAME: &'static str = "ConvInput";
    const RULE: Rule = Rule::Product;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        let Some(filters) = inputs.get(1).copied().flatten() else {
            return Vec::new();
        };
        // Each number of the output is reached by the channels of its group and by every
        // `stride`-th place of the filter.
        let channels = filters.shape.first().copied().unwrap_or(1) / self.groups.max(1);
        let places: usize = filters.shape.iter().skip(2).product();
        let strides: usize = self.window.stride.iter().product();
        let fan_in = (channels * places).div_ceil(strides.max(1));
        vec![(1, Weight::Factor { fan_in })]
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        self.window.check()?;
        let [g, w] = inputs else {
            return Err(format!(
                "expected adjoint and filters, found {}",
                inputs.len()
            ));
        };
        let rank = self.window.rank();
        if g.shape.len() != rank + 2 || w.shape.len() != rank + 2 || self.sides.len() != rank {
            return Err(format!(
                "adjoint {}, filters {}",
                show(&g.shape),
                show(&w.shape)
            ));
        }
        if g.shape[1] != w.shape[0] {
            return Err(format!(
                "adjoint {} has other channels than filters {}",
                show(&g.shape),
                show(&w.shape)
            ));
        }
        for (d, side) in self.sides.iter().enumerate() {
            let expected = self.window.output(d, side)?;
            if g.shape[d + 2] != expected {
                return Err(format!(
                    "adjoint {} is not of side {expected}",
                    show(&g.shape)
                ));
            }
        }
        let channels = &w.shape[1] * &Dim::fixed(self.groups);
        let mut shape = vec![g.shape[0].clone(), channels];
        shape.extend(self.sides.iter().cloned());
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (adjoint, w) = (inputs[0], inputs[1]);
        let filters = w.shape[0] / self.groups;
        let shape = outputs[0].shape;
        let g = self
            .window
            .geometry(shape, adjoint.shape, self.groups, w.shape[1], filters);
        conv::input(
            &g,
            adjoint.real(),
            w.real(),
            outputs[0].real(),
            |start, piece| {
                step.finish(start, piece);
            },
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(x) = back.adjoint() else {
            return Ok(vec![None, None]);
        };
        let [g, w] = [back.inputs[0], back.inputs[1]];
        let (window, groups) = (self.window.clone(), self.groups);
        let dg = if back.wanted[0] {
            Some(back.push(
                Conv {
                    window: window.clone(),
                    groups,
                },
                &[x, w],
            )?)
        } else {
            None
        };
        let dw = if back.wanted[1] {
            Some(back.push(ConvWeight { window, groups }, &[x, g])?)
        } else {
            None
        };
        Ok(vec![dg, dw])
    }

    fn examples() -> Vec<Example<Self>> {
        let window = Window::new(&[3, 2]).stride(&[2, 1]).pad(&[1, 0]);
        let op = Self {
            window,
            groups: 2,
            sides: vec![5.into(), 4.into()],
        };
        let deep = Self {
            window: Window::new(&[2, 1, 2]).stride(&[2, 1, 1]),
            groups: 1,
            sides: vec![5.into(), 2.into(), 3.into()],
        };
        vec![
            Example::new(op, &[&[2, 4, 3, 3], &[4, 2, 3, 2]]),
            Example::new(deep, &[&[1, 2, 2, 2, 2], &[2, 3, 2, 1, 2]]),
        ]
    }
}

impl OnnxForm for ConvInput {
    fn export(&self, node: &mut Export<'_>) -> Exported {
        let attributes = onnx_window::transposed(node, &self.window, &self.sides, self.groups)?;
        node.same("ConvTranspose", attributes);
        Ok(())
    }
}
