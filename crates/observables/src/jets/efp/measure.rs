//! What a momentum weighs, and how far apart two are.
//!
//! | measure | weight `z_i` (κ = 1) | `θ_ij²` |
//! |---|---|---|
//! | `hadr` | `p_{T,i}` | `Δy² + Δφ²` |
//! | `hadrdot` | `p_{T,i}` | `2 p_i·p_j / (p_{T,i} p_{T,j})` |
//! | `ee` | `E_i` | `2 p_i·p_j / (E_i E_j)` |
//! | `pf` | 1 | `2 p_i·p_j` in GeV² |
//!
//! The products of four-momenta include `i = j`: a massive particle is at a
//! distance `θ_ii = √2 m/p_T` from itself. They are put together from terms
//! that are all positive,
//!
//! $$ \frac{2 p_i \cdot p_j}{p_{T,i} p_{T,j}} = 4 a_i a_j \sinh^2 \frac{\Delta y}{2} +
//!    4 \sin^2 \frac{\Delta \phi}{2} +
//!    \frac{2 (\mu_i + \mu_j + \mu_i \mu_j)}{a_i a_j + 1},
//!    \qquad \mu = \frac{m^2}{p_T^2}, \quad a = \sqrt{1 + \mu}, $$
//!
//! so that nothing cancels for collinear particles; energies and momenta
//! subtracted lose half of the digits there.
//!
//! * **Reference:** P. Komiske, E. Metodiev, J. Thaler, arXiv:1712.07124,
//!   eqs. 1.2 and 1.3, and arXiv:1911.04491 (`hadrdot`); names and `pf`
//!   (κ = the valency of each vertex) as in EnergyFlow.

use serde::{Deserialize, Serialize};

use super::buffer::Buffer;
use crate::jets::Jet;
use crate::jets::kinematics::Momentum;

/// What a momentum weighs, and how far apart two are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Transverse momenta, and distances in rapidity and azimuth.
    #[default]
    Hadr,
    /// Transverse momenta, and products of momenta divided by them.
    HadrDot,
    /// Energies, and products of momenta divided by them.
    Ee,
    /// Products of momenta as they are. There is nothing left to weigh: kappa
    /// must be 0.
    Pf,
}

impl Measure {
    /// The name, as in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hadr => "hadr",
            Self::HadrDot => "hadrdot",
            Self::Ee => "ee",
            Self::Pf => "pf",
        }
    }

    /// The unit of a polynomial whose graph has so many vertices and edges.
    pub fn unit(
        self,
        kappa: f64,
        beta: f64,
        normalised: bool,
        vertices: usize,
        edges: usize,
    ) -> String {
        let power = match self {
            Self::Pf => beta * edges as f64,
            _ if normalised => 0.0,
            _ => kappa * vertices as f64,
        };
        match power {
            0.0 => String::new(),
            1.0 => "GeV".to_owned(),
            power => format!("GeV^{power}"),
        }
    }

    /// What `2 p_i·p_j / (p_{T,i} p_{T,j})` is multiplied by for each of the two.
    pub(super) fn factor(self, p: Momentum) -> f64 {
        match self {
            Self::Hadr | Self::HadrDot => 1.0,
            Self::Ee => 1.0 / (1.0_f64.hypot(p.m / p.pt) * p.y.cosh()),
            Self::Pf => p.pt,
        }
    }

    /// What every particle weighs, before the power of kappa.
    pub(super) fn weights(self, jet: Jet<'_>, normalised: bool, out: &mut Vec<f64>) {
        out.clear();
        match self {
            Self::Hadr | Self::HadrDot => out.extend_from_slice(jet.pt),
            Self::Ee => out.extend(jet.constituents().map(|p| p.pt.hypot(p.m) * p.y.cosh())),
            Self::Pf => return out.resize(jet.len(), 1.0),
        }
        if normalised {
            let scale = 1.0 / out.iter().sum::<f64>();
            for weight in out.iter_mut() {
                *weight *= scale;
            }
        }
    }
}

/// Of every particle what the products of momenta are made of; the padding has
/// a factor of 0.
#[derive(Debug, Default)]
pub(super) struct Dots {
    /// Hyperbolic sine and cosine of half the rapidity.
    pub(super) half_y: [Buffer; 2],
    /// Sine and cosine of half the azimuth.
    pub(super) half_phi: [Buffer; 2],
    /// `√(1 + m²/p_T²)`.
    pub(super) a: Buffer,
    /// `m²/p_T²`.
    pub(super) mu: Buffer,
    /// What `2 p_i·p_j / (p_{T,i} p_{T,j})` is multiplied by.
    pub(super) factor: Buffer,
}

impl Dots {
    /// Takes a jet, padded to `width` particles.
    pub(super) fn load(&mut self, jet: Jet<'_>, measure: Measure, width: usize) {
        let Self {
            half_y: [sinh, cosh],
            half_phi: [sin, cos],
            a,
            mu,
            factor,
        } = self;
        for buffer in [&mut *sinh, cosh, sin, cos, a, mu, factor] {
            buffer.resize(width);
            buffer.get_mut().fill(0.0);
        }
        for (i, (flow, p)) in jet.plane().zip(jet.constituents()).enumerate() {
            let (y, phi) = (0.5 * flow.dy, 0.5 * flow.dphi);
            sinh.get_mut()[i] = y.sinh();
            cosh.get_mut()[i] = y.cosh();
            (sin.get_mut()[i], cos.get_mut()[i]) = phi.sin_cos();
            let ratio = p.m / p.pt;
            mu.get_mut()[i] = ratio * ratio;
            a.get_mut()[i] = 1.0_f64.hypot(ratio);
            factor.get_mut()[i] = measure.factor(p);
        }
    }
}
