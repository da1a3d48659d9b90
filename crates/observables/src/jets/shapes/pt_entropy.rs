//! Entropy of the momentum shares.
//!
//! $$ S = -\sum_i z_i \ln z_i $$
//!
//! 0 for a single particle, `ln n` for `n` equal ones.
//!
//! * **Units:** none (natural units of information).
//! * **Reference:** D. Neill, W. Waalewijn, arXiv:1811.01021 (there of
//!   subjets, here of the constituents).

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "pt_entropy",
            symbol: "S",
            latex: "S_{p_T}",
            unit: "",
            definition: "−Σ z ln z: entropy of the momentum shares of the constituents",
            reference: "arXiv:1811.01021",
            infrared_safe: false,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let total = jet.scalar_pt();
        -jet.pt
            .iter()
            .map(|pt| pt / total * (pt / total).ln())
            .sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn equal_particles_have_the_logarithm_of_their_number() {
        let jets = jet(&[(7.0, 0.1, 0.0); 8]);
        assert!((Shape.evaluate(jets.jet(0)) - 8.0_f64.ln()).abs() < 1e-14);
    }
}
