//! The integrated jet shape at 0.1: the share of the momentum close to the axis.
//!
//! $$ \psi(0.1) = \sum_{i:\, r_i < 0.1} z_i $$
//!
//! * **Units:** none.
//! * **Reference:** CDF collaboration, hep-ex/0505013.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "core_fraction",
            symbol: "psi(0.1)",
            latex: r"\psi(0.1)",
            unit: "",
            definition: "share of the transverse momentum within 0.1 of the axis",
            reference: "hep-ex/0505013",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let inside = jet.plane().filter(|flow| flow.radius() < 0.1);
        inside.map(|flow| flow.pt).sum::<f64>() / jet.scalar_pt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn only_what_is_close_to_the_axis_counts() {
        let jets = jet(&[(1.0, 0.05, 0.0), (3.0, 0.0, 0.2)]);
        assert_eq!(Shape.evaluate(jets.jet(0)), 0.25);
    }
}
