//! From a table to a front of laws.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pellucid_core::Job;
use pellucid_data::write_atomically;
use pellucid_symbolic::relation::proposals::polynomials;
use pellucid_symbolic::search::{State, WORK_PER_SECOND};
use pellucid_symbolic::select::{Finding, Folds, SHARE, findings_with, interim};
use pellucid_symbolic::{Engine, Expression, Limits, Problem, select};
use serde::Serialize;

use super::network::network;
use super::page::{View, page};
use super::request::Request;
use super::table::{named, problem};
use super::told::{self, Taught, Told, taught as taught_by};
use crate::PipelineError;
use crate::recipe::write_model;
use crate::source::BadRows;
use crate::source::files::check_out;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The front as it was written.
    pub front: Vec<Finding>,
    /// What the model told, if it is one whose law was searched for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Rows that were left out, by kind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad_rows: Vec<BadRows>,
    /// Rounds done.
    pub rounds: u64,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Whether the clock ended it before its budget of work was spent, so that
    /// another run may end elsewhere.
    pub by_the_clock: bool,
}

/// How often the front and the state are saved, so that hardly anything is lost with a
/// machine that stops.
const SAVED_EVERY: Duration = Duration::from_secs(3);
/// How much longer than saving takes it is until the next time, if that is longer.
const SAVING: u32 = 20;

/// How often the front so far is shown.
const TOLD_EVERY: Duration = Duration::from_millis(300);
/// Laws of it that are shown, the largest ones.
const TOLD: usize = 12;
/// Characters of a law that are shown.
const WIDTH: usize = 72;

