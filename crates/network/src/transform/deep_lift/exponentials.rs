//! Softmax, its logarithm, and the logarithm of a sum of exponentials.
//!
//! With `p(t)` the softmax at the point `t` of the straight path from `x_0` to
//! `x`,
//!
//! $$ m_j = \int_0^1 p_j(t) \Bigl( m'_j - \sum_i m'_i p_i(t) \Bigr)\,\mathrm{d}t
//!    \quad\text{(softmax)}, \qquad
//!    m_j = m' \int_0^1 p_j(t)\,\mathrm{d}t \quad\text{(log-sum-exp)} $$
//!
//! The largest score hands over from one to the next at corners (`winners.rs`), each
//! within about one over the difference of their changes; the points are dense
//! around all of them and at both ends.
//!
//! Scores more than 30,000 below the largest are a mask's (`−65504`, `−10⁹`, minus
//! infinity); they are moved up to there first, so that the path ends where the
//! numbers do, and the multiplier of what is moved is scaled by the share of its
//! change that is left. A softmax does not know what its scores have in common:
//! where the largest one changes by more than that (of a line that the baseline masks
//! as a whole), it is moved by 40 only, and no score is more than 40 below it, so
//! that what stays masked does not move.

use super::{Lift, no_rule};
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{
    Abs, Add, Exp, Finite, Greater, Max, Mul, Op, ReduceLogSumExp, ReduceMax, ReduceSum, Reshape,
    Softmax, Sub, Where,
};

/// Scores this far below the largest do not count: beyond what a model's scores
/// are, and below what half precision masks with.
const REACH: f64 = 3e4;

/// What takes its place where the largest score itself moves by more: the exponential is
/// below the rounding of double precision.
const CLOSE: f64 = 40.0;

