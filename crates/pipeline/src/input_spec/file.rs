//! A file of an input specification, in whichever of three languages.
//!
//! * ours: TOML with a section `[inputs.NAME]` for each input of the model, and a
//!   section `[data]` for its columns;
//! * weaver's `preprocess.json`, which it writes beside an exported network
//!   (`preprocess.rs`);
//! * weaver's data configuration, YAML (`data_config.rs`).
//!
//! The ending says which; without a known one the first sign does.

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_observables::particles::Missing;
use serde::Deserialize;

use super::{Input, InputSpec, data_config, preprocess};
use crate::source::DataSettings;
use crate::{PipelineError, settings};

/// What such a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct SpecFile {
    /// How jets become inputs.
    pub spec: InputSpec,
    /// Where labels are, if the file says it.
    pub data: Option<DataSettings>,
    /// What of the file is not used, each a sentence.
    pub notes: Vec<String>,
}

/// Our own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Toml {
    #[serde(default)]
    inputs: BTreeMap<String, Input>,
    #[serde(default)]
    output_names: Vec<String>,
    data: Option<DataSettings>,
}

/// The three languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Toml,
    Json,
    Yaml,
}

impl Language {
    fn of(path: &Path, text: &str) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("toml") => Self::Toml,
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ if text.trim_start().starts_with('{') => Self::Json,
            _ => Self::Toml,
        }
    }
}

impl SpecFile {
    /// Reads a file; with [`Missing::Pad`], variables of foreign specifications
    /// whose names are not known have their pad value, else they are refused.
    pub fn read(path: &Path, unknown: Missing) -> Result<Self, PipelineError> {
        let text = std::fs::read_to_string(path).map_err(|source| PipelineError::File {
            path: path.to_owned(),
            source,
        })?;
        let read = match Language::of(path, &text) {
            Language::Toml => settings::parse::<Toml>(&text).map(|toml| Self {
                spec: InputSpec {
                    inputs: toml.inputs,
                    output_names: toml.output_names,
                },
                data: toml.data,
                notes: Vec::new(),
            }),
            Language::Json => preprocess::read(&text, unknown),
            Language::Yaml => data_config::read(&text, unknown),
        };
        read.map_err(|problem| PipelineError::Settings {
            path: path.to_owned(),
            problem,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_known_by_the_ending_or_the_first_sign() {
        let of = |name: &str, text: &str| Language::of(Path::new(name), text);
        assert_eq!(of("a.TOML", "{"), Language::Toml);
        assert_eq!(of("a.json", ""), Language::Json);
        assert_eq!(of("a.yml", ""), Language::Yaml);
        assert_eq!(of("spec", " {\n"), Language::Json);
        assert_eq!(of("spec", "[inputs.x]"), Language::Toml);
    }
}
