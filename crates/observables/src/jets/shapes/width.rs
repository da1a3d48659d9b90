//! Width: the second moment of the distance from the axis.
//!
//! $$ w = \sum_i z_i\, r_i^2 $$
//!
//! The angularity `λ¹₂`; at small angles it is `m²/p_T²` of massless
//! constituents. (Where others say width for `Σ z r`, that is
//! [`girth`](super::girth) here.)
//!
//! * **Units:** radians².
//! * **Reference:** A. Larkoski, J. Thaler, W. Waalewijn, arXiv:1408.3122.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "width",
            symbol: "w",
            latex: "w",
            unit: "rad²",
            definition: "Σ z r²: second moment of the transverse momentum about the axis",
            reference: "arXiv:1408.3122 (kappa = 1, beta = 2)",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let weighted =
            |flow: crate::jets::Flow| flow.pt * (flow.dy * flow.dy + flow.dphi * flow.dphi);
        jet.plane().map(weighted).sum::<f64>() / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn two_particles_weigh_their_squared_distances() {
        let jets = jet(&[(30.0, 0.1, 0.0), (10.0, 0.0, -0.4)]);
        assert!((Shape.evaluate(jets.jet(0)) - (0.75 * 0.01 + 0.25 * 0.16)).abs() < 1e-15);
    }
}
