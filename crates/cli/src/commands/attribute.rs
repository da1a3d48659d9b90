//! `pellucid attribute`: a method's numbers for the events of a file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pellucid_core::Job;
use pellucid_pipeline::attribute::request::{Asked, Precision};
use pellucid_pipeline::attribute::{Request, attribute};
use pellucid_pipeline::settings::word;

use super::Run;
use super::method::{MethodOptions, QuestionOptions, bytes, told};
use crate::Common;

/// Explain the events of an NPZ file by a method and write its numbers
///
/// INPUT.npz holds one array per model input, named as the input (`x`, or the
/// only array there is, will do for a model of one input), of any type that
/// holds numbers; further arrays may hold targets and baselines, named by the
/// options below. Events of different length are lists behind one another:
/// NAME [total, …] with NAME.offsets [events + 1], for each input that has them;
/// an input without offsets has one row per event. So does a file for a model
/// of one event: with one side more, all events of one length. The results are
/// lists alike, `attribution` with `attribution.offsets`.
///
/// Methods: gradient, input-x-gradient, integrated-gradients, deeplift,
/// lrp-z, lrp-epsilon, lrp-gamma, lrp-alpha-beta, lrp-z-plus, lrp-w2, lrp-flat,
/// lrp-box (box on the first layer, epsilon on the others), lrp-composite,
/// conductance (of the units of a node, --set node=NAME).
///
/// Explained is one number of each row of the output: the logit before a final
/// sigmoid or softmax, unless --explain probability. An output of several
/// numbers a row needs --target or --targets-from.
///
/// OUT.npz holds `output` (the model's own), `attribution` (of a model of
/// several inputs `attribution.NAME`), `explained` (the value explained),
/// `residual` (what completeness misses: the explained value, less the value at
/// the baseline for path methods, less all attributions and accounts), for
/// relevance `absorbed` (by biases), `stabilised`, `empty` (due to sides
/// without contributions), for path methods `baseline_value` and `steps`.
///
/// Many events that can run apart are explained in parts. What is finished is
/// kept in OUT.npz.parts when the command is interrupted (exit code 130, the
/// number of finished rows is told), and the same command goes on from there;
/// numbers are those of a run that was never interrupted.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Command {
    /// The model (ONNX)
    #[arg(value_name = "MODEL.onnx")]
    model: PathBuf,
    /// Its inputs
    #[arg(value_name = "INPUT.npz")]
    inputs: PathBuf,
    #[command(flatten)]
    method: MethodOptions,
    #[command(flatten)]
    question: QuestionOptions,
    /// The array that holds the target of every row
    #[arg(long, value_name = "ARRAY", conflicts_with = "target")]
    targets_from: Option<String>,
    /// The precision of inputs, weights and results
    #[arg(long, value_name = "f32|f64", default_value = "f32", value_parser = word::<Precision>)]
    precision: Precision,
    /// What the runs of the network may hold in memory at once, weights
    /// included, such as 200MB; inputs and results come on top. A smaller
    /// budget means fewer events and runs at once; numbers stay the same to
    /// rounding [default: what fits the caches, for every thread]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    memory: Option<usize>,
    /// The file to write
    #[arg(long, value_name = "OUT.npz")]
    out: PathBuf,
}

impl Run for Command {
    fn run(&self, common: &Common, job: &Job) -> anyhow::Result<ExitCode> {
        let request = Request {
            model: self.model.clone(),
            inputs: self.inputs.clone(),
            out: self.out.clone(),
            method: Asked::from(&self.method),
            target: self.question.target,
            targets_from: self.targets_from.clone(),
            output: self.question.output.clone(),
            value: self.question.explain,
            hold: self.question.hold.clone(),
            precision: self.precision,
            memory: self.memory,
        };
        let summary = attribute(&request, job)?;
        if common.json {
            println!("{}", serde_json::to_string(&summary)?);
        } else if !common.quiet {
            let shown = |number: Option<f64>, text: &dyn Fn(f64) -> String| {
                number.map_or_else(|| "none".to_owned(), text)
            };
            println!(
                "{}: {} of {} events, mean |explained| {}, largest |residual| {}, {:.1} MB in runs",
                self.out.display(),
                summary.method,
                summary.events,
                shown(summary.mean_explained, &|x| format!("{x:.4}")),
                shown(summary.largest_residual, &|x| format!("{x:.1e}")),
                summary.memory as f64 / 1e6,
            );
            if summary.resumed > 0 {
                println!("{} of them were done before", summary.resumed);
            }
        }
        told(common, &summary.notes);
        if summary.not_finite > 0 && !common.quiet {
            eprintln!(
                "warning: {} of {} events have attributions that are not finite",
                summary.not_finite, summary.events
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
