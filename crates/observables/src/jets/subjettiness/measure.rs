//! `Σ pt min ΔR^β` over all particles at once.

use pulp::{Arch, Simd, WithSimd};

use crate::jets::padded::Padded;

/// `Σᵢ ptᵢ min_k ΔR_ik^β`, GeV radians^β.
pub(super) fn sum(jet: &Padded, axes: &[[f64; 2]], beta: f64) -> f64 {
    Arch::new().dispatch(Sum { jet, axes, beta })
}

struct Sum<'a> {
    jet: &'a Padded,
    axes: &'a [[f64; 2]],
    beta: f64,
}

impl WithSimd for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let turn = simd.splat_f64s(std::f64::consts::TAU);
        let mut total = simd.splat_f64s(0.0);
        let mut rest = 0.0;
        let particles = S::as_simd_f64s(&self.jet.y).0.iter();
        let particles = particles.zip(S::as_simd_f64s(&self.jet.phi).0);
        for ((&y, &phi), &pt) in particles.zip(S::as_simd_f64s(&self.jet.pt).0) {
            let mut nearest = simd.splat_f64s(f64::INFINITY);
            for axis in self.axes {
                let dy = simd.sub_f64s(y, simd.splat_f64s(axis[0]));
                let apart = simd.abs_f64s(simd.sub_f64s(phi, simd.splat_f64s(axis[1])));
                let dphi = simd.min_f64s(apart, simd.abs_f64s(simd.sub_f64s(turn, apart)));
                let square = simd.add_f64s(simd.mul_f64s(dy, dy), simd.mul_f64s(dphi, dphi));
                nearest = simd.min_f64s(nearest, square);
            }
            if self.beta == 1.0 {
                total = simd.mul_add_e_f64s(pt, simd.sqrt_f64s(nearest), total);
            } else if self.beta == 2.0 {
                total = simd.mul_add_e_f64s(pt, nearest, total);
            } else {
                let (pt, nearest) = ([pt], [nearest]);
                let pt: &[f64] = pulp::bytemuck::cast_slice(&pt);
                let nearest: &[f64] = pulp::bytemuck::cast_slice(&nearest);
                let terms = pt.iter().zip(nearest);
                rest += terms
                    .map(|(pt, square)| pt * square.powf(0.5 * self.beta))
                    .sum::<f64>();
            }
        }
        simd.reduce_sum_f64s(total) + rest
    }
}
