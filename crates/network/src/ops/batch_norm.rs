//! Batch normalisation outside of training, with stored moments:
//! `y = scale (x − mean) / √(variance + epsilon) + bias`, per channel.
//!
//! S. Ioffe, C. Szegedy, arXiv:1502.03167, algorithm 2. In training form (see
//! `transform::training`) the moments are those of the batch.
//!
//! Shapes: `x` is `[N, C, …]`, the other four `[C]`.

use crate::kernels::simd::map1;
use crate::kernels::split;
use crate::onnx::prelude::*;
use crate::ops::prelude::*;
use crate::ops::{Add, Div, Mul, ReduceSum, Reshape, Sqrt, Sub};

/// Batch normalisation; inputs `x`, scale, bias, mean, variance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub epsilon: f64,
    /// The share of the stored moments that a training step keeps.
    pub momentum: f64,
}

impl Operation for BatchNorm {
    const NAME: &'static str = "BatchNorm";
    const RULE: Rule = Rule::Affine;

    fn weights(&self, _: &[Option<Fixed<'_>>]) -> Vec<(usize, Weight)> {
        // Gain, bias, mean and variance.
        let numbers = [1.0, 0.0, 0.0, 1.0].map(Weight::Constant);
        (1..).zip(numbers).collect()
    }

    fn infer(&self, inputs: &[&Type]) -> Result<Vec<Type>, String> {
        let [x, moments @ ..] = inputs else {
            return Err("expected x, scale, bias, mean, variance".to_owned());
        };
        if moments.len() != 4 || x.shape.len() < 2 {
            return Err(format!(
                "expected x of two sides or more and four more inputs, found {}",
                inputs.len()
            ));
        }
        if let Some(wrong) = moments.iter().find(|input| input.shape != x.shape[1..2]) {
            return Err(format!(
                "expected {} channels, found {}",
                x.shape[1],
                show(&wrong.shape)
            ));
        }
        Ok(vec![(*x).clone()])
    }

    fn run<T: Real>(
        &self,
        inputs: &[Input<'_, T>],
        outputs: &mut [Output<'_, T>],
        _: &Step<'_, T>,
    ) {
        let x = inputs[0];
        let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|i| inputs[i].real());
        let channels = x.shape[1];
        let area: usize = x.shape[2..].iter().product();
        let factors: Vec<(T, T)> = (0..channels)
            .map(|c| {
                let slope = scale[c] / (variance[c] + T::of(self.epsilon)).sqrt();
                (slope, bias[c] - mean[c] * slope)
            })
            .collect();
        let image = channels * area;
        let per = split::rows_per_piece(x.shape[0], image);
        let cost = x.real().len();
        split::chunks(outputs[0].real(), per * image, cost, |index, out| {
            let x = &x.real()[index * per * image..][..out.len()];
            for (i, (out, x)) in out
                .chunks_exact_mut(area)
                .zip(x.chunks_exact(area))
                .enumerate()
            {
                let (slope, offset) = factors[i % channels];
                map1(x, out, |x| x * slope + offset);
            }
        });
    }

    fn gradient(&self, back: &mut Backward<'_>) -> Adjoints {
        let Some(g) = back.adjoint() else {
            return Ok(vec![None; 5]);
        };
        let [x, scale, _, mean, variance] = [0, 1, 2, 3, 4].map(|i| back.inputs[i]);
        let shape = back.graph.shape(x).to_vec();
        let mut column = vec![Dim::fixed(1); shape.len() - 1];
        column[0] = shape[1].clone();
        let others: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
        let sum = |back: &mut Backward<'_>, value| {
            back.push(
                ReduceSum {
                    axes: others.clone(),
                    keep: false,
                },
                &[value],
            )
        };
        let epsilon = back.graph.scalar(self.epsilon);
        let shifted = back.push(Add, &[variance, epsilon])?;
        let width = back.push(Sqrt, &[shifted])?;
        let slope = back.push(Div, &[scale, width])?;
        let mut out = vec![None; 5];
        if back.wanted[0] {
            let slope = back.push(
                Reshape {
                    shape: column.clone(),
                },
                &[slope],
            )?;
            out[0] = Some(back.push(Mul, &[g, slope])?);
        }
        // Σ ȳ (x − mean), of which scale and variance need a multiple each.
        let centred = if back.wanted[1] || back.wanted[4] {
            let mean = back.push(Reshape { shape: column }, &[mean])?;
            let centred = back.push(Sub, &[x, mean])?;
            let product = back.push(Mul, &[g, centred])?;
            Some(sum(back, product)?)
        } else {
            None
        };
        let total = if back.wanted[2] || back.wanted[3] {
            Some(sum(back, g)?)
        } else {
            None
        };
        if let (true, Some(centred)) = (back.wanted[1], centred) {
            out[1] = Some(back.push(Div, &[centred, width])?);
        }
        if back.wanted[2] {
            out[2] = total;
        }
        if let (true, Some(total)) = (back.wanted[3], total) {
            let minus = back.graph.scalar(-1.0);
            let product = back.push(Mul, &[total, slope])?;
            out[3] = Some(back.push(Mul, &[product, minus])?);
        }
        if let (true, Some(centred)) = (back.wanted[4], centred) {
            let half = back.graph.scalar(-0.5);
            let product = back.push(Mul, &[centred, slope])?;
            let product = back.push(Div, &[product, shifted])?;
            out[4] = Some(back.push(Mul, &[product, half])?);
        }
        Ok(out)
    }

    fn examples() -> Vec<Example<Self>> {
        let op = Self {
            epsilon: 1e-3,
            momentum: 0.9,
        };
        let image: &[usize] = &[2, 3, 2, 2];
        vec![
            Example::within(op, &[image, &[3], &[3], &[3], &[3]], 0.5, 2.0),
            Example::within(op, &[&[4, 3], &[3], &[3], &[3], &[3]], 0.5, 2.0),
        ]
    }
}

impl OnnxForm for BatchNorm {
    const NAMES: &'static [&'static str] = &["BatchNormalization"];

    fn import(node: &mut Import<'_>) -> Imported {
        if node.proto().flag("training_mode")?.unwrap_or(false) {
            return Err(
                node.refuse("it normalises each batch; export the model in evaluation mode")
            );
        }
        let epsilon = node.float("epsilon", 1e-5)?;
        let momentum = node.float("momentum", 0.9)?;
        let inputs = node.reals()?;
        node.push(Self { epsilon, momentum }, &inputs)
    }

    fn export(&self, node: &mut Export<'_>) -> Exported {
        let attributes = vec![
            AttributeProto::float("epsilon", self.epsilon as f32),
            AttributeProto::float("momentum", self.momentum as f32),
        ];
        node.same("BatchNormalization", attributes);
        Ok(())
    }
}
