//! Support vector machines: `f(x) = Σ_i α_i K(x, s_i) + ρ` over the support
//! vectors `s_i`, with the kernels
//!
//! * `LINEAR`: `x · s`,
//! * `POLY`: `(γ x · s + c)^d`,
//! * `RBF`: `exp(−γ |x − s|²)`,
//! * `SIGMOID`: `tanh(γ x · s + c)`.
//!
//! A classifier of two classes gives `−f` and `f`, and the first class where `f` is
//! positive, as onnxruntime does. Probabilities of a classifier (Platt's constants)
//! are the result of an iteration that ends early, which has no gradient: they are
//! refused.

use crate::error::NetworkError;
use crate::graph::{Dim, ValueId};
use crate::onnx::form::Imported;
use crate::onnx::reader::Import;
use crate::ops::{Add, Concat, Exp, Gemm, Mul, Neg, Pow, ReduceSum, Sign, Sub, Tanh};

use super::linear::{classes, label, transformed};
use super::{matrix, numbers, row, table};

/// The kernel with each of `count` support vectors, `[N, count]`.
fn kernel(node: &mut Import<'_>, count: usize) -> Result<ValueId, NetworkError> {
    let (x, columns) = table(node, 0)?;
    let vectors = matrix(node, "support_vectors", count, columns)?;
    let parameters = numbers(node, "kernel_params")?;
    let parameter = |i: usize| f64::from(parameters.get(i).copied().unwrap_or(0.0));
    let (gamma, shift, degree) = (parameter(0), parameter(1), parameter(2));
    let kind = node.proto().string("kernel_type")?.unwrap_or("LINEAR");
    if kind == "RBF" {
        let rows = node.shape(x)[0].clone();
        let apart = node.reshape(x, vec![rows, Dim::fixed(1), columns.into()])?;
        let apart = node.add(Sub, &[apart, vectors])?;
        let squares = node.add(Mul, &[apart, apart])?;
        let sum = ReduceSum {
            axes: vec![2],
            keep: false,
        };
        let distances = node.add(sum, &[squares])?;
        let minus = node.scalar(-gamma);
        let scaled = node.add(Mul, &[distances, minus])?;
        return node.add(Exp, &[scaled]);
    }
    let product = node.add(Gemm::NT, &[x, vectors])?;
    if kind == "LINEAR" {
        return Ok(product);
    }
    let (gamma, shift) = (node.scalar(gamma), node.scalar(shift));
    let scaled = node.add(Mul, &[product, gamma])?;
    let moved = node.add(Add, &[scaled, shift])?;
    match kind {
        "POLY" => {
            let degree = node.scalar(degree);
            node.add(Pow, &[moved, degree])
        }
        "SIGMOID" => node.add(Tanh, &[moved]),
        other => Err(node.refuse(format!(
            "the kernel `{other}`, expected LINEAR, POLY, RBF or SIGMOID"
        ))),
    }
}

/// `Σ_i α_i K(x, s_i) + ρ`, `[N, 1]`; without support vectors `α · x + ρ`.
fn decision(node: &mut Import<'_>, vectors: usize) -> Result<ValueId, NetworkError> {
    let rho = numbers(node, "rho")?;
    let [rho] = rho.as_slice() else {
        return Err(node.refuse(format!(
            "{} numbers `rho`, expected one: more than two classes are not supported; train one machine per class",
            rho.len()
        )));
    };
    let (x, count) = match vectors {
        0 => table(node, 0)?,
        _ => (kernel(node, vectors)?, vectors),
    };
    let weights = matrix(node, "coefficients", 1, count)?;
    let rho = row(node, "rho", vec![*rho]);
    node.add(Gemm::NT, &[x, weights, rho])
}

/// `SVMRegressor`.
pub(super) fn regressor(node: &mut Import<'_>) -> Imported {
    let count = node.proto().int("n_supports")?.unwrap_or(0);
    let count = usize::try_from(count).map_err(|_| node.refuse("n_supports is negative"))?;
    let made = decision(node, count)?;
    if node.proto().flag("one_class")?.unwrap_or(false) {
        return node.push(Sign, &[made]);
    }
    transformed(node, made)
}

/// `SVMClassifier` of two classes.
pub(super) fn classifier(node: &mut Import<'_>) -> Imported {
    let count = classes(node)?;
    if count != 2 {
        return Err(node.refuse(format!(
            "{count} classes, expected 2: more are joined pair by pair, which is not supported; train one machine per class (scikit-learn's OneVsRestClassifier)"
        )));
    }
    let per_class = node.proto().ints("vectors_per_class")?.unwrap_or_default();
    let add = |sum: usize, &vectors: &i64| sum.checked_add(usize::try_from(vectors).ok()?);
    let vectors = per_class
        .iter()
        .try_fold(0_usize, add)
        .ok_or_else(|| node.refuse("vectors_per_class holds numbers that are no counts"))?;
    if !numbers(node, "prob_a")?.is_empty() {
        return Err(node.refuse(
            "its probabilities are the result of an iteration without gradient; train it with probability=False, whose scores are explained",
        ));
    }
    let first = decision(node, vectors)?;
    let second = node.add(Neg, &[first])?;
    let label = if node.wants(0) {
        let votes = node.add(Concat { axis: 1 }, &[first, second])?;
        label(node, votes, 2)?
    } else {
        first
    };
    let scores = node.add(Concat { axis: 1 }, &[second, first])?;
    let scores = transformed(node, scores)?;
    Ok(vec![label, scores[0]])
}
