//! Energy correlation ratio `D₂` with β = 2.
//!
//! $$ D_2^{(2)} = \frac{e_3^{(2)}}{\bigl(e_2^{(2)}\bigr)^3} $$
//!
//! With the correlation functions of [`correlators`](super::correlators);
//! small for two prongs, large for one with wide soft radiation.
//! 0 by convention if all constituents lie together.
//!
//! * **Units:** none.
//! * **Reference:** A. Larkoski, I. Moult, D. Neill, arXiv:1409.6298.

use super::{About, Observable, correlators};
use crate::jets::Jet;

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
        correlators::ratio(jet, &correlators::BETA_2, 3)
    }
}
