//! Numbers of the Lund plane.
//!
//! See [`lund`](crate::jets::lund). The Lund multiplicity is 1 and the number of
//! emissions of the full plane with `k_T` above 1 GeV (R. Medves, A. Soto-Ontoso,
//! G. Soyez, arXiv:2205.02861); the others are of the primary plane.

use super::family::member;
use super::{About, Observable};
use crate::jets::lund::{Plane, declusterings};

/// Emissions below are not counted, GeV.
const CUT: f64 = 1.0;

pub(super) fn family() -> Vec<&'static dyn Observable> {
    let about = |name, symbol, latex, unit, definition, reference, infrared_safe| About {
        name,
        symbol,
        latex,
        unit,
        definition,
        reference,
        infrared_safe,
    };
    vec![
        member(
            about(
                "lund_multiplicity",
                "n_Lund",
                r"n_{\text{Lund}}",
                "",
                "1 + emissions of the full Lund plane with kT above 1 GeV",
                "arXiv:2205.02861",
                true,
            ),
            |jet| {
                let all = declusterings(jet, Plane::Full);
                1.0 + all.iter().filter(|emission| emission.kt > CUT).count() as f64
            },
        ),
        member(
            about(
                "lund_kt_max",
                "kT max",
                r"k_T^{\max}",
                "GeV",
                "largest kT on the primary Lund plane",
                "arXiv:1807.04758",
                true,
            ),
            |jet| {
                let primary = declusterings(jet, Plane::Primary);
                primary
                    .iter()
                    .map(|emission| emission.kt)
                    .fold(0.0, f64::max)
            },
        ),
        member(
            about(
                "lund_n_primary",
                "n primary",
                r"n_{\text{primary}}",
                "",
                "emissions of the primary Lund plane with kT above 1 GeV",
                "arXiv:1807.04758",
                true,
            ),
            |jet| {
                let primary = declusterings(jet, Plane::Primary);
                primary.iter().filter(|emission| emission.kt > CUT).count() as f64
            },
        ),
    ]
}
