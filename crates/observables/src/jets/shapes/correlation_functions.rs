//! Energy correlation functions by themselves: `e₂`, `e₃`, `e₄` with `β = 1, 2`.
//!
//! See [`correlations`](crate::jets::correlations). FastJet contrib's `ECF(N)` is
//! `e_N (Σ pt)^N`.

use super::family::{member, text};
use super::{About, Observable};

pub(super) fn family() -> Vec<&'static dyn Observable> {
    let mut all = Vec::new();
    for beta in [1_u32, 2] {
        for n in [2_u32, 3, 4] {
            let angles = beta * n * (n - 1) / 2;
            let about = About {
                name: text(format!("e{n}_beta{beta}")),
                symbol: text(format!("e{n}")),
                latex: text(format!("e_{n}^{{({beta})}}")),
                unit: text(if angles == 1 {
                    "rad".to_owned()
                } else {
                    format!("rad^{angles}")
                }),
                definition: text(format!(
                    "Σ z…z Π θ^{beta} over all sets of {n} constituents"
                )),
                reference: "arXiv:1305.0007",
                infrared_safe: true,
            };
            let beta = f64::from(beta);
            all.push(match n {
                2 => member(about, move |jet| jet.correlations(beta).e2),
                3 => member(about, move |jet| jet.correlations(beta).e3),
                _ => member(about, move |jet| jet.four_point(beta).e4),
            });
        }
    }
    all
}
