//! Operations that nothing here reads, all of a model at once, each with the
//! nearest way out.

use std::collections::BTreeMap;

use pellucid_onnx::{GraphProto, NodeProto};
use serde::Serialize;

use crate::error::NetworkError;
use crate::onnx::import::knows;

/// An operation that can be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Operation {
    /// The set of operations that it belongs to: `ai.onnx`, `ai.onnx.ml`, or that
    /// of QONNX.
    pub domain: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// Refuses a graph with nodes whose operation nothing here reads.
pub(super) fn refuse(graph: &GraphProto) -> Result<(), NetworkError> {
    let mut found: BTreeMap<(&str, &str), Vec<&NodeProto>> = BTreeMap::new();
    for node in &graph.node {
        if !knows(&node.domain, &node.op_type) {
            let operation = (node.domain.as_str(), node.op_type.as_str());
            found.entry(operation).or_default().push(node);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(error(found.into_values()))
}

/// The error of these nodes, listed operation by operation.
pub(super) fn error<'n>(operations: impl IntoIterator<Item = Vec<&'n NodeProto>>) -> NetworkError {
    let mut ways: Vec<&str> = Vec::new();
    let mut nodes: Vec<String> = Vec::new();
    for same in operations {
        let Some(first) = same.first() else {
            continue;
        };
        let way = way_out(&first.domain, &first.op_type);
        if !ways.contains(&way) {
            ways.push(way);
        }
        nodes.push(match same.len() - 1 {
            0 => first.label(),
            1 => format!("{} and one more", first.label()),
            more => format!("{} and {more} more", first.label()),
        });
    }
    let what = if nodes.len() == 1 {
        "this operation is not supported"
    } else {
        "these operations are not supported"
    };
    NetworkError::Unsupported {
        nodes: format!("{}: {what}", nodes.join(", ")),
        way_out: ways.join("; "),
    }
}

/// What to do where an operation is not supported.
fn way_out(domain: &str, operation: &str) -> &'static str {
    match operation {
        _ if domain.starts_with("com.microsoft") => {
            "onnxruntime wrote this operation when it optimised the model: give the file that the exporter wrote"
        }
        name if name.starts_with("TreeEnsemble") => {
            "boosted trees and forests are no networks and have no gradient: train a network on the same columns (scikit-learn's MLPClassifier, or `pellucid train`), or ask for an output that needs no tree (--output NAME)"
        }
        "StringNormalizer" | "StringConcat" | "StringSplit" | "TfIdfVectorizer" | "Tokenizer"
        | "RegexFullMatch" | "CategoryMapper" | "DictVectorizer" | "CastMap" => {
            "texts have no gradient: name the numbers behind them as inputs when the model is exported, or ask for another output (--output NAME)"
        }
        "RandomNormal" | "RandomNormalLike" | "RandomUniform" | "RandomUniformLike"
        | "Bernoulli" | "Multinomial" => {
            "it draws at random: export the model in evaluation mode (model.eval())"
        }
        "NonMaxSuppression" | "Unique" | "Compress" | "RoiAlign" | "MaxRoiPool" => {
            "how much it selects depends on the data: ask for an output in front of it (--output NAME)"
        }
        "Loop" | "Scan" | "SequenceMap" => {
            "loops whose steps the data decide are not unrolled: export with torch.jit.trace, which writes the steps out"
        }
        name if name.starts_with("Sequence")
            || name.starts_with("Optional")
            || matches!(name, "SplitToSequence" | "ConcatFromSequence") =>
        {
            "lists of tensors are not followed: return tensors from the model's forward, or ask for another output (--output NAME)"
        }
        "DFT" | "STFT" | "MelWeightMatrix" | "HannWindow" | "HammingWindow" | "BlackmanWindow" => {
            "do the transform before the model and give its result as the input"
        }
        name if name.starts_with("QLinear") || name.ends_with("Integer") => {
            "export the model before it is quantised to integers, or with QuantizeLinear and DequantizeLinear around real operations (QDQ)"
        }
        _ if !matches!(domain, "" | "ai.onnx" | "ai.onnx.ml") => {
            "an operation of one runtime only: export the model in ONNX's own operations (opset_version=17)"
        }
        _ => {
            "export the model without it (for PyTorch with opset_version=17), or ask for an output that does not need it (--output NAME)"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unsupported_operation_is_named_once_with_a_way_out() {
        let mut forest = NodeProto::new("TreeEnsembleClassifier", "forest", &["x"], &["p"]);
        forest.domain = "ai.onnx.ml".to_owned();
        let graph = GraphProto {
            node: vec![
                NodeProto::new("Relu", "r", &["x"], &["a"]),
                NodeProto::new("Unique", "u", &["x"], &["b"]),
                NodeProto::new("Unique", "u2", &["x"], &["c"]),
                forest,
            ],
            ..GraphProto::default()
        };
        let said = refuse(&graph).unwrap_err().to_string();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{said}");
        for part in [
            "`u` (Unique) and one more",
            "`forest`",
            "TreeEnsembleClassifier",
        ] {
            assert!(lines[0].contains(part), "{said}");
        }
        for part in ["--output NAME", "pellucid inspect --operations"] {
            assert!(lines[1].contains(part), "{said}");
        }
        assert!(!said.contains("`r`"), "{said}");
    }

    #[test]
    fn an_operation_of_another_domain_is_another() {
        let mut node = NodeProto::new("Conv", "c", &["x"], &["y"]);
        assert!(knows(&node.domain, &node.op_type));
        node.domain = "com.microsoft".to_owned();
        let graph = GraphProto {
            node: vec![node],
            ..GraphProto::default()
        };
        let said = refuse(&graph).unwrap_err().to_string();
        assert!(
            said.contains("(com.microsoft.Conv)") && said.contains("exporter"),
            "{said}"
        );
    }
}
