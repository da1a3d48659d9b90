//! What can go wrong with a network.

use crate::graph::Dim;

/// Why a graph could not be built, transformed or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The inputs of a node do not fit its operation.
    #[error("node `{node}` ({op}): {problem}")]
    Node {
        /// The node's name.
        node: String,
        /// Its operation.
        op: &'static str,
        /// What does not fit.
        problem: String,
    },
    /// A transformation met an operation it has no rule for.
    #[error("node `{node}`: operation {op} has no rule for {transform}")]
    NoRule {
        /// The node's name.
        node: String,
        /// Its operation.
        op: &'static str,
        /// The transformation asked for.
        transform: &'static str,
    },
    /// An input was given another number of sides, or other sizes, than the model has.
    #[error("input `{input}`: the model takes {expected}, the data are {found}")]
    Input {
        /// The input's name.
        input: String,
        /// The shape the model declares.
        expected: String,
        /// The shape that was given.
        found: String,
    },
    /// The number of inputs is wrong.
    #[error("the model has {expected} inputs ({names}), {found} were given")]
    Inputs {
        /// How many the model has.
        expected: usize,
        /// Their names.
        names: String,
        /// How many were given.
        found: usize,
    },
    /// A size cannot be computed from the sizes of the inputs.
    #[error("value `{value}`: its size {size} cannot be computed from the inputs ({problem})")]
    Size {
        /// The value.
        value: String,
        /// The size as an expression.
        size: Dim,
        /// What is missing or negative.
        problem: String,
    },
    /// A value was asked for by a name that the graph does not have.
    #[error("no value named `{name}` in the graph; it has {found}")]
    NoValue {
        /// The name asked for.
        name: String,
        /// The names there are.
        found: String,
    },
    /// The graph has another output than the one needed.
    #[error("output `{output}` has the shape {found}, expected {expected}")]
    Output {
        /// The output.
        output: String,
        /// Its shape.
        found: String,
        /// The shape that was needed.
        expected: String,
    },
    /// Work was stopped by the user.
    #[error(transparent)]
    Interrupted(#[from] pellucid_core::Interrupted),
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What happened.
        source: std::io::Error,
    },
    /// Settings or stored training state that do not fit.
    #[error("{what}: {problem}")]
    Settings {
        /// Which setting or file.
        what: String,
        /// What is wrong with it and what would be right.
        problem: String,
    },
    /// An ONNX file could not be read or written, or is damaged.
    #[error(transparent)]
    Onnx(#[from] pellucid_onnx::OnnxError),
    /// A part of an ONNX model asks for something that is not done here.
    #[error("{node}: {problem}")]
    OnnxNode {
        /// What part, as messages name it.
        node: String,
        /// What is asked for and what is expected.
        problem: String,
    },
    /// ONNX operations that nothing here reads.
    #[error("{nodes}\n{way_out}; `pellucid inspect --operations` lists what is supported")]
    Unsupported {
        /// The nodes with their operations, as messages name them.
        nodes: String,
        /// What to do instead.
        way_out: String,
    },
}
