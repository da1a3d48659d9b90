//! An explanation as an ONNX model of standard operations.
//!
//! Its inputs are those of the model, its outputs `attribution` (of a model of
//! several inputs `attribution.NAME`), `explained`, and for relevance `absorbed`, `stabilised` and `empty`; the
//! batch and all other named sizes stay open but those that were given. Integrated gradients repeat the
//! gradient for every point of the path, on the same weights.

use std::path::PathBuf;

use pellucid_core::Job;
use pellucid_explain::{Explained, Inference, Question};
use pellucid_network::ops::Identity;
use pellucid_network::{Graph, NetworkError, ValueId, transform};
use serde::Serialize;

use crate::PipelineError;
use crate::attribute::method::{from_baseline, method, wrong};
use crate::attribute::request::Asked;
use crate::attribute::targets::Targets;
use crate::model::{self, Sizes};
use crate::recipe::write_model;

/// Names of the outputs behind the maps, in their order.
const ACCOUNTS: [&str; 4] = ["explained", "absorbed", "stabilised", "empty"];

/// The key under which the method is written into the file.
const KEY: &str = "pellucid.explanation";

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
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// The method.
    pub method: String,
    /// Nodes of the explanation's network.
    pub nodes: usize,
    /// The names of its outputs.
    pub outputs: Vec<String>,
}

/// Writes the explanation of a model by a method as an ONNX model.
pub fn export_explanation(request: &Request, job: &Job) -> Result<Summary, PipelineError> {
    let method = method(&request.method)?;
    let question = &request.question;
    let output = question.output.as_deref();
    let graph = model::read_with(&request.model, &request.sizes, output)?;
    Targets::one(question.class, question.output.as_deref(), &graph)?;
    let explained = Explained::asking(&graph, question, Inference::default())?;
    let start = start(&request.method.baseline, explained.free().len())?;
    let method = from_baseline(&method, start);
    // Folding computes what is constant, such as which of the numbers that were
    // written to one place is the last.
    let explanation = transform::fold(&method.standalone(&explained)?)?;
    job.check()?;
    let mut explanation = named(explanation, &explained, graph.inputs().len())?;
    let settings = serde_json::to_string(&method).map_err(|error| {
        wrong(
            "--set",
            format!("it cannot be written into the file: {error}"),
        )
    })?;
    explanation.metadata.push((KEY.to_owned(), settings));
    write_model(&explanation, &request.out)?;
    let names = |ids: &[ValueId]| {
        let names = ids.iter().map(|&id| explanation.value(id).name.clone());
        names.collect()
    };
    Ok(Summary {
        method: method.name().to_owned(),
        nodes: explanation.nodes().len(),
        outputs: names(explanation.outputs()),
    })
}

/// Without events a baseline is zeros or a number.
fn start(
    asked: &[String],
    inputs: usize,
) -> Result<Option<pellucid_explain::method::Baseline>, PipelineError> {
    use pellucid_explain::method::Baseline;
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

/// The explanation with the names of its outputs.
fn named(mut graph: Graph, model: &Explained, inputs: usize) -> Result<Graph, NetworkError> {
    let free: Vec<String> = model
        .free_values()
        .iter()
        .map(|&id| model.graph().value(id).name.clone())
        .collect();
    let mut names: Vec<String> = free
        .iter()
        .map(|name| {
            if inputs > 1 {
                format!("attribution.{name}")
            } else {
                "attribution".to_owned()
            }
        })
        .collect();
    let accounts = graph.outputs().len() - names.len();
    names.extend(ACCOUNTS.iter().take(accounts).map(|&name| name.to_owned()));
    let mut outputs = graph.outputs().to_vec();
    if free.len() == 1 && inputs > 1 {
        outputs.push(outputs[0]);
        names.push("attribution".to_owned());
    }
    let inputs = graph.inputs().to_vec();
    let mut written = Vec::with_capacity(outputs.len());
    for (value, name) in outputs.into_iter().zip(names) {
        // A value of the model that has the name gives it up, unless it is an
        // input, which keeps its own.
        if let Some(taken) = graph.find(&name).filter(|id| !inputs.contains(id)) {
            graph.rename(taken, &format!("{name}/model"));
        }
        let output = graph.push(Identity, &[value])?;
        graph.rename(output, &name);
        written.push(output);
    }
    graph.set_outputs(written);
    Ok(graph)
}
