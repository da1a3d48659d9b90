//! Tables of motions: laws of their rates of change, and what stays constant.

use std::path::{Path, PathBuf};

use pellucid_core::Job;
use pellucid_data::{Selection, write_atomically};
use pellucid_symbolic::relation::invariant::{Settings, invariants};
use pellucid_symbolic::relation::motion::equation;
use pellucid_symbolic::relation::trajectory::Trajectory;
use pellucid_symbolic::{Problem, SymbolicError};
use serde::Serialize;

use super::request::{Motion, Request};
use super::table::{matrix, named, no_target, numbers, wrong};
use crate::PipelineError;
use crate::source::files::check_out;

/// A search for invariants.
#[derive(Debug, Clone)]
pub struct InvariantRequest {
    /// The table: CSV, Parquet or NPZ.
    pub table: PathBuf,
    /// Time and trajectories.
    pub motion: Motion,
    /// The columns of the state; all others of one number per row if not given.
    pub features: Option<Vec<String>>,
    /// What to look for.
    pub settings: Settings,
    /// The list to write (JSON).
    pub out: PathBuf,
}

/// An invariant as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conserved {
    /// The function, over the columns and their rates (`x_dot`).
    pub expression: String,
    /// The same in LaTeX.
    pub latex: String,
    /// The same for SymPy.
    pub sympy: String,
    /// Its fluctuation within trajectories, as a part of the change it would
    /// show if every column varied on its own.
    pub fluctuation: f64,
}

/// Finds functions of the state that stay constant, and writes them.
pub fn find_invariants(
    request: &InvariantRequest,
    job: &Job,
) -> Result<Vec<Conserved>, PipelineError> {
    let path = &request.table;
    check_out(&request.out, [path.as_path()])?;
    let (trajectories, mut names) = motions(path, &request.motion, request.features.as_deref())?;
    if request.settings.rates {
        let rates: Vec<String> = names.iter().map(|name| format!("{name}_dot")).collect();
        if let Some(clash) = rates.iter().find(|rate| names.contains(rate)) {
            return Err(wrong(
                path,
                &format!(
                    "column `{clash}` has the name of a rate of change; leave it out, or leave \
                          out --rates"
                ),
            ));
        }
        names.extend(rates);
    }
    let found = invariants(&trajectories, &request.settings, job).map_err(|e| named(path, e))?;
    let list: Vec<Conserved> = found
        .into_iter()
        .map(|invariant| Conserved {
            expression: invariant.expression.infix(&names),
            latex: invariant.expression.latex(&names, 6),
            sympy: invariant.expression.sympy(&names),
            fluctuation: invariant.left.sqrt(),
        })
        .collect();
    write_atomically(&request.out, |file| {
        serde_json::to_writer_pretty(&mut *file, &list)?;
        std::io::Write::write_all(file, b"\n")
    })?;
    Ok(list)
}

/// The search for the rate of change of the target.
pub(super) fn rate(request: &Request, motion: &Motion) -> Result<Problem, PipelineError> {
    let path = &request.table;
    let wanted = request.target.as_ref().ok_or_else(no_target)?;
    let features = request.features.as_ref().map(|names| {
        let mut names = names.clone();
        if !names.contains(wanted) {
            names.push(wanted.clone());
        }
        names
    });
    let (trajectories, names) = motions(path, motion, features.as_deref())?;
    let target = names.iter().position(|name| name == wanted);
    let target = target.ok_or_else(|| {
        wrong(
            path,
            &format!(
                "`{}` is no column of the state; its columns are {}",
                wanted,
                names.join(", ")
            ),
        )
    })?;
    equation(&trajectories, &names, target).map_err(|e| named(path, e))
}

/// The trajectories of a table and the names of the columns of their state.
fn motions(
    path: &Path,
    motion: &Motion,
    features: Option<&[String]>,
) -> Result<(Vec<Trajectory>, Vec<String>), PipelineError> {
    let selection = match features {
        None => Selection::default(),
        Some(names) => {
            let more = std::iter::once(&motion.time).chain(&motion.trajectory);
            Selection::of(names.iter().chain(more).cloned())
        }
    };
    let table = match matrix(path)? {
        Some(table) => table,
        None => pellucid_data::read(path, &selection)?,
    };
    let others: Vec<&String> = std::iter::once(&motion.time)
        .chain(&motion.trajectory)
        .collect();
    let names = features.map_or_else(|| numbers(&table, &others), <[String]>::to_vec);
    let floats = |name: &String| {
        let column = table.floats(name);
        column.map_err(|error| wrong(path, &error.to_string()))
    };
    let time = floats(&motion.time)?;
    let label = motion.trajectory.as_ref().map(floats).transpose()?;
    let columns = names
        .iter()
        .map(|name| Ok((name.clone(), floats(name)?)))
        .collect::<Result<Vec<_>, PipelineError>>()?;
    if columns.is_empty() {
        let target = motion.time.clone();
        return Err(named(path, SymbolicError::NoFeatures { target }));
    }
    let parts = Trajectory::part((&motion.time, &time), &columns, label.as_deref());
    Ok((parts.map_err(|e| named(path, e))?, names))
}
