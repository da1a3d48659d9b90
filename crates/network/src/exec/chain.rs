//! A chain of elementwise nodes, run block by block.
//!
//! Blocks are small enough that every intermediate result stays in the first
//! cache; only the operands and the end of the chain touch memory.

use crate::exec::plan::{Argument, Instruction};
use crate::graph::Graph;
use crate::kernels::panels::Behind;
use crate::kernels::{scratch, split};
use crate::ops::Op;
use crate::real::Real;

/// Numbers per block: registers of 2 kB (f32) each.
const BLOCK: usize = 512;

/// How an operand's numbers meet those of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Broadcast {
    /// One for one.
    Full,
    /// Number `i` of the result meets `(i / inner) % period` of the operand.
    Cyclic { inner: usize, period: usize },
    /// By the sides: the result's sides with the operand's step along each, in
    /// front of runs of numbers that lie together in the operand, or are one.
    General {
        sides: Vec<usize>,
        steps: Vec<usize>,
        run: usize,
        together: bool,
    },
}

impl Broadcast {
    fn new(operand: &[usize], result: &[usize]) -> Self {
        if operand == result {
            return Self::Full;
        }
        let lead = result.len() - operand.len();
        let side = |i: usize| if i < lead { 1 } else { operand[i - lead] };
        let volume: usize = operand.iter().product();
        if volume == 1 {
            return Self::Cyclic {
                inner: 1,
                period: 1,
            };
        }
        // The operand's own sides, if they form one run with ones around it.
        let own: Vec<usize> = (0..result.len()).filter(|&i| side(i) != 1).collect();
        let (first, last) = (own[0], own[own.len() - 1]);
        if (first..=last).all(|i| side(i) == result[i]) {
            return Self::Cyclic {
                inner: result[last + 1..].iter().product(),
                period: volume,
            };
        }
        let mut steps = vec![0; result.len()];
        let mut step = 1;
        for i in (0..result.len()).rev() {
            if side(i) != 1 {
                steps[i] = step;
                step *= side(i);
            }
        }
        let together = last + 1 == result.len();
        let inner = (0..result.len())
            .rev()
            .take_while(|&i| (steps[i] > 0) == together)
            .count();
        let mut sides = result.to_vec();
        let run = sides.split_off(result.len() - inner).iter().product();
        steps.truncate(sides.len());
        Self::General {
            sides,
            steps,
            run,
            together,
        }
    }

    /// Writes the operand's numbers that meet `start..start + out.len()`.
    fn fill<T: Copy>(&self, operand: &[T], start: usize, out: &mut [T]) {
        match self {
            Self::Full => out.copy_from_slice(&operand[start..start + out.len()]),
            Self::Cyclic {
                inner: 1,
                period: 1,
            } => out.fill(operand[0]),
            Self::Cyclic { inner: 1, period } => {
                let mut at = start % period;
                let mut done = 0;
                while done < out.len() {
                    let run = (period - at).min(out.len() - done);
                    out[done..done + run].copy_from_slice(&operand[at..at + run]);
                    done += run;
                    at = 0;
                }
            }
            Self::Cyclic { inner, period } => {
                let mut at = start;
                let mut done = 0;
                while done < out.len() {
                    let run = (inner - at % inner).min(out.len() - done);
                    out[done..done + run].fill(operand[(at / inner) % period]);
                    done += run;
                    at += run;
                }
            }
            Self::General {
                sides,
                steps,
                run,
                together,
            } => {
                let mut done = 0;
                while done < out.len() {
                    let (mut rest, within) = ((start + done) / run, (start + done) % run);
                    let count = (run - within).min(out.len() - done);
                    let mut at = 0;
                    for (side, step) in sides.iter().zip(steps).rev() {
                        at += rest % side * step;
                        rest /= side;
                    }
                    let out = &mut out[done..done + count];
                    if *together {
                        out.copy_from_slice(&operand[at + within..][..count]);
                    } else {
                        out.fill(operand[at]);
                    }
                    done += count;
                }
            }
        }
    }
}

/// The operand's numbers as often as the result's shape needs them.
pub(crate) fn repeated<N: Copy + Default>(
    operand: &[N],
    shape: &[usize],
    result: &[usize],
) -> Vec<N> {
    let mut out = vec![N::default(); result.iter().product()];
    if !out.is_empty() {
        Broadcast::new(shape, result).fill(operand, 0, &mut out);
    }
    out
}

/// A chain with its operands, ready to run.
pub(crate) struct Chain<'a, T> {
    graph: &'a Graph,
    instructions: &'a [Instruction],
    operands: Vec<(&'a [T], Broadcast)>,
    /// An operand whose buffer the result has taken over.
    in_place: Option<usize>,
}

impl<'a, T: Real> Chain<'a, T> {
    /// `operands` with their shapes; `in_place` names the one that is not
    /// there because the result has its buffer.
    pub fn new(
        graph: &'a Graph,
        instructions: &'a [Instruction],
        operands: impl Iterator<Item = (&'a [T], &'a [usize])>,
        result: &[usize],
        in_place: Option<usize>,
    ) -> Self {
        let operands = operands
            .map(|(data, shape)| (data, Broadcast::new(shape, result)))
            .collect();
        Self {
            graph,
            instructions,
            operands,
            in_place,
        }
    }

