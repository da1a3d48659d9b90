//! The gradient of a graph as a graph.
//!
//! For a value `f` and a seed `f̄` of its shape, the vector–Jacobian product
//!
//! $$ \bar x_i = \sum_j \bar f_j \frac{\partial f_j}{\partial x_i} $$
//!
//! by reverse accumulation (A. Griewank, A. Walther, *Evaluating Derivatives*,
//! 2008, section 3.2). The result is made of the same operations, so it can be
//! differentiated again.
//!
//! **Where there is no slope.** An adjoint of 0 stays 0: what a choice, limits or a
//! mask have left out receives 0, also where its slope is infinite (0 · ∞ = 0).
//! Norms, standard deviations, `Sqrt` and `Pow` with an exponent between 0 and 1 have
//! the slope 0 at exactly 0, so that the distance of a particle from itself moves
//! nothing; `PyTorch` gives infinity there, and NaN in front of it. Any slope that is
//! not finite counts as 0 (see [`Finite`](crate::ops::Finite)); a modulus and a sign
//! have the slope 0 at 0, equals share what a maximum hands back. Networks that are
//! exported have the same convention.

use crate::error::NetworkError;
use crate::graph::{Graph, NodeId, Source, ValueId};
use crate::ops::{Add, Backward, Expand};

/// Adds the gradient of `of` with respect to each of `wrt` to the graph.
///
/// Without a `seed` every number of `of` counts once: for one score per event
/// this is the gradient of each event's score, because events do not mix.
/// What `of` does not depend on has the gradient 0.
pub fn gradient(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
    seed: Option<ValueId>,
) -> Result<Vec<ValueId>, NetworkError> {
    let seed = match seed {
        Some(seed) => seed,
        None => full(graph, 1.0, of)?,
    };
    pulled_back(graph, &[(of, seed)], wrt)
}

/// Adds the vector–Jacobian product of several values, each with its seed, in
/// one pass: the sum of their gradients with respect to each of `wrt`.
pub(super) fn pulled_back(
    graph: &mut Graph,
    seeded: &[(ValueId, ValueId)],
    wrt: &[ValueId],
) -> Result<Vec<ValueId>, NetworkError> {
    let active = graph.depends_on(wrt);
    let mut adjoints: Vec<Option<ValueId>> = vec![None; graph.values().len()];
    let mut last = 0;
    for &(of, seed) in seeded {
        add_onto(graph, &mut adjoints[of.index()], seed)?;
        if let Source::Node(node, _) = graph.value(of).source {
            last = last.max(node.index() + 1);
        }
    }
    for i in (0..last).rev() {
        let node = graph.nodes()[NodeId(i as u32).index()].clone();
        let arrived: Vec<Option<ValueId>> = node
            .outputs
            .iter()
            .map(|output| adjoints[output.index()])
            .collect();
        let wanted: Vec<bool> = node
            .inputs
            .iter()
            .map(|input| active[input.index()])
            .collect();
        if arrived.iter().all(Option::is_none) || !wanted.contains(&true) {
            continue;
        }
        let made = node.op.gradient(&mut Backward {
            graph,
            inputs: &node.inputs,
            outputs: &node.outputs,
            adjoints: &arrived,
            wanted: &wanted,
        })?;
        for ((&input, adjoint), wanted) in node.inputs.iter().zip(made).zip(wanted) {
            let (Some(adjoint), true) = (adjoint, wanted) else {
                continue;
            };
            add_onto(graph, &mut adjoints[input.index()], adjoint)?;
        }
    }
    wrt.iter()
        .map(|value| match adjoints[value.index()] {
            Some(adjoint) => Ok(adjoint),
            None => full(graph, 0.0, *value),
        })
        .collect()
}

fn add_onto(
    graph: &mut Graph,
    sum: &mut Option<ValueId>,
    part: ValueId,
) -> Result<(), NetworkError> {
    *sum = Some(match *sum {
        Some(earlier) => graph.push(Add, &[earlier, part])?,
        None => part,
    });
    Ok(())
}

/// A tensor full of one number, of the shape of `like`.
pub(super) fn full(graph: &mut Graph, number: f64, like: ValueId) -> Result<ValueId, NetworkError> {
    let shape = graph.shape(like).to_vec();
    let number = graph.scalar(number);
    graph.push(Expand { shape }, &[number])
}
