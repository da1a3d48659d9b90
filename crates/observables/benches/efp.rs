//! Energy flow polynomials of the jets of the fixture, for
//! `time_energyflow.py`, which runs both in turn on the same jets.
//!
//!     efp THREADS NAME ROUNDS
//!
//! prints for each round the processor and wall time per jet in µs and the sum
//! of all values. Names: `prime5` … `prime8`, `grid5`, `grid7` (15 points of
//! kappa and beta), `prime7_20`, `_80`, `_160` (as many constituents), `square7`,
//! `square7_80`, `_160`, `_320` (β = 2), or `all`.

mod fixture;

use std::time::Instant;

use pellucid_core::Job;
use pellucid_observables::jets::efp::{EfpGrid, GraphSet};
use pellucid_observables::{EfpPlan, Jets};

/// Graphs up to a degree, β (none: the grid of the search), and constituents.
const CASES: [(&str, usize, Option<f64>, usize); 14] = [
    ("prime5", 5, Some(1.0), 40),
    ("prime6", 6, Some(1.0), 40),
    ("prime7", 7, Some(1.0), 40),
    ("prime8", 8, Some(1.0), 40),
    ("grid5", 5, None, 40),
    ("grid7", 7, None, 40),
    ("prime7_20", 7, Some(1.0), 20),
    ("prime7_80", 7, Some(1.0), 80),
    ("prime7_160", 7, Some(1.0), 160),
    ("prime7_320", 7, Some(1.0), 320),
    ("square7", 7, Some(2.0), 40),
    ("square7_80", 7, Some(2.0), 80),
    ("square7_160", 7, Some(2.0), 160),
    ("square7_320", 7, Some(2.0), 320),
];

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|w| !w.starts_with('-'))
        .collect();
    let word = |i: usize| words.get(i).map(String::as_str);
    let threads = word(0).and_then(|w| w.parse().ok()).unwrap_or(1);
    let name = word(1).unwrap_or("all");
    let rounds = word(2).and_then(|w| w.parse().ok()).unwrap_or(5);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("a thread pool");
    for case in CASES
        .into_iter()
        .filter(|case| name == "all" || name == case.0)
    {
        pool.install(|| run(case, rounds));
    }
}

fn run((name, degree, beta, count): (&str, usize, Option<f64>, usize), rounds: usize) {
    let grid = match beta {
        None => EfpGrid::search(degree),
        Some(beta) => EfpGrid::new(GraphSet::Prime { degree }, 1.0, beta),
    };
    let plan = grid.compile().expect("sound settings");
    let few = fixture::jets(count, fixture::JETS);
    // Enough jets for a tenth of a second.
    let once = time(&plan, &few).1.max(1e-6) * few.len() as f64;
    let passes = (0.1 / once).ceil().max(1.0) as usize;
    let many: Vec<usize> = (0..passes * few.len()).map(|i| i % few.len()).collect();
    let many = few.select(&many);
    for _ in 0..rounds {
        let (cpu, wall, sum) = time(&plan, &many);
        println!(
            "{name} cpu={:.3} wall={:.3} sum={sum:.12e}",
            cpu * 1e6,
            wall * 1e6
        );
    }
}

/// Seconds per jet on processors and by the clock, and the mean over jets of
/// the sum of all values.
fn time(plan: &EfpPlan, jets: &Jets) -> (f64, f64, f64) {
    let (before, start) = (processor(), Instant::now());
    let values = plan
        .evaluate_all(jets, &Job::silent())
        .expect("never interrupted");
    let n = jets.len() as f64;
    let (cpu, wall) = (
        (processor() - before) / n,
        start.elapsed().as_secs_f64() / n,
    );
    (cpu, wall, values.data().iter().sum::<f64>() / n)
}

/// Seconds that the threads of this process were on a processor; 0 where the
/// system does not say.
fn processor() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let nanoseconds = tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.sum::<f64>() * 1e-9
}
