//! Networks from plain settings: a list of layers becomes a graph.
//!
//! $$ x \to \mathrm{layer}_1 \to \dots \to \mathrm{layer}_n \to
//!    \mathrm{logit} = W h + b \;(\to \mathrm{score} = \sigma(\mathrm{logit})) $$
//!
//! The last dense layer, with one unit per output, is added by
//! [`Architecture::build`]; it flattens what is not flat. Weights have PyTorch's
//! layout (`[out, in]`, `[out, in / groups, sides…]`) and its names
//! (`conv1.weight`, `conv1.bias`, `norm1.running_mean` …): layers of a kind are
//! counted from 1.
//!
//! Weights begin at random, biases at zero (see [`Filling`]): normal numbers
//! of variance `2 / fan_in` where a rectifier follows (K. He et al.,
//! arXiv:1502.01852, eq. 10), else even ones between `±√(6 / (fan_in +
//! fan_out))` (X. Glorot, Y. Bengio, AISTATS 2010, eq. 16). Each weight draws
//! from a stream of its own.

mod activation;
mod attention;
mod build;
mod filling;
mod input;
#[cfg(test)]
mod particle_tests;
mod particles;
mod recurrent;
mod segments;
mod set_pool;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use activation::Activation;
pub use filling::Filling;
pub use input::Events;
pub use segments::Aggregate;

/// What a network is made of, without its weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// What an event is.
    #[serde(default, skip_serializing_if = "Events::is_fixed")]
    pub events: Events,
    /// Of a network with several inputs the layers that each goes through by itself, by its
    /// name, before all are joined; an input that is not named is joined as it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub branches: BTreeMap<String, Vec<Layer>>,
    /// The layers, from the input on, or from where several are joined; the last dense one,
    /// which makes the output, is not among them.
    #[serde(default)]
    pub layers: Vec<Layer>,
    /// Whether a sigmoid (a softmax, for several outputs) named `score`
    /// follows the logit, so that the network gives probabilities.
    #[serde(default)]
    pub score: bool,
    /// The name of the value that the last dense layer makes.
    #[serde(default = "default_output")]
    pub output: String,
    /// What the weights of sums are multiplied with before training. At 1
    /// signals keep their width; a smaller number begins nearer to a flat
    /// function, which fits a small sample more smoothly.
    #[serde(default = "unit_gain", skip_serializing_if = "is_unit_gain")]
    pub gain: f64,
}

fn unit_gain() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_unit_gain(gain: &f64) -> bool {
    *gain == 1.0
}

fn default_output() -> String {
    "logit".to_owned()
}

impl Architecture {
    /// These layers, ending in a `logit`.
    pub fn new(layers: Vec<Layer>) -> Self {
        Self {
            events: Events::Fixed,
            branches: BTreeMap::new(),
            layers,
            score: false,
            output: default_output(),
            gain: 1.0,
        }
    }

    /// Dense layers of these widths, each with this activation.
    pub fn dense(units: &[usize], activation: Activation) -> Self {
        let layer = |&units| Layer::Dense {
            units,
            activation: Some(activation),
        };
        Self::new(units.iter().map(layer).collect())
    }

    /// Sets what an event is.
    #[must_use]
    pub fn events(mut self, events: Events) -> Self {
        self.events = events;
        self
    }

    /// Sets what the first weights are multiplied with.
    #[must_use]
    pub fn gain(mut self, gain: f64) -> Self {
        self.gain = gain;
        self
    }

