//! A graph run over many events: in pieces that fit the cache, by all threads.
//!
//! Pieces depend on the sizes alone and are put together in order, so results
//! are the same bits for any number of threads. Each thread has an executor of
//! its own, which keeps its buffers from piece to piece; memory is bounded by
//! the number of threads times one piece, and the result.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use pellucid_core::{Job, Tensor};
use pellucid_network::graph::Bindings;
use pellucid_network::{Executor, Graph, Real};
use rayon::prelude::*;

use crate::error::ExplainError;

/// What the largest value of one piece should take: a fifth of a common second
/// level cache, since a product reads one value, writes another and reads what
/// is fused behind it.
const PIECE_BYTES: usize = 256 << 10;

/// Rows of a piece: below, calls cost more than they do; above, nothing is won.
const PIECE_ROWS: Range<usize> = 16..2048;

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

/// Rows `range` of a tensor in precision `T`.
pub(crate) fn rows_of<T: Real>(tensor: &Tensor<f32>, range: Range<usize>) -> Tensor<T> {
    let mut shape = tensor.shape().to_vec();
    let len = tensor.row_len();
    shape[0] = range.len();
    let data = &tensor.data()[range.start * len..range.end * len];
    Tensor::new(shape, data.iter().map(|&x| T::of(f64::from(x))).collect())
}

/// How many events of these inputs make a piece of `graph`.
pub(crate) fn rows_per_piece(graph: &Graph, inputs: &[Tensor<f32>], number: usize) -> usize {
    let mut bindings = Bindings::new();
    for (&id, tensor) in graph.inputs().iter().zip(inputs) {
        for (side, (dim, &size)) in graph.shape(id).iter().zip(tensor.shape()).enumerate() {
            if let Some(name) = dim.name() {
                bindings.insert(name.into(), if side == 0 { 1 } else { size });
            } else if side == 0 && dim.known() == Some(1) {
                // A model exported for one event at a time.
                return 1;
            }
        }
    }
    let largest = graph
        .nodes()
        .iter()
        .flat_map(|node| &node.outputs)
        .filter_map(|&value| {
            let sides = graph
                .shape(value)
                .iter()
                .map(|dim| dim.evaluate(&bindings).ok());
            sides.product::<Option<usize>>()
        })
        .max()
        .unwrap_or(1);
    (PIECE_BYTES / (largest.max(1) * number)).clamp(PIECE_ROWS.start, PIECE_ROWS.end)
}
