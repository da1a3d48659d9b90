//! Sequential recombination: particles become jets.
//!
//! The pair or the particle with the smallest distance is next; a pair is
//! joined, a particle whose distance to the beam is smallest is a jet:
//!
//! $$ d_{ij} = \min\bigl(p_{T,i}^{2p}, p_{T,j}^{2p}\bigr)\,\frac{\Delta_{ij}^2}{R^2},
//!    \qquad d_{iB} = p_{T,i}^{2p}, \qquad \Delta^2 = \Delta y^2 + \Delta\phi^2 $$
//!
//! with `p = -1` (anti-kT), 0 (Cambridge/Aachen), 1 (kT) or any other number. In
//! e⁺e⁻ collisions energies and opening angles take their place:
//!
//! $$ d_{ij} = 2 \min(E_i^2, E_j^2)(1-\cos\theta_{ij}) \quad (k_T),\qquad
//!    d_{ij} = \min(E_i^{2p}, E_j^{2p}) \frac{1-\cos\theta_{ij}}{1-\cos R},
//!    \quad d_{iB} = E_i^{2p} $$
//!
//! where for `R > π` the denominator is `3 + cos R`. The first has no beam: all
//! particles end as one.
//!
//! * **Units:** the distances of the history have that of `pt^{2p}`.
//! * **Ties:** of equal distances one is chosen by the places of the particles,
//!   the same one in every run. Exactly collinear particles are at distance 0
//!   and are joined first; a particle without transverse momentum has the
//!   weight 10³⁰⁰ where its power would be infinite, as in FastJet.
//! * **Reference:** M. Cacciari, G. Salam, G. Soyez, arXiv:0802.1189, eq. 1;
//!   e⁺e⁻: arXiv:1111.6097, section 4.5 and 4.6.

// Vector code must be inlined into the function that has the vector instructions.
#[allow(clippy::inline_always)]
mod blocks;
mod history;
#[allow(clippy::inline_always)]
mod minimum;
#[allow(clippy::inline_always)]
mod run;
#[allow(clippy::inline_always)]
mod space;
mod tiles;

use serde::{Deserialize, Serialize};

use super::four_vector::{FourVector, Pseudojet};
use crate::ObservableError;

pub use history::{History, Step};
pub use run::Workspace;

/// The distance that is minimised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Algorithm {
    /// `p = -1`.
    AntiKt,
    /// `p = 0`.
    CambridgeAachen,
    /// `p = 1`.
    Kt,
    /// Any `p`.
    GenKt {
        /// The exponent `p`.
        power: f64,
    },
    /// kT of e⁺e⁻ collisions (Durham), without a beam.
    EeKt,
    /// Generalised kT of e⁺e⁻ collisions.
    EeGenKt {
        /// The exponent `p`.
        power: f64,
    },
}

/// What the sum of two particles is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recombination {
    /// The sum of the four-momenta.
    #[default]
    EScheme,
    /// The winner takes all: the sum of the transverse momenta (in e⁺e⁻ of the
    /// momenta) with direction and mass of the harder one.
    #[serde(rename = "wta")]
    WinnerTakesAll,
}

/// How particles become jets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clustering {
    /// The distance.
    pub algorithm: Algorithm,
    /// The radius `R`, radians; unused by e⁺e⁻ kT.
    pub radius: f64,
    /// How two become one.
    #[serde(default)]
    pub recombination: Recombination,
}

/// A radius beyond every jet, for the clustering of what is one jet already.
const WHOLE_JET: f64 = 1000.0;

impl Clustering {
    /// An algorithm with this radius, in the E-scheme.
    pub fn new(algorithm: Algorithm, radius: f64) -> Self {
        Self {
            algorithm,
            radius,
            recombination: Recombination::EScheme,
        }
    }

    /// An algorithm that joins all particles of a jet, in the E-scheme.
    pub fn whole(algorithm: Algorithm) -> Self {
        Self::new(algorithm, WHOLE_JET)
    }

    /// The same with another recombination.
    pub fn recombination(mut self, recombination: Recombination) -> Self {
        self.recombination = recombination;
        self
    }

    /// An error if the radius or the exponent is none.
    pub fn check(&self) -> Result<(), ObservableError> {
        if !(self.radius > 0.0 && self.radius <= WHOLE_JET) {
            let expected = "a radius above 0 and at most 1000";
            return Err(ObservableError::setting("radius", self.radius, expected));
        }
        match self.algorithm {
            Algorithm::GenKt { power } | Algorithm::EeGenKt { power }
                if !(-100.0..=100.0).contains(&power) =>
            {
                let expected = "an exponent between -100 and 100";
                Err(ObservableError::setting("power", power, expected))
            }
            _ => Ok(()),
        }
    }

