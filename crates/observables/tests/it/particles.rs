//! Features of particles and of their pairs, against weaver-core and fastjet.

use pellucid_core::{Column, Jagged, Table, Values};
use pellucid_observables::jets::property::Property;
use pellucid_observables::particles::{Feature, FeatureSet, PairFeature, ParticlePairs};
use pellucid_observables::{Jets, ParticleList, Representation};

use super::{fixture, one, random_jet};

const LISTS: [&str; 8] = [
    "part_pt",
    "part_deta",
    "part_dphi",
    "part_m",
    "part_charge",
    "part_pid",
    "part_d0",
    "part_dz",
];

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|x| x.as_f64().unwrap()).collect()
}

/// The jets of the fixture, read as from a file.
fn jets(all: &[serde_json::Value]) -> Jets {
    let column = |name: &str, values| Column {
        name: name.to_owned(),
        unit: String::new(),
        values,
    };
    let lists = LISTS.map(|name| {
        let lists: Jagged<f64> = all.iter().map(|jet| numbers(&jet[name])).collect();
        column(name, Values::FloatLists(lists))
    });
    let own = ["jet_pt", "jet_eta", "jet_phi", "jet_m"].map(|name| {
        let values = all.iter().map(|jet| jet[name].as_f64().unwrap()).collect();
        column(name, Values::Float(values))
    });
    Jets::from_table(
        &Table::new(lists.into_iter().chain(own).collect()).unwrap(),
        0,
    )
    .unwrap()
}

#[test]
fn features_are_those_of_the_peers() {
    let file = fixture("particles");
    let all = file["jets"].as_array().unwrap();
    let jets = jets(all);
    for (jet, expected) in jets.iter().zip(all) {
        for feature in Feature::ALL {
            let name = feature.name();
            if expected["features"][name].is_null() {
                continue;
            }
            for (i, expected) in numbers(&expected["features"][name]).into_iter().enumerate() {
                let found = feature.evaluate(jet, i);
                // numpy's rapidity is a logarithm of a difference of energies.
                assert!(
                    (found - expected).abs() < 1e-9 * expected.abs().max(1.0),
                    "{name} {i}: {found} {expected}"
                );
            }
        }
    }
    let told = |set: FeatureSet| {
        let entries = set.entries().into_iter();
        entries
            .filter(|entry| all[0]["features"].get(entry.name.as_str()).is_some())
            .count()
    };
    assert_eq!(told(FeatureSet::ExpertAugmented), 17);
    // All but the errors of impact parameters, which these files do not have.
    assert_eq!(told(FeatureSet::ParticleTransformer), 15);
}

#[test]
fn pairs_are_those_of_the_particle_transformer() {
    let file = fixture("particles");
    let all = file["jets"].as_array().unwrap();
    for (jet, expected) in jets(all).iter().zip(all) {
        for feature in PairFeature::ALL {
            let rows = expected["pairs"][feature.name()].as_array().unwrap();
            for (a, row) in rows.iter().enumerate() {
                for (b, expected) in numbers(row)
                    .into_iter()
                    .enumerate()
                    .filter(|&(b, _)| b != a)
                {
                    let found = feature.evaluate(jet, a, b);
                    // weaver takes the mass from a difference of squares near
                    // (500 GeV)², here masses begin at 0.01 GeV.
                    let mass = feature == PairFeature::LogM2;
                    let tolerance = if mass { 1e-3 } else { 1e-7 };
                    assert!(
                        (found - expected).abs() < tolerance * expected.abs().max(1.0),
                        "{} {a} {b}: {found} {expected}",
                        feature.name()
                    );
                }
            }
        }
    }
}

#[test]
fn pairs_are_symmetric_padded_with_zeros_and_see_no_boost() {
    let parts = random_jet(5, 3);
    let pairs = ParticlePairs::new(7);
    let tensor = pairs.apply(&one(&parts)).unwrap();
    assert_eq!(tensor.shape(), [1, 4, 7, 7]);
    let moved = super::symmetry::moved(&parts, 1.3, -0.8);
    let again = pairs.apply(&one(&moved)).unwrap();
    for k in 0..4 {
        for a in 0..7 {
            for b in 0..7 {
                let at = |a: usize, b: usize| (k * 7 + a) * 7 + b;
                let value = tensor.data()[at(a, b)];
                assert_eq!(value, tensor.data()[at(b, a)]);
                assert_eq!(value == 0.0, a.max(b) >= 5, "{k} {a} {b} {value}");
                // Single precision of logarithms up to 20.
                assert!((value - again.data()[at(a, b)]).abs() < 1e-4);
            }
        }
    }
}

#[test]
fn a_set_of_features_is_asked_for_by_its_name_and_needs_its_columns() {
    let text = r#"{"kind": "particles", "count": 8, "features": "expert-augmented"}"#;
    let list: Representation = serde_json::from_str(text).unwrap();
    assert_eq!(list.shape(), [17, 8]);
    let needs = [Property::Charge, Property::Pid, Property::D0, Property::Dz];
    assert_eq!(list.needs(), needs);
    let plain = ParticleList::new(8, FeatureSet::ParticleNet.entries());
    assert!(plain.needs().is_empty());
    let mut jets = Jets::new();
    jets.push(&random_jet(4, 1)).unwrap();
    let message = list.apply(&jets).unwrap_err().to_string();
    assert!(message.contains("`part_charge`"), "{message}");
    let message = serde_json::from_str::<Representation>(&text.replace("expert-", "export-"))
        .unwrap_err()
        .to_string();
    assert!(message.contains("`expert-augmented`"), "{message}");
}
