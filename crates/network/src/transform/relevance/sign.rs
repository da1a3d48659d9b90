//! Which values are never negative, whatever the input: their negative lane
//! needs no work.

use crate::graph::{Graph, ValueId};
use crate::ops::{Op, Rule};

/// Whether a value is known not to be negative.
pub(super) fn never_negative(graph: &Graph, value: ValueId) -> bool {
    let mut stack = vec![value];
    let mut seen = std::collections::HashSet::new();
    while let Some(value) = stack.pop() {
        if !seen.insert(value) {
            continue;
        }
        let Some(node) = graph.producer(value) else {
            let known = graph.data(value).map(crate::graph::Data::to_f64);
            match known {
                Some(numbers) if numbers.iter().all(|&x| x >= 0.0) => continue,
                _ => return false,
            }
        };
        match &node.op {
            Op::Relu(_)
            | Op::Sigmoid(_)
            | Op::Softmax(_)
            | Op::Exp(_)
            | Op::Abs(_)
            | Op::Sqrt(_)
            | Op::Softplus(_) => {}
            Op::Clip(clip) if clip.low >= 0.0 => {}
            // A known start counts as an input.
            Op::Start(_) => return false,
            Op::Where(_) => stack.extend(&node.inputs[1..]),
            Op::Concat(_) | Op::Max(_) => stack.extend(&node.inputs),
            Op::Scatter(_) => stack.extend([node.inputs[0], node.inputs[2]]),
            // What is put around the input may be negative.
            Op::Pad(pad) if pad.value < 0.0 => return false,
            op if matches!(op.rule(), Rule::Pool | Rule::Route | Rule::Collect) => {
                stack.push(node.inputs[0]);
            }
            _ => return false,
        }
    }
    true
}
