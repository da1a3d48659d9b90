//! The number of constituents.
//!
//! Soft and collinear emissions change it, so theory cannot predict it order by
//! order; it is still the best single separator of quarks from gluons.
//!
//! * **Units:** none.
//! * **Reference:** J. Gallicchio, M. Schwartz, arXiv:1106.3076.

use super::{About, Observable};
use crate::jets::Jet;

pub(super) struct Shape;

impl Observable for Shape {
    fn about(&self) -> &About {
        &About {
            name: "multiplicity",
            symbol: "n",
            latex: "n",
            unit: "",
            definition: "number of constituents",
            reference: "arXiv:1106.3076",
            infrared_safe: false,
        }
    }

    fn evaluate(&self, jet: Jet<'_>) -> f64 {
        jet.len() as f64
    }
}
