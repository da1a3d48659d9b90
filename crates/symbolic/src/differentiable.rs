//! What a search may ask of a network.

use pellucid_core::model::ModelError;

/// A network, or one of its neurons: its value and gradient wherever they are
/// asked for.
pub trait Differentiable: Sync {
    /// The number of inputs.
    fn inputs(&self) -> usize;
    /// The value at every point; a point is one number of each column.
    fn values(&self, columns: &[Vec<f64>]) -> Result<Vec<f64>, ModelError>;
    /// `∂value/∂input` at every point, column by column.
    fn gradients(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, ModelError>;
}
