//! An explanation as an ONNX model of standard operations.
//!
//! Its inputs are those of the model, by name, element type and shape, so that it runs on what
//! the model runs on; its outputs are the arrays of [`attribute`](mod@crate::attribute) of the
//! same names: `attribution` (of a model of several inputs `attribution.NAME`), `explained`, and
//! for relevance `absorbed`, `stabilised` and `empty`, in single precision. The batch and all
//! other named sizes stay open but those that were given.
//!
//! Truth values and integers are held, as `attribute` holds them. A model that was exported for a
//! fixed number of events is explained for any number where that [can be shown](batch) to be
//! the same. The number of points of a path integral is fixed in a file, where
//! `attribute` doubles it for the events that need more: what that makes is [measured](difference) on
//! data, if there are some.
//!
//! * [`batch`]: any number of events for a model of a fixed number;
//! * [`difference`]: how far the file is from `attribute` on some events;
//! * [`outputs`](mod@outputs): their names and shapes.

pub mod batch;
pub mod difference;
pub mod outputs;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pellucid_core::Job;
use pellucid_data::write_atomically;
use pellucid_explain::method::Baseline;
use pellucid_explain::{Explained, Inference, Method, Question};
use pellucid_network::graph::show;
use pellucid_network::onnx::{self, ExportSettings};
use pellucid_network::{Graph, transform};
use serde::Serialize;

use self::difference::Difference;
use crate::PipelineError;
use crate::attribute::method::{from_baseline, method, wrong};
use crate::attribute::request::Asked;
use crate::attribute::straight_through;
use crate::attribute::targets::Targets;
use crate::model::{self, Input, Sizes};
use crate::source::files::check_out;

/// The key under which the method is written into the file.
const KEY: &str = "pellucid.explanation";

/// Steps on a path where none are asked for: as many as keep most events within what
/// `attribute` allows.
const STEPS: u32 = 128;

/// What is exported.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The model (ONNX).
    pub model: PathBuf,
    /// Sizes that the model needs to know before it can be read.
    pub sizes: Sizes,
    /// The file to write (ONNX).
    pub out: PathBuf,
    /// The method and its settings.
    pub method: Asked,
    /// What of the model is explained.
    pub question: Question,
    /// Events (NPZ) on which the file is compared with `attribute`.
    pub data: Option<PathBuf>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// Nodes of the explanation's network.
    pub nodes: usize,
    /// Its inputs, each with its shape; named sizes are open.
    pub inputs: Vec<String>,
    /// The names of its outputs.
    pub outputs: Vec<String>,
    /// Steps on the path of every event, for methods with a path.
    pub steps: Option<u32>,
    /// How far it is from `attribute` on the data that were given.
    pub difference: Option<Difference>,
    /// What a user should know about the file.
    pub notes: Vec<String>,
}

