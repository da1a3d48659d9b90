//! Ratios of energy correlation functions that count prongs.
//!
//! $$ C_1 = e_2,\quad C_3 = \frac{e_4\, e_2}{e_3^2},\quad
//!    M_i = \frac{{}_1e_{i+1}}{{}_1e_i},\quad N_i = \frac{{}_2e_{i+1}}{({}_1e_i)^2},
//!    \quad U_i = {}_1e_{i+1} $$
//!
//! with `β = 1` and, up to three particles, `β = 2`. `C₂` and `D₂` are files of
//! their own. 0 by convention if all constituents lie together.
//!
//! * **Reference:** A. Larkoski, G. Salam, J. Thaler, arXiv:1305.0007, eq. 4; I. Moult,
//!   L. Necib, J. Thaler, arXiv:1609.07483.

use super::family::{member, ratio, text};
use super::{About, Observable};
use crate::jets::substructure::Substructure;

const C: &str = "arXiv:1305.0007";
const SERIES: &str = "arXiv:1609.07483";

fn one(
    (letter, index, beta, angles): (char, u32, u32, i32),
    definition: &'static str,
    reference: &'static str,
    value: fn(&Substructure<'_>, f64) -> f64,
) -> &'static dyn Observable {
    let lower = letter.to_ascii_lowercase();
    let unit = match angles * beta as i32 {
        0 => "",
        1 => "rad",
        2 => "rad²",
        _ => "rad⁻²",
    };
    let about = About {
        name: text(format!("{lower}{index}_beta{beta}")),
        symbol: text(format!("{letter}{index}")),
        latex: text(format!("{letter}_{index}^{{({beta})}}")),
        unit,
        definition,
        reference,
        infrared_safe: true,
    };
    member(about, move |jet| value(jet, f64::from(beta)))
}

pub(super) fn family() -> Vec<&'static dyn Observable> {
    let mut all = Vec::new();
    for beta in [1, 2] {
        all.extend([
            one(('C', 1, beta, 1), "e₂", C, |jet, beta| {
                jet.correlations(beta).e2
            }),
            one(('C', 3, beta, 1), "e₄ e₂ / e₃²", C, |jet, beta| {
                let few = jet.correlations(beta);
                ratio(jet.four_point(beta).e4 * few.e2, few.e3 * few.e3)
            }),
            one(
                ('M', 2, beta, 0),
                "₁e₃ / ₁e₂: the smallest of three angles",
                SERIES,
                |jet, beta| {
                    let few = jet.correlations(beta);
                    ratio(few.one_e3, few.e2)
                },
            ),
            one(
                ('N', 2, beta, 0),
                "₂e₃ / (₁e₂)²: the two smallest of three angles",
                SERIES,
                |jet, beta| {
                    let few = jet.correlations(beta);
                    ratio(few.two_e3, few.e2 * few.e2)
                },
            ),
            one(('U', 1, beta, 1), "₁e₂", SERIES, |jet, beta| {
                jet.correlations(beta).e2
            }),
            one(
                ('U', 2, beta, 1),
                "₁e₃: the smallest of three angles",
                SERIES,
                |jet, beta| jet.correlations(beta).one_e3,
            ),
        ]);
    }
    all.extend([
        one(
            ('M', 3, 1, 0),
            "₁e₄ / ₁e₃: the smallest of six angles",
            SERIES,
            |jet, beta| ratio(jet.four_point(beta).one_e4, jet.correlations(beta).one_e3),
        ),
        one(
            ('N', 3, 1, 0),
            "₂e₄ / (₁e₃)²: the two smallest of six angles",
            SERIES,
            |jet, beta| {
                let three = jet.correlations(beta).one_e3;
                ratio(jet.four_point(beta).two_e4, three * three)
            },
        ),
        one(
            ('U', 3, 1, 1),
            "₁e₄: the smallest of six angles",
            SERIES,
            |jet, beta| jet.four_point(beta).one_e4,
        ),
    ]);
    all
}
