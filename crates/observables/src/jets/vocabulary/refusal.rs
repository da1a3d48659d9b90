//! What is said of columns that give no momenta.

use super::groups::{Group, Of, groups, is_jet};
use super::words::{Quantity, last_part, parse};
use super::{Asked, Found};
use crate::ObservableError;

const EXPECTED: &str = "expected lists `pt`, `eta` or `y`, `phi` and `m` or `e`, or `px`, `py`, `pz` \
                        and `e` or `m`, each perhaps with a prefix as in `part_pt`";

/// All names.
pub(super) fn names(found: &[Found]) -> Vec<String> {
    found.iter().map(|column| column.name.clone()).collect()
}

/// The refusal of columns that give no momenta; `group` is what was looked at.
pub(super) fn no_momenta(asked: &Asked<'_>, group: Option<&Group>) -> ObservableError {
    let flat: Vec<&str> = asked
        .found
        .iter()
        .filter(|column| column.lists == Some(false))
        .filter(|column| {
            parse(&column.name).is_some_and(|parsed| {
                parsed.quantity.of_momentum() && !is_jet(last_part(&parsed.prefix).0)
            })
        })
        .map(|column| column.name.as_str())
        .collect();
    let mut missing = String::new();
    if let Some(convention) = asked.convention {
        missing = format!("the convention {convention} was asked for; ");
    }
    missing += EXPECTED;
    let relative = match group {
        Some(group) => relative_advice(group),
        None => groups(asked.found, Of::Particles)
            .iter()
            .find_map(relative_advice),
    };
    missing += &relative.unwrap_or_default();
    if !flat.is_empty() {
        let flat = flat.join("`, `");
        missing.extend([
            "; `",
            flat.as_str(),
            "` have one number per row, no list (in NPZ, flat arrays of particles need `offsets`)",
        ]);
    }
    ObservableError::Momenta {
        missing,
        found: names(asked.found),
    }
}

/// What relative directions need besides.
fn relative_advice(group: &Group) -> Option<String> {
    let pairs = [
        (Quantity::RelativePt, "jet_pt"),
        (Quantity::RelativeEta, "jet_eta"),
        (Quantity::RelativePhi, "jet_phi"),
    ];
    let needed: Vec<String> = pairs
        .into_iter()
        .filter_map(|(quantity, jet)| {
            let name = group.columns.get(&quantity)?;
            Some(format!("`{name}` with `{jet}`"))
        })
        .collect();
    (!needed.is_empty()).then(|| format!("; or {}", needed.join(", ")))
}
