//! The value to explain: the logit before a final sigmoid or softmax.
//!
//! A saturated probability has a gradient of exactly zero in single precision,
//! so the explained value is the number that the final squashing is applied to.
//! It is looked for through everything that only moves numbers (joining
//! several heads, reshapes, transposes, slices): those are repeated on the
//! logits, so that a class keeps its place among the outputs.

use std::collections::HashMap;

use crate::error::NetworkError;
use crate::graph::{Data, Dim, Graph, Node, Source, ValueId, show, volume};
use crate::ops::{Neg, Op, Reshape, Slice, Sub};

/// Adds what is needed to have one logit per event (`[N, 1]` or `[N]`) behind
/// `output`, and returns it. `class` picks a column of a model with several
/// outputs, by its place in a row; a softmax over two classes needs none and
/// explains the difference of their logits, whose sigmoid is the probability
/// of the second class.
pub fn logit(
    graph: &mut Graph,
    output: ValueId,
    class: Option<usize>,
) -> Result<ValueId, NetworkError> {
    let (value, softmax) = unsquashed(graph, output)?;
    if class.is_none() && softmax && columns(graph, value).known() == Some(2) {
        let (one, zero) = (
            column(graph, value, Some(1))?,
            column(graph, value, Some(0))?,
        );
        return graph.push(Sub, &[one, zero]);
    }
    column(graph, value, class)
}

/// The output with its final sigmoids and softmaxes left out, of the same
/// shape.
pub fn logits(graph: &mut Graph, output: ValueId) -> Result<ValueId, NetworkError> {
    Ok(unsquashed(graph, output)?.0)
}

/// How many numbers a row of a value has.
pub fn columns(graph: &Graph, value: ValueId) -> Dim {
    volume(graph.shape(value).get(1..).unwrap_or_default())
}

/// The number at place `class` of every row of a value, rows flattened in
/// row-major order: `[N, 1]`, or the value itself if its rows have one number.
pub fn column(
    graph: &mut Graph,
    value: ValueId,
    class: Option<usize>,
) -> Result<ValueId, NetworkError> {
    let shape = graph.shape(value).to_vec();
    let count = columns(graph, value);
    let wrong = |expected: String| NetworkError::Output {
        output: graph.value(value).name.clone(),
        found: show(&shape),
        expected,
    };
    let class = match (count.known(), class) {
        (Some(1), None | Some(0)) if shape.is_empty() => {
            let shape = vec![Dim::fixed(1)];
            return graph.push(Reshape { shape }, &[value]);
        }
        (Some(1), None | Some(0)) if shape.len() <= 2 => return Ok(value),
        (Some(1), None) => 0,
        (Some(count), Some(class)) if class >= count => {
            return Err(wrong(format!("a class below {count}")));
        }
        (_, Some(class)) => class,
        _ => {
            return Err(wrong(
                "one score per event, or a class to explain".to_owned(),
            ));
        }
    };
    // Of joined heads only the one that has the class is needed.
    if let Some((head, class)) = head(graph, value, class) {
        return column(graph, head, Some(class));
    }
    let value = if shape.len() == 2 {
        value
    } else {
        let shape = vec![shape[0].clone(), count];
        graph.push(Reshape { shape }, &[value])?
    };
    let slice = Slice {
        axis: 1,
        start: class.into(),
        length: Dim::fixed(1),
        step: 1,
    };
    graph.push(slice, &[value])
}

/// The operand of a join along the columns that has the class, and its place
/// there.
fn head(graph: &Graph, value: ValueId, mut class: usize) -> Option<(ValueId, usize)> {
    let node = graph.producer(value)?;
    if !matches!(&node.op, Op::Concat(concat) if concat.axis == 1) || graph.shape(value).len() != 2
    {
        return None;
    }
    for &input in &node.inputs {
        let width = columns(graph, input).known()?;
        if class < width {
            return Some((input, class));
        }
        class -= width;
    }
    None
}

/// The output with its final sigmoids and softmaxes left out, of the same
/// shape; and whether it is nothing but one softmax.
pub(super) fn unsquashed(
    graph: &mut Graph,
    output: ValueId,
) -> Result<(ValueId, bool), NetworkError> {
    let route = route(graph, output);
    let mut without: HashMap<ValueId, ValueId> = HashMap::new();
    let mut softmaxes = 0;
    let mut others = 0;
    for node in route {
        let first = node.inputs[0];
        let moved = |id: ValueId| without.get(&id).copied();
        let result = match node.op {
            // The other of two classes: `1 − σ(z)` is `σ(−z)`.
            Op::Sub(_) => match moved(node.inputs[1]) {
                Some(z) if softmaxes == 0 => Some(graph.push(Neg, &[z])?),
                _ => None,
            },
            Op::Softmax(_) | Op::LogSoftmax(_) => {
                softmaxes += 1;
                Some(first)
            }
            Op::Sigmoid(_) => {
                others += 1;
                Some(first)
            }
            _ if !node.inputs.iter().any(|id| without.contains_key(id)) => None,
            Op::Identity(_) | Op::Dropout(_) => moved(first),
            ref op => {
                let inputs: Vec<ValueId> = node
                    .inputs
                    .iter()
                    .map(|&id| moved(id).unwrap_or(id))
                    .collect();
                Some(graph.push(op.clone(), &inputs)?)
            }
        };
        if let Some(result) = result {
            without.insert(node.outputs[0], result);
        }
    }
    let value = without.get(&output).copied();
    Ok((value.unwrap_or(output), softmaxes == 1 && others == 0))
}

