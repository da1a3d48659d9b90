//! What `result.json` holds; its schema is committed beside this folder.
//!
//! A result is plain data and whole: the page is drawn from it alone, and is the same when
//! it is drawn from the file again. Numbers that do not exist are `null` there, and said to
//! be so in the schema.

mod attribution;
mod file;
mod inputs;
mod numbers;
mod performance;
#[cfg(test)]
pub(crate) mod sample;
mod shown;
mod trainings;
mod words;

use pellucid_distill::Search;
use serde::{Deserialize, Serialize};

use super::settings::ExplainSettings;
use crate::provenance::FileId;
use crate::source::Account;

pub use attribution::{
    AgreementResult, AttributionResult, CorrelationResult, GroupResult, ImportanceResult,
    MapResult, MeanInput, MethodResult, NodeResult, RankedGroup,
};
pub use inputs::{InputResult, VariableResult};
pub use numbers::Numbers;
pub(crate) use numbers::{kept, read};
pub use performance::{
    BlackBox, Calibration, ClassHistogram, ClassResult, Confusion, ImitationRoc, ObservableResult,
    Profile, Residuals, ScoreHistogram, ValueResult,
};
pub use shown::{ShownAttribution, ShownEvent, ShownObservable};
pub use trainings::{GroupOfTrainings, Trainings};
pub(crate) use words::capital;
pub use words::{Noun, Words};

/// The version of the layout of `result.json`; it rises when an entry changes
/// its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 2;

/// Everything that the report says, for machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainResult {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What an event and the model are called.
    pub words: Words,
    /// What the classes are called, signal before background; of events without two classes
    /// the two sides that figures compare.
    pub classes: Vec<String>,
    /// The number of the model that is explained, by name, where it gives several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// The claim.
    pub verdict: Verdict,
    /// What is explained, in LaTeX; none of a model with a single score, whose
    /// logit it is.
    pub explained: Option<String>,
    /// What the tagger is given.
    pub inputs: Vec<InputResult>,
    /// Sentences about variables that the files do not tell.
    pub untold: Vec<String>,
    /// The tagger's performance.
    pub black_box: BlackBox,
    /// Every observable, the one that decides most like the tagger first.
    pub observables: Vec<ObservableResult>,
    /// What the symbols in their definitions mean; empty if these need no word.
    pub legend: String,
    /// What the methods say of the inputs; none if interrupted before, or not asked for.
    pub attribution: Option<AttributionResult>,
    /// What permuting groups of inputs costs; none if interrupted before, or
    /// not asked for.
    pub importance: Option<ImportanceResult>,
    /// The search; none if interrupted before, or not asked for.
    pub search: Option<Search>,
    /// The tagger beside the network of the observables that the search has found.
    pub imitation: Option<ImitationRoc>,
    /// Jets one by one.
    pub shown: Vec<ShownEvent>,
    /// The other numbers of the model that are explained.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Further>,
    /// What other trainings of the model say, beside this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainings: Option<Trainings>,
    /// What it was made of.
    pub provenance: Provenance,
    /// Whether the user stopped the work before its end.
    pub interrupted: bool,
}

/// Another number of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Further {
    /// What it is called.
    pub output: String,
    /// The two sides that figures compare.
    pub classes: Vec<String>,
    /// What is explained, in LaTeX.
    pub explained: Option<String>,
    /// How it is distributed on both sides.
    pub scores: ScoreHistogram,
    /// What the methods say of the inputs.
    pub attribution: Option<AttributionResult>,
    /// What permuting groups of inputs costs.
    pub importance: Option<ImportanceResult>,
    /// Events one by one.
    pub shown: Vec<ShownEvent>,
}

