//! Areas and densities: what they must be where they are known.

use pellucid_core::random;
use pellucid_observables::jets::area::Areas;
use pellucid_observables::jets::clustering::{Algorithm, Clustering, History, Workspace};
use pellucid_observables::jets::four_vector::{FourVector, Pseudojet};
use pellucid_observables::jets::kinematics::Momentum;
use rand::RngExt;

fn particle(pt: f64, y: f64, phi: f64) -> Pseudojet {
    FourVector::from(Momentum { pt, y, phi, m: 0.0 }).into()
}

fn clustered(particles: &[Pseudojet], radius: f64) -> History {
    let anti_kt = Clustering::new(Algorithm::AntiKt, radius);
    anti_kt.cluster(particles).unwrap()
}

#[test]
fn a_hard_jet_by_itself_has_the_area_of_its_circle() {
    let areas = Areas::default();
    for radius in [0.4, 0.8] {
        let mut mean = 0.0;
        for event in 0..20 {
            let hard = [particle(100.0, 0.3, 1.0)];
            let ghosted = areas.ghosted(&hard, 1, event);
            let history = clustered(ghosted.particles(), radius);
            let jet = history.inclusive(1.0);
            let area = ghosted.areas(&history, &jet)[0];
            mean += area.area / 20.0;
            // The axis of the area is that of the circle.
            assert!((Pseudojet::from(area.vector).y - 0.3).abs() < 0.1);
        }
        let circle = std::f64::consts::PI * radius * radius;
        // Twenty times 2 % to 4 % of scatter.
        assert!((mean / circle - 1.0).abs() < 0.03, "{radius}: {mean}");
    }
}

#[test]
fn ghosts_change_no_jet() {
    let mut rng = random::stream(2, 0);
    let particles: Vec<Pseudojet> = (0..100)
        .map(|_| {
            let pt = (1.5 * random::normal(&mut rng)).exp();
            particle(
                pt,
                6.0 * rng.random::<f64>() - 3.0,
                std::f64::consts::TAU * rng.random::<f64>(),
            )
        })
        .collect();
    let ghosted = Areas::default().ghosted(&particles, 5, 0);
    let (plain, with) = (
        clustered(&particles, 0.6),
        clustered(ghosted.particles(), 0.6),
    );
    let jets = |history: &History| {
        let jets = history.inclusive(1e-6).into_iter();
        jets.map(|jet| history.node(jet).p).collect::<Vec<_>>()
    };
    assert_eq!(jets(&plain), jets(&with));
}

#[test]
fn the_density_of_an_even_carpet_is_found_and_taken_away() {
    // One particle of about half a GeV in every 0.04 square: 12.5 GeV per area.
    let mut rng = random::stream(3, 0);
    let mut particles = Vec::new();
    for row in 0..60 {
        for column in 0..31 {
            let y = 0.2 * (f64::from(row) + rng.random::<f64>()) - 6.0;
            let phi = std::f64::consts::TAU / 31.0 * (f64::from(column) + rng.random::<f64>());
            particles.push(particle(0.25 + 0.5 * rng.random::<f64>(), y, phi));
        }
    }
    let per_area = 0.5 * 60.0 * 31.0 / (12.0 * std::f64::consts::TAU);
    particles.push(particle(150.0, 0.5, 2.0));
    let ghosted = Areas::default().ghosted(&particles, 3, 0);
    let density = ghosted.density(&mut Workspace::default());
    // Patches of 0.5 with some twelve particles each: a tenth of a tenth.
    assert!(
        (density / per_area - 1.0).abs() < 0.1,
        "{density} {per_area}"
    );
    let history = clustered(ghosted.particles(), 0.8);
    let jet = history.inclusive(100.0);
    let area = ghosted.areas(&history, &jet)[0];
    let before = history.node(jet[0]).pt();
    let after = area.subtract(&history.node(jet[0]).p, density).pt2().sqrt();
    assert!(before > 170.0, "{before}");
    assert!((after - 150.0).abs() < 5.0, "{after}");
}

#[test]
fn more_below_than_there_is_leaves_nothing() {
    let areas = Areas::default();
    let soft = [particle(1.0, 0.0, 0.0)];
    let ghosted = areas.ghosted(&soft, 1, 0);
    let history = clustered(ghosted.particles(), 0.4);
    let jet = history.inclusive(0.5);
    let area = ghosted.areas(&history, &jet)[0];
    assert_eq!(area.subtract(&soft[0].p, 1e3), FourVector::default());
    assert!(
        Areas {
            ghost_area: 0.0,
            ..areas
        }
        .check()
        .is_err()
    );
    assert!(
        Areas {
            patch_rapidity: 9.0,
            ..areas
        }
        .check()
        .is_err()
    );
}

/// FastJet's ghosts are others than ours, so means over drawings are compared.
#[test]
fn areas_densities_and_what_is_left_are_those_of_fastjet() {
    const DRAWINGS: u64 = 20;
    let areas = Areas::default();
    let mut workspace = Workspace::default();
    for (event, expected) in super::fixture("areas")["events"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        let rows: Vec<[f64; 4]> = serde_json::from_value(expected["particles"].clone()).unwrap();
        let particles: Vec<Pseudojet> = rows
            .iter()
            .map(|&[pt, y, phi, m]| FourVector::from(Momentum { pt, y, phi, m }).into())
            .collect();
        let jets = expected["jets"].as_array().unwrap();
        // Of every drawing rho, the areas, and what is left.
        let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); 1 + 2 * jets.len()];
        for drawing in 0..DRAWINGS {
            let ghosted = areas.ghosted(&particles, drawing, event as u64);
            let rho = ghosted.density(&mut workspace);
            let history = clustered(ghosted.particles(), 0.8);
            let hard = history.inclusive(100.0);
            assert_eq!(hard.len(), jets.len());
            drawn[0].push(rho);
            for (k, (area, &jet)) in ghosted.areas(&history, &hard).iter().zip(&hard).enumerate() {
                drawn[1 + 2 * k].push(area.area);
                drawn[2 + 2 * k].push(area.subtract(&history.node(jet).p, rho).pt2().sqrt());
            }
        }
        let expected = std::iter::once(&expected["rho"])
            .chain(jets.iter().flat_map(|jet| [&jet["area"], &jet["left"]]));
        for (what, (values, expected)) in drawn.iter().zip(expected).enumerate() {
            let [mean, error]: [f64; 2] = serde_json::from_value(expected.clone()).unwrap();
            let found = pellucid_core::Estimate::of_repeats(values);
            // Thirty numbers: four standard errors are met by chance once in 500 runs.
            let error = error.hypot(found.error);
            assert!(
                (found.value - mean).abs() < 4.0 * error,
                "event {event}, number {what}: {found} {mean} +- {error}"
            );
        }
    }
}
