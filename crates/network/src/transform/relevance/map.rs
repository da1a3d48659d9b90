//! What is one linear map.
//!
//! Linear branches, each used once, that add up to one pre-activation are one
//! map with one stabiliser: two dense layers whose results are added, the root
//! and neighbour terms of a message passing layer, `W x + U h + b` of a
//! recurrent cell. To a map belong
//!
//! * behind its weights: added constants, batch normalisation, constant
//!   factors, reshapes and the like, and products with an adjacency;
//! * in front of them, where the value is used by nothing else: differences
//!   (`x_j − x_i` of an edge convolution), shifts, batch normalisation and
//!   products with an adjacency, and what moves numbers in between.
//!
//! A gate's product may be a term of the sum. A sum of which any other term is
//! not such a branch (a residual sum) is a map of its own; so are batch
//! normalisation without a layer, a layer normalisation (its deviation
//! constant, its mean not), and products of two variables with the constant
//! factors behind them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::carry::Carry;
use super::factor::Constant;
use crate::graph::{Graph, Source, ValueId};
use crate::ops::{Op, Rule};

/// What a node can be in a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// A product with weights.
    Weights,
    /// A product with an adjacency, or a sum of numbers that integers pick.
    Collect,
    /// A product with a constant attention.
    Attended,
    /// A product of two variables.
    Bilinear,
    /// A sum.
    Sum,
    /// A constant factor.
    Scale,
    /// Batch normalisation.
    Affine,
    /// A layer normalisation.
    Normalise,
    /// Moved numbers.
    Route,
    /// None.
    Other,
}

/// What makes a map one, and which rule is for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Core {
    /// Weights.
    Weights,
    /// Batch normalisation without a layer.
    Affine,
    /// A layer normalisation, in one operation or in single ones.
    Centre,
    /// A product with an attention.
    Attended,
    /// A product of two variables.
    Bilinear,
    /// A sum of numbers picked, without weights.
    Collect,
    /// A sum of values.
    Sum,
}

/// A linear map: its nodes, in order; the last makes the pre-activation.
#[derive(Debug, Clone)]
pub(super) struct Map {
    pub nodes: Vec<usize>,
    pub core: Core,
}

impl Map {
    /// The node that makes the pre-activation.
    pub fn sink(&self) -> usize {
        self.nodes[self.nodes.len() - 1]
    }
}

/// Where the growth of a map stands: behind its weights, in front of them, or
/// where nothing joins any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Behind,
    InFront,
    Closed,
}

/// Finds the maps of a graph.
pub(super) struct Finder<'a> {
    graph: &'a Graph,
    carry: &'a Carry,
    /// Whether a value depends on any input of the graph.
    given: Vec<bool>,
    /// What makes the branch that ends in a node a linear map, if it is one.
    cores: Vec<Option<Core>>,
    /// Whether what a node makes is a normalised value, scaled, shifted or moved.
    normalised: Vec<bool>,
    /// Whether a node, used by nothing else, joins the weights it meets.
    in_front: Vec<bool>,
}

impl<'a> Finder<'a> {
    pub fn new(graph: &'a Graph, carry: &'a Carry) -> Self {
        let mut finder = Self {
            graph,
            carry,
            given: graph.depends_on(graph.inputs()),
            cores: Vec::new(),
            normalised: Vec::new(),
            in_front: Vec::new(),
        };
        // Each node after what it is made of.
        for node in 0..graph.nodes().len() {
            let core = finder.core_of(node);
            finder.cores.push(core);
            let normalised = finder.is_normalised(node);
            finder.normalised.push(normalised);
            let in_front = finder.joins_in_front(node);
            finder.in_front.push(in_front);
        }
        finder
    }

