//! What of a network is explained, and what of its inputs is held.

use pellucid_network::graph::{Kind, show};
use pellucid_network::ops::Reshape;
use pellucid_network::{Dim, Graph, NetworkError, ValueId, transform};
use serde::{Deserialize, Serialize};

use crate::error::ExplainError;

/// Which number of the output is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// The number before a final sigmoid or softmax: a saturated probability
    /// has no gradient left.
    #[default]
    Logit,
    /// The output itself.
    Probability,
}

/// What is asked about a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Question {
    /// The output, by name; the first one, if not given.
    pub output: Option<String>,
    /// The place in a row of the output, rows flattened. An output of one
    /// number needs none; of a softmax over two classes without class the
    /// difference of the logits is explained.
    pub class: Option<usize>,
    /// Another place in the same row that the class stands against: explained is
    /// `ln(p_class / p_against)`, behind a softmax the difference of the two
    /// logits; with [`Value::Probability`] the difference of the two outputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<usize>,
    /// Logit or probability.
    pub value: Value,
    /// Inputs that are constant, by name: they receive nothing and stay what
    /// they are along a path. Integers are always held, but those that a model
    /// without real inputs turns into real numbers first, as pixels.
    pub hold: Vec<String>,
}

impl Question {
    /// The output asked about, one row per event, and its name. `names` are
    /// those of the outputs as the model had them before it was folded.
    pub(crate) fn output(
        &self,
        graph: &mut Graph,
        names: &[String],
    ) -> Result<(ValueId, String), ExplainError> {
        let place = match &self.output {
            None => Some(0),
            Some(name) => names.iter().position(|other| other == name),
        };
        let found = place.and_then(|place| Some((*graph.outputs().get(place)?, names.get(place)?)));
        let Some((output, name)) = found else {
            return Err(ExplainError::Name {
                what: "output",
                name: self.output.clone().unwrap_or_default(),
                known: names.to_vec(),
            });
        };
        let name = name.clone();
        if graph.ty(output).kind == Kind::Integer {
            return Err(ExplainError::Setting {
                what: "output",
                expected: "an output of real numbers".to_owned(),
                found: format!("`{name}`, which holds integers"),
            });
        }
        let one_event = is_of_one_event(graph, output);
        // A model exported for one event may leave the side of the events out.
        match graph.shape(output) {
            [] => Ok((
                graph.push(
                    Reshape {
                        shape: vec![Dim::fixed(1)],
                    },
                    &[output],
                )?,
                name,
            )),
            [classes] if one_event => {
                let shape = vec![Dim::fixed(1), classes.clone()];
                Ok((graph.push(Reshape { shape }, &[output])?, name))
            }
            _ => Ok((output, name)),
        }
    }

    /// The value that is explained, behind the output.
    pub(crate) fn explained(
        &self,
        graph: &mut Graph,
        output: ValueId,
    ) -> Result<ValueId, NetworkError> {
        if let (Some(class), Some(against)) = (self.class, self.against) {
            return match self.value {
                Value::Logit => transform::log_ratio(graph, output, class, against),
                Value::Probability => transform::difference(graph, output, class, against),
            };
        }
        match self.value {
            Value::Logit => transform::logit(graph, output, self.class),
            Value::Probability => transform::column(graph, output, self.class),
        }
    }

    /// The inputs that are explained, by position.
    pub fn free(&self, graph: &Graph) -> Result<Vec<usize>, ExplainError> {
        let inputs = graph.inputs();
        for name in &self.hold {
            if !inputs.iter().any(|&id| &graph.value(id).name == name) {
                return Err(ExplainError::Name {
                    what: "input to hold",
                    name: name.clone(),
                    known: names(graph, inputs),
                });
            }
        }
        let free: Vec<usize> = (0..inputs.len())
            .filter(|&i| {
                let value = graph.value(inputs[i]);
                value.ty.kind == Kind::Real && !self.hold.contains(&value.name)
            })
            .collect();
        if free.is_empty() {
            let held = inputs
                .iter()
                .map(|&id| format!("{} {}", graph.value(id).name, show(graph.shape(id))));
            return Err(ExplainError::Setting {
                what: "inputs to explain",
                expected: "at least one that is not held and holds real numbers".to_owned(),
                found: format!("only {}", held.collect::<Vec<_>>().join(", ")),
            });
        }
        Ok(free)
    }
}

/// Whether an output is the list of classes of a single event: of the model's inputs all
/// have one event, or none has as many rows.
pub fn is_of_one_event(graph: &Graph, output: ValueId) -> bool {
    let [classes] = graph.shape(output) else {
        return false;
    };
    let first = |&id: &ValueId| graph.shape(id).first().cloned();
    let mut rows = graph.inputs().iter().map(first);
    let one = || Some(Dim::fixed(1));
    classes.known().is_some_and(|classes| classes != 1)
        && (rows.clone().all(|rows| rows == one())
            || rows.all(|rows| rows.as_ref() != Some(classes)))
}

/// The names of values.
pub(crate) fn names(graph: &Graph, values: &[ValueId]) -> Vec<String> {
    let names = values.iter().map(|&id| graph.value(id).name.clone());
    names.collect()
}
