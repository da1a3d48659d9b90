//! Which edges of a graph carry relevance.
//!
//! An edge carries relevance if it leads to a number that depends on the
//! inputs asked about and is not taken as constant. Constant are: what
//! integers, comparisons and other step functions make; gates, normalisers
//! and attention (see [`factor`](super::factor)); whatever does not depend on
//! the inputs. What reaches a sum along other edges is a bias. The state that a
//! recurrent layer starts from is no constant, whether it is given or known.

use super::factor::{Constant, constant_factor};
use super::settings::Attention;
use crate::graph::{Graph, Kind, Node, ValueId};
use crate::ops::{Op, Rule};

/// The edges that carry relevance from `of` to what it is asked of.
#[derive(Debug)]
pub(super) struct Carry {
    /// For each node, whether relevance goes to each of its inputs.
    pub edges: Vec<Vec<bool>>,
    /// For each product of two variables, why one of them is constant.
    pub constants: Vec<Option<Constant>>,
    /// Whether relevance arrives at the node.
    pub live: Vec<bool>,
    /// For each value, how many edges carry relevance to it.
    pub uses: Vec<usize>,
    /// For each value, whether it can be given relevance.
    pub active: Vec<bool>,
}

impl Carry {
    pub fn new(graph: &Graph, of: ValueId, wrt: &[ValueId], attention: Attention) -> Self {
        let mut carry = Self {
            edges: Vec::with_capacity(graph.nodes().len()),
            constants: Vec::with_capacity(graph.nodes().len()),
            live: vec![false; graph.nodes().len()],
            uses: vec![0; graph.values().len()],
            active: vec![false; graph.values().len()],
        };
        for value in wrt {
            carry.active[value.index()] = true;
        }
        for node in graph.nodes() {
            let (edges, constant) = carry.edges_of(graph, node, attention);
            // A known state of a recurrent network is an input that nobody asks about.
            let starts = matches!(node.op, Op::Start(_));
            let reached = starts || edges.contains(&true);
            for &output in &node.outputs {
                let real = graph.ty(output).kind == Kind::Real;
                carry.active[output.index()] |= reached && real;
            }
            carry.edges.push(edges);
            carry.constants.push(constant);
        }
        carry.count(graph, of);
        carry
    }

    fn edges_of(
        &self,
        graph: &Graph,
        node: &Node,
        attention: Attention,
    ) -> (Vec<bool>, Option<Constant>) {
        let mut edges: Vec<bool> = node
            .inputs
            .iter()
            .map(|input| self.active[input.index()])
            .collect();
        let mut constant = None;
        match node.op.rule() {
            Rule::Constant => edges.fill(false),
            // Steps and zero points are constant.
            Rule::Pass if matches!(node.op, Op::Quantise(_) | Op::Dequantise(_)) => {
                edges[1..].fill(false);
            }
            Rule::Route | Rule::Collect => {
                let data = data_inputs(&node.op, edges.len());
                for (i, edge) in edges.iter_mut().enumerate() {
                    *edge &= data.contains(&i);
                }
            }
            Rule::Product | Rule::Factor if edges[0] && edges[1] => {
                let factor = constant_factor(graph, &self.active, node, attention);
                if let Some((which, why)) = factor {
                    edges[which] = false;
                    constant = Some(why);
                }
            }
            _ => {}
        }
        (edges, constant)
    }

    /// Marks what relevance from `of` reaches.
    fn count(&mut self, graph: &Graph, of: ValueId) {
        let mut reached = vec![false; graph.values().len()];
        reached[of.index()] = true;
        for (i, node) in graph.nodes().iter().enumerate().rev() {
            let arrives = node.outputs.iter().any(|output| reached[output.index()]);
            if !arrives || !self.edges[i].contains(&true) {
                continue;
            }
            self.live[i] = true;
            for (&input, &edge) in node.inputs.iter().zip(&self.edges[i]) {
                reached[input.index()] |= edge;
                self.uses[input.index()] += usize::from(edge);
            }
        }
    }

    /// The positions of the inputs that relevance goes to.
    pub fn carrying(&self, node: usize) -> Vec<usize> {
        let edges = self.edges[node].iter().enumerate();
        edges.filter(|(_, edge)| **edge).map(|(i, _)| i).collect()
    }
}

/// The inputs of a routing operation that it moves; the others say where to.
pub(super) fn data_inputs(op: &Op, count: usize) -> Vec<usize> {
    match op {
        Op::Concat(_) => (0..count).collect(),
        Op::Max(_) => vec![0, 1],
        Op::Where(_) => vec![1, 2],
        Op::Scatter(_) => vec![0, 2],
        _ => vec![0],
    }
}