    /// What a node can be.
    pub fn part(&self, node: usize) -> Part {
        let it = &self.graph.nodes()[node];
        let carrying = self.carry.carrying(node);
        let constant = self.carry.constants[node];
        match (it.op.rule(), carrying.as_slice()) {
            (Rule::Product, [0, 1]) => Part::Bilinear,
            (Rule::Product, [_]) if constant == Some(Constant::Attention) => Part::Attended,
            (Rule::Product, &[data @ (0 | 1)]) => {
                let weights = it.inputs[1 - data];
                let left = data == 1 && matches!(it.op, Op::MatMul(_) | Op::Gemm(_));
                if left || self.given[weights.index()] {
                    Part::Collect
                } else {
                    Part::Weights
                }
            }
            (Rule::Collect, _) => Part::Collect,
            (Rule::Factor, [_]) => match constant {
                Some(Constant::Gate | Constant::Own | Constant::Square) => Part::Other,
                // A constant divided by a variable is a function of it.
                _ if matches!(it.op, Op::Div(_)) && carrying == [1] => Part::Other,
                _ => Part::Scale,
            },
            (Rule::Affine, [0]) => Part::Affine,
            (Rule::Normalise, _) => Part::Normalise,
            (Rule::Sum, _) => Part::Sum,
            (Rule::Route, _) if !chooses(&it.op) => Part::Route,
            _ => Part::Other,
        }
    }

    /// The map that ends in a node, if it is the end of one.
    pub fn ending_in(&self, node: usize) -> Option<Map> {
        let core = match self.part(node) {
            Part::Weights => Core::Weights,
            Part::Bilinear => Core::Bilinear,
            Part::Attended => Core::Attended,
            Part::Normalise => Core::Centre,
            Part::Affine => self.core_behind(node).unwrap_or(Core::Affine),
            Part::Collect => self.core_behind(node).unwrap_or(Core::Collect),
            Part::Sum if self.is_centre(node) => Core::Centre,
            // A sign by itself is a function of one number.
            Part::Sum if matches!(self.graph.nodes()[node].op, Op::Neg(_)) => {
                self.core_behind(node)?
            }
            Part::Sum => self.core_behind(node).unwrap_or(Core::Sum),
            Part::Scale => self.core_behind(node)?,
            Part::Route | Part::Other => return None,
        };
        Some(Map {
            nodes: self.grow(node),
            core,
        })
    }

    /// The node that makes a value, if the value is used once.
    pub fn maker(&self, value: ValueId) -> Option<usize> {
        match self.graph.value(value).source {
            Source::Node(node, 0)
                if self.carry.uses[value.index()] == 1 && self.carry.live[node.index()] =>
            {
                Some(node.index())
            }
            _ => None,
        }
    }

    /// What makes the branch that ends in a value a linear map, if it is one
    /// that nothing else uses.
    fn core(&self, value: ValueId) -> Option<Core> {
        self.cores[self.maker(value)?]
    }

    fn core_of(&self, node: usize) -> Option<Core> {
        match self.part(node) {
            Part::Weights => Some(Core::Weights),
            Part::Bilinear => Some(Core::Bilinear),
            Part::Attended => Some(Core::Attended),
            Part::Normalise => Some(Core::Centre),
            Part::Affine => Some(self.core_behind(node).unwrap_or(Core::Affine)),
            Part::Sum if self.is_centre(node) => Some(Core::Centre),
            Part::Sum | Part::Scale | Part::Route | Part::Collect => self.core_behind(node),
            Part::Other => None,
        }
    }

    /// The core that a node's inputs share, if all are branches of one map.
    fn core_behind(&self, node: usize) -> Option<Core> {
        let inputs = self.carrying_inputs(node);
        let mut found = None;
        for &input in &inputs {
            let core = self.core(input);
            let term = self.part(node) == Part::Sum && self.is_gated(input);
            match (core, found) {
                (None, _) if term => {}
                (Some(core), None) => found = Some(core),
                (Some(Core::Weights), Some(Core::Weights)) => {}
                _ => return None,
            }
        }
        let alone = inputs.len() == 1;
        match (self.part(node), found) {
            // What is added to a product of variables is a mask or another sum.
            (Part::Sum, Some(Core::Bilinear | Core::Attended)) => None,
            (Part::Affine | Part::Collect, core) => core.filter(|core| *core == Core::Weights),
            (_, Some(core)) if alone || core == Core::Weights => Some(core),
            _ => None,
        }
    }

    fn carrying_inputs(&self, node: usize) -> Vec<ValueId> {
        let inputs = &self.graph.nodes()[node].inputs;
        let carrying = self.carry.carrying(node);
        carrying.into_iter().map(|i| inputs[i]).collect()
    }

    /// Whether a value is a gate's product that nothing else uses.
    fn is_gated(&self, value: ValueId) -> bool {
        let gated = |node| self.carry.constants[node] == Some(Constant::Gate);
        self.maker(value).is_some_and(gated)
    }

