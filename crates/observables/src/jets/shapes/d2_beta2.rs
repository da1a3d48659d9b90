//! Energy correlation ratio `D₂` with β = 2.
//!
//! $$ D_2^{(2)} = \frac{e_3^{(2)}}{\bigl(e_2^{(2)}\bigr)^3} $$
//!
//! With the correlation functions of [`correlations`](crate::jets::correlations);
//! small for two prongs, large for one with wide soft radiation.
//! 0 by convention if all constituents lie together.
//!
//! * **Units:** none.
//! * **Reference:** A. Larkoski, I. Moult, D. Neill, arXiv:1409.6298.

use super::family::ratio;
use super::{About, Observable};
use crate::jets::Jet;
use crate::jets::substructure::Substructure;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "d2_beta2",
            symbol: "D₂",
            latex: r"D_2^{(2)}",
            unit: "",
            definition: "e₃/e₂^3 of the energy correlation functions with β = 2",
            reference: "arXiv:1409.6298",
            infrared_safe: true,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        self.evaluate_among(&Substructure::new(jet))
    }

    fn evaluate_among(&self, jet: &Substructure<'_>) -> f64 {
        let few = jet.correlations(2.0);
        ratio(few.e3, few.e2.powi(3))
    }
}
