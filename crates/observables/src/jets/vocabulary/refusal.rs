//! What is said of columns that give no momenta.

use super::groups::{Group, Of, groups, is_jet, jet_group, jets};
use super::mapped::Mapped;
use super::words::{Quantity, last_part, parse, plain};
use super::{Asked, Found};
use crate::ObservableError;

const EXPECTED: &str = "expected lists `pt`, `eta` or `y`, `phi` and `m` or `e`, or `px`, `py`, `pz` \
                        and `e` or `m`, each perhaps with a prefix as in `part_pt`";

/// All names, with what those hold that are no numbers.
pub(super) fn names(found: &[Found]) -> Vec<String> {
    let said = |column: &Found| match &column.refused {
        Some(what) => format!("{} ({what})", column.name),
        None => column.name.clone(),
    };
    found.iter().map(said).collect()
}

/// The refusal of columns that give no momenta; `group` is what was looked at.
pub(super) fn no_momenta(asked: &Asked<'_>, group: Option<&Group>) -> ObservableError {
    let flat: Vec<&str> = asked
        .found
        .iter()
        .filter(|column| column.lists == Some(false) && column.refused.is_none())
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
        Some(group) => relative_advice(asked, group),
        None => groups(asked.found, Of::Particles)
            .iter()
            .find_map(|group| relative_advice(asked, group)),
    };
    missing += &relative.unwrap_or_default();
    let unclear = asked.found.iter().find(|column| {
        column.lists != Some(false)
            && parse(&column.name).is_none()
            && plain(&column.name).ends_with("etarel")
    });
    if let Some(Found { name, .. }) = unclear {
        let mirrored = format!(
            "; `{name}` may be mirrored where the jet's pseudorapidity is below 0, as CMS has it: say \
             `--columns part_deta_mirrored={name}`, or `--columns part_deta={name}` if it is not"
        );
        missing += &mirrored;
    }
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

/// What relative directions need besides and the file lacks.
fn relative_advice(asked: &Asked<'_>, group: &Group) -> Option<String> {
    let mapped = Mapped::of(asked).ok()?;
    let own = jet_group(&jets(asked, &mapped), group, &mapped);
    let mut needed = Vec::new();
    for quantity in [Quantity::Pt, Quantity::Eta, Quantity::Phi] {
        let zero = quantity == Quantity::Phi && mapped.without_azimuth;
        if group.has(quantity) || own.has(quantity) || zero {
            continue;
        }
        for relative in quantity.relatives() {
            let (Some(name), Some(ours)) = (group.columns.get(relative), quantity.of_jet()) else {
                continue;
            };
            let zero = if quantity == Quantity::Phi {
                ", or `--columns jet_phi=0` where all jets count as at azimuth 0"
            } else {
                ""
            };
            needed.push(format!(
                "`{name}` is relative to the jet and needs `{ours}`, which is not there \
                 (`--columns {ours}=NAME`{zero})"
            ));
        }
    }
    (!needed.is_empty()).then(|| format!("; {}", needed.join("; ")))
}
