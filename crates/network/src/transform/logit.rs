//! The value to explain: the logit before a final sigmoid or softmax.
//!
//! A saturated probability has a gradient of exactly zero in single precision,
//! so the explained value is the number that the final squashing is applied to.
//! It is looked for through everything that only moves numbers (joining
//! several heads, reshapes, transposes, slices): those are repeated on the
//! logits, so that a class keeps its place among the outputs. Of `1 − p` it is `−z`:
//! of a head `(1 − p, p)` with one sigmoid, class 1 explains the logit `z`, class 0
//! explains `−z`; of a softmax over two classes that is the difference of the logits,
//! over more the [odds](super::odds) of each class against all others.

use std::collections::HashMap;

use super::odds::odds;
use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Node, Source, ValueId, show, volume};
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

/// A value with its squashing left out: the value is `factor · p + shift` of the
/// probability `p` of the logit.
#[derive(Debug, Clone, Copy)]
struct Unsquashed {
    logit: ValueId,
    factor: f64,
    shift: f64,
}

impl Unsquashed {
    fn probability(logit: ValueId) -> Self {
        Self {
            logit,
            factor: 1.0,
            shift: 0.0,
        }
    }

    /// The logit of the value itself: of `1 − p` it is `−z`. None, if the value is
    /// no probability.
    fn own(self, graph: &mut Graph) -> Result<Option<ValueId>, NetworkError> {
        if (self.factor, self.shift) == (1.0, 0.0) {
            return Ok(Some(self.logit));
        }
        if (self.factor, self.shift) == (-1.0, 1.0) {
            return graph.push(Neg, &[self.logit]).map(Some);
        }
        Ok(None)
    }
}

/// The output with its final sigmoids and softmaxes left out, of the same
/// shape; and whether it is nothing but one softmax.
pub(super) fn unsquashed(
    graph: &mut Graph,
    output: ValueId,
) -> Result<(ValueId, bool), NetworkError> {
    let route = route(graph, output);
    let complements = route.iter().any(|node| affine(graph, node).is_some());
    let mut without: HashMap<ValueId, Unsquashed> = HashMap::new();
    let mut softmaxes = 0;
    let mut others = usize::from(complements);
    for node in route {
        let first = node.inputs[0];
        let result = match node.op {
            Op::Softmax(softmax) if complements => {
                softmaxes += 1;
                odds(graph, first, softmax.axis)?.map(Unsquashed::probability)
            }
            Op::Softmax(_) | Op::LogSoftmax(_) => {
                softmaxes += 1;
                Some(Unsquashed::probability(first))
            }
            Op::Sigmoid(_) => {
                others += 1;
                Some(Unsquashed::probability(first))
            }
            _ if !node.inputs.iter().any(|id| without.contains_key(id)) => None,
            Op::Identity(_) | Op::Dropout(_) => without.get(&first).copied(),
            ref op => {
                if let Some((of, factor, shift)) = affine(graph, &node) {
                    without.get(&of).map(|inner| Unsquashed {
                        logit: inner.logit,
                        factor: inner.factor * factor,
                        shift: inner.shift * factor + shift,
                    })
                } else {
                    let mut inputs = Vec::with_capacity(node.inputs.len());
                    let mut known = true;
                    for &id in &node.inputs {
                        inputs.push(match without.get(&id).copied() {
                            Some(inner) => {
                                let own = inner.own(graph)?;
                                known &= own.is_some();
                                own.unwrap_or(id)
                            }
                            None => id,
                        });
                    }
                    if known {
                        Some(Unsquashed::probability(graph.push(op.clone(), &inputs)?))
                    } else {
                        None
                    }
                }
            }
        };
        if let Some(result) = result {
            without.insert(node.outputs[0], result);
        }
    }
    let value = match without.get(&output).copied() {
        Some(found) => found.own(graph)?,
        None => None,
    };
    let plain = value.is_some() && softmaxes == 1 && others == 0;
    Ok((value.unwrap_or(output), plain))
}

