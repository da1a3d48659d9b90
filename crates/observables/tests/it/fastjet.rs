//! Real jets, and what FastJet and fjcontrib say of them.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use pellucid_core::Table;
use pellucid_data::Selection;
use pellucid_data::npz::{self, Array};
use pellucid_observables::jets::four_vector::{FourVector, Pseudojet};

fn manifest() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One of the peer's files, by name.
pub fn peer(file: &str) -> Vec<(String, Array)> {
    let path: PathBuf = manifest().join("tests/fixtures/fastjet").join(file);
    npz::read_arrays(&path).unwrap()
}

/// The numbers of one array.
pub fn numbers<'a>(arrays: &'a [(String, Array)], name: &str) -> &'a [f64] {
    let array = arrays.iter().find(|(other, _)| other == name);
    match array {
        Some((_, Array::F64(tensor))) => tensor.data(),
        _ => panic!("no array `{name}` of real numbers"),
    }
}

/// The shipped sample, as the script read it.
pub static SAMPLE: LazyLock<Table> = LazyLock::new(|| {
    let path = manifest().join("../../data/w_vs_qcd.parquet");
    let columns = [
        "jet_eta",
        "jet_phi",
        "part_pt",
        "part_deta",
        "part_dphi",
        "part_m",
    ];
    let rows = pellucid_data::open(&path, &Selection::of(columns).batch_rows(5000)).unwrap();
    rows.into_iter().next().unwrap().unwrap().table
});

/// The constituents of a jet of the sample, by components as the script has them.
pub fn constituents(row: usize) -> Vec<Pseudojet> {
    static LISTS: LazyLock<[pellucid_core::Jagged<f64>; 4]> = LazyLock::new(|| {
        ["part_pt", "part_deta", "part_dphi", "part_m"]
            .map(|name| SAMPLE.float_lists(name).unwrap())
    });
    static AXES: LazyLock<[Vec<f64>; 2]> =
        LazyLock::new(|| ["jet_eta", "jet_phi"].map(|name| SAMPLE.floats(name).unwrap()));
    let [pt, deta, dphi, m] = &*LISTS;
    let [eta, phi] = &*AXES;
    (0..pt.row(row).len())
        .map(|i| {
            let (pt, m) = (pt.row(row)[i], m.row(row)[i].max(0.0));
            let (eta, phi) = (eta[row] + deta.row(row)[i], phi[row] + dphi.row(row)[i]);
            let pz = pt * eta.sinh();
            let e = (pt * pt + pz * pz + m * m).sqrt();
            let (px, py) = (pt * phi.cos(), pt * phi.sin());
            FourVector { px, py, pz, e }.into()
        })
        .collect()
}
