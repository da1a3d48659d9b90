//! What a black box is asked: a score per event.

use crate::Tensor;

/// Why a model could not be asked.
pub type ModelError = Box<dyn std::error::Error + Send + Sync>;

/// Anything that maps a batch of events to one score per event: a network, a
/// boosted tree, an observable, a table of scores.
pub trait Model: Sync {
    /// One score per event; `inputs` has one tensor per input of the model,
    /// events along the first side of each.
    fn score(&self, inputs: &[Tensor<f32>]) -> Result<Vec<f64>, ModelError>;
}
