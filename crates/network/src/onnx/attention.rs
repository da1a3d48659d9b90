//! `Attention` of operation sets 23 and later: for every head
//!
//! $$ Y = \mathrm{softmax}\bigl(c\,\tanh(\sigma Q K^T / c) + M\bigr) V, $$
//!
//! with a scale `σ` (by default one over the root of the width), a cap `c` if
//! there is one, and a mask `M` that is added: 0 and −∞ for truth values, −∞
//! where a query may not look. A query that may look at nothing gets 0. Where
//! there are fewer heads of keys than of queries, neighbouring queries share
//! one.

use pellucid_onnx::DataType;

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Add, Concat, Div, Equal, Expand, Greater, GreaterOrEqual, MatMul, Mul, Range, ReduceMax,
    Softmax, Sub, Tanh, ToReal, Where,
};

pub(crate) fn attention(node: &mut Import<'_>) -> Imported {
    refuse_what_is_not_done(node)?;
    let flat = node.real(0)?;
    let joined = node.shape(flat).len() == 3;
    let [q, mut k, mut v] = heads(node)?;
    let mut before = Dim::fixed(0);
    if node.has(4) || node.has(5) {
        let (past_k, past_v) = (node.real(4)?, node.real(5)?);
        before = node.shape(past_k).get(2).cloned().unwrap_or_default();
        k = node.add(Concat { axis: 2 }, &[past_k, k])?;
        v = node.add(Concat { axis: 2 }, &[past_v, v])?;
    }
    let present = [k, v];
    let queries = node.shape(q)[1].clone();
    let (k, v) = (shared(node, k, &queries)?, shared(node, v, &queries)?);
    let width = node.shape(q)[3].known();
    let scale = node.float("scale", 0.0)?;
    let scale = match width {
        _ if node.proto().float("scale")?.is_some() => scale,
        Some(width) => 1.0 / (width as f64).sqrt(),
        None => return Err(node.refuse("the width of the heads must be known")),
    };
    let scale = node.scalar(scale);
    let scaled = node.add(Mul, &[q, scale])?;
    let keys = node.transpose(k, vec![0, 1, 3, 2])?;
    let plain = node.add(MatMul, &[scaled, keys])?;
    let capped = match node.float("softcap", 0.0)? {
        0.0 => plain,
        cap => {
            let cap = node.scalar(cap);
            let part = node.add(Div, &[plain, cap])?;
            let bent = node.add(Tanh, &[part])?;
            node.add(Mul, &[bent, cap])?
        }
    };
    let mut scores = capped;
    if node.has(3) {
        let mask = mask(node, scores)?;
        scores = node.add(Add, &[scores, mask])?;
    }
    scores = windowed(node, scores, &before)?;
    let weights = guarded(node, scores)?;
    let mut y = node.add(MatMul, &[weights, v])?;
    if joined {
        let [batch, heads, rows, width] = four(node, y)?;
        let moved = node.transpose(y, vec![0, 2, 1, 3])?;
        y = node.reshape(moved, vec![batch, rows, &heads * &width])?;
    }
    let seen = match node.proto().int("qk_matmul_output_mode")?.unwrap_or(0) {
        0 => plain,
        1 if node.opset() > 23 => capped,
        1 | 2 => scores,
        _ => weights,
    };
    Ok(vec![y, present[0], present[1], seen])
}

fn refuse_what_is_not_done(node: &Import<'_>) -> Result<(), NetworkError> {
    if node.has(6) {
        return Err(node.refuse(
            "nonpad_kv_seqlen (a cache filled from outside) is not supported; export the model \
             with a mask instead",
        ));
    }
    if node.has(4) != node.has(5) {
        return Err(node.refuse("expected past_key and past_value, found one of them"));
    }
    Ok(())
}

fn four(node: &Import<'_>, value: ValueId) -> Result<[Dim; 4], NetworkError> {
    let shape = node.shape(value);
    let refuse = |shape: Vec<Dim>| {
        node.refuse(format!(
            "expected queries, keys and values of four sides, or of three with q_num_heads and \
             kv_num_heads; found {}",
            show(&shape)
        ))
    };
    shape.try_into().map_err(refuse)
}

/// Queries, keys and values as `[batch, heads, rows, width]`.
fn heads(node: &mut Import<'_>) -> Result<[ValueId; 3], NetworkError> {
    let mut apart = Vec::new();
    for i in 0..3 {
        let value = node.real(i)?;
        let shape = node.shape(value);
        let [batch, rows, width] = shape.as_slice() else {
            four(node, value)?;
            apart.push(value);
            continue;
        };
        let name = if i == 0 {
            "q_num_heads"
        } else {
            "kv_num_heads"
        };
        let count = node.proto().int(name)?.unwrap_or(0);
        let count = usize::try_from(count)
            .ok()
            .filter(|&count| count > 0)
            .ok_or_else(|| node.refuse(format!("inputs of three sides need {name}")))?;
        let count = Dim::fixed(count);
        let width = width.quotient(&count);
        let split = vec![batch.clone(), rows.clone(), count, width];
        let split = node.reshape(value, split)?;
        apart.push(node.transpose(split, vec![0, 2, 1, 3])?);
    }
    Ok([apart[0], apart[1], apart[2]])
}

