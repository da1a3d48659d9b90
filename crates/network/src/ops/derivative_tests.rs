//! Every operation's gradient, and the gradient of that, against central
//! differences in double precision.

use pellucid_core::{Tensor, random};
use rand::RngExt;

use super::{Example, ExampleInput, Op};
use crate::exec::Executor;
use crate::graph::{Graph, Kind, Type, ValueId};
use crate::ops::{Add, Mul, ReduceSum, ToReal};
use crate::transform::{gradient, tangent};

/// A scalar made of an example: the sum of its real outputs times fixed
/// random numbers, so that no derivative cancels.
pub(super) struct Case {
    pub graph: Graph,
    pub output: ValueId,
    score: ValueId,
    pub inputs: Vec<ValueId>,
    pub numbers: Vec<Tensor<f64>>,
}

fn random_tensor(shape: &[usize], low: f64, high: f64, seed: u64) -> Tensor<f64> {
    let mut rng = random::stream(seed, 0);
    let volume = shape.iter().product();
    Tensor::new(
        shape.to_vec(),
        (0..volume).map(|_| rng.random_range(low..high)).collect(),
    )
}

/// `Σ weights · value`.
pub(super) fn weighted_sum(graph: &mut Graph, value: ValueId, seed: u64) -> ValueId {
    let shape: Vec<usize> = graph
        .shape(value)
        .iter()
        .map(|d| d.known().unwrap())
        .collect();
    let weights = graph.constant("", random_tensor(&shape, 0.5, 1.5, seed));
    let product = graph.push(Mul, &[value, weights]).unwrap();
    let axes = (0..shape.len()).collect();
    graph
        .push(ReduceSum { axes, keep: false }, &[product])
        .unwrap()
}

