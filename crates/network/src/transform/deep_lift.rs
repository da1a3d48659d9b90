//! DeepLIFT with the rescale rule, as a graph.
//!
//! The network runs beside itself on a baseline, and differences
//! `Δt = t(x) − t(b)` take the place of derivatives. A multiplier `m` goes back
//! from the explained value, for which it is 1:
//!
//! * through linear operations as an adjoint;
//! * through every other operation `y = f(x)` by its Jacobian `J`, averaged over the
//!   straight path between the operation's own inputs on baseline and event:
//!
//! $$ m_x = \int_0^1 J\bigl(x_0 + t (x - x_0)\bigr)^T m_y\,\mathrm{d}t $$
//!
//! so that no share is larger than what the operation does on that path. In closed
//! form this is
//!
//! * for a function of one number the rescale rule `m_x = m_y Δy / Δx`, the
//!   derivative where `|Δx| < 10⁻¹⁰`;
//! * for a product `Δ(a b) = Δa (b + b_0)/2 + Δb (a + a_0)/2`;
//! * for a quotient `a` receives `m_y ln(b / b_0) / Δb`, and `b` what is left of
//!   `m_y Δy`; a choice by a condition counts as the product `c a + (1 − c) b`.
//!
//! Softmax, its logarithm, the logarithm of a sum of exponentials
//! (`exponentials.rs`), layer normalisation (`normal.rs`), and norms,
//! normalisations and deviations that are written in several operations
//! (`region.rs`) are integrated at points that are dense where they change
//! (`path.rs`): where the largest score is another one (`winners.rs`), where a norm is
//! smallest. A network with one such operation between linear maps has the
//! attributions of integrated gradients as far as these points see; what they miss is
//! dealt out within each row up to a hundredth of what they found, and what is more
//! is left in the residual.
//!
//! A maximum `y` is no smooth function: `max(y, y_0) − y_0` belongs to the winner on
//! the input, `y − max(y, y_0)` to the winner on the baseline (of minima the other
//! way round). The largest numbers of a line (`TopK`) are integrated from kink to kink
//! (`kinks.rs`).
//!
//! The attribution is `A_i = m_i Δx_i`, and 0 where an input is no finite number: a
//! model that takes such a number has a guard that puts another in its place.
//!
//! * **Completeness:** `Σ A = f(x) − f(b)`. Every rule in closed form is exact; what an
//!   integral misses (of a softmax whose winner changes more than eight times on its
//!   path, of the kinks of many moduli) is the residual.
//! * **Size:** the parts of one normalisation do not cancel: `Σ |A|` is of the size of
//!   that of integrated gradients. (Rules that take the parts of a softmax one by one
//!   hand out shares of opposite sign as large as the exponential of the gap between
//!   scores.)
//! * **Units:** those of the explained value.
//! * Integers (the positions of nearest neighbours) are those of the input on
//!   both sides: such a graph is frozen. So are the steps that a quantised model
//!   takes from its numbers.
//! * **Reference:** A. Shrikumar, P. Greenside, A. Kundaje, arXiv:1704.02685,
//!   section 3.5.1, for functions of one number; the mean Jacobian is M. Sundararajan,
//!   A. Taly, Q. Yan, arXiv:1703.01365, eq. 1, for one operation at a time. Maxima are
//!   captum's.

mod exponentials;
mod kinks;
mod normal;
mod path;
mod quotient;
mod region;
mod rules;
mod winners;

use std::collections::HashMap;

use crate::error::NetworkError;
use crate::graph::{Graph, Kind, Node, ValueId, show};
use crate::ops::{
    Abs, Add, Backward, Clip, Div, Finite, Greater, Mul, Op, Reduction, Rule, Sub, Where,
    can_be_infinite,
};
use crate::transform::gradient::{full, gradient};

/// Differences beyond this count as this: single precision holds it and its inverse.
const FAR: f64 = 1e30;

/// Differences below this count as none.
const NOTHING: f64 = 1e-10;

/// The values that [`deep_lift`] has added.
#[derive(Debug, Clone)]
pub struct DeepLift {
    /// The attribution of each value asked for, of its shape.
    pub maps: Vec<ValueId>,
    /// The explained value on the baseline.
    pub reference: ValueId,
}

