//! A graph run over many events: in pieces that fit the cache, by all threads.
//!
//! Pieces depend on the sizes alone and are put together in order, so results
//! are the same bits for any number of threads. Each thread has an executor of
//! its own, which keeps its buffers from piece to piece; memory is bounded by
//! the number of threads times one piece, or by a budget (see `memory`), and the
//! result.

use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use pellucid_core::Job;
use pellucid_network::{Executor, Graph, NetworkError, Real};
use rayon::prelude::*;

use crate::affine::AffinePart;
use crate::error::ExplainError;
use crate::explained::Explained;
use crate::layout::for_running;
use crate::memory::Cut;
use crate::rectified::Layer;

/// A graph with an executor for each thread that has asked for one.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    prototype: Executor<T>,
    free: Mutex<Vec<Executor<T>>>,
    /// Which of the outputs is the model's own, if a method's network makes that too.
    output: Option<usize>,
    /// The model in two parts, once a method has asked for them.
    parted: OnceLock<Option<Box<Parted<T>>>>,
}

/// A model in two parts (see `affine`), ready to run.
#[derive(Debug)]
pub(crate) struct Parted<T> {
    pub part: AffinePart,
    pub forward: Engine<T>,
    /// The network of the method for the rest of the model.
    pub rest: Engine<T>,
    pub back: Engine<T>,
    /// The rectified layer between the affine part and the rest.
    pub layer: Option<Layer<T>>,
}

impl<T: Real> Engine<T> {
    pub fn new(graph: &Graph) -> Self {
        Self {
            prototype: Executor::new(graph),
            free: Mutex::default(),
            output: None,
            parted: OnceLock::new(),
        }
    }

    /// The same for a graph of which that output is the model's own.
    pub fn with_output(mut self, output: Option<usize>) -> Self {
        self.output = output;
        self
    }

    /// Which of the outputs is the model's own, if one is.
    pub fn output(&self) -> Option<usize> {
        self.output
    }

    /// The model that this engine explains in two parts, if that saves anything;
    /// `method` makes the method's network for the rest. Made once, for `long` paths
    /// or for short ones.
    pub fn parted(
        &self,
        model: &Explained,
        long: bool,
        method: impl Fn(&Explained) -> Result<Graph, ExplainError>,
    ) -> Result<Option<&Parted<T>>, ExplainError> {
        if let Some(parted) = self.parted.get() {
            return Ok(parted.as_deref());
        }
        let engine = |graph: &Graph| Ok::<_, ExplainError>(Self::new(&for_running(graph)?));
        let parted = match model.affine_part(long)? {
            None => None,
            Some(part) => Some(Box::new(Parted {
                forward: engine(&part.forward)?,
                rest: engine(&method(&part.rest)?)?,
                back: engine(&part.back)?,
                layer: part.rectified.map(|it| it.layer(&part.forward)),
                part,
            })),
        };
        Ok(self.parted.get_or_init(|| parted).as_deref())
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
