//! Register code: what a formula becomes before it is run.

use super::lines::Lines;
use super::rows::Rows;
use crate::expression::{Expression, Token};
use crate::kernel::Number;
use crate::operator::Operation;

/// Where a step finds an argument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Source {
    Variable(usize),
    Register(usize),
}

/// One operator on a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub operation: &'static dyn Operation,
    pub a: Source,
    /// The same as `a` for a function of one argument.
    pub b: Source,
    pub out: usize,
}

/// A compiled formula. Constants live in registers of their own that are filled
/// once per run; what a step writes is never what it reads.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) steps: Vec<Step>,
    /// The register of every constant.
    pub(super) constants: Vec<usize>,
    pub(super) registers: usize,
    pub(super) result: Source,
}

impl Program {
    /// Compiles for values: registers are used again as soon as they are free.
    pub fn new(expression: &Expression) -> Self {
        Self::compile(expression, true)
    }

    /// Compiles for derivatives: every step keeps its register.
    pub fn keeping(expression: &Expression) -> Self {
        Self::compile(expression, false)
    }

    fn compile(expression: &Expression, reuse: bool) -> Self {
        let count = expression.constants().len();
        let mut program = Self {
            steps: Vec::with_capacity(expression.tokens().len()),
            constants: (0..count).collect(),
            registers: count,
            result: Source::Register(0),
        };
        let mut free: Vec<usize> = Vec::new();
        let mut stack: Vec<Source> = Vec::with_capacity(8);
        let mut constant = 0;
        for token in expression.tokens() {
            let source = match token {
                Token::Constant => {
                    constant += 1;
                    Source::Register(constant - 1)
                }
                Token::Variable(place) => Source::Variable(usize::from(*place)),
                Token::Apply(operator) => {
                    let right = if operator.arity() == 2 {
                        stack.pop()
                    } else {
                        None
                    };
                    // `Expression::new` saw to it that the arguments are there.
                    let a = stack.pop().unwrap_or(Source::Register(0));
                    let b = right.unwrap_or(a);
                    let out = free.pop().unwrap_or_else(|| {
                        program.registers += 1;
                        program.registers - 1
                    });
                    program.steps.push(Step {
                        operation: operator.operation(),
                        a,
                        b,
                        out,
                    });
                    if reuse {
                        for source in [Some(a), right].into_iter().flatten() {
                            if let Source::Register(r) = source
                                && r >= count
                            {
                                free.push(r);
                            }
                        }
                    }
                    Source::Register(out)
                }
            };
            stack.push(source);
        }
        program.result = stack.pop().unwrap_or(Source::Register(0));
        program
    }

    /// The sum of weighted squares `Σ w (f − y)²`; infinite if the formula is
    /// not defined somewhere, or as soon as the sum exceeds `limit`.
    pub fn squares<T: Number>(
        &self,
        constants: &[f64],
        rows: &Rows<T>,
        limit: f64,
        scratch: &mut Scratch<T>,
    ) -> f64 {
        scratch.prepare(self, constants);
        let mut sum = 0.0;
        for block in 0..rows.blocks() {
            scratch.run(self, rows, block);
            let values = scratch.source(self.result, rows, block);
            sum += T::squares(values, rows.target(block), rows.weight(block));
            if sum.is_nan() || sum > limit {
                return f64::INFINITY;
            }
        }
        sum
    }

    /// The value in every row.
    pub fn values<T: Number>(
        &self,
        constants: &[f64],
        rows: &Rows<T>,
        scratch: &mut Scratch<T>,
    ) -> Vec<T> {
        scratch.prepare(self, constants);
        let mut out = Vec::with_capacity(rows.blocks() * T::BLOCK);
        for block in 0..rows.blocks() {
            scratch.run(self, rows, block);
            out.extend_from_slice(scratch.source(self.result, rows, block));
        }
        out.truncate(rows.rows());
        out
    }
}

/// Registers that are used again from one formula to the next.
#[derive(Debug, Default)]
pub struct Scratch<T> {
    registers: Vec<Lines<T>>,
}

impl<T: Number> Scratch<T> {
    /// No registers yet.
    pub fn new() -> Self {
        Self {
            registers: Vec::new(),
        }
    }

    /// Sees to it that there are enough registers, and fills the constants'.
    pub(super) fn prepare(&mut self, program: &Program, constants: &[f64]) {
        while self.registers.len() < program.registers {
            self.registers.push(Lines::filled(T::ZERO, T::BLOCK));
        }
        for (&register, &value) in program.constants.iter().zip(constants) {
            self.registers[register].fill(T::from_f64(value));
        }
    }

    /// Runs all steps on one block.
    pub(super) fn run(&mut self, program: &Program, rows: &Rows<T>, block: usize) {
        for step in &program.steps {
            // Taken out, so that the others may be read meanwhile.
            let mut out = std::mem::take(&mut self.registers[step.out]);
            let a = self.source(step.a, rows, block);
            let b = self.source(step.b, rows, block);
            T::apply(step.operation, a, b, &mut out);
            self.registers[step.out] = out;
        }
    }

    /// What a step or the caller reads.
    pub(super) fn source<'a>(&'a self, source: Source, rows: &'a Rows<T>, block: usize) -> &'a [T] {
        match source {
            Source::Variable(variable) => rows.column(block, variable),
            Source::Register(register) => &self.registers[register],
        }
    }
}
