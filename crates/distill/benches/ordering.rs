//! Decision ordering at the sizes of a search.
//!
//! The peers are in `peers.py` beside this file.

use divan::Bencher;
use pellucid_core::random;
use pellucid_distill::{average_decision_ordering, misordered_pairs, ordering_on_pairs};

fn main() {
    divan::main();
}

fn sample(n: usize) -> (Vec<f64>, Vec<f64>, Vec<bool>) {
    let mut rng = random::stream(1, 0);
    let labels: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
    let mut draw = |label: bool| {
        let hidden = random::normal(&mut rng) + f64::from(u8::from(label));
        let [f, g] = [0, 1].map(|_| hidden + 0.3 * random::normal(&mut rng));
        (f, g)
    };
    let (f, g) = labels.iter().map(|&label| draw(label)).unzip();
    (f, g, labels)
}

/// Over all pairs, with the error: scores in all, half of them signal.
#[divan::bench(args = [20_000, 200_000])]
fn all_pairs(bencher: Bencher<'_, '_>, scores: usize) {
    let (f, g, labels) = sample(scores);
    bencher.bench(|| average_decision_ordering(&f, &g, &labels).unwrap());
}

/// The same on one thread.
#[divan::bench(args = [20_000, 200_000])]
fn all_pairs_on_one_thread(bencher: Bencher<'_, '_>, scores: usize) {
    let (f, g, labels) = sample(scores);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .unwrap();
    bencher.bench(|| pool.install(|| average_decision_ordering(&f, &g, &labels).unwrap()));
}

/// One candidate on 100,000 misordered pairs of 20,000 events, with the error.
#[divan::bench]
fn one_candidate_on_misordered_pairs(bencher: Bencher<'_, '_>) {
    let (f, g, labels) = sample(20_000);
    let events: Vec<usize> = (0..20_000).collect();
    let pairs = misordered_pairs(&f, &g, &labels, &events, 100_000, 1).unwrap();
    let h: Vec<f64> = f.iter().zip(&g).map(|(f, g)| 2.0 * f - g).collect();
    bencher.bench(|| ordering_on_pairs(&h, &pairs));
}

/// Finding 100,000 misordered pairs of 20,000 events.
#[divan::bench]
fn draw_misordered_pairs(bencher: Bencher<'_, '_>) {
    let (f, g, labels) = sample(20_000);
    let events: Vec<usize> = (0..20_000).collect();
    bencher.bench(|| misordered_pairs(&f, &g, &labels, &events, 100_000, 1).unwrap());
}
