//! N-subjettiness: how well `N` axes hold the momentum of a jet.
//!
//! $$ \tau_N = \frac{1}{d_0} \sum_i p_{T,i} \min_k \Delta R_{ik}^{\beta},
//!    \qquad d_0 = \sum_i p_{T,i} R_0^{\beta} \text{ or } 1 $$
//!
//! The axes are the `N` jets that exclusive clustering leaves, all of one
//! history; [`one_pass`](Subjettiness::one_pass) moves them to the nearest
//! minimum. 0 where there are not more than `N` particles.
//!
//! * **Units:** none if normalised, otherwise `GeV radians^β`.
//! * **Reference:** J. Thaler, K. Van Tilburg, arXiv:1011.2268, eq. 1;
//!   arXiv:1108.2701 (other `β`, the minimisation).

#[allow(clippy::inline_always)] // vector code, see `correlations`
mod measure;
mod minimise;

use serde::{Deserialize, Serialize};

use super::clustering::History;
use super::substructure::Substructure;
use crate::ObservableError;

/// Where the axes are, or begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Axes {
    /// Exclusive kT jets in the E-scheme.
    #[default]
    Kt,
    /// Exclusive Cambridge/Aachen jets in the E-scheme.
    CambridgeAachen,
    /// Exclusive kT jets, the winner taking all.
    WtaKt,
}

/// Settings of N-subjettiness.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Subjettiness {
    /// Where the axes are.
    pub axes: Axes,
    /// Whether they move to the nearest minimum.
    pub one_pass: bool,
    /// The exponent `β`, above 0; to move the axes, between 1 and 3.
    pub beta: f64,
    /// Whether `τ` is divided by `Σ pt R₀^β`.
    pub normalised: bool,
    /// The radius `R₀`, radians.
    pub r0: f64,
}

impl Default for Subjettiness {
    fn default() -> Self {
        Self {
            axes: Axes::Kt,
            one_pass: false,
            beta: 1.0,
            normalised: true,
            r0: 1.0,
        }
    }
}

impl Subjettiness {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        let range = if self.one_pass {
            1.0..=3.0
        } else {
            f64::MIN_POSITIVE..=100.0
        };
        if !range.contains(&self.beta) {
            let expected = "a number above 0, between 1 and 3 to move the axes";
            return Err(ObservableError::setting("beta", self.beta, expected));
        }
        if !(self.r0 > 0.0 && self.r0.is_finite()) {
            return Err(ObservableError::setting("r0", self.r0, "a radius above 0"));
        }
        Ok(())
    }

    /// `τ_N` of a jet.
    pub fn tau(&self, jet: &Substructure<'_>, n: usize) -> f64 {
        let count = jet.jet().len();
        if count <= n {
            return 0.0;
        }
        let mut axes = self.axes(jet, n);
        let padded = jet.padded();
        if self.one_pass {
            minimise::minimise(padded, &mut axes, self.beta);
        }
        let sum = measure::sum(padded, &axes, self.beta);
        if self.normalised {
            sum / (jet.jet().scalar_pt() * self.r0.powf(self.beta))
        } else {
            sum
        }
    }

    /// Rapidity and azimuth of the axes before they move, the harder first.
    fn axes(&self, jet: &Substructure<'_>, n: usize) -> Vec<[f64; 2]> {
        let history: &History = match self.axes {
            Axes::Kt => jet.kt(),
            Axes::CambridgeAachen => jet.cambridge_aachen(),
            Axes::WtaKt => jet.winner_takes_all(),
        };
        let nodes = history.exclusive(n);
        nodes
            .into_iter()
            .map(|node| [history.node(node).y, history.node(node).phi])
            .collect()
    }
}