/// Writes the explanation of a model by a method as an ONNX model.
pub fn export_explanation(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    let read = [Some(&request.model), request.data.as_ref()];
    check_out(
        &request.out,
        read.into_iter().flatten().map(PathBuf::as_path),
    )?;
    let asked = method(&request.method)?;
    let file = model::sized(&request.model, &request.sizes)?;
    let ports = file.inputs()?;
    let mut question = request.question.clone();
    let graph = file.sized(&request.sizes, question.output.as_deref())?;
    file.note_output(question.output.as_deref(), job);
    question.hold.extend(held(&ports));
    Targets::one(question.class, question.output.as_deref(), &graph)?;
    let mut notes: Vec<String> = straight_through::note(&graph).into_iter().collect();
    let explained = Explained::asking(&graph, &question, Inference::default())?;
    let free = batch::freed(&file, &request.sizes, &explained, &question, job)?;
    if let Some(note) = &free.note {
        notes.push(note.clone());
    }
    let explained = free.model.unwrap_or(explained);
    let start = start(&request.method.baseline, explained.free().len())?;
    let asked = from_baseline(&asked, start);
    let mut written = asked.clone();
    let steps = written.path_mut().map(|path| {
        if request.method.steps.is_none() {
            path.steps = STEPS;
        }
        path.max_steps = path.steps;
        path.steps
    });
    // Folding computes what is constant, such as which of the numbers that were
    // written to one place is the last.
    let explanation = transform::fold(&written.standalone(&explained)?)?;
    job.check()?;
    let mut explanation = outputs::named(explanation, &explained, graph.inputs().len())?;
    explanation.metadata.push((KEY.to_owned(), text(&written)?));
    let difference = match &request.data {
        Some(data) => {
            let arrays = difference::Events::read(data, &ports, &question.hold)?;
            Some(difference::measured(
                &explanation,
                &explained,
                &asked,
                &arrays,
                job,
            )?)
        }
        None => None,
    };
    let adapted = steps.is_some() && request.method.steps.is_none();
    notes.extend(about_steps(steps.filter(|_| adapted), difference.as_ref()));
    write(&explanation, &ports, request)?;
    let ids = explanation.inputs().iter();
    Ok(Summary {
        method: written.name().to_owned(),
        nodes: explanation.nodes().len(),
        inputs: ids
            .map(|&id| {
                format!(
                    "{} {}",
                    explanation.value(id).name,
                    show(explanation.shape(id))
                )
            })
            .collect(),
        outputs: names_of_outputs(&explanation),
        steps,
        difference,
        notes,
    })
}

/// The inputs that are held by themselves: truth values.
pub(crate) fn held(ports: &[Input]) -> impl Iterator<Item = String> {
    let truth = ports.iter().filter(|port| port.truth());
    truth.map(|port| port.name.clone())
}

/// What is to be said of the steps, if they are not those of `attribute`.
fn about_steps(steps: Option<u32>, difference: Option<&Difference>) -> Option<String> {
    let steps = steps?;
    let told = match difference {
        Some(difference) => format!("on {difference}"),
        None => {
            "how much that changes was not measured (--data X.npz shows it some events)".to_owned()
        }
    };
    Some(format!(
        "the path of every event has {steps} steps, while `attribute` doubles 32 up to 512 until the \
         residual is below 1 %; {told}; --steps N for both gives the same numbers"
    ))
}

/// A method with its settings, for the file.
fn text(method: &Method) -> Result<String, PipelineError> {
    serde_json::to_string(method).map_err(|error| {
        wrong(
            "--set",
            format!("it cannot be written into the file: {error}"),
        )
    })
}

fn names_of_outputs(graph: &Graph) -> Vec<String> {
    let names = graph
        .outputs()
        .iter()
        .map(|&id| graph.value(id).name.clone());
    names.collect()
}

/// Writes the file, whose inputs have the element types of the model's.
fn write(graph: &Graph, ports: &[Input], request: &Request) -> Result<(), PipelineError> {
    let kinds = ports.iter().map(|port| (port.name.clone(), port.kind));
    let settings = ExportSettings {
        inputs: kinds.collect::<BTreeMap<_, _>>(),
    };
    let model = onnx::export_with(graph, &settings).map_err(|source| PipelineError::Model {
        path: request.model.clone(),
        source,
    })?;
    let bytes = model.encode();
    write_atomically(&request.out, |file| std::io::Write::write_all(file, &bytes))?;
    Ok(())
}

/// Without events a baseline is zeros or a number.
fn start(asked: &[String], inputs: usize) -> Result<Option<Baseline>, PipelineError> {
    match asked {
        [] => Ok(None),
        [word] if word == "zeros" => Ok(Some(Baseline::Zeros)),
        [word] => match word.parse::<f64>() {
            Ok(number) if number.is_finite() => {
                Ok(Some(Baseline::Given(vec![vec![number]; inputs])))
            }
            _ => Err(wrong(
                "--baseline",
                format!(
                    "`{word}` needs events; an exported explanation begins at zeros or a number"
                ),
            )),
        },
        _ => Err(wrong("--baseline", "expected zeros or a number".to_owned())),
    }
}
