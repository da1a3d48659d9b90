//! Minor axis of the energy flow.
//!
//! $$ \sigma_2 = \sqrt{\lambda_2} $$
//!
//! with the smaller eigenvalue of the second moments with weight `pt²`, in
//! which soft particles hardly count: the "axis2" of quark and gluon taggers.
//!
//! * **Units:** radians.
//! * **Reference:** CMS collaboration, CMS-PAS-JME-13-002.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "minor_axis",
            symbol: "sigma2",
            latex: r"\sigma_2",
            unit: "rad",
            definition: "√λ₂ of the second moments with weight pt²",
            reference: "CMS-PAS-JME-13-002",
            infrared_safe: false,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        super::moments::eigenvalues(jet, |pt| pt * pt).1.sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn it_is_the_shorter_half_axis_of_an_ellipse() {
        let ellipse = jet(&[
            (2.0, 0.2, 0.0),
            (2.0, -0.2, 0.0),
            (2.0, 0.0, 0.1),
            (2.0, 0.0, -0.1),
        ]);
        assert!((Shape.evaluate(ellipse.jet(0)) - (0.5_f64 * 0.01).sqrt()).abs() < 1e-14);
    }
}
