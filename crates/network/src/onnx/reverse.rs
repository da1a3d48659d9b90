//! `ReverseSequence`: the first numbers of every sequence in reverse order, as
//! many as it is long; the padding behind stays.

use crate::graph::Dim;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Gather, Greater, Places, Range, Sub, Where};

pub(crate) fn reverse_sequence(node: &mut Import<'_>) -> Imported {
    let x = node.either(0)?;
    let lengths = node.indices(1)?;
    let rank = node.shape(x).len();
    let batch = node.axis(node.proto().int("batch_axis")?.unwrap_or(1), rank)?;
    let time = node.axis(node.proto().int("time_axis")?.unwrap_or(0), rank)?;
    if batch == time {
        return Err(node.refuse("its batch_axis is its time_axis"));
    }
    let mut order = vec![batch, time];
    order.extend((0..rank).filter(|&axis| axis != batch && axis != time));
    let moved = node.transpose(x, order.clone())?;
    let [rows, steps] = [0, 1].map(|axis| node.shape(moved)[axis].clone());
    let one = Dim::fixed(1);
    let range = |start: usize| Range {
        start: Dim::fixed(start),
        step: 1,
        length: steps.clone(),
    };
    let (place, next) = (node.add(range(0), &[])?, node.add(range(1), &[])?);
    let line = |step| vec![one.clone(), step];
    let place = node.reshape(place, line(steps.clone()))?;
    let next = node.reshape(next, line(steps.clone()))?;
    let lengths = node.reshape(lengths, vec![rows.clone(), one.clone()])?;
    let mirrored = node.add(Sub, &[lengths, next])?;
    let within = node.add(Greater, &[lengths, place])?;
    let from = node.add(Where, &[within, mirrored, place])?;
    let from = node.reshape(from, vec![rows, steps, one])?;
    let places = Places::Tuples { batch: 1 };
    let reversed = node.add(Gather { places }, &[moved, from])?;
    let mut back = vec![0; rank];
    for (at, &axis) in order.iter().enumerate() {
        back[axis] = at;
    }
    Ok(vec![node.transpose(reversed, back)?])
}
