//! How jets become a model's inputs: data, not code.
//!
//! The specification is kept as TOML in the model's own metadata, under the
//! key [`KEY`], when we train it, and in a file of its own for a foreign model:
//! TOML, or what weaver writes ([`SpecFile`]).

mod data_config;
mod file;
mod preprocess;
mod told;

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_core::Tensor;
use pellucid_network::Graph;
use pellucid_network::graph::show;
pub use pellucid_observables::Representation;
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use crate::{PipelineError, settings};

pub use file::SpecFile;
pub use told::{Untold, sentences};

/// The metadata key of a specification.
pub const KEY: &str = "pellucid.inputs";

/// The specification of a file of its own, as `pellucid inputs --spec` reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// One representation per input of the model, by the input's name.
    pub inputs: BTreeMap<String, Representation>,
    /// What the numbers of the model's output are called, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_names: Vec<String>,
}

impl InputSpec {
    /// What a model says of itself, if it does.
    pub fn of_model(graph: &Graph, path: &Path) -> Result<Option<Self>, PipelineError> {
        let Some((_, text)) = graph.metadata.iter().find(|(key, _)| key == KEY) else {
            return Ok(None);
        };
        settings::parse(text)
            .map(Some)
            .map_err(|problem| PipelineError::Settings {
                path: path.to_owned(),
                problem: format!("metadata `{KEY}`: {problem}"),
            })
    }

    /// As TOML.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// An error if a setting is out of its range.
    pub fn check(&self) -> Result<(), PipelineError> {
        if self.inputs.is_empty() {
            return Err(PipelineError::Setting {
                setting: "inputs".to_owned(),
                problem: "no input is specified; expected a section [inputs.NAME]".to_owned(),
            });
        }
        for representation in self.inputs.values() {
            representation.check()?;
        }
        Ok(())
    }

    /// The representations with their names, in the order of the model's inputs; a
    /// model with one input takes the only representation whatever its name. What
    /// the model does not take is left out: an exported network has lost the inputs
    /// that it did not use.
    pub fn for_model(
        &self,
        graph: &Graph,
        path: &Path,
    ) -> Result<Vec<(String, Representation)>, PipelineError> {
        self.check()?;
        let names: Vec<&str> = graph
            .inputs()
            .iter()
            .map(|&id| graph.value(id).name.as_str())
            .collect();
        let single = names.len() == 1 && self.inputs.len() == 1;
        let found: Vec<(&String, &Representation)> = if single {
            self.inputs.iter().collect()
        } else {
            names
                .iter()
                .filter_map(|name| self.inputs.get_key_value(*name))
                .collect()
        };
        if found.len() != names.len() {
            return Err(PipelineError::InputNames {
                path: path.to_owned(),
                inputs: names.join(", "),
                found: self.inputs.keys().cloned().collect::<Vec<_>>().join(", "),
            });
        }
        for (&id, (name, representation)) in graph.inputs().iter().zip(&found) {
            let expected = &graph.shape(id)[1.min(graph.shape(id).len())..];
            let shape = representation.shape();
            let fits = expected.len() == shape.len()
                && expected
                    .iter()
                    .zip(&shape)
                    .all(|(dim, &side)| dim.known().is_none_or(|known| known == side));
            if !fits {
                return Err(PipelineError::Shape {
                    path: path.to_owned(),
                    input: graph.value(id).name.clone(),
                    expected: show(expected),
                    specification: (*name).clone(),
                    found: format!("{shape:?}"),
                });
            }
        }
        Ok(found
            .into_iter()
            .map(|(name, representation)| (name.clone(), representation.clone()))
            .collect())
    }

    /// What must be known of the constituents besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        let inputs = self.inputs.values();
        inputs.flat_map(Representation::needs).collect()
    }

    /// The inputs of many jets, by name.
    pub fn apply(&self, jets: &Jets) -> Result<Vec<(String, Tensor<f32>)>, PipelineError> {
        self.inputs
            .iter()
            .map(|(name, representation)| Ok((name.clone(), representation.apply(jets)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_network::Dim;
    use pellucid_network::graph::Type;
    use pellucid_observables::JetImage;

    fn model(sides: &[usize]) -> Graph {
        let mut graph = Graph::new();
        let mut shape = vec![Dim::symbol("N")];
        shape.extend(sides.iter().map(|&side| Dim::fixed(side)));
        graph.input("image", Type::real(shape));
        graph
    }

    fn image(pixels: usize) -> InputSpec {
        let representation = Representation::Image(JetImage::new(pixels, 0.8));
        InputSpec {
            inputs: BTreeMap::from([("x".to_owned(), representation)]),
            output_names: Vec::new(),
        }
    }

    #[test]
    fn a_specification_survives_the_metadata() {
        let mut graph = model(&[1, 25, 25]);
        graph.metadata.push((KEY.to_owned(), image(25).to_toml()));
        let read = InputSpec::of_model(&graph, Path::new("m.onnx")).unwrap();
        assert_eq!(read, Some(image(25)));
    }

    #[test]
    fn an_image_of_another_size_is_refused_with_both_shapes() {
        let path = Path::new("m.onnx");
        assert!(image(25).for_model(&model(&[1, 25, 25]), path).is_ok());
        let message = image(33)
            .for_model(&model(&[1, 25, 25]), path)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("[1, 25, 25]") && message.contains("[1, 33, 33]"),
            "{message}"
        );
    }
}
