//! How events become a model's inputs: data, not code.
//!
//! The specification is kept as TOML in the model's own metadata, under the
//! key [`KEY`], when we train it, and in a file of its own for a foreign model:
//! TOML, or what weaver writes ([`SpecFile`]).
//!
//! | `kind` | made of | rooms |
//! |---|---|---|
//! | `columns` | columns of a table | [`columns`] |
//! | `array` | an array of fixed shape | [`array`](mod@array) |
//! | `graph` | nodes and edges | [`graph`] |
//! | `image`, `lund`, `particles`, `mask`, `pairs`, `scalars` | jets | [`Representation`] |

pub mod array;
pub mod columns;
mod data_config;
pub mod demand;
mod file;
pub mod graph;
mod kind;
mod preprocess;
mod standard;
mod told;

use std::collections::BTreeMap;
use std::path::Path;

use pellucid_core::Tensor;
use pellucid_core::inputs::Inputs;
use pellucid_network::Graph as Network;
use pellucid_network::graph::show;
pub use pellucid_observables::Representation;
use pellucid_observables::jets::property::Property;
use serde::{Deserialize, Serialize};

use crate::{PipelineError, settings};
use demand::Demand;

pub use file::SpecFile;
pub use kind::{Any, Input, Port};
pub use standard::Standardisation;
pub use told::{Untold, sentences};

/// The metadata key of a specification.
pub const KEY: &str = "pellucid.inputs";

/// The specification of a file of its own, as `pellucid inputs --spec` reads it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// What each input of the model is made of, by its name.
    pub inputs: BTreeMap<String, Input>,
    /// What the numbers of the model's output are called, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_names: Vec<String>,
}

impl InputSpec {
    /// What a model says of itself, if it does.
    pub fn of_model(graph: &Network, path: &Path) -> Result<Option<Self>, PipelineError> {
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

    /// An error if a setting is out of its range, or inputs are made of jets and of
    /// something else.
    pub fn check(&self) -> Result<(), PipelineError> {
        if self.inputs.is_empty() {
            return Err(PipelineError::Setting {
                setting: "inputs".to_owned(),
                problem: "no input is specified; expected a section [inputs.NAME]".to_owned(),
            });
        }
        for (name, input) in &self.inputs {
            input.check(name)?;
        }
        let jets = self.inputs.iter().find(|(_, input)| input.jets().is_some());
        let other = self.inputs.iter().find(|(_, input)| input.jets().is_none());
        match (jets, other) {
            (Some((jets, _)), Some((other, _))) => Err(PipelineError::Setting {
                setting: format!("inputs.{other}.kind"),
                problem: format!(
                    "is made of columns, arrays or graphs, `{jets}` of jets; expected inputs of one of both (observables \
                     of jets are kind = \"scalars\")"
                ),
            }),
            _ => Ok(()),
        }
    }

    /// Whether inputs are made of jets.
    pub fn of_jets(&self) -> bool {
        self.inputs.values().any(|input| input.jets().is_some())
    }

    /// How inputs are made of jets, by name.
    pub fn representations(&self) -> impl Iterator<Item = (&String, &Representation)> {
        let inputs = self.inputs.iter();
        inputs.filter_map(|(name, input)| Some((name, input.jets()?)))
    }

    /// What is asked of files that hold no jets.
    pub fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        for (name, input) in &self.inputs {
            input.demand(name, &mut demand);
        }
        demand
    }

