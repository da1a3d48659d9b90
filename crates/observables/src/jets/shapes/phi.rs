//! Azimuth of the jet, in `[-π, π]`.
//!
//! * **Units:** radians.
//! * **Reference:** PDG review, Kinematics.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "phi",
            symbol: "phi",
            latex: r"\phi",
            unit: "rad",
            definition: "azimuth of the jet",
            reference: "PDG review, Kinematics",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.axis.phi
    }
}
