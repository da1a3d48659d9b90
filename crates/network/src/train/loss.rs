//! What a training makes small.
//!
//! With `z` the network's output before a final sigmoid or softmax and `y` the
//! target, per event
//!
//! $$ \ell_\mathrm{binary} = \ln(1 + e^z) - y z, \qquad
//!    \ell_\mathrm{classes} = -\ln \frac{e^{z_y}}{\sum_k e^{z_k}}, \qquad
//!    \ell_\mathrm{square} = \tfrac1K \sum_k (z_k - y_k)^2, \qquad
//!    \ell_\mathrm{Huber} = \tfrac1K \sum_k \left( c_k |d_k| - \tfrac12 c_k^2 \right),\;
//!    d_k = z_k - y_k,\; c_k = \min(|d_k|, 1) $$
//!
//! and over a batch the sum of `s ℓ`, where the share `s` of each event is
//! given at every run. The trainer gives `s_i = w_i / (n w̄)` in a batch of `n`
//! events, `w̄` the mean weight of *all* training events: an unbiased estimate
//! of the weighted mean, finite also for batches whose weights (some negative,
//! as generators write them) cancel. With equal weights it is the mean.
//!
//! No exponential overflows: see [`Softplus`](crate::ops::Softplus) and
//! [`LogSoftmax`](crate::ops::LogSoftmax).

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Type, ValueId, show};
use crate::ops::{Abs, Clip, Equal, LogSoftmax, Mul, ReduceSum, Softplus, Sub};

/// A loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Cross-entropy of one logit with targets between 0 and 1.
    #[default]
    BinaryCrossEntropy,
    /// Cross-entropy of one logit per class with the number of the class.
    CrossEntropy,
    /// Squared difference.
    SquaredError,
    /// Half the squared difference where it is below 1, and its modulus less one half
    /// beyond, so that single events far off do not lead (P. Huber, Ann. Math. Statist. 35
    /// (1964) 73, with `k = 1`: targets are to be of that size).
    Huber,
}

/// The loss in a graph, and the inputs it has added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossInputs {
    /// The loss, a number without sides.
    pub loss: ValueId,
    /// The input for the targets.
    pub target: ValueId,
    /// The input for the shares.
    pub share: ValueId,
}

impl Loss {
    /// Adds the loss of `prediction`, and inputs `target` and `share`.
    pub fn add(self, graph: &mut Graph, prediction: ValueId) -> Result<LossInputs, NetworkError> {
        let shape = graph.shape(prediction).to_vec();
        let width = match shape.as_slice() {
            [_] => Some(1),
            [_, width] => width.known(),
            _ => None,
        };
        let wrong = |expected: &str| NetworkError::Output {
            output: graph.value(prediction).name.clone(),
            found: show(&shape),
            expected: expected.to_owned(),
        };
        let width = match (self, width) {
            (Self::BinaryCrossEntropy, Some(1)) | (Self::SquaredError | Self::Huber, Some(_)) => {
                width
            }
            (Self::CrossEntropy, Some(width)) if width > 1 => Some(width),
            (Self::BinaryCrossEntropy, _) => return Err(wrong("one logit per event")),
            (Self::CrossEntropy, _) => return Err(wrong("one logit per class and event")),
            (Self::SquaredError | Self::Huber, None) => {
                return Err(wrong("one row of numbers per event"));
            }
        };
        let width = width.unwrap_or(1);
        let mut single = shape.clone();
        if let Some(last) = single.get_mut(1) {
            *last = Dim::fixed(1);
        }
        let target = match self {
            Self::CrossEntropy => single.clone(),
            Self::BinaryCrossEntropy | Self::SquaredError | Self::Huber => shape.clone(),
        };
        let target = graph.input("target", Type::real(target));
        let share = graph.input("share", Type::real(single));
        let terms = match self {
            Self::BinaryCrossEntropy => {
                let soft = graph.push(Softplus, &[prediction])?;
                let product = graph.push(Mul, &[target, prediction])?;
                let loss = graph.push(Sub, &[soft, product])?;
                graph.push(Mul, &[loss, share])?
            }
            Self::CrossEntropy => {
                let classes = (0..width).map(|class| class as f32).collect();
                let classes = graph.constant("", Tensor::new(vec![width], classes));
                let here = graph.push(Equal, &[target, classes])?;
                let weighted = graph.push(Mul, &[here, share])?;
                let minus = graph.scalar(-1.0);
                let weighted = graph.push(Mul, &[weighted, minus])?;
                let logarithms = graph.push(LogSoftmax { axis: 1 }, &[prediction])?;
                graph.push(Mul, &[weighted, logarithms])?
            }
            Self::SquaredError => {
                let difference = graph.push(Sub, &[prediction, target])?;
                let square = graph.push(Mul, &[difference, difference])?;
                let weighted = graph.push(Mul, &[square, share])?;
                let each = graph.scalar(1.0 / width as f64);
                graph.push(Mul, &[weighted, each])?
            }
            Self::Huber => {
                let difference = graph.push(Sub, &[prediction, target])?;
                let size = graph.push(Abs, &[difference])?;
                let small = graph.push(
                    Clip {
                        low: 0.0,
                        high: 1.0,
                    },
                    &[size],
                )?;
                let product = graph.push(Mul, &[small, size])?;
                let square = graph.push(Mul, &[small, small])?;
                let half = graph.scalar(0.5);
                let square = graph.push(Mul, &[square, half])?;
                let loss = graph.push(Sub, &[product, square])?;
                let weighted = graph.push(Mul, &[loss, share])?;
                let each = graph.scalar(1.0 / width as f64);
                graph.push(Mul, &[weighted, each])?
            }
        };
        let axes = (0..shape.len()).collect();
        let loss = graph.push(ReduceSum { axes, keep: false }, &[terms])?;
        Ok(LossInputs {
            loss,
            target,
            share,
        })
    }

