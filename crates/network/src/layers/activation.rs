//! The functions that stand between layers.

use serde::{Deserialize, Serialize};

use crate::ops::{Elu, Gelu, LeakyRelu, Op, Relu, Selu, Sigmoid, Silu, Softplus, Tanh};

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `slope · x` below.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// `x` above 0, `alpha (eˣ − 1)` below.
    Elu {
        /// Minus the value approached far below 0.
        alpha: f64,
    },
    /// The scaled form of [`Elu`](Self::Elu) that keeps mean 0 and width 1.
    Selu,
    /// `x Φ(x)`, with the normal distribution function.
    Gelu,
    /// `x σ(x)`.
    Silu,
    /// `1 / (1 + e^(−x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `ln(1 + eˣ)`.
    Softplus,
}

impl Activation {
    pub(crate) fn op(self) -> Op {
        match self {
            Self::Relu => Relu.into(),
            Self::LeakyRelu { slope } => LeakyRelu { slope }.into(),
            Self::Elu { alpha } => Elu { alpha }.into(),
            Self::Selu => Selu::default().into(),
            Self::Gelu => Gelu { tanh: false }.into(),
            Self::Silu => Silu.into(),
            Self::Sigmoid => Sigmoid.into(),
            Self::Tanh => Tanh.into(),
            Self::Softplus => Softplus.into(),
        }
    }

    /// Whether it passes positive numbers and (nearly) stops negative ones.
    pub(crate) fn rectifies(self) -> bool {
        !matches!(self, Self::Sigmoid | Self::Tanh | Self::Selu)
    }
}
