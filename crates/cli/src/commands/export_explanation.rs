//! `pellucid export-explanation`: an explanation as an ONNX model.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::attribute::request::{Asked, Question};
use pellucid_pipeline::export_explanation::{Request, export_explanation};

use super::Run;
use super::method::{MethodOptions, QuestionOptions, size, told};
use crate::Common;

/// Write the explanation of a model as an ONNX model of standard operations
///
/// The file takes what the model takes, by name, type and shape, for any number
/// of events, and gives what `pellucid attribute` gives, in single precision:
/// `attribution` (of a model of several inputs `attribution.NAME`),
/// `explained`, and for relevance `absorbed`, `stabilised` and `empty`. Truth
/// values and integers are held as there. What the file cannot do (more events
/// than the model was exported for) is told.
///
/// Methods: all of `pellucid attribute` but conductance. A path has the same
/// number of steps for every event: --steps, or 128, where `attribute` doubles
/// 32 up to 512 for the events that need more. With the same --steps both give
/// the same numbers; without, --data says how far they are apart.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Command {
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
    /// Events (NPZ, as for `pellucid attribute`) on which the explanation is
    /// compared with what `attribute` gives: the largest difference is told
    #[arg(long, value_name = "X.npz")]
    data: Option<PathBuf>,
    /// The file to write
    #[arg(long, value_name = "EXPLANATION.onnx")]
    out: PathBuf,
}

impl Run for Command {
    const KEEPS_WHAT_IS_FINISHED: bool = false;

    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
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
            data: self.data.clone(),
        };
        let summary = export_explanation(&request, job)?;
        if common.json {
            println!("{}", serde_json::to_string(&summary)?);
        } else if !common.quiet {
            println!(
                "{}: {} as {} nodes, inputs {}, outputs {}",
                self.out.display(),
                summary.method,
                summary.nodes,
                summary.inputs.join(", "),
                summary.outputs.join(", ")
            );
            if let Some(difference) = &summary.difference {
                println!("on {difference}");
            }
        }
        told(common, &summary.notes);
        Ok(ExitCode::SUCCESS)
    }
}
