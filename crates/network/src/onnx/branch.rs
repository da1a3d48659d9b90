//! `If`: which of its branches a model means.
//!
//! A condition that follows from constants and shapes is decided while the
//! file is read, and only the branch that it picks is in the graph. One that
//! depends on a named size is decided when that size is known, see
//! [`import_for`](super::import_for).

use pellucid_onnx::{GraphProto, NodeProto};

use crate::error::NetworkError;

/// The branch of an `If` node that its condition picks.
pub(super) fn taken(node: &NodeProto, condition: Option<f64>) -> Result<&GraphProto, NetworkError> {
    let refuse = |problem: &str| NetworkError::OnnxNode {
        node: node.label(),
        problem: problem.to_owned(),
    };
    let condition = condition.ok_or_else(|| {
        refuse(
            "its condition depends on the run: on a named size, or on the data; \
             import the model for known sizes (--size NAME=N, or those of the data to explain), \
             export it without the condition (torch.where chooses event by event), or ask for another output (--output NAME)",
        )
    })?;
    let name = if condition == 0.0 {
        "else_branch"
    } else {
        "then_branch"
    };
    let graph = node.graph(name)?;
    graph.ok_or_else(|| refuse(&format!("it has no {name}")))
}
