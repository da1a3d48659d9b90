//! Functions of several numbers, by their first-order expansion.
//!
//! With the Jacobian `J` of `y = f(x)`, `y_j = Σ_i J_ji x_i + b_j` is a
//! weighted sum at every point; its constant term keeps its share. For a
//! softmax `A` this is
//!
//! $$ R_i = x_i \Bigl(R_i - A_i \sum_j R_j\Bigr), \qquad
//!    \text{absorbed} = \sum_j R_j \Bigl(1 - x_j + \sum_i A_i x_i\Bigr) $$
//!
//! without any division (R. Achtibat et al., *AttnLRP*, arXiv:2402.05602,
//! eq. 13; the sum over all is what the constant term of eq. 12 keeps). Numbers
//! whose exponential is 0, such as those of masked particles, receive nothing.

use super::pass::{Pass, no_rule};
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Add, Gate, Mul, Op, ReduceSum, Sub};

impl Pass<'_> {
    /// Passes relevance through a softmax or the like.
    pub fn expansion(&mut self, node: &Node, relevance: ValueId) -> Result<(), NetworkError> {
        let (x, y) = (node.inputs[0], node.outputs[0]);
        if let Op::Softmax(softmax) = &node.op {
            return self.softmax(softmax.axis, x, y, relevance);
        }
        // A masked score of minus infinity contributes nothing, nor does a result
        // of such scores alone.
        let (x_seen, y) = (self.tame(x)?, self.tame(y)?);
        let share = self.share(relevance, y, self.settings.epsilon)?;
        let adjoint = self.vjps(node, &[Some(share)], &[true])?[0];
        let adjoint = adjoint.ok_or_else(|| no_rule(node))?;
        let received = self.graph.push(Mul, &[x_seen, adjoint])?;
        // Σ_j s_j (y_j − Σ_i J_ji x_i): the constant terms' share.
        let whole = self.graph.push(Mul, &[y, share])?;
        self.absorbed(whole)?;
        let minus = self.graph.scalar(-1.0);
        let linear = self.graph.push(Mul, &[received, minus])?;
        self.absorbed(linear)?;
        self.give(x, received)
    }

    fn softmax(
        &mut self,
        axis: usize,
        x: ValueId,
        y: ValueId,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let over = ReduceSum {
            axes: vec![axis],
            keep: true,
        };
        let y = self.tame(y)?;
        let x_seen = self.graph.push(Gate, &[x, y])?;
        let total = self.graph.push(over.clone(), &[relevance])?;
        let shared = self.graph.push(Mul, &[y, total])?;
        let difference = self.graph.push(Sub, &[relevance, shared])?;
        let received = self.graph.push(Mul, &[x_seen, difference])?;
        let weighted = self.graph.push(Mul, &[y, x_seen])?;
        let mean = self.graph.push(over, &[weighted])?;
        let one = self.graph.scalar(1.0);
        let constant = self.graph.push(Sub, &[mean, x_seen])?;
        let constant = self.graph.push(Add, &[constant, one])?;
        let kept = self.graph.push(Mul, &[relevance, constant])?;
        self.absorbed(kept)?;
        self.give(x, received)
    }
}
