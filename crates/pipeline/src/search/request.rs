//! What is searched, and how.

use std::path::PathBuf;

use pellucid_distill::{GuidedSearch, MlpStudent};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::PipelineError;

/// A search.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The tables: names, folders and patterns.
    pub tables: Vec<PathBuf>,
    /// The column of the score, larger for signal.
    pub score: String,
    /// The column of labels: two numbers, the larger for signal.
    pub label: String,
    /// The columns to choose from, a star for any letters; all others without it.
    pub features: Vec<String>,
    /// Those that it begins with.
    pub start: Vec<String>,
    /// A column of weights, which may be negative.
    pub weights: Option<String>,
    /// A column that tells which rows belong together, so that they stay on one side
    /// of every split.
    pub group: Option<String>,
    /// Whether rows that cannot be used are left out and counted.
    pub skip_bad_rows: bool,
    /// How it is searched.
    pub settings: Settings,
    /// The seed of everything random.
    pub seed: u64,
    /// A folder for a page and `result.json`, or a file of the name `….json`.
    pub out: PathBuf,
}

/// How it is searched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The shares of rows that train and validate; the rest tests.
    pub shares: [f64; 2],
    /// How the search goes; what is not given keeps the default that it has here.
    #[serde(deserialize_with = "over_the_default")]
    pub guided: GuidedSearch,
    /// The network that imitates.
    pub student: MlpStudent,
}

/// Here decisions must be the same, whatever the AUC says: a column that is better than
/// the score at telling the classes apart does not decide as it does.
fn guided() -> GuidedSearch {
    GuidedSearch {
        min_ado: 0.99,
        ..GuidedSearch::default()
    }
}

/// A section of which some entries are given: the others are those of [`guided`], not
/// those of a search elsewhere.
fn over_the_default<'de, D: Deserializer<'de>>(deserializer: D) -> Result<GuidedSearch, D::Error> {
    let given = Map::<String, Value>::deserialize(deserializer)?;
    let mut all = serde_json::to_value(guided()).map_err(Error::custom)?;
    if let Value::Object(all) = &mut all {
        all.extend(given);
    }
    serde_json::from_value(all).map_err(Error::custom)
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shares: [0.65, 0.1],
            guided: guided(),
            student: MlpStudent::default(),
        }
    }
}

impl Settings {
    /// An error for what nothing can be made of.
    pub(super) fn check(&self) -> Result<(), PipelineError> {
        let [train, valid] = self.shares;
        if !(train > 0.0 && valid > 0.0 && train + valid < 1.0) {
            return Err(PipelineError::Setting {
                setting: "shares".to_owned(),
                problem: format!(
                    "are {train} and {valid}, expected two numbers above 0 that leave a part for the test"
                ),
            });
        }
        if self.guided.max_observables == 0 {
            return Err(PipelineError::Setting {
                setting: "--steps".to_owned(),
                problem: "is 0, expected 1 or more".to_owned(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_are_not_given_keep_their_defaults() {
        let settings: Settings = crate::settings::parse("[guided]\npairs = 7").unwrap();
        assert_eq!((settings.guided.pairs, settings.guided.min_ado), (7, 0.99));
        let whole = Settings::default();
        let again = crate::settings::parse::<Settings>(&toml::to_string(&whole).unwrap());
        assert_eq!(again, Ok(whole));
        let wrong = crate::settings::parse::<Settings>("[guided]\npiars = 7").unwrap_err();
        assert!(wrong.contains("did you mean `pairs`?"), "{wrong}");
    }
}
