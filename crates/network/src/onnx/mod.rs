//! Graphs from ONNX files, and back.
//!
//! Import keeps what an exporter named: nodes, values, weights and the
//! metadata of the file. The arithmetic on shapes that exporters write
//! (`Shape → Gather → Concat → Reshape`) is done on symbolic sizes while the
//! file is read, so that nothing of it is left in the graph and the batch stays
//! of any size. What no output needs is left out before it is judged. Operations
//! that are not supported are an error that names all of their nodes.
//!
//! What must be decided before the graph is there (the condition of an `If`,
//! the steps of a recurrent layer, the pairs of particles) and depends on a
//! named size is an error of [`import`]; [`import_like`] and [`import_for`]
//! read the model for known sizes.
//!
//! Export writes standard operations of operation set 17 (the `Gelu` operation
//! needs 20), in single precision, with the named sizes kept dynamic; inputs may have
//! other element types, which the file converts ([`ExportSettings`]).
//!
//! What ONNX calls an operation, and how it is read and written, stands in the
//! operation's own file; ONNX operations that are made of several, and the
//! arithmetic on shapes, have a file here.

pub(crate) mod activations;
mod attention;
mod blocks;
mod branch;
pub(crate) mod composite;
pub(crate) mod conv;
pub(crate) mod conv_transpose;
mod converted;
mod crop;
pub(crate) mod einsum;
pub(crate) mod export;
pub(crate) mod form;
mod fourier;
pub(crate) mod import;
mod inputs;
mod known;
pub(crate) mod logic;
mod lowered;
pub(crate) mod ml;
mod names;
mod norms;
mod one_hot;
pub(crate) mod operand;
mod outputs;
pub(crate) mod pooling;
pub(crate) mod prelude;
mod quantised;
pub(crate) mod reader;
pub(crate) mod rearrange;
pub(crate) mod recurrent;
pub(crate) mod reductions;
mod resize;
mod reverse;
mod rotary;
mod settings;
pub(crate) mod shape_arithmetic;
pub(crate) mod sizes;
mod types;
mod unroll;
mod unsupported;
pub(crate) mod window;
pub(crate) mod writer;

use std::path::Path;

use pellucid_onnx::Model;

use crate::error::NetworkError;
use crate::graph::Graph;

pub use export::{export, export_with};
pub use import::{import, import_for, import_like, import_with, supported};
pub use inputs::input_types;
pub use outputs::{Declared, Explainable, Held, Read, cut, default_output, explainable, outputs};
pub use settings::{ExportSettings, ImportSettings};
pub use unsupported::Operation;

/// The graph in an ONNX file.
pub fn read(path: impl AsRef<Path>) -> Result<Graph, NetworkError> {
    import(Model::read(path)?)
}

/// The graph in an ONNX file, for inputs of these shapes; see [`import_like`].
pub fn read_like(path: impl AsRef<Path>, shapes: &[&[usize]]) -> Result<Graph, NetworkError> {
    import_like(Model::read(path)?, shapes, &ImportSettings::default())
}

/// The graph in the bytes of an ONNX file.
pub fn decode(bytes: &[u8]) -> Result<Graph, NetworkError> {
    import(Model::decode(bytes)?)
}

/// Writes a graph to an ONNX file.
pub fn write(path: impl AsRef<Path>, graph: &Graph) -> Result<(), NetworkError> {
    Ok(export(graph)?.write(path)?)
}
