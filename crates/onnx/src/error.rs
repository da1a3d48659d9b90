//! What can be wrong with an ONNX file, told so that the user can act on it.

use std::path::PathBuf;

/// Why a file, or what it holds, was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file could not be read or written.
    #[error("cannot {verb} {}: {source}", path.display())]
    Io {
        /// `"read"` or `"write"`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Something is wrong in a file.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: Box<OnnxError>,
    },
    /// The file holds nothing.
    #[error("not an ONNX model: the file is empty")]
    Empty,
    /// The bytes are no ONNX model.
    #[error("not an ONNX model: {reason}")]
    NotOnnx {
        /// What does not fit.
        reason: String,
    },
    /// The file starts like a model and ends too early.
    #[error(
        "not a whole ONNX model: the file ends {missing} bytes too early, so it was truncated; copy or export it again"
    )]
    Truncated {
        /// How many bytes are missing, at least.
        missing: u64,
    },
    /// The file is larger than protobuf allows.
    #[error("not an ONNX model: {bytes} bytes, and a protobuf file has at most {limit}")]
    TooLarge {
        /// The file's size.
        bytes: u64,
        /// The largest size.
        limit: u64,
    },
    /// The model does not say which version of the operations it means.
    #[error(
        "the model does not say which version of the ONNX operations it uses (no opset_import)"
    )]
    NoOpset,
    /// Two values of one graph have the same name.
    #[error("the value `{name}` is defined twice in the graph")]
    DefinedTwice {
        /// The name.
        name: String,
    },
    /// A name is needed and missing.
    #[error("{what} has no name")]
    Nameless {
        /// What has none.
        what: &'static str,
    },
    /// A node reads a value that nothing defines.
    #[error("{node} reads `{value}`, which is no input, no parameter and no output of any node")]
    Undefined {
        /// The node, as messages name it, or "the output".
        node: String,
        /// The value.
        value: String,
    },
    /// A node stands before the one that it needs.
    #[error(
        "{node} reads `{value}`, which is computed only later, by {later}: the nodes are not in order"
    )]
    Unsorted {
        /// The node, as messages name it.
        node: String,
        /// The value.
        value: String,
        /// The node that computes it.
        later: String,
    },
    /// Nodes depend on each other in a circle.
    #[error("the graph has a cycle through {node}")]
    Cycle {
        /// One node of the cycle, as messages name it.
        node: String,
    },
    /// A tensor's shape makes no sense.
    #[error("tensor `{tensor}`: the shape {dims:?} {reason}")]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape, as written.
        dims: Vec<i64>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A tensor holds more or fewer numbers than its shape says.
    #[error(
        "tensor `{tensor}`: the shape {dims:?} needs {expected} {unit}, the file holds {found}"
    )]
    Length {
        /// The tensor.
        tensor: String,
        /// Its shape.
        dims: Vec<i64>,
        /// `"bytes"` or `"numbers"`.
        unit: &'static str,
        /// How many it should have.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// A tensor holds another kind of numbers than can be used.
    #[error("tensor `{tensor}` holds {found}, expected {expected}")]
    Kind {
        /// The tensor.
        tensor: String,
        /// What can be used.
        expected: &'static str,
        /// What it holds.
        found: String,
    },
    /// Sparse tensors are not supported.
    #[error(
        "tensor `{tensor}` is sparse, and only dense tensors can be read; export the model with dense weights"
    )]
    Sparse {
        /// The tensor.
        tensor: String,
    },
    /// A tensor kept in another file cannot be read.
    #[error("tensor `{tensor}` is kept in the file `{location}`, which {reason}")]
    External {
        /// The tensor.
        tensor: String,
        /// Where the model says that it is.
        location: String,
        /// Why it cannot be read from there.
        reason: String,
    },
    /// An attribute of a node is missing or of another kind.
    #[error("{node}: attribute `{attribute}` must be {expected}")]
    Attribute {
        /// The node, as messages name it.
        node: String,
        /// The attribute.
        attribute: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A function of the model calls itself, or functions make too many nodes.
    #[error("the function `{name}` {reason}")]
    Function {
        /// The function.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}
