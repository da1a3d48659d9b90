//! How many values does every operator compute per second?
//!
//! `cargo bench -p pellucid-symbolic --bench kernels`: every built-in operator on
//! one block as evaluation cuts them, in both precisions, one thread, the best of
//! some runs by the clock. What evaluation can reach at best follows from these
//! and from how often a formula holds each operator.

use std::time::Instant;

use pellucid_symbolic::Operator;
use pellucid_symbolic::kernel::Number;

/// Runs of a measurement; the best counts.
const RUNS: usize = 15;
/// Blocks of a run.
const BLOCKS: usize = 500;

/// Billions of values per second of one kernel.
fn speed(length: usize, mut block: impl FnMut()) -> f64 {
    let run = |_| {
        let begun = Instant::now();
        (0..BLOCKS).for_each(|_| block());
        begun.elapsed().as_secs_f64()
    };
    let best = (0..RUNS).map(run).fold(f64::INFINITY, f64::min);
    (length * BLOCKS) as f64 / best / 1e9
}

/// A block that begins at a line of the cache, wherever memory begins.
fn aligned<T>(memory: &mut [T], length: usize) -> &mut [T] {
    let first = memory.as_ptr().align_offset(64).min(memory.len() - length);
    &mut memory[first..first + length]
}

fn main() {
    println!("Gvalue/s     f32    f64");
    for operator in Operator::all() {
        let operation = operator.operation();
        let numbers = |i: usize| 0.1 + 0.8 * (i as f64 * 0.618).fract();
        let mut memory: [Vec<f32>; 3] =
            std::array::from_fn(|_| (0..2 * f32::BLOCK).map(|i| numbers(i) as f32).collect());
        let [a, b, out] = memory.each_mut().map(|memory| aligned(memory, f32::BLOCK));
        let single = speed(f32::BLOCK, || {
            operation.single(a, b, out);
            std::hint::black_box(&mut *out);
        });
        let mut memory: [Vec<f64>; 3] =
            std::array::from_fn(|_| (0..2 * f64::BLOCK).map(numbers).collect());
        let [a, b, out] = memory.each_mut().map(|memory| aligned(memory, f64::BLOCK));
        let double = speed(f64::BLOCK, || {
            operation.double(a, b, out);
            std::hint::black_box(&mut *out);
        });
        println!("{:9} {single:6.2} {double:6.2}", operator.name());
    }
}
