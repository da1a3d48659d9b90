//! The plan of a graph: its nodes cut into steps, fused where it is safe.
//!
//! * Nodes that no output needs are left out.
//! * Elementwise nodes whose result has a single use join the step that uses
//!   it: one pass over memory instead of one per node.
//! * A chain behind a matrix product or convolution is applied to every piece
//!   of its result while that is still in the cache (bias, activation, and in
//!   the gradient the activation's gate).

use std::collections::HashMap;

use crate::graph::{Graph, Kind, NodeId, Source, ValueId};
use crate::ops::Op;

/// Where an instruction of a chain finds an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A value of the graph, by its position among the chain's operands.
    Operand(usize),
    /// The result of an earlier instruction.
    Register(usize),
    /// What the kernel in front of the chain has made.
    Produced,
}

/// One elementwise node of a chain.
#[derive(Debug, Clone)]
pub(crate) struct Instruction {
    pub node: NodeId,
    pub arguments: Vec<Argument>,
}

/// A unit of execution: a kernel, a chain of elementwise nodes, or a kernel
/// with a chain behind it.
#[derive(Debug, Clone)]
pub(crate) struct PlanStep {
    /// The node whose kernel runs first.
    pub kernel: Option<NodeId>,
    /// What is done elementwise behind it.
    pub chain: Vec<Instruction>,
    /// The values the chain reads.
    pub operands: Vec<ValueId>,
    /// What the step makes.
    pub outputs: Vec<ValueId>,
    /// What nothing needs after this step.
    pub frees: Vec<ValueId>,
}

impl PlanStep {
    /// The first operand of a chain without kernel that dies in this step and
    /// has the result's shape: its buffer becomes the result's.
    pub fn in_place(&self, shapes: &[Vec<usize>]) -> Option<usize> {
        if self.kernel.is_some() {
            return None;
        }
        let result = &shapes[self.outputs[0].index()];
        self.operands
            .iter()
            .position(|operand| self.frees.contains(operand) && &shapes[operand.index()] == result)
    }

    /// The value whose buffer becomes the result's as it is, because it dies in
    /// this step and only its shape changes.
    pub fn handed_on(&self, graph: &Graph) -> Option<ValueId> {
        let node = &graph.nodes()[self.kernel?.index()];
        let input = *node.inputs.first()?;
        let same = matches!(node.op, Op::Reshape(_)) && self.chain.is_empty();
        (same && self.frees.contains(&input)).then_some(input)
    }
}

/// The steps of a graph, in order.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(crate) steps: Vec<PlanStep>,
}

/// Long chains gain nothing and need many registers.
const LONGEST_CHAIN: usize = 24;

impl Plan {
    /// Plans a graph.
    pub fn new(graph: &Graph) -> Self {
        let needed = graph.needed_for(graph.outputs());
        let uses = uses(graph, &needed);
        let mut planner = Planner {
            graph,
            uses: &uses,
            waiting: HashMap::new(),
            order: 0,
            steps: Vec::new(),
        };
        for (i, _) in graph.nodes().iter().enumerate().filter(|(i, _)| needed[*i]) {
            planner.node(NodeId(i as u32));
        }
        planner.flush_all();
        let mut steps = planner.steps;
        free_after_last_use(graph, &mut steps);
        Self { steps }
    }

    /// The number of steps.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Whether a kernel applies the chain behind it piece by piece.
fn takes_epilogue(op: &Op) -> bool {
    matches!(
        op,
        Op::Gemm(_) | Op::Conv(_) | Op::ConvInput(_) | Op::PoolScatter(_)
    )
}

fn uses(graph: &Graph, needed: &[bool]) -> Vec<usize> {
    let mut uses = vec![0; graph.values().len()];
    for (node, _) in graph
        .nodes()
        .iter()
        .zip(needed)
        .filter(|(_, needed)| **needed)
    {
        for input in &node.inputs {
            uses[input.index()] += 1;
        }
    }
    for output in graph.outputs() {
        // An output must be kept: it never counts as used once.
        uses[output.index()] += 2;
    }
    uses
}

/// A step whose only user has not been met yet, so that it may still be
/// joined with it; numbered so that leftovers are emitted in order.
struct Waiting {
    order: usize,
    step: PlanStep,
}

struct Planner<'a> {
    graph: &'a Graph,
    uses: &'a [usize],
    waiting: HashMap<ValueId, Waiting>,
    order: usize,
    steps: Vec<PlanStep>,
}

