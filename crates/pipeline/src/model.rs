//! A model file as it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pellucid_network::check::example_shapes;
use pellucid_network::graph::{Dim, Type};
use pellucid_network::onnx::{self, ImportSettings};
use pellucid_network::{Graph, NetworkError};
use pellucid_onnx::{DataType, Dimension, Model, OnnxError, ValueInfoProto};

use crate::PipelineError;
use crate::attribute::method::wrong;

/// Lengths of sides that a file names, by their names.
pub type Sizes = BTreeMap<String, usize>;

/// A model before the sizes of its inputs are known.
#[derive(Debug, Clone)]
pub struct File {
    path: PathBuf,
    model: Model,
}

/// An input that a model takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its kind and shape.
    pub ty: Type,
    /// The type of its numbers in the file.
    pub kind: DataType,
}

impl Input {
    /// Whether its numbers are truth values.
    pub fn truth(&self) -> bool {
        self.kind == DataType::Bool
    }
}

impl File {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, PipelineError> {
        let model = Model::read(path).map_err(|source| about(path, source.into()))?;
        Ok(Self {
            path: path.to_owned(),
            model,
        })
    }

    /// What it takes, in its order.
    pub fn inputs(&self) -> Result<Vec<Input>, PipelineError> {
        let types = onnx::input_types(&self.model).map_err(|source| about(&self.path, source))?;
        let kind = |name: &str| {
            let mut declared = self.model.graph.iter().flat_map(|graph| &graph.input);
            let tensor = declared
                .find(|input| input.name == name)
                .and_then(|input| input.r#type.as_ref()?.tensor_type.as_ref());
            let kind = tensor.and_then(|tensor| DataType::from_code(tensor.elem_type));
            // What has no type that we read was refused above.
            kind.unwrap_or(DataType::Float)
        };
        Ok(types
            .into_iter()
            .map(|(name, ty)| Input {
                kind: kind(&name),
                name,
                ty,
            })
            .collect())
    }

    /// The network for inputs of these shapes, as free of them as can be.
    pub fn network(self, shapes: &[&[usize]]) -> Result<Graph, PipelineError> {
        onnx::import_like(self.model, shapes, &ImportSettings::default())
            .map_err(|source| about(&self.path, source))
    }

    /// The network for inputs whose named sizes are these.
    pub fn sized(self, sizes: &Sizes) -> Result<Graph, PipelineError> {
        let inputs = self.inputs()?;
        let named: BTreeSet<&str> = inputs
            .iter()
            .flat_map(|input| &input.ty.shape)
            .filter_map(Dim::name)
            .collect();
        if let Some(unknown) = sizes.keys().find(|name| !named.contains(name.as_str())) {
            let named: Vec<&str> = named.into_iter().collect();
            return Err(wrong(
                "--size",
                format!(
                    "no input has a size named `{unknown}`; there are: {}",
                    named.join(", ")
                ),
            ));
        }
        let settings = ImportSettings {
            sizes: sizes.clone(),
            ..ImportSettings::default()
        };
        onnx::import_with(self.model, &settings).map_err(|source| about(&self.path, source))
    }

    /// The same with the first side of all inputs left open, under a name that no other side has;
    /// none, if there are no inputs or one of them has no sides.
    pub fn of_any_batch(mut self, name: &str) -> Option<Self> {
        let graph = self.model.graph.as_mut()?;
        let weights: BTreeSet<String> = graph
            .initializer
            .iter()
            .map(|tensor| tensor.name.clone())
            .collect();
        let sides = |input: &ValueInfoProto| {
            let tensor = input.r#type.as_ref()?.tensor_type.as_ref()?;
            Some(tensor.shape.as_ref()?.dim.clone())
        };
        let named = graph
            .input
            .iter()
            .filter_map(sides)
            .flatten()
            .filter_map(|side| match side.value {
                Some(Dimension::Name(name)) => Some(name),
                _ => None,
            });
        let taken: BTreeSet<String> = named.collect();
        let mut free = name.to_owned();
        while taken.contains(&free) {
            free.push('_');
        }
        for input in &mut graph.input {
            if weights.contains(&input.name) {
                continue;
            }
            let tensor = input.r#type.as_mut()?.tensor_type.as_mut()?;
            let side = tensor.shape.as_mut()?.dim.first_mut()?;
            side.value = Some(Dimension::Name(free.clone()));
        }
        Some(self)
    }
}

/// Reads the network of an ONNX file, for inputs of any size.
pub fn read(path: &Path) -> Result<Graph, PipelineError> {
    onnx::read(path).map_err(|source| about(path, source))
}

/// Reads the network of an ONNX file for inputs whose named sizes are these.
pub fn read_with(path: &Path, sizes: &Sizes) -> Result<Graph, PipelineError> {
    File::read(path)?.sized(sizes)
}

/// Reads the network of an ONNX file for inputs of the sizes that
/// [`check`](pellucid_network::check::check) takes where the file leaves them open.
pub fn read_example(path: &Path) -> Result<Graph, PipelineError> {
    let file = File::read(path)?;
    let shapes = example_shapes(&file.model).map_err(|source| about(path, source))?;
    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
    file.network(&shapes)
}

/// An error about a model's file, which it names once.
pub(crate) fn about(path: &Path, source: NetworkError) -> PipelineError {
    match source {
        NetworkError::Onnx(OnnxError::Io { .. } | OnnxError::File { .. }) => source.into(),
        source => PipelineError::Model {
            path: path.to_owned(),
            source,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_model_is_named_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.onnx");
        std::fs::write(&path, "this is no model").unwrap();
        for path in [path, folder.path().join("missing.onnx")] {
            let message = read(&path).unwrap_err().to_string();
            let name = path.to_str().unwrap();
            assert_eq!(message.matches(name).count(), 1, "{message}");
        }
    }
}
