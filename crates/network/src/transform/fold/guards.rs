//! Softmaxes whose masked rows a model sets to 0 afterwards.
//!
//! A row of nothing but −∞ has no softmax. Exporters of attention write
//! `Where(IsNaN(A), 0, A)` behind `A = softmax(S)`: the value is 0, but the
//! derivative through `A` is none. It is the same value as
//!
//! $$ \mathrm{Where}(n,\; 0,\; \mathrm{softmax}(\mathrm{Where}(n,\; 0,\; S))),
//!    \qquad n = \mathrm{IsNaN}(\mathrm{softmax}(S)), $$
//!
//! in which nothing that is no number meets a derivative.

use crate::error::NetworkError;
use crate::graph::{Graph, ValueId};
use crate::ops::{Op, Where};
use crate::transform::fold::Met;

pub(super) fn moved_inside(
    graph: &mut Graph,
    met: &Met<'_>,
) -> Result<Option<ValueId>, NetworkError> {
    let (Op::Where(_), &[condition, other, guarded]) = (met.op, met.inputs) else {
        return Ok(None);
    };
    let Some(Op::Softmax(softmax)) = graph.producer(guarded).map(|node| node.op.clone()) else {
        return Ok(None);
    };
    let asked = graph.made(condition, |op| matches!(op, Op::IsNan(_)));
    if asked != Some(&[guarded]) {
        return Ok(None);
    }
    let Some(&[scores]) = graph.made(guarded, |_| true) else {
        return Ok(None);
    };
    let zero = graph.scalar(0.0);
    let finite = graph.push(Where, &[condition, zero, scores])?;
    let inside = graph.push(softmax, &[finite])?;
    Ok(Some(
        graph.node(met.name, Where, &[condition, other, inside])?[0],
    ))
}
