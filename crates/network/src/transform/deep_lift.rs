//! DeepLIFT with the rescale rule, as a graph.
//!
//! The network runs beside itself on a baseline, and differences
//! `Δt = t(x) − t(b)` take the place of derivatives. A multiplier `m` goes back
//! from the explained value, for which it is 1:
//!
//! * through linear operations as an adjoint;
//! * through a function of one number: `m_x = m_y Δy / Δx`, the derivative
//!   where `|Δx| < 10⁻¹⁰`;
//! * through a product: `Δ(a b) = Δa (b + b_0)/2 + Δb (a + a_0)/2`, a quotient
//!   as a product with the reciprocal, a choice by a condition as
//!   `c a + (1 − c) b`;
//! * through a maximum `y`: `max(y, y_0) − y_0` belongs to the winner on the
//!   input, `y − max(y, y_0)` to the winner on the baseline;
//! * through a softmax as what it is made of: exponentials, their sum, a product.
//!
//! The attribution is `A_i = m_i Δx_i`.
//!
//! * **Completeness:** each of these is exact, so `Σ A = f(x) − f(b)`.
//! * **Units:** those of the explained value.
//! * Integers (the positions of nearest neighbours) are those of the input on
//!   both sides: such a graph is frozen.
//! * **Reference:** A. Shrikumar, P. Greenside, A. Kundaje, arXiv:1704.02685,
//!   section 3.5.1. Products and maxima are not in the paper; those of a
//!   maximum are captum's.

use std::collections::HashMap;

use crate::error::NetworkError;
use crate::graph::{Graph, Kind, Node, ValueId, show};
use crate::ops::{
    Abs, Add, Backward, Div, Exp, Expand, Greater, Log, Max, Mul, Neg, Op, ReduceMax, ReduceMean,
    ReduceSum, Reshape, Rule, Sub, Where,
};
use crate::transform::gradient::full;

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
    let active = graph.depends_on(wrt);
    let needed = graph.needed_for(&[of]);
    let nodes: Vec<Node> = graph.nodes().to_vec();
    let mut lift = Lift {
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
                let difference = lift.difference(value)?;
                lift.graph.push(Mul, &[multiplier, difference])
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
}

