//! What names of a file stand for, and what its numbers mean.

use crate::graph::{Data, Dim, Graph, ValueId};
use crate::onnx::sizes::Sizes;

/// What a name of the file stands for.
#[derive(Debug, Clone)]
pub(crate) enum Operand {
    /// A value of the graph.
    Value(ValueId),
    /// Real numbers of the file, not in the graph yet.
    Weight { data: Data, constant: bool },
    /// Integers.
    Sizes(Sizes),
}

impl Operand {
    /// Its shape.
    pub(super) fn shape(&self, graph: &Graph) -> Vec<Dim> {
        let known = |sides: &[usize]| sides.iter().map(|&side| side.into()).collect();
        match self {
            Self::Value(value) => graph.shape(*value).to_vec(),
            Self::Weight { data, .. } => known(data.shape()),
            Self::Sizes(sizes) => known(&sizes.shape),
        }
    }
}

/// A real number of the file in double precision: files keep 0.2 in single
/// precision; what its author wrote is the shortest decimal that rounds to it.
pub(crate) fn decimal(value: f32) -> f64 {
    value
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(value))
}
