//! Names that no other value, and no other node, of a written file has.

use std::collections::HashSet;

use pellucid_onnx::NodeProto;

/// The names of values that are taken.
pub(super) struct Names(HashSet<String>);

impl Names {
    pub fn new(taken: impl Iterator<Item = String>) -> Self {
        Self(taken.collect())
    }

    /// This name, or the first free one of `name_2`, `name_3` …; it is taken
    /// from now on.
    pub fn unique(&mut self, name: &str) -> String {
        let mut unique = name.to_owned();
        let mut number = 1;
        while !self.0.insert(unique.clone()) {
            number += 1;
            unique = format!("{name}_{number}");
        }
        unique
    }
}

/// Gives nodes of one name different ones: copies of a network have them, and
/// onnxruntime refuses them. The first keeps its name, and a new name is none
/// that any node had.
pub(super) fn name_apart(nodes: &mut [NodeProto]) {
    let mut names = Names::new(nodes.iter().map(|node| node.name.clone()));
    let mut seen = HashSet::new();
    for node in nodes {
        if !seen.insert(node.name.clone()) {
            node.name = names.unique(&node.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_of_one_name_are_told_apart_and_no_name_is_used_twice() {
        let of = |name: &str| NodeProto::new("Add", name, &[], &[]);
        let mut nodes = ["a", "a", "a_2", "a", "b"].map(of);
        name_apart(&mut nodes);
        assert_eq!(nodes.map(|node| node.name), ["a", "a_3", "a_2", "a_4", "b"]);
    }
}
