//! Energy flow polynomials: the peer, brute force, symmetries.

use std::collections::BTreeMap;

use pellucid_core::{Job, Multigraph};
use pellucid_observables::jets::efp::graphs::{canonical, parse};
use pellucid_observables::jets::kinematics::{Momentum, delta_phi};
use pellucid_observables::{EfpGrid, GraphSet, Jet, Jets, Measure};
use proptest::prelude::*;

use super::{fixture, one, random_jet, symmetry};

fn values(grid: &EfpGrid, jets: &Jets) -> Vec<Vec<f64>> {
    let tensor = grid
        .compile()
        .unwrap()
        .evaluate_all(jets, &Job::silent())
        .unwrap();
    (0..jets.len()).map(|i| tensor.row(i).to_vec()).collect()
}

/// The definition, term by term.
fn brute_force(graph: &Multigraph, kappa: f64, beta: f64, normalised: bool, jet: Jet<'_>) -> f64 {
    let scale = if normalised { jet.scalar_pt() } else { 1.0 };
    let (n, vertices) = (jet.len(), graph.vertices());
    let angle = |i: usize, j: usize| {
        (jet.y[i] - jet.y[j])
            .hypot(delta_phi(jet.phi[i], jet.phi[j]))
            .powf(beta)
    };
    let theta: Vec<f64> = (0..n * n).map(|pair| angle(pair / n, pair % n)).collect();
    let z: Vec<f64> = jet.pt.iter().map(|pt| (pt / scale).powf(kappa)).collect();
    (0..n.pow(vertices as u32))
        .map(|term| {
            let particle = |v: usize| term / n.pow(v as u32) % n;
            let momenta: f64 = (0..vertices).map(|v| z[particle(v)]).product();
            graph.edges().iter().fold(momenta, |value, &(a, b)| {
                value * theta[particle(a) * n + particle(b)]
            })
        })
        .sum()
}

fn assert_close(ours: f64, expected: f64, tolerance: f64, what: &str) {
    assert!(
        (ours - expected).abs() <= tolerance * expected.abs(),
        "{what}: {ours} {expected}"
    );
}

#[test]
fn real_jets_have_the_values_of_energyflow() {
    let fixture = fixture("efp");
    let mut jets = Jets::new();
    for jet in fixture["jets"].as_array().unwrap() {
        let parts: Vec<[f64; 3]> = serde_json::from_value(jet.clone()).unwrap();
        let parts: Vec<_> = parts
            .iter()
            .map(|&[pt, y, phi]| Momentum { pt, y, phi, m: 0.0 })
            .collect();
        jets.push(&parts).unwrap();
    }
    let names: Vec<String> = serde_json::from_value(fixture["graphs"].clone()).unwrap();
    let graphs: Vec<Multigraph> = names.iter().map(|name| parse(name).unwrap()).collect();
    assert_eq!(graphs.len(), 102);

    // EnergyFlow's list is ours up to the names of the vertices.
    let ours = GraphSet::All { degree: 5 }.graphs().unwrap();
    let place: BTreeMap<&Multigraph, usize> = ours
        .iter()
        .enumerate()
        .map(|(i, graph)| (graph, i))
        .collect();
    let theirs: Vec<usize> = graphs
        .iter()
        .map(|graph| place[&canonical(graph)])
        .collect();
    let mut once = theirs.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ours.len());

    for point in fixture["points"].as_array().unwrap() {
        let number = |name: &str| point[name].as_f64().unwrap();
        let grid = EfpGrid {
            normalised: point["normalised"].as_bool().unwrap(),
            ..EfpGrid::new(GraphSet::All { degree: 5 }, number("kappa"), number("beta"))
        };
        // The same graphs in EnergyFlow's numbering, as a list of our own.
        let listed = EfpGrid {
            graphs: GraphSet::List {
                graphs: names.clone(),
            },
            ..grid.clone()
        };
        let (computed, listed) = (values(&grid, &jets), values(&listed, &jets));
        let expected: Vec<Vec<f64>> = serde_json::from_value(point["values"].clone()).unwrap();
        for ((computed, listed), expected) in computed.iter().zip(&listed).zip(&expected) {
            for (i, (&graph, &expected)) in theirs.iter().zip(expected).enumerate() {
                // Sums of positive terms: rounding grows with their number only.
                assert_close(computed[graph], expected, 1e-12, &names[i]);
                assert_close(listed[i], expected, 1e-12, &names[i]);
            }
        }
    }
}

