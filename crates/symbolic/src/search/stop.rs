//! When to stop within a round.

use std::time::Instant;

use pellucid_core::Job;

/// A time and a user to look at.
#[derive(Debug, Clone, Copy)]
pub struct Stop<'a> {
    at: Option<Instant>,
    job: Option<&'a Job>,
}

impl<'a> Stop<'a> {
    /// Never.
    pub const NEVER: Self = Self {
        at: None,
        job: None,
    };

    /// At a time, if it is one, or when the user says so.
    pub fn new(at: Option<Instant>, job: &'a Job) -> Self {
        Self { at, job: Some(job) }
    }

    /// Whether to stop.
    pub fn now(&self) -> bool {
        self.at.is_some_and(|at| Instant::now() >= at)
            || self.job.is_some_and(|job| job.check().is_err())
    }
}