/// Keys or values with every head repeated for the queries that share it.
fn shared(node: &mut Import<'_>, value: ValueId, queries: &Dim) -> Result<ValueId, NetworkError> {
    let [batch, heads, rows, width] = four(node, value)?;
    if heads == *queries {
        return Ok(value);
    }
    let repeat = match (heads.known(), queries.known()) {
        (Some(own @ 1..), Some(all)) if all % own == 0 => Dim::fixed(all / own),
        _ => return Err(node.refuse(format!("{queries} heads of queries, {heads} of keys"))),
    };
    let single = vec![
        batch.clone(),
        heads.clone(),
        Dim::fixed(1),
        rows.clone(),
        width.clone(),
    ];
    let single = node.reshape(value, single)?;
    let shape = vec![batch.clone(), heads, repeat, rows.clone(), width.clone()];
    let repeated = node.add(Expand { shape }, &[single])?;
    node.reshape(repeated, vec![batch, queries.clone(), rows, width])
}

/// The mask as numbers to add to the scores.
fn mask(node: &mut Import<'_>, scores: ValueId) -> Result<ValueId, NetworkError> {
    let truth = node.file_type(3)? == Some(DataType::Bool);
    let mut mask = node.real(3)?;
    if truth {
        let (zero, never) = (node.scalar(0.0), node.scalar(f64::NEG_INFINITY));
        mask = node.add(Where, &[mask, zero, never])?;
    }
    // A mask may be shorter than the keys: it forbids those behind it.
    let (shape, keys) = (node.shape(mask), node.shape(scores)[3].clone());
    let last = shape.len().checked_sub(1);
    let last = last.ok_or_else(|| node.refuse("its mask has no sides"))?;
    match (shape[last].known(), keys.known()) {
        (Some(own), Some(keys)) if own < keys && own != 1 => {
            let mut rest = shape.clone();
            rest[last] = Dim::fixed(keys - own);
            let never = node.scalar(f64::NEG_INFINITY);
            let never = node.add(Expand { shape: rest }, &[never])?;
            node.add(Concat { axis: last }, &[mask, never])
        }
        _ => Ok(mask),
    }
}

/// Scores of −∞ for keys behind the query (`is_causal`), or outside of a window
/// about it.
fn windowed(
    node: &mut Import<'_>,
    mut scores: ValueId,
    before: &Dim,
) -> Result<ValueId, NetworkError> {
    let proto = node.proto();
    let width = |name: &str| -> Result<Option<i64>, NetworkError> {
        Ok(proto.int(name)?.filter(|&width| width >= 0))
    };
    let (left, right) = (width("left_window_size")?, width("right_window_size")?);
    let right = if proto.flag("is_causal")?.unwrap_or(false) {
        Some(0)
    } else {
        right
    };
    if left.is_none() && right.is_none() {
        return Ok(scores);
    }
    let [_, _, rows, keys] = four(node, scores)?;
    let mut line = |start: &Dim, length: &Dim, shape: [Dim; 2]| {
        let range = Range {
            start: start.clone(),
            step: 1,
            length: length.clone(),
        };
        let line = node.add(range, &[])?;
        let line = node.add(ToReal, &[line])?;
        node.reshape(line, shape.to_vec())
    };
    let one = Dim::fixed(1);
    let query = line(before, &rows, [rows.clone(), one.clone()])?;
    let key = line(&Dim::fixed(0), &keys, [one, keys.clone()])?;
    let ahead = node.add(Sub, &[key, query])?;
    let never = node.scalar(f64::NEG_INFINITY);
    if let Some(right) = right {
        let most = node.scalar(right as f64);
        let beyond = node.add(Greater, &[ahead, most])?;
        scores = node.add(Where, &[beyond, never, scores])?;
    }
    if let Some(left) = left {
        let least = node.scalar(-left as f64);
        let within = node.add(GreaterOrEqual, &[ahead, least])?;
        scores = node.add(Where, &[within, scores, never])?;
    }
    Ok(scores)
}

/// A softmax along the last side that is 0 where all scores are −∞. Scores that are no
/// numbers give none.
fn guarded(node: &mut Import<'_>, scores: ValueId) -> Result<ValueId, NetworkError> {
    let largest = ReduceMax {
        axes: vec![3],
        keep: true,
    };
    let largest = node.add(largest, &[scores])?;
    let never = node.scalar(f64::NEG_INFINITY);
    let nothing = node.add(Equal, &[largest, never])?;
    let zero = node.scalar(0.0);
    let scores = node.add(Where, &[nothing, zero, scores])?;
    let softmax = node.add(Softmax { axis: 3 }, &[scores])?;
    node.add(Where, &[nothing, zero, softmax])
}
