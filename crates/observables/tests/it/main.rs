//! Properties and peers of the observables.

mod area;
mod clustering;
mod efp;
mod fastjet;
mod headers;
mod images;
mod particles;
mod shapes;
mod substructure;
mod symmetry;
mod vocabulary;

use std::path::Path;

use pellucid_core::random;
use pellucid_observables::Jets;
use pellucid_observables::jets::kinematics::Momentum;
use pellucid_observables::jets::property::Property;

/// A fixture's numbers.
fn fixture(name: &str) -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
        .join("jets.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// `n` particles about an axis that lies across the cut in azimuth.
fn random_jet(n: usize, seed: u64) -> Vec<Momentum> {
    let mut rng = random::stream(seed, n as u64);
    let mut normal = || random::normal(&mut rng);
    (0..n)
        .map(|_| Momentum {
            pt: (1.5 * normal()).exp(),
            y: 0.7 + 0.3 * normal(),
            phi: 3.0 + 0.3 * normal(),
            m: 0.3 * normal().abs(),
        })
        .collect()
}

/// A jet of these particles. Which have a charge depends on their momenta alone,
/// so that it goes with them wherever they are moved.
fn one(parts: &[Momentum]) -> Jets {
    let mut jets = Jets::new();
    jets.push(parts).unwrap();
    let charge = |p: &Momentum| (p.pt.to_bits() % 3) as f64 - 1.0;
    jets.set(Property::Charge, parts.iter().map(charge).collect())
        .unwrap();
    jets
}
