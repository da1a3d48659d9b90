//! Les Houches angularity.
//!
//! $$ \mathrm{LHA} = \sum_i z_i\, \sqrt{r_i} $$
//!
//! The angularity `λ¹_{1/2}`, without the division by the root of the jet's
//! radius, which is the same number for all jets of a sample.
//!
//! * **Units:** radians^½.
//! * **Reference:** P. Gras et al., arXiv:1704.03878.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "lha",
            symbol: "LHA",
            latex: r"\lambda^1_{1/2}",
            unit: "rad^½",
            definition: "Σ z √r: Les Houches angularity",
            reference: "arXiv:1704.03878",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.plane()
            .map(|flow| flow.pt * flow.radius().sqrt())
            .sum::<f64>()
            / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn two_particles_weigh_the_roots_of_their_distances() {
        let jets = jet(&[(30.0, 0.09, 0.0), (10.0, 0.0, -0.36)]);
        assert!((Shape.evaluate(jets.jet(0)) - (0.75 * 0.3 + 0.25 * 0.6)).abs() < 1e-15);
    }
}
