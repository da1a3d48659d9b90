//! `pellucid export-explanation`: an explanation as an ONNX model.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::attribute::request::{Asked, Question};
use pellucid_pipeline::export_explanation::{Request, export_explanation};

use super::method::{MethodOptions, QuestionOptions, size};
use crate::Common;

/// Write the explanation of a model as an ONNX model of standard operations
///
/// The file takes the model's inputs, any number of events, and gives
/// `attribution` (of a model of several inputs `attribution.NAME`),
/// `explained`, and for relevance `absorbed`, `stabilised` and `empty`.
///
/// Methods: all of `pellucid attribute` but conductance. Integrated gradients
/// repeat the gradient for every point of the path (--steps, 32 by default).
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct ExportExplanation {
    /// The model (ONNX)
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    #[command(flatten)]
    method: MethodOptions,
    #[command(flatten)]
    question: QuestionOptions,
    /// A named size of the inputs that the file is written for, where the model
    /// cannot be written for all; may be given several times
    #[arg(long, value_name = "NAME=N", value_parser = size)]
    size: Vec<(String, usize)>,
    /// The file to write
    #[arg(long, value_name = "EXPLANATION.onnx")]
    out: PathBuf,
}

impl ExportExplanation {
    /// Runs the command.
    pub fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let request = Request {
            model: self.model.clone(),
            sizes: self.size.iter().cloned().collect(),
            out: self.out.clone(),
            method: Asked::from(&self.method),
            question: Question {
                output: self.question.output.clone(),
                class: self.question.target,
                value: self.question.explain,
                hold: self.question.hold.clone(),
                ..Question::default()
            },
        };
        let summary = export_explanation(&request, job)?;
        if common.json {
            println!("{}", serde_json::to_string(&summary)?);
        } else if !common.quiet {
            println!(
                "{}: {} as {} nodes, outputs {}",
                self.out.display(),
                summary.method,
                summary.nodes,
                summary.outputs.join(", ")
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
