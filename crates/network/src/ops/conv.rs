//! Convolution (cross-correlation) over one to three spatial sides.
//!
//! `y[n, o, p] = b[o] + Σ_c Σ_k w[o, c, k] x[n, c, s·p + d·k − pad]`, with the
//! channels of input and output cut into groups.
//!
//! Shapes: `x` is `[N, C, …]`, `w` is `[O, C/groups, …]`, `b` is `[O]`.

use crate::kernels::conv;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{ConvInput, ConvWeight, ReduceSum};

/// Convolution; inputs `x`, `w` and, if there is one, the bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Conv {
    /// How the filter moves.
    pub window: Window,
    /// Groups of channels that do not see each other.
    pub groups: usize,
}

impl Operation for Conv {
    const NAME: &'static str = "Conv";
    const RULE: Rule = Rule::Product;

    fn weights(&self, inputs: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        // The bias is a third input.
        let bias = (2, Weight::Constant(0.0));
        match inputs.get(1).copied().flatten() {
            Some(filters) => {
                let fan_in = filters.shape.iter().skip(1).product();
                vec![(1, Weight::Factor { fan_in }), bias]
            }
            None => vec![bias],
        }
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        self.window.check()?;
        let (x, w, bias) = match inputs {
            [x, w] => (x, w, None),
            [x, w, bias] => (x, w, Some(bias)),
            _ => {
                return Err(format!(
                    "expected input, filters and bias, found {}",
                    inputs.len()
                ));
            }
        };
        let rank = self.window.rank();
        if x.shape.len() != rank + 2 || w.shape.len() != rank + 2 {
            return Err(format!(
                "expected {} sides, found input {} and filters {}",
                rank + 2,
                show(&x.shape),
                show(&w.shape)
            ));
        }
        let filters = w.shape[0]
            .known()
            .ok_or("the number of filters must be known")?;
        let kernel: Vec<Option<usize>> = w.shape[2..].iter().map(Dim::known).collect();
        if kernel
            .iter()
            .zip(&self.window.kernel)
            .any(|(found, &k)| *found != Some(k))
        {
            return Err(format!(
                "filters {} are not of size {:?}",
                show(&w.shape),
                self.window.kernel
            ));
        }
        let channels = &w.shape[1] * &Dim::fixed(self.groups);
        if self.groups == 0 || filters % self.groups != 0 || x.shape[1] != channels {
            return Err(format!(
                "input {} has {} channels, filters {} in {} groups take {}",
                show(&x.shape),
                x.shape[1],
                show(&w.shape),
                self.groups,
                channels
            ));
        }
        if bias.is_some_and(|bias| bias.shape != [Dim::fixed(filters)]) {
            return Err(format!("expected a bias for each of {filters} filters"));
        }
        let mut shape = vec![x.shape[0].clone(), Dim::fixed(filters)];
        for d in 0..rank {
            shape.push(self.window.output(d, &x.shape[d + 2])?);
        }
        Ok(vec![Type::real(shape)])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        step: &Step<'_, T>,
    ) {
        let (x, w) = (inputs[0], inputs[1]);
        let filters = w.shape[0] / self.groups;
        let g = self
            .window
            .geometry(x.shape, outputs[0].shape, self.groups, w.shape[1], filters);
        let bias = inputs.get(2).map(Input::real);
        conv::forward(
            &g,
            x.real(),
            w.real(),
            bias,
            outputs[0].real(),
            |start, piece| {
                step.finish(start, piece);
            },
        );
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let count = back.inputs.len();
        let Some(g) = back.adjoint() else {
            return Ok(vec![None; count]);
        };
        let [x, w] = [back.inputs[0], back.inputs[1]];
        let mut out = vec![None; count];
        if back.wanted[0] {
            let op = ConvInput {
                window: self.window.clone(),
                groups: self.groups,
                sides: back.graph.shape(x)[2..].to_vec(),
            };
            out[0] = Some(back.push(op, &[g, w])?);
        }
        if back.wanted[1] {
            let op = ConvWeight {
                window: self.window.clone(),
                groups: self.groups,
            };
            out[1] = Some(back.push(op, &[x, g])?);
        }
        if count > 2 && back.wanted[2] {
            let axes = (0..back.graph.shape(g).len())
                .filter(|&axis| axis != 1)
                .collect();
            out[2] = Some(back.push(ReduceSum { axes, keep: false }, &[g])?);
        }
        Ok(out)
    }

    fn examples() -> Vec<Example<Self>> {
        let plain = Self {
            window: Window::new(&[2, 3]),
            groups: 1,
        };
        let mut uneven = Window::new(&[3, 3])
            .stride(&[2, 1])
            .dilation(&[1, 2])
            .pad(&[1, 2]);
        uneven.after = vec![0, 1];
        let grouped = Self {
            window: uneven,
            groups: 2,
        };
        let line = Self {
            window: Window::new(&[3]).pad(&[1]).stride(&[2]),
            groups: 1,
        };
        let point = Self {
            window: Window::new(&[1, 1]),
            groups: 1,
        };
        let deep = Self {
            window: Window::new(&[2, 3, 2]).stride(&[1, 2, 1]).pad(&[1, 1, 0]),
            groups: 2,
        };
        vec![
            Example::new(plain, &[&[2, 2, 4, 5], &[3, 2, 2, 3], &[3]]),
            Example::new(grouped, &[&[2, 4, 5, 6], &[6, 2, 3, 3], &[6]]),
            Example::new(line, &[&[2, 2, 7], &[3, 2, 3]]),
            Example::new(point, &[&[2, 3, 3, 3], &[2, 3, 1, 1]]),
            Example::new(deep, &[&[1, 4, 3, 3, 2], &[2, 2, 2, 3, 2], &[2]]),
        ]
    }
}

impl OnnxForm for Conv {
    const NAMES: &'static [&'static str] = &["Conv"];

    fn import(node: &mut Import<'_>) -> Imported {
        let inputs = node.reals()?;
        onnx_conv::read(node, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let mut attributes = onnx_window::attributes(&self.window);
        attributes.push(AttributeProto::int("group", self.groups as i64));
        node.same("Conv", attributes);
        Ok(())
    }
}
