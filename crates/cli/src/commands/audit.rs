//! `pellucid audit`: tests of a model or of observables.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::PipelineError;
use pellucid_pipeline::audit::{self, Finding, Request, Subject};
use pellucid_pipeline::source::{DataSettings, files};
use pellucid_pipeline::{observables, settings};

use super::Run;
use super::jets::JetOptions;
use super::spec::Spec;
use crate::Common;
use crate::table::{show, table};

/// Test whether a model or observables are infrared and collinear safe
///
/// SUBJECT is a model (ONNX with its input specification), a settings file of
/// `pellucid observables` (.toml), or names of observables with commas between
/// them.
///
/// Soft particles are added to jets, and particles split collinearly, less and
/// less: the response is the mean change in units of the standard deviation of
/// the quantity over the jets. It is safe if the response falls as a power,
/// unsafe if it stays, Sudakov-safe-like if it falls more slowly. The power is
/// that of the last three decades, with its jackknife error.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Command {
    /// The model or the observables
    #[arg(value_name = "SUBJECT")]
    subject: PathBuf,
    /// Jets (Parquet or NPZ): files, folders, patterns
    #[arg(value_name = "JETS", required = true)]
    jets: Vec<PathBuf>,
    #[command(flatten)]
    spec: Spec,
    /// The output of a model that is audited, or two whose ratio ln(p_A/p_B) is:
    /// names of the specification, or places from 0
    #[arg(long, value_name = "A[,B]", value_delimiter = ',')]
    outputs: Vec<String>,
    /// The output of the model, by name [default: the first]
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
    /// The number of each row of the output, from 0
    #[arg(long, value_name = "K", conflicts_with = "outputs")]
    target: Option<usize>,
    /// How many jets are perturbed, taken evenly from the files
    #[arg(long, default_value_t = 500)]
    events: usize,
    /// Write the response at every size there
    #[arg(long, value_name = "AUDIT.json")]
    out: Option<PathBuf>,
    /// Write a page of curves, DIR/index.html
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    #[command(flatten)]
    columns: JetOptions,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let (subject, mut data) = subject(&self.subject)?;
        let spec = self.spec.read(job)?;
        Spec::join(spec.as_ref().and_then(|file| file.data.clone()), &mut data)?;
        self.columns.apply(&mut data);
        let request = Request {
            subject,
            inputs: spec
                .map(|file| file.spec)
                .filter(|spec| !spec.inputs.is_empty()),
            jets: self.jets.clone(),
            data,
            output: self.output.clone(),
            class: self.target,
            outputs: self.outputs.clone(),
            events: self.events,
            seed: common.seed,
        };
        if let Some(out) = &self.out {
            let read = files::expand(&self.jets)
                .map_err(PipelineError::from)?
                .paths;
            files::check_out(out, read.iter().map(PathBuf::as_path))
                .map_err(PipelineError::from)?;
        }
        let findings = audit::audit(&request, job)?;
        if let Some(out) = &self.out {
            audit::write(out, &findings)?;
        }
        let page = match &self.report {
            Some(folder) => Some(audit::write_page(&request, &findings, folder)?),
            None => None,
        };
        if common.json {
            println!("{}", serde_json::to_string(&findings)?);
        } else if !common.quiet {
            show(&summary(&findings))?;
            if let Some(page) = page {
                println!("{}", page.display());
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn subject(path: &Path) -> anyhow::Result<(Subject, DataSettings)> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    Ok(match ending {
        Some("onnx") => (Subject::Model(path.to_owned()), DataSettings::default()),
        Some("toml") => {
            let request: observables::Request = settings::read(path)?;
            let data = request.data.clone();
            (Subject::Observables(Box::new(request)), data)
        }
        _ => {
            let names = path.to_string_lossy();
            let request = observables::Request {
                observables: names
                    .split(',')
                    .map(|name| name.trim().to_owned())
                    .collect(),
                ..observables::Request::default()
            };
            (
                Subject::Observables(Box::new(request)),
                DataSettings::default(),
            )
        }
    })
}

fn summary(findings: &[Finding]) -> String {
    let power = |finding: &Finding, kind: usize| {
        let response = &finding.responses[kind];
        if response.power.value.is_finite() {
            let (value, error) = (response.power.value, response.power.error);
            format!("{} ({value:.2} ± {error:.2})", response.verdict.name())
        } else {
            format!("{} (no response)", response.verdict.name())
        }
    };
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|finding| {
            vec![
                finding.name.clone(),
                power(finding, 0),
                power(finding, 1),
                finding.verdict.name().to_owned(),
            ]
        })
        .collect();
    table(
        &["quantity", "soft (power)", "collinear (power)", "verdict"],
        &rows,
    )
}
