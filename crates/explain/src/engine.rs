//! A graph run over many events: in pieces that fit the cache, by all threads.
//!
//! Pieces depend on the sizes alone and are put together in order, so results
//! are the same bits for any number of threads. Each thread has an executor of
//! its own, which keeps its buffers from piece to piece; memory is bounded by
//! the number of threads times one piece, and the result.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pellucid_core::Job;
use pellucid_network::{Executor, Graph, Real};
use rayon::prelude::*;

use crate::error::ExplainError;

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

    /// Lends an executor to `work`.
    pub fn with<R>(&self, work: impl FnOnce(&mut Executor<T>) -> R) -> R {
        let free = || self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = free().pop();
        let mut executor = taken.unwrap_or_else(|| self.prototype.clone());
        let result = work(&mut executor);
        free().push(executor);
        result
    }

    /// Calls `work` for every `rows` of `events` and puts its results in order.
    pub fn pieces<R: Send>(
        &self,
        events: usize,
        rows: usize,
        job: &Job,
        work: impl Fn(&mut Executor<T>, Range<usize>) -> Result<R, ExplainError> + Sync,
    ) -> Result<Vec<R>, ExplainError> {
        (0..events.div_ceil(rows))
            .into_par_iter()
            .map(|piece| {
                job.check()?;
                let range = piece * rows..events.min((piece + 1) * rows);
                self.with(|executor| work(executor, range))
            })
            .collect()
    }
}