/// The nodes between the output and its last squashing, which only move
/// numbers, and the squashing itself; in the order of the graph.
fn route(graph: &Graph, output: ValueId) -> Vec<Node> {
    let mut found = Vec::new();
    let mut open = vec![output];
    while let Some(value) = open.pop() {
        let Source::Node(id, 0) = graph.value(value).source else {
            continue;
        };
        let node = &graph.nodes()[id.index()];
        if found.contains(&id) {
            continue;
        }
        let squashes = matches!(node.op, Op::Sigmoid(_) | Op::Softmax(_) | Op::LogSoftmax(_));
        let chosen = || node.inputs[1..].iter().all(|&id| graph.data(id).is_some());
        let moves = match node.op {
            // A choice by numbers that depend on the event is no mere move.
            Op::Gather(_) => chosen(),
            Op::Identity(_)
            | Op::Dropout(_)
            | Op::Concat(_)
            | Op::Reshape(_)
            | Op::Transpose(_)
            | Op::Slice(_)
            | Op::Expand(_) => true,
            Op::Sub(_) => is_other_class(graph, node),
            _ => false,
        };
        if squashes || moves {
            found.push(id);
        }
        if moves {
            open.extend(&node.inputs);
        }
    }
    found.sort_unstable();
    found
        .into_iter()
        .map(|id| graph.nodes()[id.index()].clone())
        .collect()
}

/// Whether a node is `1 − y`, of the shape of `y`.
fn is_other_class(graph: &Graph, node: &Node) -> bool {
    let one = |data: &Data| data.to_f64().iter().all(|&x| x == 1.0);
    graph.data(node.inputs[0]).is_some_and(one)
        && graph.shape(node.inputs[1]) == graph.shape(node.outputs[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::Type;
    use crate::ops::{Concat, Identity, Sigmoid, Softmax, Transpose};
    use pellucid_core::Tensor;

    fn input(graph: &mut Graph, columns: usize) -> ValueId {
        graph.input("x", Type::real(vec![Dim::symbol("N"), columns.into()]))
    }

    fn part(graph: &mut Graph, of: ValueId, start: usize, length: usize) -> ValueId {
        let slice = Slice {
            axis: 1,
            start: start.into(),
            length: length.into(),
            step: 1,
        };
        graph.push(slice, &[of]).unwrap()
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

    #[test]
    fn a_class_of_joined_heads_keeps_its_place() {
        // Two softmaxes and a sigmoid, joined, turned over and reshaped.
        let mut graph = Graph::new();
        let x = input(&mut graph, 6);
        let heads: Vec<ValueId> = [(0, 2), (2, 3), (5, 1)]
            .into_iter()
            .map(|(start, length)| {
                let logits = part(&mut graph, x, start, length);
                let squash: Op = if length == 1 {
                    Sigmoid.into()
                } else {
                    Softmax { axis: 1 }.into()
                };
                graph.push(squash, &[logits]).unwrap()
            })
            .collect();
        let joined = graph.push(Concat { axis: 1 }, &heads).unwrap();
        let shape = vec![Dim::symbol("N"), 2.into(), 3.into()];
        let grid = graph.push(Reshape { shape }, &[joined]).unwrap();
        let turned = Transpose {
            perm: vec![0, 2, 1],
        };
        let turned = graph.push(turned, &[grid]).unwrap();
        let event = Tensor::new(vec![1, 6], vec![10.0, 11.0, 12.0, 13.0, 14.0, 15.0]);
        for (output, places) in [(joined, [0, 1, 2, 3, 4, 5]), (turned, [0, 3, 1, 4, 2, 5])] {
            for (class, place) in places.into_iter().enumerate() {
                let mut graph = graph.clone();
                let z = logit(&mut graph, output, Some(class)).unwrap();
                graph.set_outputs(vec![z]);
                let out = Executor::<f64>::new(&graph).call(&[&event]).unwrap();
                assert_eq!(out[0].data(), [10.0 + f64::from(place)], "{class}");
            }
        }
    }

    #[test]
    fn the_other_of_two_classes_has_the_opposite_logit() {
        // (1 − p, p), as scikit-learn's networks and Keras heads are written.
        let mut graph = Graph::new();
        let x = input(&mut graph, 1);
        let p = graph.push(Sigmoid, &[x]).unwrap();
        let one = graph.scalar(1.0);
        let other = graph.push(Sub, &[one, p]).unwrap();
        let both = graph.push(Concat { axis: 1 }, &[other, p]).unwrap();
        let event = Tensor::new(vec![2, 1], vec![3.0, -2.0]);
        for (class, expected) in [(0, [-3.0, 2.0]), (1, [3.0, -2.0])] {
            let mut graph = graph.clone();
            let z = logit(&mut graph, both, Some(class)).unwrap();
            graph.set_outputs(vec![z]);
            let out = Executor::<f64>::new(&graph).call(&[&event]).unwrap();
            assert_eq!(out[0].data(), expected, "{class}");
        }
        // A probability less than one by another number is no class.
        let half = graph.scalar(0.5);
        let less = graph.push(Sub, &[half, p]).unwrap();
        assert_eq!(logit(&mut graph, less, None).unwrap(), less);
    }

    #[test]
    fn of_joined_heads_the_others_are_not_needed() {
        let mut graph = Graph::new();
        let x = input(&mut graph, 4);
        let heads: Vec<ValueId> = [0, 2]
            .map(|start| {
                let logits = part(&mut graph, x, start, 2);
                graph.push(Softmax { axis: 1 }, &[logits]).unwrap()
            })
            .to_vec();
        let joined = graph.push(Concat { axis: 1 }, &heads).unwrap();
        let z = logit(&mut graph, joined, Some(3)).unwrap();
        let from = graph.producer(z).unwrap().inputs[0];
        assert_eq!(
            Some(from),
            graph.producer(heads[1]).map(|node| node.inputs[0])
        );
    }
}
