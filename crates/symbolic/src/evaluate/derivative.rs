//! Derivatives by the chain rule, backwards through the register code.
//!
//! `∂f/∂c` for every constant comes from one backward pass per block; the
//! normal equations of least squares, `JᵀWJ` and `JᵀWr`, are summed block by
//! block, so the Jacobian itself is never kept.

use super::lines::Lines;
use super::program::{Program, Scratch, Source};
use super::rows::Rows;
use crate::kernel::{Number, simd};

/// The normal equations of a formula at given constants. Where errors do not cost
/// their squares, half the slope of what they cost stands for the residual and half
/// its curvature for 1.
#[derive(Debug, Clone)]
pub struct Normal {
    /// `Σ w r²` with the residual `r = f − y`; infinite where `f` is undefined.
    pub squares: f64,
    /// `Σ w r ∂f/∂cᵢ`.
    pub gradient: Vec<f64>,
    /// `Σ w ∂f/∂cᵢ ∂f/∂cⱼ`, row after row.
    pub matrix: Vec<f64>,
}

/// Registers for backward passes.
#[derive(Debug, Default)]
struct Adjoints {
    of: Vec<Lines<f64>>,
    slope_a: Lines<f64>,
    slope_b: Lines<f64>,
}

impl Program {
    /// The normal equations at these constants; the program must be one that
    /// [keeps](Self::keeping) its registers.
    pub fn normal(
        &self,
        constants: &[f64],
        rows: &Rows<f64>,
        scratch: &mut Scratch<f64>,
    ) -> Normal {
        let count = constants.len();
        let mut normal = Normal {
            squares: 0.0,
            gradient: vec![0.0; count],
            matrix: vec![0.0; count * count],
        };
        let needed = self.depending(|source| match source {
            Source::Register(r) => r < count,
            Source::Variable(_) => false,
        });
        let mut adjoints = Adjoints::new(self.registers, rows.block());
        let mut weighted = Lines::filled(0.0, rows.block());
        let mut curvature = Lines::filled(0.0, rows.block());
        scratch.prepare(self, constants, rows);
        for block in 0..rows.blocks() {
            scratch.run(self, rows, block);
            let values = scratch.source(self.result, rows, block);
            let (target, weight) = (rows.target(block), rows.weight(block));
            if let Some(loss) = rows.loss() {
                normal.squares += loss.sum(values, target, weight);
                loss.weigh(values, target, weight, (&mut weighted, &mut curvature));
            } else {
                normal.squares += f64::squares(values, target, weight);
                residuals(values, target, weight, &mut weighted);
            }
            if !normal.squares.is_finite() {
                normal.squares = f64::INFINITY;
                return normal;
            }
            adjoints.backward(self, rows, block, scratch, &needed);
            let weight = match rows.loss() {
                Some(_) => &curvature,
                None => rows.weight(block),
            };
            for i in 0..count {
                let column = &adjoints.of[i];
                normal.gradient[i] += dot(column, &weighted);
                for j in 0..=i {
                    normal.matrix[i * count + j] += dot3(column, &adjoints.of[j], weight);
                }
            }
        }
        for i in 0..count {
            for j in 0..i {
                normal.matrix[j * count + i] = normal.matrix[i * count + j];
            }
        }
        normal
    }

    /// Which registers depend on a source for which `on` is true.
    fn depending(&self, on: impl Fn(Source) -> bool) -> Vec<bool> {
        let mut needed: Vec<bool> = (0..self.registers)
            .map(|r| on(Source::Register(r)))
            .collect();
        for step in &self.steps {
            let depends = [step.a, step.b].iter().any(|&source| match source {
                Source::Register(r) => needed[r],
                Source::Variable(_) => on(source),
            });
            needed[step.out] = depends;
        }
        needed
    }
}

impl Adjoints {
    fn new(registers: usize, block: usize) -> Self {
        Self {
            of: vec![Lines::filled(0.0, block); registers],
            slope_a: Lines::filled(0.0, block),
            slope_b: Lines::filled(0.0, block),
        }
    }

