//! From a table to a front of laws.

use std::path::Path;
use std::time::{Duration, Instant};

use pellucid_core::Job;
use pellucid_data::write_atomically;
use pellucid_symbolic::search::{State, WORK_PER_SECOND};
use pellucid_symbolic::select::{Finding, findings};
use pellucid_symbolic::{Engine, Problem};
use serde::Serialize;

use super::request::Request;
use super::table::{named, problem};
use crate::PipelineError;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The front as it was written.
    pub front: Vec<Finding>,
    /// Rounds done.
    pub rounds: u64,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Whether the clock ended it before its budget of work was spent, so that
    /// another run may end elsewhere.
    pub by_the_clock: bool,
}

/// How often the state is saved.
const SAVED_EVERY: Duration = Duration::from_secs(20);

/// Searches, and writes the front. An interruption keeps what was found.
pub fn regress(request: &Request, job: &Job) -> Result<Outcome, PipelineError> {
    let problem = problem(request)?;
    let mut engine = engine(request, &problem)?;
    let state = request.state();
    let before = engine.work();
    let budget = request
        .limits
        .seconds
        .map(|s| (s * WORK_PER_SECOND as f64) as u64);
    let bar = job.start("searching", budget.unwrap_or(0));
    let (mut saved, mut shown) = (Instant::now(), before);
    let mut failed = None;
    engine.run(request.limits, job, |engine| {
        bar.advance(engine.work() - shown);
        shown = engine.work();
        if let Some(law) = engine.front().best() {
            job.note(&format!(
                "round {}: {} laws, best of {} nodes, error {:.2e} of the spread: {}",
                engine.rounds(),
                engine.front().laws().count(),
                law.complexity(),
                law.loss.sqrt(),
                law.expression.infix(problem.names()),
            ));
        }
        if saved.elapsed() > SAVED_EVERY && failed.is_none() {
            failed = save(&state, engine).err();
            saved = Instant::now();
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    drop(bar);
    save(&state, &engine)?;
    let front: Vec<Finding> = findings(engine.front(), &problem, &request.settings)
        .into_iter()
        .map(|(_, finding)| finding)
        .collect();
    write(&request.out, &front)?;
    let interrupted = job.check().is_err();
    let rounds_left = request
        .limits
        .rounds
        .is_none_or(|most| engine.rounds() < most);
    let work_left = budget.is_none_or(|most| engine.work() < most);
    Ok(Outcome {
        front,
        rounds: engine.rounds(),
        interrupted,
        by_the_clock: !interrupted && !engine.exact() && rounds_left && work_left,
    })
}

fn engine(request: &Request, problem: &Problem) -> Result<Engine, PipelineError> {
    if !request.resume {
        return Engine::new(problem, &request.settings).map_err(|e| named(&request.table, e));
    }
    let path = request.state();
    let text = std::fs::read_to_string(&path).map_err(|source| PipelineError::File {
        path: path.clone(),
        source,
    })?;
    let state: State = serde_json::from_str(&text).map_err(|error| PipelineError::Arrays {
        path: path.clone(),
        problem: format!("it is no saved search ({error}); start anew without --resume"),
    })?;
    Engine::resume(problem, &request.settings, state).map_err(|e| named(&path, e))
}

fn save(path: &Path, engine: &Engine) -> Result<(), PipelineError> {
    write(path, engine.state())
}

fn write(path: &Path, value: &impl Serialize) -> Result<(), PipelineError> {
    Ok(write_atomically(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value)?;
        std::io::Write::write_all(file, b"\n")
    })?)
}
