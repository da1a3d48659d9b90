//! The settings of a search, and what it is given.

use pellucid_core::missing;
use serde::{Deserialize, Serialize};

use crate::error::{check_classes, check_finite, check_length};
use crate::{Candidates, DistillError, Split};

/// How to search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuidedSearch {
    /// How many observables may be added to those that it starts with.
    pub max_observables: usize,
    /// How often each network is trained, at least twice.
    pub trainings: usize,
    /// How many misordered pairs candidates are ranked on.
    pub pairs: usize,
    /// Stops when the black box's AUC is ahead by no more than so many standard
    /// errors of the difference.
    #[serde(deserialize_with = "missing::or_infinite")]
    pub tolerance: f64,
    /// Goes on, whatever the AUC, while the network's decision ordering with the
    /// black box is below this.
    #[serde(deserialize_with = "missing::or_minus_infinite")]
    pub min_ado: f64,
    /// Who orders the pairs.
    pub guide: Guide,
    /// What the network learns.
    pub target: Target,
    /// Which pairs candidates are ranked on, and how.
    pub ranking: Ranking,
    /// How many equivalents of a choice are listed; all of them are counted.
    pub equivalents: usize,
    /// The seed of pairs and trainings.
    pub seed: u64,
}

impl Default for GuidedSearch {
    fn default() -> Self {
        Self {
            max_observables: 10,
            trainings: 3,
            pairs: 100_000,
            tolerance: 1.0,
            min_ado: 0.0,
            guide: Guide::BlackBox,
            target: Target::BlackBox,
            ranking: Ranking::Joined,
            equivalents: 10,
            seed: 0,
        }
    }
}

/// Who says which of two events is more like signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guide {
    /// The model to be understood.
    #[default]
    BlackBox,
    /// The labels.
    Truth,
}

/// What the network learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The labels, as published: the network becomes a rival of the black box,
    /// and differs from it where both only guess.
    Truth,
    /// The black box: the share of train and validation events that it finds
    /// less like signal. The network becomes its copy.
    #[default]
    BlackBox,
}

/// Which pairs candidates are ranked on, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ranking {
    /// Those that the network orders differently, with as many others that it
    /// tells apart as clearly ([`balanced_pairs`](crate::balanced_pairs)), by what
    /// the candidate and the network say together: what repeats the network
    /// scores one half, and what matters in the middle of its range or only for
    /// some events is seen.
    #[default]
    Joined,
    /// Only those that the network orders differently, by the candidate alone, as
    /// published: what
    /// repeats the network orders all of them wrongly, which folds to one.
    Misordered,
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// The black box's score of every event, larger for signal.
    pub scores: &'a [f64],
    /// True for signal.
    pub labels: &'a [bool],
    /// The weights of the events, which may be negative; each counts once
    /// without.
    pub weights: Option<&'a [f64]>,
    /// The observables to choose from.
    pub candidates: &'a Candidates,
    /// Which events train, validate and test.
    pub split: &'a Split,
    /// The candidates to start with, by number; may be none.
    pub start: &'a [usize],
}

/// An error unless everything fits together.
pub(super) fn check(problem: Problem<'_>, settings: &GuidedSearch) -> Result<(), DistillError> {
    let Problem {
        scores,
        labels,
        weights,
        candidates,
        split,
        start,
    } = problem;
    check_length("labels", scores.len(), labels.len())?;
    check_length("candidates", scores.len(), candidates.events())?;
    check_finite("the black box's score", scores)?;
    if let Some(weights) = weights {
        check_length("weights", scores.len(), weights.len())?;
        check_finite("weight", weights)?;
    }
    let mut seen = vec![false; scores.len()];
    for &event in split.train.iter().chain(&split.valid).chain(&split.test) {
        if seen.get(event) != Some(&false) {
            return Err(DistillError::Split {
                event,
                events: scores.len(),
            });
        }
        seen[event] = true;
    }
    for (what, part) in [
        ("the training part", &split.train),
        ("the validation part", &split.valid),
        ("the test part", &split.test),
    ] {
        check_classes(what, part.iter().map(|&event| labels[event]))?;
    }
    for (i, &index) in start.iter().enumerate() {
        if index >= candidates.len() {
            return Err(DistillError::NoCandidate {
                index,
                candidates: candidates.len(),
            });
        }
        if start[..i].contains(&index) {
            let name = candidates.all()[index].name.clone();
            return Err(DistillError::Twice { name });
        }
    }
    let setting = |setting, expected, found: String| {
        Err(DistillError::Setting {
            setting,
            expected,
            found,
        })
    };
    if settings.trainings < 2 {
        return setting(
            "trainings",
            "at least 2, or there is no error",
            settings.trainings.to_string(),
        );
    }
    if settings.pairs == 0 {
        return setting("pairs", "at least 1", settings.pairs.to_string());
    }
    if settings.tolerance.is_nan() || settings.tolerance < 0.0 {
        return setting(
            "tolerance",
            "zero or more standard errors",
            settings.tolerance.to_string(),
        );
    }
    if settings.min_ado.is_nan() || settings.min_ado > 1.0 {
        return setting("min_ado", "at most 1", settings.min_ado.to_string());
    }
    Ok(())
}
