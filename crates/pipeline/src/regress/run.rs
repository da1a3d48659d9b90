//! From a table to a front of laws.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use pellucid_core::Job;
use pellucid_data::write_atomically;
use pellucid_symbolic::search::{State, WORK_PER_SECOND};
use pellucid_symbolic::select::{Finding, findings};
use pellucid_symbolic::{Engine, Expression, Problem};
use serde::Serialize;

use super::network::network;
use super::page::{View, page};
use super::request::Request;
use super::table::{named, problem};
use crate::PipelineError;
use crate::recipe::write_model;

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

/// How often the front so far is shown.
const TOLD_EVERY: Duration = Duration::from_millis(300);
/// Laws of it that are shown, the largest ones.
const TOLD: usize = 12;
/// Characters of a law that are shown.
const WIDTH: usize = 72;

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
    let begun = Instant::now();
    let (mut saved, mut shown, mut told) = (begun, before, begun);
    let mut failed = None;
    engine.run(request.limits, job, |engine| {
        bar.advance(engine.work() - shown);
        shown = engine.work();
        if told.elapsed() > TOLD_EVERY {
            bar.tell(&view_of(
                engine,
                &problem,
                engine.work() - before,
                begun.elapsed(),
            ));
            told = Instant::now();
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
    let (laws, front): (Vec<Expression>, Vec<Finding>) =
        findings(&engine.front(), &problem, &request.settings)
            .into_iter()
            .map(|(law, finding)| (law.expression, finding))
            .unzip();
    write(&request.out, &front)?;
    let interrupted = job.check().is_err();
    let rounds_left = request
        .limits
        .rounds
        .is_none_or(|most| engine.rounds() < most);
    let work_left = budget.is_none_or(|most| engine.work() < most);
    let outcome = Outcome {
        front,
        rounds: engine.rounds(),
        interrupted,
        by_the_clock: !interrupted && !engine.exact() && rounds_left && work_left,
    };
    let view = View {
        request,
        problem: &problem,
        outcome: &outcome,
        laws: &laws,
    };
    write_more(&view)?;
    Ok(outcome)
}

/// The report and the network, where they are asked for.
fn write_more(view: &View<'_>) -> Result<(), PipelineError> {
    if let Some(folder) = &view.request.report {
        let html = page(view)?;
        std::fs::create_dir_all(folder).map_err(|source| PipelineError::File {
            path: folder.clone(),
            source,
        })?;
        write_atomically(&folder.join("report.html"), |file| {
            std::io::Write::write_all(file, html.as_bytes())
        })?;
    }
    if let Some(path) = &view.request.onnx {
        let laws = view.laws.iter().zip(&view.outcome.front);
        for (law, _) in laws.filter(|(_, finding)| finding.selected) {
            write_model(&network(law, view.problem.names())?, path)?;
        }
    }
    Ok(())
}

/// The front so far and how fast the search is, for a reader in front of it.
fn view_of(engine: &Engine, problem: &Problem, work: u64, time: Duration) -> String {
    // Work is counted in thousands of nodes times rows.
    let speed = work as f64 * 1e-3 / time.as_secs_f64().max(1e-3);
    let mut out = format!(
        "round {}, {speed:.0} million nodes evaluated per second\nnodes  error / spread  law",
        engine.rounds()
    );
    let front = engine.front();
    let laws: Vec<_> = front.laws().collect();
    for law in &laws[laws.len().saturating_sub(TOLD)..] {
        let mut text = law.expression.infix(problem.names());
        if text.chars().count() > WIDTH {
            text = text.chars().take(WIDTH - 1).collect();
            text.push('…');
        }
        let _ = write!(
            out,
            "\n{:5}  {:14.2e}  {text}",
            law.complexity(),
            law.loss.sqrt()
        );
    }
    out
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
