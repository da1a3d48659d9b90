//! Which factor of a product of two variables is taken as constant.
//!
//! Of `a · b` (or `a / b`, or a matrix product) where both depend on the
//! input, asked in this order:
//!
//! 1. `a` and `b` are one value: the square is a function of one variable.
//! 2. One of them is a **gate** and the other is not: the gate is constant and
//!    the other, the signal, takes all (L. Arras et al., arXiv:1706.07206,
//!    section 2.2). A gate is a sigmoid (a hard sigmoid, a clip to
//!    \[0, 1\]), reached through operations that only move numbers and through
//!    `1 − g`.
//! 3. One of them is a **function of the other alone** without weights, such
//!    as a normaliser, and constant. It is made of the other (or of what that
//!    is shifted from, such as the variable before its mean was subtracted)
//!    by functions of one number, sums, products, averages and maxima.
//! 4. One of them is an **attention**: it is made of a softmax by moving
//!    numbers, masking and scaling. It is constant if attention is.
//! 5. Otherwise none is, and the product halves its relevance.

use std::collections::HashSet;

use super::settings::Attention;
use crate::graph::{Graph, Node, ValueId};
use crate::ops::{Op, Rule};

/// Why a factor that depends on the input is constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Constant {
    /// The product is a square.
    Square,
    /// It is a gate.
    Gate,
    /// It is a function of the other factor, number by number.
    Own,
    /// It is a normaliser of the other factor.
    Normaliser,
    /// It is an attention.
    Attention,
}

/// The position of the constant factor, and why it is one.
pub(super) fn constant_factor(
    graph: &Graph,
    active: &[bool],
    node: &Node,
    attention: Attention,
) -> Option<(usize, Constant)> {
    let (a, b) = (node.inputs[0], node.inputs[1]);
    let quotient = matches!(node.op, Op::Div(_));
    let of_numbers = node.op.rule() == Rule::Factor;
    if of_numbers && a == b && !quotient {
        return Some((1, Constant::Square));
    }
    if of_numbers && !quotient {
        match (is_gate(graph, a), is_gate(graph, b)) {
            (true, false) => return Some((0, Constant::Gate)),
            (false, true) => return Some((1, Constant::Gate)),
            _ => {}
        }
    }
    if of_numbers {
        if let Some(why) = own_function(graph, active, b, a) {
            return Some((1, why));
        }
        if let (false, Some(why)) = (quotient, own_function(graph, active, a, b)) {
            return Some((0, why));
        }
    }
    if attention == Attention::Constant && !quotient {
        match (is_attention(graph, a), is_attention(graph, b)) {
            (true, false) => return Some((0, Constant::Attention)),
            (false, true) => return Some((1, Constant::Attention)),
            _ => {}
        }
    }
    None
}

/// Whether a value is a sigmoid, or moved or subtracted from a number.
fn is_gate(graph: &Graph, mut value: ValueId) -> bool {
    while let Some(node) = graph.producer(value) {
        value = match &node.op {
            Op::Sigmoid(_) => return true,
            Op::Clip(clip) => return clip.low == 0.0 && clip.high == 1.0,
            Op::Sub(_) if graph.data(node.inputs[0]).is_some() => node.inputs[1],
            op if moves_one(op) => node.inputs[0],
            _ => return false,
        };
    }
    false
}

/// Whether a value is a softmax, or moved, masked or scaled.
fn is_attention(graph: &Graph, value: ValueId) -> bool {
    let mut seen = HashSet::new();
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        let Some(node) = graph.producer(value).filter(|_| seen.insert(value)) else {
            continue;
        };
        match &node.op {
            Op::Softmax(_) => return true,
            // The mask or scale may stand on either side.
            Op::Mul(_) => stack.extend(&node.inputs),
            Op::Where(_) => stack.extend(&node.inputs[1..]),
            Op::Div(_) => stack.push(node.inputs[0]),
            op if moves_one(op) => stack.push(node.inputs[0]),
            _ => {}
        }
    }
    false
}

/// Whether an operation only moves the numbers of its first input.
fn moves_one(op: &Op) -> bool {
    op.rule() == Rule::Route
        && !matches!(
            op,
            Op::Concat(_) | Op::Where(_) | Op::Max(_) | Op::Scatter(_)
        )
}

/// Whether `function` depends on the input through `variable` alone, by
/// operations without weights: number by number, or with averages, sums or
/// maxima over some of its numbers (a normaliser).
fn own_function(
    graph: &Graph,
    active: &[bool],
    function: ValueId,
    variable: ValueId,
) -> Option<Constant> {
    let roots = shifted_from(graph, active, variable, false);
    if graph.shape(function) == graph.shape(variable)
        && let Some(Reach {
            moved: false,
            reduced: false,
        }) = made_of(graph, active, function, &roots)
    {
        return Some(Constant::Own);
    }
    let roots = shifted_from(graph, active, variable, true);
    let reach = made_of(graph, active, function, &roots)?;
    reach.reduced.then_some(Constant::Normaliser)
}

/// What lies between a function and what it is made of.
struct Reach {
    /// Numbers were moved or repeated.
    moved: bool,
    /// Numbers were averaged, summed, or the largest of them taken.
    reduced: bool,
}

/// How `function` is made of `roots` alone, without weights, if it is.
fn made_of(graph: &Graph, active: &[bool], function: ValueId, roots: &[ValueId]) -> Option<Reach> {
    let (mut moved, mut reduced) = (false, false);
    let mut seen = HashSet::new();
    let mut stack = vec![function];
    while let Some(value) = stack.pop() {
        if roots.contains(&value) || !active[value.index()] || !seen.insert(value) {
            continue;
        }
        let node = graph.producer(value)?;
        match node.op.rule() {
            Rule::Pool => reduced = true,
            Rule::Route if matches!(node.op, Op::ReduceMax(_)) => reduced = true,
            Rule::Route => moved = true,
            Rule::Pass | Rule::Sum | Rule::Factor => {}
            _ => return None,
        }
        stack.extend(&node.inputs);
    }
    Some(Reach { moved, reduced })
}

/// A variable and what it is shifted or scaled from, through changes of shape
/// if they are `reshaped`.
fn shifted_from(graph: &Graph, active: &[bool], variable: ValueId, reshaped: bool) -> Vec<ValueId> {
    let mut roots = vec![variable];
    let mut value = variable;
    while let Some(node) = graph.producer(value) {
        let depends = |i: usize| active[node.inputs[i].index()];
        value = match &node.op {
            Op::Sub(_) if depends(0) => node.inputs[0],
            Op::Add(_) | Op::Mul(_) | Op::Div(_) if depends(0) && !depends(1) => node.inputs[0],
            Op::Add(_) | Op::Mul(_) if depends(1) && !depends(0) => node.inputs[1],
            Op::Reshape(_) | Op::Transpose(_) if reshaped => node.inputs[0],
            Op::Identity(_) | Op::Dropout(_) => node.inputs[0],
            _ => break,
        };
        roots.push(value);
    }
    roots
}
