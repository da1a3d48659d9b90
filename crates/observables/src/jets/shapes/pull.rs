//! Size of the jet pull.
//!
//! $$ |\vec t\,|, \qquad \vec t = \sum_i z_i\, r_i\, \vec r_i $$
//!
//! The vector leans towards the colour partner of the jet; its size alone is a
//! shape of the jet: 0 if the flow is symmetric about the axis.
//!
//! * **Units:** radians².
//! * **Reference:** J. Gallicchio, M. Schwartz, arXiv:1001.5027, eq. 1.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "pull",
            symbol: "|t|",
            latex: r"|\vec t\,|",
            unit: "rad²",
            definition: "|Σ z r r⃗|: size of the pull vector",
            reference: "arXiv:1001.5027, eq. 1",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let (mut y, mut phi) = (0.0, 0.0);
        for flow in jet.plane() {
            let weight = flow.pt * flow.radius();
            y += weight * flow.dy;
            phi += weight * flow.dphi;
        }
        y.hypot(phi) / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn opposite_particles_pull_against_each_other() {
        let jets = jet(&[(3.0, 0.1, 0.0), (1.0, -0.2, 0.0)]);
        assert!((Shape.evaluate(jets.jet(0)) - (0.25 * 0.04 - 0.75 * 0.01)).abs() < 1e-15);
        let even = jet(&[(3.0, 0.1, 0.2), (3.0, -0.1, -0.2)]);
        assert!(Shape.evaluate(even.jet(0)) < 1e-15);
    }
}
