//! How many nodes are evaluated per second?
//!
//! `cargo bench -p pellucid-symbolic --bench evaluation`: a hundred random trees
//! of 20 nodes over five variables, residuals and their squares included, on
//! one thread. A node is any node of a tree, leaves and constants included, once
//! per row; what follows from constants alone is computed once and counts as if
//! it were computed in every row, but is given apart (`folded`).
//!
//! Mixed trees are drawn in two ways: every node one of all ten operators, six of
//! which have one argument (`mixed, any`), or first whether it has one argument or
//! two, with equal chances, then which (`mixed, even`). How many of the nodes are
//! `exp`, `log`, `sin` or `cos` decides the speed and is printed.
//!
//! `… -- --threads 2 ROUNDS` runs all mixed trees over 10,000 rows on one thread and on so
//! many in turn and prints the wall times and their ratio, each the median of the rounds,
//! and the ratio of those rounds in which a loop that shares nothing with anything was at
//! least 0.95 times so many as fast on so many threads, before and after: processors of a
//! virtual machine may be somebody else's for a while.
//!
//! `… -- --trees FILE` writes the formulas (`mixed, any`) instead, one a line, for
//! `benches/time_pyoperon.py`, which runs the same ones through pyoperon.

use std::time::Instant;

use pellucid_core::random::stream;
use pellucid_symbolic::evaluate::{Program, Rows, Scratch};
use pellucid_symbolic::expression::Token;
use pellucid_symbolic::kernel::Number;
use pellucid_symbolic::{Expression, Operator};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const NODES: usize = 20;
const TREES: usize = 100;
/// Times that all trees are run in a round of threads: short, so that the machine is the
/// same before and after.
const PASSES: usize = 4;
/// Of every tree; the best counts.
const RUNS: usize = 15;

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

/// How the operator of a node is drawn.
#[derive(Clone, Copy)]
enum Draw {
    /// Among all alike.
    Any,
    /// First the number of its arguments, then among those that have it.
    Even,
}

fn operator(operators: &[Operator], draw: Draw, rng: &mut ChaCha8Rng) -> Operator {
    let among = |of: &[Operator], rng: &mut ChaCha8Rng| of[rng.random_range(0..of.len())];
    match draw {
        Draw::Any => among(operators, rng),
        Draw::Even => {
            let arity = rng.random_range(1..=2);
            let of: Vec<Operator> = operators
                .iter()
                .copied()
                .filter(|o| o.arity() == arity)
                .collect();
            among(&of, rng)
        }
    }
}

/// A random tree of exactly so many nodes.
fn tree(nodes: usize, operators: &[Operator], draw: Draw, rng: &mut ChaCha8Rng) -> Expression {
    if nodes == 1 {
        return match rng.random_range(0..6_u16) {
            5 => Expression::constant(rng.random_range(0.5..2.0)),
            variable => Expression::variable(variable),
        };
    }
    loop {
        let operator = operator(operators, draw, rng);
        if operator.arity() == 1 {
            return Expression::apply(operator, &[&tree(nodes - 1, operators, draw, rng)]);
        }
        if nodes >= 3 {
            let left = rng.random_range(1..nodes - 1);
            let (a, b) = (
                tree(left, operators, draw, rng),
                tree(nodes - 1 - left, operators, draw, rng),
            );
            return Expression::apply(operator, &[&a, &b]);
        }
    }
}

/// A table, and a hundred trees that are defined in all of its rows: one that is
/// not would be given up before the end.
fn work<T: Number>(operators: &[Operator], draw: Draw, rows: usize) -> (Rows<T>, Vec<Expression>) {
    let mut rng = stream(1, rows as u64);
    let columns: Vec<Vec<f64>> = (0..5)
        .map(|_| (0..rows).map(|_| rng.random_range(0.5..2.0)).collect())
        .collect();
    let table = Rows::<T>::new(&columns, &vec![1.0; rows], &vec![1.0; rows]);
    let mut scratch = Scratch::new();
    let mut trees = Vec::new();
    while trees.len() < TREES {
        let tree = tree(NODES, operators, draw, &mut rng);
        let squares = Program::new(&tree).squares(tree.constants(), &table, f64::MAX, &mut scratch);
        if squares.is_finite() {
            trees.push(tree);
        }
    }
    (table, trees)
}

/// Billions of nodes per second.
fn speed<T: Number>(table: &Rows<T>, trees: &[Expression]) -> f64 {
    let mut scratch = Scratch::new();
    // One tree takes less than a slice of the scheduler, so the best of some runs
    // is one that nothing interrupted, however busy the machine.
    let seconds: f64 = trees
        .iter()
        .map(|tree| {
            let program = Program::new(tree);
            let run = |_| {
                let begun = Instant::now();
                let sum = program.squares(tree.constants(), table, f64::MAX, &mut scratch);
                std::hint::black_box(sum);
                begun.elapsed().as_secs_f64()
            };
            (0..RUNS).map(run).fold(f64::INFINITY, f64::min)
        })
        .sum();
    (TREES * NODES * table.rows()) as f64 / seconds / 1e9
}

