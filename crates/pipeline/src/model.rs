//! A model file as it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pellucid_core::Job;
use pellucid_explain::ExplainError;
use pellucid_network::check::example_shapes;
use pellucid_network::graph::{Dim, Type};
use pellucid_network::onnx::{self, Declared, Held, ImportSettings, Read};
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
    /// Whether the model asks which numbers are none or infinite (`IsNaN`, `IsInf`), to
    /// put others in their place: only then may an input hold such numbers.
    pub guarded: bool,
}

impl Input {
    /// Whether its numbers are truth values.
    pub fn truth(&self) -> bool {
        self.kind == DataType::Bool
    }
}

/// A model as far as it can be explained.
#[derive(Debug)]
pub struct LaidOpen {
    /// The network of the outputs that can be explained.
    pub graph: Graph,
    /// Why its sizes are examples, if the model cannot be read for all sizes.
    pub examples: Option<String>,
    /// The other outputs, and why they cannot be explained.
    pub refused: BTreeMap<String, String>,
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
        let nodes = self.model.graph.iter().flat_map(|graph| &graph.node);
        let guarded = nodes
            .into_iter()
            .any(|node| matches!(node.op_type.as_str(), "IsNaN" | "IsInf"));
        Ok(types
            .into_iter()
            .map(|(name, ty)| Input {
                kind: kind(&name),
                guarded,
                name,
                ty,
            })
            .collect())
    }

    /// The network of one output, the one named or else the first of real
    /// numbers, for inputs of these shapes and as free of them as can be. Nothing
    /// that only other outputs need is judged.
    pub fn network(
        &self,
        output: Option<&str>,
        shapes: &[&[usize]],
    ) -> Result<Graph, PipelineError> {
        self.one(output, &|model| {
            onnx::import_like(model, shapes, &ImportSettings::default())
        })
    }

    /// The network of one output for inputs whose named sizes are these.
    pub fn sized(&self, sizes: &Sizes, output: Option<&str>) -> Result<Graph, PipelineError> {
        self.one(output, &|model| onnx::import_with(model, &settings(sizes)))
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

    /// Says which output is explained where none is named and the first holds no
    /// real numbers.
    pub fn note_output(&self, output: Option<&str>, job: &Job) {
        let all = onnx::outputs(&self.model);
        let (None, Some(first), Ok(name)) =
            (output, all.first(), onnx::default_output(&self.model))
        else {
            return;
        };
        if first.name != name {
            job.note(&format!(
                "the output `{}` holds {}; explained is `{name}` (--output names another)",
                first.name,
                first.held.words()
            ));
        }
    }

    /// The network of one output, read in this way; where it cannot be read, the
    /// outputs that can are told.
    fn one(&self, output: Option<&str>, read: Read<'_>) -> Result<Graph, PipelineError> {
        let name = match output {
            Some(name) => name.to_owned(),
            None => {
                onnx::default_output(&self.model).map_err(|source| about(&self.path, source))?
            }
        };
        let cut = onnx::cut(&self.model, &[&name]).map_err(|_| self.unknown(&name))?;
        read(cut).map_err(|source| {
            let others = onnx::outputs(&self.model).into_iter();
            let others = others.filter(|other| other.held == Held::Numbers && other.name != name);
            let good = others.filter(|other| {
                let cut = onnx::cut(&self.model, &[&other.name]);
                cut.and_then(read).is_ok()
            });
            let good: Vec<String> = good.map(|other| other.name).collect();
            self.unreadable(&name, source, &good)
        })
    }

    /// The network of all outputs of real numbers that can be read, in this way;
    /// the first of them must be among them.
    fn all(&self, read: Read<'_>) -> Result<Graph, PipelineError> {
        let found = onnx::explainable(&self.model, read);
        let mut found = found.map_err(|source| about(&self.path, source))?;
        let first = onnx::default_output(&self.model).ok();
        let place = found
            .refused
            .iter()
            .position(|(name, _)| Some(name) == first.as_ref());
        let Some(place) = place else {
            return Ok(found.graph);
        };
        let (name, source) = found.refused.swap_remove(place);
        let good = found.graph.outputs().iter();
        let good: Vec<String> = good.map(|&id| found.graph.value(id).name.clone()).collect();
        Err(self.unreadable(&name, source, &good))
    }

    /// All that can be explained of the model, for inputs whose named sizes are
    /// these, or, where it cannot be read so and none is given, for example sizes;
    /// why these stand, and what of the outputs cannot be explained.
    pub fn laid_open(
        &self,
        output: Option<&str>,
        sizes: &Sizes,
    ) -> Result<LaidOpen, PipelineError> {
        let model = match output {
            None => self.model.clone(),
            Some(name) => onnx::cut(&self.model, &[name]).map_err(|_| self.unknown(name))?,
        };
        let settings = settings(sizes);
        let read = |model| onnx::import_with(model, &settings);
        let (found, examples) = match onnx::explainable(&model, &read) {
            Ok(found) => (found, None),
            // What does not depend on the sizes goes wrong for the examples as well.
            Err(error) if !sizes.is_empty() => return Err(about(&self.path, error)),
            Err(error) => {
                let examples = example_shapes(&model).and_then(|shapes| {
                    let shapes: Vec<&[usize]> = shapes.iter().map(Vec::as_slice).collect();
                    onnx::explainable(&model, &|model| {
                        onnx::import_like(model, &shapes, &settings)
                    })
                });
                let found = examples.map_err(|source| about(&self.path, source))?;
                (found, Some(about(&self.path, error).to_string()))
            }
        };
        let mut refused: BTreeMap<String, String> = found
            .refused
            .into_iter()
            .map(|(name, problem)| (name, problem.to_string()))
            .collect();
        for Declared { name, held } in onnx::outputs(&model) {
            if held != Held::Numbers {
                refused.insert(name, format!("it holds {}", held.words()));
            }
        }
        Ok(LaidOpen {
            graph: found.graph,
            examples,
            refused,
        })
    }

    fn unknown(&self, name: &str) -> PipelineError {
        let known = onnx::outputs(&self.model).into_iter();
        PipelineError::Explain(ExplainError::Name {
            what: "output",
            name: name.to_owned(),
            known: known.map(|output| output.name).collect(),
        })
    }

    fn unreadable(&self, name: &str, source: NetworkError, others: &[String]) -> PipelineError {
        if others.is_empty() {
            return about(&self.path, source);
        }
        PipelineError::Output {
            path: self.path.clone(),
            output: name.to_owned(),
            source,
            others: others.join(", "),
        }
    }
}