/// Adds the attribution of each of `wrt` for the value `of` to the graph,
/// against a baseline of its shape for each.
pub fn deep_lift(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
    baselines: &[ValueId],
) -> Result<DeepLift, NetworkError> {
    let refuse = |problem: String| NetworkError::Settings {
        what: "baselines of DeepLIFT".to_owned(),
        problem,
    };
    if wrt.len() != baselines.len() {
        return Err(refuse(format!(
            "expected one for each of {} values, found {}",
            wrt.len(),
            baselines.len()
        )));
    }
    for (&value, &baseline) in wrt.iter().zip(baselines) {
        if graph.ty(value) != graph.ty(baseline) {
            return Err(refuse(format!(
                "`{}` has the shape {}, its baseline {}",
                graph.value(value).name,
                show(graph.shape(value)),
                show(graph.shape(baseline))
            )));
        }
    }
    let mut active = graph.depends_on(wrt);
    for node in graph.nodes().iter().filter(|node| is_frozen(&node.op)) {
        for output in &node.outputs {
            active[output.index()] = false;
        }
    }
    let needed = graph.needed_for(&[of]);
    let nodes: Vec<Node> = graph.nodes().to_vec();
    // What a normalisation does behind where it has settled needs the slopes there.
    let settled: Vec<ValueId> = nodes
        .iter()
        .zip(&needed)
        .filter(|(node, needed)| {
            **needed && matches!(node.op, Op::LayerNorm(_)) && active[node.inputs[0].index()]
        })
        .map(|(node, _)| node.outputs[0])
        .collect();
    let slopes = if settled.is_empty() {
        Vec::new()
    } else {
        gradient(graph, of, &settled, None)?
    };
    let mut lift = Lift {
        slopes: settled.into_iter().zip(slopes).collect(),
        multipliers: vec![None; active.len()],
        references: wrt.iter().copied().zip(baselines.iter().copied()).collect(),
        active,
        graph,
    };
    for (node, _) in nodes.iter().zip(&needed).filter(|(_, needed)| **needed) {
        lift.run_beside(node)?;
    }
    lift.multipliers[of.index()] = Some(full(lift.graph, 1.0, of)?);
    for node in nodes.iter().rev() {
        lift.node(node)?;
    }
    let maps = wrt
        .iter()
        .map(|&value| match lift.multipliers[value.index()] {
            Some(multiplier) => {
                let difference = lift.raw_difference(value)?;
                let product = lift.graph.push(Mul, &[multiplier, difference])?;
                lift.graph.push(Finite, &[product, difference])
            }
            None => full(lift.graph, 0.0, value),
        })
        .collect::<Result<_, _>>()?;
    Ok(DeepLift {
        maps,
        reference: lift.reference(of),
    })
}

struct Lift<'a> {
    graph: &'a mut Graph,
    active: Vec<bool>,
    /// What each value is on the baseline, if it is another one there.
    references: HashMap<ValueId, ValueId>,
    multipliers: Vec<Option<ValueId>>,
    /// The derivative of the explained value by what each normalisation makes, at
    /// the event.
    slopes: HashMap<ValueId, ValueId>,
}

