//! How well the model does, and which observables decide like it.

use pellucid_core::Estimate;
use pellucid_core::statistics::Roc;
use serde::{Deserialize, Serialize};

/// The model's performance on all events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlackBox {
    /// The area under the ROC curve, of two classes.
    pub auc: Option<Estimate>,
    /// The numbers of events of each class, signal before background; of events without
    /// classes that of all.
    pub events: Vec<usize>,
    /// Background rejection against signal efficiency, with a 68 % band, of two classes.
    pub roc: Option<Roc>,
    /// The same at the efficiencies of the table.
    pub working_points: Option<Roc>,
    /// How what is explained is distributed on both sides.
    pub scores: ScoreHistogram,
    /// Each of several classes against all others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassResult>,
    /// What several classes are taken for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confusion: Option<Confusion>,
    /// Whether probabilities are what they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// `R²` of the first value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2: Option<Estimate>,
    /// Each value that the model gives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<ValueResult>,
}

/// One of several classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassResult {
    /// Its name.
    pub name: String,
    /// How many events are of it.
    pub events: usize,
    /// The area under the ROC curve of its probability against all other classes; none
    /// where no event is of it.
    pub auc: Option<Estimate>,
    /// The same against each other class alone, in their order, by the ratio of both
    /// probabilities.
    pub against: Vec<Option<Estimate>>,
}

/// How often events of a class are taken for each class: the one of the largest
/// probability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confusion {
    /// For each true class the share of its events that is taken for each class, by weight.
    pub shares: Vec<Vec<Option<f64>>>,
    /// The share of events that are taken for what they are.
    pub accuracy: Estimate,
}

/// The share of events that are of a class in bins of the probability that the model gives
/// it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The mean probability in each bin that holds events.
    pub probability: Vec<f64>,
    /// The share of its events that are of the class, with its error.
    pub share: Vec<Estimate>,
    /// How many events it holds.
    pub events: Vec<usize>,
    /// The mean distance of both, each bin by its events: the expected calibration error.
    pub error: f64,
}

/// One value that the model gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueResult {
    /// Its name.
    pub name: String,
    /// `1 - Σ(y - f)² / Σ(y - ȳ)²`.
    pub r2: Estimate,
    /// The root of the mean of `(f - y)²`.
    pub rmse: Estimate,
    /// The mean of `f - y`.
    pub bias: Estimate,
    /// The edges of the bins of `f - y`, between its 0.5 % and 99.5 % quantiles.
    pub edges: Vec<f64>,
    /// The share of events in each bin.
    pub contents: Vec<f64>,
    /// The variances of these shares.
    pub variances: Vec<f64>,
    /// Residuals in bins of what the model gives.
    pub profile: Residuals,
    /// The edges of the bins of the pull, `f - y` less its mean over its spread in the
    /// bin of what the model gives.
    pub pull_edges: Vec<f64>,
    /// The share of events in each bin of the pull.
    pub pull: Vec<f64>,
    /// The share of events whose pull is within one standard deviation; 0.683 of a normal
    /// one.
    pub within_one: Option<f64>,
}

/// Residuals in bins of what the model gives, with as many events in each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residuals {
    /// The mean of what the model gives in each bin.
    pub predicted: Vec<Option<f64>>,
    /// The mean residual.
    pub mean: Vec<Estimate>,
    /// The standard deviation of residuals; none of a bin whose weights cancel.
    pub spread: Vec<Option<f64>>,
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
