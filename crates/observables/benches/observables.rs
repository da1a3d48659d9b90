//! Observables of the jets of the fixture, one thread.
//!
//! `efp.rs` beside this file is for comparison with the peer.

mod fixture;

use pellucid_core::Job;
use pellucid_observables::JetImage;
use pellucid_observables::jets::efp::{EfpGrid, GraphSet, Workspace, graphs};

fn main() {
    divan::main();
}

/// Every jet of 40 constituents; the time is per jet.
fn efps(bencher: divan::Bencher<'_, '_>, grid: &EfpGrid) {
    let (plan, jets) = (
        grid.compile().expect("sound settings"),
        fixture::jets(40, fixture::JETS),
    );
    let mut workspace = Workspace::default();
    let mut out = vec![0.0; plan.candidates().len()];
    let mut i = 0;
    bencher.bench_local(|| {
        plan.evaluate(jets.jet(i % jets.len()), &mut workspace, &mut out);
        i += 1;
        out[0]
    });
}

#[divan::bench(args = [3, 4, 5, 6, 7])]
fn efps_prime_one_measure(bencher: divan::Bencher<'_, '_>, degree: usize) {
    efps(bencher, &EfpGrid::new(GraphSet::Prime { degree }, 1.0, 1.0));
}

#[divan::bench(args = [5, 7])]
fn efps_all_one_measure(bencher: divan::Bencher<'_, '_>, degree: usize) {
    efps(bencher, &EfpGrid::new(GraphSet::All { degree }, 1.0, 1.0));
}

#[divan::bench(args = [5, 7])]
fn efps_prime_grid_of_15(bencher: divan::Bencher<'_, '_>, degree: usize) {
    efps(bencher, &EfpGrid::search(degree));
}

#[divan::bench(args = [5, 7, 8, 9, 10], sample_count = 10)]
fn all_graphs(degree: usize) -> usize {
    graphs::all_graphs(degree).len()
}

#[divan::bench(args = [5, 7, 8, 9], sample_count = 10)]
fn compile(degree: usize) -> usize {
    EfpGrid::new(GraphSet::Prime { degree }, 1.0, 1.0)
        .compile()
        .expect("sound settings")
        .candidates()
        .len()
}

#[divan::bench(sample_count = 10)]
fn efps_of_a_thousand_jets(bencher: divan::Bencher<'_, '_>) {
    let grid = EfpGrid::search(5);
    let (plan, jets) = (
        grid.compile().expect("sound settings"),
        fixture::jets(40, fixture::JETS),
    );
    let jets = jets.select(&(0..1000).map(|i| i % jets.len()).collect::<Vec<_>>());
    bencher.bench_local(|| {
        plan.evaluate_all(&jets, &Job::silent())
            .expect("never interrupted")
    });
}

#[divan::bench]
fn image_25(bencher: divan::Bencher<'_, '_>) {
    let (image, jets) = (JetImage::new(25, 0.8), fixture::jets(40, fixture::JETS));
    let mut out = vec![0.0; 625];
    bencher.bench_local(|| image.render(jets.jet(0), &mut out));
}
