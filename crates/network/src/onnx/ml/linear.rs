//! Linear models: scores `X Wᵀ + b`, and what becomes of them.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::ValueId;
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{
    Abs, ArgBest, Concat, Div, Exp, Gather, Gemm, Greater, Identity, Mul, Neg, Places, ReduceMax,
    ReduceSum, Reshape, Sigmoid, Softmax, Sub, ToInteger, Where,
};

use super::{matrix, no_texts, numbers, row, table};

/// `X Wᵀ + b`, with `rows` rows of `W`.
fn scores(node: &mut Import<'_>, rows: usize) -> Result<ValueId, NetworkError> {
    let (x, columns) = table(node, 0)?;
    let weights = matrix(node, "coefficients", rows, columns)?;
    let intercepts = numbers(node, "intercepts")?;
    if intercepts.is_empty() {
        return node.add(Gemm::NT, &[x, weights]);
    }
    if intercepts.len() != rows {
        return Err(node.refuse(format!(
            "`intercepts` has {} numbers for {rows} scores",
            intercepts.len()
        )));
    }
    let intercepts = row(node, "intercepts", intercepts);
    node.add(Gemm::NT, &[x, weights, intercepts])
}

/// `LinearRegressor`.
pub(super) fn regressor(node: &mut Import<'_>) -> Imported {
    let targets = node.proto().int("targets")?.unwrap_or(1);
    let targets = usize::try_from(targets)
        .ok()
        .filter(|&targets| targets >= 1)
        .ok_or_else(|| node.refuse(format!("{targets} targets, expected at least 1")))?;
    let scores = scores(node, targets)?;
    transformed(node, scores)
}

/// `LinearClassifier`: the label of the likeliest class, and the scores.
pub(super) fn classifier(node: &mut Import<'_>) -> Imported {
    let rows = numbers(node, "intercepts")?.len().max(1);
    let made = scores(node, rows)?;
    let label = if node.wants(0) {
        label(node, made, rows)?
    } else {
        made
    };
    // One row of two classes: its score belongs to the second.
    if rows == 1 && classes(node)? == 2 {
        let both = second_class(node, made)?;
        return Ok(vec![label, both]);
    }
    let scores = transformed(node, made)?;
    Ok(vec![label, scores[0]])
}

/// How many classes there are.
pub(super) fn classes(node: &Import<'_>) -> Result<usize, NetworkError> {
    let proto = node.proto();
    Ok(match proto.ints("classlabels_ints")? {
        Some(labels) => labels.len(),
        None => proto
            .strings("classlabels_strings")?
            .unwrap_or_default()
            .len(),
    })
}

/// The scores of both classes from that of the second: `1 − s` and `s`, behind a
/// sigmoid if one is asked for; a softmax of one score is left out, as onnxruntime
/// does.
fn second_class(node: &mut Import<'_>, score: ValueId) -> Result<ValueId, NetworkError> {
    let second = match node.proto().string("post_transform")?.unwrap_or("NONE") {
        "SOFTMAX" | "SOFTMAX_ZERO" => score,
        _ => transformed(node, score)?[0],
    };
    let one = node.scalar(1.0);
    let first = node.add(Sub, &[one, second])?;
    node.add(Concat { axis: 1 }, &[first, second])
}

/// The scores behind the attribute `post_transform`.
pub(super) fn transformed(node: &mut Import<'_>, scores: ValueId) -> Imported {
    match node.proto().string("post_transform")?.unwrap_or("NONE") {
        "NONE" => node.push(Identity, &[scores]),
        "LOGISTIC" => node.push(Sigmoid, &[scores]),
        "SOFTMAX" => node.push(Softmax { axis: 1 }, &[scores]),
        "SOFTMAX_ZERO" => softmax_zero(node, scores),
        other => Err(node.refuse(format!(
            "the post_transform `{other}`, expected NONE, LOGISTIC, SOFTMAX or SOFTMAX_ZERO; ask for an output in front of it (--output NAME)"
        ))),
    }
}

/// A softmax whose scores of 0 count `0` in place of `e⁰`.
fn softmax_zero(node: &mut Import<'_>, scores: ValueId) -> Imported {
    const ZERO: f64 = 1e-7;
    let axes = vec![1];
    let largest = node.add(
        ReduceMax {
            axes: axes.clone(),
            keep: true,
        },
        &[scores],
    )?;
    let below = node.add(Sub, &[scores, largest])?;
    let powers = node.add(Exp, &[below])?;
    let least = node.add(Neg, &[largest])?;
    let least = node.add(Exp, &[least])?;
    let small = node.add(Mul, &[scores, least])?;
    let size = node.add(Abs, &[scores])?;
    let limit = node.scalar(ZERO);
    let counts = node.add(Greater, &[size, limit])?;
    let zero = node.scalar(0.0);
    let counted = node.add(Where, &[counts, powers, zero])?;
    let sum = node.add(ReduceSum { axes, keep: true }, &[counted])?;
    let all = node.add(Where, &[counts, powers, small])?;
    node.push(Div, &[all, sum])
}

/// The label of the class with the largest score, `[N]`.
pub(super) fn label(
    node: &mut Import<'_>,
    scores: ValueId,
    rows: usize,
) -> Result<ValueId, NetworkError> {
    no_texts(node, &["classlabels_strings"])?;
    let labels = node.proto().ints("classlabels_ints")?.unwrap_or_default();
    let labels: Vec<i32> = labels
        .iter()
        .map(|&label| i32::try_from(label))
        .collect::<Result<_, _>>()
        .map_err(|_| node.refuse("a label beyond 2^31"))?;
    let best = if rows == 1 {
        let zero = node.scalar(0.0);
        let second = node.add(Greater, &[scores, zero])?;
        let shape = vec![node.shape(second)[0].clone()];
        let second = node.add(Reshape { shape }, &[second])?;
        node.add(ToInteger, &[second])?
    } else {
        let best = ArgBest {
            axis: 1,
            keep: false,
            largest: true,
            last: false,
        };
        node.add(best, &[scores])?
    };
    let labels = Tensor::new(vec![labels.len()], labels);
    let labels = node.constant("labels", labels.into());
    let places = Places::Along { axis: 0 };
    node.add(Gather { places }, &[labels, best])
}
