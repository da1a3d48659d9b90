//! All derivatives of a value that has several numbers per event, as a graph:
//!
//! $$ J_{n k i} = \frac{\partial f_{n k}}{\partial x_{n i}} $$
//!
//! one vector–Jacobian product per number `k` (A. Griewank, A. Walther,
//! *Evaluating Derivatives*, 2008, section 3.2). Events, along the first side,
//! do not mix. The Jacobian of a gradient is the Hessian.

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, ValueId, show, volume};
use crate::ops::{Concat, Expand, Reshape};
use crate::transform::gradient;

/// Rows beyond which a graph of all of them would be unreasonable.
const MOST: usize = 4096;

/// Adds the derivatives of `of` (`[N, …]`, `K` numbers per event) with respect
/// to each of `wrt` (`[N, …]`): `[N, K, …]` with the sides of the latter.
pub fn jacobian(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
) -> Result<Vec<ValueId>, NetworkError> {
    let shape = graph.shape(of).to_vec();
    let (first, sides) = shape.split_first().ok_or_else(|| refuse(graph, of))?;
    let count = volume(sides).known().filter(|&count| count <= MOST);
    let count = count.ok_or_else(|| refuse(graph, of))?;
    if let Some(&other) = wrt.iter().find(|x| graph.shape(**x).first() != Some(first)) {
        return Err(refuse(graph, other));
    }
    let mut rows = vec![Vec::with_capacity(count); wrt.len()];
    for k in 0..count {
        let mut hot = vec![0.0; count];
        hot[k] = 1.0;
        let known: Vec<usize> = sides.iter().filter_map(Dim::known).collect();
        let hot = graph.constant("", Tensor::new(known, hot));
        let shape = shape.clone();
        let seed = graph.push(Expand { shape }, &[hot])?;
        let adjoints = gradient(graph, of, wrt, Some(seed))?;
        for ((rows, adjoint), &x) in rows.iter_mut().zip(adjoints).zip(wrt) {
            let mut shape = graph.shape(x).to_vec();
            shape.insert(1, Dim::fixed(1));
            rows.push(graph.push(Reshape { shape }, &[adjoint])?);
        }
    }
    rows.iter()
        .map(|rows| graph.push(Concat { axis: 1 }, rows))
        .collect()
}

fn refuse(graph: &Graph, value: ValueId) -> NetworkError {
    NetworkError::Settings {
        what: "Jacobian".to_owned(),
        problem: format!(
            "`{}` has the shape {}, expected events along the first side and at most {MOST} numbers of each",
            graph.value(value).name,
            show(graph.shape(value))
        ),
    }
}
