//! Clustering: FastJet's histories, a slow and obvious one, symmetries.

use pellucid_core::random;
use pellucid_observables::jets::clustering::{Algorithm, Clustering, History, Recombination};
use pellucid_observables::jets::four_vector::{FourVector, Pseudojet};
use pellucid_observables::jets::kinematics::Momentum;
use proptest::prelude::*;
use rand::RngExt;

use super::fastjet;

/// The clusterings of the fixture, in its order.
fn definitions() -> Vec<Clustering> {
    use Algorithm::{AntiKt, CambridgeAachen, EeGenKt, EeKt, GenKt, Kt};
    let new = Clustering::new;
    let wta = Recombination::WinnerTakesAll;
    vec![
        new(AntiKt, 0.8),
        new(AntiKt, 0.4),
        new(CambridgeAachen, 0.8),
        new(Kt, 0.8),
        new(GenKt { power: 0.5 }, 0.6),
        new(GenKt { power: -0.3 }, 1.2),
        new(AntiKt, 0.8).recombination(wta),
        new(Kt, 0.6).recombination(wta),
        new(EeKt, 1.0),
        new(EeGenKt { power: 1.0 }, 0.8),
        new(EeGenKt { power: -1.0 }, 4.0),
        new(EeGenKt { power: -1.0 }, 0.8).recombination(wta),
    ]
}

fn spherical(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::EeKt | Algorithm::EeGenKt { .. })
}

/// The three numbers of the fixture, and what the last two are sums of.
fn summary(history: &History, algorithm: Algorithm) -> [f64; 3] {
    let n = history.particles();
    let (mut parents, mut distances) = (0_i64, 0.0);
    for (k, step) in history.steps().iter().enumerate() {
        let second = step.second.map_or(-1, |second| second as i64);
        // Of Cambridge/Aachen all beam distances are equal and their order means nothing.
        if second >= 0 || algorithm != Algorithm::CambridgeAachen {
            parents = (parents * 31 + (step.first as i64 + 1) * 7 + second + 2) % 1_000_003;
        }
        if step.d > 0.0 && step.d.is_finite() {
            let term = if spherical(algorithm) {
                step.d.sqrt()
            } else {
                step.d.ln()
            };
            distances += (1.0 + k as f64 / n as f64) * term;
        }
    }
    let jets = history
        .inclusive(5.0)
        .into_iter()
        .enumerate()
        .map(|(rank, jet)| {
            let p = history.node(jet).p;
            (rank + 1) as f64 * (p.px + 2.0 * p.py + 3.0 * p.pz + 5.0 * p.e)
        });
    [parents as f64, distances, jets.sum()]
}

#[test]
fn a_thousand_real_events_have_the_histories_of_fastjet() {
    let arrays = fastjet::peer("events.npz");
    let parents = match &arrays.iter().find(|(name, _)| name == "parents").unwrap().1 {
        pellucid_data::npz::Array::I64(tensor) => tensor.data(),
        other => panic!("{other:?}"),
    };
    let (distances, jets) = (
        fastjet::numbers(&arrays, "distances"),
        fastjet::numbers(&arrays, "jets"),
    );
    let definitions = definitions();
    let (mut row, mut at) = (0, 0);
    for event in 0..1000 {
        let mut particles = Vec::new();
        for _ in 0..2 + event % 7 {
            particles.extend(fastjet::constituents(row));
            row += 1;
        }
        for clustering in &definitions {
            let history = clustering.cluster(&particles).unwrap();
            let ours = summary(&history, clustering.algorithm);
            assert_eq!(ours[0] as i64, parents[at], "event {event}: {clustering:?}");
            // 1e-12 of every distance; of e⁺e⁻ angles FastJet computes 1 - cos θ
            // to 1e-16 and so √d to 1e-8 of the energy.
            let tolerance = if spherical(clustering.algorithm) {
                1e-7 * distances[at]
            } else {
                1e-12 * particles.len() as f64
            };
            assert!(
                (ours[1] - distances[at]).abs() < tolerance,
                "event {event}: {clustering:?}: {} {}",
                ours[1],
                distances[at]
            );
            assert!(
                (ours[2] / jets[at] - 1.0).abs() < 1e-12,
                "event {event}: {clustering:?}: {} {}",
                ours[2],
                jets[at]
            );
            at += 1;
        }
    }
}