/// The parts of all nodes, in hundredths, that are elementary functions and that
/// follow from constants alone.
fn parts(trees: &[Expression]) -> [usize; 2] {
    let functions = [Operator::Exp, Operator::Log, Operator::Sin, Operator::Cos];
    let (mut costly, mut folded) = (0, 0);
    for tree in trees {
        for (end, token) in tree.tokens().iter().enumerate() {
            let Token::Apply(operator) = token else {
                continue;
            };
            if tree.part(end).variables().is_empty() {
                folded += 1;
            } else if functions.contains(operator) {
                costly += 1;
            }
        }
    }
    [costly, folded].map(|count| count * 100 / (TREES * NODES))
}

/// A formula in postfix words.
fn words(tree: &Expression) -> String {
    let mut constants = tree.constants().iter();
    let words = tree.tokens().iter().map(|token| match token {
        Token::Constant => constants.next().map_or(String::new(), f64::to_string),
        Token::Variable(place) => format!("X{}", place + 1),
        Token::Apply(operator) => operator.name().to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The middle number; not a number where there is none.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Wall times of one thread and of several, and their ratio.
fn scaling<T: Number>(name: &str, threads: usize, rounds: usize) {
    let (table, trees) = work::<T>(MIXED, Draw::Even, 10_000);
    let pools = [1, threads].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("a thread pool")
    });
    // Some trees one after the other, as an island's candidates are.
    let parts: Vec<&[Expression]> = (0..PASSES).flat_map(|_| trees.chunks(5)).collect();
    let pass = || {
        parts.par_iter().for_each(|trees| {
            let mut scratch = Scratch::new();
            for tree in *trees {
                let program = Program::new(tree);
                let sum = program.squares(tree.constants(), &table, f64::MAX, &mut scratch);
                std::hint::black_box(sum);
            }
        });
    };
    let timed = |work: &(dyn Fn() + Sync)| {
        pools.each_ref().map(|pool| {
            let begun = Instant::now();
            pool.install(work);
            begun.elapsed().as_secs_f64()
        })
    };
    let gain = |[one, many]: [f64; 2]| one / many;
    // The first round warms the caches.
    let rounds: Vec<([f64; 2], bool)> = (0..=rounds)
        .map(|_| {
            let before = gain(timed(&machine));
            let times = timed(&pass);
            let least = before.min(gain(timed(&machine)));
            (times, least >= 0.95 * threads as f64)
        })
        .skip(1)
        .collect();
    let of =
        |i: usize| 1e3 / PASSES as f64 * median(rounds.iter().map(|(times, _)| times[i]).collect());
    let ratio = median(rounds.iter().map(|(times, _)| gain(*times)).collect());
    let free: Vec<f64> = rounds
        .iter()
        .filter(|(_, free)| *free)
        .map(|(times, _)| gain(*times))
        .collect();
    let (count, all) = (free.len(), rounds.len());
    println!(
        "{name}: one thread {:.2} ms, {threads} threads {:.2} ms, ratio {ratio:.2}; {:.2} in the {count} of {all} rounds in which the machine was free",
        of(0),
        of(1),
        median(free),
    );
}

/// Sums of products of numbers in the first cache, in the widest vectors there are.
fn machine() {
    let arch = pulp::Arch::new();
    (0..64).into_par_iter().for_each(|seed| {
        let mut numbers = [1.0 + f64::from(seed); 1024];
        for _ in 0..8000 {
            arch.dispatch(
                #[inline(always)]
                || {
                    for number in &mut numbers {
                        *number = 0.5 * *number + 1.0;
                    }
                },
            );
            std::hint::black_box(&mut numbers);
        }
    });
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(place) = arguments.iter().position(|a| a == "--threads") {
        let number = |i: usize| arguments.get(place + i).and_then(|a| a.parse().ok());
        let (threads, rounds) = (number(1).unwrap_or(2), number(2).unwrap_or(9));
        scaling::<f32>("f32", threads, rounds);
        scaling::<f64>("f64", threads, rounds);
        return Ok(());
    }
    if let Some(place) = arguments.iter().position(|a| a == "--trees")
        && let Some(file) = arguments.get(place + 1)
    {
        let (_, trees) = work::<f32>(MIXED, Draw::Any, 10_000);
        let lines: Vec<String> = trees.iter().map(words).collect();
        return std::fs::write(file, lines.join("\n") + "\n");
    }
    println!("Gnode/s          rows    f32    f64   functions  folded");
    for (name, operators, draw) in [
        ("arithmetic", ARITHMETIC, Draw::Any),
        ("mixed, even", MIXED, Draw::Even),
        ("mixed, any", MIXED, Draw::Any),
    ] {
        for rows in [1000, 10_000, 100_000] {
            let (table, trees) = work::<f32>(operators, draw, rows);
            let single = speed(&table, &trees);
            let (table, trees) = work::<f64>(operators, draw, rows);
            let double = speed(&table, &trees);
            let [costly, folded] = parts(&trees);
            println!("{name:11} {rows:9} {single:6.1} {double:6.1} {costly:9} % {folded:5} %");
        }
    }
    Ok(())
}