impl Lift<'_> {
    /// The multiplier of the scores.
    pub(super) fn exponentials(
        &mut self,
        node: &Node,
        m: ValueId,
    ) -> Result<ValueId, NetworkError> {
        let x = node.inputs[0];
        let axes = match &node.op {
            Op::Softmax(op) => vec![op.axis],
            Op::LogSoftmax(op) => vec![op.axis],
            Op::ReduceLogSumExp(op) => op.axes.clone(),
            _ => return Err(no_rule(node)),
        };
        let over = ReduceSum {
            axes: axes.clone(),
            keep: true,
        };
        let x0 = self.reference(x);
        let ends = if let Op::Softmax(_) = node.op {
            self.without_what_is_common([x0, x], &axes)?
        } else {
            self.scores_in_reach([x0, x], &axes)?
        };
        let change = self.graph.push(Sub, &[ends[1], ends[0]])?;
        let points = self.where_winners_change(ends, change, &axes)?;
        let mut sum = None;
        for point in points {
            let at = self.on_the_way(ends, point)?;
            let p = self.shares(at, &axes)?;
            let part = if let Op::Softmax(_) = node.op {
                let product = self.graph.push(Mul, &[m, p])?;
                let mean = self.graph.push(over.clone(), &[product])?;
                let rest = self.graph.push(Sub, &[m, mean])?;
                self.graph.push(Mul, &[p, rest])?
            } else {
                p
            };
            let part = self.graph.push(Mul, &[part, point[2]])?;
            sum = Some(match sum {
                Some(sum) => self.graph.push(Add, &[sum, part])?,
                None => part,
            });
        }
        let mean = sum.ok_or_else(|| no_rule(node))?;
        let target = if let Op::Softmax(_) = node.op {
            let dy = self.difference(node.outputs[0])?;
            let dy = self.graph.push(Finite, &[dy, dy])?;
            let product = self.graph.push(Mul, &[m, dy])?;
            self.graph.push(over.clone(), &[product])?
        } else {
            let log = ReduceLogSumExp {
                axes: axes.clone(),
                keep: true,
            };
            let [start, end] = ends;
            let start = self.graph.push(log.clone(), &[start])?;
            let end = self.graph.push(log, &[end])?;
            self.graph.push(Sub, &[end, start])?
        };
        let mean = self.completed(mean, change, target, &over)?;
        let dx = self.difference(x)?;
        // A score so large that rounding has taken its change (of a line that a mask of
        // −3·10³⁸ forbids as a whole) hands on nothing.
        let large = self.graph.scalar(1e6);
        let size = self.graph.push(Abs, &[x])?;
        let near = self.graph.push(Greater, &[large, size])?;
        let left = self.ratio(change, dx, Some(near))?;
        let mean = self.graph.push(Mul, &[mean, left])?;
        match &node.op {
            Op::LogSoftmax(_) => {
                let total = self.graph.push(over, &[m])?;
                let shared = self.graph.push(Mul, &[total, mean])?;
                self.graph.push(Sub, &[m, shared])
            }
            Op::ReduceLogSumExp(_) => {
                let shape = self.graph.shape(target).to_vec();
                let kept = self.graph.push(Reshape { shape }, &[m])?;
                self.graph.push(Mul, &[kept, mean])
            }
            _ => Ok(mean),
        }
    }

    /// Both ends of the path of a softmax, below the largest score of the baseline; what
    /// all scores have in common is kept unless it is beyond reach.
    fn without_what_is_common(
        &mut self,
        ends: [ValueId; 2],
        axes: &[usize],
    ) -> Result<[ValueId; 2], NetworkError> {
        let [reach, close] = [REACH, CLOSE].map(|number| self.graph.scalar(number));
        let mut tops = [reach; 2];
        for (top, end) in tops.iter_mut().zip(ends) {
            let largest = self.largest(end, axes)?;
            *top = self.graph.push(Finite, &[largest, largest])?;
        }
        let gap = self.graph.push(Sub, &[tops[1], tops[0]])?;
        let size = self.graph.push(Abs, &[gap])?;
        let far = self.graph.push(Greater, &[size, reach])?;
        let reach = self.graph.push(Where, &[far, close, reach])?;
        let least = self.minus(reach)?;
        let above = self.graph.push(Max, &[gap, least])?;
        // The smaller of two is minus the larger of both with their signs changed.
        let below = self.minus(above)?;
        let below = self.graph.push(Max, &[below, least])?;
        let level = self.minus(below)?;
        let (start, top) = self.in_reach(ends[0], reach, axes)?;
        let start = self.graph.push(Sub, &[start, top])?;
        let (end, top) = self.in_reach(ends[1], reach, axes)?;
        let end = self.graph.push(Sub, &[end, top])?;
        let end = self.graph.push(Add, &[end, level])?;
        Ok([start, end])
    }

    /// Scores at both ends of the path, none of them out of reach of the largest.
    pub(super) fn scores_in_reach(
        &mut self,
        [start, end]: [ValueId; 2],
        axes: &[usize],
    ) -> Result<[ValueId; 2], NetworkError> {
        let reach = self.graph.scalar(REACH);
        let start = self.in_reach(start, reach, axes)?.0;
        Ok([start, self.in_reach(end, reach, axes)?.0])
    }

    /// Scores, none of them more than `reach` below the largest, and the largest.
    fn in_reach(
        &mut self,
        x: ValueId,
        reach: ValueId,
        axes: &[usize],
    ) -> Result<(ValueId, ValueId), NetworkError> {
        let top = self.largest(x, axes)?;
        // A row without a finite score has no softmax; any number will do.
        let top = self.graph.push(Finite, &[top, top])?;
        let floor = self.graph.push(Sub, &[top, reach])?;
        Ok((self.graph.push(Max, &[x, floor])?, top))
    }

    pub(super) fn largest(&mut self, x: ValueId, axes: &[usize]) -> Result<ValueId, NetworkError> {
        let axes = axes.to_vec();
        self.graph.push(ReduceMax { axes, keep: true }, &[x])
    }

    fn shares(&mut self, x: ValueId, axes: &[usize]) -> Result<ValueId, NetworkError> {
        if let &[axis] = axes {
            return self.graph.push(Softmax { axis }, &[x]);
        }
        let log = ReduceLogSumExp {
            axes: axes.to_vec(),
            keep: true,
        };
        let log = self.graph.push(log, &[x])?;
        let below = self.graph.push(Sub, &[x, log])?;
        self.graph.push(Exp, &[below])
    }
}
