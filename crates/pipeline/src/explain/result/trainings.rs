//! What several trainings of a model say.

use pellucid_core::Estimate;
use serde::{Deserialize, Serialize};

/// Figures of several trainings, each with its spread between them beside its error over
/// events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trainings {
    /// The models.
    pub models: Vec<String>,
    /// The area under the ROC curve, or `R²`, of each.
    pub performance: Vec<Estimate>,
    /// Their mean; the error is the standard deviation between trainings.
    pub mean: Estimate,
    /// Groups of inputs by method.
    pub groups: Vec<GroupOfTrainings>,
}

/// A group of inputs in several trainings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupOfTrainings {
    /// The method.
    pub method: String,
    /// The group.
    pub group: String,
    /// Its share of the modulus of the attribution: the mean over trainings; the error is
    /// the standard deviation between trainings.
    pub share: Estimate,
    /// The mean error of the share over events.
    #[serde(with = "pellucid_core::missing")]
    pub share_error: f64,
    /// The same of its signed sum over the sum of all moduli.
    pub signed: Estimate,
}
