//! How a model is read.

use std::collections::BTreeMap;

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
