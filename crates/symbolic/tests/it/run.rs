//! A search of so many rounds, and what it reports.

use pellucid_core::Job;
use pellucid_symbolic::select::{Finding, findings};
use pellucid_symbolic::{Engine, Limits, Problem, Settings};

/// A search after so many rounds.
pub fn search(problem: &Problem, settings: &Settings, rounds: u64) -> Engine {
    let mut engine = Engine::new(problem, settings).unwrap();
    let limits = Limits {
        rounds: Some(rounds),
        ..Limits::default()
    };
    engine.run(limits, &Job::silent(), |_| ());
    engine
}

/// The laws that it reports.
pub fn reported(problem: &Problem, settings: &Settings, rounds: u64) -> Vec<Finding> {
    let engine = search(problem, settings, rounds);
    let found = findings(&engine.front(), problem, settings);
    found.into_iter().map(|(_, finding)| finding).collect()
}
