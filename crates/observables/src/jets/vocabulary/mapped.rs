//! The user's own map of columns: our names and those of the file.

use std::collections::BTreeMap;

use super::Asked;
use super::refusal::names;
use super::words::{Quantity, parse};
use crate::ObservableError;

/// The user's own names.
pub(super) struct Mapped {
    /// Of constituents.
    pub particles: BTreeMap<Quantity, String>,
    /// Of jets.
    pub jets: BTreeMap<Quantity, String>,
}

impl Mapped {
    pub fn of(asked: &Asked<'_>) -> Result<Self, ObservableError> {
        let mut mapped = Self {
            particles: BTreeMap::new(),
            jets: BTreeMap::new(),
        };
        for (ours, theirs) in &asked.map {
            let parsed = parse(ours);
            let known = match &parsed {
                Some(parsed) if parsed.prefix == "part" => {
                    mapped.particles.insert(parsed.quantity, theirs.clone());
                    true
                }
                Some(parsed) if parsed.prefix.is_empty() && parsed.quantity.of_momentum() => {
                    mapped.particles.insert(parsed.quantity, theirs.clone());
                    true
                }
                Some(parsed) if parsed.prefix == "jet" => {
                    mapped.jets.insert(parsed.quantity, theirs.clone());
                    parsed.quantity.of_jet().is_some()
                }
                // Labels, weights and groups are not of this room.
                _ => !ours.starts_with("part_"),
            };
            if !known {
                return Err(ObservableError::NotOurs { name: ours.clone() });
            }
            let ours_is_read = parsed.is_some();
            if ours_is_read && !asked.found.iter().any(|found| found.name == *theirs) {
                return Err(ObservableError::NotThere {
                    ours: ours.clone(),
                    theirs: theirs.clone(),
                    found: names(asked.found),
                });
            }
        }
        Ok(mapped)
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
