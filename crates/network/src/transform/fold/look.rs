//! What the rules ask a graph.

use crate::graph::{Data, Dim, Graph, ValueId};
use crate::ops::Op;

/// The number of a constant that has only one.
pub(super) fn number(graph: &Graph, value: ValueId) -> Option<f64> {
    match graph.data(value)?.to_f64().as_slice() {
        [number] => Some(*number),
        _ => None,
    }
}

/// Whether a number is one that files round to single precision.
pub(super) fn about(number: f64, expected: f64) -> bool {
    (number - expected).abs() <= 2e-6 * expected.abs()
}

/// The only input of the node that makes a value, if its operation is such.
pub(super) fn of(graph: &Graph, value: ValueId, is: impl Fn(&Op) -> bool) -> Option<ValueId> {
    match graph.made(value, is)? {
        &[input] => Some(input),
        _ => None,
    }
}

/// The value and the number of an operation between them, in either order; the
/// number does not make the value's shape larger.
pub(super) fn with_number(graph: &Graph, inputs: &[ValueId]) -> Option<(ValueId, f64)> {
    let &[a, b] = inputs else { return None };
    [(a, b), (b, a)].into_iter().find_map(|(value, constant)| {
        let fits = graph.shape(constant).len() <= graph.shape(value).len();
        let number = number(graph, constant).filter(|_| fits)?;
        graph.data(value).is_none().then_some((value, number))
    })
}

/// `x` and `c` of `x + c` or `x − c`.
pub(super) fn shifted(graph: &Graph, value: ValueId) -> Option<(ValueId, f64)> {
    let node = graph.producer(value)?;
    let (x, c) = with_number(graph, &node.inputs)?;
    match node.op {
        Op::Add(_) => Some((x, c)),
        Op::Sub(_) if node.inputs[0] == x => Some((x, -c)),
        _ => None,
    }
}

/// `x` and `c` of `c x` or `x / (1/c)`.
pub(super) fn scaled(graph: &Graph, value: ValueId) -> Option<(ValueId, f64)> {
    let node = graph.producer(value)?;
    if let Op::Neg(_) = node.op {
        return Some((node.inputs[0], -1.0));
    }
    let (x, c) = with_number(graph, &node.inputs)?;
    match node.op {
        Op::Mul(_) => Some((x, c)),
        Op::Div(_) if node.inputs[0] == x && c != 0.0 => Some((x, 1.0 / c)),
        _ => None,
    }
}

/// Products nested deeper than any activation is written.
const DEEPEST: usize = 6;

/// A value as a number times factors, sorted, that are no such products, or
/// are `stop`.
pub(super) fn factors(graph: &Graph, value: ValueId, stop: Option<ValueId>) -> (f64, Vec<ValueId>) {
    let (mut number, mut found) = (1.0, Vec::new());
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        if Some(value) == stop || depth == DEEPEST {
            found.push(value);
        } else if let Some((x, c)) = scaled(graph, value) {
            number *= c;
            open.push((x, depth + 1));
        } else if let Some(&[a, b]) = graph.made(value, |op| matches!(op, Op::Mul(_))) {
            open.extend([(a, depth + 1), (b, depth + 1)]);
        } else if let Some(&[base, power]) = graph.made(value, |op| matches!(op, Op::Pow(_))) {
            match number_of_factors(graph, power) {
                Some(count) => found.extend(vec![base; count]),
                None => found.push(value),
            }
        } else {
            found.push(value);
        }
    }
    found.sort_unstable();
    (number, found)
}

fn number_of_factors(graph: &Graph, power: ValueId) -> Option<usize> {
    let power = number(graph, power)?;
    (power == 2.0 || power == 3.0).then_some(power as usize)
}

/// The axis from which on `axes` are all sides, if they are.
pub(super) fn trailing(axes: &[usize], rank: usize) -> Option<usize> {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    let first = *sorted.first()?;
    (sorted.len() == rank - first && sorted.last() == Some(&(rank - 1))).then_some(first)
}

/// Numbers in single precision if that holds them exactly and the ones they
/// come from were in it.
pub(super) fn like(precision: &Data, shape: &[usize], numbers: Vec<f64>) -> Data {
    let exact = numbers
        .iter()
        .all(|&x| f64::from(x as f32) == x || x.is_nan());
    if matches!(precision, Data::F64(_)) || !exact {
        return pellucid_core::Tensor::new(shape.to_vec(), numbers).into();
    }
    let single = numbers.into_iter().map(|x| x as f32).collect();
    pellucid_core::Tensor::new(shape.to_vec(), single).into()
}

/// The known lengths of all sides.
pub(super) fn known(shape: &[Dim]) -> Option<Vec<usize>> {
    shape.iter().map(Dim::known).collect()
}
