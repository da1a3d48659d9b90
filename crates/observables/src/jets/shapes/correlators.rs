//! Two- and three-point energy correlation functions of a jet, normalised.
//!
//! $$ e_2^{(\beta)} = \sum_{i<j} z_i z_j\, r_{ij}^\beta, \qquad
//!    e_3^{(\beta)} = \sum_{i<j<k} z_i z_j z_k\, (r_{ij} r_{ik} r_{jk})^\beta $$
//!
//! `r_ij` is the distance of two constituents in the plane of rapidity and
//! azimuth. `e₂` is half, `e₃` a sixth of the energy flow polynomial of an
//! edge and of a triangle, which count every pair and triple in every order, and
//! are computed as such (A. Larkoski, G. Salam, J. Thaler, arXiv:1305.0007;
//! the `hadr` measure of arXiv:1712.07124).

use std::sync::LazyLock;

use crate::jets::Jet;
use crate::jets::efp::{EfpGrid, EfpPlan, GraphSet, Workspace};

/// Edge and triangle with one β.
pub(super) type Plan = LazyLock<EfpPlan>;

/// The plans of the two β in use.
pub(super) static BETA_1: Plan = LazyLock::new(|| plan(1.0));
pub(super) static BETA_2: Plan = LazyLock::new(|| plan(2.0));

fn plan(beta: f64) -> EfpPlan {
    let graphs = ["0-1", "0-1,0-2,1-2"].map(str::to_owned).to_vec();
    EfpGrid::new(GraphSet::List { graphs }, 1.0, beta)
        .compile()
        .expect("two graphs of ours")
}

/// `e₂` and `e₃`.
fn two_and_three(jet: Jet<'_>, plan: &EfpPlan) -> (f64, f64) {
    let mut efps = [0.0; 2];
    plan.evaluate(jet, &mut Workspace::default(), &mut efps);
    (efps[0] / 2.0, efps[1] / 6.0)
}

/// `e₃ / e₂^power`, 0 for a jet whose constituents all lie together.
pub(super) fn ratio(jet: Jet<'_>, plan: &EfpPlan, power: i32) -> f64 {
    let (two, three) = two_and_three(jet, plan);
    if two > 0.0 {
        three / two.powi(power)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    #[test]
    fn three_equal_particles_by_hand() {
        let jets = jet(&[(1.0, 0.0, 0.0), (1.0, 0.3, 0.0), (1.0, 0.0, 0.4)]);
        let (two, three) = two_and_three(jets.jet(0), &BETA_1);
        // A handful of products of order 0.1.
        assert!((two - (0.3 + 0.4 + 0.5) / 9.0).abs() < 1e-15);
        assert!((three - 0.3 * 0.4 * 0.5 / 27.0).abs() < 1e-16);
        let (two, three) = two_and_three(jets.jet(0), &BETA_2);
        assert!((two - (0.09 + 0.16 + 0.25) / 9.0).abs() < 1e-15);
        assert!((three - 0.09 * 0.16 * 0.25 / 27.0).abs() < 1e-16);
    }

    #[test]
    fn one_particle_has_no_ratio() {
        assert_eq!(ratio(jet(&[(1.0, 0.0, 0.0)]).jet(0), &BETA_1, 2), 0.0);
    }
}
