//! The ONNX file format: read, checked, written. No operation is known here.
//!
//! * [`proto`]: the messages of a file, checked in as plain structs;
//! * [`file`](mod@file): a model from a file or bytes, and back;
//! * [`external`]: weights kept in a file beside the model;
//! * [`tensor`]: a tensor's numbers, its shape checked against its data;
//! * [`attribute`]: the settings of a node, typed;
//! * [`validate`]: names, order and operation set of a graph;
//! * [`inline`]: functions of the model replaced by their nodes;
//! * [`prune`]: what of a graph its outputs need;
//! * [`sort`]: nodes in an order in which they can be computed.
//!
//! ```
//! use pellucid_onnx::{Model, OnnxError};
//!
//! let refused = Model::decode(b"PAR1 is how a Parquet file starts").unwrap_err();
//! assert!(refused.to_string().starts_with("not an ONNX model"));
//! ```

pub mod attribute;
mod error;
pub mod external;
pub mod file;
pub mod inline;
pub mod proto;
pub mod prune;
pub mod sort;
pub mod tensor;
pub mod validate;

pub use error::OnnxError;
pub use proto::{
    AttributeProto, Dimension, DimensionProto, FunctionProto, GraphProto, ModelProto as Model,
    NodeProto, OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
pub use tensor::{DataType, Numbers};
