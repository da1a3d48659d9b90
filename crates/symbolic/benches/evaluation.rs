//! How many nodes are evaluated per second?
//!
//! `cargo bench -p pellucid-symbolic --bench evaluation`: a hundred random trees
//! of 20 nodes over five variables, residuals and their squares included, on
//! one thread. A node is any node of a tree, leaves and constants included, once
//! per row. The best of seven passes.

use std::time::Instant;

use pellucid_core::random::stream;
use pellucid_symbolic::evaluate::{Program, Rows, Scratch};
use pellucid_symbolic::kernel::Number;
use pellucid_symbolic::{Expression, Operator};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

const NODES: usize = 20;

const ARITHMETIC: &[Operator] = &[
    Operator::Add,
    Operator::Sub,
    Operator::Mul,
    Operator::Div,
    Operator::Square,
];
const MIXED: &[Operator] = &[
    Operator::Add,
    Operator::Sub,
    Operator::Mul,
    Operator::Div,
    Operator::Square,
    Operator::Exp,
    Operator::Log,
    Operator::Sin,
    Operator::Cos,
    Operator::Sqrt,
];

/// A random tree of exactly so many nodes.
fn tree(nodes: usize, operators: &[Operator], rng: &mut ChaCha8Rng) -> Expression {
    if nodes == 1 {
        return match rng.random_range(0..6_u16) {
            5 => Expression::constant(rng.random_range(0.5..2.0)),
            variable => Expression::variable(variable),
        };
    }
    loop {
        let operator = operators[rng.random_range(0..operators.len())];
        if operator.arity() == 1 {
            return Expression::apply(operator, &[&tree(nodes - 1, operators, rng)]);
        }
        if nodes >= 3 {
            let left = rng.random_range(1..nodes - 1);
            let (a, b) = (
                tree(left, operators, rng),
                tree(nodes - 1 - left, operators, rng),
            );
            return Expression::apply(operator, &[&a, &b]);
        }
        if operators.iter().all(|o| o.arity() == 2) {
            return tree(1, operators, rng);
        }
    }
}

/// Billions of nodes per second.
fn speed<T: Number>(operators: &[Operator], rows: usize) -> f64 {
    let mut rng = stream(1, rows as u64);
    let columns: Vec<Vec<f64>> = (0..5)
        .map(|_| (0..rows).map(|_| rng.random_range(0.5..2.0)).collect())
        .collect();
    let table = Rows::<T>::new(&columns, &vec![1.0; rows], &vec![1.0; rows]);
    let mut scratch = Scratch::new();
    let mut trees = Vec::new();
    while trees.len() < 100 {
        let tree = tree(NODES, operators, &mut rng);
        // One that is undefined somewhere would be given up before the end.
        let program = Program::new(&tree);
        if program
            .squares(tree.constants(), &table, f64::MAX, &mut scratch)
            .is_finite()
        {
            trees.push((program, tree));
        }
    }
    let mut best = f64::INFINITY;
    for _ in 0..7 {
        let begun = Instant::now();
        let mut sum = 0.0;
        for (program, tree) in &trees {
            sum += program.squares(tree.constants(), &table, f64::MAX, &mut scratch);
        }
        std::hint::black_box(sum);
        best = best.min(begun.elapsed().as_secs_f64());
    }
    (trees.len() * NODES * rows) as f64 / best / 1e9
}

fn main() {
    println!("Gnode/s           rows   f32    f64");
    for (name, operators) in [("arithmetic", ARITHMETIC), ("mixed", MIXED)] {
        for rows in [256, 1024, 10_000, 100_000] {
            let (single, double) = (speed::<f32>(operators, rows), speed::<f64>(operators, rows));
            println!("{name:12} {rows:9} {single:6.1} {double:6.1}");
        }
    }
}
