//! Momentum dispersion.
//!
//! $$ p_T^D = \frac{\sqrt{\sum_i p_{T,i}^2}}{\sum_i p_{T,i}} $$
//!
//! 1 for a single particle, `1/√n` for `n` equal ones.
//!
//! * **Units:** none.
//! * **Reference:** CMS collaboration, CMS-PAS-JME-13-002.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "ptd",
            symbol: "ptD",
            latex: "p_T^D",
            unit: "",
            definition: "√(Σ pt²) / Σ pt: how few particles carry the momentum",
            reference: "CMS-PAS-JME-13-002",
            infrared_safe: false,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.pt.iter().map(|pt| pt * pt).sum::<f64>().sqrt() / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn equal_particles_give_one_over_the_root_of_their_number() {
        let jets = jet(&[(7.0, 0.1, 0.0); 4]);
        assert!((Shape.evaluate(jets.jet(0)) - 0.5).abs() < 1e-15);
    }
}