    /// Whether a node subtracts from a value its own mean.
    fn is_centre(&self, node: usize) -> bool {
        self.mean_of(node).is_some()
    }

    /// The nodes between a value and where its mean is subtracted from it.
    fn mean_of(&self, node: usize) -> Option<Vec<usize>> {
        let it = &self.graph.nodes()[node];
        if !matches!(it.op, Op::Sub(_)) || self.carry.edges[node] != [true, true] {
            return None;
        }
        let mut nodes = Vec::new();
        let mut value = it.inputs[1];
        loop {
            let maker = self.maker(value)?;
            nodes.push(maker);
            let it_made = &self.graph.nodes()[maker];
            value = it_made.inputs[0];
            match &it_made.op {
                Op::ReduceMean(_) | Op::GlobalAveragePool(_) => break,
                Op::Reshape(_) | Op::Expand(_) => {}
                _ => return None,
            }
        }
        (value == it.inputs[0]).then_some(nodes)
    }

    /// The nodes of the map that ends in a node.
    fn grow(&self, sink: usize) -> Vec<usize> {
        let mut nodes = BTreeSet::new();
        let mut open = BTreeMap::from([(sink, Place::Behind)]);
        let mut counts: HashMap<ValueId, usize> = HashMap::new();
        // A node comes before what it is made of: when a maker's turn comes,
        // all its uses within the map have been counted.
        while let Some((node, place)) = open.pop_last() {
            nodes.insert(node);
            if let Some(mean) = self.mean_of(node).filter(|_| place == Place::Behind) {
                nodes.extend(mean);
                continue;
            }
            let next = match self.part(node) {
                Part::Weights => Place::InFront,
                Part::Attended | Part::Bilinear | Part::Normalise => Place::Closed,
                _ => place,
            };
            for input in self.carrying_inputs(node) {
                let count = counts.entry(input).or_default();
                *count += 1;
                let Source::Node(maker, 0) = self.graph.value(input).source else {
                    continue;
                };
                let joins = match next {
                    Place::Behind => self.core_behind(node).is_some() && self.core(input).is_some(),
                    Place::InFront => {
                        self.carry.uses[input.index()] == *count && self.in_front[maker.index()]
                    }
                    Place::Closed => false,
                };
                if joins {
                    open.insert(maker.index(), next);
                }
            }
        }
        nodes.into_iter().collect()
    }

    /// Whether a node is a part of the map whose weights it meets: a
    /// difference, a shift or a product with an adjacency, or what moves or
    /// scales the result of one, but nothing that is a map of its own.
    fn joins_in_front(&self, node: usize) -> bool {
        let carrying = self.carrying_inputs(node);
        let further = carrying
            .iter()
            .any(|&input| match self.graph.value(input).source {
                Source::Node(maker, _) => self.in_front[maker.index()],
                _ => false,
            });
        let own = matches!(self.cores[node], Some(Core::Weights | Core::Centre));
        !own && !self.normalised[node]
            && match self.part(node) {
                Part::Affine | Part::Collect => true,
                Part::Sum => match &self.graph.nodes()[node].op {
                    Op::Sub(_) => true,
                    Op::Neg(_) => further,
                    _ => carrying.len() == 1,
                },
                Part::Scale | Part::Route => further,
                _ => false,
            }
    }

    fn is_normalised(&self, node: usize) -> bool {
        if self.is_centre(node)
            || self.part(node) == Part::Normalise
            || self.carry.constants[node] == Some(Constant::Normaliser)
        {
            return true;
        }
        match (self.part(node), self.carrying_inputs(node).as_slice()) {
            (Part::Scale | Part::Sum | Part::Route, &[input]) => {
                match self.graph.value(input).source {
                    Source::Node(maker, _) => self.normalised[maker.index()],
                    _ => false,
                }
            }
            _ => false,
        }
    }
}

/// Whether a routing operation takes the place of numbers with others, or
/// chooses between them: a function, not a linear map.
fn chooses(op: &Op) -> bool {
    match op {
        Op::Pad(pad) => pad.value != 0.0,
        op => matches!(
            op,
            Op::Gate(_)
                | Op::Max(_)
                | Op::MaxPool(_)
                | Op::ReduceMax(_)
                | Op::Scatter(_)
                | Op::TopK(_)
                | Op::Where(_)
        ),
    }
}
