//! Energy flow polynomials of the shipped jets against EnergyFlow, see
//! `tests/fixtures/efp/make.py`.

use std::path::PathBuf;

use pellucid_core::Job;
use pellucid_data::Selection;
use pellucid_observables::jets::Jets;
use pellucid_observables::{EfpGrid, GraphSet, Measure};

fn path(from_crate: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(from_crate)
}

/// The first `rows` jets of the shipped file.
fn shipped(rows: usize) -> Jets {
    let columns = [
        "part_pt",
        "part_deta",
        "part_dphi",
        "part_m",
        "jet_eta",
        "jet_phi",
    ];
    let selection = Selection::of(columns).batch_rows(rows);
    let mut reader = pellucid_data::open(&path("../../data/w_vs_qcd.parquet"), &selection).unwrap();
    Jets::from_table(&reader.next().unwrap().unwrap().table, 0).unwrap()
}

#[test]
fn every_prime_graph_of_up_to_eight_edges_has_the_value_of_energyflow() {
    let text = std::fs::read_to_string(path("tests/fixtures/efp/values.json")).unwrap();
    let fixture: serde_json::Value = serde_json::from_str(&text).unwrap();
    let graphs: Vec<String> = serde_json::from_value(fixture["graphs"].clone()).unwrap();
    let points = fixture["points"].as_array().unwrap();
    assert_eq!(graphs.len(), 1673);
    let jets = shipped(graphs.len());
    for (i, graph) in graphs.iter().enumerate() {
        for (k, at) in [0, 1 + i % (points.len() - 1)].into_iter().enumerate() {
            let point = &points[at];
            let flow = point["kappa"] == "pf";
            let measure = serde_json::from_value(point["measure"].clone()).unwrap();
            let kappa = point["kappa"].as_f64().unwrap_or(0.0);
            let list = GraphSet::List {
                graphs: vec![graph.clone()],
            };
            let grid = EfpGrid {
                normalised: point["normalised"].as_bool().unwrap(),
                measure: if flow { Measure::Pf } else { measure },
                ..EfpGrid::new(list, kappa, point["beta"].as_f64().unwrap())
            };
            let plan = grid.compile().unwrap();
            let ours = plan
                .evaluate_all(&jets.select(&[i]), &Job::silent())
                .unwrap();
            let (ours, expected) = (ours.data()[0], fixture["values"][i][k].as_f64().unwrap());
            // EnergyFlow subtracts energies from momenta for all measures but
            // `hadr`, and loses half of the digits for collinear particles.
            let tolerance = if measure == Measure::Hadr {
                1e-10
            } else {
                1e-6
            };
            assert!(
                (ours - expected).abs() <= tolerance * expected.abs(),
                "jet {i}, {graph} at {point}: {ours} {expected}"
            );
        }
    }
}