    /// Sets whether a `score` follows the logit.
    #[must_use]
    pub fn score(mut self, score: bool) -> Self {
        self.score = score;
        self
    }
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Layer {
    /// `W x + b`; what is not flat is flattened first.
    Dense {
        /// The number of outputs.
        units: usize,
        /// What follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activation: Option<Activation>,
    },
    /// Convolution over one spatial side, `[N, C, length]`.
    Conv1d(Convolution),
    /// Convolution over two spatial sides, `[N, C, height, width]`.
    Conv2d(Convolution),
    /// Batch normalisation per channel.
    BatchNorm {
        /// Added to the variance.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
        /// The share of the stored moments that each training step replaces
        /// by those of its batch (PyTorch's convention).
        #[serde(default = "default_momentum")]
        momentum: f64,
    },
    /// While training, sets numbers to zero at random and scales up the rest.
    Dropout {
        /// The share that is set to zero.
        ratio: f64,
    },
    /// The largest number under each window.
    MaxPool(Pooling),
    /// The average under each window; padding does not count.
    AveragePool(Pooling),
    /// The average of each channel: `[N, C, …]` becomes `[N, C]`.
    GlobalAveragePool {},
    /// `[N, …]` becomes `[N, F]`.
    Flatten {},
    /// A function of each number.
    Activation {
        /// Which one.
        function: Activation,
    },
    /// Exponentials over their sum, along the channels.
    Softmax {},
    /// `W x + b` of each particle by itself: along the last side.
    PerParticle {
        /// The number of outputs.
        units: usize,
        /// What follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activation: Option<Activation>,
    },
    /// Mean 0 and width 1 along the last side, then a scale and a shift
    /// (J. L. Ba et al., arXiv:1607.06450, eq. 4).
    LayerNorm {
        /// Added to the variance.
        #[serde(default = "default_epsilon")]
        epsilon: f64,
    },
    /// Long short-term memory over the second side, `[N, steps, F]`.
    Lstm(Recurrent),
    /// Gated recurrent unit over the second side, `[N, steps, F]`.
    Gru(Recurrent),
    /// Self-attention of the particles of an event, `[N, P, F]`.
    Attention {
        /// How many heads share the features.
        heads: usize,
    },
    /// Edge convolution along the edges of [`Events::Graphs`].
    MessagePassing(MessagePassing),
    /// The particles of an event joined to one list of numbers.
    SetPool {
        /// How.
        #[serde(default)]
        aggregate: Aggregate,
    },
    /// A feature that is a code (a kind of particle), replaced by the code's
    /// row in a table.
    Embedding {
        /// Which feature, from 0.
        feature: usize,
        /// How many codes there are.
        entries: usize,
        /// How many numbers stand for each.
        width: usize,
    },
    /// What inner layers make, added to what they are given.
    Residual {
        /// The inner layers.
        layers: Vec<Layer>,
    },
}

/// The settings of a recurrent layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recurrent {
    /// The length of the state.
    pub units: usize,
    /// Whether a second state walks from the last particle to the first.
    #[serde(default)]
    pub both: bool,
    /// Whether the states behind all steps are handed on, not only the last.
    #[serde(default)]
    pub sequence: bool,
}

/// The settings of an edge convolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagePassing {
    /// The widths of the dense layers that make a message of an edge.
    pub units: Vec<usize>,
    /// What follows each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// How the messages to a particle are joined.
    #[serde(default)]
    pub aggregate: Aggregate,
}

fn default_epsilon() -> f64 {
    1e-5
}

fn default_momentum() -> f64 {
    0.1
}

/// The settings of a convolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Convolution {
    /// The number of output channels.
    pub filters: usize,
    /// The sides of the filter.
    pub kernel: Sides,
    /// Its steps.
    #[serde(default = "Sides::one")]
    pub stride: Sides,
    /// Zeros added at both ends of each side.
    #[serde(default = "Sides::zero")]
    pub padding: Sides,
    /// The steps within the filter.
    #[serde(default = "Sides::one")]
    pub dilation: Sides,
    /// Groups of channels that do not see each other.
    #[serde(default = "one")]
    pub groups: usize,
    /// What follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
}

fn one() -> usize {
    1
}

impl Convolution {
    /// Filters of equal sides that move by single steps over the bare input.
    pub fn new(filters: usize, kernel: usize) -> Self {
        Self {
            filters,
            kernel: Sides::All(kernel),
            stride: Sides::one(),
            padding: Sides::zero(),
            dilation: Sides::one(),
            groups: 1,
            activation: None,
        }
    }

    /// Sets the zeros added at both ends of each side.
    #[must_use]
    pub fn padding(mut self, padding: usize) -> Self {
        self.padding = Sides::All(padding);
        self
    }

    /// Sets what follows.
    #[must_use]
    pub fn activation(mut self, activation: Activation) -> Self {
        self.activation = Some(activation);
        self
    }
}

/// The settings of a pool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pooling {
    /// The sides of the window.
    pub kernel: Sides,
    /// Its steps; those of the kernel, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<Sides>,
    /// Padding at both ends of each side.
    #[serde(default = "Sides::zero")]
    pub padding: Sides,
}

impl Pooling {
    /// Windows of equal sides, one beside the other.
    pub fn new(kernel: usize) -> Self {
        Self {
            kernel: Sides::All(kernel),
            stride: None,
            padding: Sides::zero(),
        }
    }
}

/// A size per spatial side: one number for all, or a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, or a list with one per side")]
pub enum Sides {
    /// The same for all.
    All(usize),
    /// One for each.
    Each(Vec<usize>),
}

impl Sides {
    fn zero() -> Self {
        Self::All(0)
    }

    fn one() -> Self {
        Self::All(1)
    }
}
