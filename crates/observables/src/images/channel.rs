//! What a particle adds to its pixel.

use serde::{Deserialize, Serialize};

use crate::jets::Jet;
use crate::jets::property::Property;

/// What is summed in a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intensity {
    /// Transverse momenta, GeV: invariant under boosts along the beam.
    #[default]
    Pt,
    /// Energies, GeV.
    Energy,
}

/// Which particles a channel is of. The three colours of P. Komiske, E. Metodiev,
/// M. Schwartz, arXiv:1612.01551 are `charged`, `neutral` and `charged-multiplicity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The momentum of all particles.
    All,
    /// That of charged ones.
    Charged,
    /// That of neutral ones.
    Neutral,
    /// The number of particles.
    Multiplicity,
    /// The number of charged ones.
    ChargedMultiplicity,
    /// The number of neutral ones.
    NeutralMultiplicity,
}

impl Channel {
    /// Its name, as in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Charged => "charged",
            Self::Neutral => "neutral",
            Self::Multiplicity => "multiplicity",
            Self::ChargedMultiplicity => "charged-multiplicity",
            Self::NeutralMultiplicity => "neutral-multiplicity",
        }
    }

    /// Whether particles are counted, not their momenta summed.
    pub(super) fn counts(self) -> bool {
        matches!(
            self,
            Self::Multiplicity | Self::ChargedMultiplicity | Self::NeutralMultiplicity
        )
    }

    pub(super) fn needs_charge(self) -> bool {
        !matches!(self, Self::All | Self::Multiplicity)
    }

    /// What constituent `i` adds.
    pub(super) fn weight(self, intensity: Intensity, jet: Jet<'_>, i: usize) -> f64 {
        let charge = jet.property(Property::Charge).map(|charges| charges[i]);
        let member = match self {
            Self::All | Self::Multiplicity => true,
            Self::Charged | Self::ChargedMultiplicity => charge.is_some_and(|q| q != 0.0),
            Self::Neutral | Self::NeutralMultiplicity => charge == Some(0.0),
        };
        match (member, self.counts(), intensity) {
            (false, _, _) => 0.0,
            (true, true, _) => 1.0,
            (true, false, Intensity::Pt) => jet.pt[i],
            (true, false, Intensity::Energy) => jet.pt[i].hypot(jet.m[i]) * jet.y[i].cosh(),
        }
    }
}
