//! What a search found.

use pellucid_core::Estimate;
use pellucid_core::missing::{self, same};
use serde::{Deserialize, Serialize};

use super::GuidedSearch;
use crate::{Candidate, Details};

/// A mean over trainings; what is not known of it is `null` in files.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// The mean over the trainings.
    #[serde(with = "missing")]
    pub value: f64,
    /// Both errors in quadrature.
    #[serde(with = "missing")]
    pub error: f64,
    /// The standard error of the mean over the trainings; not known of a single one.
    #[serde(with = "missing")]
    pub training_error: f64,
    /// The standard error from the number of test events.
    #[serde(with = "missing")]
    pub sampling_error: f64,
    /// The value of each training.
    #[serde(with = "missing::list")]
    pub trainings: Vec<f64>,
}

/// Equal if the same is known, and the same is not known.
impl PartialEq for Repeated {
    fn eq(&self, other: &Self) -> bool {
        let numbers = |x: &Self| [x.value, x.error, x.training_error, x.sampling_error];
        let (own, others) = (numbers(self), numbers(other));
        self.trainings.len() == other.trainings.len()
            && own
                .iter()
                .chain(&self.trainings)
                .zip(others.iter().chain(&other.trainings))
                .all(|(&a, &b)| same(a, b))
    }
}

impl Repeated {
    pub(super) fn new(trainings: Vec<f64>, sampling_error: f64) -> Self {
        let Estimate {
            value,
            error: training_error,
        } = Estimate::of_repeats(&trainings);
        let error = training_error.hypot(sampling_error);
        Self {
            value,
            error,
            training_error,
            sampling_error,
            trainings,
        }
    }

    /// The value with its whole error.
    pub fn estimate(&self) -> Estimate {
        Estimate::new(self.value, self.error)
    }
}

/// How well the network so far imitates, on the test part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imitation {
    /// The area under the ROC curve of the trainings.
    pub auc: Repeated,
    /// Their average decision ordering with the black box, over all pairs.
    pub ado: Repeated,
    /// How far the black box's AUC is ahead: the error is that of the
    /// difference, on the same events, and of the training.
    pub gap: Estimate,
    /// The area under the ROC curve of the mean score of the trainings.
    pub auc_of_mean: Estimate,
    /// The decision ordering of the mean score with the black box.
    pub ado_of_mean: Estimate,
}

/// One observable added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The observable.
    pub observable: String,
    /// Its number among the candidates.
    pub candidate: usize,
    /// What the caller knows of it.
    #[serde(flatten)]
    pub details: Details,
    /// 1 if the guide rises with it, by itself, on the pairs, -1 if it falls.
    pub sign: i8,
    /// How many pairs it was chosen on.
    pub pairs: u64,
    /// Its ordering with the guide on these pairs, by which it was chosen: joined
    /// with the network, or folded, by itself, where there is no network yet or
    /// the settings say so.
    pub ado_ranked: Estimate,
    /// The same, in the same direction, on such pairs of the test part, which
    /// had no say: not raised by having been the best of many. Nothing if the
    /// test part has no such pair.
    pub ado_ranked_test: Option<Estimate>,
    /// Its ordering by itself, in its own direction, on the misordered pairs
    /// alone (on all pairs before anything was chosen).
    pub ado_subset: Estimate,
    /// Its own area under the ROC curve, folded, on the test part.
    pub auc_alone: Estimate,
    /// Its own folded ordering with the black box, on all test pairs.
    pub ado_alone: Estimate,
    /// Runners-up that order the pairs as well, within the error.
    pub equivalents: Vec<Equivalent>,
    /// How many there are, listed or not.
    pub equivalent_count: usize,
    /// Candidates that order all events as it does: the same observable under
    /// another name, and no candidates any more.
    pub same: Vec<String>,
    /// The network with it: area under the ROC curve.
    pub auc: Repeated,
    /// The network with it: decision ordering with the black box.
    pub ado: Repeated,
    /// The network with it, further numbers.
    pub network: Imitation,
}

/// An observable that might have been chosen as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalent {
    /// The observable.
    pub observable: Candidate,
    /// Its direction, by itself, on the pairs.
    pub sign: i8,
    /// Its ordering on the pairs that the step was chosen on, read as the
    /// chosen one's.
    pub ado_ranked: Estimate,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The network's AUC is within its uncertainty of the black box's (and its
    /// ordering as much like it as was asked for).
    Reached,
    /// As many observables were added as were allowed.
    Enough,
    /// No candidate is left.
    NoCandidate,
    /// No pair was found that the network orders differently.
    NoPair,
    /// The user stopped it; what is here was finished before.
    Interrupted,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The settings.
    pub settings: GuidedSearch,
    /// The number of train, validation and test events.
    pub events: [usize; 3],
    /// The black box's area under the ROC curve, on the test part.
    pub black_box_auc: Estimate,
    /// The observables that it started with.
    pub start: Vec<Candidate>,
    /// The network on these, if there were any.
    pub start_network: Option<Imitation>,
    /// The observables added, in order.
    pub steps: Vec<Step>,
    /// The last network's area under the ROC curve.
    pub auc: Option<Estimate>,
    /// The last network's decision ordering with the black box.
    pub ado: Option<Estimate>,
    /// Why it ended.
    pub stopped_by: Stop,
    /// The mean score of the last trainings for every event of all parts; empty
    /// before the first network. Not written to files.
    #[serde(skip)]
    pub scores: Vec<f64>,
}

impl Search {
    /// Whether the user stopped it.
    pub fn interrupted(&self) -> bool {
        self.stopped_by == Stop::Interrupted
    }

    /// The last network.
    pub fn network(&self) -> Option<&Imitation> {
        self.steps
            .last()
            .map(|step| &step.network)
            .or(self.start_network.as_ref())
    }
}