impl Lift<'_> {
    /// The node on the baseline.
    fn run_beside(&mut self, node: &Node) -> Result<(), NetworkError> {
        let changes = node
            .inputs
            .iter()
            .any(|input| self.references.contains_key(input));
        let real = |graph: &Graph, value: ValueId| graph.ty(value).kind == Kind::Real;
        if !changes
            || is_frozen(&node.op)
            || !node.outputs.iter().any(|&output| real(self.graph, output))
        {
            return Ok(());
        }
        let inputs: Vec<ValueId> = node
            .inputs
            .iter()
            .map(|&input| self.reference(input))
            .collect();
        let made = self.graph.node("", node.op.clone(), &inputs)?;
        for (&output, made) in node.outputs.iter().zip(made) {
            if real(self.graph, output) {
                self.references.entry(output).or_insert(made);
            }
        }
        Ok(())
    }

    fn reference(&self, value: ValueId) -> ValueId {
        self.references.get(&value).copied().unwrap_or(value)
    }

    /// The change of a value. An infinite one (a quotient by 0 that an arctangent or
    /// a guard brings back) counts as [`FAR`], on all sides of it, so that what it
    /// is divided by and multiplied with again is the same.
    fn difference(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let change = self.raw_difference(value)?;
        if can_be_infinite(self.graph, value) {
            let (low, high) = (-FAR, FAR);
            return self.graph.push(Clip { low, high }, &[change]);
        }
        Ok(change)
    }

    fn raw_difference(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let reference = self.reference(value);
        self.graph.push(Sub, &[value, reference])
    }

    /// Halfway between the value on the input and on the baseline.
    fn middle(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let reference = self.reference(value);
        if reference == value {
            return Ok(value);
        }
        let half = self.graph.scalar(0.5);
        let sum = self.graph.push(Add, &[value, reference])?;
        self.graph.push(Mul, &[sum, half])
    }

    fn node(&mut self, node: &Node) -> Result<(), NetworkError> {
        let arrived: Vec<Option<ValueId>> = node
            .outputs
            .iter()
            .map(|output| self.multipliers[output.index()])
            .collect();
        let wanted: Vec<bool> = node
            .inputs
            .iter()
            .map(|&input| self.active[input.index()] && self.graph.ty(input).kind == Kind::Real)
            .collect();
        if arrived.iter().all(Option::is_none) || !wanted.contains(&true) {
            return Ok(());
        }
        let Some(m) = arrived[0] else {
            return Err(no_rule(node));
        };
        if let Some(region) = self.region(node, &wanted) {
            let made = self.through_region(&region, m)?;
            return self.give(region.leaf, made);
        }
        let variables = wanted.iter().filter(|&&wanted| wanted).count();
        let made = match (&node.op, node.op.rule()) {
            (Op::Div(_), _) if wanted[1] => self.quotient(node, m, &wanted)?,
            (Op::Where(_), _) if wanted[0] => self.choice(node, m)?,
            (Op::MaxPool(_) | Op::ReduceMax(_) | Op::Max(_), _) => {
                self.maximum(node, m, &wanted)?
            }
            (Op::TopK(top), _) => {
                let axes = vec![top.axis];
                vec![Some(self.through_lines(node, m, axes)?)]
            }
            (Op::Gate(_), _) if wanted[1] => self.gate(node, m, &wanted)?,
            (Op::Scatter(scatter), _) => match scatter.reduction {
                Reduction::Max | Reduction::Min => self.maximum(node, m, &wanted)?,
                Reduction::Mul => self.through_product(node, m, &wanted)?,
                Reduction::Add | Reduction::Overwrite => self.vjps(node, &arrived, &wanted)?,
            },
            // Halfway between the two, the other factor of a product is what
            // makes it exact; sums and moves know no other factor.
            (_, Rule::Product | Rule::Factor) => {
                let mut halfway = node.clone();
                for input in &mut halfway.inputs {
                    *input = self.middle(*input)?;
                }
                self.vjps(&halfway, &arrived, &wanted)?
            }
            // Factor and shift of a batch normalisation are known numbers.
            (_, Rule::Affine) if wanted[1..].contains(&true) => return Err(no_rule(node)),
            (_, Rule::Sum | Rule::Affine | Rule::Pool | Rule::Collect | Rule::Route) => {
                self.vjps(node, &arrived, &wanted)?
            }
            (_, Rule::Pass | Rule::Constant) if variables == 1 => {
                self.function(node, m, &wanted)?
            }
            (_, Rule::Constant) if node.inputs.len() == 2 => self.comparison(node, m)?,
            (Op::LayerNorm(norm), _) => vec![Some(self.normalised(node, *norm, m)?)],
            (_, Rule::Expansion) => vec![Some(self.exponentials(node, m)?)],
            _ => return Err(no_rule(node)),
        };
        for ((&input, made), wanted) in node.inputs.iter().zip(made).zip(wanted) {
            if let (Some(made), true) = (made, wanted) {
                self.give(input, made)?;
            }
        }
        Ok(())
    }

    /// Adds to the multiplier of a value.
    fn give(&mut self, value: ValueId, made: ValueId) -> Result<(), NetworkError> {
        let sum = match self.multipliers[value.index()] {
            Some(earlier) => self.graph.push(Add, &[earlier, made])?,
            None => made,
        };
        self.multipliers[value.index()] = Some(sum);
        Ok(())
    }

    fn vjps(
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

    /// `Δy / Δx`, or `slope` where `Δx` is nothing.
    fn ratio(
        &mut self,
        dy: ValueId,
        dx: ValueId,
        slope: Option<ValueId>,
    ) -> Result<ValueId, NetworkError> {
        let (tiny, one) = (self.graph.scalar(NOTHING), self.graph.scalar(1.0));
        let size = self.graph.push(Abs, &[dx])?;
        let far = self.graph.push(Greater, &[size, tiny])?;
        let divisor = self.graph.push(Where, &[far, dx, one])?;
        let ratio = self.graph.push(Div, &[dy, divisor])?;
        let slope = slope.unwrap_or_else(|| self.graph.scalar(0.0));
        self.graph.push(Where, &[far, ratio, slope])
    }

    fn narrow(&mut self, multiplier: ValueId, input: ValueId) -> Result<ValueId, NetworkError> {
        let mut back = Backward {
            graph: self.graph,
            inputs: &[input],
            outputs: &[],
            adjoints: &[],
            wanted: &[true],
        };
        crate::ops::prelude::unbroadcast(&mut back, multiplier, input)
    }
}

/// Whether what an operation makes of the input stands on both sides, as
/// integers do: the step that a quantiser takes from its numbers.
fn is_frozen(op: &Op) -> bool {
    matches!(op, Op::DynamicStep(_))
}

fn no_rule(node: &Node) -> NetworkError {
    NetworkError::NoRule {
        node: node.name.clone(),
        op: node.op.name(),
        transform: "DeepLIFT",
    }
}
