//! Functions of many numbers that are written in several operations, as one.
//!
//! A normalisation `x / ‖x‖`, `x / √(mean(x²) + ε)`, `e^x · mask / Σ e^x · mask`, a
//! norm `√(Σ x²)` or a deviation is one function of `x` alone, without weights.
//! Its multiplier is the mean of its Jacobian on the straight path of `x`,
//!
//! $$ m_x = \int_0^1 J(x_0 + t (x - x_0))^T m'\,\mathrm{d}t $$
//!
//! and not the product of the multipliers of its parts, of which those of a
//! quotient and its divisor may be large and cancel. What is found: the nearest
//! value that a product, quotient, root, power or logarithm depends on alone,
//! through sums over some sides and functions of single numbers.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::path::Point;
use super::{Lift, no_rule};
use crate::error::NetworkError;
use crate::graph::{Dim, Kind, Node, ValueId};
use crate::ops::{
    Abs, Add, Backward, Clip, Div, Finite, Greater, GreaterOrEqual, Max, Mul, Neg, Op, ReduceMax,
    ReduceSum, Reshape, Rule, Sub, Where,
};

/// More operations than any normalisation is written in.
const MOST: usize = 24;

/// Points on each side of where the function is narrowest.
const POINTS: usize = 24;

/// Points for functions that are the same everywhere.
const EVEN: usize = 32;

/// The part of the path at its ends that is taken as one step: below the width of any
/// narrowest place that the points are dense around.
const AT_ONCE: f64 = 1e-9;

/// The share of a jump that is no motion behind it but rounding in single precision.
const STILL: f64 = 1e-5;

/// A function of one value.
pub(super) struct Region {
    pub leaf: ValueId,
    /// Its nodes, in order; the last makes the value.
    nodes: Vec<Node>,
}

