//! Positions whose first numbers only count: what is written to the same
//! places of every event and channel needs no list of events and channels.
//!
//! One exporter writes `y[:, :, i, j] = u` as tuples `(event, channel, i, j)`,
//! the other as tuples `(i, j)` with the counted sides last. The second is
//! shorter, and its positions are constants.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId};
use crate::ops::{Op, Places, Range, Transpose};
use crate::transform::fold::Met;
use crate::transform::fold::look::{known, of};

pub(super) fn simplified(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let (Op::Scatter(scatter), &[data, indices, updates]) = (met.op, met.inputs) else {
        return Ok(None);
    };
    if scatter.places != (Places::Tuples { batch: 0 }) {
        return Ok(None);
    }
    let Some((counted, positions)) = split(graph, data, indices) else {
        return Ok(None);
    };
    let behind = |rank: usize| -> Vec<usize> { (counted..rank).chain(0..counted).collect() };
    let rank = graph.shape(data).len();
    let perm = behind(graph.shape(updates).len());
    let positions = graph.constant("", positions);
    let updates = graph.push(Transpose { perm }, &[updates])?;
    let data = graph.push(Transpose { perm: behind(rank) }, &[data])?;
    let written = graph.push(*scatter, &[data, positions, updates])?;
    let perm = (rank - counted..rank).chain(0..rank - counted).collect();
    Ok(Some(
        graph.node(met.name, Transpose { perm }, &[written])?[0],
    ))
}

/// How many first sides the tuples count, and the rest of the tuples.
fn split(graph: &Graph, data: ValueId, indices: ValueId) -> Option<(usize, Tensor<i32>)> {
    let columns = graph.made(indices, |op| matches!(op, Op::Concat(_)))?;
    let (tuple, lead) = graph.shape(indices).split_last()?;
    if tuple.known()? != columns.len() {
        return None;
    }
    let sides = graph.shape(data);
    let counted = columns
        .iter()
        .enumerate()
        .take_while(|&(side, &column)| {
            sides.get(side) == lead.get(side) && counts(graph, column, lead, side)
        })
        .count();
    let rest = known(lead.get(counted..)?)?;
    if counted == 0 || counted == columns.len() {
        return None;
    }
    let constant = |&column: &ValueId| repeated(graph, column, lead, counted);
    let columns: Vec<Vec<i32>> = columns[counted..]
        .iter()
        .map(constant)
        .collect::<Option<_>>()?;
    let places = 0..rest.iter().product();
    let tuples = places.flat_map(|place| columns.iter().map(move |column| column[place]));
    let shape = [&rest[..], &[columns.len()]].concat();
    Some((counted, Tensor::new(shape, tuples.collect())))
}

/// What a column of tuples repeats, in the rank of the places `lead` with the
/// sides of length 1 that it is repeated along.
fn source(graph: &Graph, column: ValueId, lead: &[Dim]) -> Option<(ValueId, Vec<Dim>)> {
    let wide = of(graph, column, |op| matches!(op, Op::Reshape(_)))?;
    if graph.shape(wide) != lead {
        return None;
    }
    let narrow = of(graph, wide, |op| matches!(op, Op::Expand(_))).unwrap_or(wide);
    let own = graph.shape(narrow);
    let mut shape = vec![Dim::fixed(1); lead.len().checked_sub(own.len())?];
    shape.extend_from_slice(own);
    Some((narrow, shape))
}

/// Whether a column of tuples is the position along one side of the places.
fn counts(graph: &Graph, column: ValueId, lead: &[Dim], side: usize) -> bool {
    let Some((values, shape)) = source(graph, column, lead) else {
        return false;
    };
    let one = Dim::fixed(1);
    let only = shape
        .iter()
        .enumerate()
        .all(|(i, length)| length == if i == side { &lead[side] } else { &one });
    if !only {
        return false;
    }
    if let Some(data) = graph.data(values) {
        return data
            .to_f64()
            .iter()
            .enumerate()
            .all(|(i, &x)| x == i as f64);
    }
    let range = of_range(graph, values);
    range.is_some_and(|range| {
        range.step == 1 && range.start.known() == Some(0) && range.length == lead[side]
    })
}

fn of_range(graph: &Graph, values: ValueId) -> Option<&Range> {
    let made = of(graph, values, |op| matches!(op, Op::Reshape(_))).unwrap_or(values);
    match &graph.producer(made)?.op {
        Op::Range(range) => Some(range),
        _ => None,
    }
}

/// The numbers of a constant column behind the counted sides, if they are the
/// same for all that is counted.
fn repeated(graph: &Graph, column: ValueId, lead: &[Dim], counted: usize) -> Option<Vec<i32>> {
    let (values, shape) = source(graph, column, lead)?;
    let shape = known(&shape)?;
    let wide = known(&lead[counted..])?;
    if shape[..counted].iter().any(|&side| side != 1) {
        return None;
    }
    let numbers = graph.data(values)?.to_f64();
    let own = &shape[counted..];
    let places = 0..wide.iter().product::<usize>();
    let number = |place: usize| {
        let (mut rest, mut at, mut stride) = (place, 0, 1);
        for (&wide, &own) in wide.iter().zip(own).rev() {
            let i = rest % wide;
            rest /= wide;
            at += if own == 1 { 0 } else { i * stride };
            stride *= own;
        }
        numbers[at] as i32
    };
    Some(places.map(number).collect())
}
