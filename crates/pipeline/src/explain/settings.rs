//! What `explain.toml` may say; every entry has a default.

use std::collections::BTreeMap;

use pellucid_distill::GuidedSearch;
use pellucid_distill::mlp_student::MlpStudent;
use pellucid_explain::Method;
use serde::{Deserialize, Serialize};

use crate::PipelineError;
use crate::input_spec::Input;
use crate::recipe::Recipe;
use crate::source::DataSettings;

/// A number of events, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, try_from = "CountText")]
pub enum Count {
    /// At most so many.
    Most(usize),
    /// All.
    #[serde(serialize_with = "all")]
    All,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number of events, or \"all\"")]
enum CountText {
    Number(usize),
    Text(String),
}

fn all<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("all")
}

impl TryFrom<CountText> for Count {
    type Error = String;
    fn try_from(text: CountText) -> Result<Self, String> {
        match text {
            CountText::Number(count) => Ok(Self::Most(count)),
            CountText::Text(text) => text.parse(),
        }
    }
}

impl std::str::FromStr for Count {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        match text.parse() {
            Ok(count) if count > 0 => Ok(Self::Most(count)),
            _ => Err(format!(
                "`{text}` is no number of events; expected a number from 1 on, or `all`"
            )),
        }
    }
}

impl Count {
    /// The number out of `total`.
    pub fn of(self, total: usize) -> usize {
        match self {
            Self::Most(count) => count.min(total),
            Self::All => total,
        }
    }
}

/// How a tagger is explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExplainSettings {
    /// How many jets the costly steps work on, drawn by the seed.
    pub events: Count,
    /// The output to explain, by name; the first, if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The class to explain, of an output with several numbers: its place, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<usize>,
    /// The output to explain, or the two whose ratio `ln p_A/p_B` is explained, by
    /// name or by place; stands before `class`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<String>,
    /// What the numbers of the model's output are called, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub output_names: Vec<String>,
    /// What signal and background are called.
    pub classes: [String; 2],
    /// How much work attributions and permutations may be, in 10¹² multiply-adds:
    /// of a network so large that they would be more, fewer jets are taken. The
    /// default is a minute or two on two cores.
    pub work: f64,
    /// Bootstrap samples behind every interval.
    pub replicas: usize,
    /// How many jets the event picker shows.
    pub shown_events: usize,
    /// How jets become the model's inputs, by the input's name; what the model
    /// says of itself, if empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs: BTreeMap<String, Input>,
    /// Where labels and groups are, and what columns are called.
    pub data: DataSettings,
    /// Attribution methods.
    pub attribution: AttributionSettings,
    /// Permutation importance.
    pub importance: ImportanceSettings,
    /// The search for observables.
    pub search: SearchSettings,
    /// The tagger to train first, with `--train`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<Recipe>,
}

impl ExplainSettings {
    /// An error for numbers that nothing can be made of.
    pub fn check(&self) -> Result<(), PipelineError> {
        let wrong = |setting: &str, found: f64, expected: &str| {
            Err(PipelineError::Setting {
                setting: setting.to_owned(),
                problem: format!("is {found}, expected {expected}"),
            })
        };
        if self.work.is_nan() || self.work <= 0.0 {
            return wrong(
                "work",
                self.work,
                "a number of multiply-adds above 0, in 10¹², or inf for no limit",
            );
        }
        let counts = [
            ("replicas", self.replicas),
            ("attribution.events", self.attribution.events),
            ("attribution.random_models", self.attribution.random_models),
            (
                "attribution.most_activating",
                self.attribution.most_activating,
            ),
            ("importance.events", self.importance.events),
            ("importance.repeats", self.importance.repeats),
            ("importance.rings", self.importance.rings),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((setting, _)) => wrong(setting, 0.0, "1 or more"),
            None => Ok(()),
        }
    }
}

impl Default for ExplainSettings {
    fn default() -> Self {
        Self {
            events: Count::Most(20_000),
            output: None,
            class: None,
            outputs: Vec::new(),
            output_names: Vec::new(),
            classes: ["signal".to_owned(), "background".to_owned()],
            work: 6.0,
            replicas: 200,
            shown_events: 12,
            inputs: BTreeMap::new(),
            data: DataSettings::default(),
            attribution: AttributionSettings::default(),
            importance: ImportanceSettings::default(),
            search: SearchSettings::default(),
            train: None,
        }
    }
}

