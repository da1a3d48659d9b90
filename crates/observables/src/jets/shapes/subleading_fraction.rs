//! The share of the second hardest constituent.
//!
//! $$ z_2 = \max_{i \ne i_1} p_{T,i} \Big/ \sum_i p_{T,i} $$
//!
//! 0 for a jet of one particle.
//!
//! * **Units:** none.
//! * **Reference:** J. Gallicchio, M. Schwartz, arXiv:1211.7038 (among the
//!   variables compared for quark and gluon jets).

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "subleading_fraction",
            symbol: "z2",
            latex: "z_2",
            unit: "",
            definition: "transverse momentum of the second hardest constituent over the sum",
            reference: "arXiv:1211.7038",
            infrared_safe: false,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let first = jet.hardest();
        let others = jet.pt.iter().enumerate().filter(|&(i, _)| i != first);
        others.map(|(_, &pt)| pt).fold(0.0, f64::max) / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn the_second_of_three_has_its_share_and_one_particle_has_none() {
        let jets = jet(&[(1.0, 0.1, 0.0), (5.0, 0.0, 0.0), (2.0, 0.0, 0.0)]);
        assert_eq!(Shape.evaluate(jets.jet(0)), 0.25);
        assert_eq!(Shape.evaluate(jet(&[(1.0, 0.0, 0.0)]).jet(0)), 0.0);
    }
}
