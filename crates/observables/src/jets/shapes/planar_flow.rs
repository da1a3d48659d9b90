//! Planar flow: how evenly the momentum fills the plane around the axis.
//!
//! $$ P = \frac{4 \det I}{(\operatorname{tr} I)^2} = \frac{4\lambda_1\lambda_2}{(\lambda_1+\lambda_2)^2} $$
//!
//! 0 for momentum on a line through the axis (two prongs), 1 for momentum that
//! is spread evenly. `I` are the second moments of the plane of rapidity and
//! azimuth with weight `pt`, the small-angle form of the published tensor.
//! 0 by convention if all momentum is on the axis.
//!
//! * **Units:** none.
//! * **Reference:** L. Almeida et al., arXiv:0807.0234.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "planar_flow",
            symbol: "Pf",
            latex: "P_f",
            unit: "",
            definition: "4 λ₁λ₂/(λ₁+λ₂)² of the second moments of the transverse momentum",
            reference: "arXiv:0807.0234",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let (major, minor) = super::moments::eigenvalues(jet, |pt| pt);
        if major > 0.0 {
            4.0 * major * minor / (major + minor).powi(2)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn a_line_has_none_and_a_cross_has_one() {
        let line = jet(&[(1.0, 0.1, 0.2), (3.0, -0.2, -0.4)]);
        assert!(Shape.evaluate(line.jet(0)).abs() < 1e-14);
        let cross = jet(&[
            (1.0, 0.1, 0.0),
            (1.0, -0.1, 0.0),
            (1.0, 0.0, 0.1),
            (1.0, 0.0, -0.1),
        ]);
        assert!((Shape.evaluate(cross.jet(0)) - 1.0).abs() < 1e-14);
        assert_eq!(Shape.evaluate(jet(&[(1.0, 0.0, 0.0)]).jet(0)), 0.0);
    }
}
