//! The value to explain where two classes stand against each other.
//!
//! $$ s = \ln\frac{p_A}{p_B} $$
//!
//! Behind a softmax this is the difference of the two logits, exactly, and that is
//! what is built: a saturated probability has no gradient left. Of outputs that
//! nothing squashes the difference is taken too: such outputs are logits. Behind
//! sigmoids, of joined heads, and where probabilities are clipped, averaged over
//! several networks or scaled, it is the difference of the logarithms of the outputs
//! themselves.

use std::collections::{HashMap, HashSet};

use super::logit::{column, unsquashed};
use crate::error::NetworkError;
use crate::graph::{Graph, Node, ValueId};
use crate::ops::{Log, Op, Sub};

/// Adds what is needed to have `ln(p_class / p_against)`, one number per event,
/// behind `output`, and returns it.
pub fn log_ratio(
    graph: &mut Graph,
    output: ValueId,
    class: usize,
    against: usize,
) -> Result<ValueId, NetworkError> {
    let (value, softmax) = unsquashed(graph, output)?;
    if softmax || (value == output && !are_probabilities(graph, output)) {
        return difference(graph, value, class, against);
    }
    let mut logarithm = |class| {
        let probability = column(graph, output, Some(class))?;
        graph.push(Log, &[probability])
    };
    let (a, b) = (logarithm(class)?, logarithm(against)?);
    graph.push(Sub, &[a, b])
}

/// Whether a value is made of softmaxes and sigmoids by nothing but what keeps
/// probabilities what they are: limits, means, sums and products of them, choices
/// among them, and changes of shape.
fn are_probabilities(graph: &Graph, value: ValueId) -> bool {
    let makers: HashMap<ValueId, &Node> = graph
        .nodes()
        .iter()
        .flat_map(|node| node.outputs.iter().map(move |&output| (output, node)))
        .collect();
    let mut seen = HashSet::new();
    let mut open = vec![value];
    let mut squashed = false;
    while let Some(value) = open.pop() {
        if graph.data(value).is_some() || !seen.insert(value) {
            continue;
        }
        let Some(node) = makers.get(&value) else {
            return false;
        };
        match node.op {
            Op::Softmax(_) | Op::Sigmoid(_) => squashed = true,
            // The condition chooses, the rest is chosen.
            Op::Where(_) => open.extend(&node.inputs[1..]),
            Op::Add(_) | Op::Concat(_) | Op::Div(_) | Op::Max(_) | Op::Mul(_) | Op::Sub(_) => {
                open.extend(&node.inputs);
            }
            Op::Clip(_)
            | Op::Dropout(_)
            | Op::Expand(_)
            | Op::Gather(_)
            | Op::Identity(_)
            | Op::Neg(_)
            | Op::ReduceMean(_)
            | Op::ReduceSum(_)
            | Op::Reshape(_)
            | Op::Slice(_)
            | Op::Transpose(_) => open.extend(node.inputs.first()),
            _ => return false,
        }
    }
    squashed
}

/// The number at one place of every row less that at another.
pub fn difference(
    graph: &mut Graph,
    value: ValueId,
    class: usize,
    against: usize,
) -> Result<ValueId, NetworkError> {
    let a = column(graph, value, Some(class))?;
    let b = column(graph, value, Some(against))?;
    graph.push(Sub, &[a, b])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::{Dim, Type};
    use crate::ops::{Add, Clip, LogSoftmax, Mul, Sigmoid, Softmax};
    use pellucid_core::Tensor;

    /// The value for logits (1, 3, -2), classes 1 against 2.
    fn value(squashing: Option<Op>) -> f64 {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 3.into()]));
        let output = match squashing {
            Some(op) => graph.push(op, &[x]).unwrap(),
            None => x,
        };
        let ratio = log_ratio(&mut graph, output, 1, 2).unwrap();
        graph.set_outputs(vec![ratio]);
        let event = Tensor::new(vec![1, 3], vec![1.0, 3.0, -2.0]);
        Executor::<f64>::new(&graph).call(&[&event]).unwrap()[0].data()[0]
    }

    #[test]
    fn it_is_the_logarithm_of_the_ratio_of_two_probabilities() {
        assert_eq!(value(None), 5.0);
        assert_eq!(value(Some(Softmax { axis: 1 }.into())), 5.0);
        assert_eq!(value(Some(LogSoftmax { axis: 1 }.into())), 5.0);
        let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
        let expected = (sigmoid(3.0) / sigmoid(-2.0)).ln();
        assert!((value(Some(Sigmoid.into())) - expected).abs() < 1e-14);
    }

    #[test]
    fn clipped_and_averaged_probabilities_are_no_logits() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 3.into()]));
        let one = graph.push(Softmax { axis: 1 }, &[x]).unwrap();
        let steep = graph.scalar(2.0);
        let steep = graph.push(Mul, &[x, steep]).unwrap();
        let other = graph.push(Softmax { axis: 1 }, &[steep]).unwrap();
        let sum = graph.push(Add, &[one, other]).unwrap();
        let half = graph.scalar(0.5);
        let mean = graph.push(Mul, &[sum, half]).unwrap();
        let clip = Clip {
            low: 1e-6,
            high: 1.0 - 1e-6,
        };
        let output = graph.push(clip, &[mean]).unwrap();
        let ratio = log_ratio(&mut graph, output, 1, 2).unwrap();
        graph.set_outputs(vec![ratio]);
        let event = Tensor::new(vec![1, 3], vec![1.0, 3.0, -2.0]);
        let found = Executor::<f64>::new(&graph).call(&[&event]).unwrap()[0].data()[0];
        let parts = |t: f64| [1.0, 3.0, -2.0].map(|x: f64| (t * x).exp());
        let p = |place: usize| {
            let share = |t: f64| parts(t)[place] / parts(t).iter().sum::<f64>();
            f64::midpoint(share(1.0), share(2.0))
        };
        // Rounding of a dozen operations.
        assert!((found - (p(1) / p(2)).ln()).abs() < 1e-13, "{found}");
    }

    #[test]
    fn a_class_beyond_the_output_is_refused() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 3.into()]));
        assert!(log_ratio(&mut graph, x, 0, 3).is_err());
    }
}
