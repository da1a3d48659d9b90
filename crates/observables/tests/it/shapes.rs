//! Shapes: symmetries as properties, numbers against numpy.

use pellucid_core::{Column, Jagged, Table, Values};
use pellucid_observables::jets::{kinematics, shapes};
use pellucid_observables::{Jets, Observable};
use proptest::prelude::*;

use super::{fixture, one, random_jet, symmetry};

/// Sums of a few dozen terms, and squares of small differences.
const ROUNDING: f64 = 1e-9;

fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= ROUNDING * scale.max(a.abs())
}

/// Of a mass the square is known, to the rounding of the energy's square: a
/// square root makes 1e-8 of 1e-16, and a groomed jet may be two particles
/// close to each other. (Of mass over pt: to more than that.)
fn same_mass(a: f64, b: f64, parts: &[kinematics::Momentum]) -> bool {
    let energy: f64 = parts.iter().map(|p| p.pt.hypot(p.m) * p.y.cosh()).sum();
    (a.powi(2) - b.powi(2)).abs() < 1e-12 * energy.powi(2)
}

fn value(observable: &dyn Observable, parts: &[kinematics::Momentum]) -> f64 {
    observable.evaluate(one(parts).jet(0))
}

/// Axes that move end in one of several valleys, and which one a rounding may
/// decide. The others of these names are compared with fjcontrib.
fn in_a_valley(name: &str) -> bool {
    name.ends_with("_min")
}

proptest! {
    #[test]
    fn shapes_do_not_see_the_direction_of_the_jet_or_the_order_of_its_particles(
        n in 1_usize..40, seed in 0_u64..1000, angle in -7.0..7.0_f64, boost in -3.0..3.0_f64,
    ) {
        let parts = random_jet(n, seed);
        let moved = symmetry::reversed(&symmetry::moved(&parts, angle, boost));
        for observable in shapes::all() {
            let name = observable.about().name;
            if in_a_valley(name) {
                continue;
            }
            let (before, after) = (value(*observable, &parts), value(*observable, &moved));
            prop_assert!(before.is_finite(), "{name}");
            let expected = match name {
                "rapidity" => before + boost,
                // An angle: compared the short way round, below.
                "phi" | "pull_angle" => after,
                _ => before,
            };
            if name == "pull_angle" {
                // Of next to no pull the direction is rounding.
                let size = value(shapes::by_name("pull").unwrap(), &parts);
                let turned = kinematics::delta_phi(after, before).abs();
                prop_assert!(turned * size < ROUNDING, "{name}: {before} {after}");
            }
            if name == "phi" {
                let turned = kinematics::delta_phi(after, before);
                prop_assert!(kinematics::delta_phi(turned, kinematics::wrap(angle)).abs() < ROUNDING);
            }
            let same = if name.contains("mass") { same_mass(after, before, &moved) } else { close(after, expected, 1.0) };
            prop_assert!(same, "{name}: {before} {after}");
        }
    }

    #[test]
    fn safe_shapes_do_not_see_collinear_splittings_and_soft_particles(
        n in 2_usize..30, seed in 0_u64..1000, share in 0.05..0.95_f64,
    ) {
        let massive = random_jet(n, seed);
        let massless: Vec<_> = massive.iter().map(|p| kinematics::Momentum { m: 0.0, ..*p }).collect();
        for observable in shapes::all().iter().filter(|observable| observable.about().infrared_safe) {
            let name = observable.about().name;
            if in_a_valley(name) {
                continue;
            }
            // What is groomed down to one particle loses a part of that
            // particle's mass with the softer half: safe is the massless case.
            let parts = if name.starts_with("mmdt") { &massless } else { &massive };
            let before = value(*observable, parts);
            let after = value(*observable, &symmetry::split(parts, seed as usize % n, share));
            let same = if name.contains("mass") { same_mass(after, before, parts) } else { close(after, before, 1.0) };
            prop_assert!(same, "collinear {name}: {before} {after}");
            // Safe means a change that vanishes with the momentum; the axis
            // moves the edge of the core across a particle now and then.
            if name != "core_fraction" {
                let after = value(*observable, &symmetry::with_soft(parts, 1e-9));
                // A ratio to the third power of a small e₂, or to the second of a
                // small e₃, is large itself.
                let least = match &name[..2] {
                    "d2" => 1e4,
                    "c3" => 1e2,
                    _ => 1.0,
                };
                prop_assert!((after - before).abs() < 1e-5 * before.abs().max(least), "soft {name}: {before} {after}");
            }
        }
    }
}

