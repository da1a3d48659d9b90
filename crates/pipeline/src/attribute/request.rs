//! What is asked: files, method, and which number of the output is explained.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::PipelineError;
pub use pellucid_explain::method::Quadrature;
pub use pellucid_explain::{Precision, Question, Value};

/// An attribution of the events of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The model (ONNX).
    pub model: PathBuf,
    /// The model's inputs (NPZ).
    pub inputs: PathBuf,
    /// The file to write (NPZ).
    pub out: PathBuf,
    /// The method and its settings.
    pub method: Asked,
    /// The place in a row of the output that is explained.
    pub target: Option<usize>,
    /// The array that holds that place for every row.
    pub targets_from: Option<String>,
    /// The output, by name; the first one, if not given.
    pub output: Option<String>,
    /// Logit or probability.
    pub value: Value,
    /// Inputs that are held.
    pub hold: Vec<String>,
    /// The precision of inputs, weights and results.
    pub precision: Precision,
    /// The bytes that runs of the network may hold at once.
    pub memory: Option<usize>,
}

/// A method, as it is asked for in words.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// Its name.
    pub name: String,
    /// Its settings, `key` and `value`.
    pub set: Vec<(String, String)>,
    /// Where paths begin: `zeros`, `mean`, the name of an array, or
    /// `INPUT=…` with one of these.
    pub baseline: Vec<String>,
    /// Steps on a path.
    pub steps: Option<u32>,
    /// The rule of integration.
    pub quadrature: Option<Quadrature>,
}

impl Request {
    /// All that the result depends on: settings, program, and the two files by
    /// name, size and time.
    pub fn identity(&self) -> Result<String, PipelineError> {
        let files = [stamp(&self.model)?, stamp(&self.inputs)?];
        let program = env!("CARGO_PKG_VERSION");
        Ok(format!("{program} {files:?} {self:?}"))
    }

    /// The question about the model, for a place in the output.
    pub fn question(&self, class: Option<usize>) -> Question {
        Question {
            output: self.output.clone(),
            class,
            value: self.value,
            hold: self.hold.clone(),
            ..Question::default()
        }
    }
}

/// A file by its full name, its size and its time.
fn stamp(path: &Path) -> Result<(PathBuf, u64, SystemTime), PipelineError> {
    let stamp = || {
        let of = |file: Metadata| Ok((file.len(), file.modified()?));
        let (size, time) = path.metadata().and_then(of)?;
        Ok((path.canonicalize()?, size, time))
    };
    stamp().map_err(|source| PipelineError::File {
        path: path.to_owned(),
        source,
    })
}
