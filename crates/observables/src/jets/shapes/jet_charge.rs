//! Jet charge.
//!
//! $$ Q_\kappa = \sum_i z_i^{\kappa}\, q_i, \qquad z_i = p_{T,i} \Big/ \sum_j p_{T,j} $$
//!
//! With a small `κ` soft particles count nearly as much as hard ones, with a large
//! one the hardest decides.
//!
//! * **Units:** the elementary charge.
//! * **Infrared safety:** safe against soft particles for `κ > 0`. A collinear
//!   splitting changes it for every `κ`: charge is not shared as momentum is.
//! * **Reference:** D. Krohn et al., arXiv:1209.2421, eq. 1 (with the sum of the
//!   constituents in place of the jet's transverse momentum).

use super::family::{member_needing, text};
use super::{About, Observable};
use crate::jets::Jet;
use crate::jets::property::Property;

pub(super) fn family() -> Vec<&'static dyn Observable> {
    [0.3, 0.5, 1.0]
        .map(|kappa| of(text(format!("jet_charge_k{kappa}")), kappa))
        .to_vec()
}

/// The jet charge of that name.
pub(super) fn of(name: &'static str, kappa: f64) -> &'static dyn Observable {
    let about = About {
        name,
        symbol: text(format!("Q_{kappa}")),
        latex: text(format!("Q_{{{kappa}}}")),
        unit: "e",
        definition: text(format!("Σ z^{kappa} q: jet charge")),
        reference: "arXiv:1209.2421, eq. 1",
        infrared_safe: false,
    };
    member_needing(about, &[Property::Charge], move |jet| {
        charge(jet.jet(), kappa).unwrap_or(f64::NAN)
    })
}

fn charge(jet: Jet<'_>, kappa: f64) -> Option<f64> {
    let total = jet.scalar_pt();
    let terms = jet.pt.iter().zip(jet.property(Property::Charge)?);
    Some(terms.map(|(pt, q)| (pt / total).powf(kappa) * q).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::by_name;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn charges_are_weighted_by_their_shares() {
        let mut jets = jet(&[(3.0, 0.0, 0.0), (1.0, 0.1, 0.0)]);
        let unknown = by_name("jet_charge_k1").unwrap();
        assert!(unknown.evaluate(jets.jet(0)).is_nan());
        assert_eq!(unknown.needs(), [Property::Charge]);
        jets.set(Property::Charge, vec![1.0, -1.0]).unwrap();
        let value = |name: &str| by_name(name).unwrap().evaluate(jets.jet(0));
        assert_eq!(value("jet_charge_k1"), 0.5);
        assert_eq!(value("jet_charge(kappa=0)"), 0.0);
        assert!((value("jet_charge_k0.5") - (0.75_f64.sqrt() - 0.5)).abs() < 1e-15);
    }
}
