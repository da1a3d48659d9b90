//! The way back through the network: one node after the other, from the
//! explained value to the inputs.

use std::collections::{BTreeMap, HashMap};

use super::account::Accounts;
use super::map::Part;
use super::plan::{Plan, Treatment};
use super::settings::Propagation;
use super::weights::{Parts, Weighing};
use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Node, Source, ValueId};
use crate::ops::can_be_infinite;
use crate::ops::{
    AveragePool, Backward, Div, Finite, Gather, Greater, Mul, Op, ReduceSum, Reduction, Rule,
    Scatter, Where,
};

/// A pass in progress.
pub(super) struct Pass<'a> {
    pub graph: &'a mut Graph,
    pub settings: &'a Propagation,
    pub plan: Plan,
    /// What is handed back.
    pub seed: ValueId,
    /// The size of the side along which the events are.
    pub events: Dim,
    /// What each value has received so far.
    pub relevance: Vec<Option<ValueId>>,
    /// Values that lie within a map but were asked for.
    pub asked: Vec<ValueId>,
    /// What passes through those.
    pub through: BTreeMap<ValueId, ValueId>,
    pub accounts: Accounts,
    /// Weights in the forms that were needed so far, by node.
    pub weighed: HashMap<(usize, Weighing), Parts>,
}

