//! Tests that a model or an observable should be put to before it is trusted.
//!
//! So far: infrared and collinear safety, see
//! [`pellucid_observables::jets::safety`].

mod evenly;
mod page;

use std::path::{Path, PathBuf};

use pellucid_core::inputs::Inputs;
use pellucid_core::{Job, Table};
use pellucid_data::write_atomically;
use pellucid_explain::{Explained, Inference};
use pellucid_observables::Jets;
use pellucid_observables::jets::property::Property;
use pellucid_observables::jets::safety::{self, Response};
use serde::Serialize;

pub use pellucid_observables::jets::safety::{Perturbation, Verdict};

use self::evenly::Evenly;
use crate::PipelineError;
use crate::input_spec::InputSpec;
use crate::observables::{self, Columns};
use crate::source::{Account, DataSettings, Events, Source};
use crate::tagger::Tagger;

/// Jets read at a time.
const BATCH_ROWS: usize = 1000;

/// What single precision leaves of a logit that does not change.
const FLOOR_OF_MODELS: f64 = 1e-4;

/// What is audited.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A model file: its logit.
    Model(PathBuf),
    /// Observables and energy flow polynomials.
    Observables(Box<observables::Request>),
}

/// An audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is audited.
    pub subject: Subject,
    /// How jets become the model's inputs; what the model says of itself, if not
    /// given.
    pub inputs: Option<InputSpec>,
    /// The files of jets: names, folders and patterns.
    pub jets: Vec<PathBuf>,
    /// What their columns are called and mean.
    pub data: DataSettings,
    /// The output of a model, by name; the first, if not given.
    pub output: Option<String>,
    /// Of an output with several numbers the place of one, from 0.
    pub class: Option<usize>,
    /// The number of the output, or the two whose ratio is audited.
    pub outputs: Vec<String>,
    /// How many jets are perturbed; they are taken evenly from the files.
    pub events: usize,
    /// The seed of the perturbations.
    pub seed: u64,
}

/// What was found of one quantity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The observable's name, or the model's file.
    pub name: String,
    /// The worse of both verdicts.
    pub verdict: Verdict,
    /// The response to soft particles and to collinear splittings.
    pub responses: [Response; 2],
}

/// Perturbs jets and judges every quantity.
pub fn audit(request: &Request, job: &Job) -> Result<Vec<Finding>, PipelineError> {
    let (quantity, needs) = Quantity::of(request)?;
    let (events, _) = read(request, needs, job)?;
    let (jets, weights) = (events.jets()?, events.target.weights);
    let weights = (!weights.is_empty()).then_some(weights);
    let mut settings = safety::Settings {
        seed: request.seed,
        ..safety::Settings::default()
    };
    let steps = 1 + 2 * settings.sizes.len() as u64;
    let bar = job.start("safety", steps);
    if let Quantity::Model(_) = quantity {
        settings.floor = FLOOR_OF_MODELS;
    }
    let responses = safety::responses(&jets, weights.as_deref(), &settings, |jets| {
        job.check()?;
        bar.advance(1);
        quantity.values(jets, job)
    })?;
    let names = quantity.names();
    Ok(names
        .into_iter()
        .zip(responses)
        .map(|(name, responses)| Finding {
            name,
            verdict: responses[0].verdict.max(responses[1].verdict),
            responses,
        })
        .collect())
}

/// Writes a page of the findings, `folder/index.html`, and says where it is.
pub fn write_page(
    request: &Request,
    findings: &[Finding],
    folder: &Path,
) -> Result<PathBuf, PipelineError> {
    let html = page::page(request, findings)?;
    std::fs::create_dir_all(folder).map_err(|source| PipelineError::File {
        path: folder.to_owned(),
        source,
    })?;
    let path = folder.join("index.html");
    write_atomically(&path, |file| {
        std::io::Write::write_all(file, html.as_bytes())
    })?;
    Ok(path)
}

/// Writes the findings as JSON, whole or not at all.
pub fn write(path: &Path, findings: &[Finding]) -> Result<(), PipelineError> {
    Ok(write_atomically(path, |file| {
        serde_json::to_writer_pretty(&mut *file, findings).map_err(std::io::Error::other)?;
        std::io::Write::write_all(file, b"\n")
    })?)
}