#[test]
fn every_graph_is_the_sum_of_its_definition() {
    let grid = EfpGrid {
        graphs: GraphSet::All { degree: 4 },
        kappas: vec![1.0, -1.0, 0.3],
        betas: vec![1.0, 0.5, 1.3],
        normalised: true,
        measure: Measure::Hadr,
    };
    let plan = grid.compile().unwrap();
    for n in [1, 2, 3, 4] {
        let jets = one(&random_jet(n, 5));
        let computed = &values(&grid, &jets)[0];
        for (candidate, &value) in plan.candidates().iter().zip(computed) {
            if n.pow(candidate.graph.vertices() as u32) < 100_000 {
                let expected = brute_force(
                    &candidate.graph,
                    candidate.kappa,
                    candidate.beta,
                    true,
                    jets.jet(0),
                );
                assert_close(value, expected, 1e-12, &candidate.name);
            }
        }
    }
}

#[test]
fn graphs_that_no_elimination_makes_small_are_summed_right() {
    // K4; K4 with a leaf, with a divided edge, with a double edge; K5 (two held
    // vertices); two K4 that share a vertex (falls apart when it is held); the
    // prism; K33; a wheel.
    let graphs = [
        "0-1,0-2,0-3,1-2,1-3,2-3",
        "0-1,0-2,0-3,1-2,1-3,2-3,3-4",
        "0-1,0-2,0-3,1-2,1-3,2-4,4-3",
        "0-1,0-2,0-3,1-2,1-3,2-3,2-3",
        "0-1,0-2,0-3,0-4,1-2,1-3,1-4,2-3,2-4,3-4",
        "0-1,0-2,0-3,1-2,1-3,2-3,3-4,3-5,3-6,4-5,4-6,5-6",
        "0-1,1-2,0-2,3-4,4-5,3-5,0-3,1-4,2-5",
        "0-3,0-4,0-5,1-3,1-4,1-5,2-3,2-4,2-5",
        "0-1,0-2,0-3,0-4,1-2,2-3,3-4,1-4",
    ];
    let list = GraphSet::List {
        graphs: graphs.map(str::to_owned).to_vec(),
    };
    let grid = EfpGrid {
        normalised: false,
        ..EfpGrid::new(list, 1.0, 0.5)
    };
    for n in [1, 3, 5] {
        let jets = one(&random_jet(n, 8));
        for (text, value) in graphs.iter().zip(&values(&grid, &jets)[0]) {
            let expected = brute_force(&parse(text).unwrap(), 1.0, 0.5, false, jets.jet(0));
            assert_close(*value, expected, 1e-12, text);
        }
    }
}

#[test]
fn every_prime_graph_with_seven_edges_is_right_on_a_small_jet() {
    let grid = EfpGrid::new(GraphSet::Prime { degree: 7 }, 1.0, 1.0);
    let jets = one(&random_jet(4, 3));
    for (candidate, value) in grid
        .compile()
        .unwrap()
        .candidates()
        .iter()
        .zip(&values(&grid, &jets)[0])
    {
        let expected = brute_force(&candidate.graph, 1.0, 1.0, true, jets.jet(0));
        assert_close(*value, expected, 1e-12, &candidate.name);
    }
}

proptest! {
    #[test]
    fn polynomials_do_not_see_order_or_direction_and_are_collinear_safe(
        n in 1_usize..20, seed in 0_u64..1000, angle in -7.0..7.0_f64, boost in -3.0..3.0_f64, share in 0.1..0.9_f64,
    ) {
        let parts = random_jet(n, seed);
        let mut jets = one(&parts);
        jets.push(&symmetry::reversed(&parts)).unwrap();
        jets.push(&symmetry::moved(&parts, angle, boost)).unwrap();
        jets.push(&symmetry::split(&parts, seed as usize % n, share)).unwrap();
        let values = values(&EfpGrid::new(GraphSet::All { degree: 3 }, 1.0, 0.5), &jets);
        for other in &values[1..] {
            for (a, b) in values[0].iter().zip(other) {
                prop_assert!((a - b).abs() <= 1e-9 * a.abs(), "{a} {b}");
            }
        }
    }
}

