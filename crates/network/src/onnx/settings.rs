//! How a model is read, and how it is written.

use std::collections::BTreeMap;

use pellucid_onnx::DataType;
use serde::{Deserialize, Serialize};

/// Choices of whoever imports a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ImportSettings {
    /// Named sizes of the inputs that get a fixed length, by their name. A
    /// size without a name is called as its input and the number of its side,
    /// such as `x_1`.
    pub sizes: BTreeMap<String, usize>,
    /// Whether weights may be no numbers (NaN).
    pub nan: bool,
}

/// Choices of whoever exports a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExportSettings {
    /// The element types of inputs, by their names, where they are not the usual ones (single
    /// precision and integers of 64 bits): the file converts its inputs itself.
    pub inputs: BTreeMap<String, DataType>,
}