/// Searches, and writes the front. An interruption keeps what was found.
pub fn regress(request: &Request, job: &Job) -> Result<Outcome, PipelineError> {
    for out in [&request.out, &request.state(), &request.told()] {
        check_out(out, request.tables.iter().map(PathBuf::as_path))?;
    }
    let taught = request.model.as_ref();
    let taught = taught.map(|subject| taught_by(request, subject, job));
    let taught = taught.transpose()?;
    let (problem, bad_rows) = match &taught {
        Some(taught) => (taught.problem.clone(), taught.bad.clone()),
        None => problem(request, job)?,
    };
    let problem = problem
        .under(&request.settings.loss)
        .map_err(|e| named(request.path(), e))?;
    let begun = begin(request, &problem, taught.as_ref(), job)?;
    let Begun {
        mut engine,
        told: answers,
        problem,
        spent,
    } = begun;
    if let Some(narrowed) = engine.narrowed() {
        job.note(&narrowed);
    }
    let few = taught.is_none() && Folds::wanted(&problem, &request.settings);
    let cut = answers.as_ref().is_some_and(|told| told.by_the_clock);
    // Parts may cost more than their share; the whole has its own still.
    let rest = 1.0 - request.settings.distillation.share;
    let own = if few { 1.0 - SHARE } else { 1.0 };
    let left = |s: f64| (own * s - spent as f64 / WORK_PER_SECOND as f64).max(rest * s);
    let limits = Limits {
        seconds: request.limits.seconds.map(left),
        ..request.limits
    };
    let mut saving = Saving::new(request);
    if let Some(told) = &answers {
        // Without it a search that is killed could not go on.
        write(&request.told(), told)?;
    }
    let before = engine.work();
    let budget = limits.seconds.map(|s| (s * WORK_PER_SECOND as f64) as u64);
    let bar = job.start("searching", budget.unwrap_or(0));
    let begun = Instant::now();
    let (mut shown, mut told) = (before, begun);
    engine.run(limits, job, |engine| {
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
        saving.now_and_then(engine, &problem);
    });
    drop(bar);
    saving.last(&engine, &problem)?;
    let folds = if few && !engine.done() && job.check().is_ok() {
        let _bar = job.start("searching without some of the rows", 0);
        let limits = Limits {
            seconds: request.limits.seconds.map(|s| s * SHARE),
            ..request.limits
        };
        Folds::search(&problem, &request.settings, limits, job)
            .map_err(|e| named(request.path(), e))?
    } else {
        None
    };
    let (laws, front): (Vec<Expression>, Vec<Finding>) =
        findings_with(&engine.front(), &problem, &request.settings, folds.as_ref())
            .into_iter()
            .map(|(law, finding)| (law.expression, finding))
            .unzip();
    write(&request.out, &front)?;
    let told = answers.map(|told| with_data(told, taught.as_ref(), &front, &laws));
    if let Some(told) = &told {
        write(&request.told(), told)?;
    }
    let interrupted = job.check().is_err();
    let rounds_left = request
        .limits
        .rounds
        .is_none_or(|most| engine.rounds() < most);
    let work_left = budget.is_none_or(|most| engine.work() < most);
    let outcome = Outcome {
        front,
        told,
        bad_rows,
        rounds: engine.rounds(),
        interrupted,
        by_the_clock: !interrupted && !engine.done() && (cut || (rounds_left && work_left)),
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
        write_atomically(&folder.join("index.html"), |file| {
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

/// A search at its beginning, or where it was stopped.
struct Begun {
    engine: Engine,
    /// What a model told.
    told: Option<Told>,
    /// The table, with the weights that the search has.
    problem: Problem,
    /// Work done before it.
    spent: u64,
}

/// The search at its beginning, or where it was stopped, and what a model told. A model
/// that was not asked to the end is asked again.
fn begin(
    request: &Request,
    problem: &Problem,
    taught: Option<&Taught>,
    job: &Job,
) -> Result<Begun, PipelineError> {
    let subject = request.model.as_ref().zip(taught);
    let before: Option<Told> = match subject {
        Some(_) if request.resume => Some(read(&request.told(), "record of a model's answers")?),
        _ => None,
    };
    let anew = before.as_ref().is_some_and(|told| told.interrupted);
    if request.resume && !anew {
        let state: State = read(&request.state(), "saved search")?;
        let spent = before.as_ref().map_or(0, |told| told.work);
        // The state is of one of both weights.
        let resumed = |view: &Problem| Engine::resume(view, &request.settings, state.clone());
        let relative = problem.relative();
        let relative = relative.and_then(|view| Some((resumed(&view).ok()?, view)));
        let (engine, problem) = if let Some(resumed) = relative {
            resumed
        } else {
            let engine = resumed(problem).map_err(|e| named(&request.state(), e))?;
            let compared = taught.is_none() && problem.relative().is_some();
            let view = if compared {
                problem.absolute()
            } else {
                problem.clone()
            };
            (engine, view)
        };
        return Ok(Begun {
            engine,
            told: before,
            problem,
            spent,
        });
    }
    if let Some((subject, taught)) = subject {
        let (engine, told) = told::begin(request, subject, taught, job)?;
        return Ok(Begun {
            engine,
            spent: told.work,
            told: Some(told),
            problem: problem.clone(),
        });
    }
    // While both weights are tried, too, hardly anything is to be lost.
    let mut saving = Saving::new(request);
    let begun = select::begin_showing(
        problem,
        &request.settings,
        request.limits,
        job,
        &mut |engine, view| {
            saving.now_and_then(engine, view);
        },
    );
    let (mut engine, problem, spent) = begun.map_err(|e| named(request.path(), e))?;
    saving.check()?;
    if let (Some(_), None) = (&request.rate, &request.settings.template) {
        let names = problem.names();
        let own = request.target.as_ref();
        let own = own.and_then(|own| names.iter().position(|name| name == own));
        if let Some(own) = own {
            engine.guess(&polynomials(&problem, own as u16));
        }
    }
    Ok(Begun {
        engine,
        told: None,
        problem,
        spent,
    })
}

/// What a model told, with the selected law beside data.
fn with_data(told: Told, taught: Option<&Taught>, front: &[Finding], laws: &[Expression]) -> Told {
    let selected = front.iter().position(|law| law.selected);
    let law = selected.and_then(|place| laws.get(place));
    Told {
        data: taught
            .zip(law)
            .and_then(|(taught, law)| told::compared(taught, law)),
        ..told
    }
}

/// Reads what an earlier run wrote.
fn read<T: serde::de::DeserializeOwned>(path: &Path, what: &str) -> Result<T, PipelineError> {
    let text = std::fs::read_to_string(path).map_err(|source| PipelineError::File {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|error| PipelineError::Arrays {
        path: path.to_owned(),
        problem: format!("it is no {what} ({error}); start anew without --resume"),
    })
}

/// Saves a search while it goes on.
struct Saving<'a> {
    request: &'a Request,
    last: Instant,
    /// How long it is until the next time.
    every: Duration,
    failed: Option<PipelineError>,
}

impl<'a> Saving<'a> {
    fn new(request: &'a Request) -> Self {
        Self {
            request,
            last: Instant::now(),
            every: SAVED_EVERY,
            failed: None,
        }
    }

    /// Saves front and state if it is time; a failure is told at the end.
    fn now_and_then(&mut self, engine: &Engine, problem: &Problem) {
        if self.last.elapsed() < self.every || self.failed.is_some() {
            return;
        }
        let begun = Instant::now();
        self.failed = self.save(engine, problem).err();
        self.last = Instant::now();
        self.every = SAVED_EVERY.max(begun.elapsed() * SAVING);
    }

    /// Saves both for good: what comes is judging the laws, which may take as long.
    fn last(self, engine: &Engine, problem: &Problem) -> Result<(), PipelineError> {
        self.save(engine, problem)?;
        self.check()
    }

    /// What went wrong before.
    fn check(self) -> Result<(), PipelineError> {
        self.failed.map_or(Ok(()), Err)
    }

    fn save(&self, engine: &Engine, problem: &Problem) -> Result<(), PipelineError> {
        let front = interim(&engine.front(), problem, &self.request.settings);
        write(&self.request.state(), engine.state())?;
        write(&self.request.out, &front)
    }
}

pub(super) fn write(path: &Path, value: &impl Serialize) -> Result<(), PipelineError> {
    Ok(write_atomically(path, |file| {
        serde_json::to_writer_pretty(&mut *file, value)?;
        std::io::Write::write_all(file, b"\n")
    })?)
}
