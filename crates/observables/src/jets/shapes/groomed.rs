//! Mass and momentum of groomed jets, and the splittings that passed.
//!
//! See [`grooming`](crate::jets::grooming). Settings in use: modified mass drop
//! `z_cut = 0.1`; soft drop `β = 1`, `z_cut = 0.1`, recursively with
//! `z_cut = 0.05` and no end (angles are not divided by a radius); trimming
//! `R = 0.2`, `f_cut = 0.03`; pruning `z_cut = 0.1`, `R_cut = m/pt`; filtering
//! `R = 0.3`, three subjets. Without a splitting that passes `z_g` and `R_g`
//! are 0.

use super::family::{member, text};
use super::{About, Observable};
use crate::jets::grooming::{Filtering, Groomer, Pruning, RecursiveSoftDrop, SoftDrop, Trimming};

fn groomers() -> [(&'static str, &'static str, &'static str, Groomer); 6] {
    let soft_drop = SoftDrop::new(1.0, 0.1);
    let mass_drop = SoftDrop::new(0.0, 0.1);
    let recursive = RecursiveSoftDrop {
        soft_drop: SoftDrop::new(1.0, 0.05),
        layers: None,
    };
    let trimming = Trimming {
        radius: 0.2,
        fcut: 0.03,
    };
    let pruning = Pruning {
        zcut: 0.1,
        rcut_factor: 0.5,
    };
    let filtering = Filtering {
        radius: 0.3,
        hardest: 3,
    };
    [
        (
            "mmdt",
            "modified mass drop, zcut 0.1",
            "arXiv:1307.0007",
            Groomer::SoftDrop(mass_drop),
        ),
        (
            "soft_drop",
            "soft drop, beta 1, zcut 0.1",
            "arXiv:1402.2657, eq. 1.1",
            Groomer::SoftDrop(soft_drop),
        ),
        (
            "recursive_soft_drop",
            "recursive soft drop, beta 1, zcut 0.05",
            "arXiv:1804.03657",
            Groomer::RecursiveSoftDrop(recursive),
        ),
        (
            "trimmed",
            "trimming, R 0.2, fcut 0.03",
            "arXiv:0912.1342",
            Groomer::Trimming(trimming),
        ),
        (
            "pruned",
            "pruning, zcut 0.1, Rcut m/pt",
            "arXiv:0912.0033",
            Groomer::Pruning(pruning),
        ),
        (
            "filtered",
            "filtering, R 0.3, three subjets",
            "arXiv:0802.2470",
            Groomer::Filtering(filtering),
        ),
    ]
}

pub(super) fn family() -> Vec<&'static dyn Observable> {
    let mut all = Vec::new();
    for (name, words, reference, groomer) in groomers() {
        let about = |quantity: &str, symbol: &str, unit, what: &str, infrared_safe| About {
            name: text(format!("{name}_{quantity}")),
            symbol: text(format!("{symbol}({})", name.replace('_', " "))),
            latex: text(format!(r"{symbol}^{{\text{{{}}}}}", name.replace('_', " "))),
            unit,
            definition: text(format!("{what} after {words}")),
            reference,
            infrared_safe,
        };
        all.push(member(
            about("mass", "m", "GeV", "mass", true),
            move |jet| groomer.groom(jet).jet.m(),
        ));
        // With β = 0 a jet of one particle keeps it whole or loses the softer half
        // of its collinear splitting (arXiv:1704.02210).
        let collinear_safe = name != "mmdt";
        all.push(member(
            about("pt", "pt", "GeV", "transverse momentum", collinear_safe),
            move |jet| groomer.groom(jet).jet.pt(),
        ));
        if !matches!(groomer, Groomer::SoftDrop(_)) {
            continue;
        }
        // Where nothing passes, a collinear splitting of what is left does: z_g is
        // Sudakov safe only, R_g is 0 before and after.
        all.push(member(
            about(
                "zg",
                "z_g",
                "",
                "momentum share of the splitting that passes",
                false,
            ),
            move |jet| groomer.groom(jet).splitting.unwrap_or_default().z,
        ));
        all.push(member(
            about(
                "rg",
                "R_g",
                "rad",
                "angle of the splitting that passes",
                true,
            ),
            move |jet| groomer.groom(jet).splitting.unwrap_or_default().r,
        ));
    }
    all
}
