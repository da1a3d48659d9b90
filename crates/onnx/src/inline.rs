//! Functions of the model replaced by their nodes.
//!
//! A node may call a function that the file itself defines, as `PyTorch`'s newer
//! exporter does for operations that it composes. Replacing the calls leaves a
//! graph of standard operations only. Inside of a call named `n`, a value `v`
//! of the function becomes `n/v`; the call's own inputs and outputs keep their
//! names.
//!
//! Calls may nest, and nested calls could grow exponentially, so the number of
//! nodes and their size are bounded and a function that calls itself is refused.

use std::collections::HashMap;

use prost::Message;

use crate::OnnxError;
use crate::file::LARGEST_FILE;
use crate::proto::{AttributeProto, FunctionProto, ModelProto, NodeProto};

/// The most nodes that a model may have after its functions are replaced.
pub const MOST_NODES: usize = 100_000;

impl ModelProto {
    /// Replaces every call of a function of the model by the function's nodes.
    pub fn inline_functions(&mut self) -> Result<(), OnnxError> {
        if self.functions.is_empty() {
            return Ok(());
        }
        let functions: HashMap<Key, &FunctionProto> = self
            .functions
            .iter()
            .map(|f| ((f.domain.as_str(), f.name.as_str(), f.overload.as_str()), f))
            .collect();
        if let Some(graph) = &mut self.graph {
            let mut expansion = Expansion {
                functions,
                open: Vec::new(),
                nodes: Vec::new(),
                bytes: 0,
            };
            for node in &graph.node {
                expansion.add(node)?;
            }
            graph.node = expansion.nodes;
        }
        for function in &self.functions {
            for set in &function.opset_import {
                if !self
                    .opset_import
                    .iter()
                    .any(|known| known.domain == set.domain)
                {
                    self.opset_import.push(set.clone());
                }
            }
        }
        self.functions.clear();
        Ok(())
    }
}

/// Domain, name and overload.
type Key<'a> = (&'a str, &'a str, &'a str);

struct Expansion<'a> {
    functions: HashMap<Key<'a>, &'a FunctionProto>,
    /// The functions that are being replaced, outermost first.
    open: Vec<&'a FunctionProto>,
    nodes: Vec<NodeProto>,
    /// Size of the nodes so far.
    bytes: u64,
}

impl Expansion<'_> {
    fn add(&mut self, call: &NodeProto) -> Result<(), OnnxError> {
        let key = (
            call.domain.as_str(),
            call.op_type.as_str(),
            call.overload.as_str(),
        );
        let Some(&function) = self.functions.get(&key) else {
            self.bytes += call.encoded_len() as u64;
            if self.nodes.len() == MOST_NODES || self.bytes > LARGEST_FILE {
                let name = call.op_type.clone();
                return Err(OnnxError::Function {
                    name,
                    reason: "makes the model larger than can be",
                });
            }
            self.nodes.push(call.clone());
            return Ok(());
        };
        let refuse = |reason| {
            Err(OnnxError::Function {
                name: function.name.clone(),
                reason,
            })
        };
        if self.open.iter().any(|&other| std::ptr::eq(other, function)) {
            return refuse("calls itself");
        }
        if self.open.len() == 32 {
            return refuse("is called more than 32 calls deep");
        }
        if call.input.len() > function.input.len() || call.output.len() > function.output.len() {
            return refuse("is called with more inputs or outputs than it has");
        }

        let prefix = match (call.name.as_str(), call.output.first()) {
            ("", Some(output)) => output.as_str(),
            (name, _) => name,
        };
        // Inputs left out stay left out inside; outputs nobody wants get an inner name.
        let mut names: HashMap<&str, String> = HashMap::new();
        for (i, inner) in function.input.iter().enumerate() {
            names.insert(inner, call.input.get(i).cloned().unwrap_or_default());
        }
        let mut passed = Vec::new();
        for (inner, outer) in function.output.iter().zip(&call.output) {
            if outer.is_empty() {
                continue;
            }
            match names.get(inner.as_str()) {
                // The function hands an input (or an output twice) through.
                Some(source) => passed.push((source.clone(), outer.clone())),
                None => {
                    names.insert(inner, outer.clone());
                }
            }
        }
        self.open.push(function);
        for inner in &function.node {
            let mut node = inner.clone();
            for value in node.input.iter_mut().chain(&mut node.output) {
                if value.is_empty() {
                    continue;
                }
                *value = match names.get(value.as_str()) {
                    Some(name) => name.clone(),
                    None => format!("{prefix}/{value}"),
                };
            }
            node.name = if inner.name.is_empty() {
                prefix.to_owned()
            } else {
                format!("{prefix}/{}", inner.name)
            };
            node.attribute = inner
                .attribute
                .iter()
                .filter_map(|attribute| resolve(attribute, call, function))
                .collect();
            self.add(&node)?;
        }
        self.open.pop();
        for (source, outer) in passed {
            self.nodes
                .push(NodeProto::new("Identity", prefix, &[&source], &[&outer]));
        }
        Ok(())
    }
}

