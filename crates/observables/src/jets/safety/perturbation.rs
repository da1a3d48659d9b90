//! Soft particles and collinear splittings.

use std::f64::consts::TAU;

use pellucid_core::random;
use serde::{Deserialize, Serialize};

use crate::ObservableError;
use crate::jets::kinematics::{self, Momentum};
use crate::jets::property::Property;
use crate::jets::{Jet, Jets};

/// What is done to every jet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Perturbation {
    /// A massless particle more, with this share of the jet's momentum, anywhere
    /// in the disc about the axis that holds the jet; where files tell, a π⁺ from
    /// the collision.
    Soft,
    /// One particle, a hard one more likely, replaced by two at this angle that
    /// share its momentum and mass at random (5 to 95 %); their mean position
    /// is where it was. Where files tell, the first is what it was and the second
    /// a photon.
    Collinear,
}

impl Perturbation {
    /// Both, in the order of results.
    pub const ALL: [Self; 2] = [Self::Soft, Self::Collinear];

    /// The jets perturbed by so much. Where and what is drawn depends on the
    /// seed and the place of the jet alone, not on the size.
    pub fn apply(self, jets: &Jets, size: f64, seed: u64) -> Result<Jets, ObservableError> {
        let mut out = Jets::new();
        for (i, jet) in jets.iter().enumerate() {
            let mut rng = random::stream(seed, i as u64);
            let mut uniform = || random::uniform(&mut rng);
            let draw = [uniform(), uniform(), uniform()];
            let mut parts: Vec<Momentum> = jet.constituents().collect();
            let mut axis = jet.axis;
            match self {
                Self::Soft => {
                    let soft = soft(jet, size, draw);
                    parts.push(soft);
                    axis = kinematics::sum([axis, soft].into_iter());
                }
                Self::Collinear => split(jet, size, draw, &mut parts),
            }
            out.push_with_axis(&parts, axis)?;
        }
        // Every jet has one particle more, its last.
        for property in Property::ALL.into_iter().filter(|&p| jets.has(p)) {
            let lists = jets.iter().filter_map(|jet| jet.property(property));
            let more = self.told(property);
            let values = lists.flat_map(|list| list.iter().copied().chain([more]));
            out.set(property, values.collect())?;
        }
        Ok(out)
    }

    /// What is told of the particle that is new.
    fn told(self, property: Property) -> f64 {
        match (self, property) {
            (Self::Soft, Property::Charge) => 1.0,
            (Self::Soft, Property::Pid) => 211.0,
            (Self::Collinear, Property::Pid) => 22.0,
            _ => 0.0,
        }
    }
}

fn soft(jet: Jet<'_>, share: f64, [distance, angle, _]: [f64; 3]) -> Momentum {
    let farthest = jet.plane().map(|flow| flow.radius()).fold(0.1, f64::max);
    let (radius, angle) = (farthest * distance.sqrt(), TAU * angle);
    Momentum {
        pt: share * jet.scalar_pt(),
        y: jet.axis.y + radius * angle.cos(),
        phi: jet.axis.phi + radius * angle.sin(),
        m: 0.0,
    }
}

fn split(jet: Jet<'_>, opening: f64, [which, share, angle]: [f64; 3], parts: &mut Vec<Momentum>) {
    let mut rest = which * jet.scalar_pt();
    let chosen = jet.pt.iter().position(|pt| {
        rest -= pt;
        rest < 0.0
    });
    let at = chosen.unwrap_or(jet.len() - 1);
    let whole = parts[at];
    let share = 0.05 + 0.9 * share;
    let (dy, dphi) = (opening * (TAU * angle).cos(), opening * (TAU * angle).sin());
    let part = |share: f64, away: f64| Momentum {
        pt: share * whole.pt,
        y: whole.y + away * dy,
        phi: whole.phi + away * dphi,
        m: share * whole.m,
    };
    parts[at] = part(share, 1.0 - share);
    parts.push(part(1.0 - share, -share));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jets() -> Jets {
        let particle = |pt, y, phi| Momentum { pt, y, phi, m: 0.1 };
        let mut jets = Jets::new();
        jets.push(&[particle(50.0, 0.1, 3.1), particle(30.0, -0.3, -3.0)])
            .unwrap();
        jets
    }

    #[test]
    fn a_splitting_keeps_momentum_and_opens_by_its_angle() {
        let jets = jets();
        for size in [1e-1, 1e-4] {
            let split = Perturbation::Collinear.apply(&jets, size, 3).unwrap();
            let (before, after) = (jets.jet(0), split.jet(0));
            assert_eq!(after.len(), 3);
            assert!((after.scalar_pt() - before.scalar_pt()).abs() < 1e-12);
            let changed = (0..2).find(|&i| after.pt[i] != before.pt[i]).unwrap();
            let angle = (after.y[changed] - after.y[2])
                .hypot(kinematics::delta_phi(after.phi[changed], after.phi[2]));
            assert!((angle / size - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_soft_particle_has_its_share_and_stays_in_its_place() {
        let jets = jets();
        let at = |size| {
            let soft = Perturbation::Soft.apply(&jets, size, 3).unwrap();
            let jet = soft.jet(0);
            assert!((jet.pt[2] / (80.0 * size) - 1.0).abs() < 1e-12);
            (jet.y[2], jet.phi[2])
        };
        assert_eq!(at(1e-2), at(1e-6));
    }
}
