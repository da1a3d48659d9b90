//! What an input of a model is made of: jets, columns, an array or a graph.

use pellucid_core::Tensor;
use pellucid_core::inputs::Inputs;
use pellucid_observables::jets::Jets;
use pellucid_observables::jets::lund::LundImage;
use pellucid_observables::particles::{ParticleMask, ParticlePairs};
use pellucid_observables::{JetImage, ParticleList, Representation, Scalars};
use serde::{Deserialize, Serialize};

use super::array::Array;
use super::columns::Columns;
use super::demand::Demand;
use super::graph::{Graph, Part};
use crate::PipelineError;

/// How events become an input of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, from = "Written")]
pub enum Input {
    /// Events of any kind.
    Any(Any),
    /// Jets.
    Jets(Representation),
}

/// How events that are no jets become an input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Any {
    /// Columns side by side: `[k]`.
    Columns(Columns),
    /// An array of fixed shape.
    Array(Array),
    /// Nodes and edges.
    Graph(Graph),
}

/// All kinds in one list, as a settings file has them.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Written {
    Columns(Columns),
    Array(Array),
    Graph(Graph),
    Image(JetImage),
    Lund(LundImage),
    Particles(ParticleList),
    Mask(ParticleMask),
    Pairs(ParticlePairs),
    Scalars(Scalars),
}

impl From<Written> for Input {
    fn from(written: Written) -> Self {
        match written {
            Written::Columns(it) => it.into(),
            Written::Array(it) => it.into(),
            Written::Graph(it) => it.into(),
            Written::Image(it) => Representation::Image(it).into(),
            Written::Lund(it) => Representation::Lund(it).into(),
            Written::Particles(it) => Representation::Particles(it).into(),
            Written::Mask(it) => Representation::Mask(it).into(),
            Written::Pairs(it) => Representation::Pairs(it).into(),
            Written::Scalars(it) => Representation::Scalars(it).into(),
        }
    }
}

impl From<Representation> for Input {
    fn from(representation: Representation) -> Self {
        Self::Jets(representation)
    }
}

impl From<Columns> for Input {
    fn from(columns: Columns) -> Self {
        Self::Any(Any::Columns(columns))
    }
}

impl From<Array> for Input {
    fn from(array: Array) -> Self {
        Self::Any(Any::Array(array))
    }
}

impl From<Graph> for Input {
    fn from(graph: Graph) -> Self {
        Self::Any(Any::Graph(graph))
    }
}

/// Some input of a model that a specification makes.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// What the specification calls it.
    pub name: String,
    /// What it is made of.
    pub input: Input,
    /// Of a graph the part that it is.
    pub part: Option<Part>,
}

impl Input {
    /// How it is made of jets, if it is.
    pub fn jets(&self) -> Option<&Representation> {
        match self {
            Self::Jets(representation) => Some(representation),
            Self::Any(_) => None,
        }
    }

    /// Whether it only says which places hold a particle.
    pub fn is_mask(&self) -> bool {
        self.jets().is_some_and(Representation::is_mask)
    }

    /// An error if a setting is out of its range; `name` is what it is called.
    pub fn check(&self, name: &str) -> Result<(), PipelineError> {
        match self {
            Self::Jets(representation) => Ok(representation.check()?),
            Self::Any(Any::Columns(columns)) => columns.check(name),
            Self::Any(Any::Array(array)) => array.check(name),
            Self::Any(Any::Graph(graph)) => graph.check(name),
        }
    }

    /// The shape of one event's; of a graph that is of no fixed shape none.
    pub fn shape(&self) -> Option<Vec<usize>> {
        match self {
            Self::Jets(representation) => Some(representation.shape()),
            Self::Any(Any::Columns(columns)) => Some(vec![columns.width()]),
            Self::Any(Any::Array(array)) => Some(array.shape.clone()),
            Self::Any(Any::Graph(_)) => None,
        }
    }

    /// What is asked of files that are no jets'.
    pub fn demand(&self, name: &str, demand: &mut Demand) {
        match self {
            Self::Jets(_) => {}
            Self::Any(Any::Columns(columns)) => columns.demand(demand),
            Self::Any(Any::Array(array)) => array.demand(name, demand),
            Self::Any(Any::Graph(graph)) => graph.demand(name, demand),
        }
    }

    /// Takes shifts and scales from these events, where they are asked of the training
    /// part.
    pub fn trained(&mut self, name: &str, inputs: &Inputs) -> Result<(), PipelineError> {
        match self {
            Self::Jets(_) => Ok(()),
            Self::Any(Any::Columns(columns)) => columns.trained(inputs),
            Self::Any(Any::Array(array)) => array.trained(name, inputs),
            Self::Any(Any::Graph(graph)) => graph.trained(name, inputs),
        }
    }

    /// The input of all events as one tensor, if events have one shape.
    pub fn tensor(&self, name: &str, inputs: &Inputs) -> Result<Tensor<f32>, PipelineError> {
        match self {
            Self::Jets(representation) => Ok(representation.apply(&Jets::try_from(inputs)?)?),
            Self::Any(Any::Columns(columns)) => columns.apply(inputs),
            Self::Any(Any::Array(array)) => array.apply(name, inputs),
            Self::Any(Any::Graph(_)) => Err(PipelineError::Setting {
                setting: format!("inputs.{name}.kind"),
                problem: "is a graph, whose events have no common shape".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_of_jets_or_of_anything() {
        let of =
            |text: &str| toml::from_str::<Input>(text).map_err(|error| error.message().to_owned());
        assert!(matches!(
            of("kind = 'columns'\nfeatures = ['a']"),
            Ok(Input::Any(Any::Columns(_)))
        ));
        assert!(matches!(
            of("kind = 'array'\nshape = [4]"),
            Ok(Input::Any(Any::Array(_)))
        ));
        assert!(matches!(
            of("kind = 'graph'\nnodes = ['x']\nedges = 'complete'"),
            Ok(Input::Any(Any::Graph(_)))
        ));
        assert!(matches!(
            of("kind = 'scalars'\nobservables = ['mass']"),
            Ok(Input::Jets(_))
        ));
        for (text, part) in [
            ("kind = 'colums'", "unknown variant `colums`"),
            ("features = ['a']", "missing field `kind`"),
            (
                "kind = 'columns'\nfeature = ['a']",
                "unknown field `feature`",
            ),
            ("kind = 'array'", "missing field `shape`"),
        ] {
            let message = of(text).unwrap_err();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn every_kind_survives_a_settings_file() {
        for text in [
            "kind = 'columns'\nfeatures = ['a', 'b']\nclip = [-5.0, inf]",
            "kind = 'columns'\nfeatures = ['a', 'b']\nclip = { a = [-inf, 5.0] }",
            "kind = 'array'\nshape = [1, 8, 8]\nperiodic = true",
            "kind = 'graph'\nnodes = ['x', 'y']\nedges = { radius = 0.5, in = ['x'] }\nonnx = { x = 'pts' }",
            "kind = 'scalars'\nobservables = ['mass']",
        ] {
            let input: Input = toml::from_str(text).unwrap();
            let again = toml::to_string(&input).unwrap();
            assert_eq!(toml::from_str::<Input>(&again).unwrap(), input, "{again}");
            let json = serde_json::to_string(&input).unwrap();
            assert_eq!(
                serde_json::from_str::<Input>(&json).unwrap(),
                input,
                "{json}"
            );
        }
    }
}
