//! Every operation where its slope is infinite, no number or not defined: at
//! zeros, at ±1, far out, and where a choice has left the value out.
//!
//! Gradient, tangent and second derivatives are finite, and what the slope is
//! taken as there is written down.

use pellucid_core::Tensor;

use super::derivative_tests::{case, weighted_sum};
use super::{
    Abs, Acos, Add, Atan, Atanh, Clip, Concat, Div, Exp, Finite, Log, LogSoftmax, Max, Mul, Op,
    Pow, ReduceLogSumExp, ReduceMax, ReduceMean, ReduceSum, Reduction, Scatter, Sign, Softmax,
    Sqrt, Sub, Where,
};
use crate::exec::Executor;
use crate::graph::{Graph, Type, ValueId};
use crate::ops::{Places, Reciprocal};
use crate::transform::{gradient, tangent};

/// Values that are wanted of a graph at a point.
fn at(graph: &Graph, outputs: Vec<ValueId>, numbers: &[Tensor<f64>]) -> Vec<Vec<f64>> {
    let mut graph = graph.clone();
    graph.set_outputs(outputs);
    let inputs: Vec<&Tensor<f64>> = numbers.iter().collect();
    let out = Executor::<f64>::new(&graph).call(&inputs).unwrap();
    out.into_iter().map(Tensor::into_data).collect()
}

fn one_sum(graph: &mut Graph, value: ValueId) -> ValueId {
    let axes = (0..graph.shape(value).len()).collect();
    let sum = ReduceSum { axes, keep: false };
    graph.push(sum, &[value]).unwrap()
}

/// The gradient of `score`, after everything derived from it was seen to be
/// finite: the gradient, its own gradient, tangents of both.
fn all_finite(
    graph: &Graph,
    score: ValueId,
    inputs: &[ValueId],
    numbers: &[Tensor<f64>],
    what: &str,
) -> Vec<Vec<f64>> {
    let mut graph = graph.clone();
    let first = gradient(&mut graph, score, inputs, None).unwrap();
    let mut total = graph.scalar(0.0);
    for (i, &part) in first.iter().enumerate() {
        let part = weighted_sum(&mut graph, part, i as u64);
        total = graph.push(Add, &[total, part]).unwrap();
    }
    let second = gradient(&mut graph, total, inputs, None).unwrap();
    let directions: Vec<ValueId> = numbers
        .iter()
        .map(|t| graph.constant("", t.map(|_| 0.7)))
        .collect();
    let along = tangent(&mut graph, score, inputs, &directions).unwrap();
    let twice = tangent(&mut graph, total, inputs, &directions).unwrap();
    let names = ["gradient", "second derivative", "tangent", "second tangent"];
    let groups = [first.clone(), second, vec![along], vec![twice]];
    for (name, values) in names.iter().zip(groups) {
        for found in at(&graph, values, numbers) {
            assert!(
                found.iter().all(|x| x.is_finite()),
                "{name} of {what}: {found:?}"
            );
        }
    }
    // A tangent is the gradient along its direction.
    let found = at(&graph, first, numbers);
    let sum: f64 = found.iter().flatten().map(|x| 0.7 * x).sum();
    let moved = at(&graph, vec![along], numbers)[0][0];
    assert!((sum - moved).abs() <= 1e-12 * sum.abs().max(1.0), "{what}");
    found
}

#[test]
fn every_operation_is_differentiable_where_a_choice_has_left_it_out() {
    // Far out, cubes of a thousand still fit.
    for special in [0.0, 1.0, -1.0, 1e3, -1e3] {
        for example in Op::examples() {
            let mut case = case(&example, 3);
            // A variance is never negative.
            let moments = matches!(example.op, Op::BatchNorm(_)) && special < 0.0;
            if case.inputs.is_empty() || moments {
                continue;
            }
            // What is finite is kept, what is not is left out.
            let kept = case
                .graph
                .push(Finite, &[case.output, case.output])
                .unwrap();
            let score = one_sum(&mut case.graph, kept);
            for which in 0..=case.inputs.len() {
                let mut numbers = case.numbers.clone();
                for (i, tensor) in numbers.iter_mut().enumerate() {
                    // One input after the other, and all of them.
                    if which == i || which == case.inputs.len() {
                        *tensor = tensor.map(|_| special);
                    }
                }
                let what = format!("{:?} at {special}, input {which}", example.op);
                all_finite(&case.graph, score, &case.inputs, &numbers, &what);
            }
        }
    }
}

