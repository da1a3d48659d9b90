//! The value to explain where two classes stand against each other.
//!
//! $$ s = \ln\frac{p_A}{p_B} $$
//!
//! Behind a softmax this is the difference of the two logits, exactly, and that is
//! what is built: a saturated probability has no gradient left. Of outputs that
//! nothing squashes the difference is taken too: such outputs are logits. Behind
//! sigmoids, or of joined heads, it is the difference of the logarithms of the
//! outputs themselves.

use super::logit::{column, unsquashed};
use crate::error::NetworkError;
use crate::graph::{Graph, ValueId};
use crate::ops::{Log, Sub};

/// Adds what is needed to have `ln(p_class / p_against)`, one number per event,
/// behind `output`, and returns it.
pub fn log_ratio(
    graph: &mut Graph,
    output: ValueId,
    class: usize,
    against: usize,
) -> Result<ValueId, NetworkError> {
    let (value, softmax) = unsquashed(graph, output)?;
    if softmax || value == output {
        return difference(graph, value, class, against);
    }
    let mut logarithm = |class| {
        let probability = column(graph, output, Some(class))?;
        graph.push(Log, &[probability])
    };
    let (a, b) = (logarithm(class)?, logarithm(against)?);
    graph.push(Sub, &[a, b])
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
    use crate::ops::{LogSoftmax, Op, Sigmoid, Softmax};
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
    fn a_class_beyond_the_output_is_refused() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 3.into()]));
        assert!(log_ratio(&mut graph, x, 0, 3).is_err());
    }
}
