//! Relevance that is routed to a constant: the other branch of a choice, the
//! margin around a padded input. Constants keep it, as biases do.

use super::carry::data_inputs;
use super::pass::Pass;
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Greater, Mul, Op, Pad, Sub, Where};

impl Pass<'_> {
    /// Counts what a routing node hands to constants.
    pub fn routed_to_constants(
        &mut self,
        index: usize,
        node: &Node,
        arrived: &[Option<ValueId>],
    ) -> Result<(), NetworkError> {
        let Some(relevance) = arrived[0] else {
            return Ok(());
        };
        match &node.op {
            Op::Gate(_) => {
                let zero = self.graph.scalar(0.0);
                let open = self.graph.push(Greater, &[node.inputs[1], zero])?;
                let kept = self.graph.push(Where, &[open, zero, relevance])?;
                return self.absorbed(kept);
            }
            Op::Pad(pad) => {
                let pad = Pad {
                    value: 0.0,
                    ..pad.clone()
                };
                return self.outside(pad.into(), node.inputs[0], relevance);
            }
            Op::Trilu(_) => return self.outside(node.op.clone(), node.inputs[0], relevance),
            _ => {}
        }
        // A constant that was broadcast meets each event's relevance by itself.
        let carrying = self.plan.carry.carrying(index);
        let mut whole = node.clone();
        let mut wanted = vec![false; node.inputs.len()];
        for i in data_inputs(&node.op, node.inputs.len()) {
            if carrying.contains(&i) {
                continue;
            }
            wanted[i] = true;
            if node.op.elementwise() {
                whole.inputs[i] = self.whole(node.inputs[i], node.outputs[0])?;
            }
        }
        if !wanted.contains(&true) {
            return Ok(());
        }
        let routed = self.vjps(&whole, arrived, &wanted)?;
        for (kept, wanted) in routed.into_iter().zip(wanted) {
            if let (Some(kept), true) = (kept, wanted) {
                self.absorbed(kept)?;
            }
        }
        Ok(())
    }

    /// Counts the relevance of numbers that an operation puts around its input
    /// or in its place.
    fn outside(&mut self, op: Op, x: ValueId, relevance: ValueId) -> Result<(), NetworkError> {
        let ones = self.full(1.0, x)?;
        let inside = self.graph.push(op, &[ones])?;
        let one = self.graph.scalar(1.0);
        let margin = self.graph.push(Sub, &[one, inside])?;
        let kept = self.graph.push(Mul, &[relevance, margin])?;
        self.absorbed(kept)
    }
}