pub(super) fn case(example: &Example<Op>, seed: u64) -> Case {
    let mut graph = Graph::new();
    let (mut all, mut inputs, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    for (i, input) in example.inputs.iter().enumerate() {
        match input {
            ExampleInput::Real { shape, low, high } => {
                let ty = Type::real(shape.iter().map(|&side| side.into()).collect());
                let id = graph.input(&format!("x{i}"), ty);
                all.push(id);
                inputs.push(id);
                numbers.push(random_tensor(shape, *low, *high, seed + i as u64));
            }
            ExampleInput::Integer(tensor) => all.push(graph.constant("", tensor.clone())),
        }
    }
    let mut output = graph.node("", example.op.clone(), &all).unwrap()[0];
    if graph.ty(output).kind == Kind::Integer {
        output = graph.push(ToReal, &[output]).unwrap();
    }
    let score = weighted_sum(&mut graph, output, seed + 100);
    Case {
        graph,
        output,
        score,
        inputs,
        numbers,
    }
}

fn value(executor: &mut Executor<f64>, numbers: &[Tensor<f64>]) -> f64 {
    let inputs: Vec<&Tensor<f64>> = numbers.iter().collect();
    executor.run(&inputs).unwrap();
    executor.output(0).1[0]
}

/// Compares the gradient of `score` with central differences of step `h`; the
/// error of these is of order h² = 1e-8 times a third derivative of order one
/// to a hundred, plus rounding 1e-16 / h.
fn compare(case: &Case, what: &str) {
    let mut graph = case.graph.clone();
    let gradients = gradient(&mut graph, case.score, &case.inputs, None).unwrap();
    graph.set_outputs(gradients);
    let inputs: Vec<&Tensor<f64>> = case.numbers.iter().collect();
    let analytic = Executor::<f64>::new(&graph).call(&inputs).unwrap();
    let mut plain = case.graph.clone();
    plain.set_outputs(vec![case.score]);
    let mut executor = Executor::<f64>::new(&plain);
    let h = 1e-4;
    for (i, tensor) in case.numbers.iter().enumerate() {
        assert_eq!(analytic[i].shape(), tensor.shape(), "{what}");
        for j in 0..tensor.data().len() {
            // Fourth-order differences: error h⁴ = 1e-16 times a fifth derivative.
            let mut at = |shift: f64| {
                let mut numbers = case.numbers.clone();
                numbers[i].data_mut()[j] += shift;
                value(&mut executor, &numbers)
            };
            let numeric = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            let exact = analytic[i].data()[j];
            let scale = exact.abs().max(1.0);
            assert!(
                (numeric - exact).abs() < 1e-6 * scale,
                "{what}: input {i}, number {j}: {exact} against {numeric}"
            );
        }
    }
}

/// Compares the tangent of `of` along a random direction with a central
/// difference of fourth order, as in [`compare`].
fn compare_along(case: &Case, of: ValueId, what: &str) {
    let mut graph = case.graph.clone();
    let along = |i: usize, t: &Tensor<f64>| random_tensor(t.shape(), -1.0, 1.0, 50 + i as u64);
    let directions: Vec<Tensor<f64>> =
        (case.numbers.iter().enumerate().map(|(i, t)| along(i, t))).collect();
    let given: Vec<ValueId> = (directions.iter().map(|t| graph.constant("", t.clone()))).collect();
    let moves = tangent(&mut graph, of, &case.inputs, &given).unwrap();
    graph.set_outputs(vec![moves]);
    let inputs: Vec<&Tensor<f64>> = case.numbers.iter().collect();
    let exact = Executor::<f64>::new(&graph)
        .call(&inputs)
        .unwrap()
        .remove(0);
    let mut plain = case.graph.clone();
    plain.set_outputs(vec![of]);
    let mut executor = Executor::<f64>::new(&plain);
    let h = 1e-4;
    let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(|t| {
        let moved: Vec<Tensor<f64>> = (case.numbers.iter().zip(&directions))
            .map(|(x, v)| {
                let numbers = x.data().iter().zip(v.data()).map(|(x, v)| x + t * h * v);
                Tensor::new(x.shape().to_vec(), numbers.collect())
            })
            .collect();
        let inputs: Vec<&Tensor<f64>> = moved.iter().collect();
        executor.call(&inputs).unwrap().remove(0)
    });
    assert_eq!(exact.shape(), a.shape(), "{what}");
    for (i, &exact) in exact.data().iter().enumerate() {
        let [a, b, c, d] = [&a, &b, &c, &d].map(|t| t.data()[i]);
        let numeric = (8.0 * (c - b) - (d - a)) / (12.0 * h);
        assert!(
            (numeric - exact).abs() < 1e-6 * exact.abs().max(1.0),
            "tangent of {what}: number {i}: {exact} against {numeric}"
        );
    }
}

#[test]
fn first_and_second_derivatives_equal_central_differences() {
    // What is taken straight through has its derivative tested in its own file.
    let all = Op::examples();
    let smooth = all.iter().filter(|example| !example.op.straight_through());
    for (i, example) in smooth.enumerate() {
        let name = format!("{:?}", example.op);
        let case = case(example, 1000 * i as u64);
        compare(&case, &name);
        compare_along(&case, case.output, &name);
        // The gradient's own weighted sum is a scalar again.
        let mut graph = case.graph.clone();
        let gradients = gradient(&mut graph, case.score, &case.inputs, None).unwrap();
        let mut total = graph.scalar(0.0);
        for (k, &adjoint) in gradients.iter().enumerate() {
            let part = weighted_sum(&mut graph, adjoint, 7 + k as u64);
            total = graph.push(Add, &[total, part]).unwrap();
        }
        let case = Case {
            graph,
            score: total,
            ..case
        };
        let name = format!("gradient of {name}");
        compare(&case, &name);
        for adjoint in gradients {
            compare_along(&case, adjoint, &name);
        }
    }
}

#[test]
fn every_operation_has_an_example() {
    let examples = Op::examples();
    for name in Op::ALL {
        assert!(
            examples.iter().any(|example| example.op.name() == *name),
            "{name} has none"
        );
    }
}

#[test]
fn single_precision_equals_double_precision_to_its_own() {
    for (i, example) in Op::examples().iter().enumerate() {
        let mut case = case(example, 31 * i as u64);
        case.graph.set_outputs(vec![case.score]);
        let inputs: Vec<&Tensor<f64>> = case.numbers.iter().collect();
        let double = Executor::<f64>::new(&case.graph).call(&inputs).unwrap()[0].data()[0];
        let numbers: Vec<Tensor<f32>> = case.numbers.iter().map(|t| t.map(|&x| x as f32)).collect();
        let inputs: Vec<&Tensor<f32>> = numbers.iter().collect();
        let single = Executor::<f32>::new(&case.graph).call(&inputs).unwrap()[0].data()[0];
        // Sums of at most a hundred terms of order ten, each good to 1e-7.
        assert!(
            (f64::from(single) - double).abs() < 1e-3,
            "{:?}",
            example.op
        );
    }
}