/// `n` particles all over the detector, some of them very soft.
fn event(n: usize, seed: u64) -> Vec<Pseudojet> {
    let mut rng = random::stream(seed, n as u64);
    (0..n)
        .map(|_| {
            let pt = (2.0 * random::normal(&mut rng)).exp();
            let y = 10.0 * rng.random::<f64>() - 5.0;
            let phi = std::f64::consts::TAU * rng.random::<f64>();
            let m = rng.random::<f64>();
            FourVector::from(Momentum { pt, y, phi, m }).into()
        })
        .collect()
}

/// The definition as written: all distances at every step.
fn plainly(clustering: &Clustering, particles: &[Pseudojet]) -> Vec<(usize, Option<usize>, f64)> {
    let power = match clustering.algorithm {
        Algorithm::AntiKt => -1.0,
        Algorithm::Kt => 1.0,
        Algorithm::GenKt { power } => power,
        _ => 0.0,
    };
    let mut left: Vec<(usize, Pseudojet)> = particles.iter().copied().enumerate().collect();
    let mut steps = Vec::new();
    while !left.is_empty() {
        let mut best = (f64::INFINITY, 0, None);
        for (i, (_, a)) in left.iter().enumerate() {
            let beam = a.pt2.powf(power);
            if beam < best.0 {
                best = (beam, i, None);
            }
            for (j, (_, b)) in left.iter().enumerate().skip(i + 1) {
                let both = beam.min(b.pt2.powf(power));
                let d = both * a.distance2(b) / clustering.radius.powi(2);
                if d < best.0 {
                    best = (d, i, Some(j));
                }
            }
        }
        let (d, i, j) = best;
        let made = particles.len() + steps.len();
        match j {
            None => steps.push((left.remove(i).0, None, d)),
            Some(j) => {
                let (second, b) = left.remove(j);
                let (first, a) = left.remove(i);
                steps.push((first.min(second), Some(first.max(second)), d));
                left.push((made, (a.p + b.p).into()));
            }
        }
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_algorithm_does_what_its_definition_says(
        n in 1_usize..150, seed in 0_u64..1000, radius in 0.05..3.0_f64, power in -2.0..2.0_f64,
    ) {
        let particles = event(n, seed);
        for algorithm in [Algorithm::AntiKt, Algorithm::CambridgeAachen, Algorithm::Kt, Algorithm::GenKt { power }] {
            let clustering = Clustering::new(algorithm, radius);
            let history = clustering.cluster(&particles).unwrap();
            prop_assert_eq!(history.steps().len(), n);
            for (ours, (first, second, d)) in history.steps().iter().zip(plainly(&clustering, &particles)) {
                if algorithm != Algorithm::CambridgeAachen || second.is_some() {
                    prop_assert_eq!((ours.first, ours.second), (first, second));
                }
                // A power, three products and a quotient.
                prop_assert!((ours.d / d - 1.0).abs() < 1e-13 || ours.d == d);
            }
        }
    }

    #[test]
    fn jets_do_not_see_the_order_of_the_particles_nor_a_rotation_or_boost(
        n in 1_usize..200, seed in 0_u64..1000, angle in 0.0..6.0_f64, boost in -2.0..2.0_f64,
    ) {
        let particles = event(n, seed);
        let moved: Vec<Pseudojet> = particles
            .iter()
            .rev()
            .map(|p| {
                let p = p.momentum();
                FourVector::from(Momentum { y: p.y + boost, phi: p.phi + angle, ..p }).into()
            })
            .collect();
        for algorithm in [Algorithm::AntiKt, Algorithm::CambridgeAachen, Algorithm::Kt] {
            let clustering = Clustering::new(algorithm, 0.6);
            let jets = |particles: &[Pseudojet]| {
                let history = clustering.cluster(particles).unwrap();
                let jets = history.inclusive(0.0).into_iter().map(|jet| *history.node(jet));
                jets.collect::<Vec<_>>()
            };
            let (before, after) = (jets(&particles), jets(&moved));
            prop_assert_eq!(before.len(), after.len());
            for (a, b) in before.iter().zip(&after) {
                // A boost of 2 takes two digits off differences of energies.
                prop_assert!((a.pt() / b.pt() - 1.0).abs() < 1e-10);
                prop_assert!((a.y + boost - b.y).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn hard_jets_do_not_see_soft_particles_and_collinear_splittings(n in 3_usize..100, seed in 0_u64..500) {
        let particles = event(n, seed);
        let mut more = particles.clone();
        let whole = more[0].p;
        more[0] = whole.scaled(0.3).into();
        more.push(whole.scaled(0.7).into());
        more.extend(event(20, seed + 1).into_iter().map(|p| Pseudojet::from(p.p.scaled(1e-12))));
        for algorithm in [Algorithm::AntiKt, Algorithm::CambridgeAachen, Algorithm::Kt] {
            let clustering = Clustering::new(algorithm, 0.6);
            let jets = |particles: &[Pseudojet]| {
                let history = clustering.cluster(particles).unwrap();
                history.inclusive(1e-3).into_iter().map(|jet| *history.node(jet)).collect::<Vec<_>>()
            };
            let (before, after) = (jets(&particles), jets(&more));
            prop_assert_eq!(before.len(), after.len());
            for (a, b) in before.iter().zip(&after) {
                // Twenty particles of 1e-12 times some GeV.
                prop_assert!((a.pt() - b.pt()).abs() < 1e-7, "{:?}", algorithm);
            }
        }
    }
}

#[test]
fn constituents_and_assignments_tell_the_same_and_sums_are_kept() {
    let particles = event(300, 7);
    let history = Clustering::new(Algorithm::AntiKt, 0.8)
        .cluster(&particles)
        .unwrap();
    let jets = history.inclusive(0.0);
    let of = history.assignment(&jets);
    assert!(of.iter().all(Option::is_some));
    let mut seen = 0;
    for (place, &jet) in jets.iter().enumerate() {
        let constituents = history.constituents(jet);
        seen += constituents.len();
        let mut e = 0.0;
        for &i in &constituents {
            assert_eq!(of[i], Some(place));
            e += particles[i].p.e;
        }
        assert!((e / history.node(jet).p.e - 1.0).abs() < 1e-13);
    }
    assert_eq!(seen, 300);
}

#[test]
fn exclusive_jets_come_in_the_number_asked_for_and_end_at_the_distance_asked_for() {
    let particles = event(60, 3);
    let history = Clustering::new(Algorithm::Kt, 0.8)
        .cluster(&particles)
        .unwrap();
    for count in [1, 2, 5, 60] {
        let jets = history.exclusive(count);
        assert_eq!(jets.len(), count);
        let d = history.exclusive_d(count);
        assert!(history.exclusive_to(d).len() <= count);
        assert!(history.exclusive_to(d * (1.0 - 1e-9)).len() > count || count == 60);
    }
    assert_eq!(
        history.exclusive(100).len(),
        60,
        "not more than there are particles"
    );
    assert_eq!(history.exclusive(0).len(), 0);
    assert_eq!(history.exclusive_to(-1.0).len(), 60);
}

#[test]
fn equal_and_beam_particles_are_clustered_and_impossible_ones_refused() {
    let one = |px, py, pz, e| Pseudojet::from(FourVector { px, py, pz, e });
    let mut particles = vec![one(3.0, 0.0, 1.0, 3.5); 20];
    particles.extend([
        one(0.0, 0.0, 50.0, 50.0),
        one(0.0, 0.0, -50.0, 50.0),
        one(0.0, 0.0, 0.0, 0.0),
    ]);
    for algorithm in [
        Algorithm::AntiKt,
        Algorithm::CambridgeAachen,
        Algorithm::Kt,
        Algorithm::GenKt { power: -0.5 },
        Algorithm::EeKt,
        Algorithm::EeGenKt { power: -1.0 },
    ] {
        let history = Clustering::new(algorithm, 0.4).cluster(&particles).unwrap();
        assert_eq!(history.steps().len(), particles.len());
        let hardest = history.inclusive(0.0)[0];
        assert!(
            (history.node(hardest).pt() - 60.0).abs() < 1e-12,
            "{algorithm:?}"
        );
    }
    assert!(
        Clustering::new(Algorithm::AntiKt, 0.4)
            .cluster(&[])
            .unwrap()
            .inclusive(0.0)
            .is_empty()
    );
    let message = |p| {
        let clustered = Clustering::new(Algorithm::AntiKt, 0.4).cluster(&[particles[0], p]);
        clustered.unwrap_err().to_string()
    };
    let nan = Pseudojet {
        p: FourVector {
            px: f64::NAN,
            ..FourVector::default()
        },
        ..particles[0]
    };
    assert!(
        message(nan).contains("`px`, entry 1: found NaN"),
        "{}",
        message(nan)
    );
    let negative = one(1.0, 0.0, 0.0, -2.0);
    assert!(
        message(negative).contains("energy of at least 0"),
        "{}",
        message(negative)
    );
    for radius in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(
            Clustering::new(Algorithm::AntiKt, radius)
                .cluster(&particles)
                .is_err()
        );
    }
}

#[test]
fn particles_that_all_land_in_one_tile_find_room() {
    // Soft particles on a ring around a hard one: every sum moves into the
    // tile of the last.
    let mut particles = Vec::new();
    for i in 0..400 {
        let phi = f64::from(i) * std::f64::consts::TAU / 400.0;
        particles.push(
            Momentum {
                pt: 1.0 + f64::from(i),
                y: 0.001 * f64::from(i),
                phi,
                m: 0.0,
            }
            .into(),
        );
    }
    for algorithm in [Algorithm::CambridgeAachen, Algorithm::Kt, Algorithm::AntiKt] {
        let clustering = Clustering::new(algorithm, 0.3);
        let history = clustering.cluster(&particles).unwrap();
        let steps: Vec<_> = history
            .steps()
            .iter()
            .map(|s| (s.first, s.second))
            .collect();
        let plain: Vec<_> = plainly(&clustering, &particles)
            .iter()
            .map(|s| (s.0, s.1))
            .collect();
        // Equal distances all along the ring may be taken in another order.
        assert_eq!(steps.len(), plain.len());
        let e = |p: &Pseudojet| p.p.e;
        let total: f64 = particles.iter().map(e).sum();
        let jets: f64 = history
            .inclusive(0.0)
            .iter()
            .map(|&jet| e(history.node(jet)))
            .sum();
        assert!((jets / total - 1.0).abs() < 1e-12);
    }
}

#[test]
fn winners_of_electron_positron_events_have_the_rapidity_of_fastjet() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path.join("tests/fixtures/fastjet/wta.json")).unwrap();
    let events: serde_json::Value = serde_json::from_str(&text).unwrap();
    let numbers = |list: &serde_json::Value| -> Vec<f64> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_f64().unwrap())
            .collect()
    };
    for event in events.as_array().unwrap() {
        let particles = event["particles"].as_array().unwrap().iter().map(|p| {
            let [px, py, pz, e] = numbers(p)[..] else {
                panic!("four numbers")
            };
            Pseudojet::from(FourVector { px, py, pz, e })
        });
        let particles: Vec<Pseudojet> = particles.collect();
        for (power, name) in [(-1.0, "-1.0"), (1.0, "1.0")] {
            let history = Clustering::new(Algorithm::EeGenKt { power }, 0.8)
                .recombination(Recombination::WinnerTakesAll)
                .cluster(&particles)
                .unwrap();
            let mut jets: Vec<Pseudojet> = history
                .inclusive(0.0)
                .into_iter()
                .filter(|&jet| history.constituents(jet).len() > 1)
                .map(|jet| *history.node(jet))
                .collect();
            jets.sort_by(|a, b| b.p.e.total_cmp(&a.p.e));
            let expected = event["jets"][name].as_array().unwrap();
            assert_eq!(jets.len(), expected.len());
            for (jet, expected) in jets.iter().zip(expected) {
                let ours = [jet.p.px, jet.p.py, jet.p.pz, jet.p.e, jet.y];
                for (ours, expected) in ours.into_iter().zip(numbers(expected)) {
                    // Sums of a few dozen rounded numbers.
                    assert!((ours - expected).abs() < 1e-10 * expected.abs().max(1.0));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_a_jet_keeps_beside_its_components_is_theirs(n in 2_usize..40, seed in 0_u64..200, wta: bool) {
        // The direction of a winner's jet is that of one of its constituents; the
        // rapidity is that of the components whatever the scheme.
        for algorithm in [Algorithm::EeGenKt { power: -1.0 }, Algorithm::EeGenKt { power: 1.0 }, Algorithm::AntiKt] {
            let scheme = if wta { Recombination::WinnerTakesAll } else { Recombination::EScheme };
            let history = Clustering::new(algorithm, 0.9)
                .recombination(scheme)
                .cluster(&event(n, seed))
                .unwrap();
            for jet in history.inclusive(0.0) {
                let node = history.node(jet);
                let again = Pseudojet::from(node.p);
                // An ulp of the energy over pt is what components carry.
                prop_assert!((node.y - again.y).abs() < 1e-9, "{algorithm:?} {} {}", node.y, again.y);
                prop_assert!(node.delta_phi(&again) < 1e-9);
            }
        }
    }
}
