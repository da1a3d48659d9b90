//! What `result.json` holds; its schema is committed beside this file.

use pellucid_core::Estimate;
use pellucid_core::statistics::Roc;
use pellucid_distill::Search;
use pellucid_explain::global::{Faithfulness, Ranked, Reference};
use pellucid_explain::permutation::Importance;
use serde::{Deserialize, Serialize};

use crate::provenance::FileId;
use crate::source::Account;

/// The version of the layout of `result.json`; it rises when an entry changes
/// its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that the report says, for machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainResult {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The claim.
    pub verdict: Verdict,
    /// What is explained, in LaTeX; none of a model with a single score, whose
    /// logit it is.
    pub explained: Option<String>,
    /// What the tagger is given.
    pub inputs: Vec<InputResult>,
    /// The tagger's performance.
    pub black_box: BlackBox,
    /// Every observable, the one that decides most like the tagger first.
    pub observables: Vec<ObservableResult>,
    /// What the methods say of the inputs; none if interrupted before.
    pub attribution: Option<AttributionResult>,
    /// What permuting groups of inputs costs; none if interrupted before.
    pub importance: Option<ImportanceResult>,
    /// The search; none if interrupted before.
    pub search: Option<Search>,
    /// What it was made of.
    pub provenance: Provenance,
    /// Whether the user stopped the work before its end.
    pub interrupted: bool,
}

/// The claim in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The sentence; mathematics in LaTeX between dollars.
    pub sentence: String,
    /// Whether the observables found decide as the tagger does.
    pub reproduced: bool,
}

/// One input of the tagger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputResult {
    /// Its name.
    pub input: String,
    /// The shape of one jet's.
    pub shape: Vec<usize>,
    /// Whether it is held in explanations: a mask, or the same for all jets.
    pub held: bool,
    /// The variables of a list of particles.
    pub variables: Vec<VariableResult>,
    /// The share of jets with more particles than the list.
    pub cut: f64,
    /// The share of the scalar sum of transverse momenta that this leaves out, mean
    /// over jets.
    pub cut_pt: f64,
}

/// One variable of a list of particles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableResult {
    /// Its name.
    pub name: String,
    /// What it is.
    pub formula: String,
    /// The unit of that.
    pub unit: String,
    /// How it is shifted, scaled and cut; empty if it is not.
    pub transform: String,
    /// Whether the files tell it; else `pad` stands everywhere.
    pub told: bool,
    /// What stands where there is no particle.
    pub pad: f64,
}

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
    /// Its linear correlation with the logit.
    pub correlation: f64,
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
    pub signal: Vec<f64>,
    /// Its standard error.
    pub signal_error: Vec<f64>,
    /// Background jets per bin, by weight if they have weights.
    pub background_events: Vec<f64>,
    /// Their mean logit.
    pub background: Vec<f64>,
    /// Its standard error.
    pub background_error: Vec<f64>,
}

/// What attribution methods say of the inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttributionResult {
    /// How many jets were explained.
    pub events: usize,
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
    pub signal: Vec<f64>,
    /// The mean over background jets.
    pub background: Vec<f64>,
    /// The mean modulus over all jets.
    pub mean_abs: Vec<f64>,
    /// Its standard error.
    pub mean_abs_error: Vec<f64>,
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
    pub all: Vec<f64>,
    /// Its standard error.
    pub error: Vec<f64>,
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
    pub average: Vec<Vec<f64>>,
}

/// What permuting groups of inputs costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportanceResult {
    /// How many jets were permuted.
    pub events: usize,
    /// How often each group was.
    pub repeats: usize,
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

/// What a result was made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The program's version.
    pub version: String,
    /// The model.
    pub model: FileId,
    /// The data.
    pub data: Vec<FileId>,
    /// The seed.
    pub seed: u64,
    /// Threads used; results do not depend on them.
    pub threads: usize,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Jets read, and those that the costly steps worked on.
    pub jets: [usize; 2],
    /// What was read of the files, and what was left out.
    #[serde(default)]
    pub read: Account,
    /// Whether the tagger was trained first, and on other jets of these files.
    pub trained_first: bool,
    /// The settings, as TOML.
    pub settings: String,
}
