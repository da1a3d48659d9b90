//! The value to explain: the logit before a final sigmoid or softmax.
//!
//! A saturated probability has a gradient of zero in single precision, so the
//! explained value is the number the final squashing is applied to. For two
//! classes with a softmax it is the difference of the two logits, whose
//! sigmoid is the second class's probability.

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Source, ValueId, show};
use crate::ops::{Op, Slice, Sub};

/// Adds what is needed to have one logit per event (`[N, 1]` or `[N]`) behind
/// `output`, and returns it. `class` picks a column of a model with several
/// outputs; a softmax over two classes needs none and explains class 1.
pub fn logit(
    graph: &mut Graph,
    output: ValueId,
    class: Option<usize>,
) -> Result<ValueId, NetworkError> {
    let (value, softmax) = before_squash(graph, output);
    let shape = graph.shape(value).to_vec();
    let classes = match shape.len() {
        1 => Some(1),
        2 => shape[1].known(),
        _ => None,
    };
    let wrong = |expected: &str| NetworkError::Output {
        output: graph.value(output).name.clone(),
        found: show(&shape),
        expected: expected.to_owned(),
    };
    let column = |graph: &mut Graph, class: usize| {
        let slice = Slice {
            axis: 1,
            start: class.into(),
            length: Dim::fixed(1),
            step: 1,
        };
        graph.push(slice, &[value])
    };
    match (classes, class) {
        (Some(1), None | Some(0)) => Ok(value),
        (Some(2), None) if softmax => {
            let (one, zero) = (column(graph, 1)?, column(graph, 0)?);
            graph.push(Sub, &[one, zero])
        }
        (Some(count), Some(class)) if class < count && shape.len() == 2 => column(graph, class),
        (Some(count), Some(_)) => Err(wrong(&format!("a class below {count}"))),
        _ => Err(wrong("one score per event, or a class to explain")),
    }
}

/// Walks back over identities, reshapes to a column, sigmoid and softmax.
fn before_squash(graph: &Graph, output: ValueId) -> (ValueId, bool) {
    let mut value = output;
    let mut softmax = false;
    while let Source::Node(node, _) = graph.value(value).source {
        let node = &graph.nodes()[node.index()];
        match node.op {
            Op::Identity(_) | Op::Dropout(_) => value = node.inputs[0],
            Op::Reshape(_) if !softmax && graph.shape(node.inputs[0]).len() <= 2 => {
                value = node.inputs[0];
            }
            Op::Sigmoid(_) if !softmax => return (node.inputs[0], false),
            Op::Softmax(_) | Op::LogSoftmax(_) if !softmax => {
                softmax = true;
                value = node.inputs[0];
            }
            _ => break,
        }
    }
    (value, softmax)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Type;
    use crate::ops::{Identity, Sigmoid, Softmax};

    fn input(graph: &mut Graph, columns: usize) -> ValueId {
        graph.input("x", Type::real(vec![Dim::symbol("N"), columns.into()]))
    }

    #[test]
    fn a_sigmoid_is_looked_through() {
        let mut graph = Graph::new();
        let x = input(&mut graph, 1);
        let y = graph.push(Sigmoid, &[x]).unwrap();
        let y = graph.push(Identity, &[y]).unwrap();
        assert_eq!(logit(&mut graph, y, None).unwrap(), x);
    }

    #[test]
    fn two_classes_give_the_difference_of_their_logits() {
        let mut graph = Graph::new();
        let x = input(&mut graph, 2);
        let y = graph.push(Softmax { axis: 1 }, &[x]).unwrap();
        let z = logit(&mut graph, y, None).unwrap();
        assert_eq!(graph.producer(z).map(|node| node.op.name()), Some("Sub"));
    }

    #[test]
    fn several_outputs_without_a_class_are_refused_with_their_shape() {
        let mut graph = Graph::new();
        let x = input(&mut graph, 5);
        let message = logit(&mut graph, x, None).unwrap_err().to_string();
        assert!(message.contains("[N, 5]"), "{message}");
        assert!(logit(&mut graph, x, Some(5)).is_err());
        assert!(logit(&mut graph, x, Some(4)).is_ok());
    }
}
