//! Areas of jets, and the density of what lies below them.
//!
//! Ghosts, particles without momentum (10⁻¹⁰⁰ GeV), are spread over the plane
//! and clustered with the event; jets of an infrared-safe algorithm do not see
//! them, and how many a jet catches is its area:
//!
//! $$ A_\mu = a \sum_{g \in \text{jet}} \frac{p_{g,\mu}}{p_{T,g}}, \qquad A = a\, n_g,
//!    \qquad \rho = \operatorname*{median}_{\text{patches}} \frac{p_T}{A},
//!    \qquad p^{\text{sub}}_\mu = p_\mu - \rho A_\mu $$
//!
//! with the area `a` of one ghost. The patches are kT jets of the event, those
//! of ghosts alone among them, the hardest few left out. Where `ρ A` exceeds the
//! transverse momentum nothing is left.
//!
//! * **Units:** areas radians², `ρ` GeV per unit area.
//! * **Error:** of an area of `n` ghosts about `n^{1/4}` ghosts: 2 % for `R = 0.8`.
//! * **Reference:** M. Cacciari, G. Salam, G. Soyez, arXiv:0802.1188; M. Cacciari,
//!   G. Salam, arXiv:0707.1378, eq. 2.

use std::f64::consts::TAU;

use pellucid_core::random;
use rand::RngExt;
use serde::{Deserialize, Serialize};

use super::clustering::{Algorithm, Clustering, History, Workspace};
use super::four_vector::{FourVector, Pseudojet};
use super::kinematics::Momentum;
use crate::ObservableError;

/// The transverse momentum of a ghost, GeV.
const GHOST_PT: f64 = 1e-100;

/// Where ghosts are, and what the density is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Areas {
    /// The area of one ghost, radians².
    pub ghost_area: f64,
    /// Ghosts are at rapidities up to this.
    pub ghost_rapidity: f64,
    /// The radius of the patches.
    pub patch_radius: f64,
    /// Patches are at rapidities up to this.
    pub patch_rapidity: f64,
    /// How many of the hardest patches are left out.
    pub without_hardest: usize,
}

impl Default for Areas {
    fn default() -> Self {
        Self {
            ghost_area: 0.01,
            ghost_rapidity: 6.0,
            patch_radius: 0.4,
            patch_rapidity: 4.0,
            without_hardest: 2,
        }
    }
}

/// The area of one jet.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Area {
    /// `A`.
    pub area: f64,
    /// `A_μ`.
    pub vector: FourVector,
}

impl Area {
    /// A jet without what lies below it; nothing if there was no more.
    pub fn subtract(&self, jet: &FourVector, density: f64) -> FourVector {
        let below = self.vector.scaled(density);
        if below.pt2() >= jet.pt2() {
            return FourVector::default();
        }
        *jet + below.scaled(-1.0)
    }
}

/// An event with its ghosts.
#[derive(Debug)]
pub struct Ghosted {
    particles: Vec<Pseudojet>,
    real: usize,
    each: f64,
    settings: Areas,
}

impl Areas {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        for (setting, value, most) in [
            ("ghost_area", self.ghost_area, 1.0),
            ("ghost_rapidity", self.ghost_rapidity, 20.0),
            ("patch_radius", self.patch_radius, 2.0),
            ("patch_rapidity", self.patch_rapidity, self.ghost_rapidity),
        ] {
            if !(value > 0.0 && value <= most) {
                let expected = "a number above 0, of at most 1 (area), 20 (ghosts), 2 (radius), the ghosts' (patches)";
                return Err(ObservableError::setting(setting, value, expected));
            }
        }
        if self.ghost_area < 1e-4 {
            return Err(ObservableError::setting(
                "ghost_area",
                self.ghost_area,
                "at least 0.0001",
            ));
        }
        Ok(())
    }

    /// An event with ghosts; each event has its own random stream.
    pub fn ghosted(&self, particles: &[Pseudojet], seed: u64, event: u64) -> Ghosted {
        let side = self.ghost_area.sqrt();
        let rows = (2.0 * self.ghost_rapidity / side).round().max(1.0);
        let columns = (TAU / side).round().max(1.0);
        let (height, width) = (2.0 * self.ghost_rapidity / rows, TAU / columns);
        let mut rng = random::stream(seed, event);
        let mut all = particles.to_vec();
        for row in 0..rows as usize {
            for column in 0..columns as usize {
                let y = (row as f64 + rng.random::<f64>()) * height - self.ghost_rapidity;
                let phi = (column as f64 + rng.random::<f64>()) * width;
                // A tenth of scatter, so that no two distances are equal.
                let pt = GHOST_PT * (1.0 + 0.1 * rng.random::<f64>());
                all.push(Momentum { pt, y, phi, m: 0.0 }.into());
            }
        }
        Ghosted {
            particles: all,
            real: particles.len(),
            each: height * width,
            settings: *self,
        }
    }
}

impl Ghosted {
    /// Particles, and after them ghosts.
    pub fn particles(&self) -> &[Pseudojet] {
        &self.particles
    }

    /// The number of particles that are none.
    pub fn real(&self) -> usize {
        self.real
    }

    /// The areas of jets, nodes of a history of all particles.
    pub fn areas(&self, history: &History, jets: &[usize]) -> Vec<Area> {
        let mut areas = vec![Area::default(); jets.len()];
        let of = history.assignment(jets);
        for (ghost, jet) in self.particles.iter().zip(of).skip(self.real) {
            if let Some(jet) = jet {
                let area = &mut areas[jet];
                area.area += self.each;
                area.vector = area.vector + ghost.p.scaled(self.each / ghost.pt());
            }
        }
        areas
    }

    /// The density `ρ`; 0 if there are no patches.
    pub fn density(&self, workspace: &mut Workspace) -> f64 {
        let clustering = Clustering::new(Algorithm::Kt, self.settings.patch_radius);
        let mut history = History::default();
        workspace.cluster(&clustering, &self.particles, &mut history);
        let mut patches = history.inclusive(0.0);
        patches.retain(|&patch| history.node(patch).y.abs() <= self.settings.patch_rapidity);
        let areas = self.areas(&history, &patches);
        // Jets come by falling momentum.
        let rest = patches
            .iter()
            .zip(&areas)
            .skip(self.settings.without_hardest);
        let mut densities: Vec<f64> = rest
            .filter(|(_, area)| area.area > 0.0)
            .map(|(&patch, area)| history.node(patch).pt() / area.area)
            .collect();
        densities.sort_by(f64::total_cmp);
        match densities.len() {
            0 => 0.0,
            n if n % 2 == 1 => densities[n / 2],
            n => 0.5 * (densities[n / 2 - 1] + densities[n / 2]),
        }
    }
}
