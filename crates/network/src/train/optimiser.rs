//! How a gradient changes the weights.
//!
//! With `g` the gradient, `λ` the learning rate and `d` the weight decay:
//!
//! * SGD: `b ← μ b + g + d w`, `w ← w − λ b` (Nesterov: `w ← w − λ (g + d w +
//!   μ b)`; I. Sutskever et al., ICML 2013, in PyTorch's form);
//! * Adam: `m ← β₁ m + (1 − β₁) g`, `v ← β₂ v + (1 − β₂) g²`,
//!   $$ w \leftarrow w - \lambda \frac{m / (1 - \beta_1^t)}
//!   {\sqrt{v / (1 - \beta_2^t)} + \epsilon} $$
//!   with `d w` added to `g` (D. Kingma, J. Ba, arXiv:1412.6980, algorithm 1);
//! * AdamW: the same without `d w` in `g`, but `w ← (1 − λ d) w` before
//!   (I. Loshchilov, F. Hutter, arXiv:1711.05101, algorithm 2).
//!
//! One pass over memory per weight tensor, in vector instructions.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::NetworkError;
use crate::kernels::simd::simd;

/// An optimiser; the learning rate is a setting of the training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Optimiser {
    /// Stochastic gradient descent.
    Sgd {
        /// The share of the last step that is kept.
        #[serde(default)]
        momentum: f64,
        /// Whether the gradient is corrected by the step to come.
        #[serde(default)]
        nesterov: bool,
        /// The pull of weights towards zero.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Steps scaled by the gradient's recent size.
    Adam {
        /// The memory of the mean gradient.
        #[serde(default = "default_beta1")]
        beta1: f64,
        /// The memory of the mean square.
        #[serde(default = "default_beta2")]
        beta2: f64,
        /// Added to the root of the mean square.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// The pull of weights towards zero, part of the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Adam with a weight decay of its own.
    #[serde(rename = "adamw")]
    AdamW {
        /// The memory of the mean gradient.
        #[serde(default = "default_beta1")]
        beta1: f64,
        /// The memory of the mean square.
        #[serde(default = "default_beta2")]
        beta2: f64,
        /// Added to the root of the mean square.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// The pull of weights towards zero, beside the gradient.
        #[serde(default = "default_weight_decay")]
        weight_decay: f64,
    },
}

fn default_beta1() -> f64 {
    0.9
}

fn default_beta2() -> f64 {
    0.999
}

fn default_epsilon() -> f64 {
    1e-8
}

fn default_weight_decay() -> f64 {
    0.01
}

impl Default for Optimiser {
    fn default() -> Self {
        Self::Adam {
            beta1: default_beta1(),
            beta2: default_beta2(),
            epsilon: default_epsilon(),
            weight_decay: 0.0,
        }
    }
}

/// What an optimiser remembers of one weight tensor.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Memory {
    /// The momentum, or the mean gradient.
    pub first: Vec<f32>,
    /// The mean square of the gradient.
    pub second: Vec<f32>,
}

/// One step, as far as it is the same for all weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// The learning rate.
    pub rate: f64,
    /// What the gradient is multiplied by, when it is too long.
    pub clip: f32,
    /// The number of the step, from 1.
    pub number: u64,
}

/// Numbers per piece when several threads share a tensor; no result depends on it.
const PIECE: usize = 1 << 14;

/// The numbers of one Adam step, in the precision of the weights.
#[derive(Clone, Copy)]
struct Adam {
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    /// Weight decay in the gradient.
    decay: f32,
    /// What weights are multiplied by first.
    shrink: f32,
    /// `λ / (1 − β₁ᵗ)`.
    rate: f32,
    /// `1 / √(1 − β₂ᵗ)`.
    width: f32,
    clip: f32,
}

impl Adam {
    #[inline]
    fn piece(self, weights: &mut [f32], mean: &mut [f32], square: &mut [f32], gradient: &[f32]) {
        simd(
            #[inline(always)]
            || {
                let numbers = weights.iter_mut().zip(mean).zip(square).zip(gradient);
                for (((w, m), v), &g) in numbers {
                    let kept = *w * self.shrink;
                    let g = g * self.clip + self.decay * *w;
                    *m += (1.0 - self.beta1) * (g - *m);
                    *v = self.beta2 * *v + (1.0 - self.beta2) * g * g;
                    *w = kept - self.rate * *m / (v.sqrt() * self.width + self.epsilon);
                }
            },
        );
    }
}

