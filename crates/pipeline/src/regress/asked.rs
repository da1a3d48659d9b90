//! A model whose law is searched for: what a search may ask of it.

use std::path::PathBuf;

use pellucid_core::model::ModelError;
use pellucid_core::{Job, Tensor};
use pellucid_explain::{Explained, Inference, Method, Precision, Question, Value};
use pellucid_network::Graph;
use pellucid_network::graph::show;
use pellucid_symbolic::Differentiable;

use super::network::COLUMNS;
use crate::{PipelineError, model};

/// Which number of which model.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The model (ONNX).
    pub path: PathBuf,
    /// The output, or a value inside, by name; the first output, if not given.
    pub output: Option<String>,
    /// The place in a row of it.
    pub class: Option<usize>,
    /// Logit or probability.
    pub value: Value,
}

/// A model in double precision.
#[derive(Debug)]
pub struct Asked {
    explained: Explained,
    gradient: Method,
    inputs: usize,
    /// The columns that the model says its input has.
    columns: Option<Vec<String>>,
}

impl Asked {
    /// Reads a model of one input of rows of numbers.
    pub fn read(subject: &Subject) -> Result<Self, PipelineError> {
        let mut graph = model::read_for(&subject.path, subject.output.as_deref())?;
        let wrong = |problem: String| PipelineError::Arrays {
            path: subject.path.clone(),
            problem,
        };
        let inputs: Vec<String> = graph
            .inputs()
            .iter()
            .map(|&id| format!("{} {}", graph.value(id).name, show(graph.shape(id))))
            .collect();
        let [input] = graph.inputs() else {
            return Err(wrong(format!(
                "the model takes {}; expected one input of rows of numbers, (rows, columns)",
                inputs.join(", ")
            )));
        };
        let width = match graph.shape(*input) {
            [_, width] => width.known(),
            _ => None,
        };
        let width = width.ok_or_else(|| {
            wrong(format!(
                "the model takes {}; expected rows of numbers, (rows, columns), with a known \
                 number of columns",
                inputs.join(", ")
            ))
        })?;
        let columns = columns_of(&graph);
        let inside = look_inside(&mut graph, subject.output.as_deref());
        let question = Question {
            output: subject.output.clone().filter(|_| !inside),
            class: subject.class,
            value: subject.value,
            ..Question::default()
        };
        let inference = Inference {
            precision: Precision::F64,
            ..Inference::default()
        };
        let gradient = Method::named("gradient").ok_or_else(|| wrong("no gradient".to_owned()))?;
        Ok(Self {
            explained: Explained::asking(&graph, &question, inference)?,
            gradient,
            inputs: width,
            columns,
        })
    }

    /// The name of what is asked about.
    pub fn name(&self) -> String {
        self.explained.output_name()
    }

    /// The columns that the model says its input has.
    pub fn columns(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// Refuses features that are not as many as the model's inputs.
    pub fn check(&self, subject: &Subject, features: &[String]) -> Result<(), PipelineError> {
        if features.len() == self.inputs {
            return Ok(());
        }
        Err(PipelineError::Arrays {
            path: subject.path.clone(),
            problem: format!(
                "the model takes rows of {} numbers, the features are {}: {}; name them with \
                 --features in the model's order",
                self.inputs,
                features.len(),
                features.join(", ")
            ),
        })
    }
}

impl Differentiable for Asked {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn values(&self, columns: &[Vec<f64>]) -> Result<Vec<f64>, ModelError> {
        let scores = self.explained.scores(&[rows(columns)], &Job::silent())?;
        Ok(scores.logit)
    }

    fn gradients(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, ModelError> {
        let explainer = self.explained.prepare(&self.gradient)?;
        let found = explainer.explain(&[rows(columns)], &Job::silent())?;
        let width = columns.len();
        let values = found.values.first().map_or(&[][..], Tensor::data);
        let column = |i: usize| values.iter().skip(i).step_by(width).copied().collect();
        Ok((0..width).map(column).collect())
    }
}

/// Columns as the rows of a model's input.
fn rows(columns: &[Vec<f64>]) -> Tensor<f64> {
    let count = columns.first().map_or(0, Vec::len);
    let data = (0..count).flat_map(|row| columns.iter().map(move |column| column[row]));
    Tensor::new(vec![count, columns.len()], data.collect())
}

/// The columns that a model of ours names.
fn columns_of(graph: &Graph) -> Option<Vec<String>> {
    let found = graph.metadata.iter().find(|(key, _)| key == COLUMNS);
    found.and_then(|(_, text)| serde_json::from_str(text).ok())
}

/// Makes a node or value inside of the network its output, if no output has that
/// name.
fn look_inside(graph: &mut Graph, name: Option<&str>) -> bool {
    let Some(name) = name else { return false };
    let is_output = graph
        .outputs()
        .iter()
        .any(|&id| graph.value(id).name == name);
    if is_output {
        return false;
    }
    let node = graph.nodes().iter().find(|node| node.name == name);
    let value = node
        .map(|node| node.outputs[0])
        .or_else(|| graph.find(name));
    if let Some(value) = value {
        graph.set_outputs(vec![value]);
    }
    value.is_some()
}
