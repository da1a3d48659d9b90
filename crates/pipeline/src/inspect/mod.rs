//! What is in a model, and what can be done with it.
//!
//! * [`network`]: the nodes of one model, what folds, which rule of relevance
//!   each would get;
//! * [`operations`]: what ONNX operations can be read;
//! * [`folder()`]: one row for every model of a folder.

pub mod folder;
pub mod network;

pub use folder::{Row, folder};
pub use network::{Inspection, inspect};
pub use pellucid_network::onnx::supported as operations;
