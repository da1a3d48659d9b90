//! A graph run over many events: in pieces that fit the cache, by all threads.
//!
//! Pieces depend on the sizes alone and are put together in order, so results
//! are the same bits for any number of threads. Each thread has an executor of
//! its own, which keeps its buffers from piece to piece; memory is bounded by
//! the number of threads times one piece, or by a budget (see `memory`), and the
//! result.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pellucid_core::Job;
use pellucid_network::{Executor, Graph, NetworkError, Real};
use rayon::prelude::*;

use crate::error::ExplainError;
use crate::memory::Cut;

/// A graph with an executor for each thread that has asked for one.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    prototype: Executor<T>,
    free: Mutex<Vec<Executor<T>>>,
}

impl<T: Real> Engine<T> {
    pub fn new(graph: &Graph) -> Self {
        Self {
            prototype: Executor::new(graph),
            free: Mutex::default(),
        }
    }

    /// The graph that is run.
    pub fn graph(&self) -> &Graph {
        self.prototype.graph()
    }

    /// The bytes that an executor will hold for inputs of these shapes.
    pub fn planned(&self, inputs: &[&[usize]]) -> Result<usize, NetworkError> {
        self.prototype.planned(inputs)
    }

    /// Lends an executor to `work`.
    pub fn with<R>(&self, work: impl FnOnce(&mut Executor<T>) -> R) -> R {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = free().pop();
        let mut executor = taken.unwrap_or_else(|| self.prototype.clone());
        let result = work(&mut executor);
        free().push(executor);
        result
    }

    /// Calls `work` for every piece of `events` and puts its results in order.
    pub fn pieces<R: Send>(
        &self,
        events: usize,
        cut: Cut,
        job: &Job,
        work: impl Fn(&mut Executor<T>, Range<usize>) -> Result<R, ExplainError> + Sync,
    ) -> Result<Vec<R>, ExplainError> {
        let Cut { rows, at_once } = cut;
        let count = events.div_ceil(rows);
        let mut done = Vec::with_capacity(count);
        while done.len() < count {
            let next = done.len()..count.min(done.len().saturating_add(at_once));
            let wave: Vec<R> = next
                .into_par_iter()
                .map(|piece| {
                    job.check()?;
                    let range = piece * rows..events.min((piece + 1) * rows);
                    self.with(|executor| work(executor, range))
                })
                .collect::<Result<_, ExplainError>>()?;
            done.extend(wave);
        }
        Ok(done)
    }
}
