//! Long work: how far it is, and whether it should stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Work was stopped by the user before it was finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Where progress is shown; the command line draws bars, a library stays silent.
pub trait Progress: Send + Sync {
    /// Begins a task of `total` units; dropping the bar ends it.
    fn start(&self, task: &str, total: u64) -> Box<dyn Bar>;

    /// What the user must know, whether or not anybody looks on: what was left
    /// out, assumed or padded.
    fn note(&self, line: &str);

    /// How the work goes, such as an epoch's loss: for those who look on.
    fn remark(&self, line: &str) {
        self.note(line);
    }
}

/// How far one task is.
pub trait Bar: Send + Sync {
    /// `units` more are done.
    fn advance(&self, units: u64);

    /// Lines shown below the bar in place of those before.
    fn tell(&self, _lines: &str) {}
}

struct Silent;

impl Progress for Silent {
    fn start(&self, _task: &str, _total: u64) -> Box<dyn Bar> {
        Box::new(Self)
    }
    fn note(&self, _line: &str) {}
}

impl Bar for Silent {
    fn advance(&self, _units: u64) {}
}

/// What long work is given: where to show progress, and a flag that asks it to stop.
#[derive(Clone)]
pub struct Job {
    progress: Arc<dyn Progress>,
    stop: Arc<AtomicBool>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

impl Default for Job {
    fn default() -> Self {
        Self::silent()
    }
}

impl Job {
    /// Shows progress there, stops when the flag is set.
    pub fn new(progress: Arc<dyn Progress>, stop: Arc<AtomicBool>) -> Self {
        Self { progress, stop }
    }

    /// Shows nothing and is never stopped.
    pub fn silent() -> Self {
        Self::new(Arc::new(Silent), Arc::new(AtomicBool::new(false)))
    }

    /// Shows nothing, but is stopped with this one: for the parts of a task that
    /// has a bar of its own.
    pub fn quiet(&self) -> Self {
        Self::new(Arc::new(Silent), Arc::clone(&self.stop))
    }

    /// Begins a task of `total` units.
    pub fn start(&self, task: &str, total: u64) -> Box<dyn Bar> {
        self.progress.start(task, total)
    }

    /// What the user must know: what was left out, assumed or padded.
    pub fn note(&self, line: &str) {
        self.progress.note(line);
    }

    /// How the work goes, such as an epoch's loss.
    pub fn remark(&self, line: &str) {
        self.progress.remark(line);
    }

    /// Asks the work to stop at the next safe place.
    pub fn interrupt(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// An error once the work was asked to stop; call it at every safe place.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.stop.load(Ordering::Relaxed) {
            Err(Interrupted)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_job_says_so_to_every_clone() {
        let job = Job::silent();
        let clone = job.clone();
        assert!(clone.check().is_ok());
        job.interrupt();
        assert_eq!(clone.check(), Err(Interrupted));
    }
}
