//! Mass of the jet.
//!
//! $$ m^2 = \Bigl(\sum_i p_i\Bigr)^2 $$
//!
//! * **Units:** GeV.
//! * **Invariant:** all Lorentz transformations of the constituents.
//! * **Reference:** PDG review, Kinematics.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "mass",
            symbol: "m",
            latex: "m",
            unit: "GeV",
            definition: "invariant mass of the jet",
            reference: "PDG review, Kinematics",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.axis.m
    }
}
