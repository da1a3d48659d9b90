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
    /// The area under the ROC curve, or `R²`, of each on the same events.
    pub performance: Vec<Estimate>,
    /// Their mean; the error is the standard deviation between trainings.
    pub mean: Estimate,
    /// Groups of inputs by method.
    pub groups: Vec<GroupOfTrainings>,
    /// For each method Spearman's correlation of the groups' relevance between two
    /// trainings, the mean over pairs: 1 says that all rank alike.
    pub stability: Vec<(String, f64)>,
}

/// A group of inputs in several trainings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupOfTrainings {
    /// The method.
    pub method: String,
    /// The group.
    pub group: String,
    /// Its mean normalised relevance: the mean over trainings; the error is the standard
    /// deviation between them.
    pub relevance: Estimate,
    /// The standard error of the same over events, in quadratic mean over trainings.
    #[serde(with = "pellucid_core::missing")]
    pub relevance_error: f64,
    /// The share of its signed sum in the sum of all moduli, and the standard deviation
    /// between trainings.
    pub signed: Estimate,
    /// Its standard error over events.
    #[serde(with = "pellucid_core::missing")]
    pub signed_error: f64,
}