impl ExplainResult {
    /// The result of another number of the model, as if it were the first.
    pub(crate) fn of_further(&self, further: &Further) -> Self {
        Self {
            output: Some(further.output.clone()),
            classes: further.classes.clone(),
            explained: further.explained.clone(),
            attribution: further.attribution.clone(),
            importance: further.importance.clone(),
            shown: further.shown.clone(),
            further: Vec::new(),
            ..self.clone()
        }
    }
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
    /// The settings; in the file as TOML, which may be saved and given again.
    #[serde(with = "as_toml")]
    pub settings: ExplainSettings,
}

/// Settings and specifications as the text of a settings file, in which every one of them
/// has a form (JSON has none for what is without bound) and may be given again.
mod as_toml {
    use serde::de::{DeserializeOwned, Error as _};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(
        settings: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&toml::to_string(settings).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::settings::parse(&text).map_err(|problem| {
            D::Error::custom(format!("the settings that it was made with: {problem}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{of_values, sample};
    use super::*;
    use crate::explain::draw;

    /// What the committed schema says against a result.
    fn faults(text: &[u8]) -> Vec<String> {
        let schema = include_str!("../result.schema.json");
        let schema = serde_json::from_str(schema).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let result = serde_json::from_slice(text).unwrap();
        let errors = validator.iter_errors(&result);
        errors
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect()
    }

    /// A result without all that is not always there.
    fn bare() -> ExplainResult {
        ExplainResult {
            classes: Vec::new(),
            inputs: Vec::new(),
            untold: Vec::new(),
            observables: Vec::new(),
            attribution: None,
            importance: None,
            search: None,
            imitation: None,
            shown: Vec::new(),
            interrupted: false,
            ..sample()
        }
    }

    #[test]
    fn numbers_that_do_not_exist_are_written_as_null_and_come_back() {
        for result in [sample(), bare(), of_values()] {
            let text = result.to_json().unwrap();
            assert_eq!(faults(&text), Vec::<String>::new());
            let read = ExplainResult::from_json(&text).unwrap();
            assert_eq!(read, result);
            assert_eq!(read.to_json().unwrap(), text);
            assert!(draw(&read) == draw(&result));
        }
    }

    #[test]
    fn what_was_not_asked_for_has_no_section_and_what_was_stopped_has_a_word() {
        let titles = |result: &ExplainResult| {
            let page = draw(result);
            [
                "What matters overall",
                "Distillation into known",
                "Known observables",
                "Not finished",
            ]
            .map(|title| page.contains(title))
        };
        assert_eq!(titles(&sample()), [true, true, true, false]);
        assert_eq!(titles(&bare()), [false; 4]);
        let stopped = ExplainResult {
            interrupted: true,
            ..bare()
        };
        assert_eq!(titles(&stopped), [true, true, false, true]);
    }

    #[test]
    fn every_sentence_is_made_with_the_words_of_the_result() {
        let words = Words {
            event: Noun::new("configuration", "configurations"),
            model: Noun::new("network", "networks"),
        };
        for result in [sample(), bare(), of_values()] {
            let page = draw(&ExplainResult {
                words: words.clone(),
                ..result
            });
            let text = page.split("<body").nth(1).unwrap().to_lowercase();
            assert!(text.contains("configurations"));
            for word in ["tagger", " jet ", " jets", "jet’s", "jets’"] {
                // What a polynomial is, a sum over the particles of a jet, is said of jets alone.
                let text = text
                    .replace("particles of a jet,", "")
                    .replace("the jet’s sum", "");
                let place = text.find(word).map(|at| {
                    let start = text[..at].char_indices().rev().nth(60).map_or(0, |x| x.0);
                    text[start..].chars().take(140).collect::<String>()
                });
                assert_eq!(place, None, "{word}");
            }
        }
    }

    #[test]
    fn settings_of_another_version_are_named() {
        let text = String::from_utf8(sample().to_json().unwrap()).unwrap();
        let changed = text.replace("shown_events = ", "events_shown = ");
        let problem = ExplainResult::from_json(changed.as_bytes()).unwrap_err();
        assert!(problem.contains("events_shown"), "{problem}");
    }
}
