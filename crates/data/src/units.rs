//! The units of the columns that Pellucid knows by name.
//!
//! Energies, momenta and masses are in `GeV`, lengths in `mm`, angles in `rad`;
//! rapidities, pseudorapidities, charges, counts and labels are pure numbers.

/// Canonical names and their units; a name that is not here is a pure number.
const UNITS: [(&str, &str); 19] = [
    ("jet_e", "GeV"),
    ("jet_m", "GeV"),
    ("jet_phi", "rad"),
    ("jet_pt", "GeV"),
    ("jet_px", "GeV"),
    ("jet_py", "GeV"),
    ("jet_pz", "GeV"),
    ("part_d0", "mm"),
    ("part_dphi", "rad"),
    ("part_dz", "mm"),
    ("part_e", "GeV"),
    ("part_m", "GeV"),
    ("part_phi", "rad"),
    ("part_pt", "GeV"),
    ("part_px", "GeV"),
    ("part_py", "GeV"),
    ("part_pz", "GeV"),
    ("pthat", "GeV"),
    ("truth_pt", "GeV"),
];

/// The unit of a column by its canonical name, empty for pure numbers.
pub fn unit(canonical: &str) -> &'static str {
    UNITS
        .iter()
        .find(|(name, _)| *name == canonical)
        .map_or("", |(_, unit)| unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn momenta_are_in_gev_and_rapidities_are_pure_numbers() {
        assert_eq!(unit("part_pt"), "GeV");
        assert_eq!(unit("part_d0"), "mm");
        assert_eq!(unit("part_deta"), "");
        assert_eq!(unit("a column of the user's"), "");
    }
}