#[test]
fn a_composite_graph_is_the_product_of_its_parts() {
    let list = ["0-1,2-3,3-4,2-4", "0-1", "0-1,1-2,0-2", "0-1,2-3", "."]
        .map(str::to_owned)
        .to_vec();
    let jets = one(&random_jet(30, 2));
    let values = &values(
        &EfpGrid::new(GraphSet::List { graphs: list }, 0.5, 1.0),
        &jets,
    )[0];
    assert_close(values[0], values[1] * values[2], 1e-14, "edge and triangle");
    assert_close(values[3], values[1] * values[1], 1e-14, "two edges");
    assert!(values[4] > 1.0);
}

#[test]
fn known_values_come_out() {
    // One vertex: the sum of the normalised momenta.
    let jets = one(&random_jet(30, 2));
    let dot = EfpGrid::new(GraphSet::Prime { degree: 0 }, 1.0, 1.0);
    assert_close(values(&dot, &jets)[0][0], 1.0, 1e-14, "dot");

    // One particle, or several in one place: every angle is 0.
    let place = Momentum {
        pt: 3.0,
        y: 1.0,
        phi: -2.0,
        m: 0.1,
    };
    for parts in [vec![place], vec![place; 9]] {
        let grid = EfpGrid {
            kappas: vec![-1.0, 0.0, 1.0],
            betas: vec![0.5, 0.3],
            ..EfpGrid::search(5)
        };
        let computed = &values(&grid, &one(&parts))[0];
        for (candidate, &value) in grid.compile().unwrap().candidates().iter().zip(computed) {
            let count = parts.len() as f64;
            let expected = if candidate.degree > 0 {
                0.0
            } else {
                count.powf(1.0 - candidate.kappa)
            };
            assert!(
                (value - expected).abs() <= 1e-13 * expected,
                "{}: {value} {expected}",
                candidate.name
            );
        }
    }

    // Two massless particles close by: beta = 2 on the edge is 2 (m / pt)^2.
    let near = |y, phi, pt| Momentum { pt, y, phi, m: 0.0 };
    let jets = one(&[near(0.0, 0.0, 60.0), near(2e-4, 1e-4, 40.0)]);
    let edge = EfpGrid::new(
        GraphSet::List {
            graphs: vec!["0-1".to_owned()],
        },
        1.0,
        2.0,
    );
    let axis = jets.jet(0).axis;
    // The next order is in the square of the angle, 5e-8.
    assert_close(
        values(&edge, &jets)[0][0],
        2.0 * (axis.m / axis.pt).powi(2),
        1e-7,
        "mass",
    );
}

#[test]
fn jets_across_the_cut_in_azimuth_and_wide_ones_take_the_short_way_round() {
    let at = |phi| Momentum {
        pt: 1.0,
        y: 0.0,
        phi,
        m: 0.0,
    };
    let jets = one(&[at(3.1), at(-3.1), at(1.0), at(-1.4)]);
    let grid = EfpGrid::new(
        GraphSet::List {
            graphs: vec!["0-1,1-2".to_owned()],
        },
        1.0,
        1.0,
    );
    let expected = brute_force(&parse("0-1,1-2").unwrap(), 1.0, 1.0, true, jets.jet(0));
    assert_close(values(&grid, &jets)[0][0], expected, 1e-13, "wedge");
}

#[test]
fn candidates_have_unique_names_and_say_what_they_are() {
    let plan = EfpGrid::search(5).compile().unwrap();
    assert_eq!(plan.candidates().len(), 54 * 15);
    let mut names: Vec<&str> = plan
        .candidates()
        .iter()
        .map(|candidate| candidate.name.as_str())
        .collect();
    assert_eq!(names[0], "efp_0_k-1_b0.5");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 54 * 15);
    let wedge = plan
        .candidates()
        .iter()
        .find(|candidate| candidate.name == "efp_0-1_0-2_k1_b0.5")
        .unwrap();
    assert_eq!(
        (
            wedge.degree,
            wedge.chromatic_number,
            wedge.kappa,
            wedge.beta
        ),
        (2, 2, 1.0, 0.5)
    );
}