/// What is built of the input, where it is asked, and its gradient there.
struct Point {
    what: &'static str,
    build: fn(&mut Graph, ValueId) -> ValueId,
    x: Vec<f64>,
    gradient: Vec<f64>,
}

fn push(graph: &mut Graph, op: impl Into<Op>, inputs: &[ValueId]) -> ValueId {
    graph.push(op, inputs).unwrap()
}

fn over_row() -> ReduceSum {
    ReduceSum {
        axes: vec![0],
        keep: true,
    }
}

fn norm(graph: &mut Graph, x: ValueId) -> ValueId {
    let square = push(graph, Mul, &[x, x]);
    let sum = push(graph, over_row(), &[square]);
    push(graph, Sqrt, &[sum])
}

fn powered(graph: &mut Graph, x: ValueId, power: f64) -> ValueId {
    let power = graph.scalar(power);
    push(graph, Pow, &[x, power])
}

fn masked(graph: &mut Graph, x: ValueId, keep: &[f64]) -> ValueId {
    let mask = graph.constant("", Tensor::new(vec![keep.len()], keep.to_vec()));
    let lowest = graph.scalar(f64::NEG_INFINITY);
    push(graph, Where, &[mask, x, lowest])
}

#[allow(clippy::too_many_lines)] // a table
fn points() -> Vec<Point> {
    let point = |what, build, x: &[f64], gradient: &[f64]| Point {
        what,
        build,
        x: x.to_vec(),
        gradient: gradient.to_vec(),
    };
    vec![
        point(
            "root at 0",
            |g, x| push(g, Sqrt, &[x]),
            &[0.0, 4.0],
            &[0.0, 0.25],
        ),
        point("norm at 0", norm, &[0.0, 0.0], &[0.0, 0.0]),
        point("norm elsewhere", norm, &[3.0, 4.0], &[0.6, 0.8]),
        point(
            "deviation of a constant row",
            |g, x| {
                let mean = ReduceMean {
                    axes: vec![0],
                    keep: true,
                };
                let level = push(g, mean.clone(), &[x]);
                let rest = push(g, Sub, &[x, level]);
                let square = push(g, Mul, &[rest, rest]);
                let variance = push(g, mean, &[square]);
                push(g, Sqrt, &[variance])
            },
            &[2.0, 2.0, 2.0],
            &[0.0, 0.0, 0.0],
        ),
        point(
            "x^½ at 0",
            |g, x| powered(g, x, 0.5),
            &[0.0, 4.0],
            &[0.0, 0.25],
        ),
        point(
            "x^0 at 0",
            |g, x| powered(g, x, 0.0),
            &[0.0, 2.0],
            &[0.0, 0.0],
        ),
        point(
            "x^1 at 0",
            |g, x| powered(g, x, 1.0),
            &[0.0, 2.0],
            &[1.0, 1.0],
        ),
        point(
            "x^2 at 0",
            |g, x| powered(g, x, 2.0),
            &[0.0, -2.0],
            &[0.0, -4.0],
        ),
        point(
            "x^1.5 at 0",
            |g, x| powered(g, x, 1.5),
            &[0.0, 4.0],
            &[0.0, 3.0],
        ),
        point(
            "0 to the power of x",
            |g, x| {
                let zero = g.scalar(0.0);
                push(g, Pow, &[zero, x])
            },
            &[0.0, 2.0],
            &[0.0, 0.0],
        ),
        point(
            "logarithm behind limits",
            |g, x| {
                let clip = Clip {
                    low: 1e-8,
                    high: f64::INFINITY,
                };
                let x = push(g, clip, &[x]);
                push(g, Log, &[x])
            },
            &[0.0, 2.0],
            &[0.0, 0.5],
        ),
        point(
            "logarithm left out by a choice",
            |g, x| {
                let log = push(g, Log, &[x]);
                let zero = g.scalar(0.0);
                let above = push(g, super::Greater, &[x, zero]);
                push(g, Where, &[above, log, zero])
            },
            &[0.0, -1.0, 2.0],
            &[0.0, 0.0, 0.5],
        ),
        point(
            "quotient by what a choice keeps from 0",
            |g, x| {
                let (zero, one) = (g.scalar(0.0), g.scalar(1.0));
                let none = push(g, super::Equal, &[x, zero]);
                let safe = push(g, Where, &[none, one, x]);
                push(g, Div, &[one, safe])
            },
            &[0.0, 2.0],
            &[0.0, -0.25],
        ),
        point(
            "quotient by 0 left out by a choice",
            |g, x| {
                let (zero, one) = (g.scalar(0.0), g.scalar(1.0));
                let quotient = push(g, Div, &[one, x]);
                let none = push(g, super::Equal, &[x, zero]);
                push(g, Where, &[none, zero, quotient])
            },
            &[0.0, 2.0],
            &[0.0, -0.25],
        ),
        point(
            "exponential that overflows, left out by a choice",
            |g, x| {
                let zero = g.scalar(0.0);
                let power = push(g, Exp, &[x]);
                let above = push(g, super::Greater, &[x, zero]);
                push(g, Where, &[above, x, power])
            },
            &[1000.0, 0.0],
            &[1.0, 1.0],
        ),
        point(
            "0 times a pole",
            |g, x| {
                let zero = g.scalar(0.0);
                let pole = push(g, Reciprocal, &[x]);
                let positive = push(g, super::Greater, &[x, zero]);
                let product = push(g, Mul, &[x, pole]);
                push(g, Where, &[positive, product, zero])
            },
            &[0.0, 2.0],
            &[0.0, 0.0],
        ),
        point(
            "arccosine at ±1",
            |g, x| push(g, Acos, &[x]),
            &[1.0, -1.0, 0.0],
            &[0.0, 0.0, -1.0],
        ),
        point(
            "arctangent of a slope over 0",
            |g, x| {
                // atan2(x, 0) as exporters write it: the quotient left out.
                let zero = g.scalar(0.0);
                let angle = push(g, Div, &[x, zero]);
                let angle = push(g, Atan, &[angle]);
                let none = push(g, super::Equal, &[x, zero]);
                push(g, Where, &[none, zero, angle])
            },
            &[0.0, 3.0],
            &[0.0, 0.0],
        ),
        point(
            "inverse tangent at its pole, left out by a choice",
            |g, x| {
                let zero = g.scalar(0.0);
                let y = push(g, Atanh, &[x]);
                push(g, Where, &[zero, y, x])
            },
            &[1.0, 0.5],
            &[1.0, 1.0],
        ),
        point(
            "modulus at 0",
            |g, x| push(g, Abs, &[x]),
            &[0.0, -2.0],
            &[0.0, -1.0],
        ),
        point(
            "sign at 0",
            |g, x| push(g, Sign, &[x]),
            &[0.0, -2.0],
            &[0.0, 0.0],
        ),
        point(
            "larger of equals",
            |g, x| {
                let one = g.scalar(1.0);
                push(g, Max, &[x, one])
            },
            &[1.0, 2.0],
            &[0.5, 1.0],
        ),
        point(
            "largest of equals",
            |g, x| {
                push(
                    g,
                    ReduceMax {
                        axes: vec![0],
                        keep: true,
                    },
                    &[x],
                )
            },
            &[1.0, 1.0, 0.0],
            &[0.5, 0.5, 0.0],
        ),
        point(
            "cosine with a vector of zeros",
            |g, x| {
                let y = g.constant("", Tensor::new(vec![2], vec![1.0, 2.0]));
                let product = push(g, Mul, &[x, y]);
                let dot = push(g, over_row(), &[product]);
                let (a, b) = (norm(g, x), norm(g, y));
                let sizes = push(g, Mul, &[a, b]);
                let clip = Clip {
                    low: 0.5,
                    high: f64::INFINITY,
                };
                let sizes = push(g, clip, &[sizes]);
                push(g, Div, &[dot, sizes])
            },
            &[0.0, 0.0],
            &[2.0, 4.0],
        ),
        point(
            "softmax with one masked score",
            |g, x| {
                let x = masked(g, x, &[1.0, 1.0, 0.0]);
                let y = push(g, Softmax { axis: 0 }, &[x]);
                let scale = g.constant("", Tensor::new(vec![3], vec![4.0, 0.0, 0.0]));
                push(g, Mul, &[y, scale])
            },
            &[0.0, 0.0, 5.0],
            &[1.0, -1.0, 0.0],
        ),
        point(
            "softmax of nothing but masked scores, left out by a choice",
            |g, x| {
                let x = masked(g, x, &[0.0, 0.0]);
                let y = push(g, Softmax { axis: 0 }, &[x]);
                let zero = g.scalar(0.0);
                push(g, Where, &[zero, y, zero])
            },
            &[0.0, 1.0],
            &[0.0, 0.0],
        ),
        point(
            "logarithm of a softmax of nothing but masked scores",
            |g, x| {
                let x = masked(g, x, &[0.0, 0.0]);
                let y = push(g, LogSoftmax { axis: 0 }, &[x]);
                let zero = g.scalar(0.0);
                push(g, Where, &[zero, y, zero])
            },
            &[0.0, 1.0],
            &[0.0, 0.0],
        ),
        point(
            "log-sum-exp with a masked score",
            |g, x| {
                let x = masked(g, x, &[1.0, 0.0]);
                push(
                    g,
                    ReduceLogSumExp {
                        axes: vec![0],
                        keep: true,
                    },
                    &[x],
                )
            },
            &[0.3, 1.0],
            &[1.0, 0.0],
        ),
        point(
            "log-sum-exp of nothing but masked scores, under an exponential",
            |g, x| {
                let x = masked(g, x, &[0.0, 0.0]);
                let y = push(
                    g,
                    ReduceLogSumExp {
                        axes: vec![0],
                        keep: true,
                    },
                    &[x],
                );
                push(g, Exp, &[y])
            },
            &[0.3, 1.0],
            &[0.0, 0.0],
        ),
        point(
            "product with a factor of 0 by scattering",
            |g, x| {
                let ones = g.constant("", Tensor::new(vec![1], vec![5.0]));
                let places = g.constant("", Tensor::new(vec![2], vec![0, 0]));
                let product = Scatter {
                    places: Places::Elements { axis: 0 },
                    reduction: Reduction::Mul,
                };
                push(g, product, &[ones, places, x])
            },
            &[0.0, 3.0],
            &[15.0, 0.0],
        ),
        point(
            "joined with an infinite constant that is masked",
            |g, x| {
                let far = g.constant("", Tensor::new(vec![1], vec![f64::INFINITY]));
                let all = push(g, Concat { axis: 0 }, &[x, far]);
                let double = push(g, Mul, &[all, all]);
                let keep = g.constant("", Tensor::new(vec![2], vec![1.0, 0.0]));
                let zero = g.scalar(0.0);
                push(g, Where, &[keep, double, zero])
            },
            &[3.0],
            &[6.0],
        ),
    ]
}

#[test]
fn slopes_at_singular_points_are_what_is_promised() {
    for point in points() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![point.x.len().into()]));
        let y = (point.build)(&mut graph, x);
        let score = one_sum(&mut graph, y);
        let numbers = [Tensor::new(vec![point.x.len()], point.x.clone())];
        let found = all_finite(&graph, score, &[x], &numbers, point.what);
        for (found, expected) in found[0].iter().zip(&point.gradient) {
            assert!(
                (found - expected).abs() < 1e-12 * expected.abs().max(1.0),
                "{}: {found} against {expected}",
                point.what
            );
        }
    }
}
