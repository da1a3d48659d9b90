//! Soft drop.
//!
//! The jet is reclustered with Cambridge/Aachen and taken apart again from its
//! last joining; the softer branch is dropped until
//!
//! $$ \frac{\min(p_{T,1}, p_{T,2})}{p_{T,1} + p_{T,2}} > z_{\text{cut}}
//!    \left(\frac{\Delta R_{12}}{R_0}\right)^{\beta} $$
//!
//! The two branches give `z_g` and `R_g`. With `β = 0` this is the modified
//! mass drop tagger without a cut on the mass. If nothing passes a single
//! particle is left, without a splitting.
//!
//! * **Reference:** A. Larkoski et al., arXiv:1402.2657, eq. 1.1; M. Dasgupta et al.,
//!   arXiv:1307.0007.

use serde::{Deserialize, Serialize};

use super::{Groomed, Splitting, above_zero, ordered, share};
use crate::ObservableError;
use crate::jets::clustering::History;
use crate::jets::substructure::Substructure;

/// Settings of soft drop.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SoftDrop {
    /// The exponent `β` of the angle.
    pub beta: f64,
    /// The threshold `z_cut`.
    pub zcut: f64,
    /// The angle `R_0` at which the threshold is `z_cut`, radians.
    #[serde(default = "one")]
    pub r0: f64,
}

fn one() -> f64 {
    1.0
}

impl SoftDrop {
    /// With this exponent and threshold; angles are not divided by a radius.
    pub fn new(beta: f64, zcut: f64) -> Self {
        Self {
            beta,
            zcut,
            r0: 1.0,
        }
    }

    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        share("zcut", self.zcut)?;
        above_zero("r0", self.r0)?;
        if self.beta.is_finite() {
            Ok(())
        } else {
            Err(ObservableError::setting(
                "beta",
                self.beta,
                "a finite exponent",
            ))
        }
    }

    /// The first node on the way from `node` along the harder branches whose
    /// two branches pass, or the particle at the end.
    pub fn find(&self, history: &History, mut node: usize) -> (usize, Option<Splitting>) {
        while let Some((hard, soft)) = ordered(history, node) {
            if let Some(splitting) = self.passes(history, hard, soft) {
                return (node, Some(splitting));
            }
            node = hard;
        }
        (node, None)
    }

    /// The splitting of two branches, if it passes.
    pub(super) fn passes(&self, history: &History, hard: usize, soft: usize) -> Option<Splitting> {
        let (hard, soft) = (history.node(hard), history.node(soft));
        let z = soft.pt() / (hard.pt() + soft.pt());
        let angle2 = hard.distance2(soft);
        let cut = if self.beta == 0.0 {
            self.zcut
        } else {
            self.zcut * (angle2 / (self.r0 * self.r0)).powf(0.5 * self.beta)
        };
        (z > cut).then(|| Splitting {
            z,
            r: angle2.sqrt(),
        })
    }

    /// The groomed jet.
    pub fn groom(&self, jet: &Substructure<'_>) -> Groomed {
        let history = jet.cambridge_aachen();
        let (node, splitting) = self.find(history, jet.root());
        Groomed {
            jet: *history.node(node),
            constituents: history.constituents(node),
            splitting,
        }
    }
}