#[derive(Clone, Copy)]
struct Sgd {
    momentum: f32,
    nesterov: bool,
    decay: f32,
    rate: f32,
    clip: f32,
}

impl Sgd {
    #[inline]
    fn piece(self, weights: &mut [f32], last: &mut [f32], gradient: &[f32]) {
        // What the gradient and the memory count in the step.
        let (fresh, kept) = if self.nesterov {
            (1.0, self.momentum)
        } else {
            (0.0, 1.0)
        };
        simd(
            #[inline(always)]
            || {
                for ((w, b), &g) in weights.iter_mut().zip(last).zip(gradient) {
                    let g = g * self.clip + self.decay * *w;
                    *b = self.momentum * *b + g;
                    *w -= self.rate * (fresh * g + kept * *b);
                }
            },
        );
    }
}

impl Optimiser {
    /// What is remembered of a tensor of this length before the first step.
    pub(crate) fn memory(&self, len: usize) -> Memory {
        let second = match self {
            Self::Sgd { .. } => Vec::new(),
            Self::Adam { .. } | Self::AdamW { .. } => vec![0.0; len],
        };
        Memory {
            first: vec![0.0; len],
            second,
        }
    }

    /// Changes a weight tensor.
    pub(crate) fn update(
        &self,
        step: Step,
        memory: &mut Memory,
        weights: &mut [f32],
        gradient: &[f32],
    ) {
        match *self {
            Self::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => {
                let sgd = Sgd {
                    momentum: momentum as f32,
                    nesterov,
                    decay: weight_decay as f32,
                    rate: step.rate as f32,
                    clip: step.clip,
                };
                if alone(weights.len()) {
                    sgd.piece(weights, &mut memory.first, gradient);
                    return;
                }
                weights
                    .par_chunks_mut(PIECE)
                    .zip(memory.first.par_chunks_mut(PIECE))
                    .zip(gradient.par_chunks(PIECE))
                    .for_each(|((w, b), g)| sgd.piece(w, b, g));
            }
            Self::Adam {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => {
                let adam = adam(step, beta1, beta2, epsilon, weight_decay, 0.0);
                run_adam(adam, memory, weights, gradient);
            }
            Self::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => {
                let adam = adam(step, beta1, beta2, epsilon, 0.0, weight_decay);
                run_adam(adam, memory, weights, gradient);
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        let share = |x: f64| (0.0..1.0).contains(&x);
        let (sound, expected) = match *self {
            Self::Sgd {
                momentum,
                nesterov,
                weight_decay,
            } => (
                share(momentum) && weight_decay >= 0.0 && !(nesterov && momentum == 0.0),
                "a momentum in [0, 1), more than 0 for nesterov, and a weight_decay of 0 or more",
            ),
            Self::Adam {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            }
            | Self::AdamW {
                beta1,
                beta2,
                epsilon,
                weight_decay,
            } => (
                share(beta1) && share(beta2) && epsilon > 0.0 && weight_decay >= 0.0,
                "beta1 and beta2 in [0, 1), a positive epsilon, and a weight_decay of 0 or more",
            ),
        };
        if sound {
            return Ok(());
        }
        Err(NetworkError::Settings {
            what: "optimiser".to_owned(),
            problem: format!("expected {expected}, found {self:?}"),
        })
    }
}

fn alone(len: usize) -> bool {
    len < 4 * PIECE || rayon::current_num_threads() == 1
}

fn adam(step: Step, beta1: f64, beta2: f64, epsilon: f64, decay: f64, apart: f64) -> Adam {
    let bias = |beta: f64| 1.0 - beta.powf(step.number as f64);
    Adam {
        beta1: beta1 as f32,
        beta2: beta2 as f32,
        epsilon: epsilon as f32,
        decay: decay as f32,
        shrink: (1.0 - step.rate * apart) as f32,
        rate: (step.rate / bias(beta1)) as f32,
        width: (1.0 / bias(beta2).sqrt()) as f32,
        clip: step.clip,
    }
}

fn run_adam(adam: Adam, memory: &mut Memory, weights: &mut [f32], gradient: &[f32]) {
    if alone(weights.len()) {
        adam.piece(weights, &mut memory.first, &mut memory.second, gradient);
        return;
    }
    weights
        .par_chunks_mut(PIECE)
        .zip(memory.first.par_chunks_mut(PIECE))
        .zip(memory.second.par_chunks_mut(PIECE))
        .zip(gradient.par_chunks(PIECE))
        .for_each(|(((w, m), v), g)| adam.piece(w, m, v, g));
}
