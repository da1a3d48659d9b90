//! The tangent of a graph as a graph.
//!
//! For a value `f` and a direction `ẋ` of each `x`, the Jacobian–vector product
//!
//! $$ \dot f_j = \sum_i \frac{\partial f_j}{\partial x_i} \dot x_i $$
//!
//! The vector–Jacobian product `x̄ = Jᵀ u` is linear in its seed `u`, so that its
//! own gradient with respect to `u`, seeded with `ẋ`, is `J ẋ`: the tangent of
//! every operation follows from the gradient rules, which are checked once
//! (J. Townsend, *A new trick for calculating Jacobian vector products*, 2017;
//! A. Griewank, A. Walther, *Evaluating Derivatives*, 2008, section 3.1 for the
//! product itself). The nodes of the first product that only carry `u` are not
//! needed by the result and no executor runs them.
//!
//! The result is made of the same operations: the tangent of a gradient is a
//! Hessian–vector product.

use crate::error::NetworkError;
use crate::graph::{Graph, ValueId, show};
use crate::transform::gradient::{full, pulled_back};

/// Adds the tangent of `of` when each of `wrt` moves along its direction, which
/// has its shape. What `of` does not depend on moves it by 0.
pub fn tangent(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
    directions: &[ValueId],
) -> Result<ValueId, NetworkError> {
    Ok(tangents(graph, &[of], wrt, directions)?[0])
}