    /// The chain as what a matrix product does by itself, if it is that.
    pub fn behind(&self) -> Option<Behind<'a, T>> {
        let [only] = self.instructions else {
            return None;
        };
        match (
            &self.graph.nodes()[only.node.index()].op,
            only.arguments.as_slice(),
        ) {
            (Op::Relu(_), [Argument::Produced]) => Some(Behind::Rectifier),
            (Op::Gate(_), &[Argument::Produced, Argument::Operand(by)]) => {
                match &self.operands[by] {
                    (by, Broadcast::Full) => Some(Behind::Gate(by)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Computes the whole result, in parallel if it is worth it.
    pub fn run(&self, out: &mut [T]) {
        let cost = out.len() * self.instructions.len();
        let piece = split::rows_per_piece(out.len(), self.instructions.len());
        split::chunks(out, piece, cost, |index, chunk| {
            if self.in_place.is_some() {
                return self.piece(index * piece, chunk);
            }
            // Nothing of it is there before.
            self.with_registers(|fetched, registers| {
                for (i, out) in chunk.chunks_mut(BLOCK).enumerate() {
                    let start = index * piece + i * BLOCK;
                    self.block(start, &[], out, fetched, registers);
                }
            });
        });
    }

    /// Computes the numbers of the result from `start` on; what the kernel in
    /// front has made, or the operand taken over, is in `out`.
    pub fn piece(&self, start: usize, out: &mut [T]) {
        scratch::with(BLOCK, |produced| {
            self.with_registers(|fetched, registers| {
                for (i, out) in out.chunks_mut(BLOCK).enumerate() {
                    let produced = &mut produced[..out.len()];
                    produced.copy_from_slice(out);
                    self.block(start + i * BLOCK, produced, out, fetched, registers);
                }
            });
        });
    }

    /// The same where what the kernel has made is elsewhere.
    pub fn piece_of(&self, start: usize, made: &[T], out: &mut [T]) {
        self.with_registers(|fetched, registers| {
            for (i, (made, out)) in made.chunks(BLOCK).zip(out.chunks_mut(BLOCK)).enumerate() {
                self.block(start + i * BLOCK, made, out, fetched, registers);
            }
        });
    }

    /// Lends `work` a block for each operand and each instruction.
    fn with_registers(&self, work: impl FnOnce(&mut [T], &mut [T])) {
        let registers = self.instructions.len() + self.operands.len();
        scratch::with(registers * BLOCK, |scratch| {
            let (fetched, registers) = scratch.split_at_mut(self.operands.len() * BLOCK);
            work(fetched, registers);
        });
    }

    fn block(
        &self,
        start: usize,
        produced: &[T],
        out: &mut [T],
        fetched: &mut [T],
        registers: &mut [T],
    ) {
        let len = out.len();
        for ((operand, broadcast), fetched) in
            self.operands.iter().zip(fetched.chunks_exact_mut(BLOCK))
        {
            if *broadcast != Broadcast::Full {
                broadcast.fill(operand, start, &mut fetched[..len]);
            }
        }
        let last = self.instructions.len() - 1;
        for (i, instruction) in self.instructions.iter().enumerate() {
            let (before, behind) = registers.split_at_mut(i * BLOCK);
            let argument = |argument: &Argument| -> &[T] {
                match *argument {
                    Argument::Produced => produced,
                    Argument::Register(r) => &before[r * BLOCK..][..len],
                    Argument::Operand(o) if self.in_place == Some(o) => produced,
                    Argument::Operand(o) => match &self.operands[o] {
                        (data, Broadcast::Full) => &data[start..start + len],
                        _ => &fetched[o * BLOCK..][..len],
                    },
                }
            };
            let empty: &[T] = &[];
            let mut arguments = [empty; 3];
            for (slot, from) in arguments.iter_mut().zip(&instruction.arguments) {
                *slot = argument(from);
            }
            let arguments = &arguments[..instruction.arguments.len()];
            let op = &self.graph.nodes()[instruction.node.index()].op;
            if i == last {
                op.block(arguments, out);
            } else {
                op.block(arguments, &mut behind[..len]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(operand: &[usize], result: &[usize]) -> Vec<i64> {
        let data: Vec<i64> = (0..operand.iter().product::<usize>() as i64).collect();
        let mut out = vec![0; result.iter().product()];
        Broadcast::new(operand, result).fill(&data, 0, &mut out);
        out
    }

    #[test]
    fn operands_meet_the_result_as_numpy_broadcasts() {
        assert_eq!(filled(&[3], &[2, 3]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(filled(&[2, 1], &[2, 3]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(filled(&[2, 1, 1], &[2, 2, 1, 2]), [0, 0, 1, 1, 0, 0, 1, 1]);
        assert_eq!(filled(&[], &[2]), [0, 0]);
        assert_eq!(filled(&[2, 1, 2], &[2, 2, 2]), [0, 1, 0, 1, 2, 3, 2, 3]);
        let twice = [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3];
        assert_eq!(filled(&[2, 1, 2, 1], &[2, 2, 2, 2]), twice);
    }

    #[test]
    fn blocks_may_begin_anywhere() {
        let data = [10, 20];
        let cyclic = Broadcast::new(&[2, 1], &[3, 2, 3]);
        let mut out = [0; 5];
        cyclic.fill(&data, 4, &mut out);
        assert_eq!(out, [20, 20, 10, 10, 10]);
        let general = Broadcast::new(&[2, 1, 3], &[2, 2, 3]);
        general.fill(&[0, 1, 2, 3, 4, 5], 4, &mut out);
        assert_eq!(out, [1, 2, 3, 4, 5]);
    }
}