    /// What each input of the model is, in the order of the model's inputs; a
    /// model with one input takes the only specification whatever its name. What
    /// the model does not take is left out: an exported network has lost the inputs
    /// that it did not use.
    pub fn for_model(&self, graph: &Network, path: &Path) -> Result<Vec<Port>, PipelineError> {
        self.check()?;
        let names: Vec<&str> = graph
            .inputs()
            .iter()
            .map(|&id| graph.value(id).name.as_str())
            .collect();
        let port = |name: &String, input: &Input, part| Port {
            name: name.clone(),
            input: input.clone(),
            part,
        };
        let graphs = self.inputs.iter().filter_map(|(name, input)| match input {
            Input::Any(Any::Graph(graph)) => Some((name, input, graph)),
            _ => None,
        });
        let graphs: Vec<_> = graphs.collect();
        let single = names.len() == 1 && self.inputs.len() == 1 && graphs.is_empty();
        let of = |name: &str| {
            if single {
                let (name, input) = self.inputs.iter().next()?;
                return Some(port(name, input, None));
            }
            let whole = self.inputs.get_key_value(name);
            if let Some((name, input)) = whole.filter(|(_, input)| input.shape().is_some()) {
                return Some(port(name, input, None));
            }
            let mut parts = graphs.iter();
            parts.find_map(|(own, input, graph)| {
                Some(port(own, input, Some(graph.onnx.part(name)?)))
            })
        };
        let found: Vec<Port> = names.iter().filter_map(|name| of(name)).collect();
        if found.len() != names.len() {
            return Err(PipelineError::InputNames {
                path: path.to_owned(),
                inputs: names.join(", "),
                found: self.offered().join(", "),
            });
        }
        for (&id, port) in graph.inputs().iter().zip(&found) {
            let shape = graph.shape(id);
            let (expected, own) = match port.expected() {
                Expected::Event(own) => (&shape[1.min(shape.len())..], own),
                Expected::Graph(own) => (shape, own),
            };
            let fits = expected.len() == own.len()
                && expected.iter().zip(&own).all(|(dim, side)| {
                    let both = dim.known().zip(*side);
                    both.is_none_or(|(known, side)| known == side)
                });
            if !fits {
                let sides = own
                    .iter()
                    .map(|side| side.map_or("any".to_owned(), |n| n.to_string()));
                return Err(PipelineError::Shape {
                    path: path.to_owned(),
                    input: graph.value(id).name.clone(),
                    expected: show(expected),
                    specification: port.name.clone(),
                    found: format!("[{}]", sides.collect::<Vec<_>>().join(", ")),
                });
            }
        }
        Ok(found)
    }

    /// The names of the inputs that it makes.
    fn offered(&self) -> Vec<String> {
        let of = |(name, input): (&String, &Input)| match input {
            Input::Any(Any::Graph(graph)) => {
                let onnx = &graph.onnx;
                let edges = graph.edges.is_some().then_some(&onnx.edge_index);
                let features = (!graph.edge_features.is_empty()).then_some(&onnx.edge_attr);
                let parts = std::iter::once(&onnx.x).chain(edges).chain(features);
                parts.chain([&onnx.batch]).cloned().collect()
            }
            _ => vec![name.clone()],
        };
        self.inputs.iter().flat_map(of).collect()
    }

    /// What must be known of the constituents of jets besides their momenta.
    pub fn needs(&self) -> Vec<Property> {
        let inputs = self.representations();
        inputs.flat_map(|(_, input)| input.needs()).collect()
    }

    /// The inputs of many events, by name; not of graphs, whose events have no common
    /// shape.
    pub fn apply(&self, events: &Inputs) -> Result<Vec<(String, Tensor<f32>)>, PipelineError> {
        self.inputs
            .iter()
            .map(|(name, input)| Ok((name.clone(), input.tensor(name, events)?)))
            .collect()
    }

    /// Takes shifts and scales from these events, where they are asked of the training
    /// part.
    pub fn trained(&mut self, events: &Inputs) -> Result<(), PipelineError> {
        let inputs = self.inputs.iter_mut();
        inputs
            .into_iter()
            .try_for_each(|(name, input)| input.trained(name, events))
    }
}

/// The shape that a port has; a side without a number is of any length.
enum Expected {
    /// One event's.
    Event(Vec<Option<usize>>),
    /// All of it.
    Graph(Vec<Option<usize>>),
}

