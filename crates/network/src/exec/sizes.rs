//! The named sizes of a run and the shapes that follow from them.

use crate::error::NetworkError;
use crate::graph::{Bindings, Graph, show, volume};

/// More numbers than a value of a run may have: beyond, the sizes of a file
/// are wrong or there are too many events at once.
const MOST_NUMBERS: usize = 1 << 32;

/// What the sizes of a run are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sizes {
    /// Of each name.
    pub bindings: Bindings,
    /// Of each value of the graph.
    pub shapes: Vec<Vec<usize>>,
}

impl Sizes {
    /// Binds the named sizes to those of the inputs and computes all shapes.
    pub fn of(graph: &Graph, inputs: &[&[usize]]) -> Result<Self, NetworkError> {
        if inputs.len() != graph.inputs().len() {
            let names: Vec<&str> = graph
                .inputs()
                .iter()
                .map(|&id| graph.value(id).name.as_str())
                .collect();
            return Err(NetworkError::Inputs {
                expected: graph.inputs().len(),
                names: names.join(", "),
                found: inputs.len(),
            });
        }
        let mut bindings = Bindings::new();
        for (&id, &shape) in graph.inputs().iter().zip(inputs) {
            let declared = graph.shape(id);
            let fits = declared.len() == shape.len()
                && declared
                    .iter()
                    .zip(shape)
                    .all(|(dim, &side)| match dim.name() {
                        Some(name) => *bindings.entry(name.into()).or_insert(side) == side,
                        None => dim.known().is_none_or(|known| known == side),
                    });
            if !fits {
                return Err(NetworkError::Input {
                    input: graph.value(id).name.clone(),
                    expected: show(declared),
                    found: format!("{shape:?}"),
                });
            }
        }
        let mut shapes = Vec::with_capacity(graph.values().len());
        for (_, value) in graph.values() {
            let shape: Result<Vec<usize>, NetworkError> = value
                .ty
                .shape
                .iter()
                .map(|dim| {
                    dim.evaluate(&bindings)
                        .map_err(|problem| NetworkError::Size {
                            value: value.name.clone(),
                            size: dim.clone(),
                            problem,
                        })
                })
                .collect();
            let shape = shape?;
            let numbers = shape
                .iter()
                .try_fold(1_usize, |volume, &side| volume.checked_mul(side));
            if numbers.is_none_or(|numbers| numbers > MOST_NUMBERS) {
                return Err(NetworkError::Size {
                    value: value.name.clone(),
                    size: volume(&value.ty.shape),
                    problem: format!(
                        "{shape:?} are more than {MOST_NUMBERS} numbers; run fewer events at once, \
                         and if this is one event, the model is larger than can be run"
                    ),
                });
            }
            shapes.push(shape);
        }
        Ok(Self { bindings, shapes })
    }
}
