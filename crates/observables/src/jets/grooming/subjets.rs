//! Trimming and filtering: of small subjets the hard ones stay.
//!
//! Trimming clusters the constituents with kT and a small radius and keeps
//! subjets with `pt ≥ f_cut · pt` of the jet (D. Krohn, J. Thaler, L.-T. Wang,
//! arXiv:0912.1342). Filtering clusters with Cambridge/Aachen and keeps the
//! hardest few (J. Butterworth et al., arXiv:0802.2470).

use serde::{Deserialize, Serialize};

use super::{Groomed, above_zero, gather, share};
use crate::ObservableError;
use crate::jets::clustering::{Algorithm, Clustering, History};
use crate::jets::substructure::Substructure;

/// Settings of trimming.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trimming {
    /// The radius of the subjets, radians.
    pub radius: f64,
    /// The share of the jet's transverse momentum that a subjet needs.
    pub fcut: f64,
}

impl Trimming {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        share("fcut", self.fcut)?;
        above_zero("radius", self.radius)
    }

    /// The groomed jet.
    pub fn groom(&self, jet: &Substructure<'_>) -> Groomed {
        let subjets = subjets(jet, Algorithm::Kt, self.radius);
        let least = self.fcut * jet.sum().pt();
        let kept = subjets.inclusive(least);
        left(&subjets, &kept)
    }
}

/// Settings of filtering.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filtering {
    /// The radius of the subjets, radians.
    pub radius: f64,
    /// How many of the hardest stay.
    pub hardest: usize,
}

impl Filtering {
    /// An error if a setting is out of range.
    pub fn check(&self) -> Result<(), ObservableError> {
        if self.hardest == 0 {
            return Err(ObservableError::setting("hardest", 0, "1 or more"));
        }
        above_zero("radius", self.radius)
    }

    /// The groomed jet.
    pub fn groom(&self, jet: &Substructure<'_>) -> Groomed {
        let subjets = subjets(jet, Algorithm::CambridgeAachen, self.radius);
        let mut kept = subjets.inclusive(0.0);
        kept.truncate(self.hardest);
        left(&subjets, &kept)
    }
}

fn subjets(jet: &Substructure<'_>, algorithm: Algorithm, radius: f64) -> History {
    jet.recluster(&Clustering::new(algorithm, radius))
}

/// The sum of subjets; where none stays, nothing with no momentum.
fn left(subjets: &History, kept: &[usize]) -> Groomed {
    let (jet, constituents) = gather(subjets, kept);
    Groomed {
        jet,
        constituents,
        splitting: None,
    }
}
