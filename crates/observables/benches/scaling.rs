//! How much faster two threads are than one.
//!
//! ```text
//! scaling ROUNDS [NAME…]
//! ```
//!
//! Every round runs each case on one thread and on two, one after the other,
//! and so a loop over 16 kB that shares nothing with anything (`machine`): two
//! processors of a virtual machine may be one core, or somebody else's for a
//! while, and no program scales better than that loop does in the same minute.
//! Printed are the medians over the rounds: wall time of one item in µs with
//! one thread and with two, their ratio, and the ratio over those rounds only
//! in which `machine` was at least 1.9 times as fast, before and after.

mod fixture;

use std::hint::black_box;
use std::time::Instant;

use pellucid_core::Job;
use pellucid_core::random::stream;
use pellucid_observables::jets::clustering::{Algorithm, Clustering, History, Workspace};
use pellucid_observables::jets::efp::{EfpGrid, GraphSet};
use pellucid_observables::jets::four_vector::Pseudojet;
use pellucid_observables::jets::kinematics::Momentum;
use pellucid_observables::jets::subjettiness::Subjettiness;
use pellucid_observables::jets::substructure::Substructure;
use pulp::{Arch, Simd, WithSimd};
use rand::RngExt;
use rayon::prelude::*;

/// The scaling of `machine` with two cores to itself.
const FREE: f64 = 1.9;

/// A case: its name, its items, and all of them at once.
type Case = (&'static str, usize, Box<dyn Fn() + Sync>);

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let rounds = words.first().and_then(|w| w.parse().ok()).unwrap_or(9);
    let asked =
        |name: &str| words.len() < 2 || name == "machine" || words.iter().any(|w| w == name);
    let cases = [
        machine(),
        polynomials(
            "efp_prime7",
            &EfpGrid::new(GraphSet::Prime { degree: 7 }, 1.0, 1.0),
            400,
        ),
        polynomials("efp_grid5", &EfpGrid::search(5), 400),
        anti_kt(),
        substructure(),
        machine(),
    ];
    let pools = [1, 2].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("a thread pool")
    });
    let cases: Vec<Case> = cases.into_iter().filter(|case| asked(case.0)).collect();
    let mut times = vec![[Vec::new(), Vec::new()]; cases.len()];
    for _ in 0..=rounds {
        for ((_, items, pass), times) in cases.iter().zip(&mut times) {
            for (pool, times) in pools.iter().zip(times) {
                let start = Instant::now();
                pool.install(pass);
                times.push(start.elapsed().as_secs_f64() * 1e6 / *items as f64);
            }
        }
    }
    // The first round warms the caches.
    let ratios = |[one, two]: &[Vec<f64>; 2]| -> Vec<f64> {
        let pairs = one.iter().zip(two).skip(1);
        pairs.map(|(one, two)| one / two).collect()
    };
    let [first, .., last] = times.as_slice() else {
        return;
    };
    let free: Vec<bool> = ratios(first)
        .iter()
        .zip(ratios(last))
        .map(|(before, after)| before.min(after) >= FREE)
        .collect();
    let count = free.iter().filter(|free| **free).count();
    let head = ["", "one, µs", "two, µs", "ratio"];
    let [name, one, two, ratio] = head;
    println!("{name:<14} {one:>9} {two:>9} {ratio:>6} in {count} of {rounds} rounds");
    for ((name, ..), times) in cases.iter().zip(&times) {
        let each = ratios(times);
        let rounds = each.iter().zip(&free).filter(|(_, free)| **free);
        let alone = median(rounds.map(|(ratio, _)| *ratio).collect());
        let [one, two] = [0, 1].map(|i| median(times[i][1..].to_vec()));
        let ratio = median(each);
        println!("{name:<14} {one:>9.1} {two:>9.1} {ratio:>6.2} {alone:>6.2}");
    }
}

/// The middle number; not a number where there is none.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Sums of products of two arrays in the first cache, over and over.
fn machine() -> Case {
    let items = 200;
    let pass = move || {
        (0..items).into_par_iter().for_each(|seed| {
            let arrays = [1.0, 2.0].map(|x| vec![x + f64::from(seed); 1024]);
            black_box(Arch::new().dispatch(Products {
                arrays: &arrays,
                passes: 2000,
            }));
        });
    };
    ("machine", items as usize, Box::new(pass))
}

struct Products<'a> {
    arrays: &'a [Vec<f64>; 2],
    passes: usize,
}

impl WithSimd for Products<'_> {
    type Output = f64;

    #[inline(always)]
    #[allow(clippy::inline_always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let [a, b] = [0, 1].map(|i| S::as_simd_f64s(black_box(&self.arrays[i])).0);
        let mut totals = [simd.splat_f64s(0.0); 4];
        for _ in 0..self.passes {
            for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
                for ((total, &a), &b) in totals.iter_mut().zip(a).zip(b) {
                    *total = simd.mul_add_e_f64s(a, b, *total);
                }
            }
        }
        totals
            .into_iter()
            .map(|total| simd.reduce_sum_f64s(total))
            .sum()
    }
}

/// Energy flow polynomials of jets of 40 constituents.
fn polynomials(name: &'static str, grid: &EfpGrid, items: usize) -> Case {
    let plan = grid.compile().expect("sound settings");
    let jets = fixture::jets(40, items);
    let pass = move || {
        black_box(
            plan.evaluate_all(&jets, &Job::silent())
                .expect("never interrupted"),
        );
    };
    (name, items, Box::new(pass))
}

/// Anti-kT of events of 404 particles, uniform in rapidity and azimuth.
fn anti_kt() -> Case {
    let items = 400;
    let events: Vec<Vec<Pseudojet>> = (0..items)
        .map(|seed| {
            let mut rng = stream(seed as u64, 0);
            let mut particle = || {
                let pt = 0.5 * rng.random::<f64>().powi(-1);
                let (y, phi) = (rng.random_range(-4.0..4.0), rng.random_range(0.0..6.2));
                Pseudojet::from(Momentum { pt, y, phi, m: 0.0 })
            };
            (0..404).map(|_| particle()).collect()
        })
        .collect();
    let clustering = Clustering::new(Algorithm::AntiKt, 0.8);
    let pass = move || {
        let begin = <(Workspace, History)>::default;
        events
            .par_iter()
            .for_each_init(begin, |(workspace, history), event| {
                workspace.cluster(&clustering, event, history);
                black_box(history.inclusive(20.0));
            });
    };
    ("anti_kt_404", items, Box::new(pass))
}

/// τ₁…τ₄ and the correlation functions of jets of 50 constituents.
fn substructure() -> Case {
    let items = 1200;
    let jets = fixture::jets(50, items);
    let tau = Subjettiness {
        r0: 0.8,
        ..Subjettiness::default()
    };
    let pass = move || {
        (0..jets.len()).into_par_iter().for_each(|i| {
            let jet = Substructure::new(jets.jet(i));
            let few = jet.correlations(1.0);
            let taus: f64 = (1..=4).map(|n| tau.tau(&jet, n)).sum();
            black_box(taus + few.e2 + few.e3 + few.two_e3);
        });
    };
    ("substructure", items, Box::new(pass))
}