    /// `∂f/∂register` for all registers that are needed. In a formula every
    /// register is read once, so an adjoint is a product, not a sum.
    fn backward(
        &mut self,
        program: &Program,
        rows: &Rows<f64>,
        block: usize,
        scratch: &Scratch<f64>,
        needed: &[bool],
    ) {
        if let Source::Register(r) = program.result {
            self.of[r].fill(1.0);
        }
        for step in program.steps.iter().rev().filter(|step| needed[step.out]) {
            self.slopes(step, rows, block, scratch);
            let sides = [(step.a, &self.slope_a), (step.b, &self.slope_b)];
            let arity = step.operation.arity();
            let above = std::mem::take(&mut self.of[step.out]);
            for (source, slope) in sides.into_iter().take(arity) {
                if let Source::Register(r) = source
                    && needed[r]
                {
                    product(&above, slope, &mut self.of[r]);
                }
            }
            self.of[step.out] = above;
        }
    }

    fn slopes(
        &mut self,
        step: &super::program::Step,
        rows: &Rows<f64>,
        block: usize,
        scratch: &Scratch<f64>,
    ) {
        let a = scratch.source(step.a, rows, block);
        let b = scratch.source(step.b, rows, block);
        let value = scratch.source(Source::Register(step.out), rows, block);
        step.operation
            .slopes(a, b, value, &mut self.slope_a, &mut self.slope_b);
    }
}

/// `∂f/∂x` of every variable in every row: `out[variable][row]`.
pub fn input_gradient(
    program: &Program,
    constants: &[f64],
    rows: &Rows<f64>,
    scratch: &mut Scratch<f64>,
) -> Vec<Vec<f64>> {
    let needed = program.depending(|source| matches!(source, Source::Variable(_)));
    let mut adjoints = Adjoints::new(program.registers, rows.block());
    let mut out = vec![vec![0.0; rows.blocks() * rows.block()]; rows.variables()];
    scratch.prepare(program, constants, rows);
    for block in 0..rows.blocks() {
        let place = block * rows.block()..(block + 1) * rows.block();
        scratch.run(program, rows, block);
        if let Source::Variable(v) = program.result {
            out[v][place].fill(1.0);
            continue;
        }
        adjoints.backward(program, rows, block, scratch, &needed);
        for step in &program.steps {
            adjoints.slopes(step, rows, block, scratch);
            let sides = [(step.a, &adjoints.slope_a), (step.b, &adjoints.slope_b)];
            for (source, slope) in sides.into_iter().take(step.operation.arity()) {
                if let Source::Variable(v) = source {
                    add_product(&adjoints.of[step.out], slope, &mut out[v][place.clone()]);
                }
            }
        }
    }
    for column in &mut out {
        column.truncate(rows.rows());
    }
    out
}

fn residuals(values: &[f64], target: &[f64], weight: &[f64], out: &mut [f64]) {
    simd(
        #[inline(always)]
        || {
            let inputs = values.iter().zip(target).zip(weight);
            for (out, ((&f, &y), &w)) in out.iter_mut().zip(inputs) {
                *out = w * (f - y);
            }
        },
    );
}

fn product(a: &[f64], b: &[f64], out: &mut [f64]) {
    crate::kernel::fill2(a, b, out, |a, b| a * b);
}

fn add_product(a: &[f64], b: &[f64], out: &mut [f64]) {
    simd(
        #[inline(always)]
        || {
            for (out, (&a, &b)) in out.iter_mut().zip(a.iter().zip(b)) {
                *out = a.mul_add(b, *out);
            }
        },
    );
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    simd(
        #[inline(always)]
        || {
            let mut lanes = [0.0; 16];
            for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
                for i in 0..16 {
                    lanes[i] = a[i].mul_add(b[i], lanes[i]);
                }
            }
            lanes.iter().sum()
        },
    )
}

fn dot3(a: &[f64], b: &[f64], w: &[f64]) -> f64 {
    simd(
        #[inline(always)]
        || {
            let mut lanes = [0.0; 16];
            let chunks = a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0);
            for ((a, b), w) in chunks.zip(w.as_chunks::<16>().0) {
                for i in 0..16 {
                    lanes[i] = (a[i] * w[i]).mul_add(b[i], lanes[i]);
                }
            }
            lanes.iter().sum()
        },
    )
}
