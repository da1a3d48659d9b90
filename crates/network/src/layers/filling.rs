//! What weights begin with.

use pellucid_core::{Tensor, random};
use rand::RngExt;

/// How a weight is filled before training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Filling {
    /// Normal numbers of variance `2 / fan_in`, for what a rectifier follows.
    He {
        /// How many numbers each output is a sum of.
        fan_in: usize,
    },
    /// Even numbers between `±√(6 / (fan_in + fan_out))`.
    Glorot {
        /// How many numbers each output is a sum of.
        fan_in: usize,
        /// How many outputs each input is part of.
        fan_out: usize,
    },
    /// Normal numbers of width 1.
    Normal,
    /// One number.
    Constant(f32),
}

impl Filling {
    /// A tensor filled this way from stream `index` under `seed`.
    pub fn tensor(self, shape: Vec<usize>, seed: u64, index: u64) -> Tensor<f32> {
        let volume = shape.iter().product();
        let mut rng = random::stream(seed, index);
        let data = match self {
            Self::He { fan_in } => {
                let width = (2.0 / fan_in.max(1) as f64).sqrt();
                (0..volume)
                    .map(|_| (width * random::normal(&mut rng)) as f32)
                    .collect()
            }
            Self::Glorot { fan_in, fan_out } => {
                let bound = (6.0 / (fan_in + fan_out).max(1) as f64).sqrt();
                (0..volume)
                    .map(|_| (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32)
                    .collect()
            }
            Self::Normal => (0..volume)
                .map(|_| random::normal(&mut rng) as f32)
                .collect(),
            Self::Constant(number) => vec![number; volume],
        };
        Tensor::new(shape, data)
    }
}
