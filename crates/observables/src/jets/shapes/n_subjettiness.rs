//! N-subjettiness `τ_1` to `τ_6` and the ratios of neighbours.
//!
//! See [`subjettiness`](crate::jets::subjettiness): `β = 1`, normalised with
//! `R₀ = 1`, so `τ_N = Σ z min ΔR`. Names say the axes: `tau2` (kT), `tau2_ca`,
//! `tau2_wta`, and behind each `_min` if the axes have moved to the nearest
//! minimum. `tau21` is `τ₂/τ₁`, 0 where `τ₁` is.

use super::family::{member, ratio, text};
use super::{About, Observable};
use crate::jets::subjettiness::{Axes, Subjettiness};

const LARGEST: usize = 6;

pub(super) fn family() -> Vec<&'static dyn Observable> {
    let mut all = Vec::new();
    for one_pass in [false, true] {
        for (axes, suffix, words) in [
            (Axes::Kt, "", "exclusive kT"),
            (Axes::CambridgeAachen, "_ca", "exclusive Cambridge/Aachen"),
            (Axes::WtaKt, "_wta", "exclusive winner-take-all kT"),
        ] {
            let suffix = format!("{suffix}{}", if one_pass { "_min" } else { "" });
            let moved = if one_pass {
                ", moved to the nearest minimum"
            } else {
                ""
            };
            let settings = Subjettiness {
                axes,
                one_pass,
                ..Subjettiness::default()
            };
            let about = |n: usize,
                         name: String,
                         symbol: String,
                         latex: String,
                         unit,
                         definition: String| About {
                name: text(name),
                symbol: text(symbol),
                latex: text(latex),
                unit,
                definition: text(format!("{definition}, {words} axes{moved}")),
                reference: "arXiv:1011.2268, eq. 1",
                // A soft particle far from all others has a Cambridge/Aachen axis.
                infrared_safe: axes != Axes::CambridgeAachen || n == 1,
            };
            for n in 1..=LARGEST {
                let about = about(
                    n,
                    format!("tau{n}{suffix}"),
                    format!("tau{n}"),
                    format!(r"\tau_{n}"),
                    "rad",
                    format!("Σ z min ΔR to {n} axes"),
                );
                all.push(member(about, move |jet| settings.tau(jet, n)));
            }
            for n in 2..=LARGEST {
                let about = about(
                    n,
                    format!("tau{n}{}{suffix}", n - 1),
                    format!("tau{n}{}", n - 1),
                    format!(r"\tau_{{{n}{}}}", n - 1),
                    "",
                    format!("τ_{n} / τ_{}", n - 1),
                );
                all.push(member(about, move |jet| {
                    ratio(settings.tau(jet, n), settings.tau(jet, n - 1))
                }));
            }
        }
    }
    all
}