/// `factor · x + shift` with one number each: the `x`, factor and shift.
fn affine(graph: &Graph, node: &Node) -> Option<(ValueId, f64, f64)> {
    let number = |id: ValueId| {
        let numbers = graph.data(id)?.to_f64();
        let &first = numbers.first()?;
        // A constant that makes the shape another one is no mere number.
        let plain = volume(graph.shape(node.outputs[0])) == volume(graph.shape(other(node, id)));
        (plain && numbers.iter().all(|&x| x == first)).then_some(first)
    };
    match (&node.op, node.inputs.as_slice()) {
        (Op::Neg(_), &[x]) => Some((x, -1.0, 0.0)),
        (Op::Sub(_), &[a, b]) => match (number(a), number(b)) {
            (Some(a), None) => Some((b, -1.0, a)),
            (None, Some(b)) => Some((a, 1.0, -b)),
            _ => None,
        },
        (Op::Add(_), &[a, b]) => match (number(a), number(b)) {
            (Some(a), None) => Some((b, 1.0, a)),
            (None, Some(b)) => Some((a, 1.0, b)),
            _ => None,
        },
        (Op::Mul(_), &[a, b]) => match (number(a), number(b)) {
            (Some(a), None) => Some((b, a, 0.0)),
            (None, Some(b)) => Some((a, b, 0.0)),
            _ => None,
        },
        _ => None,
    }
}

/// The other input of a node of two.
fn other(node: &Node, id: ValueId) -> ValueId {
    let mut others = node.inputs.iter().copied().filter(|&input| input != id);
    others.next().unwrap_or(id)
}

/// The nodes between the output and its last squashing, which only move
/// numbers or take them from one, and the squashing itself; in the order of the
/// graph.
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
            _ => affine(graph, node).is_some(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::Type;
    use crate::ops::{Add, Concat, Identity, Mul, Sigmoid, Softmax, Transpose};
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

    /// The logit of a class of an output, at one event.
    fn at(graph: &Graph, output: ValueId, class: usize, event: &[f64]) -> f64 {
        let mut graph = graph.clone();
        let z = logit(&mut graph, output, Some(class)).unwrap();
        graph.set_outputs(vec![z]);
        let event = Tensor::new(vec![1, event.len()], event.to_vec());
        Executor::<f64>::new(&graph).call(&[&event]).unwrap()[0].data()[0]
    }

    #[test]
    fn what_is_left_of_one_has_minus_the_logit() {
        let mut graph = Graph::new();
        let x = input(&mut graph, 1);
        let p = graph.push(Sigmoid, &[x]).unwrap();
        let (one, minus) = (
            graph.constant("", Tensor::new(vec![1], vec![1.0])),
            graph.scalar(-1.0),
        );
        // 1 − p in the ways in which people write it.
        let negative = graph.push(Neg, &[p]).unwrap();
        let scaled = graph.push(Mul, &[p, minus]).unwrap();
        let shifted = graph.push(Add, &[p, minus]).unwrap();
        let rest = [
            graph.push(Sub, &[one, p]).unwrap(),
            graph.push(Add, &[negative, one]).unwrap(),
            graph.push(Add, &[one, scaled]).unwrap(),
            graph.push(Neg, &[shifted]).unwrap(),
        ];
        for rest in rest {
            let both = graph.push(Concat { axis: 1 }, &[rest, p]).unwrap();
            assert_eq!(at(&graph, both, 1, &[0.7]), 0.7);
            assert_eq!(at(&graph, both, 0, &[0.7]), -0.7);
        }
        // 1 − (1 − p) is p again; 2 p − 1 is no probability and stays.
        let again = graph.push(Sub, &[one, rest[0]]).unwrap();
        assert_eq!(at(&graph, again, 0, &[0.7]), 0.7);
        let two = graph.scalar(2.0);
        let twice = graph.push(Mul, &[p, two]).unwrap();
        let scale = graph.push(Sub, &[twice, one]).unwrap();
        assert_eq!(logit(&mut graph, scale, None).unwrap(), scale);
    }

    #[test]
    fn of_a_softmax_over_two_classes_it_is_their_difference() {
        let mut graph = Graph::new();
        let x = input(&mut graph, 2);
        let p = graph.push(Softmax { axis: 1 }, &[x]).unwrap();
        let p = part(&mut graph, p, 1, 1);
        let one = graph.scalar(1.0);
        let rest = graph.push(Sub, &[one, p]).unwrap();
        let both = graph.push(Concat { axis: 1 }, &[rest, p]).unwrap();
        assert_eq!(at(&graph, both, 1, &[0.5, 2.0]), 1.5);
        assert_eq!(at(&graph, both, 0, &[0.5, 2.0]), -1.5);
    }
}