#[test]
fn settings_out_of_range_are_refused() {
    let good = EfpGrid::search(3);
    for (bad, word) in [
        (
            EfpGrid {
                kappas: vec![f64::NAN],
                ..good.clone()
            },
            "kappas",
        ),
        (
            EfpGrid {
                kappas: vec![],
                ..good.clone()
            },
            "kappas",
        ),
        (
            EfpGrid {
                betas: vec![0.0],
                ..good.clone()
            },
            "betas",
        ),
        (
            EfpGrid {
                graphs: GraphSet::Prime { degree: 11 },
                ..good.clone()
            },
            "degree",
        ),
        (
            EfpGrid {
                graphs: GraphSet::List {
                    graphs: vec!["0-0".to_owned()],
                },
                ..good.clone()
            },
            "0-0",
        ),
    ] {
        let message = bad.compile().unwrap_err().to_string();
        assert!(message.contains(word), "{message}");
    }
    let text = r#"{"graphs": {"set": "prime", "degree": 5}, "kappas": [1], "betas": [2], "normalised": true}"#;
    assert!(serde_json::from_str::<EfpGrid>(text).is_ok());
    assert!(serde_json::from_str::<EfpGrid>(&text.replace("degree", "edges")).is_err());
    assert!(serde_json::from_str::<EfpGrid>(&text.replace("betas", "beta")).is_err());
}

#[test]
fn jets_of_all_sizes_have_the_same_bits_for_any_number_of_threads() {
    let mut jets = Jets::new();
    for n in 1..60 {
        // Large after small and small after large: memory is used again.
        jets.push(&random_jet(n * 37 % 61 + 1, n as u64)).unwrap();
    }
    let plan = EfpGrid::new(GraphSet::Prime { degree: 6 }, 1.0, 0.3)
        .compile()
        .unwrap();
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| plan.evaluate_all(&jets, &Job::silent()).unwrap())
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn an_interrupted_evaluation_says_so() {
    let job = Job::silent();
    job.interrupt();
    let plan = EfpGrid::search(2).compile().unwrap();
    assert!(plan.evaluate_all(&one(&random_jet(3, 1)), &job).is_err());
}

/// Energy and momentum, the textbook's way.
fn four_vector(jet: Jet<'_>, i: usize) -> [f64; 4] {
    let p = jet.constituent(i);
    let mt = p.pt.hypot(p.m);
    [
        mt * p.y.cosh(),
        p.pt * p.phi.cos(),
        p.pt * p.phi.sin(),
        mt * p.y.sinh(),
    ]
}

/// A triangle, term by term, with angles from products of four-vectors.
fn triangle_by_products(measure: Measure, kappa: f64, beta: f64, jet: Jet<'_>) -> f64 {
    let n = jet.len();
    let p: Vec<[f64; 4]> = (0..n).map(|i| four_vector(jet, i)).collect();
    let size: Vec<f64> = match measure {
        Measure::HadrDot => jet.pt.to_vec(),
        Measure::Ee => p.iter().map(|p| p[0]).collect(),
        _ => vec![1.0; n],
    };
    let theta = |i: usize, j: usize| {
        let dot = p[i][0] * p[j][0] - (1..4).map(|k| p[i][k] * p[j][k]).sum::<f64>();
        (2.0 * dot / (size[i] * size[j])).abs().powf(0.5 * beta)
    };
    let z: Vec<f64> = size.iter().map(|size| size.powf(kappa)).collect();
    let mut sum = 0.0;
    for i in 0..n {
        for j in 0..n {
            for k in 0..n {
                sum += z[i] * z[j] * z[k] * theta(i, j) * theta(j, k) * theta(k, i);
            }
        }
    }
    sum
}

#[test]
fn other_measures_are_products_of_momenta_each_with_itself_too() {
    let mut parts = random_jet(7, 3);
    // Masses and angles of one size: the textbook's differences keep most of
    // their digits.
    for p in &mut parts {
        p.m = 0.5 * p.pt;
    }
    let jets = one(&parts);
    let list = GraphSet::Asked {
        requests: vec!["edges=a-b,b-c,c-a".to_owned()],
    };
    for measure in [Measure::HadrDot, Measure::Ee, Measure::Pf] {
        for (kappa, beta) in [(1.0, 1.0), (0.0, 2.0), (0.5, 0.5), (-1.0, 1.0)] {
            let kappa = if measure == Measure::Pf { 0.0 } else { kappa };
            let grid = EfpGrid {
                normalised: false,
                measure,
                ..EfpGrid::new(list.clone(), kappa, beta)
            };
            let expected = triangle_by_products(measure, kappa, beta, jets.jet(0));
            let what = format!("{measure:?} {kappa} {beta}");
            assert_close(values(&grid, &jets)[0][0], expected, 1e-11, &what);
        }
    }
}