    /// Clusters particles, which must be finite with an energy of at least 0.
    pub fn cluster(&self, particles: &[Pseudojet]) -> Result<History, ObservableError> {
        self.check()?;
        for (entry, particle) in particles.iter().enumerate() {
            check_particle(entry, &particle.p)?;
        }
        let mut history = History::default();
        Workspace::default().cluster(self, particles, &mut history);
        Ok(history)
    }

    /// The exponent `p`.
    fn power(&self) -> f64 {
        match self.algorithm {
            Algorithm::AntiKt => -1.0,
            Algorithm::CambridgeAachen => 0.0,
            Algorithm::Kt | Algorithm::EeKt => 1.0,
            Algorithm::GenKt { power } | Algorithm::EeGenKt { power } => power,
        }
    }

    /// Whether distances are angles between three-momenta.
    fn spherical(&self) -> bool {
        matches!(self.algorithm, Algorithm::EeKt | Algorithm::EeGenKt { .. })
    }

    /// The squared distance from the beam, in the units of the space: `Δ²` of
    /// the plane, `2(1 - cos θ)` of the sphere.
    fn reach2(&self) -> f64 {
        match self.algorithm {
            // Beyond every pair, so that all are joined.
            Algorithm::EeKt => 5.0,
            Algorithm::EeGenKt { .. } if self.radius <= std::f64::consts::PI => {
                4.0 * (0.5 * self.radius).sin().powi(2)
            }
            Algorithm::EeGenKt { .. } => 2.0 * (3.0 + self.radius.cos()),
            _ => self.radius * self.radius,
        }
    }

    /// What distances are divided by.
    fn unit2(&self) -> f64 {
        match self.algorithm {
            Algorithm::EeKt => 1.0,
            _ => self.reach2(),
        }
    }

    /// The sum of two.
    pub(in crate::jets) fn join(&self, a: &Pseudojet, b: &Pseudojet) -> Pseudojet {
        match self.recombination {
            Recombination::EScheme => (a.p + b.p).into(),
            Recombination::WinnerTakesAll if self.spherical() => {
                let (size_a, size_b) = (a.p.p2().sqrt(), b.p.p2().sqrt());
                let (winner, size) = if size_a >= size_b {
                    (a, size_a)
                } else {
                    (b, size_b)
                };
                if size == 0.0 {
                    return (a.p + b.p).into();
                }
                let mut p = winner.p.scaled((size_a + size_b) / size);
                p.e = (p.p2() + winner.p.m2().max(0.0)).sqrt();
                // The direction is the winner's, the rapidity is not: momentum grew
                // and the mass did not.
                Pseudojet {
                    phi: winner.phi,
                    ..p.into()
                }
            }
            Recombination::WinnerTakesAll => {
                let winner = if a.pt2 >= b.pt2 { a } else { b };
                if winner.pt2 == 0.0 {
                    return *winner;
                }
                let pt = a.pt() + b.pt();
                let by = pt / winner.pt();
                // The rapidity stays: (E, p_z) grow with the transverse mass.
                let m2 = winner.p.m2().max(0.0);
                let along = ((pt * pt + m2) / (winner.pt2 + m2)).sqrt();
                let mut p = winner.p.scaled(by);
                p.e = winner.p.e * along;
                p.pz = winner.p.pz * along;
                Pseudojet {
                    p,
                    pt2: pt * pt,
                    ..*winner
                }
            }
        }
    }
}

/// Components are finite and of a size whose square is finite, energies at least 0.
fn check_particle(entry: usize, p: &FourVector) -> Result<(), ObservableError> {
    let named = [("px", p.px), ("py", p.py), ("pz", p.pz), ("e", p.e)];
    for (column, value) in named {
        let least = if column == "e" { 0.0 } else { -LARGEST };
        if !(least..=LARGEST).contains(&value) {
            return Err(ObservableError::Value {
                row: 0,
                column: column.to_owned(),
                entry: Some(entry),
                value,
                expected: "a finite number of at most 1e15 GeV, an energy of at least 0",
            });
        }
    }
    Ok(())
}

/// The largest component of a momentum, GeV.
const LARGEST: f64 = 1e15;
