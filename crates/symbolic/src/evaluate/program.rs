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

/// A compiled formula. Constants and what follows from them alone live in
/// registers of their own that are filled once per run; what a step writes is
/// never what it reads.
#[derive(Debug, Clone)]
pub struct Program {
    /// In the order in which they are run.
    pub(super) steps: Vec<Step>,
    /// So many of the steps, the first ones, depend on constants alone.
    pub(super) fixed: usize,
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
        let mut compiler = Compiler::new(expression, reuse);
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
                    compiler.step(operator.operation(), a, right)
                }
            };
            stack.push(source);
        }
        compiler.finish(stack.pop().unwrap_or(Source::Register(0)))
    }

    /// The sum of weighted squares `Σ w (f − y)²`, or of what else errors cost in
    /// these rows; infinite if the formula is not defined somewhere, or as soon as
    /// the sum exceeds `limit`.
    pub fn squares<T: Number>(
        &self,
        constants: &[f64],
        rows: &Rows<T>,
        limit: f64,
        scratch: &mut Scratch<T>,
    ) -> f64 {
        scratch.prepare(self, constants, rows);
        let mut sum = 0.0;
        for block in 0..rows.blocks() {
            scratch.run(self, rows, block);
            let values = scratch.source(self.result, rows, block);
            sum += cost(values, rows, block);
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
        scratch.prepare(self, constants, rows);
        let mut out = Vec::with_capacity(rows.blocks() * rows.block());
        for block in 0..rows.blocks() {
            scratch.run(self, rows, block);
            out.extend_from_slice(scratch.source(self.result, rows, block));
        }
        out.truncate(rows.rows());
        out
    }
}

/// What the errors of one block cost.
pub(super) fn cost<T: Number>(values: &[T], rows: &Rows<T>, block: usize) -> f64 {
    let (target, weight) = (rows.target(block), rows.weight(block));
    let Some(loss) = rows.loss() else {
        return T::squares(values, target, weight);
    };
    let wide = |x: &[T]| -> Vec<f64> { x.iter().map(|x| x.to_f64()).collect() };
    loss.sum(&wide(values), &wide(target), &wide(weight))
}

/// A program in the making.
struct Compiler {
    /// What depends on constants alone, and the rest.
    steps: [Vec<Step>; 2],
    constants: usize,
    /// Whether each register depends on constants alone.
    fixed: Vec<bool>,
    /// Registers that may be written again, if any may.
    free: Option<Vec<usize>>,
}

impl Compiler {
    fn new(expression: &Expression, reuse: bool) -> Self {
        let constants = expression.constants().len();
        Self {
            steps: [Vec::new(), Vec::with_capacity(expression.tokens().len())],
            constants,
            fixed: vec![true; constants],
            free: reuse.then(Vec::new),
        }
    }

    /// Adds an operator on one argument or two; where its value will be.
    fn step(
        &mut self,
        operation: &'static dyn Operation,
        a: Source,
        right: Option<Source>,
    ) -> Source {
        let b = right.unwrap_or(a);
        let fixed = [a, b].iter().all(|&source| self.is_fixed(source));
        let again = self.free.as_mut().filter(|_| !fixed).and_then(Vec::pop);
        let out = again.unwrap_or_else(|| {
            self.fixed.push(fixed);
            self.fixed.len() - 1
        });
        self.steps[usize::from(!fixed)].push(Step {
            operation,
            a,
            b,
            out,
        });
        for source in [Some(a), right].into_iter().flatten() {
            if let Source::Register(r) = source
                && !self.fixed[r]
                && let Some(free) = &mut self.free
            {
                free.push(r);
            }
        }
        Source::Register(out)
    }

    fn is_fixed(&self, source: Source) -> bool {
        match source {
            Source::Variable(_) => false,
            Source::Register(r) => self.fixed[r],
        }
    }

    fn finish(self, result: Source) -> Program {
        let [mut steps, rest] = self.steps;
        let fixed = steps.len();
        steps.extend(rest);
        Program {
            steps,
            fixed,
            constants: (0..self.constants).collect(),
            registers: self.fixed.len(),
            result,
        }
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

    /// Sees to it that there are enough registers, and fills those of constants
    /// and of what follows from them alone.
    pub(super) fn prepare(&mut self, program: &Program, constants: &[f64], rows: &Rows<T>) {
        while self.registers.len() < program.registers {
            self.registers.push(Lines::filled(T::ZERO, T::BLOCK));
        }
        let block = rows.block();
        for (&register, &value) in program.constants.iter().zip(constants) {
            self.registers[register][..block].fill(T::from_f64(value));
        }
        for step in &program.steps[..program.fixed] {
            let first = |source| match source {
                Source::Register(r) => self.registers[r][0],
                Source::Variable(_) => T::ZERO,
            };
            let mut value = [T::ZERO];
            T::apply(
                step.operation,
                &[first(step.a)],
                &[first(step.b)],
                &mut value,
            );
            self.registers[step.out][..block].fill(value[0]);
        }
    }

    /// Runs all steps on one block.
    pub(super) fn run(&mut self, program: &Program, rows: &Rows<T>, block: usize) {
        for step in &program.steps[program.fixed..] {
            // Taken out, so that the others may be read meanwhile.
            let mut out = std::mem::take(&mut self.registers[step.out]);
            let a = self.source(step.a, rows, block);
            let b = self.source(step.b, rows, block);
            T::apply(step.operation, a, b, &mut out[..rows.block()]);
            self.registers[step.out] = out;
        }
    }

    /// What a step or the caller reads.
    pub(super) fn source<'a>(&'a self, source: Source, rows: &'a Rows<T>, block: usize) -> &'a [T] {
        match source {
            Source::Variable(variable) => rows.column(block, variable),
            Source::Register(register) => &self.registers[register][..rows.block()],
        }
    }
}
