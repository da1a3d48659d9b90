//! Energy correlation functions.
//!
//! Of the momentum shares `z` and the distances `θ` of two, three and four
//! particles, over all sets of particles once:
//!
//! $$ e_n^{(\beta)} = \sum_{i_1 < \dots < i_n} z_{i_1} \cdots z_{i_n}
//!      \prod_{\text{pairs}} \theta^\beta, \qquad
//!    {}_v e_n^{(\beta)} = \sum_{i_1 < \dots < i_n} z_{i_1} \cdots z_{i_n}
//!      \prod_{m=1}^{v} \min^{(m)}\{\theta^\beta\} $$
//!
//! where `min^{(m)}` is the `m`-th smallest of the distances of the set. They
//! come from one pass over the triples and one over the quadruples, for all `v`
//! at once; pairs are computed once.
//!
//! * **Units:** `radians^{v β}`.
//! * **Reference:** A. Larkoski, G. Salam, J. Thaler, arXiv:1305.0007; I. Moult,
//!   L. Necib, J. Thaler, arXiv:1609.07483, eq. 1.1.

use pulp::{Arch, Simd, WithSimd};

use super::padded::{LANES, Padded};

/// Correlation functions of two and three particles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlations {
    /// `e₂`.
    pub e2: f64,
    /// `e₃ = ₃e₃`.
    pub e3: f64,
    /// `₁e₃`: the smallest distance of three.
    pub one_e3: f64,
    /// `₂e₃`: the two smallest.
    pub two_e3: f64,
}

/// Correlation functions of four particles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FourPoint {
    /// `e₄ = ₆e₄`.
    pub e4: f64,
    /// `₁e₄`: the smallest of six distances.
    pub one_e4: f64,
    /// `₂e₄`: the two smallest.
    pub two_e4: f64,
}

impl Correlations {
    pub(super) fn of(jet: &Padded, beta: f64) -> Self {
        Arch::new().dispatch(Triples(Pairs::new(jet, beta)))
    }
}

impl FourPoint {
    pub(super) fn of(jet: &Padded, beta: f64) -> Self {
        Arch::new().dispatch(Quadruples(Pairs::new(jet, beta)))
    }
}

/// Shares and distances `θ^β`, a row of vectors per particle.
struct Pairs {
    count: usize,
    width: usize,
    z: Vec<f64>,
    theta: Vec<f64>,
}

impl Pairs {
    fn new(jet: &Padded, beta: f64) -> Self {
        let width = jet.width();
        let total: f64 = jet.pt.iter().sum();
        let z = jet.pt.iter().map(|pt| pt / total).collect();
        let mut theta = vec![0.0; jet.count * width];
        Arch::new().dispatch(Distances {
            jet,
            beta,
            out: &mut theta,
        });
        Self {
            count: jet.count,
            width,
            z,
            theta,
        }
    }

    fn row(&self, i: usize) -> &[f64] {
        &self.theta[i * self.width..][..self.width]
    }
}

struct Distances<'a> {
    jet: &'a Padded,
    beta: f64,
    out: &'a mut [f64],
}

impl WithSimd for Distances<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (ys, phis) = (vectors::<S>(&self.jet.y), vectors::<S>(&self.jet.phi));
        let turn = simd.splat_f64s(std::f64::consts::TAU);
        let width = self.jet.width();
        for (i, row) in self.out.chunks_exact_mut(width).enumerate() {
            let y = simd.splat_f64s(self.jet.y[i]);
            let phi = simd.splat_f64s(self.jet.phi[i]);
            for ((out, &yj), &phij) in S::as_mut_simd_f64s(row).0.iter_mut().zip(ys).zip(phis) {
                let dy = simd.sub_f64s(y, yj);
                let apart = simd.abs_f64s(simd.sub_f64s(phi, phij));
                let dphi = simd.min_f64s(apart, simd.abs_f64s(simd.sub_f64s(turn, apart)));
                let square = simd.add_f64s(simd.mul_f64s(dy, dy), simd.mul_f64s(dphi, dphi));
                *out = if self.beta == 1.0 {
                    simd.sqrt_f64s(square)
                } else {
                    square
                };
            }
            if self.beta != 1.0 && self.beta != 2.0 {
                for out in row {
                    *out = out.powf(0.5 * self.beta);
                }
            }
        }
    }
}

