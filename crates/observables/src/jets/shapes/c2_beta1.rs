//! Energy correlation ratio `C₂` with β = 1.
//!
//! $$ C_2^{(1)} = \frac{e_3^{(1)}}{\bigl(e_2^{(1)}\bigr)^2} $$
//!
//! With the correlation functions of [`correlations`](crate::jets::correlations);
//! small for two prongs, when the third particle is soft or close to one of two.
//! 0 by convention if all constituents lie together.
//!
//! * **Units:** radians.
//! * **Reference:** A. Larkoski, G. Salam, J. Thaler, arXiv:1305.0007.

use super::family::ratio;
use super::{About, Observable};
use crate::jets::Jet;
use crate::jets::substructure::Substructure;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "c2_beta1",
            symbol: "C₂",
            latex: r"C_2^{(1)}",
            unit: "rad",
            definition: "e₃/e₂^2 of the energy correlation functions with β = 1",
            reference: "arXiv:1305.0007",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        self.evaluate_among(&Substructure::new(jet))
    }

    fn evaluate_among(&self, jet: &Substructure<'_>) -> f64 {
        let few = jet.correlations(1.0);
        ratio(few.e3, few.e2.powi(2))
    }
}
