//! What of a graph its outputs need.
//!
//! Files carry more than anybody asks for: the label beside the probabilities,
//! losses of the training, weights that nothing reads. What no output needs is
//! left out before any of it is judged, so that an operation behind another
//! output harms nobody.

use std::collections::HashSet;

use crate::proto::{GraphProto, ModelProto, NodeProto};

impl NodeProto {
    /// The names that a node reads: its inputs, and what the graphs inside of it
    /// (branches, bodies of loops) read from outside. Names that such a graph
    /// makes itself may be among them.
    pub fn reads(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.input.iter().map(String::as_str).collect();
        for attribute in &self.attribute {
            for graph in attribute.g.iter().map(Box::as_ref).chain(&attribute.graphs) {
                names.extend(graph.node.iter().flat_map(Self::reads));
                names.extend(graph.output.iter().map(|output| output.name.as_str()));
            }
        }
        names.retain(|name| !name.is_empty());
        names
    }
}

impl GraphProto {
    /// Leaves out the nodes and weights that no output needs, and the names of
    /// outputs of nodes that nobody reads; inputs stay, since whoever runs the
    /// model gives them.
    pub fn prune(&mut self) {
        let makers: std::collections::HashMap<&str, usize> = self
            .node
            .iter()
            .enumerate()
            .flat_map(|(i, node)| node.output.iter().map(move |name| (name.as_str(), i)))
            .collect();
        let mut needed = vec![false; self.node.len()];
        let mut read: HashSet<&str> = HashSet::new();
        let mut open: Vec<&str> = self.output.iter().map(|out| out.name.as_str()).collect();
        while let Some(name) = open.pop() {
            if !read.insert(name) {
                continue;
            }
            if let Some(&maker) = makers.get(name)
                && !std::mem::replace(&mut needed[maker], true)
            {
                open.extend(self.node[maker].reads());
            }
        }
        let idle: HashSet<String> = self
            .initializer
            .iter()
            .map(|tensor| &tensor.name)
            // A weight without name is refused elsewhere.
            .filter(|name| !name.is_empty() && !read.contains(name.as_str()))
            .cloned()
            .collect();
        // What nobody reads of a node loses its name, which in ONNX says that.
        let unread: Vec<Vec<bool>> = self
            .node
            .iter()
            .map(|node| {
                let outputs = node.output.iter();
                outputs.map(|name| !read.contains(name.as_str())).collect()
            })
            .collect();
        for (node, unread) in self.node.iter_mut().zip(unread) {
            for (name, unread) in node.output.iter_mut().zip(unread) {
                if unread {
                    name.clear();
                }
            }
        }
        let mut keep = needed.into_iter();
        self.node.retain(|_| keep.next().unwrap_or(true));
        self.initializer
            .retain(|tensor| !idle.contains(&tensor.name));
        // Files of IR version 3 list every weight as an input too.
        self.input.retain(|input| !idle.contains(&input.name));
    }
}

impl ModelProto {
    /// Makes `names` the model's outputs, in this order; each is one of its
    /// outputs, or a value that one of its nodes makes. The first that is
    /// neither is given back, and nothing is changed.
    pub fn keep_outputs<'n>(&mut self, names: &[&'n str]) -> Result<(), &'n str> {
        let Some(graph) = &mut self.graph else {
            return names.first().map_or(Ok(()), |&name| Err(name));
        };
        let mut kept = Vec::with_capacity(names.len());
        for &name in names {
            let declared = graph.output.iter().find(|output| output.name == name);
            let known = graph.value_info.iter().find(|value| value.name == name);
            let made = graph
                .node
                .iter()
                .any(|node| node.output.iter().any(|output| output == name));
            kept.push(match (declared, known) {
                (Some(output), _) => output.clone(),
                (None, Some(value)) if made => value.clone(),
                (None, None) if made => crate::proto::ValueInfoProto {
                    name: name.to_owned(),
                    ..Default::default()
                },
                _ => return Err(name),
            });
        }
        graph.output = kept;
        graph.prune();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{AttributeProto, TensorProto, ValueInfoProto};

    fn named(name: &str) -> ValueInfoProto {
        ValueInfoProto {
            name: name.to_owned(),
            ..ValueInfoProto::default()
        }
    }

    fn model() -> ModelProto {
        let mut branch = AttributeProto::int("then_branch", 0);
        branch.r#type = crate::proto::attribute_type::GRAPH;
        branch.g = Some(Box::new(GraphProto {
            node: vec![NodeProto::new("Add", "", &["inner", "outer"], &["z"])],
            output: vec![named("z")],
            ..GraphProto::default()
        }));
        let graph = GraphProto {
            node: vec![
                NodeProto::new("TopK", "outer", &["x"], &["outer", "places"]),
                NodeProto::new("If", "if", &["flag"], &["y"]).with(branch),
                NodeProto::new("ZipMap", "zip", &["y", "names"], &["map"]),
            ],
            initializer: vec![
                TensorProto::integers("flag", &[], &[1]),
                TensorProto::integers("names", &[1], &[1]),
            ],
            input: vec![named("x"), named("unused"), named("names")],
            output: vec![named("map"), named("y")],
            ..GraphProto::default()
        };
        ModelProto {
            graph: Some(graph),
            ..ModelProto::default()
        }
    }

    #[test]
    fn what_an_output_does_not_need_is_left_out_with_its_weights() {
        let mut model = model();
        model.keep_outputs(&["y"]).unwrap();
        let graph = model.graph.unwrap();
        let nodes: Vec<&str> = graph.node.iter().map(|node| node.name.as_str()).collect();
        // The branch reads `outer` from outside.
        assert_eq!(nodes, ["outer", "if"]);
        assert_eq!(graph.node[0].output, ["outer", ""]);
        assert_eq!(graph.initializer.len(), 1);
        let inputs: Vec<&str> = graph.input.iter().map(|put| put.name.as_str()).collect();
        assert_eq!(inputs, ["x", "unused"]);
    }

    #[test]
    fn a_value_inside_can_be_made_an_output_and_no_other_name() {
        let mut model = model();
        assert_eq!(model.keep_outputs(&["y", "z"]), Err("z"));
        assert_eq!(model.keep_outputs(&["x"]), Err("x"));
        model.keep_outputs(&["outer"]).unwrap();
        let graph = model.graph.unwrap();
        assert_eq!((graph.node.len(), graph.output.len()), (1, 1));
    }
}
