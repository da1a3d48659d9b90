//! Features and target of a search, from a file.

use std::path::Path;

use pellucid_core::{Table, Values};
use pellucid_data::{Selection, npz};
use pellucid_symbolic::search::precisions;
use pellucid_symbolic::{Problem, SymbolicError};

use super::request::Request;
use crate::PipelineError;

/// Reads the columns that are asked for and checks them.
pub fn problem(request: &Request) -> Result<Problem, PipelineError> {
    let path = &request.table;
    if let Some(motion) = &request.rate {
        return super::motion::rate(request, motion);
    }
    let table = read(request)?;
    let others: Vec<&String> = std::iter::once(&request.target)
        .chain(asides(request))
        .collect();
    let given = request.features.clone();
    let names = given.unwrap_or_else(|| numbers(&table, &others));
    if names.contains(&request.target) {
        return Err(PipelineError::Setting {
            setting: "--features".to_owned(),
            problem: format!(
                "`{}` is the target; a law must not contain what it explains",
                request.target
            ),
        });
    }
    if let Some(twice) = names
        .iter()
        .enumerate()
        .find(|(i, n)| names[..*i].contains(n))
    {
        return Err(PipelineError::Setting {
            setting: "--features".to_owned(),
            problem: format!("column `{}` is named twice", twice.1),
        });
    }
    let column = |name: &String| -> Result<(String, Vec<f64>), PipelineError> {
        let values = table
            .floats(name)
            .map_err(|error| wrong(path, &error.to_string()))?;
        Ok((name.clone(), values))
    };
    let features = names.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let target = column(&request.target)?;
    let mut weights = request.weights.as_ref().map(column).transpose()?;
    if let Some((name, errors)) = request.errors.as_ref().map(column).transpose()? {
        let values = precisions(&name, &errors).map_err(|source| named(path, source))?;
        weights = Some((name, values));
    }
    Problem::new(features, target, weights).map_err(|source| named(path, source))
}

/// A table and what is wrong with it.
pub(super) fn named(path: &Path, source: SymbolicError) -> PipelineError {
    match source {
        SymbolicError::Interrupted(stopped) => stopped.into(),
        source => PipelineError::Regress {
            path: path.to_owned(),
            source,
        },
    }
}

pub(super) fn wrong(path: &Path, problem: &str) -> PipelineError {
    PipelineError::Arrays {
        path: path.to_owned(),
        problem: problem.to_owned(),
    }
}

/// The table of an NPZ file that holds a matrix `X` with `names`.
pub(super) fn matrix(path: &Path) -> Result<Option<Table>, PipelineError> {
    let archive = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("npz"));
    // A missing file is told by the reader of other files.
    if archive && path.is_file() {
        return Ok(npz::read_features(path)?);
    }
    Ok(None)
}

fn read(request: &Request) -> Result<Table, PipelineError> {
    let path = &request.table;
    if let Some(table) = matrix(path)? {
        return Ok(table);
    }
    let selection = match &request.features {
        None => {
            // A target of text would otherwise seem to be missing.
            drop(pellucid_data::open(
                path,
                &Selection::of([request.target.clone()]),
            )?);
            Selection::default()
        }
        Some(names) => {
            let more = std::iter::once(&request.target).chain(asides(request));
            Selection::of(names.iter().chain(more).cloned())
        }
    };
    Ok(pellucid_data::read(path, &selection)?)
}

/// Every column of one number per row but these.
pub(super) fn numbers(table: &Table, but: &[&String]) -> Vec<String> {
    let columns = table.columns().iter();
    let flat = columns.filter(|c| matches!(c.values, Values::Float(_) | Values::Integer(_)));
    flat.map(|c| c.name.clone())
        .filter(|name| !but.contains(&name))
        .collect()
}

/// Columns that say how much rows count.
fn asides(request: &Request) -> impl Iterator<Item = &String> {
    request.weights.iter().chain(&request.errors)
}
