//! The user's own map of columns: our names and those of the file.

use std::collections::BTreeMap;

use super::Asked;
use super::refusal::names;
use super::words::{Quantity, parse};
use crate::ObservableError;

/// What stands in place of a column of the jet where files leave out an azimuth
/// that is 0 for all jets.
const ZERO: &str = "0";

/// The user's own names.
pub(super) struct Mapped {
    /// Of constituents.
    pub particles: BTreeMap<Quantity, String>,
    /// Of jets.
    pub jets: BTreeMap<Quantity, String>,
    /// The azimuth of all jets is said to be 0.
    pub without_azimuth: bool,
}

impl Mapped {
    pub fn of(asked: &Asked<'_>) -> Result<Self, ObservableError> {
        let mut mapped = Self {
            particles: BTreeMap::new(),
            jets: BTreeMap::new(),
            without_azimuth: false,
        };
        for (ours, theirs) in &asked.map {
            // Labels, weights and groups are not of this room.
            if asked.others.contains(ours) {
                continue;
            }
            let there = asked.found.iter().any(|found| found.name == *theirs);
            let parsed = parse(ours).filter(|parsed| {
                let of_jets = parsed.prefix == "jet" && parsed.quantity.of_jet().is_some();
                of_jets || ["", "part"].contains(&parsed.prefix.as_str())
            });
            let Some(parsed) = parsed else {
                return Err(ObservableError::NotOurs { name: ours.clone() });
            };
            let of_jets = parsed.prefix == "jet";
            if of_jets && parsed.quantity == Quantity::Phi && theirs == ZERO && !there {
                mapped.without_azimuth = true;
                continue;
            }
            if !there {
                return Err(ObservableError::NotThere {
                    ours: ours.clone(),
                    theirs: theirs.clone(),
                    found: names(asked.found),
                });
            }
            let of = if of_jets {
                &mut mapped.jets
            } else {
                &mut mapped.particles
            };
            of.insert(parsed.quantity, theirs.clone());
        }
        Ok(mapped)
    }

    /// Whether the user named the column of something.
    pub fn names(&self, quantity: Quantity) -> bool {
        self.particles.contains_key(&quantity)
    }

    /// The column of a direction or momentum, which tells the group that is meant.
    pub fn leading(&self) -> Option<&String> {
        let alone = |q: &Quantity| q.of_momentum() && !matches!(q, Quantity::M | Quantity::E);
        let mut named = self
            .particles
            .iter()
            .filter(|(quantity, _)| alone(quantity));
        named.next().map(|(_, theirs)| theirs)
    }
}
