//! Nodes in an order in which they can be computed.
//!
//! ONNX asks for that order, but keras2onnx writes others, and runtimes sort
//! for themselves. The order of the file is kept where it can be.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::proto::GraphProto;

impl GraphProto {
    /// Moves nodes behind those that they need (Kahn's algorithm, the first of
    /// the file first). A graph with a cycle, which has no such order, stays
    /// as it is for [`validate`](Self::validate) to refuse.
    pub fn sort(&mut self) {
        let mut makers: HashMap<&str, usize> = HashMap::new();
        for (i, node) in self.node.iter().enumerate() {
            makers.extend(node.output.iter().map(|name| (name.as_str(), i)));
        }
        let mut waiting = vec![0_usize; self.node.len()];
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); self.node.len()];
        for (reader, node) in self.node.iter().enumerate() {
            for name in node.reads() {
                if let Some(&maker) = makers.get(name).filter(|&&maker| maker != reader) {
                    readers[maker].push(reader);
                    waiting[reader] += 1;
                }
            }
        }
        let ready = (0..self.node.len()).filter(|&i| waiting[i] == 0);
        let mut ready: BinaryHeap<Reverse<usize>> = ready.map(Reverse).collect();
        let mut order = Vec::with_capacity(self.node.len());
        while let Some(Reverse(next)) = ready.pop() {
            order.push(next);
            for &reader in &readers[next] {
                waiting[reader] -= 1;
                if waiting[reader] == 0 {
                    ready.push(Reverse(reader));
                }
            }
        }
        if order.len() == self.node.len() && !order.is_sorted() {
            let mut nodes: Vec<_> = self.node.drain(..).map(Some).collect();
            self.node = order.iter().filter_map(|&i| nodes[i].take()).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::NodeProto;

    fn graph(wires: &[(&str, &str, &str)]) -> GraphProto {
        let node =
            |&(name, from, to): &(&str, &str, &str)| NodeProto::new("Relu", name, &[from], &[to]);
        GraphProto {
            node: wires.iter().map(node).collect(),
            ..GraphProto::default()
        }
    }

    fn names(graph: &GraphProto) -> Vec<&str> {
        graph.node.iter().map(|node| node.name.as_str()).collect()
    }

    #[test]
    fn nodes_move_behind_what_they_need_and_no_further() {
        let mut graph = graph(&[
            ("c", "b", "y"),
            ("d", "x", "z"),
            ("a", "x", "a"),
            ("b", "a", "b"),
        ]);
        graph.sort();
        assert_eq!(names(&graph), ["d", "a", "b", "c"]);
    }

    #[test]
    fn a_cycle_is_left_for_validation() {
        let mut graph = graph(&[("b", "c", "b"), ("c", "b", "c"), ("a", "x", "a")]);
        graph.sort();
        assert_eq!(names(&graph), ["b", "c", "a"]);
    }
}
