//! One row for every model of a folder: does it import, run, and let itself be
//! explained?

use std::path::Path;

use pellucid_core::Job;
use pellucid_network::check::{Check, check};
use serde::Serialize;

use crate::PipelineError;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The file's name.
    pub file: String,
    /// Nodes of the network.
    pub nodes: Option<usize>,
    /// How many numbers its weights are.
    pub parameters: Option<usize>,
    /// Whether it imports.
    pub imports: bool,
    /// How long a run of three events takes, in milliseconds.
    pub forward_ms: Option<f64>,
    /// What that run holds in memory, in kilobytes (1024 bytes), weights
    /// included.
    pub memory_kb: Option<usize>,
    /// How far the gradient is from a central difference, as a share.
    pub gradient: Option<f64>,
    /// What is missing in the balance of lrp-epsilon, as a share.
    pub lrp_epsilon: Option<f64>,
    /// What went wrong.
    pub error: Option<String>,
}

/// Checks every ONNX file of a folder, in the order of their names.
pub fn folder(path: &Path, job: &Job) -> Result<Vec<Row>, PipelineError> {
    let unreadable = |source| PipelineError::File {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|end| end == "onnx") {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(unreadable(std::io::Error::other(
            "it holds no file that ends in .onnx",
        )));
    }
    files.sort();
    let bar = job.start("models", files.len() as u64);
    files
        .iter()
        .map(|file| {
            job.check()?;
            let row = Row::from(&check(file, None));
            bar.advance(1);
            Ok(row)
        })
        .collect()
}

impl From<&Check> for Row {
    fn from(check: &Check) -> Self {
        let graph = check.graph.as_ref().ok();
        let forward = check.forward.as_ref();
        let run = forward.and_then(|result| result.as_ref().ok());
        let errors = [
            check.graph.as_ref().err(),
            forward.and_then(|result| result.as_ref().err()),
            check
                .gradient
                .as_ref()
                .and_then(|result| result.as_ref().err()),
            check
                .relevance
                .as_ref()
                .and_then(|result| result.as_ref().err()),
        ];
        let errors: Vec<String> = errors
            .into_iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        let figure = |result: &Option<Result<f64, _>>| result.as_ref()?.as_ref().ok().copied();
        Self {
            file: check
                .path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            nodes: graph.map(|graph| graph.nodes().len()),
            parameters: graph.map(pellucid_network::Graph::parameter_count),
            imports: graph.is_some(),
            forward_ms: run.map(|run| run.time.as_secs_f64() * 1e3),
            memory_kb: run.map(|run| run.memory / 1024),
            gradient: figure(&check.gradient),
            lrp_epsilon: figure(&check.relevance),
            error: (!errors.is_empty()).then(|| errors.join("; ")),
        }
    }
}
