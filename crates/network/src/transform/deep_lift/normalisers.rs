//! Softmaxes and layer normalisations as what they are made of.

use super::{Lift, no_rule};
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{
    Add, Div, Exp, Log, Max, Mul, Op, ReduceMax, ReduceMean, ReduceSum, Reshape, Sub,
};
use crate::transform::gradient::full;

impl Lift<'_> {
    /// Softmax, its logarithm, and the logarithm of a sum of exponentials, by
    /// `e = exp(x − c)`, `S = Σ e`; `c` is the same on both sides.
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
    pub(super) fn normalised(
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
}
