//! Tables of motions: laws of their rates of change, and what stays constant.

use std::path::{Path, PathBuf};

use pellucid_core::Job;
use pellucid_data::write_atomically;
use pellucid_symbolic::relation::invariant::{Settings, invariants};
use pellucid_symbolic::relation::motion::{Equation, equation};
use pellucid_symbolic::relation::trajectory::{Parting, Trajectory};
use pellucid_symbolic::search::precisions;
use pellucid_symbolic::{Problem, SymbolicError};
use serde::Serialize;

use super::request::{Motion, Request};
use super::rows::{self, Rows, Wanted};
use super::table::{asides, named, no_target, numbers, wrong};
use crate::PipelineError;
use crate::source::BadRows;
use crate::source::files::check_out;

/// A search for invariants.
#[derive(Debug, Clone)]
pub struct InvariantRequest {
    /// The tables: names, folders and patterns of CSV, Parquet or NPZ files.
    pub tables: Vec<PathBuf>,
    /// Whether rows with a number that is missing or not finite are left out.
    pub skip_bad_rows: bool,
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
    /// The median over the states of what is left of its change, as a part of what it owes
    /// to the single columns: 0 for what is conserved, about 1 for what is not.
    pub balance: f64,
    /// Its fluctuation within swings, as a part of the change it would show if every column
    /// varied on its own.
    pub fluctuation: f64,
    /// What it loses in a swing, in the same unit; negative for a loss.
    pub lost: f64,
}

/// Finds functions of the state that stay constant, and writes them.
pub fn find_invariants(
    request: &InvariantRequest,
    job: &Job,
) -> Result<Vec<Conserved>, PipelineError> {
    check_out(&request.out, request.tables.iter().map(PathBuf::as_path))?;
    let path = request
        .tables
        .first()
        .map_or(Path::new(""), PathBuf::as_path);
    let asked = Asked {
        tables: &request.tables,
        motion: &request.motion,
        features: request.features.as_deref(),
        counted: None,
        errors: false,
        skip: request.skip_bad_rows,
    };
    let Motions {
        parts, mut names, ..
    } = motions(&asked, job)?;
    if request.settings.rates {
        no_clash(path, &names, "--rates adds them")?;
        let rates: Vec<String> = names.iter().map(|name| format!("{name}_dot")).collect();
        names.extend(rates);
    }
    let found = invariants(&parts, &request.settings, job).map_err(|e| named(path, e))?;
    let list: Vec<Conserved> = found
        .into_iter()
        .map(|invariant| Conserved {
            expression: invariant.expression.infix(&names),
            latex: invariant.expression.latex(&names, 6),
            sympy: invariant.expression.sympy(&names),
            balance: invariant.balance,
            fluctuation: invariant.left.sqrt(),
            lost: invariant.lost,
        })
        .collect();
    write_atomically(&request.out, |file| {
        serde_json::to_writer_pretty(&mut *file, &list)?;
        std::io::Write::write_all(file, b"\n")
    })?;
    Ok(list)
}

/// The search for a derivative of the target, and the rows that were left out.
pub(super) fn rate(
    request: &Request,
    motion: &Motion,
    job: &Job,
) -> Result<(Problem, Vec<BadRows>), PipelineError> {
    let path = request.path();
    let wanted = request.target.as_ref().ok_or_else(no_target)?;
    let features = request.features.as_ref().map(|names| {
        let mut names = names.clone();
        if !names.contains(wanted) {
            names.push(wanted.clone());
        }
        names
    });
    let Motions { parts, names, rows } = motions(
        &Asked {
            tables: &request.tables,
            motion,
            features: features.as_deref(),
            counted: asides(request).next(),
            errors: request.errors.is_some(),
            skip: request.skip_bad_rows,
        },
        job,
    )?;
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
    if motion.order > 1 {
        no_clash(path, &names, "the second derivative has them as features")?;
    }
    let wanted = Equation {
        target,
        order: motion.order,
        errors: request.errors.is_some(),
    };
    let (problem, same) = equation(&parts, &names, wanted).map_err(|e| named(path, e))?;
    for (rate, column) in same {
        job.note(&format!(
            "`{rate}` is no feature beside `{column}`, which is the same"
        ));
    }
    Ok((problem, rows))
}

