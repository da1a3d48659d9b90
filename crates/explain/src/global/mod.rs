//! Figures over many events: what a model looks at, on average.
//!
//! Every figure carries an error from the events, and can be made of
//! [`RandomModels`] as well: what does not stand out from a network that has
//! learned nothing says nothing about the one that has.

mod agreement;
mod blocks;
mod correlation;
mod deletion;
mod maps;
mod most_activating;
mod random_model;
mod ranking;

use pellucid_core::Tensor;
use serde::{Deserialize, Serialize};

pub use agreement::{Agreement, agreement};
pub use correlation::correlations;
pub use deletion::{Deletion, DeletionCurve, Faithfulness};
pub use maps::{Map, maps};
pub use most_activating::{Activation, MostActivating};
pub use random_model::{RandomModels, Reference, randomise};
pub use ranking::{Ranked, ranking};

/// The same figure of all events and of each class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByClass<F> {
    /// All events.
    pub all: F,
    /// The signal.
    pub signal: F,
    /// The background.
    pub background: F,
}

impl<F> ByClass<F> {
    /// The figure of each set of events.
    pub(crate) fn of(labels: &[bool], figure: impl Fn(&[usize]) -> F) -> Self {
        let class = |wanted: bool| -> Vec<usize> {
            (0..labels.len()).filter(|&i| labels[i] == wanted).collect()
        };
        Self {
            all: figure(&(0..labels.len()).collect::<Vec<_>>()),
            signal: figure(&class(true)),
            background: figure(&class(false)),
        }
    }
}

/// The shape of one event.
pub(crate) fn event_shape(tensor: &Tensor<f32>) -> Vec<usize> {
    tensor.shape().iter().skip(1).copied().collect()
}