#[inline(always)]
fn vectors<S: Simd>(list: &[f64]) -> &[S::f64s] {
    S::as_simd_f64s(list).0
}

/// The vector behind particle `last`, and the shares in it of later particles.
#[inline(always)]
fn behind<S: Simd>(simd: S, z: &[S::f64s], last: usize) -> (usize, S::f64s) {
    let first = (last + 1) / S::F64_LANES;
    let numbers: [f64; LANES] = std::array::from_fn(|lane| lane as f64);
    let lanes = vectors::<S>(&numbers[..S::F64_LANES])[0];
    let from = simd.splat_f64s(((last + 1) % S::F64_LANES) as f64 - 0.5);
    match z.get(first) {
        Some(&z) => {
            let later = simd.less_than_f64s(from, lanes);
            (first, simd.select_f64s(later, z, simd.splat_f64s(0.0)))
        }
        None => (first, simd.splat_f64s(0.0)),
    }
}

struct Triples(Pairs);

impl WithSimd for Triples {
    type Output = Correlations;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Correlations {
        let pairs = &self.0;
        let zs = vectors::<S>(&pairs.z);
        let zero = simd.splat_f64s(0.0);
        let mut two = 0.0;
        let (mut one_e3, mut two_e3, mut e3) = (zero, zero, zero);
        for i in 0..pairs.count {
            let row_i = vectors::<S>(pairs.row(i));
            for j in i + 1..pairs.count {
                let theta = pairs.theta[i * pairs.width + j];
                let zz = pairs.z[i] * pairs.z[j];
                two += zz * theta;
                let row_j = vectors::<S>(pairs.row(j));
                let a = simd.splat_f64s(theta);
                let (first, mut z) = behind(simd, zs, j);
                let (mut sum_1, mut sum_2, mut sum_3) = (zero, zero, zero);
                for k in first..zs.len() {
                    let (b, c) = (row_i[k], row_j[k]);
                    let (low, high) = (simd.min_f64s(b, c), simd.max_f64s(b, c));
                    let least = simd.min_f64s(a, low);
                    let second = simd.max_f64s(low, simd.min_f64s(a, high));
                    let least = simd.mul_f64s(z, least);
                    sum_1 = simd.add_f64s(sum_1, least);
                    sum_2 = simd.mul_add_e_f64s(least, second, sum_2);
                    sum_3 = simd.mul_add_e_f64s(z, simd.mul_f64s(b, c), sum_3);
                    z = zs[(k + 1).min(zs.len() - 1)];
                }
                let zz = simd.splat_f64s(zz);
                one_e3 = simd.mul_add_e_f64s(zz, sum_1, one_e3);
                two_e3 = simd.mul_add_e_f64s(zz, sum_2, two_e3);
                e3 = simd.mul_add_e_f64s(simd.mul_f64s(zz, a), sum_3, e3);
            }
        }
        Correlations {
            e2: two,
            e3: simd.reduce_sum_f64s(e3),
            one_e3: simd.reduce_sum_f64s(one_e3),
            two_e3: simd.reduce_sum_f64s(two_e3),
        }
    }
}

struct Quadruples(Pairs);

