//! The planned executor.
//!
//! A graph is planned once: which nodes are needed, which run together, when
//! a buffer is free again. The plan holds for any batch, particle and edge
//! counts; a run binds them, takes its buffers from a pool that the next run
//! uses again, and gives the same bits for any number of threads.

mod chain;
mod executor;
mod plan;

pub use executor::Executor;
pub use plan::Plan;

use crate::graph::Bindings;

/// The numbers of an input of a kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Slice<'a, T> {
    Real(&'a [T]),
    Integer(&'a [i32]),
}

/// An input of a kernel.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a, T> {
    /// The length of every side.
    pub shape: &'a [usize],
    pub(crate) data: Slice<'a, T>,
}

impl<'a, T> Input<'a, T> {
    /// The real numbers; empty if they are integers, which shape inference
    /// has excluded.
    pub fn real(&self) -> &'a [T] {
        match self.data {
            Slice::Real(data) => data,
            Slice::Integer(_) => &[],
        }
    }

    /// The integers; empty if they are real.
    pub fn integer(&self) -> &'a [i32] {
        match self.data {
            Slice::Integer(data) => data,
            Slice::Real(_) => &[],
        }
    }
}

#[derive(Debug)]
pub(crate) enum SliceMut<'a, T> {
    Real(&'a mut [T]),
    Integer(&'a mut [i32]),
}

/// An output of a kernel; its content is arbitrary until written.
#[derive(Debug)]
pub struct Output<'a, T> {
    /// The length of every side.
    pub shape: &'a [usize],
    pub(crate) data: SliceMut<'a, T>,
}

impl<T> Output<'_, T> {
    /// The real numbers to be written; empty if they are integers.
    pub fn real(&mut self) -> &mut [T] {
        match &mut self.data {
            SliceMut::Real(data) => data,
            SliceMut::Integer(_) => &mut [],
        }
    }

    /// The integers to be written; empty if they are real.
    pub fn integer(&mut self) -> &mut [i32] {
        match &mut self.data {
            SliceMut::Integer(data) => data,
            SliceMut::Real(_) => &mut [],
        }
    }
}

/// What is done to a finished piece that begins at this number.
pub(crate) type Epilogue<'a, T> = &'a (dyn Fn(usize, &mut [T]) + Sync);

/// What a kernel needs to know of the run it is part of.
pub struct Step<'a, T> {
    /// What the named sizes are in this run.
    pub bindings: &'a Bindings,
    /// The fused chain that follows, if any.
    pub(crate) epilogue: Option<Epilogue<'a, T>>,
}

impl<T> Step<'_, T> {
    /// Must be called on every piece of the first output when it is finished
    /// and still in the cache, with the position of its first number: what
    /// was fused behind the kernel is applied to it. Only kernels whose
    /// operation is listed in [`Plan`] as taking an epilogue are given one.
    pub fn finish(&self, start: usize, piece: &mut [T]) {
        if let Some(epilogue) = self.epilogue {
            epilogue(start, piece);
        }
    }
}
