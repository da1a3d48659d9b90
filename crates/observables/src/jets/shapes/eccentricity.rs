//! Eccentricity of the energy flow.
//!
//! $$ \mathrm{ECC} = 1 - \lambda_2/\lambda_1 $$
//!
//! with the eigenvalues `λ₁ ≥ λ₂` of the second moments with weight `pt`: 0 for
//! a round jet, 1 for momentum on a line. 0 by convention if all momentum is on
//! the axis. (The paper measures the variances along the principal axis and
//! across it, which are these eigenvalues.)
//!
//! * **Units:** none.
//! * **Reference:** S. Chekanov, J. Proudfoot, arXiv:1002.3982.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "eccentricity",
            symbol: "ECC",
            latex: r"\mathrm{ECC}",
            unit: "",
            definition: "1 − λ₂/λ₁ of the second moments of the transverse momentum",
            reference: "arXiv:1002.3982",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        let (major, minor) = super::moments::eigenvalues(jet, |pt| pt);
        if major > 0.0 {
            1.0 - minor / major
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
    fn a_line_has_one_and_an_ellipse_what_its_axes_say() {
        let line = jet(&[(1.0, 0.1, 0.2), (3.0, -0.2, -0.4)]);
        assert!((Shape.evaluate(line.jet(0)) - 1.0).abs() < 1e-14);
        let ellipse = jet(&[
            (1.0, 0.2, 0.0),
            (1.0, -0.2, 0.0),
            (1.0, 0.0, 0.1),
            (1.0, 0.0, -0.1),
        ]);
        assert!((Shape.evaluate(ellipse.jet(0)) - 0.75).abs() < 1e-14);
    }
}
