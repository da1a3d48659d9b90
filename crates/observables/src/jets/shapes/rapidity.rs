//! Rapidity of the jet.
//!
//! $$ y = \frac12 \ln\frac{E + p_z}{E - p_z} $$
//!
//! A boost along the beam adds the same number to every rapidity.
//!
//! * **Units:** none.
//! * **Reference:** PDG review, Kinematics.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "rapidity",
            symbol: "y",
            latex: "y",
            unit: "",
            definition: "rapidity of the jet, ½ ln((E + pz)/(E − pz))",
            reference: "PDG review, Kinematics",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.axis.y
    }
}
