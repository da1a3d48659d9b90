//! The share of the hardest constituent.
//!
//! $$ z_1 = \max_i p_{T,i} \Big/ \sum_i p_{T,i} $$
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
            name: "leading_fraction",
            symbol: "z1",
            latex: "z_1",
            unit: "",
            definition: "transverse momentum of the hardest constituent over the sum",
            reference: "arXiv:1211.7038",
            infrared_safe: false,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.pt[jet.hardest()] / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn the_hardest_of_two_has_its_share() {
        let jets = jet(&[(1.0, 0.1, 0.0), (3.0, 0.0, 0.0)]);
        assert_eq!(Shape.evaluate(jets.jet(0)), 0.75);
    }
}