fn settings(sizes: &Sizes) -> ImportSettings {
    ImportSettings {
        sizes: sizes.clone(),
        ..ImportSettings::default()
    }
}

/// Reads the network of an ONNX file, for inputs of any size, with all outputs
/// that can be explained.
pub fn read(path: &Path) -> Result<Graph, PipelineError> {
    File::read(path)?.all(&onnx::import)
}

/// Reads the network of one output of an ONNX file, the one named or else the
/// first of real numbers, for inputs whose named sizes are these.
pub fn read_with(path: &Path, sizes: &Sizes, output: Option<&str>) -> Result<Graph, PipelineError> {
    sized(path, sizes)?.sized(sizes, output)
}

/// Reads the network of an ONNX file for inputs of any size: of the output that
/// is named, or, if the file has no such value, of all that can be explained.
pub fn read_for(path: &Path, output: Option<&str>) -> Result<Graph, PipelineError> {
    let file = File::read(path)?;
    match file.one(output, &onnx::import) {
        Err(PipelineError::Explain(ExplainError::Name { .. })) => file.all(&onnx::import),
        graph => graph,
    }
}

/// Reads a file whose inputs have these named sizes.
pub fn sized(path: &Path, sizes: &Sizes) -> Result<File, PipelineError> {
    let file = File::read(path)?;
    let inputs = file.inputs()?;
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
    Ok(file)
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
