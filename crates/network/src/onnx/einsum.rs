//! Sums of products by Einstein's convention, written with transposes,
//! reshapes, matrix products and sums.
//!
//! `bij,bjk->bik` is `y[b, i, k] = Σ_j a[b, i, j] c[b, j, k]`: letters that
//! the result does not have are summed over, an ellipsis stands for the sides
//! that are not named, a letter twice in one operand for its diagonal. Without
//! an arrow the result has the letters that occur once, in their order.
//! Operands are joined from left to right.

use std::collections::BTreeMap;

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, volume};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Identity, MatMul, Mul, ReduceSum, Slice};

/// A side of an operand: a letter, or a side of the ellipsis counted from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Ellipsis(usize),
    Letter(char),
}

/// A value whose sides have labels.
#[derive(Debug, Clone)]
struct Operand {
    value: ValueId,
    labels: Vec<Label>,
}

pub(crate) fn einsum(node: &mut Import<'_>) -> Imported {
    let values = node.alike()?;
    let equation = node.proto().string("equation")?.unwrap_or_default();
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (terms, result) = match equation.split_once("->") {
        Some((terms, result)) => (terms, Some(result)),
        None => (equation.as_str(), None),
    };
    let terms: Vec<&str> = terms.split(',').collect();
    if terms.len() != values.len() {
        return Err(node.refuse(format!(
            "`{equation}` names {} operands, found {}",
            terms.len(),
            values.len()
        )));
    }
    let mut operands = Vec::new();
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for (term, value) in terms.into_iter().zip(values) {
        let labels = labels(node, term, Some(node.shape(value).len()))?;
        for &label in &labels {
            *counts.entry(label).or_default() += 1;
        }
        operands.push(Operand { value, labels });
    }
    let mut hidden = counts
        .keys()
        .copied()
        .filter(|label| matches!(label, Label::Ellipsis(_)));
    let ellipsis = hidden.by_ref().count();
    let result = match result {
        Some(result) => {
            let letters = result.chars().filter(char::is_ascii_alphabetic).count();
            labels(
                node,
                result,
                Some(letters + if result.contains("...") { ellipsis } else { 0 }),
            )?
        }
        None => implicit(&counts, ellipsis),
    };
    if let Some(label) = result.iter().find(|label| !counts.contains_key(label)) {
        return Err(node.refuse(format!(
            "the result of `{equation}` has {label:?}, no operand has"
        )));
    }
    let mut done: Option<Operand> = None;
    for at in 0..operands.len() {
        let mut next = diagonal(node, operands[at].clone())?;
        // What neither the result nor another operand has is summed first.
        let elsewhere = |label: &Label| {
            result.contains(label)
                || (operands.iter().enumerate())
                    .any(|(i, other)| i != at && other.labels.contains(label))
        };
        next = sum_out(node, next, elsewhere)?;
        done = Some(match done {
            None => next,
            Some(left) => {
                let later = |label: &Label| {
                    result.contains(label)
                        || operands[at + 1..]
                            .iter()
                            .any(|other| other.labels.contains(label))
                };
                join(node, left, next, later)?
            }
        });
    }
    let Some(done) = done else {
        return Err(node.refuse("expected at least one operand"));
    };
    let done = sum_out(node, done, |label| result.contains(label))?;
    let done = order(node, &done, &result)?;
    node.push(Identity, &[done])
}

/// The labels of one term; `rank` tells how many sides an ellipsis stands for.
fn labels(node: &Import<'_>, term: &str, rank: Option<usize>) -> Result<Vec<Label>, NetworkError> {
    let refuse = || {
        node.refuse(format!(
            "the term `{term}` does not fit an operand of {rank:?} sides"
        ))
    };
    let letters = |part: &str| -> Result<Vec<Label>, NetworkError> {
        part.chars()
            .map(|c| {
                if c.is_ascii_alphabetic() {
                    Ok(Label::Letter(c))
                } else {
                    Err(refuse())
                }
            })
            .collect()
    };
    let labels = match term.split_once("...") {
        None => letters(term)?,
        Some((front, back)) => {
            let (front, back) = (letters(front)?, letters(back)?);
            let rank = rank.unwrap_or(front.len() + back.len());
            let hidden = rank
                .checked_sub(front.len() + back.len())
                .ok_or_else(refuse)?;
            let hidden = (0..hidden).rev().map(Label::Ellipsis);
            front.into_iter().chain(hidden).chain(back).collect()
        }
    };
    if rank.is_some_and(|rank| rank != labels.len()) {
        return Err(refuse());
    }
    Ok(labels)
}

