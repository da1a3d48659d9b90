//! Transverse momentum of the jet.
//!
//! $$ p_T = \sqrt{p_x^2 + p_y^2} $$
//!
//! * **Units:** GeV.
//! * **Invariant:** boosts along the beam, rotations about it.
//! * **Reference:** PDG review, Kinematics.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "pt",
            symbol: "pt",
            latex: "p_T",
            unit: "GeV",
            definition: "transverse momentum of the jet",
            reference: "PDG review, Kinematics",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.axis.pt
    }
}
