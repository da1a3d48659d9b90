//! Features and target of a search, from a file.

use std::path::Path;

use pellucid_core::{Job, Table, Values};
use pellucid_symbolic::search::precisions;
use pellucid_symbolic::{Problem, SymbolicError};

use super::request::Request;
use super::rows::{self, Rows, Wanted};
use crate::PipelineError;
use crate::source::BadRows;

/// Reads the columns that are asked for and checks them; the rows that were left out.
pub fn problem(request: &Request, job: &Job) -> Result<(Problem, Vec<BadRows>), PipelineError> {
    if let Some(motion) = &request.rate {
        return super::motion::rate(request, motion, job);
    }
    let Rows { table, bad, .. } = read(request, job)?;
    let names = features(request, &table)?;
    let target = request.target.as_ref().ok_or_else(no_target)?;
    let target = column(request, &table, target)?;
    Ok((of(request, &table, &names, target)?, bad))
}

/// The problem that has these columns as features.
pub(super) fn of(
    request: &Request,
    table: &Table,
    names: &[String],
    target: (String, Vec<f64>),
) -> Result<Problem, PipelineError> {
    let path = request.path();
    let column = |name: &String| column(request, table, name);
    let features = names.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    let mut weights = request.weights.as_ref().map(column).transpose()?;
    if let Some((name, errors)) = request.errors.as_ref().map(column).transpose()? {
        let values = precisions(&name, &errors).map_err(|source| named(path, source))?;
        weights = Some((name, values));
    }
    let problem = Problem::new(features, target, weights).map_err(|source| named(path, source))?;
    let problem = problem.of_errors(request.errors.is_some());
    // Numbers that somebody wrote end where their digits do; those of binary files do not.
    let text = request.model.is_none() && pellucid_data::is_text(path);
    Ok(if text { problem.as_written() } else { problem })
}

/// A column of numbers with its name.
pub(super) fn column(
    request: &Request,
    table: &Table,
    name: &str,
) -> Result<(String, Vec<f64>), PipelineError> {
    let values = table
        .floats(name)
        .map_err(|error| wrong(request.path(), &error.to_string()))?;
    Ok((name.to_owned(), values))
}

/// The names of the features.
pub(super) fn features(request: &Request, table: &Table) -> Result<Vec<String>, PipelineError> {
    let others: Vec<&String> = request.target.iter().chain(asides(request)).collect();
    let given = request.features.clone();
    let names = given.unwrap_or_else(|| numbers(table, &others));
    if let Some(target) = request.target.as_ref().filter(|t| names.contains(t)) {
        return Err(PipelineError::Setting {
            setting: "--features".to_owned(),
            problem: format!("`{target}` is the target; a law must not contain what it explains"),
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
    Ok(names)
}

/// An error for a request of nothing.
pub(super) fn no_target() -> PipelineError {
    PipelineError::Setting {
        setting: "--target".to_owned(),
        problem: "it is missing; name the column to explain".to_owned(),
    }
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

/// The rows of the tables of a request.
pub(super) fn read(request: &Request, job: &Job) -> Result<Rows, PipelineError> {
    let columns = request.features.as_ref().map(|names| {
        let more = request.target.iter().chain(asides(request));
        names.iter().chain(more).cloned().collect()
    });
    let wanted = Wanted {
        tables: &request.tables,
        columns,
        needed: request.target.iter().cloned().collect(),
        skip: request.skip_bad_rows,
    };
    rows::read(&wanted, job)
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
pub(super) fn asides(request: &Request) -> impl Iterator<Item = &String> {
    request.weights.iter().chain(&request.errors)
}
