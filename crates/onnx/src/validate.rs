//! Names, order and operation set of a graph.
//!
//! A graph is in static single assignment: every value is defined once, by an
//! input, a parameter or a node, and read only afterwards.

use std::collections::{HashMap, HashSet};

use crate::OnnxError;
use crate::proto::{GraphProto, ModelProto, NodeProto};

impl ModelProto {
    /// Refuses a model whose graph cannot be computed in the order of its
    /// nodes, or that does not say which operations it means.
    pub fn validate(&self) -> Result<(), OnnxError> {
        self.opset()?;
        let graph = self.graph.as_ref().ok_or_else(|| OnnxError::NotOnnx {
            reason: "it holds no graph".to_owned(),
        })?;
        graph.validate()
    }
}

impl GraphProto {
    /// Refuses a graph in which two nodes make a value of one name: which of them is
    /// meant can only be seen before [`prune`](Self::prune) has taken one away.
    pub fn made_once(&self) -> Result<(), OnnxError> {
        let mut made = HashSet::new();
        let outputs = self.node.iter().flat_map(|node| &node.output);
        outputs
            .filter(|name| !name.is_empty())
            .try_for_each(|name| define(&mut made, name))
    }

    /// Refuses a graph that cannot be computed in the order of its nodes.
    pub fn validate(&self) -> Result<(), OnnxError> {
        if let Some(sparse) = self.sparse_initializer.first() {
            let tensor = sparse.values.as_ref().map(|values| values.name.clone());
            return Err(OnnxError::Sparse {
                tensor: tensor.unwrap_or_default(),
            });
        }
        let mut known: HashSet<&str> = HashSet::new();
        for tensor in &self.initializer {
            named(&tensor.name, "a parameter")?;
            define(&mut known, &tensor.name)?;
        }
        let parameters = known.clone();
        let mut inputs = HashSet::new();
        for input in &self.input {
            named(&input.name, "an input")?;
            define(&mut inputs, &input.name)?;
            // Files of IR version 3 list every parameter as an input too.
            if !parameters.contains(input.name.as_str()) {
                define(&mut known, &input.name)?;
            }
        }
        self.made_once()?;
        let mut makers: HashMap<&str, usize> = HashMap::new();
        for (i, node) in self.node.iter().enumerate() {
            for output in node.output.iter().filter(|name| !name.is_empty()) {
                if known.contains(output.as_str()) {
                    return Err(OnnxError::DefinedTwice {
                        name: output.clone(),
                    });
                }
                makers.insert(output, i);
            }
        }
        for node in &self.node {
            for value in node.input.iter().filter(|name| !name.is_empty()) {
                if known.contains(value.as_str()) {
                    continue;
                }
                let Some(&maker) = makers.get(value.as_str()) else {
                    return Err(OnnxError::Undefined {
                        node: node.label(),
                        value: value.clone(),
                    });
                };
                if let Some(node) = cycle(&self.node, &makers) {
                    return Err(OnnxError::Cycle {
                        node: self.node[node].label(),
                    });
                }
                return Err(OnnxError::Unsorted {
                    node: node.label(),
                    value: value.clone(),
                    later: self.node[maker].label(),
                });
            }
            known.extend(node.output.iter().map(String::as_str));
        }
        for output in &self.output {
            if output.name.is_empty() || !known.contains(output.name.as_str()) {
                return Err(OnnxError::Undefined {
                    node: "the list of outputs".to_owned(),
                    value: output.name.clone(),
                });
            }
        }
        Ok(())
    }
}

fn named(name: &str, what: &'static str) -> Result<(), OnnxError> {
    if name.is_empty() {
        Err(OnnxError::Nameless { what })
    } else {
        Ok(())
    }
}

fn define<'a>(known: &mut HashSet<&'a str>, name: &'a str) -> Result<(), OnnxError> {
    if known.insert(name) {
        Ok(())
    } else {
        Err(OnnxError::DefinedTwice {
            name: name.to_owned(),
        })
    }
}