impl Planner<'_> {
    fn node(&mut self, id: NodeId) {
        let node = &self.graph.nodes()[id.index()];
        // Integers are rare: what reads or makes them runs alone.
        let elementwise = node.op.elementwise()
            && node
                .inputs
                .iter()
                .chain(&node.outputs)
                .all(|&value| is_real(self.graph, value));
        let step = if elementwise {
            self.chain(id)
        } else {
            for input in &node.inputs {
                self.flush(*input);
            }
            PlanStep {
                kernel: Some(id),
                chain: Vec::new(),
                operands: Vec::new(),
                outputs: node.outputs.clone(),
                frees: Vec::new(),
            }
        };
        let open = elementwise || takes_epilogue(&node.op);
        if open && self.uses[node.outputs[0].index()] == 1 {
            self.order += 1;
            self.waiting.insert(
                node.outputs[0],
                Waiting {
                    order: self.order,
                    step,
                },
            );
        } else {
            self.steps.push(step);
        }
    }

    /// A chain that ends in this node, with every waiting step joined to it
    /// that can be.
    fn chain(&mut self, id: NodeId) -> PlanStep {
        let node = &self.graph.nodes()[id.index()];
        let shape = self.graph.shape(node.outputs[0]);
        let mut joined = PlanStep {
            kernel: None,
            chain: Vec::new(),
            operands: Vec::new(),
            outputs: node.outputs.clone(),
            frees: Vec::new(),
        };
        let mut arguments = Vec::with_capacity(node.inputs.len());
        for &input in &node.inputs {
            let fits = self.waiting.get(&input).is_some_and(|waiting| {
                self.graph.shape(input) == shape
                    && !(waiting.step.kernel.is_some() && joined.kernel.is_some())
                    && waiting.step.chain.len() + joined.chain.len() < LONGEST_CHAIN
            });
            if !fits {
                self.flush(input);
                arguments.push(Argument::Operand(operand(&mut joined.operands, input)));
                continue;
            }
            let Some(Waiting { step, .. }) = self.waiting.remove(&input) else {
                continue;
            };
            let first = joined.chain.len();
            for instruction in step.chain {
                let moved = instruction
                    .arguments
                    .iter()
                    .map(|argument| match *argument {
                        Argument::Operand(i) => {
                            Argument::Operand(operand(&mut joined.operands, step.operands[i]))
                        }
                        Argument::Register(i) => Argument::Register(first + i),
                        Argument::Produced => Argument::Produced,
                    });
                joined.chain.push(Instruction {
                    node: instruction.node,
                    arguments: moved.collect(),
                });
            }
            joined.kernel = joined.kernel.or(step.kernel);
            arguments.push(if joined.chain.len() > first {
                Argument::Register(joined.chain.len() - 1)
            } else {
                Argument::Produced
            });
        }
        joined.chain.push(Instruction {
            node: id,
            arguments,
        });
        joined
    }

    fn flush(&mut self, value: ValueId) {
        if let Some(Waiting { step, .. }) = self.waiting.remove(&value) {
            self.steps.push(step);
        }
    }

    fn flush_all(&mut self) {
        let mut rest: Vec<Waiting> = self.waiting.drain().map(|(_, waiting)| waiting).collect();
        rest.sort_by_key(|waiting| waiting.order);
        self.steps
            .extend(rest.into_iter().map(|waiting| waiting.step));
    }
}

fn operand(operands: &mut Vec<ValueId>, value: ValueId) -> usize {
    operands
        .iter()
        .position(|other| *other == value)
        .unwrap_or_else(|| {
            operands.push(value);
            operands.len() - 1
        })
}

fn free_after_last_use(graph: &Graph, steps: &mut [PlanStep]) {
    let mut kept = vec![false; graph.values().len()];
    for (id, value) in graph.values() {
        // Weights stay; what was given is the pool's as well.
        kept[id.index()] = matches!(value.source, Source::Parameter(_) | Source::Constant(_));
    }
    for output in graph.outputs() {
        kept[output.index()] = true;
    }
    for step in steps.iter_mut().rev() {
        let mut read: Vec<ValueId> = step.operands.clone();
        if let Some(kernel) = step.kernel {
            read.extend(&graph.nodes()[kernel.index()].inputs);
        }
        // An output that nothing reads (the places of a max-pool without a
        // gradient) is free at once.
        read.extend(&step.outputs);
        for value in read {
            if !std::mem::replace(&mut kept[value.index()], true) {
                step.frees.push(value);
            }
        }
    }
}

/// Whether values of this kind are kept as real numbers.
pub(crate) fn is_real(graph: &Graph, value: ValueId) -> bool {
    graph.ty(value).kind == Kind::Real
}
