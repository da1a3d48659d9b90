//! `pellucid explain`: what a tagger has learned.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::explain::{Count, ExplainSettings, Request, explain, shipped};
use pellucid_pipeline::settings;

use super::Run;
use super::jets::{JetOptions, TruthOptions};
use super::spec::Spec;
use crate::Common;

/// Explain a tagger on a file of labelled jets: a page and a result file
///
/// Without --model the convolutional tagger of W jets that comes with the
/// program, without --data its W-versus-QCD jets.
///
/// A tagger exported by weaver, with the preprocess.json beside it:
///
///     pellucid explain --model net.onnx --spec preprocess.json --data jets.parquet \
///       --outputs label_Tbqq,label_QCD --out report
///
/// Explained is then ln(p_A/p_B) of the two outputs named. Variables that the
/// files do not tell have their pad value; the page and result.json name them
/// (`pellucid inputs --variables` says what each is).
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
// The example is for --help, where it is shown as it stands; it is no Rust.
#[allow(rustdoc::invalid_rust_codeblocks)]
pub struct Command {
    /// The model (ONNX); given several times, other trainings of it, which are compared
    /// with the first
    #[arg(long, value_name = "MODEL.onnx")]
    model: Vec<PathBuf>,
    /// The events (Parquet, CSV or NPZ): files, folders, patterns such as
    /// 'jets/*.parquet'; several may follow, read as one
    #[arg(long, value_name = "FILES", num_args = 1..)]
    data: Vec<PathBuf>,
    /// Settings; every entry has a default
    #[arg(long, value_name = "EXPLAIN.toml")]
    config: Option<PathBuf>,
    #[command(flatten)]
    spec: Spec,
    /// The output to explain, or two whose ratio ln(p_A/p_B) is explained: names
    /// of the specification, or places from 0
    #[arg(long, value_name = "A[,B]", value_delimiter = ',')]
    outputs: Vec<String>,
    /// The output of the model, by name [default: the first]
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// The number of each row of the output, from 0
    #[arg(long, value_name = "K", conflicts_with = "outputs")]
    target: Option<usize>,
    /// The folder to write index.html and result.json to
    #[arg(long, value_name = "DIR", default_value = "report")]
    out: PathBuf,
    /// How many jets the costly steps work on: a number, or `all`
    #[arg(long, value_name = "N|all")]
    events: Option<Count>,
    /// Train the model anew first, on a part of the events, and explain it on
    /// the rest; with a number so often, to compare the trainings
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "1", conflicts_with = "model")]
    train: Option<usize>,
    #[command(flatten)]
    jets: JetOptions,
    #[command(flatten)]
    truth: TruthOptions,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let own_jets = !self.data.is_empty() || self.truth.names_files();
        let main_job = self.model.is_empty() && !own_jets;
        let mut settings: ExplainSettings = match &self.config {
            Some(path) => settings::read(path)?,
            None if main_job || self.train.is_some() => {
                settings::read(&shipped("models/explain.toml")?)?
            }
            None => ExplainSettings::default(),
        };
        if let Some(file) = self.spec.read(job)? {
            if !file.spec.inputs.is_empty() {
                settings.inputs = file.spec.inputs;
                settings.output_names = file.spec.output_names;
            }
            Spec::join(file.data, &mut settings.data)?;
        }
        if !self.outputs.is_empty() {
            settings.outputs.clone_from(&self.outputs);
        }
        settings.output = self.output.clone().or(settings.output);
        settings.class = self.target.or(settings.class);
        self.jets.apply(&mut settings.data);
        self.truth.apply(&mut settings.data)?;
        if let Some(events) = self.events {
            settings.events = events;
        }
        let mut models = self.model.iter().cloned();
        let model = match models.next() {
            Some(model) => model,
            None if self.train.is_some() => self.out.join("tagger.onnx"),
            None => shipped("models/w_tagger.onnx")?,
        };
        let data = if self.data.is_empty() && settings.data.files.is_empty() {
            vec![shipped("data/w_vs_qcd.parquet")?]
        } else {
            self.data.clone()
        };
        let request = Request {
            model,
            data,
            settings,
            train: self.train.unwrap_or(0),
            further: models.collect(),
            out: self.out.clone(),
            seed: common.seed,
        };
        let outcome = explain(&request, job)?;
        let result = &outcome.result;
        if common.json {
            println!("{}", serde_json::to_string(result)?);
        } else if !common.quiet {
            println!(
                "{}",
                result
                    .verdict
                    .sentence
                    .replace("\\pm", "±")
                    .replace("R^2", "R²")
                    .replace('$', "")
            );
            println!(
                "{} and {} ({:.1} s)",
                outcome.page.display(),
                outcome.json.display(),
                result.provenance.seconds
            );
        }
        if result.interrupted {
            eprintln!(
                "interrupted: the report holds what was finished ({})",
                outcome.page.display()
            );
            return Ok(ExitCode::from(130));
        }
        Ok(ExitCode::SUCCESS)
    }
}
