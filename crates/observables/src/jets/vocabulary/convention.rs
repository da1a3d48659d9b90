//! What the numbers of a four-momentum are.
//!
//! | name | columns | what is left out |
//! |---|---|---|
//! | `pt-eta-phi-m` | transverse momentum, pseudorapidity, azimuth, mass | no mass: massless |
//! | `pt-y-phi-m` | transverse momentum, rapidity, azimuth, mass | no mass: massless |
//! | `pt-eta-phi-e`, `pt-y-phi-e` | the energy in place of the mass | nothing |
//! | `px-py-pz-e` | components and energy | nothing |
//! | `px-py-pz-m` | components and mass | nothing |
//! | `pt-eta-phi`, `pt-y-phi` | massless, whatever else the file has | |
//!
//! $$ m^2 = (E + p)(E - p), \qquad p = p_T \cosh\eta; \qquad
//!    m^2 = (E / \cosh y)^2 - p_T^2 $$

use serde::{Deserialize, Serialize};

use super::words::Quantity;

/// What the numbers of a particle are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Convention {
    /// Transverse momentum, pseudorapidity, azimuth, mass.
    #[serde(rename = "pt-eta-phi-m", alias = "pt-eta-phi-M")]
    PtEtaPhiM,
    /// Transverse momentum, rapidity, azimuth, mass.
    #[serde(rename = "pt-y-phi-m", alias = "pt-y-phi-M")]
    PtYPhiM,
    /// Components and energy.
    #[serde(rename = "px-py-pz-e", alias = "px-py-pz-E")]
    PxPyPzE,
    /// Transverse momentum, pseudorapidity, azimuth, energy.
    #[serde(rename = "pt-eta-phi-e", alias = "pt-eta-phi-E")]
    PtEtaPhiE,
    /// Transverse momentum, rapidity, azimuth, energy.
    #[serde(rename = "pt-y-phi-e", alias = "pt-y-phi-E")]
    PtYPhiE,
    /// Components and mass.
    #[serde(rename = "px-py-pz-m", alias = "px-py-pz-M")]
    PxPyPzM,
    /// Transverse momentum, pseudorapidity, azimuth of massless particles.
    #[serde(rename = "pt-eta-phi")]
    PtEtaPhi,
    /// Transverse momentum, rapidity, azimuth of massless particles.
    #[serde(rename = "pt-y-phi")]
    PtYPhi,
}

impl Convention {
    /// All, those that tell the whole momentum first, in the order in which they
    /// are tried.
    pub const ALL: [Self; 8] = [
        Self::PtYPhiM,
        Self::PtEtaPhiM,
        Self::PxPyPzE,
        Self::PtYPhiE,
        Self::PtEtaPhiE,
        Self::PxPyPzM,
        Self::PtYPhi,
        Self::PtEtaPhi,
    ];

    /// The name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PtEtaPhiM => "pt-eta-phi-m",
            Self::PtYPhiM => "pt-y-phi-m",
            Self::PxPyPzE => "px-py-pz-e",
            Self::PtEtaPhiE => "pt-eta-phi-e",
            Self::PtYPhiE => "pt-y-phi-e",
            Self::PxPyPzM => "px-py-pz-m",
            Self::PtEtaPhi => "pt-eta-phi",
            Self::PtYPhi => "pt-y-phi",
        }
    }

    /// Whether the momentum comes as three components.
    pub fn cartesian(self) -> bool {
        matches!(self, Self::PxPyPzE | Self::PxPyPzM)
    }

    /// Whether directions along the beam are rapidities.
    pub fn rapidities(self) -> bool {
        matches!(self, Self::PtYPhiM | Self::PtYPhiE | Self::PtYPhi)
    }

    /// Whether the fourth number is an energy.
    pub fn fourth_is_energy(self) -> bool {
        self.fourth() == Some(Quantity::E)
    }

    /// This convention with a mass, and with an energy.
    pub(in crate::jets) fn both_fourths(self) -> [Self; 2] {
        if self.cartesian() {
            [Self::PxPyPzM, Self::PxPyPzE]
        } else if self.rapidities() {
            [Self::PtYPhiM, Self::PtYPhiE]
        } else {
            [Self::PtEtaPhiM, Self::PtEtaPhiE]
        }
    }

    /// The three quantities of the momentum.
    pub(super) fn momentum(self) -> [Quantity; 3] {
        if self.cartesian() {
            [Quantity::Px, Quantity::Py, Quantity::Pz]
        } else if self.rapidities() {
            [Quantity::Pt, Quantity::Y, Quantity::Phi]
        } else {
            [Quantity::Pt, Quantity::Eta, Quantity::Phi]
        }
    }

    /// The fourth quantity, mass or energy, if there is one.
    pub(super) fn fourth(self) -> Option<Quantity> {
        match self {
            Self::PtEtaPhiM | Self::PtYPhiM | Self::PxPyPzM => Some(Quantity::M),
            Self::PxPyPzE | Self::PtEtaPhiE | Self::PtYPhiE => Some(Quantity::E),
            Self::PtEtaPhi | Self::PtYPhi => None,
        }
    }
}

impl std::fmt::Display for Convention {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
