//! Networks as graphs of tensor operations.
//!
//! Everything done to a model is a transformation graph → graph: its
//! [`gradient`](transform::gradient) and its
//! [`relevance`](transform::relevance) are graphs again, made of the same
//! operations, run by the same [`Executor`].
//!
//! * [`graph`]: values, nodes, symbolic sizes;
//! * [`ops`]: one file per operation;
//! * [`transform`]: gradient, relevance, fold, training form;
//! * [`exec`]: the planned executor;
//! * [`layers`] and [`train`]: networks from settings, and their training;
//! * [`onnx`]: graphs from ONNX files, and back;
//! * [`check`]: what can be done with an ONNX file.

pub mod check;
pub mod error;
pub mod exec;
pub mod graph;
pub mod kernels;
pub mod layers;
pub mod onnx;
pub mod ops;
pub mod real;
pub mod train;
pub mod transform;

pub use error::NetworkError;
pub use exec::Executor;
pub use graph::{Dim, Graph, ValueId};
pub use real::Real;