/// Adds the tangents of several values, which share what they have in common:
/// of a gradient, the Hessian–vector product of all weights.
pub fn tangents(
    graph: &mut Graph,
    of: &[ValueId],
    wrt: &[ValueId],
    directions: &[ValueId],
) -> Result<Vec<ValueId>, NetworkError> {
    let refuse = |problem: String| NetworkError::Settings {
        what: "tangent".to_owned(),
        problem,
    };
    if wrt.len() != directions.len() {
        return Err(refuse(format!(
            "expected a direction for each of {} values, found {}",
            wrt.len(),
            directions.len()
        )));
    }
    for (&value, &direction) in wrt.iter().zip(directions) {
        if graph.ty(value) != graph.ty(direction) {
            return Err(refuse(format!(
                "`{}` has the shape {}, its direction {}",
                graph.value(value).name,
                show(graph.shape(value)),
                show(graph.shape(direction))
            )));
        }
    }
    let mut seeds = Vec::with_capacity(of.len());
    for &value in of {
        // Its numbers do not matter: nothing that depends on it is left.
        seeds.push(full(graph, 0.0, value)?);
    }
    let seeded: Vec<(ValueId, ValueId)> = of.iter().copied().zip(seeds.iter().copied()).collect();
    let adjoints = pulled_back(graph, &seeded, wrt)?;
    let seeded: Vec<(ValueId, ValueId)> = adjoints
        .into_iter()
        .zip(directions.iter().copied())
        .collect();
    pulled_back(graph, &seeded, &seeds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::exec::Plan;
    use crate::graph::{Dim, Type};
    use crate::ops::{Gemm, Mul, Op, ReduceSum, Softmax, Tanh};
    use crate::transform::{gradient, jacobian};
    use pellucid_core::{Tensor, random};

    fn draw(shape: &[usize], seed: u64) -> Tensor<f64> {
        let mut rng = random::stream(seed, 0);
        let volume = shape.iter().product();
        let numbers = (0..volume).map(|_| 0.5 * random::normal(&mut rng));
        Tensor::new(shape.to_vec(), numbers.collect())
    }

    /// Two hidden layers and a softmax of three, and one score per event.
    struct Net {
        graph: Graph,
        x: ValueId,
        classes: ValueId,
        score: ValueId,
    }

    fn net() -> Net {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 4.into()]));
        let mut h = x;
        for (i, sides) in [[6, 4], [5, 6], [3, 5]].into_iter().enumerate() {
            let w = graph.parameter("", draw(&sides, i as u64));
            let b = graph.parameter("", draw(&sides[..1], 10 + i as u64));
            h = graph.push(Gemm::NT, &[h, w, b]).unwrap();
            if i < 2 {
                h = graph.push(Tanh, &[h]).unwrap();
            }
        }
        let classes = graph.push(Softmax { axis: 1 }, &[h]).unwrap();
        let squares = graph.push(Mul, &[classes, classes]).unwrap();
        let axes = vec![1];
        let score = graph
            .push(ReduceSum { axes, keep: false }, &[squares])
            .unwrap();
        Net {
            graph,
            x,
            classes,
            score,
        }
    }

    /// The values asked for at `at`, `x` alone given.
    fn at(graph: &Graph, outputs: &[ValueId], x: &[&Tensor<f64>]) -> Vec<Tensor<f64>> {
        let mut graph = graph.clone();
        graph.set_outputs(outputs.to_vec());
        Executor::<f64>::new(&graph).call(x).unwrap()
    }

    /// `x + t v`.
    fn moved(x: &Tensor<f64>, v: &Tensor<f64>, t: f64) -> Tensor<f64> {
        let numbers = x.data().iter().zip(v.data()).map(|(x, v)| x + t * v);
        Tensor::new(x.shape().to_vec(), numbers.collect())
    }

    fn close(a: &Tensor<f64>, b: &Tensor<f64>, tolerance: f64) {
        assert_eq!(a.shape(), b.shape());
        for (a, b) in a.data().iter().zip(b.data()) {
            assert!((a - b).abs() < tolerance * b.abs().max(1.0), "{a} {b}");
        }
    }

    /// Fourth-order central difference of `values(t)` at 0: error of order h⁴ = 1e-12.
    fn difference(values: impl Fn(f64) -> Tensor<f64>) -> Tensor<f64> {
        let h = 1e-3;
        let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|t| values(t * h));
        let numbers = (0..a.data().len()).map(|i| {
            let [a, b, c, d] = [&a, &b, &c, &d].map(|t| t.data()[i]);
            (8.0 * (c - b) - (d - a)) / (12.0 * h)
        });
        Tensor::new(a.shape().to_vec(), numbers.collect())
    }

    #[test]
    fn a_tangent_is_the_change_along_its_direction_at_the_cost_of_a_forward_pass() {
        let Net {
            mut graph,
            x,
            classes,
            ..
        } = net();
        let v = graph.input("v", graph.ty(x).clone());
        let moves = tangent(&mut graph, classes, &[x], &[v]).unwrap();
        let (point, direction) = (draw(&[5, 4], 20), draw(&[5, 4], 21));
        let exact = at(&graph, &[moves], &[&point, &direction]);
        let numeric = difference(|t| {
            at(
                &graph,
                &[classes],
                &[&moved(&point, &direction, t), &direction],
            )
            .remove(0)
        });
        close(&exact[0], &numeric, 1e-9);
        let steps = |outputs: &[ValueId]| {
            let mut graph = graph.clone();
            graph.set_outputs(outputs.to_vec());
            let plan = Plan::new(&graph);
            let kernels = plan.steps.iter().filter_map(|step| step.kernel);
            let products = kernels
                .filter(|kernel| matches!(graph.nodes()[kernel.index()].op, Op::Gemm(_)))
                .count();
            [plan.len(), products]
        };
        // One more product per layer; the softmax's sum and what is around it.
        assert_eq!(steps(&[classes]), [4, 3]);
        let [all, products] = steps(&[classes, moves]);
        assert_eq!(products, 6);
        assert!(all <= 12, "{all} steps");
    }

    #[test]
    fn a_jacobian_times_a_direction_is_the_tangent() {
        let Net {
            mut graph,
            x,
            classes,
            ..
        } = net();
        let v = graph.input("v", graph.ty(x).clone());
        let moves = tangent(&mut graph, classes, &[x], &[v]).unwrap();
        let rows = jacobian(&mut graph, classes, &[x]).unwrap()[0];
        let (point, direction) = (draw(&[5, 4], 20), draw(&[5, 4], 21));
        let out = at(&graph, &[moves, rows], &[&point, &direction]);
        assert_eq!(out[1].shape(), [5, 3, 4]);
        for n in 0..5 {
            for k in 0..3 {
                let row = &out[1].data()[(n * 3 + k) * 4..][..4];
                let sum: f64 = row.iter().zip(direction.row(n)).map(|(j, v)| j * v).sum();
                assert!((sum - out[0].row(n)[k]).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn hessians_and_third_derivatives_are_transforms_of_transforms() {
        let Net {
            mut graph,
            x,
            score,
            ..
        } = net();
        let [u, v] = ["u", "v"].map(|name| graph.input(name, graph.ty(x).clone()));
        let slope = gradient(&mut graph, score, &[x], None).unwrap()[0];
        // H v, the whole H, and the change of H v along u.
        let bend = tangent(&mut graph, slope, &[x], &[v]).unwrap();
        let hessian = jacobian(&mut graph, slope, &[x]).unwrap()[0];
        let third = tangent(&mut graph, bend, &[x], &[u]).unwrap();
        let other = tangent(&mut graph, slope, &[x], &[u]).unwrap();
        let other = tangent(&mut graph, other, &[x], &[v]).unwrap();
        // The gradient of vᵀ H v is the same third derivative with u = v.
        let product = graph.push(Mul, &[bend, v]).unwrap();
        let again = gradient(&mut graph, product, &[x], None).unwrap()[0];
        let twice = tangent(&mut graph, bend, &[x], &[v]).unwrap();
        let points = [20, 21, 22].map(|seed| draw(&[5, 4], seed));
        let [point, along_u, along_v] = &points;
        let all = [bend, hessian, third, other, again, twice];
        let out = at(&graph, &all, &[point, along_u, along_v]);
        let numeric = |value: ValueId, direction: &Tensor<f64>| {
            difference(|t| {
                at(
                    &graph,
                    &[value],
                    &[&moved(point, direction, t), along_u, along_v],
                )
                .remove(0)
            })
        };
        close(&out[0], &numeric(slope, along_v), 1e-9);
        close(&out[2], &numeric(bend, along_u), 1e-9);
        // Third derivatives do not mind the order.
        close(&out[2], &out[3], 1e-12);
        close(&out[4], &out[5], 1e-12);
        for n in 0..5 {
            for i in 0..4 {
                let row = &out[1].data()[(n * 4 + i) * 4..][..4];
                let sum: f64 = row.iter().zip(along_v.row(n)).map(|(h, v)| h * v).sum();
                assert!((sum - out[0].row(n)[i]).abs() < 1e-13);
                for (j, h) in row.iter().enumerate() {
                    let mirrored = out[1].data()[(n * 4 + j) * 4 + i];
                    assert!((h - mirrored).abs() < 1e-13, "{h} {mirrored}");
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_or_does_not_depend_is_told_or_zero() {
        let Net {
            mut graph,
            x,
            score,
            classes,
        } = net();
        let v = graph.input("v", Type::real(vec![Dim::symbol("N"), 3.into()]));
        let error = tangent(&mut graph, score, &[x], &[v])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("[N, 4]") && error.contains("[N, 3]"),
            "{error}"
        );
        let zero = tangent(&mut graph, classes, &[v], &[v]).unwrap();
        let out = at(&graph, &[zero], &[&draw(&[2, 4], 1), &draw(&[2, 3], 2)]);
        assert_eq!(out[0].data(), [0.0; 6]);
    }
}