#[test]
fn unsafe_shapes_do_see_a_splitting_or_a_soft_particle_in_some_jet() {
    for observable in shapes::all()
        .iter()
        .filter(|observable| !observable.about().infrared_safe)
    {
        let seen = (1..10).any(|n| {
            let parts = random_jet(n, 1);
            let before = value(*observable, &parts);
            let hardest = (0..n).max_by(|&a, &b| parts[a].pt.total_cmp(&parts[b].pt));
            [
                symmetry::split(&parts, hardest.unwrap(), 0.5),
                // Below the cut of a groomer.
                symmetry::split(&parts, hardest.unwrap(), 0.05),
                symmetry::with_soft(&parts, 1e-9),
            ]
            .iter()
            .any(|changed| (value(*observable, changed) - before).abs() > 1e-3)
        });
        assert!(seen, "{}", observable.about().name);
    }
}

#[test]
fn a_jet_of_one_particle_has_the_limits_of_the_definitions() {
    let parts = [kinematics::Momentum {
        pt: 50.0,
        y: 1.0,
        phi: 3.0,
        m: 0.0,
    }];
    for (name, expected) in [
        ("pt", 50.0),
        ("mass", 0.0),
        ("multiplicity", 1.0),
        ("girth", 0.0),
        ("width", 0.0),
        ("lha", 0.0),
        ("ptd", 1.0),
        ("leading_fraction", 1.0),
        ("subleading_fraction", 0.0),
        ("pt_entropy", 0.0),
        ("core_fraction", 1.0),
        ("planar_flow", 0.0),
        ("eccentricity", 0.0),
        ("minor_axis", 0.0),
        ("pull", 0.0),
    ] {
        assert_eq!(
            value(shapes::by_name(name).unwrap(), &parts),
            expected,
            "{name}"
        );
    }
}

#[test]
fn real_jets_have_the_shapes_that_numpy_finds() {
    let fixture = fixture("shapes");
    let rows = fixture["jets"].as_array().unwrap();
    let column = |name: &str| {
        let values: Vec<_> = rows.iter().map(|row| &row["columns"][name]).collect();
        let values = if name.starts_with("part_") {
            let lists: Jagged<f64> = values
                .iter()
                .map(|list| serde_json::from_value::<Vec<f64>>((*list).clone()).unwrap())
                .collect();
            Values::FloatLists(lists)
        } else {
            Values::Float(values.iter().map(|value| value.as_f64().unwrap()).collect())
        };
        Column {
            name: name.to_owned(),
            unit: String::new(),
            values,
        }
    };
    let names = [
        "jet_pt",
        "jet_eta",
        "jet_y",
        "jet_phi",
        "jet_m",
        "part_pt",
        "part_deta",
        "part_dphi",
        "part_m",
    ];
    let table = Table::new(names.map(column).to_vec()).unwrap();
    let jets = Jets::from_table(&table, 0).unwrap();
    for (jet, row) in jets.iter().zip(rows) {
        for (y, expected) in jet.y.iter().zip(row["y"].as_array().unwrap()) {
            assert!((y - expected.as_f64().unwrap()).abs() < 1e-12);
        }
        for observable in shapes::standard() {
            let name = observable.about().name;
            let expected = row["values"][name].as_f64().unwrap();
            assert!(
                close(observable.evaluate(jet), expected, 1e-3),
                "{name}: {expected}"
            );
        }
        let sum = kinematics::sum(jet.constituents());
        for (ours, name) in [(sum.pt, "pt"), (sum.y, "y"), (sum.m, "m")] {
            let expected = row["sum"][name].as_f64().unwrap();
            assert!(
                close(ours, expected, 1.0),
                "sum of {name}: {ours} {expected}"
            );
        }
    }
}

#[test]
fn many_jets_have_the_same_bits_for_any_number_of_threads() {
    let mut jets = Jets::new();
    for n in 1..200 {
        jets.append(&one(&random_jet(n % 50 + 1, n as u64)));
    }
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            shapes::all()
                .iter()
                .map(|o| o.evaluate_all(&jets))
                .collect::<Vec<_>>()
        })
    };
    assert_eq!(with(1), with(3));
}
