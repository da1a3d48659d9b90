//! Clustering and substructure on files that `time_fastjet.py` makes and gives to
//! the peer too.
//!
//! ```text
//! clustering events FILE ALGORITHM RADIUS ROUNDS   CPU microseconds per event
//! clustering jets FILE ROUNDS                      CPU microseconds per jet
//! ```
//!
//! The file: `i64` n, `i64` offsets\[n + 1\], then px, py, pz, E of every particle.

use std::hint::black_box;

use pellucid_observables::Jets;
use pellucid_observables::jets::clustering::{Algorithm, Clustering, History, Workspace};
use pellucid_observables::jets::four_vector::{FourVector, Pseudojet};
use pellucid_observables::jets::grooming::SoftDrop;
use pellucid_observables::jets::lund::{Plane, declusterings};
use pellucid_observables::jets::subjettiness::Subjettiness;
use pellucid_observables::jets::substructure::Substructure;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["events", file, algorithm, radius, rounds, ..] => {
            let radius = radius.parse().expect("a radius");
            let clustering = Clustering::new(self::algorithm(algorithm), radius);
            println!("{:.3}", events(&read(file), &clustering, number(rounds)));
        }
        ["jets", file, rounds, ..] => jets(&read(file), number(rounds)),
        _ => println!("clustering events|jets FILE …: see time_fastjet.py"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number of rounds")
}

fn algorithm(name: &str) -> Algorithm {
    match name {
        "kt" => Algorithm::Kt,
        "cambridge-aachen" => Algorithm::CambridgeAachen,
        _ => Algorithm::AntiKt,
    }
}

fn read(path: &str) -> Vec<Vec<FourVector>> {
    let bytes = std::fs::read(path).expect("a file of events");
    let mut words = bytes
        .chunks_exact(8)
        .map(|word| word.try_into().expect("eight bytes"));
    let mut integer = || i64::from_le_bytes(words.next().expect("an integer")) as usize;
    let n = integer();
    let offsets: Vec<usize> = (0..=n).map(|_| integer()).collect();
    let mut real = || f64::from_le_bytes(words.next().expect("a number"));
    let particle = |_| FourVector {
        px: real(),
        py: real(),
        pz: real(),
        e: real(),
    };
    let all: Vec<FourVector> = (0..offsets[n]).map(particle).collect();
    offsets
        .windows(2)
        .map(|pair| all[pair[0]..pair[1]].to_vec())
        .collect()
}

/// CPU time of this thread's process, microseconds.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/schedstat").expect("Linux");
    let nanoseconds = stat
        .split_whitespace()
        .next()
        .and_then(|word| word.parse::<f64>().ok());
    nanoseconds.expect("a time") * 1e-3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The median time of a pass, per item, after one that is not counted.
fn time(rounds: usize, items: usize, mut pass: impl FnMut()) -> f64 {
    pass();
    let times = (0..rounds).map(|_| {
        let start = cpu();
        pass();
        (cpu() - start) / items as f64
    });
    median(times.collect())
}

/// From components to jets above 20 GeV, as the peer does it.
fn events(events: &[Vec<FourVector>], clustering: &Clustering, rounds: usize) -> f64 {
    let mut workspace = Workspace::default();
    let mut history = History::default();
    time(rounds, events.len(), || {
        for event in events {
            let particles: Vec<Pseudojet> = event.iter().map(|&p| p.into()).collect();
            workspace.cluster(clustering, &particles, &mut history);
            black_box(history.inclusive(20.0));
        }
    })
}

fn jets(given: &[Vec<FourVector>], rounds: usize) {
    let mut jets = Jets::new();
    for jet in given {
        let parts: Vec<_> = jet.iter().map(|&p| Pseudojet::from(p).momentum()).collect();
        jets.push(&parts).expect("real jets");
    }
    let line = |name: &str, of: &dyn Fn(&Substructure<'_>) -> f64| {
        let time = time(rounds, jets.len(), || {
            for jet in jets.iter() {
                black_box(of(&Substructure::new(jet)));
            }
        });
        println!("{name} {time:.3}");
    };
    let drop = SoftDrop::new(0.0, 0.1);
    let tau = Subjettiness {
        r0: 0.8,
        ..Subjettiness::default()
    };
    let one_pass = Subjettiness {
        one_pass: true,
        ..tau
    };
    let ratios = |jet: &Substructure<'_>| {
        let few = jet.correlations(1.0);
        few.e3 / few.e2.powi(2) + few.e3 / few.e2.powi(3) + few.two_e3 / few.e2.powi(2)
    };
    line("soft_drop", &|jet| drop.groom(jet).jet.m());
    line("lund", &|jet| {
        declusterings(jet, Plane::Primary).len() as f64
    });
    line("tau1_to_4", &|jet| (1..=4).map(|n| tau.tau(jet, n)).sum());
    line("c2_d2_n2", &ratios);
    line("all_together", &|jet| {
        let taus: f64 = (1..=4).map(|n| tau.tau(jet, n)).sum();
        drop.groom(jet).jet.m()
            + declusterings(jet, Plane::Primary).len() as f64
            + taus
            + ratios(jet)
    });
    line("cambridge_aachen", &|jet| {
        jet.cambridge_aachen().steps().len() as f64
    });
    line("tau3_one_pass", &|jet| one_pass.tau(jet, 3));
    line("four_point", &|jet| jet.four_point(1.0).two_e4);
}