/// What is audited, ready to be evaluated.
enum Quantity {
    Model(Box<(Tagger, Explained)>),
    Columns(Columns),
}

impl Quantity {
    /// The quantity, and what must be known of constituents for it.
    fn of(request: &Request) -> Result<(Self, Vec<Property>), PipelineError> {
        Ok(match &request.subject {
            Subject::Model(path) => {
                let mut tagger = Tagger::read(path, request.inputs.as_ref())?;
                if !tagger.spec.of_jets() {
                    return Err(PipelineError::Setting {
                        setting: "model".to_owned(),
                        problem: format!(
                            "`{}` is given columns, arrays or graphs; the audit is of infrared and collinear safety, which \
                             jets alone have",
                            path.display()
                        ),
                    });
                }
                let source = Source::without_truth(&request.jets, &request.data)?;
                let told = |property| source.clone().telling([property]).is_ok();
                let needs = tagger.knowing(told);
                let mut question = tagger.question(request.class, &request.outputs)?;
                question.output.clone_from(&request.output);
                let explained = Explained::asking(&tagger.graph, &question, Inference::default())?;
                (Self::Model(Box::new((tagger, explained))), needs)
            }
            Subject::Observables(request) => {
                let columns = Columns::new(request)?;
                let needs = columns.needs();
                (Self::Columns(columns), needs)
            }
        })
    }

    fn names(&self) -> Vec<String> {
        match self {
            Self::Model(model) => vec![model.0.path.display().to_string()],
            Self::Columns(columns) => {
                let names = columns.computed().iter();
                names.map(|(name, _)| name.clone()).collect()
            }
        }
    }

    /// The values of every column of every jet.
    fn values(&self, jets: &Jets, job: &Job) -> Result<Vec<Vec<f64>>, PipelineError> {
        let columns = match self {
            Self::Model(model) => {
                let (tagger, explained) = &**model;
                let scores = explained.scores(&tagger.inputs(&Inputs::from(jets))?, job)?;
                return Ok(vec![scores.logit]);
            }
            Self::Columns(columns) => columns,
        };
        let table = columns.evaluate(jets, &Table::default(), job)?;
        let values = table
            .columns()
            .iter()
            .map(|column| table.floats(&column.name));
        let values: Result<Vec<_>, _> = values.collect();
        Ok(values.map_err(pellucid_observables::ObservableError::from)?)
    }
}

/// Jets taken evenly from all files, and what was left out.
fn read(
    request: &Request,
    needs: Vec<Property>,
    job: &Job,
) -> Result<(Events, Account), PipelineError> {
    let source = Source::without_truth(&request.jets, &request.data)?
        .telling(needs)?
        .batch_rows(BATCH_ROWS);
    let files = source.rows_of_files();
    let share = (request.events / files.len()).max(1);
    let steps = files
        .iter()
        .map(|rows| rows.map_or(1, |rows| rows.div_ceil(share)));
    let steps: Vec<usize> = steps.collect();
    // How many of a file's rows a selection leaves is not known beforehand.
    let counted = request.data.select.is_none();
    let mut taken = vec![0; files.len()];
    let mut evenly = Evenly::new(share);
    let mut events = Events::default();
    let mut stream = source.stream();
    let mut file = 0;
    while let Some(batch) = stream.next().transpose()? {
        job.check()?;
        if counted {
            let (step, taken) = (steps[batch.file], &mut taken[batch.file]);
            let rows = (0..batch.rows.len()).filter(|&i| batch.rows[i].is_multiple_of(step));
            let rows: Vec<usize> = rows.take(share - *taken).collect();
            *taken += rows.len();
            events.append(&batch.events.select(&rows))?;
            continue;
        }
        if batch.file != file {
            file = batch.file;
            events.append(&std::mem::replace(&mut evenly, Evenly::new(share)).finish())?;
        }
        evenly.add(&batch.events)?;
    }
    events.append(&evenly.finish())?;
    let account = stream.account();
    source.tell(job);
    if let Some(weight) = &request.data.weight {
        job.note(&format!(
            "jets count by the modulus of their weights (`{weight}`): a quantity is safe or not whatever their sign"
        ));
    }
    account.tell(job);
    Ok((events, account))
}