    /// The loss of one event.
    pub fn of(self, prediction: &[f32], target: &[f32]) -> f64 {
        match self {
            Self::BinaryCrossEntropy => {
                let (z, y) = (f64::from(prediction[0]), f64::from(target[0]));
                z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z
            }
            Self::CrossEntropy => {
                let largest = prediction.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b));
                let terms = prediction.iter().map(|&z| f64::from(z - largest).exp());
                let class = (target[0] as usize).min(prediction.len() - 1);
                terms.sum::<f64>().ln() - f64::from(prediction[class] - largest)
            }
            Self::SquaredError => {
                let squares = prediction
                    .iter()
                    .zip(target)
                    .map(|(&z, &y)| (f64::from(z) - f64::from(y)).powi(2));
                squares.sum::<f64>() / prediction.len() as f64
            }
            Self::Huber => {
                let of = |(&z, &y): (&f32, &f32)| {
                    let size = (f64::from(z) - f64::from(y)).abs();
                    let small = size.min(1.0);
                    small * size - 0.5 * small * small
                };
                prediction.iter().zip(target).map(of).sum::<f64>() / prediction.len() as f64
            }
        }
    }

    /// How many targets an event has if the network gives `outputs` numbers.
    pub(crate) fn targets(self, outputs: usize) -> usize {
        match self {
            Self::BinaryCrossEntropy | Self::CrossEntropy => 1,
            Self::SquaredError | Self::Huber => outputs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::Executor;
    use crate::transform::gradient;

    /// The loss of a prediction, which is an input, and its gradient.
    fn executor(loss: Loss, shape: &[Dim]) -> Executor<f64> {
        let mut graph = Graph::new();
        let prediction = graph.input("z", Type::real(shape.to_vec()));
        let made = loss.add(&mut graph, prediction).unwrap();
        let slope = gradient(&mut graph, made.loss, &[prediction], None).unwrap();
        graph.set_outputs(vec![made.loss, slope[0]]);
        Executor::new(&graph)
    }

    fn check(loss: Loss, sides: &[usize], z: &[f64], target: &Tensor<f64>, share: &[f64]) {
        let events = sides[0];
        let mut shape = vec![Dim::symbol("N")];
        shape.extend(sides[1..].iter().map(|&side| Dim::fixed(side)));
        let mut executor = executor(loss, &shape);
        let mut single = sides.to_vec();
        if sides.len() == 2 {
            single[1] = 1;
        }
        let share = Tensor::new(single, share.to_vec());
        let mut run = |z: &[f64]| {
            let z = Tensor::new(sides.to_vec(), z.to_vec());
            executor.run(&[&z, target, &share]).unwrap();
            (executor.output(0).1[0], executor.output(1).1.to_vec())
        };
        let (value, slopes) = run(z);
        // The same number from the plain definition.
        let width = z.len() / events;
        let targets = target.data().len() / events;
        let plain: f64 = (0..events)
            .map(|i| {
                let z: Vec<f32> = z[i * width..][..width].iter().map(|&z| z as f32).collect();
                let y: Vec<f32> = target.data()[i * targets..][..targets]
                    .iter()
                    .map(|&y| y as f32)
                    .collect();
                share.data()[i] * loss.of(&z, &y)
            })
            .sum();
        // Inputs rounded to single precision.
        assert!(
            (value - plain).abs() < 1e-6 * plain.abs().max(1.0),
            "{value} {plain}"
        );
        let h = 1e-5;
        for i in 0..z.len() {
            let moved = |by: f64| {
                let mut z = z.to_vec();
                z[i] += by;
                z
            };
            let difference = (run(&moved(h)).0 - run(&moved(-h)).0) / (2.0 * h);
            // h² of a third derivative below one, and rounding 1e-16 · 41² / h.
            assert!(
                (slopes[i] - difference).abs() < 2e-8,
                "{loss:?} {} {difference}",
                slopes[i]
            );
        }
    }

    #[test]
    fn gradients_of_losses_are_their_differences() {
        let z = [0.3, -1.2, 2.5, 4.0, -40.0, 0.0];
        let share = [0.1, 0.4, -0.2, 0.3, 0.2, 0.7];
        let y = [0.0, 1.0, 1.0, 0.25, 1.0, 0.0];
        let column = |data: &[f64]| Tensor::new(vec![6, 1], data.to_vec());
        let flat = |data: &[f64]| Tensor::new(vec![6], data.to_vec());
        check(Loss::BinaryCrossEntropy, &[6, 1], &z, &column(&y), &share);
        check(Loss::BinaryCrossEntropy, &[6], &z, &flat(&y), &share);
        check(Loss::SquaredError, &[6, 1], &z, &column(&y), &share);
        check(Loss::Huber, &[6, 1], &z, &column(&y), &share);
        let rows = Tensor::new(vec![2, 3], y.to_vec());
        check(Loss::Huber, &[2, 3], &z, &rows, &share[..2]);
        check(Loss::SquaredError, &[2, 3], &z, &rows, &share[..2]);
        let classes = Tensor::new(vec![2, 1], vec![2.0, 0.0]);
        check(Loss::CrossEntropy, &[2, 3], &z, &classes, &share[..2]);
    }

    #[test]
    fn a_loss_that_does_not_fit_the_output_says_what_would() {
        let mut graph = Graph::new();
        let z = graph.input("z", Type::real(vec![Dim::symbol("N"), 3.into()]));
        let error = Loss::BinaryCrossEntropy
            .add(&mut graph, z)
            .unwrap_err()
            .to_string();
        assert!(error.contains("one logit per event"), "{error}");
    }
}
