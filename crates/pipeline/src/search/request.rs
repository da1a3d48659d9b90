//! What is searched, and how.

use std::path::PathBuf;

use pellucid_distill::{GuidedSearch, MlpStudent};
use serde::{Deserialize, Serialize};

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
    /// How the search goes.
    pub guided: GuidedSearch,
    /// The network that imitates.
    pub student: MlpStudent,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shares: [0.65, 0.1],
            guided: GuidedSearch {
                // Whether decisions are the same is asked of the ordering alone.
                min_ado: 0.99,
                ..GuidedSearch::default()
            },
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
