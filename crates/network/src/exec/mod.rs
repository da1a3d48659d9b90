//! The planned executor.
//!
//! A graph is planned once: which nodes are needed, which run together, when
//! a buffer is free again. The plan holds for any batch, particle and edge
//! counts; a run binds them, takes its buffers from a pool that the next run
//! uses again, and gives the same bits for any number of threads.

pub(crate) mod chain;
mod executor;
mod memory;
mod plan;
mod sizes;
mod spare;

pub use executor::Executor;
pub use plan::Plan;

use std::sync::OnceLock;

use crate::graph::Bindings;
use crate::kernels::panels::{Behind, Ordered};
use crate::kernels::scratch;
use crate::real::Real;

/// The same code on real numbers and on integers: the kernel of an operation
/// that moves numbers and computes none.
macro_rules! either_kind {
    ($from:expr, $to:expr, |$x:ident, $out:ident| $work:expr) => {
        match ($from.data, &mut $to.data) {
            (crate::exec::Numbers::Real($x), crate::exec::NumbersMut::Real($out)) => $work,
            (crate::exec::Numbers::Integer($x), crate::exec::NumbersMut::Integer($out)) => $work,
            // Shape inference has given both the same kind.
            _ => {}
        }
    };
}
pub(crate) use either_kind;

/// The numbers of an input of a kernel.
#[derive(Debug, Clone, Copy)]
pub enum Numbers<'a, T> {
    /// Real numbers.
    Real(&'a [T]),
    /// Integers.
    Integer(&'a [i32]),
}

/// An input of a kernel.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a, T> {
    /// The length of every side.
    pub shape: &'a [usize],
    pub(crate) data: Numbers<'a, T>,
}

impl<'a, T> Input<'a, T> {
    /// The real numbers; empty if they are integers, which shape inference
    /// has excluded.
    pub fn real(&self) -> &'a [T] {
        match self.data {
            Numbers::Real(data) => data,
            Numbers::Integer(_) => &[],
        }
    }

    /// The integers; empty if they are real.
    pub fn integer(&self) -> &'a [i32] {
        match self.data {
            Numbers::Integer(data) => data,
            Numbers::Real(_) => &[],
        }
    }
}

/// The numbers of an output of a kernel.
#[derive(Debug)]
pub enum NumbersMut<'a, T> {
    /// Real numbers.
    Real(&'a mut [T]),
    /// Integers.
    Integer(&'a mut [i32]),
}

/// An output of a kernel; its content is arbitrary until written.
#[derive(Debug)]
pub struct Output<'a, T> {
    /// The length of every side.
    pub shape: &'a [usize],
    pub(crate) data: NumbersMut<'a, T>,
}

impl<T> Output<'_, T> {
    /// The real numbers to be written; empty if they are integers.
    pub fn real(&mut self) -> &mut [T] {
        match &mut self.data {
            NumbersMut::Real(data) => data,
            NumbersMut::Integer(_) => &mut [],
        }
    }

    /// The integers to be written; empty if they are real.
    pub fn integer(&mut self) -> &mut [i32] {
        match &mut self.data {
            NumbersMut::Integer(data) => data,
            NumbersMut::Real(_) => &mut [],
        }
    }
}

/// What a kernel needs to know of the run it is part of.
pub struct Step<'a, T: Real> {
    /// What the named sizes are in this run.
    pub bindings: &'a Bindings,
    /// The fused chain that follows, if any.
    pub(crate) epilogue: Option<&'a chain::Chain<'a, T>>,
    /// The constant on the right of a matrix product, ordered before.
    pub(crate) ordered: Option<&'a Ordered<T>>,
    /// Why the kernel could not compute, see [`fail`](Self::fail).
    pub(crate) failure: &'a OnceLock<String>,
}

impl<T: Real> Step<'_, T> {
    /// Says that the numbers of this run make the operation impossible (an
    /// index outside of a side): the run ends with an error that names the
    /// node. The first report counts, so that it must not be made by pieces
    /// in parallel.
    pub fn fail(&self, problem: impl Into<String>) {
        let _ = self.failure.set(problem.into());
    }

    /// Must be called on every piece of the first output when it is finished
    /// and still in the cache, with the position of its first number: what
    /// was fused behind the kernel is applied to it. Only kernels whose
    /// operation is listed in [`Plan`] as taking an epilogue are given one.
    pub fn finish(&self, start: usize, piece: &mut [T]) {
        if let Some(epilogue) = self.epilogue {
            epilogue.piece(start, piece);
        }
    }

    /// What is fused behind the kernel, if a matrix product can do it by itself;
    /// then nothing is left to [`finish`](Self::finish).
    pub(crate) fn behind(&self) -> Option<Behind<'_, T>> {
        match self.epilogue {
            None => Some(Behind::Nothing),
            Some(epilogue) => epilogue.behind(),
        }
    }

    /// The same of a piece that `make` has yet to write: what is fused behind the
    /// kernel reads it where it is made, in the cache.
    pub fn finished(&self, start: usize, piece: &mut [T], make: impl FnOnce(&mut [T])) {
        match self.epilogue {
            None => make(piece),
            Some(epilogue) => scratch::with(piece.len(), |made| {
                make(made);
                epilogue.piece_of(start, made, piece);
            }),
        }
    }
}
