//! What attribution methods and permutations say of the inputs.

use pellucid_core::Estimate;
use pellucid_explain::global::{Faithfulness, Ranked, Reference};
use pellucid_explain::permutation::Importance;
use serde::{Deserialize, Serialize};

use super::Numbers;

/// What attribution methods say of the inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributionResult {
    /// How many jets were explained.
    pub events: usize,
    /// How many models with random weights each figure is compared with.
    pub random_models: usize,
    /// The methods.
    pub methods: Vec<MethodResult>,
    /// How well each pair of methods agrees.
    pub agreement: Vec<AgreementResult>,
    /// The share of a jet's transverse momentum outside of an image's window.
    pub outside_window: Option<Estimate>,
    /// The correlation of every input number with the logit.
    pub correlation: Vec<CorrelationResult>,
    /// What activates the nodes of the last hidden layer most.
    pub most_activating: Vec<NodeResult>,
    /// The mean of what the model is given of signal and background jets, of every
    /// input that is not held.
    pub mean_inputs: Vec<MeanInput>,
}

/// The mean of one input over the jets of each class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MeanInput {
    /// The input's name.
    pub input: String,
    /// The shape of one jet's input.
    pub shape: Vec<usize>,
    /// The mean over signal jets.
    pub signal: Numbers,
    /// The mean over background jets.
    pub background: Numbers,
}

/// Two methods compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementResult {
    /// The methods' names.
    pub methods: [String; 2],
    /// Spearman's correlation of the maps of the mean modulus.
    pub maps: Estimate,
    /// Pearson's correlation within a jet, averaged over jets.
    pub events: Estimate,
}

/// One method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodResult {
    /// Its name.
    pub method: String,
    /// The median share of the explained value that the method leaves over, if
    /// it promises anything of the sum.
    pub residual: Option<f64>,
    /// The 95 % quantile of the same.
    pub residual_95: Option<f64>,
    /// The median share that biases keep, of relevance propagation.
    pub absorbed: Option<f64>,
    /// The median share that stabilisers take, of relevance propagation.
    pub stabilised: Option<f64>,
    /// Groups of inputs by the mean modulus of their attribution.
    pub ranking: Vec<RankedGroup>,
    /// Mean attribution of every input number, one list per input: all jets,
    /// signal, background.
    pub maps: Vec<MapResult>,
    /// Spearman's correlation of the map of the mean modulus with those of
    /// random models: near 1 says that the map is not the model's.
    pub random_similarity: Reference,
    /// Deletion in the method's order beside random order.
    pub faithfulness: Faithfulness,
}

/// A group of inputs beside the random models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankedGroup {
    /// The trained model's figures.
    #[serde(flatten)]
    pub trained: Ranked,
    /// The group's share in models with random weights.
    pub random: Reference,
}

/// Mean attributions of one input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapResult {
    /// The input's name.
    pub input: String,
    /// The shape of one jet's input.
    pub shape: Vec<usize>,
    /// The mean over signal jets.
    pub signal: Numbers,
    /// The mean over background jets.
    pub background: Numbers,
    /// The mean modulus over all jets.
    pub mean_abs: Numbers,
    /// Its standard error.
    pub mean_abs_error: Numbers,
}

/// The correlation of an input's numbers with the logit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrelationResult {
    /// The input's name.
    pub input: String,
    /// The shape of one jet's input.
    pub shape: Vec<usize>,
    /// Pearson's correlation, all jets.
    pub all: Numbers,
    /// Its standard error.
    pub error: Numbers,
    /// The largest modulus that random models reach: mean and spread.
    pub random_largest: Reference,
}

/// A node of the last hidden layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeResult {
    /// The node's number.
    pub node: usize,
    /// How many jets the average is over.
    pub events: usize,
    /// The share of signal among them.
    pub signal_fraction: Estimate,
    /// The node's correlation with the logit.
    pub correlation: Estimate,
    /// Their average input, one list per input.
    pub average: Vec<Numbers>,
}

/// What permuting groups of inputs costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportanceResult {
    /// How many jets were permuted.
    pub events: usize,
    /// How often each group was.
    pub repeats: usize,
    /// How many models with random weights were asked too.
    pub random_models: usize,
    /// The groups, the most important first.
    pub groups: Vec<GroupResult>,
}

/// A group of inputs permuted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupResult {
    /// The trained model's figures.
    #[serde(flatten)]
    pub trained: Importance,
    /// The change of order in models with random weights, which have no area to
    /// lose: mean and spread.
    pub random_reordering: Reference,
}