impl Lift<'_> {
    /// The function that ends in a node, if it is one of several operations.
    pub(super) fn region(&self, node: &Node, wanted: &[bool]) -> Option<Region> {
        let joint = match &node.op {
            Op::Div(_) => wanted[0] && wanted[1],
            Op::Mul(_) => wanted[0] && wanted[1] && node.inputs[0] != node.inputs[1],
            Op::Sqrt(_) | Op::Log(_) | Op::Reciprocal(_) => false,
            Op::Pow(_) if wanted[1..].iter().all(|wanted| !wanted) => false,
            _ => return None,
        };
        let mut open: BTreeSet<ValueId> = self.varying(node).collect();
        let mut nodes = vec![node.clone()];
        let (mut pooled, mut bent, mut news) = (false, joint, true);
        let mut found = None;
        loop {
            if open.len() == 1 && pooled && bent && std::mem::take(&mut news) {
                found = open.first().map(|&leaf| (leaf, nodes.len()));
            }
            let Some(value) = open.pop_last() else { break };
            let Some(maker) = self.graph.producer(value) else {
                break;
            };
            if maker.outputs.len() != 1 || nodes.len() == MOST {
                break;
            }
            let varying = self.varying(maker).count();
            match (&maker.op, maker.op.rule()) {
                (Op::ReduceMax(_), _) | (_, Rule::Pool) => {
                    pooled = true;
                    news = true;
                }
                (Op::Exp(_) | Op::Sqrt(_) | Op::Log(_) | Op::Reciprocal(_) | Op::Abs(_), _) => {
                    bent |= pooled;
                    news = true;
                }
                (Op::Pow(_), _) if varying == 1 => {
                    bent |= pooled;
                    news = true;
                }
                (_, Rule::Factor) => {
                    let bends =
                        varying > 1 || (matches!(maker.op, Op::Div(_)) && self.divides(maker));
                    bent |= pooled && bends;
                    news |= bends;
                }
                (
                    Op::Reshape(_)
                    | Op::Expand(_)
                    | Op::Transpose(_)
                    | Op::Identity(_)
                    | Op::Clip(_),
                    _,
                )
                | (_, Rule::Sum) => {}
                // A guard that puts a number in the place of a norm of 0.
                (Op::Where(_), _) if !maker.inputs[1..].iter().all(|&i| self.varies(i)) => {}
                (Op::Max(_) | Op::Equal(_) | Op::Greater(_) | Op::GreaterOrEqual(_), _)
                    if varying == 1 => {}
                _ => break,
            }
            open.extend(self.varying(maker));
            nodes.push(maker.clone());
        }
        let (leaf, count) = found?;
        nodes.truncate(count);
        // In the order of the graph, each once.
        nodes.sort_by_key(|node| node.outputs[0]);
        nodes.dedup_by_key(|node| node.outputs[0]);
        Some(Region { leaf, nodes })
    }

    /// The inputs of a node that are not the same on the baseline.
    fn varying<'n>(&'n self, node: &'n Node) -> impl Iterator<Item = ValueId> + 'n {
        let inputs = node.inputs.iter().copied();
        inputs.filter(|&value| self.varies(value))
    }

    fn varies(&self, value: ValueId) -> bool {
        self.active[value.index()] && self.graph.ty(value).kind == Kind::Real
    }

    fn divides(&self, node: &Node) -> bool {
        self.active[node.inputs[1].index()]
    }

    /// The multiplier of what a function is made of.
    pub(super) fn through_region(
        &mut self,
        region: &Region,
        m: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let Region { leaf, nodes } = region;
        let (axes, row) = self.rows(*leaf, nodes);
        let mut points = self.points_of(*leaf, nodes, (&axes, &row))?;
        let last = nodes.last().map(|node| node.outputs[0]);
        let y = last.unwrap_or(*leaf);
        let over = ReduceSum { axes, keep: true };
        let ends = self.at_the_ends(*leaf, nodes, (y, m), &mut points)?;
        let mut mean = self.averaged(nodes, &[*leaf], (y, m), &points)?[0];
        if let Some((ends, jump)) = ends {
            mean = self.where_it_moves(mean, y, jump, (&over, &row))?;
            mean = self.graph.push(Add, &[mean, ends])?;
        }
        let (dx, dy) = (self.difference(*leaf)?, self.difference(y)?);
        let due = self.graph.push(Mul, &[m, dy])?;
        let Some(due) = self.per_row(due, &over, &row)? else {
            return Ok(mean);
        };
        self.completed(mean, dx, due, &over)
    }

    /// What a function that makes one number of each does within [`AT_ONCE`] of both
    /// ends of the path, where no points are then: a vector over its length jumps
    /// where it leaves 0. It belongs to each number itself, as it would for a guard of
    /// any width, `x / max(‖x‖, ε)`. The multiplier of that, and the jump.
    fn at_the_ends(
        &mut self,
        leaf: ValueId,
        nodes: &[Node],
        (y, m): (ValueId, ValueId),
        points: &mut [Point],
    ) -> Result<Option<(ValueId, ValueId)>, NetworkError> {
        let divides = nodes.iter().any(|node| matches!(node.op, Op::Div(_)));
        if self.graph.shape(y) != self.graph.shape(leaf) || !divides {
            return Ok(None);
        }
        let [near, far, zero] = [AT_ONCE, 1.0 - AT_ONCE, 0.0].map(|x| self.graph.scalar(x));
        for [t, rest, weight] in points {
            let within = self.least(*t, *rest)?;
            let within = self.graph.push(GreaterOrEqual, &[within, near])?;
            *weight = self.graph.push(Where, &[within, *weight, zero])?;
        }
        let ends = [self.reference(leaf), leaf];
        let mut jump = None;
        for (place, sign) in [([near, far, zero], 1.0), ([far, near, zero], -1.0)] {
            let at = self.on_the_way(ends, place)?;
            let mut moved = HashMap::from([(leaf, at)]);
            for node in nodes {
                self.moved(node, &mut moved)?;
            }
            let end = if sign > 0.0 { self.reference(y) } else { y };
            let (from, to) = if sign > 0.0 {
                (end, moved[&y])
            } else {
                (moved[&y], end)
            };
            let part = self.graph.push(Sub, &[to, from])?;
            jump = Some(match jump {
                Some(jump) => self.graph.push(Add, &[jump, part])?,
                None => part,
            });
        }
        let Some(jump) = jump else { return Ok(None) };
        let jump = self.graph.push(Finite, &[jump, jump])?;
        let share = self.graph.push(Mul, &[m, jump])?;
        let dx = self.difference(leaf)?;
        Ok(Some((self.ratio(share, dx, None)?, jump)))
    }

    /// 0 in rows that do all they do at the ends. (On a straight way out of 0 the
    /// direction stands still, and the slopes of its numbers only cancel, as large as
    /// the logarithm of the width of a guard.)
    fn where_it_moves(
        &mut self,
        mean: ValueId,
        y: ValueId,
        jump: ValueId,
        (over, row): (&ReduceSum, &[Dim]),
    ) -> Result<ValueId, NetworkError> {
        let change = self.difference(y)?;
        let rest = self.graph.push(Sub, &[change, jump])?;
        let mut sizes = Vec::with_capacity(2);
        for value in [rest, jump] {
            let size = self.graph.push(Abs, &[value])?;
            let Some(size) = self.per_row(size, over, row)? else {
                return Ok(mean);
            };
            sizes.push(size);
        }
        let [still, zero] = [STILL, 0.0].map(|number| self.graph.scalar(number));
        let least = self.graph.push(Mul, &[sizes[1], still])?;
        let stands = self.graph.push(Greater, &[least, sizes[0]])?;
        self.graph.push(Where, &[stands, zero, mean])
    }

    /// A product of several numbers: a polynomial, for which the points are exact.
    pub(super) fn through_product(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let points = self.even(EVEN);
        let nodes = std::slice::from_ref(node);
        let inputs = node.inputs.iter().zip(wanted);
        let leaves: Vec<ValueId> = inputs
            .filter(|(_, wanted)| **wanted)
            .map(|(&input, _)| input)
            .collect();
        let means = self.averaged(nodes, &leaves, (node.outputs[0], m), &points)?;
        let mut means = means.into_iter();
        Ok(wanted
            .iter()
            .map(|&wanted| if wanted { means.next() } else { None })
            .collect())
    }

    /// The sides that a function reduces, and the shape of one number per row; of
    /// all but the events where that cannot be told.
    fn rows(&self, leaf: ValueId, nodes: &[Node]) -> (Vec<usize>, Vec<Dim>) {
        let shape = self.graph.shape(leaf).to_vec();
        let mut axes = BTreeSet::new();
        let mut plain = true;
        for node in nodes {
            let own = self.graph.shape(node.inputs[0]) == shape;
            match &node.op {
                Op::ReduceSum(op) if own && op.keep => axes.extend(&op.axes),
                Op::ReduceMean(op) if own && op.keep => axes.extend(&op.axes),
                Op::ReduceMax(op) if own && op.keep => axes.extend(&op.axes),
                Op::Reshape(_) | Op::Transpose(_) => plain = false,
                op => plain &= !matches!(op.rule(), Rule::Pool),
            }
        }
        if !plain {
            axes = (usize::from(shape.len() > 1)..shape.len()).collect();
        }
        let one = |i: usize, side: &Dim| {
            if axes.contains(&i) {
                Dim::fixed(1)
            } else {
                side.clone()
            }
        };
        let row = shape.iter().enumerate().map(|(i, side)| one(i, side));
        let row = row.collect();
        (axes.into_iter().collect(), row)
    }

    /// Sums a value of any shape to one number per row, if it can be told which
    /// row each number is of.
    fn per_row(
        &mut self,
        value: ValueId,
        over: &ReduceSum,
        row: &[Dim],
    ) -> Result<Option<ValueId>, NetworkError> {
        let shape = self.graph.shape(value).to_vec();
        if shape == row {
            return Ok(Some(value));
        }
        if shape.len() == row.len() {
            let sum = self.graph.push(over.clone(), &[value])?;
            return Ok((self.graph.shape(sum) == row).then_some(sum));
        }
        let whole = row.iter().skip(1).all(|side| side.known() == Some(1));
        if whole && shape.first() == row.first() {
            let axes: Vec<usize> = (1..shape.len()).collect();
            let sum = if axes.is_empty() {
                value
            } else {
                self.graph.push(ReduceSum { axes, keep: true }, &[value])?
            };
            let shape = row.to_vec();
            return self.graph.push(Reshape { shape }, &[sum]).map(Some);
        }
        // A side that was left out instead of being kept.
        let left: Vec<Dim> = row
            .iter()
            .enumerate()
            .filter(|(i, _)| !over.axes.contains(i))
            .map(|(_, side)| side.clone())
            .collect();
        if shape == left {
            let shape = row.to_vec();
            return self.graph.push(Reshape { shape }, &[value]).map(Some);
        }
        Ok(None)
    }

    /// Points that are dense where what is divided by, or what a root is taken of,
    /// is smallest on the path: as if it were a parabola.
    fn points_of(
        &mut self,
        leaf: ValueId,
        nodes: &[Node],
        (axes, row): (&[usize], &[Dim]),
    ) -> Result<Vec<Point>, NetworkError> {
        // Exponentials are not: they change where the largest of a row is another one.
        let exponential = nodes.iter().find(|node| matches!(node.op, Op::Exp(_)));
        if let Some(power) = exponential.map(|node| node.inputs[0])
            && self.graph.shape(power) == self.graph.shape(leaf)
            && !axes.is_empty()
        {
            let ends = self.scores_in_reach([self.reference(power), power], axes)?;
            let change = self.graph.push(Sub, &[ends[1], ends[0]])?;
            return self.where_winners_change(ends, change, axes);
        }
        let divisor = nodes.iter().find_map(|node| match &node.op {
            Op::Sqrt(_) | Op::Log(_) | Op::Reciprocal(_) | Op::Pow(_) => Some(node.inputs[0]),
            Op::Div(_) if self.active[node.inputs[1].index()] => Some(node.inputs[1]),
            _ => None,
        });
        let inner = |value| nodes.iter().any(|node| node.outputs[0] == value);
        let Some(divisor) = divisor.filter(|&value| inner(value) && exponential.is_none()) else {
            return Ok(self.even(EVEN));
        };
        let Point3 { ends, middle } = self.three(leaf, nodes, divisor)?;
        let mut heights = Vec::with_capacity(3);
        for value in [ends[0], ends[1], middle] {
            let size = self.graph.push(Abs, &[value])?;
            let Some(size) = self.least_per_row(size, row)? else {
                return Ok(self.even(EVEN));
            };
            heights.push(size);
        }
        // The curvature of the parabola v0 (1 − t) + v1 t − c t (1 − t).
        let [two, tiny] = [2.0, 1e-30].map(|number| self.graph.scalar(number));
        let sum = self.graph.push(Add, &[heights[0], heights[1]])?;
        let half = self.graph.push(Mul, &[heights[2], two])?;
        let c = self.graph.push(Sub, &[sum, half])?;
        let c = self.graph.push(Mul, &[c, two])?;
        let (place, width) = self.narrowest([heights[0], heights[1], c], tiny)?;
        // A straight line is as narrow as its least height over its slope.
        let rise = self.graph.push(Sub, &[heights[0], heights[1]])?;
        let rise = self.graph.push(Abs, &[rise])?;
        let rise = self.graph.push(Add, &[rise, tiny])?;
        let lower = self.graph.push(Max, &[heights[0], heights[1]])?;
        let lower = self.graph.push(Sub, &[sum, lower])?;
        let line = self.graph.push(Div, &[lower, rise])?;
        let line = self.graph.push(
            Clip {
                low: 1e-9,
                high: 10.0,
            },
            &[line],
        )?;
        // The smaller of both.
        let [a, b] = [self.minus(width)?, self.minus(line)?];
        let width = self.graph.push(Max, &[a, b])?;
        let width = self.graph.push(Neg, &[width])?;
        let points = self.around(place, width, POINTS)?;
        self.apart(points, row)
    }

    /// A value of a function at both ends of the path and halfway.
    fn three(
        &mut self,
        leaf: ValueId,
        nodes: &[Node],
        value: ValueId,
    ) -> Result<Point3, NetworkError> {
        let middle = self.middle(leaf)?;
        let mut moved = HashMap::from([(leaf, middle)]);
        for node in nodes.iter().take_while(|node| node.outputs[0] <= value) {
            self.moved(node, &mut moved)?;
        }
        Ok(Point3 {
            ends: [self.reference(value), value],
            middle: moved.get(&value).copied().unwrap_or(middle),
        })
    }

    /// The node on moved inputs.
    fn moved(
        &mut self,
        node: &Node,
        moved: &mut HashMap<ValueId, ValueId>,
    ) -> Result<Node, NetworkError> {
        let inputs: Vec<ValueId> = node
            .inputs
            .iter()
            .map(|input| moved.get(input).copied().unwrap_or(*input))
            .collect();
        let outputs = self.graph.node("", node.op.clone(), &inputs)?;
        moved.extend(node.outputs.iter().copied().zip(outputs.iter().copied()));
        Ok(Node {
            name: node.name.clone(),
            op: node.op.clone(),
            inputs,
            outputs,
        })
    }

    /// The least number of each row, if the sides fit.
    fn least_per_row(
        &mut self,
        value: ValueId,
        row: &[Dim],
    ) -> Result<Option<ValueId>, NetworkError> {
        let shape = self.graph.shape(value).to_vec();
        if shape == row {
            return Ok(Some(value));
        }
        if shape.len() != row.len() {
            return Ok(None);
        }
        let axes: Vec<usize> = (0..row.len()).filter(|&i| shape[i] != row[i]).collect();
        let minus = self.minus(value)?;
        let top = self.graph.push(ReduceMax { axes, keep: true }, &[minus])?;
        let least = self.minus(top)?;
        Ok((self.graph.shape(least) == row).then_some(least))
    }

    /// The mean of the vector–Jacobian product of some nodes over the points, for
    /// each leaf, which move from the baseline to the input.
    fn averaged(
        &mut self,
        nodes: &[Node],
        leaves: &[ValueId],
        (y, m): (ValueId, ValueId),
        points: &[Point],
    ) -> Result<Vec<ValueId>, NetworkError> {
        let mut sums: Vec<Option<ValueId>> = vec![None; leaves.len()];
        for &point in points {
            let (_, adjoints) = self.at_point(nodes, leaves, (y, m), point)?;
            for (sum, adjoint) in sums.iter_mut().zip(adjoints) {
                let Some(adjoint) = adjoint else { continue };
                let part = self.graph.push(Mul, &[adjoint, point[2]])?;
                *sum = Some(match *sum {
                    Some(sum) => self.graph.push(Add, &[sum, part])?,
                    None => part,
                });
            }
        }
        let mut all = Vec::with_capacity(leaves.len());
        for (sum, &leaf) in sums.into_iter().zip(leaves) {
            all.push(match sum {
                Some(sum) => sum,
                None => crate::transform::gradient::full(self.graph, 0.0, leaf)?,
            });
        }
        Ok(all)
    }

    /// What some nodes make at a point of the path of their leaves, and the
    /// vector–Jacobian product of each leaf there.
    pub(super) fn at_point(
        &mut self,
        nodes: &[Node],
        leaves: &[ValueId],
        (y, m): (ValueId, ValueId),
        point: Point,
    ) -> Result<(ValueId, Vec<Option<ValueId>>), NetworkError> {
        let mut moved = HashMap::new();
        for &leaf in leaves {
            let ends = [self.reference(leaf), leaf];
            let at = self.on_the_way(ends, point)?;
            moved.insert(leaf, at);
        }
        let starts: Vec<ValueId> = leaves.iter().map(|leaf| moved[leaf]).collect();
        let mut depends: HashSet<ValueId> = starts.iter().copied().collect();
        let mut copies = Vec::with_capacity(nodes.len());
        for node in nodes {
            let copy = self.moved(node, &mut moved)?;
            let real = |value: ValueId| self.graph.ty(value).kind == Kind::Real;
            if copy.inputs.iter().any(|input| depends.contains(input)) {
                depends.extend(copy.outputs.iter().copied().filter(|&value| real(value)));
            }
            copies.push(copy);
        }
        let mut adjoints = HashMap::from([(moved[&y], m)]);
        for copy in copies.iter().rev() {
            self.pull_back(copy, &depends, &mut adjoints)?;
        }
        let found = starts.iter().map(|start| adjoints.get(start).copied());
        Ok((moved[&y], found.collect()))
    }

    fn pull_back(
        &mut self,
        node: &Node,
        depends: &HashSet<ValueId>,
        adjoints: &mut HashMap<ValueId, ValueId>,
    ) -> Result<(), NetworkError> {
        let outputs = node.outputs.iter();
        let arrived: Vec<Option<ValueId>> = outputs.map(|o| adjoints.get(o).copied()).collect();
        let wanted: Vec<bool> = node.inputs.iter().map(|i| depends.contains(i)).collect();
        if arrived.iter().all(Option::is_none) || !wanted.contains(&true) {
            return Ok(());
        }
        let made = node.op.gradient(&mut Backward {
            graph: self.graph,
            inputs: &node.inputs,
            outputs: &node.outputs,
            adjoints: &arrived,
            wanted: &wanted,
        })?;
        if made.iter().all(Option::is_none) && node.op.rule() == Rule::None {
            return Err(no_rule(node));
        }
        for ((&input, made), wanted) in node.inputs.iter().zip(made).zip(wanted) {
            let (Some(made), true) = (made, wanted) else {
                continue;
            };
            let sum = match adjoints.get(&input) {
                Some(&earlier) => self.graph.push(Add, &[earlier, made])?,
                None => made,
            };
            adjoints.insert(input, sum);
        }
        Ok(())
    }
}

/// A value at the ends of the path and halfway.
struct Point3 {
    ends: [ValueId; 2],
    middle: ValueId,
}
