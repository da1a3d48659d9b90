//! Jet charge.
//!
//! $$ Q_\kappa = \sum_i z_i^{\kappa}\, q_i, \qquad z_i = p_{T,i} \Big/ \sum_j p_{T,j} $$
//!
//! With a small `κ` soft particles count nearly as much as hard ones, with a large
//! one the hardest decides.
//!
//! * **Units:** the elementary charge.
//! * **Infrared safety:** safe against soft particles for `κ > 0`; a collinear
//!   splitting changes it unless `κ = 1`.
//! * **Reference:** D. Krohn et al., arXiv:1209.2421, eq. 1 (with the sum of the
//!   constituents in place of the jet's transverse momentum).

use super::Jet;
use crate::ObservableError;

/// The charge of a jet whose constituents have these charges.
pub fn jet_charge(jet: Jet<'_>, charges: &[f64], kappa: f64) -> Result<f64, ObservableError> {
    if charges.len() != jet.len() {
        return Err(ObservableError::setting(
            "charges",
            format!("{} numbers for {} constituents", charges.len(), jet.len()),
            "one for each constituent",
        ));
    }
    let total = jet.scalar_pt();
    let terms = jet.pt.iter().zip(charges);
    Ok(terms.map(|(pt, q)| (pt / total).powf(kappa) * q).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn charges_are_weighted_by_their_shares() {
        let jets = jet(&[(3.0, 0.0, 0.0), (1.0, 0.1, 0.0)]);
        let charge = |charges: &[f64], kappa| jet_charge(jets.jet(0), charges, kappa);
        assert_eq!(charge(&[1.0, -1.0], 1.0).unwrap(), 0.5);
        assert_eq!(charge(&[1.0, -1.0], 0.0).unwrap(), 0.0);
        assert!((charge(&[1.0, -1.0], 0.5).unwrap() - (0.75_f64.sqrt() - 0.5)).abs() < 1e-15);
        assert!(charge(&[1.0], 1.0).is_err());
    }
}