/// The ellipsis, then the letters that occur once.
fn implicit(counts: &BTreeMap<Label, usize>, ellipsis: usize) -> Vec<Label> {
    let letters = counts
        .iter()
        .filter(|(label, count)| matches!(label, Label::Letter(_)) && **count == 1)
        .map(|(label, _)| *label);
    (0..ellipsis)
        .rev()
        .map(Label::Ellipsis)
        .chain(letters)
        .collect()
}

/// Takes the diagonal of sides with the same label.
fn diagonal(node: &mut Import<'_>, mut operand: Operand) -> Result<Operand, NetworkError> {
    loop {
        let twice = operand.labels.iter().enumerate().find_map(|(i, label)| {
            let behind = operand.labels[i + 1..]
                .iter()
                .position(|other| other == label)?;
            Some((i, i + 1 + behind))
        });
        let Some((first, second)) = twice else {
            return Ok(operand);
        };
        let shape = node.shape(operand.value);
        let (Some(side), true) = (shape[first].known(), shape[first] == shape[second]) else {
            return Err(node.refuse("a diagonal needs two sides of one known length"));
        };
        let rank = shape.len();
        let mut perm: Vec<usize> = (0..rank).filter(|&i| i != first && i != second).collect();
        let mut sides: Vec<Dim> = perm.iter().map(|&i| shape[i].clone()).collect();
        let mut labels: Vec<Label> = perm.iter().map(|&i| operand.labels[i]).collect();
        labels.push(operand.labels[first]);
        perm.extend([first, second]);
        sides.push(Dim::fixed(side * side));
        let last = node.transpose(operand.value, perm)?;
        let flat = node.reshape(last, sides)?;
        let part = Slice {
            axis: rank - 2,
            start: Dim::fixed(0),
            length: Dim::fixed(side),
            step: side + 1,
        };
        let value = node.add(part, &[flat])?;
        operand = Operand { value, labels };
    }
}

/// Sums over the sides that are not wanted any more.
fn sum_out(
    node: &mut Import<'_>,
    operand: Operand,
    wanted: impl Fn(&Label) -> bool,
) -> Result<Operand, NetworkError> {
    let axes: Vec<usize> = (0..operand.labels.len())
        .filter(|&i| !wanted(&operand.labels[i]))
        .collect();
    if axes.is_empty() {
        return Ok(operand);
    }
    let value = node.add(ReduceSum { axes, keep: false }, &[operand.value])?;
    let labels = operand.labels.into_iter().filter(wanted).collect();
    Ok(Operand { value, labels })
}