/// An attribute of a function's node, with a reference to the caller's
/// attribute replaced by its value or default, or left out without either.
fn resolve(
    attribute: &AttributeProto,
    call: &NodeProto,
    function: &FunctionProto,
) -> Option<AttributeProto> {
    if attribute.ref_attr_name.is_empty() {
        return Some(attribute.clone());
    }
    let given = call.attribute(&attribute.ref_attr_name);
    let default = || {
        function
            .attribute_proto
            .iter()
            .find(|a| a.name == attribute.ref_attr_name)
    };
    let value = given.or_else(default)?;
    Some(AttributeProto {
        name: attribute.name.clone(),
        ..value.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::GraphProto;

    fn function(
        name: &str,
        input: &[&str],
        output: &[&str],
        node: Vec<NodeProto>,
    ) -> FunctionProto {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        FunctionProto {
            name: name.to_owned(),
            domain: "f".to_owned(),
            input: owned(input),
            output: owned(output),
            node,
            ..FunctionProto::default()
        }
    }

    fn call(name: &str, node: &str, input: &[&str], output: &[&str]) -> NodeProto {
        NodeProto {
            domain: "f".to_owned(),
            ..NodeProto::new(name, node, input, output)
        }
    }

    fn model(node: Vec<NodeProto>, functions: Vec<FunctionProto>) -> ModelProto {
        ModelProto {
            graph: Some(GraphProto {
                node,
                ..GraphProto::default()
            }),
            functions,
            ..ModelProto::default()
        }
    }

    #[test]
    fn a_call_becomes_the_nodes_of_its_function() {
        let reference = AttributeProto {
            ref_attr_name: "slope".to_owned(),
            ..AttributeProto::float("alpha", 0.0)
        };
        let mut leaky = function(
            "Leaky",
            &["a"],
            &["b"],
            vec![
                NodeProto::new("LeakyRelu", "l", &["a"], &["h"]).with(reference),
                NodeProto::new("Neg", "", &["h"], &["b"]),
            ],
        );
        leaky
            .attribute_proto
            .push(AttributeProto::float("slope", 0.25));
        let outer = function(
            "Outer",
            &["x"],
            &["y"],
            vec![call("Leaky", "in", &["x"], &["y"])],
        );
        let mut model = model(
            vec![
                call("Leaky", "one", &["x"], &["u"]).with(AttributeProto::float("slope", 0.5)),
                call("Outer", "two", &["u"], &["v"]),
            ],
            vec![leaky, outer],
        );
        model.inline_functions().unwrap();
        let nodes = &model.graph.unwrap().node;
        let wires: Vec<_> = nodes
            .iter()
            .map(|n| (n.input[0].as_str(), n.output[0].as_str()))
            .collect();
        assert_eq!(
            wires,
            [
                ("x", "one/h"),
                ("one/h", "u"),
                ("u", "two/in/h"),
                ("two/in/h", "v")
            ]
        );
        assert_eq!(nodes[0].name, "one/l");
        assert_eq!(nodes[0].float("alpha").unwrap(), Some(0.5));
        assert_eq!(nodes[2].float("alpha").unwrap(), Some(0.25));
    }

    #[test]
    fn a_function_that_calls_itself_or_grows_without_bound_is_refused() {
        let own = function("F", &["a"], &["b"], vec![call("F", "", &["a"], &["b"])]);
        let mut looping = model(vec![call("F", "n", &["x"], &["y"])], vec![own]);
        assert!(
            looping
                .inline_functions()
                .unwrap_err()
                .to_string()
                .contains("calls itself")
        );

        // Each of thirty functions calls the next four times: 4^30 nodes.
        let functions = (0..30)
            .map(|i| {
                let name = format!("F{}", i + 1);
                let calls = ["b", "c", "d", "e"].map(|out| call(&name, out, &["a"], &[out]));
                function(&format!("F{i}"), &["a"], &["b"], calls.to_vec())
            })
            .collect();
        let mut bomb = model(vec![call("F0", "n", &["x"], &["y"])], functions);
        assert!(
            bomb.inline_functions()
                .unwrap_err()
                .to_string()
                .contains("larger")
        );
    }

    #[test]
    fn a_function_may_hand_an_input_through() {
        let same = function("Same", &["a"], &["a"], vec![]);
        let mut model = model(vec![call("Same", "n", &["x"], &["y"])], vec![same]);
        model.inline_functions().unwrap();
        let node = &model.graph.unwrap().node[0];
        assert_eq!(
            (
                node.op_type.as_str(),
                &node.input[0][..],
                &node.output[0][..]
            ),
            ("Identity", "x", "y")
        );
    }
}
