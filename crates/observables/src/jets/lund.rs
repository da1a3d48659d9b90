//! The Lund plane of a jet.
//!
//! Every joining of the Cambridge/Aachen history, seen backwards, is an
//! emission of the softer branch `b` by the harder one `a`:
//!
//! $$ \Delta = \Delta R_{ab}, \quad z = \frac{p_{T,b}}{p_{T,a} + p_{T,b}}, \quad
//!    k_T = p_{T,b}\,\Delta, \quad \kappa = z\,\Delta, \quad
//!    \psi = \operatorname{atan2}(y_b - y_a,\, \phi_b - \phi_a) $$
//!
//! The primary plane follows the harder branches from the whole jet; the full
//! one follows both, each emission with the one before it on its way.
//!
//! * **Units:** `k_T` and masses GeV, angles radians.
//! * **Reference:** F. Dreyer, G. Salam, G. Soyez, arXiv:1807.04758, eq. 2.2 and 2.3.

use serde::{Deserialize, Serialize};

use super::clustering::History;
use super::grooming::ordered;
use super::kinematics::wrap;
use super::substructure::Substructure;
use super::{Jet, Jets};
use crate::ObservableError;
use crate::representation::fill;

/// One emission.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Declustering {
    /// The distance `Δ` of the two branches.
    pub delta: f64,
    /// The momentum share `z` of the softer one.
    pub z: f64,
    /// `k_T`, GeV.
    pub kt: f64,
    /// `κ = z Δ`.
    pub kappa: f64,
    /// The direction `ψ` of the softer branch seen from the harder one.
    pub psi: f64,
    /// The mass of the pair, GeV.
    pub m: f64,
    /// The place, in the same list, of the emission before it; none for the first.
    pub before: Option<usize>,
    /// How many softer branches were followed to come here: 0 on the primary plane.
    pub depth: usize,
}

/// Which emissions count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plane {
    /// Those of the harder branches.
    #[default]
    Primary,
    /// All.
    Full,
}

/// The emissions of a jet, primary ones from the outside in; on the full plane
/// those of each harder branch before those of the softer one.
pub fn declusterings(jet: &Substructure<'_>, plane: Plane) -> Vec<Declustering> {
    let history = jet.cambridge_aachen();
    let mut out = Vec::new();
    let mut open = vec![(jet.root(), None, 0)];
    while let Some((node, before, depth)) = open.pop() {
        let Some((hard, soft)) = ordered(history, node) else {
            continue;
        };
        let here = Some(out.len());
        out.push(declustering(history, node, (hard, soft), before, depth));
        if plane == Plane::Full {
            open.push((soft, here, depth + 1));
        }
        open.push((hard, here, depth));
    }
    out
}

fn declustering(
    history: &History,
    node: usize,
    (hard, soft): (usize, usize),
    before: Option<usize>,
    depth: usize,
) -> Declustering {
    let (a, b) = (history.node(hard), history.node(soft));
    let delta = a.distance2(b).sqrt();
    let (pt_a, pt_b) = (a.pt(), b.pt());
    let z = pt_b / (pt_a + pt_b);
    Declustering {
        delta,
        z,
        kt: pt_b * delta,
        kappa: z * delta,
        psi: (b.y - a.y).atan2(wrap(b.phi - a.phi)),
        m: history.node(node).m(),
        before,
        depth,
    }
}

/// The density of emissions in the plane of `ln(R/Δ)` and `ln(k_T/GeV)`, as an
/// image: rows from low to high `k_T`, columns from wide to narrow angles.
/// Emissions beyond the window are left out.
///
/// * **Shape:** `[bins, bins]`, row by row; every emission counts 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LundImage {
    /// Pixels along each side.
    pub bins: usize,
    /// The radius `R` that angles are compared with, radians.
    pub radius: f64,
    /// The window of `ln(R/Δ)`.
    #[serde(default = "default_angles")]
    pub angles: [f64; 2],
    /// The window of `ln(k_T/GeV)`.
    #[serde(default = "default_kts")]
    pub kts: [f64; 2],
    /// Which emissions count.
    #[serde(default)]
    pub plane: Plane,
}

fn default_angles() -> [f64; 2] {
    [0.0, 5.0]
}

fn default_kts() -> [f64; 2] {
    [-3.0, 5.0]
}

impl LundImage {
    /// The primary plane of jets of this radius.
    pub fn new(bins: usize, radius: f64) -> Self {
        Self {
            bins,
            radius,
            angles: default_angles(),
            kts: default_kts(),
            plane: Plane::Primary,
        }
    }

    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        if !(1..=1000).contains(&self.bins) {
            return Err(ObservableError::setting(
                "bins",
                self.bins,
                "1 to 1000 pixels",
            ));
        }
        if !(self.radius > 0.0 && self.radius.is_finite()) {
            return Err(ObservableError::setting(
                "radius",
                self.radius,
                "a radius above 0",
            ));
        }
        for (setting, [low, high]) in [("angles", self.angles), ("kts", self.kts)] {
            if !(low < high && low.is_finite() && high.is_finite()) {
                let found = format!("[{low}, {high}]");
                return Err(ObservableError::setting(
                    setting,
                    found,
                    "two rising numbers",
                ));
            }
        }
        Ok(())
    }

    /// The image of one jet into `out`, `bins * bins` numbers.
    pub fn render(&self, jet: Jet<'_>, out: &mut [f32]) {
        out.fill(0.0);
        let place = |x: f64, [low, high]: [f64; 2]| {
            let place = (x - low) / (high - low) * self.bins as f64;
            (0.0..self.bins as f64)
                .contains(&place)
                .then_some(place as usize)
        };
        for emission in declusterings(&Substructure::new(jet), self.plane) {
            let column = place((self.radius / emission.delta).ln(), self.angles);
            let row = place(emission.kt.ln(), self.kts);
            if let (Some(row), Some(column)) = (row, column) {
                out[row * self.bins + column] += 1.0;
            }
        }
    }

    /// The images of jets, `[jets, 1, bins, bins]`.
    pub fn apply(&self, jets: &Jets) -> Result<pellucid_core::Tensor<f32>, ObservableError> {
        self.check()?;
        let data = fill(jets, self.bins * self.bins, |jet, out| {
            self.render(jet, out);
        });
        let shape = vec![jets.len(), 1, self.bins, self.bins];
        Ok(pellucid_core::Tensor::new(shape, data))
    }
}
