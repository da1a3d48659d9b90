//! Girth: the mean distance from the axis, weighted by transverse momentum.
//!
//! $$ g = \sum_i z_i\, r_i $$
//!
//! The angularity `λ¹₁`, also called broadening, and by some experiments width.
//!
//! * **Units:** radians.
//! * **Reference:** J. Gallicchio, M. Schwartz, arXiv:1106.3076.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "girth",
            symbol: "g",
            latex: "g",
            unit: "rad",
            definition: "Σ z r: mean distance of the transverse momentum from the axis",
            reference: "arXiv:1106.3076",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.plane().map(|flow| flow.pt * flow.radius()).sum::<f64>() / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn two_particles_weigh_their_distances() {
        let jets = jet(&[(30.0, 0.1, 0.0), (10.0, 0.0, -0.4)]);
        assert!((Shape.evaluate(jets.jet(0)) - (0.75 * 0.1 + 0.25 * 0.4)).abs() < 1e-15);
    }
}
