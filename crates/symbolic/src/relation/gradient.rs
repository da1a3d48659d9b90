//! Functions whose gradient points where a network's does.
//!
//! If a neuron computes $N(x) = \phi(f(x))$ with any monotone `φ`, its gradient
//! is parallel to that of `f` everywhere. So `f` is sought as the sum of few
//! terms whose gradient, in units of the spread of the inputs, has the least
//! part across the neuron's:
//!
//! $$ \lambda = \frac{\sum \left|\nabla f - (\nabla f\cdot \hat g)\,\hat g\right|^2}
//!                   {\sum |\nabla f|^2} $$
//!
//! The idea is that of S. J. Wetzel, arXiv:2409.05305; there genetic programming
//! searches for `f`, here it is linear algebra over [terms](super::terms), among
//! them logarithms, so that products of powers are found as sums.

use pellucid_core::Job;
use pellucid_core::model::ModelError;

use super::terms::{Kinds, deviation, gradient, scale, terms};
use super::vanishing::{Gram, Sum, sums};
use crate::differentiable::Differentiable;
use crate::expression::Expression;

/// A function that a neuron is a function of.
#[derive(Debug, Clone, PartialEq)]
pub struct Parallel {
    /// The function, its first term with the coefficient 1.
    pub expression: Expression,
    /// `λ`: 0 where gradients are parallel, about 1 where they have nothing in common.
    pub left: f64,
}

/// The best sum of every number of terms, as long as more terms leave less. An
/// error is the network's, or that the job was interrupted.
pub fn parallel_to(
    network: &dyn Differentiable,
    columns: &[Vec<f64>],
    kinds: Kinds,
    job: &Job,
) -> Result<Vec<Parallel>, ModelError> {
    let mut across = network.gradients(columns)?;
    let spread: Vec<f64> = columns.iter().map(|c| deviation(c)).collect();
    let rows = columns.first().map_or(0, Vec::len);
    scale(&mut across, &spread);
    for row in 0..rows {
        let length = across.iter().map(|c| c[row].powi(2)).sum::<f64>().sqrt();
        for column in &mut across {
            // Where the neuron does not change it asks for nothing.
            column[row] = if length > 0.0 {
                column[row] / length
            } else {
                0.0
            };
        }
    }
    let terms = terms(columns, columns.len(), kinds);
    let (mut vanishing, mut whole) = (Vec::new(), Vec::new());
    for term in &terms {
        let mut g = gradient(term, columns, &spread);
        whole.push(g.concat());
        for row in 0..rows {
            let along: f64 = g.iter().zip(&across).map(|(g, a)| g[row] * a[row]).sum();
            for (g, a) in g.iter_mut().zip(&across) {
                g[row] -= along * a[row];
            }
        }
        vanishing.push(g.concat());
    }
    let all = sums(&Gram::new(&vanishing), &Gram::new(&whole), job)?;
    let mut out: Vec<Parallel> = Vec::new();
    let mut size = 0;
    for sum in all {
        let better = out.last().is_none_or(|best| sum.left < best.left);
        if sum.terms.len() > size && better {
            size = sum.terms.len();
            out.push(parallel(&sum, &terms));
        }
    }
    Ok(out)
}

fn parallel(sum: &Sum, terms: &[Expression]) -> Parallel {
    Parallel {
        expression: sum.expression(terms),
        left: sum.left,
    }
}
