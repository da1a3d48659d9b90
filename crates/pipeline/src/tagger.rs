//! A model file with all that is needed to ask it about jets.

use std::path::{Path, PathBuf};

use pellucid_core::Tensor;
use pellucid_network::Graph;
use pellucid_network::graph::show;
use pellucid_observables::Representation;
use pellucid_observables::jets::Jets;

use crate::PipelineError;
use crate::input_spec::InputSpec;

/// A tagger: its graph and how jets become its inputs.
#[derive(Debug, Clone)]
pub struct Tagger {
    /// Where it comes from.
    pub path: PathBuf,
    /// The network.
    pub graph: Graph,
    /// What is given to each input, in the order of the graph's inputs.
    pub representations: Vec<Representation>,
    /// The same by name.
    pub spec: InputSpec,
}

impl Tagger {
    /// Reads an ONNX file; `spec`, if given, stands before what the file says
    /// of itself.
    pub fn read(path: &Path, spec: Option<&InputSpec>) -> Result<Self, PipelineError> {
        Self::new(path, crate::model::read(path)?, spec)
    }

    /// A graph in memory, with the path it is (or will be) kept at.
    pub fn new(path: &Path, graph: Graph, spec: Option<&InputSpec>) -> Result<Self, PipelineError> {
        let spec = match spec {
            Some(spec) => spec.clone(),
            None => InputSpec::of_model(&graph, path)?.ok_or_else(|| {
                let inputs: Vec<String> = graph
                    .inputs()
                    .iter()
                    .map(|&id| format!("{} {}", graph.value(id).name, show(graph.shape(id))))
                    .collect();
                PipelineError::NoInputs {
                    path: path.to_owned(),
                    inputs: inputs.join(", "),
                }
            })?,
        };
        let representations = spec.for_model(&graph, path)?;
        Ok(Self {
            path: path.to_owned(),
            graph,
            representations,
            spec,
        })
    }

    /// The model's inputs for these jets.
    pub fn inputs(&self, jets: &Jets) -> Result<Vec<Tensor<f32>>, PipelineError> {
        self.representations
            .iter()
            .map(|representation| Ok(representation.apply(jets)?))
            .collect()
    }
}