impl WithSimd for Quadruples {
    type Output = FourPoint;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> FourPoint {
        let pairs = &self.0;
        let zs = vectors::<S>(&pairs.z);
        let zero = simd.splat_f64s(0.0);
        let (mut one_e4, mut two_e4, mut e4) = (zero, zero, zero);
        for i in 0..pairs.count {
            for j in i + 1..pairs.count {
                for k in j + 1..pairs.count {
                    let theta = |u: usize, v: usize| pairs.theta[u * pairs.width + v];
                    let mut three = [theta(i, j), theta(i, k), theta(j, k)];
                    let product = simd.splat_f64s(three[0] * three[1] * three[2]);
                    three.sort_unstable_by(f64::total_cmp);
                    let (s1, s2) = (simd.splat_f64s(three[0]), simd.splat_f64s(three[1]));
                    let rows = [i, j, k].map(|u| vectors::<S>(pairs.row(u)));
                    let (first, mut z) = behind(simd, zs, k);
                    let (mut sum_1, mut sum_2, mut sum_6) = (zero, zero, zero);
                    for l in first..zs.len() {
                        let (x, y, w) = (rows[0][l], rows[1][l], rows[2][l]);
                        let (low, high) = (simd.min_f64s(x, y), simd.max_f64s(x, y));
                        let m1 = simd.min_f64s(low, w);
                        let m2 = simd.max_f64s(low, simd.min_f64s(high, w));
                        let least = simd.mul_f64s(z, simd.min_f64s(s1, m1));
                        let second = simd.min_f64s(simd.max_f64s(s1, m1), simd.min_f64s(s2, m2));
                        sum_1 = simd.add_f64s(sum_1, least);
                        sum_2 = simd.mul_add_e_f64s(least, second, sum_2);
                        let all = simd.mul_f64s(simd.mul_f64s(x, y), w);
                        sum_6 = simd.mul_add_e_f64s(z, all, sum_6);
                        z = zs[(l + 1).min(zs.len() - 1)];
                    }
                    let zzz = simd.splat_f64s(pairs.z[i] * pairs.z[j] * pairs.z[k]);
                    one_e4 = simd.mul_add_e_f64s(zzz, sum_1, one_e4);
                    two_e4 = simd.mul_add_e_f64s(zzz, sum_2, two_e4);
                    e4 = simd.mul_add_e_f64s(simd.mul_f64s(zzz, product), sum_6, e4);
                }
            }
        }
        FourPoint {
            e4: simd.reduce_sum_f64s(e4),
            one_e4: simd.reduce_sum_f64s(one_e4),
            two_e4: simd.reduce_sum_f64s(two_e4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jets::shapes::testing::jet;

    /// The definition as written: every set, its distances sorted.
    fn plainly(jet: &Padded, beta: f64) -> ([f64; 4], [f64; 3]) {
        let pairs = Pairs::new(jet, beta);
        let n = pairs.count;
        let theta = |u: usize, v: usize| pairs.theta[u * pairs.width + v];
        let (mut few, mut many) = ([0.0; 4], [0.0; 3]);
        for i in 0..n {
            for j in i + 1..n {
                few[0] += pairs.z[i] * pairs.z[j] * theta(i, j);
                for k in j + 1..n {
                    let mut angles = [theta(i, j), theta(i, k), theta(j, k)];
                    angles.sort_by(f64::total_cmp);
                    let z = pairs.z[i] * pairs.z[j] * pairs.z[k];
                    few[1] += z * angles.iter().product::<f64>();
                    few[2] += z * angles[0];
                    few[3] += z * angles[0] * angles[1];
                    for l in k + 1..n {
                        let more = [theta(i, l), theta(j, l), theta(k, l)];
                        let mut angles: Vec<f64> = angles.into_iter().chain(more).collect();
                        angles.sort_by(f64::total_cmp);
                        let z = z * pairs.z[l];
                        many[0] += z * angles.iter().product::<f64>();
                        many[1] += z * angles[0];
                        many[2] += z * angles[0] * angles[1];
                    }
                }
            }
        }
        (few, many)
    }

    #[test]
    fn the_passes_agree_with_the_definitions_for_every_number_of_particles() {
        for n in 1..=27_usize {
            let number = |i: usize| ((i * 7919 + 13) % 101) as f64 / 101.0;
            let parts: Vec<(f64, f64, f64)> = (0..n)
                .map(|i| (0.1 + number(i), number(i + 31) - 0.5, 6.0 + number(i + 57)))
                .collect();
            let jets = jet(&parts);
            let padded = Padded::new(jets.jet(0));
            for beta in [0.5, 1.0, 2.0] {
                let (few, many) = plainly(&padded, beta);
                let c = Correlations::of(&padded, beta);
                let f = FourPoint::of(&padded, beta);
                let ours = [c.e2, c.e3, c.one_e3, c.two_e3, f.e4, f.one_e4, f.two_e4];
                for (ours, expected) in ours.into_iter().zip(few.into_iter().chain(many)) {
                    // Sums of at most 17,550 terms of one sign.
                    assert!((ours - expected).abs() <= 1e-12 * expected, "{n} {beta}");
                }
            }
        }
    }
}
