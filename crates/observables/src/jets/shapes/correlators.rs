//! Two- and three-point energy correlation functions of a jet, normalised.
//!
//! $$ e_2^{(\beta)} = \sum_{i<j} z_i z_j\, r_{ij}^\beta, \qquad
//!    e_3^{(\beta)} = \sum_{i<j<k} z_i z_j z_k\, (r_{ij} r_{ik} r_{jk})^\beta $$
//!
//! `r_ij` is the distance of two constituents in the plane of rapidity and
//! azimuth. `e₂` is half, `e₃` a sixth of the energy flow polynomial of an
//! edge and of a triangle (A. Larkoski, G. Salam, J. Thaler,
//! arXiv:1305.0007; the `hadr` measure of arXiv:1712.07124).
//!
//! The triples are summed over rows of `z_k r_ik^β`, so that the innermost loop
//! is a product of two rows.

use crate::jets::{Flow, Jet};

/// `e₂` and `e₃`.
pub(super) fn two_and_three(jet: Jet<'_>, beta: f64) -> (f64, f64) {
    let flows: Vec<Flow> = jet.plane().collect();
    let total = jet.scalar_pt();
    let n = flows.len();
    // Row i holds r_ik^β; weights are kept apart.
    let mut power = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..i {
            let (dy, dphi) = (flows[i].dy - flows[j].dy, flows[i].dphi - flows[j].dphi);
            let r = (dy * dy + dphi * dphi).powf(0.5 * beta);
            power[i * n + j] = r;
            power[j * n + i] = r;
        }
    }
    let z: Vec<f64> = flows.iter().map(|flow| flow.pt / total).collect();
    let weighted: Vec<f64> = power
        .chunks_exact(n.max(1))
        .flat_map(|row| row.iter().zip(&z).map(|(r, z)| r * z))
        .collect();
    let (mut two, mut three) = (0.0, 0.0);
    for i in 0..n {
        for j in 0..i {
            let pair = z[i] * z[j] * power[i * n + j];
            two += pair;
            let rows = weighted[i * n..i * n + j]
                .iter()
                .zip(&power[j * n..j * n + j]);
            three += pair * rows.map(|(a, b)| a * b).sum::<f64>();
        }
    }
    (two, three)
}

/// `e₃ / e₂^power`, 0 for a jet whose constituents all lie together.
pub(super) fn ratio(jet: Jet<'_>, beta: f64, power: i32) -> f64 {
    let (two, three) = two_and_three(jet, beta);
    if two > 0.0 {
        three / two.powi(power)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::efp::{EfpGrid, GraphSet, Workspace};
    use crate::jets::shapes::testing::jet;

    #[test]
    fn they_are_the_polynomials_of_edge_and_triangle() {
        let jets = jet(&[
            (60.0, 0.11, 0.05),
            (30.0, -0.21, 0.15),
            (20.0, 0.02, -0.3),
            (5.0, 0.3, 0.25),
            (2.0, -0.05, -0.12),
        ]);
        for beta in [0.5, 1.0, 2.0] {
            let (two, three) = two_and_three(jets.jet(0), beta);
            let graphs = ["0-1", "0-1,0-2,1-2"].map(str::to_owned).to_vec();
            let plan = EfpGrid::new(GraphSet::List { graphs }, 1.0, beta)
                .compile()
                .unwrap();
            let mut efps = [0.0; 2];
            plan.evaluate(jets.jet(0), &mut Workspace::default(), &mut efps);
            // The same few products in another order.
            assert!((two - efps[0] / 2.0).abs() < 1e-14 * two);
            assert!((three - efps[1] / 6.0).abs() < 1e-14 * three);
        }
    }

    #[test]
    fn three_equal_particles_by_hand() {
        let jets = jet(&[(1.0, 0.0, 0.0), (1.0, 0.3, 0.0), (1.0, 0.0, 0.4)]);
        let (two, three) = two_and_three(jets.jet(0), 1.0);
        assert!((two - (0.3 + 0.4 + 0.5) / 9.0).abs() < 1e-15);
        assert!((three - 0.3 * 0.4 * 0.5 / 27.0).abs() < 1e-16);
        assert_eq!(ratio(jet(&[(1.0, 0.0, 0.0)]).jet(0), 1.0, 2), 0.0);
    }
}