impl Lift<'_> {
    /// The node on the baseline.
    fn run_beside(&mut self, node: &Node) -> Result<(), NetworkError> {
        let changes = node
            .inputs
            .iter()
            .any(|input| self.references.contains_key(input));
        let real = |graph: &Graph, value: ValueId| graph.ty(value).kind == Kind::Real;
        if !changes || !node.outputs.iter().any(|&output| real(self.graph, output)) {
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

    fn difference(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
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
        let variables = wanted.iter().filter(|&&wanted| wanted).count();
        let made = match (&node.op, node.op.rule()) {
            (Op::Div(_), _) if wanted[1] => self.quotient(node, m, &wanted)?,
            (Op::Where(_), _) if wanted[0] => self.choice(node, m)?,
            (Op::MaxPool(_) | Op::ReduceMax(_) | Op::Max(_), _) => {
                self.maximum(node, m, &wanted)?
            }
            (Op::TopK(_) | Op::Gate(_), _) => return Err(no_rule(node)),
            (Op::Scatter(_), Rule::Route) if !overwrites(&node.op) => return Err(no_rule(node)),
            // Halfway between the two, the other factor of a product is what
            // makes it exact; sums and moves know no other factor.
            (_, Rule::Product | Rule::Factor) => {
                let mut halfway = node.clone();
                for input in &mut halfway.inputs {
                    *input = self.middle(*input)?;
                }
                self.vjps(&halfway, &arrived, &wanted)?
            }
            (_, Rule::Sum | Rule::Affine | Rule::Pool | Rule::Collect | Rule::Route) => {
                self.vjps(node, &arrived, &wanted)?
            }
            (_, Rule::Pass | Rule::Constant) if variables == 1 => {
                self.function(node, m, &wanted)?
            }
            (_, Rule::Constant) if node.inputs.len() == 2 => self.comparison(node, m)?,
            (Op::LayerNorm(norm), _) => vec![Some(self.normalised(node, norm.axis, m)?)],
            (_, Rule::Expansion) => vec![Some(self.exponentials(node, m)?)],
            _ => return Err(no_rule(node)),
        };
        for ((&input, made), wanted) in node.inputs.iter().zip(made).zip(wanted) {
            if let (Some(made), true) = (made, wanted) {
                let sum = match self.multipliers[input.index()] {
                    Some(earlier) => self.graph.push(Add, &[earlier, made])?,
                    None => made,
                };
                self.multipliers[input.index()] = Some(sum);
            }
        }
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

    /// A function of the one number that varies.
    fn function(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let at = wanted.iter().position(|&wanted| wanted).unwrap_or(0);
        let (x, y) = (node.inputs[at], node.outputs[0]);
        let one = full(self.graph, 1.0, y)?;
        let mut seeds = vec![None; node.outputs.len()];
        seeds[0] = Some(one);
        // The derivative has the shape of the result where both are broadcast
        // to it.
        let mut whole = node.clone();
        let shape = self.graph.shape(y).to_vec();
        whole.inputs[at] = self.graph.push(Expand { shape }, &[x])?;
        let slope = self.vjps(&whole, &seeds, wanted)?[at];
        let (dx, dy) = (self.difference(x)?, self.difference(y)?);
        let ratio = self.ratio(dy, dx, slope)?;
        let multiplier = self.graph.push(Mul, &[m, ratio])?;
        let mut made = vec![None; node.inputs.len()];
        made[at] = Some(self.narrow(multiplier, x)?);
        Ok(made)
    }

    /// A comparison is a step of the difference of its sides.
    fn comparison(
        &mut self,
        node: &Node,
        m: ValueId,
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let (a, b) = (node.inputs[0], node.inputs[1]);
        let (da, db) = (self.difference(a)?, self.difference(b)?);
        let dx = self.graph.push(Sub, &[da, db])?;
        let dy = self.difference(node.outputs[0])?;
        let ratio = self.ratio(dy, dx, None)?;
        let multiplier = self.graph.push(Mul, &[m, ratio])?;
        let minus = self.graph.push(Neg, &[multiplier])?;
        Ok(vec![
            Some(self.narrow(multiplier, a)?),
            Some(self.narrow(minus, b)?),
        ])
    }

    /// `a / b = a · (1 / b)`, with `Δ(1/b) = −Δb / (b b₀)`.
    fn quotient(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let (a, b) = (node.inputs[0], node.inputs[1]);
        let b0 = self.reference(b);
        let one = self.graph.scalar(1.0);
        let inverse = self.graph.push(Div, &[one, b])?;
        let inverse0 = self.graph.push(Div, &[one, b0])?;
        self.references.insert(inverse, inverse0);
        let factor = self.middle(inverse)?;
        let to_a = self.graph.push(Mul, &[m, factor])?;
        let middle = self.middle(a)?;
        let to_inverse = self.graph.push(Mul, &[m, middle])?;
        let slope = self.graph.push(Mul, &[inverse, inverse0])?;
        let to_b = self.graph.push(Mul, &[to_inverse, slope])?;
        let to_b = self.graph.push(Neg, &[to_b])?;
        let to_a = if wanted[0] {
            Some(self.narrow(to_a, a)?)
        } else {
            None
        };
        Ok(vec![to_a, Some(self.narrow(to_b, b)?)])
    }

    /// `c a + (1 − c) b` of a condition `c` that is 0 or 1.
    fn choice(&mut self, node: &Node, m: ValueId) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let [condition, a, b] = [0, 1, 2].map(|i| node.inputs[i]);
        let zero = self.graph.scalar(0.0);
        let one = self.graph.scalar(1.0);
        let condition0 = self.reference(condition);
        let yes = self.graph.push(Where, &[condition, one, zero])?;
        let yes0 = self.graph.push(Where, &[condition0, one, zero])?;
        self.references.insert(yes, yes0);
        let share = self.middle(yes)?;
        let rest = self.graph.push(Sub, &[one, share])?;
        let (middle_a, middle_b) = (self.middle(a)?, self.middle(b)?);
        let step = self.graph.push(Sub, &[middle_a, middle_b])?;
        let to_condition = self.graph.push(Mul, &[m, step])?;
        let to_a = self.graph.push(Mul, &[m, share])?;
        let to_b = self.graph.push(Mul, &[m, rest])?;
        let mut made = Vec::with_capacity(3);
        for (multiplier, input) in [(to_condition, condition), (to_a, a), (to_b, b)] {
            made.push(Some(self.narrow(multiplier, input)?));
        }
        Ok(made)
    }

    /// What a maximum gained goes to its winner on the input, what it lost to
    /// its winner on the baseline.
    fn maximum(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let y = node.outputs[0];
        let y0 = self.reference(y);
        let larger = self.graph.push(Max, &[y, y0])?;
        let gained = self.graph.push(Sub, &[larger, y0])?;
        let lost = self.graph.push(Sub, &[y, larger])?;
        let inputs0: Vec<ValueId> = node
            .inputs
            .iter()
            .map(|&input| self.reference(input))
            .collect();
        let beside = Node {
            name: node.name.clone(),
            op: node.op.clone(),
            outputs: self.graph.node("", node.op.clone(), &inputs0)?,
            inputs: inputs0,
        };
        let mut made = vec![None; node.inputs.len()];
        let mut parts = Vec::new();
        for (node, change) in [(node, gained), (&beside, lost)] {
            let share = self.graph.push(Mul, &[m, change])?;
            let mut seeds = vec![None; node.outputs.len()];
            seeds[0] = Some(share);
            parts.push(self.vjps(node, &seeds, wanted)?);
        }
        for (i, made) in made.iter_mut().enumerate() {
            if let (Some(gained), Some(lost), true) = (parts[0][i], parts[1][i], wanted[i]) {
                let sum = self.graph.push(Add, &[gained, lost])?;
                let dx = self.difference(node.inputs[i])?;
                *made = Some(self.ratio(sum, dx, None)?);
            }
        }
        Ok(made)
    }

    /// Softmax, its logarithm, and the logarithm of a sum of exponentials, by
    /// `e = exp(x − c)`, `S = Σ e`; `c` is the same on both sides.
    fn exponentials(&mut self, node: &Node, m: ValueId) -> Result<ValueId, NetworkError> {
        let x = node.inputs[0];
        let axes = match &node.op {
            Op::Softmax(op) => vec![op.axis],
            Op::LogSoftmax(op) => vec![op.axis],
            Op::ReduceLogSumExp(op) => op.axes.clone(),
            _ => return Err(no_rule(node)),
        };
        let top = ReduceMax {
            axes: axes.clone(),
            keep: true,
        };
        let over = ReduceSum { axes, keep: true };
        let x0 = self.reference(x);
        let (top0, top) = (
            self.graph.push(top.clone(), &[x0])?,
            self.graph.push(top, &[x])?,
        );
        let top = self.graph.push(Max, &[top, top0])?;
        let exp = |lift: &mut Self, x: ValueId| {
            let shifted = lift.graph.push(Sub, &[x, top])?;
            lift.graph.push(Exp, &[shifted])
        };
        let (e, e0) = (exp(self, x)?, exp(self, x0)?);
        self.references.insert(e, e0);
        let (sum, sum0) = (
            self.graph.push(over.clone(), &[e])?,
            self.graph.push(over.clone(), &[e0])?,
        );
        self.references.insert(sum, sum0);
        let dx = self.difference(x)?;
        let de = self.difference(e)?;
        let slope = self.ratio(de, dx, Some(e))?;
        if let Op::Softmax(_) = node.op {
            let one = self.graph.scalar(1.0);
            let (r, r0) = (
                self.graph.push(Div, &[one, sum])?,
                self.graph.push(Div, &[one, sum0])?,
            );
            self.references.insert(r, r0);
            let (factor, middle) = (self.middle(r)?, self.middle(e)?);
            let direct = self.graph.push(Mul, &[m, factor])?;
            let weighted = self.graph.push(Mul, &[m, middle])?;
            let total = self.graph.push(over, &[weighted])?;
            let inverse = self.graph.push(Mul, &[r, r0])?;
            let shared = self.graph.push(Mul, &[total, inverse])?;
            let to_e = self.graph.push(Sub, &[direct, shared])?;
            return self.graph.push(Mul, &[to_e, slope]);
        }
        let (log, log0) = (
            self.graph.push(Log, &[sum])?,
            self.graph.push(Log, &[sum0])?,
        );
        self.references.insert(log, log0);
        let (dsum, dlog) = (self.difference(sum)?, self.difference(log)?);
        let one = self.graph.scalar(1.0);
        let inverse = self.graph.push(Div, &[one, sum])?;
        let per_sum = self.ratio(dlog, dsum, Some(inverse))?;
        if let Op::LogSoftmax(_) = node.op {
            let total = self.graph.push(over, &[m])?;
            let shared = self.graph.push(Mul, &[total, per_sum])?;
            let shared = self.graph.push(Mul, &[shared, slope])?;
            return self.graph.push(Sub, &[m, shared]);
        }
        let shape = self.graph.shape(sum).to_vec();
        let kept = self.graph.push(Reshape { shape }, &[m])?;
        let shared = self.graph.push(Mul, &[kept, per_sum])?;
        self.graph.push(Mul, &[shared, slope])
    }

    /// `d s` with `d = x − mean(x)` and `s = (mean(d²) + ε)^(−1/2)`, one over
    /// the deviation.
    fn normalised(
        &mut self,
        node: &Node,
        axis: usize,
        m: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let (y, s) = (node.outputs[0], node.outputs[1]);
        let axes: Vec<usize> = (axis..self.graph.shape(y).len()).collect();
        let mean = ReduceMean {
            axes: axes.clone(),
            keep: true,
        };
        let sum = ReduceSum { axes, keep: true };
        let one = self.graph.scalar(1.0);
        let mut centred = Vec::new();
        let mut widths = Vec::new();
        for (y, s) in [(y, s), (self.reference(y), self.reference(s))] {
            centred.push(self.graph.push(Div, &[y, s])?);
            let square = self.graph.push(Mul, &[s, s])?;
            widths.push(self.graph.push(Div, &[one, square])?);
        }
        self.references.insert(centred[0], centred[1]);
        self.references.insert(widths[0], widths[1]);
        let (d, scale) = (self.middle(centred[0])?, self.middle(s)?);
        let direct = self.graph.push(Mul, &[m, scale])?;
        let along = self.graph.push(Mul, &[m, d])?;
        let to_scale = self.graph.push(sum, &[along])?;
        // Δs / Δv of s = v^(−1/2); the derivative is −s³/2.
        let (ds, dv) = (self.difference(s)?, self.difference(widths[0])?);
        let half = self.graph.scalar(-0.5);
        let square = self.graph.push(Mul, &[s, s])?;
        let cube = self.graph.push(Mul, &[square, s])?;
        let slope = self.graph.push(Mul, &[cube, half])?;
        let per_width = self.ratio(ds, dv, Some(slope))?;
        let to_width = self.graph.push(Mul, &[to_scale, per_width])?;
        // v is a mean of squares: Δ(d²) = 2 d̄ Δd; the mean's share is taken of
        // ones, whatever the length of a line.
        let ones = full(self.graph, 1.0, y)?;
        let over = ReduceSum {
            axes: mean.axes.clone(),
            keep: true,
        };
        let count = self.graph.push(over, &[ones])?;
        let each = self.graph.push(Div, &[to_width, count])?;
        let two = self.graph.scalar(2.0);
        let twice = self.graph.push(Mul, &[d, two])?;
        let through = self.graph.push(Mul, &[each, twice])?;
        let to_centred = self.graph.push(Add, &[direct, through])?;
        let level = self.graph.push(mean, &[to_centred])?;
        self.graph.push(Sub, &[to_centred, level])
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

/// Whether a scatter only moves numbers.
fn overwrites(op: &Op) -> bool {
    matches!(op, Op::Scatter(scatter) if scatter.reduction == crate::ops::Reduction::Overwrite)
}

fn no_rule(node: &Node) -> NetworkError {
    NetworkError::NoRule {
        node: node.name.clone(),
        op: node.op.name(),
        transform: "DeepLIFT",
    }
}
