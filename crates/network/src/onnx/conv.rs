//! Convolutions, of real numbers and of integers.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::composite::groups;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::onnx::window;
use crate::ops::Conv;

/// A convolution of images with filters and, if there is one, a bias, moved as
/// the node says.
pub(crate) fn read(node: &mut Import<'_>, inputs: &[ValueId]) -> Imported {
    let [x, w, ..] = inputs else {
        return Err(node.refuse("expected an input and filters"));
    };
    let (sides, filters) = (node.shape(*x), node.shape(*w));
    if sides.len() < 3 || filters.len() < 3 {
        return Err(node.refuse(format!(
            "input {}, filters {}",
            show(&sides),
            show(&filters)
        )));
    }
    let kernel: Result<Vec<usize>, NetworkError> = filters[2..]
        .iter()
        .map(Dim::known)
        .collect::<Option<_>>()
        .ok_or_else(|| node.refuse("the size of the filters must be known"));
    let window = window::read(node, &kernel?, &sides[2..])?;
    let groups = groups(node)?;
    node.push(Conv { window, groups }, inputs)
}
