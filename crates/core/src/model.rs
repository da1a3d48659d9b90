//! What a black box is asked, whatever it is: a network, boosted trees, an
//! observable, a closed formula.

use serde::{Deserialize, Serialize};

use crate::{Inputs, Job};

/// Why a model could not be asked.
pub type ModelError = Box<dyn std::error::Error + Send + Sync>;

/// The precision in which models compute; results are kept in single precision,
/// their sums and residuals are formed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Single.
    #[default]
    F32,
    /// Double: half as fast, for checks of balance and completeness.
    F64,
}

/// What the numbers of a model's output belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Each event has them.
    #[default]
    Event,
    /// Each row of the collection of that name has them: particles, nodes, edges, the
    /// sites of a field.
    Rows(String),
}

/// What a model says of a batch of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outputs {
    /// What the numbers belong to.
    pub level: Level,
    /// What they are called; one or several.
    pub names: Vec<String>,
    /// For each name one number for every event, or for every row.
    pub columns: Vec<Vec<f64>>,
}

/// Anything that maps events to numbers.
pub trait Model: Sync {
    /// The numbers of all events.
    fn score(
        &self,
        inputs: &Inputs,
        precision: Precision,
        job: &Job,
    ) -> Result<Outputs, ModelError>;

    /// Whether several threads may ask at once.
    fn in_parallel(&self) -> bool {
        true
    }

    /// The same model where it can also say how its numbers change with its inputs.
    fn as_differentiable(&self) -> Option<&dyn Differentiable> {
        None
    }
}

/// A model of one row of numbers per event whose slopes are known.
pub trait Differentiable: Model {
    /// The value at each point, and its derivative by each of the point's numbers;
    /// points are rows of the features of the collection `event`.
    fn slopes(
        &self,
        inputs: &Inputs,
        precision: Precision,
        job: &Job,
    ) -> Result<(Vec<f64>, Vec<Vec<f64>>), ModelError>;
}
