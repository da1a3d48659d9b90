//! Mass over transverse momentum.
//!
//! $$ m / p_T $$
//!
//! For a two-body decay it is `√(z(1−z)) ΔR` at small angles: the opening of the
//! jet, freed of its momentum scale.
//!
//! * **Units:** none.
//! * **Reference:** M. Dasgupta, A. Fregoso, S. Marzani, G. Salam, arXiv:1307.0007,
//!   section 2 (`ρ = m²/(p_T² R²)`; this is its root without the radius).

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "mass_over_pt",
            symbol: "m/pt",
            latex: "m/p_T",
            unit: "",
            definition: "mass of the jet over its transverse momentum",
            reference: "arXiv:1307.0007, section 2",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.axis.m / jet.axis.pt
    }
}
