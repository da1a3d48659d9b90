//! What a multiplier becomes behind an operation that is neither linear nor a
//! normaliser.

use super::Lift;
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Add, Expand, Finite, Greater, Max, Mul, Neg, Op, Reduction, Sub, Where};
use crate::transform::gradient::full;

impl Lift<'_> {
    /// A function of the one number that varies.
    pub(super) fn function(
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
        // A pole that a choice has left out hands on nothing.
        let ratio = self.graph.push(Finite, &[ratio, ratio])?;
        let multiplier = self.graph.push(Mul, &[m, ratio])?;
        let mut made = vec![None; node.inputs.len()];
        made[at] = Some(self.narrow(multiplier, x)?);
        Ok(made)
    }

    /// A comparison is a step of the difference of its sides.
    pub(super) fn comparison(
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

    /// `c a + (1 − c) b` of a condition `c` that is 0 or 1 (anything else).
    pub(super) fn choice(
        &mut self,
        node: &Node,
        m: ValueId,
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let [condition, a, b] = [0, 1, 2].map(|i| node.inputs[i]);
        let zero = self.graph.scalar(0.0);
        let one = self.graph.scalar(1.0);
        let condition0 = self.reference(condition);
        let yes = self.graph.push(Where, &[condition, one, zero])?;
        let yes0 = self.graph.push(Where, &[condition0, one, zero])?;
        self.references.insert(yes, yes0);
        let share = self.middle(yes)?;
        let rest = self.graph.push(Sub, &[one, share])?;
        let ((seen_a, finite_a), (seen_b, finite_b)) = (self.seen(a)?, self.seen(b)?);
        let step = self.graph.push(Sub, &[seen_a, seen_b])?;
        // A condition is any number; what is not 0 counts as 1.
        let (dyes, dcondition) = (self.difference(yes)?, self.difference(condition)?);
        let ratio = self.ratio(dyes, dcondition, None)?;
        let step = self.graph.push(Mul, &[step, ratio])?;
        let to_condition = self.graph.push(Mul, &[m, step])?;
        let to_a = self.graph.push(Mul, &[m, share])?;
        let to_a = self.graph.push(Mul, &[to_a, finite_a])?;
        let to_b = self.graph.push(Mul, &[m, rest])?;
        let to_b = self.graph.push(Mul, &[to_b, finite_b])?;
        let mut made = Vec::with_capacity(3);
        for (multiplier, input) in [(to_condition, condition), (to_a, a), (to_b, b)] {
            made.push(Some(self.narrow(multiplier, input)?));
        }
        Ok(made)
    }

    /// A branch halfway, and 1 where it is finite at both ends. Where it is not (a
    /// logarithm that the choice keeps from 0) it counts as what it is at the other
    /// end, and does not change.
    fn seen(&mut self, branch: ValueId) -> Result<(ValueId, ValueId), NetworkError> {
        let one = self.graph.scalar(1.0);
        let start = self.reference(branch);
        let change = self.raw_difference(branch)?;
        let finite = self.graph.push(Finite, &[one, change])?;
        let middle = self.middle(branch)?;
        let own = self.graph.push(Finite, &[branch, branch])?;
        let own0 = self.graph.push(Finite, &[start, start])?;
        let other = self.graph.push(Add, &[own, own0])?;
        let seen = self.graph.push(Where, &[finite, middle, other])?;
        Ok((seen, finite))
    }

    /// `c a` with the condition `c`: `b > 0`.
    pub(super) fn gate(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let [a, b] = [node.inputs[0], node.inputs[1]];
        let zero = self.graph.scalar(0.0);
        let b0 = self.reference(b);
        let (open, open0) = (
            self.graph.push(Greater, &[b, zero])?,
            self.graph.push(Greater, &[b0, zero])?,
        );
        self.references.insert(open, open0);
        let share = self.middle(open)?;
        let to_a = self.graph.push(Mul, &[m, share])?;
        let (step, db) = (self.difference(open)?, self.difference(b)?);
        let ratio = self.ratio(step, db, None)?;
        let middle = self.middle(a)?;
        let to_b = self.graph.push(Mul, &[m, middle])?;
        let to_b = self.graph.push(Mul, &[to_b, ratio])?;
        let to_a = if wanted[0] {
            Some(self.narrow(to_a, a)?)
        } else {
            None
        };
        Ok(vec![to_a, Some(self.narrow(to_b, b)?)])
    }

    /// What a maximum gained goes to its winner on the input, what it lost to
    /// its winner on the baseline; of a minimum, what it lost to the winner on the
    /// input.
    pub(super) fn maximum(
        &mut self,
        node: &Node,
        m: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let y = node.outputs[0];
        let y0 = self.reference(y);
        let least = matches!(&node.op, Op::Scatter(scatter) if scatter.reduction == Reduction::Min);
        let larger = if least {
            let [a, b] = [self.minus(y)?, self.minus(y0)?];
            let top = self.graph.push(Max, &[a, b])?;
            self.minus(top)?
        } else {
            self.graph.push(Max, &[y, y0])?
        };
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
}
