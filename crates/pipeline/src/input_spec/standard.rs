//! Shift and scale of a model's numbers: given, or taken from the training part.

use pellucid_observables::Standardise;
use serde::{Deserialize, Serialize};

use crate::PipelineError;

/// Where shift and scale come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a list of { mean, scale }, or \"train\" in a recipe"
)]
pub enum Standardisation {
    /// They are given.
    Given(Vec<Standardise>),
    /// They are mean and standard deviation of the training part, in a recipe.
    From(Part),
}

/// The part of the events that says them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The training part.
    Train,
}

/// A range, of which either end may be missing: `inf` in TOML, `null` in JSON, which knows
/// no infinite numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[Option<f64>; 2]")]
pub struct Bounds(pub [f64; 2]);

impl From<[Option<f64>; 2]> for Bounds {
    fn from([low, high]: [Option<f64>; 2]) -> Self {
        Self([
            low.unwrap_or(f64::NEG_INFINITY),
            high.unwrap_or(f64::INFINITY),
        ])
    }
}

/// An error if they are not as many as the numbers, or a scale is none.
pub fn check(
    standardise: Option<&Standardisation>,
    numbers: usize,
    input: &str,
) -> Result<(), PipelineError> {
    let Some(Standardisation::Given(list)) = standardise else {
        return Ok(());
    };
    let wrong = |problem: String| {
        Err(PipelineError::Setting {
            setting: format!("inputs.{input}.standardise"),
            problem,
        })
    };
    if list.len() != numbers {
        return wrong(format!(
            "has {} pairs of mean and scale, expected one for each of {numbers} features that are no category",
            list.len()
        ));
    }
    let sound =
        |pair: &&Standardise| pair.mean.is_finite() && pair.scale.is_finite() && pair.scale > 0.0;
    match list.iter().find(|pair| !sound(pair)) {
        Some(pair) => wrong(format!(
            "has a mean of {} and a scale of {}, expected a finite mean and a scale above 0",
            pair.mean, pair.scale
        )),
        None => Ok(()),
    }
}

/// Those of a number by its place; none were asked for, or they are not trained yet.
pub fn of(standardise: Option<&Standardisation>, place: usize) -> Standardise {
    match standardise {
        Some(Standardisation::Given(list)) => {
            list.get(place).copied().unwrap_or(Standardise::IDENTITY)
        }
        Some(Standardisation::From(_)) | None => Standardise::IDENTITY,
    }
}

/// Whether they are still to be taken from a training part.
pub fn is_open(standardise: Option<&Standardisation>) -> bool {
    matches!(standardise, Some(Standardisation::From(_)))
}

/// Takes them from these columns where they are asked of the training part; values that
/// are not numbers do not count where something stands in their place.
pub fn train(
    standardise: &mut Option<Standardisation>,
    columns: &[Vec<f64>],
    missing: Option<f64>,
) {
    if is_open(standardise.as_ref()) {
        let of = |column: &Vec<f64>| {
            let there: Vec<f64> = column
                .iter()
                .copied()
                .filter(|x| missing.is_none() || !x.is_nan())
                .collect();
            Standardise::of(there.into_iter())
        };
        *standardise = Some(Standardisation::Given(columns.iter().map(of).collect()));
    }
}