#[test]
fn collinear_massless_particles_are_at_no_distance_in_any_measure() {
    let p = Momentum {
        pt: 10.0,
        y: 1.3,
        phi: 0.4,
        m: 0.0,
    };
    let jets = one(&[p, Momentum { pt: 3.0, ..p }]);
    for measure in [Measure::Hadr, Measure::HadrDot, Measure::Ee] {
        let list = GraphSet::Asked {
            requests: vec!["d<=3 n>=2".to_owned()],
        };
        let grid = EfpGrid {
            measure,
            ..EfpGrid::new(list, 1.0, 0.25)
        };
        assert!(values(&grid, &jets)[0].iter().all(|&value| value == 0.0));
    }
}

#[test]
fn names_of_other_measures_say_so_and_units_follow_the_momenta() {
    let names = |measure, kappa, normalised| {
        let requests = vec!["edges=0-1".to_owned(), "d=0".to_owned()];
        let grid = EfpGrid {
            measure,
            normalised,
            ..EfpGrid::new(GraphSet::Asked { requests }, kappa, 0.5)
        };
        let plan = grid.compile().unwrap();
        let names = plan.candidates().iter().map(|c| c.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        names(Measure::HadrDot, 1.0, true),
        ["efp_hadrdot_0-1_k1_b0.5", "efp_hadrdot_0_k1_b0.5"]
    );
    assert_eq!(
        names(Measure::Pf, 0.0, true),
        ["efp_0-1_kpf_b0.5", "efp_0_kpf_b0.5"]
    );
    assert_eq!(
        names(Measure::Ee, 2.0, false)[0],
        "efp_ee_0-1_k2_b0.5_unnormalised"
    );
    assert_eq!(Measure::Hadr.unit(2.0, 0.5, false, 2, 1), "GeV^4");
    assert_eq!(Measure::Hadr.unit(2.0, 0.5, true, 2, 1), "");
    assert_eq!(Measure::Pf.unit(0.0, 0.5, true, 2, 2), "GeV");
    let weighed = EfpGrid {
        measure: Measure::Pf,
        ..EfpGrid::new(GraphSet::Prime { degree: 2 }, 1.0, 1.0)
    };
    assert!(
        weighed
            .compile()
            .unwrap_err()
            .to_string()
            .contains("kappas")
    );
}

#[test]
fn a_thousand_jets_of_the_sample_have_the_values_of_energyflow() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/efp/many.json");
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let graphs: Vec<String> = serde_json::from_value(file["graphs"].clone()).unwrap();
    let all = Jets::from_table(&super::fastjet::SAMPLE, 0).unwrap();
    let rows: Vec<usize> = (0..1100)
        .filter(|&row| all.jet(row).len() >= 4)
        .take(1000)
        .collect();
    let jets = all.select(&rows);
    // One polynomial wrong by 1e-10 moves the sum by 1 to 54 times that. With
    // `hadrdot` EnergyFlow subtracts energies and momenta, which for particles 0.001
    // apart leaves ten of sixteen digits of an angle that all polynomials share: a
    // part in 10⁶ of each is 1.5e-3 of the sum, met are 2e-4.
    for (measure, tolerance) in [(Measure::Hadr, 54e-10), (Measure::HadrDot, 1.5e-3)] {
        let expected: Vec<f64> = serde_json::from_value(file[measure.name()].clone()).unwrap();
        assert_eq!(expected.len(), 1000);
        let set = GraphSet::List {
            graphs: graphs.clone(),
        };
        let grid = EfpGrid {
            measure,
            ..EfpGrid::new(set, 1.0, 1.0)
        };
        for (row, (values, expected)) in values(&grid, &jets).iter().zip(expected).enumerate() {
            let factors = (1..).map(f64::from);
            let found: f64 = values.iter().zip(factors).map(|(x, c)| c * x.ln()).sum();
            assert!(
                (found - expected).abs() < tolerance,
                "{} jet {row}: {found} {expected}",
                measure.name()
            );
        }
    }
}