/// Which methods explain how many jets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttributionSettings {
    /// How many jets, at most.
    pub events: usize,
    /// The methods; each with its settings.
    pub methods: Vec<Method>,
    /// Models with random weights that each global figure is compared with.
    pub random_models: usize,
    /// How many jets make the average of a hidden node's most-activating ones.
    pub most_activating: usize,
}

impl Default for AttributionSettings {
    fn default() -> Self {
        let names = [
            "gradient",
            "input-x-gradient",
            "integrated-gradients",
            "lrp-epsilon",
        ];
        Self {
            events: 1000,
            methods: names
                .iter()
                .filter_map(|name| Method::named(name))
                .collect(),
            random_models: 3,
            most_activating: 200,
        }
    }
}

/// How permutation importance is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ImportanceSettings {
    /// How many jets, at most.
    pub events: usize,
    /// How often each group of inputs is permuted.
    pub repeats: usize,
    /// Rings about the axis that pixels are grouped into.
    pub rings: usize,
}

impl Default for ImportanceSettings {
    fn default() -> Self {
        Self {
            events: 2000,
            repeats: 5,
            rings: 8,
        }
    }
}

/// What the search may choose from, and how it searches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchSettings {
    /// The observables it begins with.
    pub start: Vec<String>,
    /// Candidates beside the standard ones, by the names of
    /// [`shapes::all`](pellucid_observables::jets::shapes::all): substructure,
    /// groomed masses, and what else costs more time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observables: Vec<String>,
    /// Whether ratios of columns are candidates, where events are no jets.
    pub ratios: bool,
    /// The largest number of edges of the prime energy flow polynomials.
    pub degree: usize,
    /// Their powers of momenta.
    pub kappas: Vec<f64>,
    /// Their powers of angles.
    pub betas: Vec<f64>,
    /// Whether momenta are divided by their sum.
    pub normalised: bool,
    /// The shares of jets that train and validate; the rest tests.
    pub shares: [f64; 2],
    /// How the search goes.
    pub guided: GuidedSearch,
    /// The network that imitates.
    pub student: MlpStudent,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self {
            start: vec!["mass".to_owned(), "pt".to_owned()],
            observables: Vec::new(),
            ratios: true,
            degree: 5,
            kappas: vec![-1.0, 0.0, 0.5, 1.0, 2.0],
            betas: vec![0.5, 1.0, 2.0],
            normalised: true,
            shares: [0.65, 0.1],
            // Below this the decisions are not the same whatever the AUC says.
            guided: GuidedSearch {
                min_ado: 0.94,
                ..GuidedSearch::default()
            },
            student: MlpStudent::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_survive_a_settings_file() {
        let settings = ExplainSettings::default();
        let text = toml::to_string(&settings).unwrap();
        assert_eq!(
            crate::settings::parse::<ExplainSettings>(&text),
            Ok(settings)
        );
    }

    #[test]
    fn numbers_that_nothing_can_be_made_of_are_refused() {
        ExplainSettings::default().check().unwrap();
        for (text, part) in [
            ("work = nan", "`work`: is NaN"),
            ("work = -1.0", "`work`: is -1"),
            ("work = 0.0", "`work`: is 0"),
            ("replicas = 0", "`replicas`: is 0, expected 1 or more"),
            ("[importance]\nrings = 0", "`importance.rings`"),
            (
                "[attribution]\nrandom_models = 0",
                "`attribution.random_models`",
            ),
        ] {
            let settings: ExplainSettings = crate::settings::parse(text).unwrap();
            let message = settings.check().unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_count_is_a_number_or_all() {
        assert_eq!(
            crate::settings::parse::<ExplainSettings>("events = \"all\"")
                .unwrap()
                .events,
            Count::All
        );
        let error = crate::settings::parse::<ExplainSettings>("events = \"some\"").unwrap_err();
        assert!(error.contains("all"), "{error}");
    }
}