/// Refuses columns that have the names of rates.
fn no_clash(path: &Path, names: &[String], why: &str) -> Result<(), PipelineError> {
    let mut rates = names.iter().map(|name| format!("{name}_dot"));
    match rates.find(|rate| names.contains(rate)) {
        None => Ok(()),
        Some(clash) => Err(wrong(
            path,
            &format!(
                "column `{clash}` has the name of a rate of change, and {why}; rename it, or leave \
                 it out with --features"
            ),
        )),
    }
}

/// What is asked of tables of motions.
struct Asked<'a> {
    tables: &'a [PathBuf],
    motion: &'a Motion,
    features: Option<&'a [String]>,
    /// The column of weights or of standard errors of samples.
    counted: Option<&'a String>,
    errors: bool,
    skip: bool,
}

/// The trajectories of tables.
struct Motions {
    parts: Vec<Trajectory>,
    /// The names of the columns of their state.
    names: Vec<String>,
    /// The rows that were left out.
    rows: Vec<BadRows>,
}

/// Reads motions: every file holds its own.
fn motions(asked: &Asked<'_>, job: &Job) -> Result<Motions, PipelineError> {
    let motion = asked.motion;
    let asides: Vec<&String> = std::iter::once(&motion.time)
        .chain(&motion.trajectory)
        .chain(asked.counted)
        .collect();
    let columns = asked.features.map(|names| {
        let others = asides.iter().copied();
        names.iter().chain(others).cloned().collect()
    });
    let wanted = Wanted {
        tables: asked.tables,
        columns,
        needed: asides.iter().copied().cloned().collect(),
        skip: asked.skip,
    };
    let Rows {
        table,
        files,
        bad: rows,
    } = rows::read(&wanted, job)?;
    let path = asked.tables.first().map_or(Path::new(""), PathBuf::as_path);
    let names = asked
        .features
        .map_or_else(|| numbers(&table, &asides), <[String]>::to_vec);
    let floats = |name: &String| {
        let column = table.floats(name);
        column.map_err(|error| wrong(path, &error.to_string()))
    };
    let time = floats(&motion.time)?;
    let label = motion.trajectory.as_ref().map(floats).transpose()?;
    let counted = asked
        .counted
        .map(|name| Ok::<_, PipelineError>((name, floats(name)?)));
    let weights = match counted.transpose()? {
        Some((name, values)) if asked.errors => {
            Some(precisions(name, &values).map_err(|e| named(path, e))?)
        }
        Some((_, values)) => Some(values),
        None => None,
    };
    let state = names
        .iter()
        .map(|name| Ok((name.clone(), floats(name)?)))
        .collect::<Result<Vec<_>, PipelineError>>()?;
    if state.is_empty() {
        let target = motion.time.clone();
        return Err(named(path, SymbolicError::NoFeatures { target }));
    }
    let mut parts: Vec<Trajectory> = Vec::new();
    let (mut short, mut runs) = (0, 0);
    for (file, path) in files {
        let within: Vec<(String, Vec<f64>)> = state
            .iter()
            .map(|(name, values)| (name.clone(), values[file.clone()].to_vec()))
            .collect();
        let by = Parting {
            label: label.as_ref().map(|label| &label[file.clone()]),
            weights: weights.as_ref().map(|weights| &weights[file.clone()]),
            runs,
        };
        let (more, left_out) = Trajectory::part((&motion.time, &time[file]), &within, by)
            .map_err(|e| named(&path, e))?;
        runs = more.last().map_or(runs, |last| last.run + 1);
        short += left_out;
        parts.extend(more);
    }
    if short > 0 {
        job.note(&format!(
            "left out {short} rows between gaps in time too near to each other for a rate of \
             change"
        ));
    }
    Ok(Motions { parts, names, rows })
}