/// The product of two operands, summed over what nothing `later` wants.
fn join(
    node: &mut Import<'_>,
    a: Operand,
    b: Operand,
    later: impl Fn(&Label) -> bool,
) -> Result<Operand, NetworkError> {
    // A side of length 1 meets any other.
    let a = narrow(node, a, &b)?;
    let b = narrow(node, b, &a)?;
    let shared = |label: &&Label| b.labels.contains(label);
    let own = |one: &Operand, other: &Operand| -> Vec<Label> {
        let mine = one
            .labels
            .iter()
            .filter(|label| !other.labels.contains(label));
        mine.copied().collect()
    };
    let batch: Vec<Label> = a
        .labels
        .iter()
        .filter(shared)
        .copied()
        .filter(|l| later(l))
        .collect();
    let summed: Vec<Label> = a
        .labels
        .iter()
        .filter(shared)
        .copied()
        .filter(|l| !later(l))
        .collect();
    let (left, right) = (own(&a, &b), own(&b, &a));
    let labels = [batch.as_slice(), &left, &right].concat();
    if summed.is_empty() {
        let a_wide = spread(node, &a, &[&batch, &left], right.len())?;
        let b_wide = between(node, &b, &batch, left.len(), &right)?;
        let value = node.add(Mul, &[a_wide, b_wide])?;
        return Ok(Operand { value, labels });
    }
    let matrix = |node: &mut Import<'_>, operand: &Operand, rows: &[Label], columns: &[Label]| {
        let all = [batch.as_slice(), rows, columns].concat();
        let value = order(node, operand, &all)?;
        let shape = node.shape(value);
        let (lead, rest) = shape.split_at(batch.len());
        let (rows, columns) = rest.split_at(rows.len());
        let sides = [lead, &[volume(rows), volume(columns)]].concat();
        node.reshape_if(value, sides)
    };
    let sides_of = |node: &Import<'_>, operand: &Operand, wanted: &[Label]| -> Vec<Dim> {
        let shape = node.shape(operand.value);
        let at = |label: &Label| operand.labels.iter().position(|other| other == label);
        wanted
            .iter()
            .filter_map(at)
            .map(|i| shape[i].clone())
            .collect()
    };
    let x = matrix(node, &a, &left, &summed)?;
    let y = matrix(node, &b, &summed, &right)?;
    let product = node.add(MatMul, &[x, y])?;
    let mut sides = node.shape(product)[..batch.len()].to_vec();
    sides.extend(sides_of(node, &a, &left));
    sides.extend(sides_of(node, &b, &right));
    let value = node.reshape_if(product, sides)?;
    Ok(Operand { value, labels })
}

/// Drops sides of length 1 that meet a longer one in the other operand.
fn narrow(
    node: &mut Import<'_>,
    operand: Operand,
    other: &Operand,
) -> Result<Operand, NetworkError> {
    let one = Dim::fixed(1);
    let (shape, theirs) = (node.shape(operand.value), node.shape(other.value));
    let keeps = |i: usize| {
        let met = other
            .labels
            .iter()
            .position(|label| *label == operand.labels[i]);
        met.is_none_or(|at| shape[i] != one || theirs[at] == one)
    };
    let kept: Vec<usize> = (0..shape.len()).filter(|&i| keeps(i)).collect();
    if kept.len() == shape.len() {
        return Ok(operand);
    }
    let sides = kept.iter().map(|&i| shape[i].clone()).collect();
    Ok(Operand {
        value: node.reshape(operand.value, sides)?,
        labels: kept.iter().map(|&i| operand.labels[i]).collect(),
    })
}

/// The operand with its sides in this order.
fn order(
    node: &mut Import<'_>,
    operand: &Operand,
    labels: &[Label],
) -> Result<ValueId, NetworkError> {
    let perm: Option<Vec<usize>> = labels
        .iter()
        .map(|label| operand.labels.iter().position(|other| other == label))
        .collect();
    let perm = perm.ok_or_else(|| node.refuse("an operand lost a side that the result needs"))?;
    node.transpose(operand.value, perm)
}

/// The operand with sides of these labels and `ones` of length 1 behind.
fn spread(
    node: &mut Import<'_>,
    operand: &Operand,
    labels: &[&[Label]],
    ones: usize,
) -> Result<ValueId, NetworkError> {
    let value = order(node, operand, &labels.concat())?;
    let mut shape = node.shape(value);
    shape.extend(vec![Dim::fixed(1); ones]);
    node.reshape_if(value, shape)
}

/// The operand with sides `front`, `ones` of length 1, and `back`.
fn between(
    node: &mut Import<'_>,
    operand: &Operand,
    front: &[Label],
    ones: usize,
    back: &[Label],
) -> Result<ValueId, NetworkError> {
    let value = order(node, operand, &[front, back].concat())?;
    let mut shape = node.shape(value);
    shape.splice(front.len()..front.len(), vec![Dim::fixed(1); ones]);
    node.reshape_if(value, shape)
}