/// A node on a cycle, if there is one: what is left when nodes that wait for
/// nobody are taken away again and again (Kahn's algorithm) waits for a cycle,
/// and walking back along what it waits for ends on one.
fn cycle(nodes: &[NodeProto], makers: &HashMap<&str, usize>) -> Option<usize> {
    let needs = |i: usize| {
        nodes[i]
            .input
            .iter()
            .filter_map(|name| makers.get(name.as_str()).copied())
    };
    let mut waiting: Vec<usize> = (0..nodes.len()).map(|i| needs(i).count()).collect();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for reader in 0..nodes.len() {
        for maker in needs(reader) {
            readers[maker].push(reader);
        }
    }
    let mut ready: Vec<usize> = (0..nodes.len()).filter(|&i| waiting[i] == 0).collect();
    while let Some(done) = ready.pop() {
        for &reader in &readers[done] {
            waiting[reader] -= 1;
            if waiting[reader] == 0 {
                ready.push(reader);
            }
        }
    }
    let mut here = (0..nodes.len()).find(|&i| waiting[i] > 0)?;
    for _ in 0..nodes.len() {
        here = needs(here).find(|&maker| waiting[maker] > 0)?;
    }
    Some(here)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{OperatorSetIdProto, TensorProto, ValueInfoProto};

    fn value(name: &str) -> ValueInfoProto {
        ValueInfoProto {
            name: name.to_owned(),
            ..ValueInfoProto::default()
        }
    }

    fn model(nodes: &[(&str, &[&str], &str)]) -> ModelProto {
        ModelProto {
            opset_import: vec![OperatorSetIdProto {
                version: 17,
                ..OperatorSetIdProto::default()
            }],
            graph: Some(GraphProto {
                node: nodes
                    .iter()
                    .map(|(name, input, output)| NodeProto::new("Add", name, input, &[output]))
                    .collect(),
                input: vec![value("x")],
                output: vec![value("y")],
                initializer: vec![TensorProto::floats("w", &[1], &[1.0])],
                ..GraphProto::default()
            }),
            ..ModelProto::default()
        }
    }

    #[test]
    fn a_graph_in_order_is_accepted() {
        model(&[("a", &["x", "w"], "h"), ("b", &["h", "", "w"], "y")])
            .validate()
            .unwrap();
    }

    #[test]
    fn what_is_wrong_is_said_with_names() {
        let says =
            |nodes: &[(&str, &[&str], &str)]| model(nodes).validate().unwrap_err().to_string();
        assert_eq!(
            says(&[("a", &["h"], "y"), ("b", &["x"], "h")]),
            "node `a` (Add) reads `h`, which is computed only later, by node `b` (Add): the nodes are not in order"
        );
        assert_eq!(
            says(&[
                ("a", &["x", "g"], "h"),
                ("b", &["h"], "g"),
                ("c", &["g"], "y")
            ]),
            "the graph has a cycle through node `b` (Add)"
        );
        assert_eq!(
            says(&[("a", &["a"], "a")]),
            "the graph has a cycle through node `a` (Add)"
        );
        assert!(says(&[("a", &["nothing"], "y")]).contains("reads `nothing`"));
        assert!(says(&[("a", &["x"], "h")]).contains("the list of outputs reads `y`"));
        assert_eq!(
            says(&[("a", &["x"], "y"), ("b", &["x"], "y")]),
            "the value `y` is defined twice in the graph"
        );
        assert!(says(&[("a", &["x"], "w"), ("b", &["w"], "y")]).contains("`w` is defined twice"));
    }

    #[test]
    fn a_model_without_operation_set_is_refused() {
        let mut model = model(&[("a", &["x"], "y")]);
        model.opset_import.clear();
        assert!(matches!(model.validate(), Err(OnnxError::NoOpset)));
    }

    #[test]
    fn a_parameter_may_be_listed_as_an_input_too() {
        let mut model = model(&[("a", &["x", "w"], "y")]);
        model.graph.as_mut().unwrap().input.push(value("w"));
        model.validate().unwrap();
    }
}