impl Port {
    fn expected(&self) -> Expected {
        use graph::Part;
        match (&self.input, self.part) {
            (Input::Any(Any::Graph(graph)), Some(part)) => {
                let [f, g] = graph.widths();
                Expected::Graph(match part {
                    Part::X => vec![None, Some(f)],
                    Part::EdgeIndex => vec![Some(2), None],
                    Part::EdgeAttr => vec![None, Some(g)],
                    Part::Batch | Part::From | Part::To | Part::Count => vec![None],
                })
            }
            (input, _) => {
                let shape = input.shape().unwrap_or_default();
                Expected::Event(shape.into_iter().map(Some).collect())
            }
        }
    }

    /// The shape of one event's; of nodes and edges that of one.
    pub fn row_shape(&self) -> Vec<usize> {
        use graph::Part;
        match (&self.input, self.part) {
            (Input::Any(Any::Graph(graph)), Some(Part::X)) => vec![graph.nodes.len()],
            (Input::Any(Any::Graph(graph)), Some(Part::EdgeAttr)) => {
                vec![graph.edge_features.len()]
            }
            (input, _) => input.shape().unwrap_or_default(),
        }
    }

    /// Whether a side of an event's is as long as a list of it.
    pub fn is_list(&self) -> bool {
        self.part.is_some()
    }

    /// Which sides of one event's are lists, and which lists; a model of single events
    /// takes what is of one shape with a side of events in front.
    pub fn sides(&self) -> Vec<Option<usize>> {
        match self.part {
            Some(part) => part.sides(),
            None => vec![None; 1 + self.input.shape().map_or(0, |shape| shape.len())],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::graph::Part;
    use super::*;
    use pellucid_network::Dim;
    use pellucid_network::graph::Type;
    use pellucid_observables::JetImage;

    fn model(sides: &[usize]) -> Network {
        let mut graph = Network::new();
        let mut shape = vec![Dim::symbol("N")];
        shape.extend(sides.iter().map(|&side| Dim::fixed(side)));
        graph.input("image", Type::real(shape));
        graph
    }

    fn image(pixels: usize) -> InputSpec {
        let representation = Representation::Image(JetImage::new(pixels, 0.8));
        InputSpec {
            inputs: BTreeMap::from([("x".to_owned(), representation.into())]),
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

    #[test]
    fn the_parts_of_a_graph_are_found_by_the_names_that_the_model_gives_them() {
        let mut graph = Network::new();
        let input = |graph: &mut Network, name: &str, shape: Vec<Dim>| {
            graph.input(name, Type::real(shape));
        };
        input(&mut graph, "pts", vec![Dim::symbol("P"), 3.into()]);
        input(&mut graph, "edge_index", vec![2.into(), Dim::symbol("E")]);
        input(&mut graph, "edge_attr", vec![Dim::symbol("E"), 1.into()]);
        let spec = |nodes: &str| -> InputSpec {
            settings::parse(&format!(
                "[inputs.g]\nkind = 'graph'\nnodes = {nodes}\nedges = {{ nearest = 4, in = ['x'] }}\n\
                 edge_features = ['distance']\nonnx = {{ x = 'pts' }}"
            ))
            .unwrap()
        };
        let path = Path::new("m.onnx");
        let ports = spec("['x', 'y', 'e']").for_model(&graph, path).unwrap();
        let parts: Vec<_> = ports.iter().map(|port| port.part).collect();
        assert_eq!(
            parts,
            [Some(Part::X), Some(Part::EdgeIndex), Some(Part::EdgeAttr)]
        );
        let message = spec("['x', 'y']")
            .for_model(&graph, path)
            .unwrap_err()
            .to_string();
        assert!(message.contains("[any, 2]"), "{message}");
        input(&mut graph, "u", vec![Dim::symbol("N"), 3.into()]);
        let message = spec("['x', 'y', 'e']")
            .for_model(&graph, path)
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("pts, edge_index, edge_attr, batch"),
            "{message}"
        );
    }

    #[test]
    fn jets_and_columns_do_not_mix() {
        let spec: InputSpec = settings::parse(
            "[inputs.a]\nkind = 'scalars'\nobservables = ['mass']\n[inputs.b]\nkind = 'columns'\nfeatures = ['x']",
        )
        .unwrap();
        assert!(
            spec.check()
                .unwrap_err()
                .to_string()
                .contains("inputs.b.kind")
        );
    }
}
