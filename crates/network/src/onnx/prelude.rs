//! What the file of an operation uses to read and write ONNX.

pub(crate) use pellucid_onnx::{AttributeProto, DataType};

pub(crate) use super::composite::{self, Reader};
pub(crate) use super::conv as onnx_conv;
pub(crate) use super::form::{Exported, Imported, OnnxForm, plain_form};
pub(crate) use super::logic;
pub(crate) use super::pooling;
pub(crate) use super::reader::Import;
pub(crate) use super::reductions;
pub(crate) use super::sizes::{Size, Sizes};
pub(crate) use super::window as onnx_window;
pub(crate) use super::writer::Export;
pub(crate) use crate::error::NetworkError;
