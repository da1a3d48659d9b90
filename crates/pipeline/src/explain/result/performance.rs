//! How well the model does, and which observables decide like it.

use pellucid_core::Estimate;
use pellucid_core::statistics::Roc;
use serde::{Deserialize, Serialize};

/// The tagger's performance on all jets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlackBox {
    /// The area under the ROC curve.
    pub auc: Estimate,
    /// The numbers of signal and background jets.
    pub events: [usize; 2],
    /// Background rejection against signal efficiency, with a 68 % band.
    pub roc: Roc,
    /// The same at the efficiencies of the table.
    pub working_points: Roc,
    /// How the logit of each class is distributed.
    pub scores: ScoreHistogram,
}

/// The logit of all jets in bins, each class to sum 1; what lies beyond the edges is left
/// out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreHistogram {
    /// The edges of the bins.
    pub edges: Vec<f64>,
    /// The classes, signal first.
    pub classes: Vec<ClassHistogram>,
}

/// One class of a histogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassHistogram {
    /// The class.
    pub class: String,
    /// The share of its jets in each bin, by weight if they have weights.
    pub contents: Vec<f64>,
    /// The variances of these shares.
    pub variances: Vec<f64>,
}

/// The model and the network of the observables found, on the test part of the search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImitationRoc {
    /// How many jets.
    pub events: usize,
    /// The model's ROC curve.
    pub model: Roc,
    /// That of the mean score of the network's trainings.
    pub network: Roc,
}

/// One observable beside the tagger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservableResult {
    /// Its name.
    pub name: String,
    /// Its symbol, in LaTeX.
    pub latex: String,
    /// Its unit; empty for pure numbers.
    pub unit: String,
    /// Its definition.
    pub definition: String,
    /// Where it comes from.
    pub reference: String,
    /// 1 if the tagger's score rises with it, -1 if it falls.
    pub sign: i8,
    /// Its own area under the ROC curve, folded.
    pub auc: Estimate,
    /// Its decision ordering with the tagger over all pairs, folded.
    pub ado: Estimate,
    /// Its linear correlation with the logit; none where either is the same for all jets.
    pub correlation: Option<f64>,
    /// The mean logit in bins of it.
    pub profile: Profile,
}

/// The mean logit in bins of an observable, with standard errors; bins without
/// jets have none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The edges of the bins, in the observable's unit.
    pub edges: Vec<f64>,
    /// Signal jets per bin, by weight if they have weights.
    pub signal_events: Vec<f64>,
    /// Their mean logit.
    pub signal: Vec<Option<f64>>,
    /// Its standard error.
    pub signal_error: Vec<Option<f64>>,
    /// Background jets per bin, by weight if they have weights.
    pub background_events: Vec<f64>,
    /// Their mean logit.
    pub background: Vec<Option<f64>>,
    /// Its standard error.
    pub background_error: Vec<Option<f64>>,
}