impl Pass<'_> {
    /// Hands relevance back from the last node to the first.
    pub fn run(&mut self) -> Result<(), NetworkError> {
        for index in (0..self.plan.treatments.len()).rev() {
            let Some(treatment) = self.plan.treatments[index] else {
                continue;
            };
            let node = self.graph.nodes()[index].clone();
            let arrived: Vec<Option<ValueId>> = node
                .outputs
                .iter()
                .map(|output| self.relevance[output.index()])
                .collect();
            if arrived.iter().all(Option::is_none) {
                continue;
            }
            self.node(index, &node, treatment, &arrived)?;
        }
        Ok(())
    }

    fn node(
        &mut self,
        index: usize,
        node: &Node,
        treatment: Treatment,
        arrived: &[Option<ValueId>],
    ) -> Result<(), NetworkError> {
        match (treatment, arrived[0]) {
            (Treatment::Route, _) => self.route(index, node, arrived),
            (_, None) | (Treatment::Inside(_), _) => Ok(()),
            (Treatment::Map(map), Some(relevance)) => self.map(map, relevance),
            (Treatment::Pass(input), Some(relevance)) => {
                let passed = self.narrow(relevance, node.inputs[input])?;
                self.give(node.inputs[input], passed)
            }
            (Treatment::Halves, Some(relevance)) => self.halves(node, relevance),
            (Treatment::Pool, Some(relevance)) => self.pool(node, relevance),
            (Treatment::Expansion, Some(relevance)) => self.expansion(node, relevance),
            (Treatment::Factors, Some(relevance)) => self.factors(index, node, relevance),
            (Treatment::NoRule, Some(_)) => Err(no_rule(node)),
        }
    }

    /// The product of two variables: half to each.
    fn halves(&mut self, node: &Node, relevance: ValueId) -> Result<(), NetworkError> {
        let half = self.graph.scalar(0.5);
        let half = self.graph.push(Mul, &[relevance, half])?;
        for &input in &node.inputs {
            let passed = self.narrow(half, input)?;
            self.give(input, passed)?;
        }
        Ok(())
    }

    /// A product of what a scatter brings together: the factors that carry relevance
    /// have equal shares, as the two of a product have; constants receive none.
    fn factors(
        &mut self,
        index: usize,
        node: &Node,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let (Op::Scatter(scatter), &[data, places, updates]) = (&node.op, node.inputs.as_slice())
        else {
            return Err(no_rule(node));
        };
        let edges = self.plan.carry.edges[index].clone();
        let share = |carries: bool| f64::from(u8::from(carries));
        let own = self.full(share(edges[0]), data)?;
        let each = self.full(share(edges[2]), updates)?;
        let add = Scatter {
            reduction: Reduction::Add,
            ..*scatter
        };
        let count = self.graph.push(add, &[own, places, each])?;
        let (zero, one) = (self.graph.scalar(0.0), self.graph.scalar(1.0));
        let some = self.graph.push(Greater, &[count, zero])?;
        // A product of constants alone keeps what it is given.
        let kept = self.graph.push(Where, &[some, zero, relevance])?;
        self.absorbed(kept)?;
        let count = self.graph.push(Where, &[some, count, one])?;
        let due = self.graph.push(Where, &[some, relevance, zero])?;
        let share = self.graph.push(Div, &[due, count])?;
        if edges[0] {
            self.give(data, share)?;
        }
        if edges[2] {
            let gather = Gather {
                places: scatter.places,
            };
            let share = self.graph.push(gather, &[share, places])?;
            self.give(updates, share)?;
        }
        Ok(())
    }

    /// Each number's relevance goes to where it came from.
    fn route(
        &mut self,
        index: usize,
        node: &Node,
        arrived: &[Option<ValueId>],
    ) -> Result<(), NetworkError> {
        let wanted = self.plan.carry.edges[index].clone();
        let routed = self.vjps(node, arrived, &wanted)?;
        for ((&input, relevance), wanted) in node.inputs.iter().zip(routed).zip(wanted) {
            if let (Some(relevance), true) = (relevance, wanted) {
                self.give(input, relevance)?;
            }
        }
        self.routed_to_constants(index, node, arrived)
    }

    /// A sum, an average, or a maximum treated like one: the numbers under it
    /// share in proportion to themselves.
    fn pool(&mut self, node: &Node, relevance: ValueId) -> Result<(), NetworkError> {
        let x = node.inputs[0];
        let summed = match &node.op {
            Op::MaxPool(pool) => Some(Op::from(AveragePool {
                window: pool.window.clone(),
                count_pad: false,
            })),
            Op::ReduceMax(pool) => Some(Op::from(ReduceSum {
                axes: pool.axes.clone(),
                keep: pool.keep,
            })),
            _ => None,
        };
        let node = match summed {
            None => node.clone(),
            Some(op) => Node {
                name: node.name.clone(),
                outputs: self.graph.node("", op.clone(), &[x])?,
                op,
                inputs: vec![x],
            },
        };
        let share = self.share(relevance, node.outputs[0], self.settings.pool_epsilon)?;
        let adjoint = self.vjps(&node, &[Some(share)], &[true])?[0];
        let adjoint = adjoint.ok_or_else(|| no_rule(&node))?;
        let seen = self.tame(x)?;
        let relevance = self.graph.push(Mul, &[seen, adjoint])?;
        self.give(x, relevance)
    }

    /// The value with 0 in the place of what is infinite or no number, if it can be
    /// that: a share of 0 of it is 0.
    pub fn tame(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        if can_be_infinite(self.graph, value) {
            return self.graph.push(Finite, &[value, value]);
        }
        Ok(value)
    }

    /// The vector–Jacobian products of a node.
    pub fn vjps(
        &mut self,
        node: &Node,
        seeds: &[Option<ValueId>],
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        node.op.gradient(&mut Backward {
            graph: self.graph,
            inputs: &node.inputs,
            outputs: &node.outputs,
            adjoints: seeds,
            wanted,
        })
    }

    /// A node's part in maps. Nodes that this pass has added have none.
    pub fn part(&self, node: usize) -> Part {
        self.plan.parts[node]
    }

    /// Adds to what a value has received.
    pub fn give(&mut self, value: ValueId, relevance: ValueId) -> Result<(), NetworkError> {
        if self.keeps(value) {
            self.absorbed(relevance)?;
        }
        let earlier = self.relevance[value.index()];
        self.relevance[value.index()] = self.add_option(earlier, Some(relevance))?;
        Ok(())
    }

    /// Whether a value is the known state that a recurrent layer starts from: what
    /// it receives stays there.
    fn keeps(&self, value: ValueId) -> bool {
        match self.graph.value(value).source {
            Source::Node(node, _) => {
                let known = self.plan.carry.edges.get(node.index());
                matches!(self.graph.nodes()[node.index()].op, Op::Start(_))
                    && known.is_some_and(|edges| !edges.contains(&true))
            }
            _ => false,
        }
    }

    /// Sums relevance over the sides along which an input was broadcast.
    pub fn narrow(&mut self, relevance: ValueId, input: ValueId) -> Result<ValueId, NetworkError> {
        let mut back = Backward {
            graph: self.graph,
            inputs: &[input],
            outputs: &[],
            adjoints: &[],
            wanted: &[true],
        };
        crate::ops::prelude::unbroadcast(&mut back, relevance, input)
    }

    /// A tensor full of one number, of the shape of `like`.
    pub fn full(&mut self, number: f64, like: ValueId) -> Result<ValueId, NetworkError> {
        crate::transform::gradient::full(self.graph, number, like)
    }
}

/// That a node has no rule, and why, if it is not for want of one.
pub(super) fn no_rule(node: &Node) -> NetworkError {
    if matches!(node.op.rule(), Rule::None) {
        return NetworkError::NoRule {
            node: node.name.clone(),
            op: node.op.name(),
            transform: "relevance propagation",
        };
    }
    NetworkError::Node {
        node: node.name.clone(),
        op: node.op.name(),
        problem: "its rule for relevance is not for inputs that depend on what is explained in \
                  this way; hold one of the model's inputs constant, or use a gradient method"
            .to_owned(),
    }
}
