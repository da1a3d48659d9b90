//! The inner loops of energy flow polynomials, on vectors of the machine.
//!
//! Particles are padded to a multiple of [`LANES`]; a matrix has as many rows
//! and columns. Padding holds finite numbers that a weight of 0 removes, so no
//! loop has a tail. Sums are taken in one order on one kind of machine,
//! whatever the number of threads.

use pulp::Simd;

use super::buffer::Buffer;
use super::measure::Dots;

/// Particles are padded to a multiple of this: the widest vector of `f64`.
pub(super) const LANES: usize = 8;

#[inline(always)]
fn vectors<S: Simd>(slice: &[f64]) -> &[S::f64s] {
    S::as_simd_f64s(slice).0
}

#[inline(always)]
fn vectors_mut<S: Simd>(slice: &mut [f64]) -> &mut [S::f64s] {
    S::as_mut_simd_f64s(slice).0
}

/// The squared angles between all pairs.
#[inline(always)]
pub(super) fn squared_angles<S: Simd>(simd: S, y: &[f64], phi: &[f64], out: &mut [f64]) {
    let (ys, phis) = (vectors::<S>(y), vectors::<S>(phi));
    let turn = simd.splat_f64s(std::f64::consts::TAU);
    let rows = vectors_mut::<S>(out).chunks_exact_mut(ys.len());
    for ((row, &yi), &phii) in rows.zip(y).zip(phi) {
        let (yi, phii) = (simd.splat_f64s(yi), simd.splat_f64s(phii));
        for ((out, &yj), &phij) in row.iter_mut().zip(ys).zip(phis) {
            let dy = simd.sub_f64s(yi, yj);
            let apart = simd.abs_f64s(simd.sub_f64s(phii, phij));
            let dphi = simd.min_f64s(apart, simd.abs_f64s(simd.sub_f64s(turn, apart)));
            *out = simd.mul_add_e_f64s(dy, dy, simd.mul_f64s(dphi, dphi));
        }
    }
}

/// Twice the product of all pairs of momenta, divided as the measure wants it.
///
/// The sine of a difference is a difference of products, of which those of a
/// particle with itself are the same number: a massless particle is at no
/// distance from itself.
#[inline(always)]
pub(super) fn momentum_products<S: Simd>(simd: S, dots: &Dots, out: &mut [f64]) {
    let get = |buffer| vectors::<S>(Buffer::get(buffer));
    let [sinh, cosh] = [get(&dots.half_y[0]), get(&dots.half_y[1])];
    let [sin, cos] = [get(&dots.half_phi[0]), get(&dots.half_phi[1])];
    let (a, mu, factor) = (get(&dots.a), get(&dots.mu), get(&dots.factor));
    let [one, two, four] = [1.0, 2.0, 4.0].map(|x| simd.splat_f64s(x));
    let square = |x| simd.mul_f64s(x, x);
    for (i, row) in vectors_mut::<S>(out).chunks_exact_mut(a.len()).enumerate() {
        let of = |buffer: &Buffer| simd.splat_f64s(buffer.get()[i]);
        let (sinh_i, cosh_i) = (of(&dots.half_y[0]), of(&dots.half_y[1]));
        let (sin_i, cos_i) = (of(&dots.half_phi[0]), of(&dots.half_phi[1]));
        let (a_i, mu_i, factor_i) = (of(&dots.a), of(&dots.mu), of(&dots.factor));
        for (j, out) in row.iter_mut().enumerate() {
            let half_y = simd.sub_f64s(
                simd.mul_f64s(sinh_i, cosh[j]),
                simd.mul_f64s(cosh_i, sinh[j]),
            );
            let half_phi =
                simd.sub_f64s(simd.mul_f64s(sin_i, cos[j]), simd.mul_f64s(cos_i, sin[j]));
            let a_a = simd.mul_f64s(a_i, a[j]);
            let angles = simd.add_f64s(simd.mul_f64s(a_a, square(half_y)), square(half_phi));
            let masses = simd.add_f64s(simd.add_f64s(mu_i, mu[j]), simd.mul_f64s(mu_i, mu[j]));
            let masses = simd.div_f64s(simd.mul_f64s(two, masses), simd.add_f64s(a_a, one));
            let sum = simd.add_f64s(simd.mul_f64s(four, angles), masses);
            *out = simd.mul_f64s(simd.mul_f64s(factor_i, factor[j]), sum);
        }
    }
}

/// `out = √a`.
#[inline(always)]
pub(super) fn root<S: Simd>(simd: S, a: &[f64], out: &mut [f64]) {
    for (out, &a) in vectors_mut::<S>(out).iter_mut().zip(vectors::<S>(a)) {
        *out = simd.sqrt_f64s(a);
    }
}

/// `out = a b`, element by element.
#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, a: &[f64], b: &[f64], out: &mut [f64]) {
    let factors = vectors::<S>(a).iter().zip(vectors::<S>(b));
    for (out, (&a, &b)) in vectors_mut::<S>(out).iter_mut().zip(factors) {
        *out = simd.mul_f64s(a, b);
    }
}

/// `out *= a`, element by element.
#[inline(always)]
pub(super) fn multiply_by<S: Simd>(simd: S, a: &[f64], out: &mut [f64]) {
    for (out, &a) in vectors_mut::<S>(out).iter_mut().zip(vectors::<S>(a)) {
        *out = simd.mul_f64s(*out, a);
    }
}

/// The sum of all elements.
#[inline(always)]
pub(super) fn sum<S: Simd>(simd: S, a: &[f64]) -> f64 {
    let zero = simd.splat_f64s(0.0);
    simd.reduce_sum_f64s(
        vectors::<S>(a)
            .iter()
            .fold(zero, |total, &a| simd.add_f64s(total, a)),
    )
}

/// `Σᵢ a[i] b[i]`.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let zero = simd.splat_f64s(0.0);
    let pairs = vectors::<S>(a).iter().zip(vectors::<S>(b));
    simd.reduce_sum_f64s(pairs.fold(zero, |total, (&a, &b)| simd.mul_add_e_f64s(a, b, total)))
}

/// `out[u] = Σ_v matrix[v][u] x[v]` over the first `count` particles.
#[inline(always)]
pub(super) fn apply<S: Simd>(simd: S, count: usize, matrix: &[f64], x: &[f64], out: &mut [f64]) {
    let matrix = vectors::<S>(matrix);
    let out = vectors_mut::<S>(out);
    let width = out.len();
    let mut column = 0;
    while column < width {
        let (matrix, out) = (&matrix[column..], &mut out[column..]);
        column += match out.len() {
            1 => apply_columns::<S, 1>(simd, width, matrix, &x[..count], out),
            2 => apply_columns::<S, 2>(simd, width, matrix, &x[..count], out),
            3 => apply_columns::<S, 3>(simd, width, matrix, &x[..count], out),
            4 | 6 | 7 => apply_columns::<S, 4>(simd, width, matrix, &x[..count], out),
            _ => apply_columns::<S, 5>(simd, width, matrix, &x[..count], out),
        };
    }
}

/// The first `N` vectors of columns; two sums each, so that one addition need
/// not wait for the one before.
#[inline(always)]
fn apply_columns<S: Simd, const N: usize>(
    simd: S,
    width: usize,
    matrix: &[S::f64s],
    x: &[f64],
    out: &mut [S::f64s],
) -> usize {
    let zero = simd.splat_f64s(0.0);
    let (mut even, mut odd) = ([zero; N], [zero; N]);
    let add = |total: &mut [S::f64s; N], v: usize, x: f64| {
        let row = &matrix[v * width..][..N];
        let x = simd.splat_f64s(x);
        for k in 0..N {
            total[k] = simd.mul_add_e_f64s(x, row[k], total[k]);
        }
    };
    let (pairs, last) = x.as_chunks::<2>();
    for (half, &[a, b]) in pairs.iter().enumerate() {
        add(&mut even, 2 * half, a);
        add(&mut odd, 2 * half + 1, b);
    }
    if let &[a] = last {
        add(&mut even, x.len() - 1, a);
    }
    for k in 0..N {
        out[k] = simd.add_f64s(even[k], odd[k]);
    }
    N
}

/// `out[u] = Σ_v matrix[u][v] x[v]`.
#[inline(always)]
pub(super) fn apply_by_rows<S: Simd>(simd: S, matrix: &[f64], x: &[f64], out: &mut [f64]) {
    for (out, row) in out.iter_mut().zip(matrix.chunks_exact(x.len())) {
        *out = dot(simd, row, x);
    }
}

/// `out[a][b] = Σₖ left[k][a] weight[k] right[k][b]` over the first `count`
/// particles; `scaled` is room for a matrix.
#[inline(always)]
pub(super) fn product<S: Simd>(
    simd: S,
    count: usize,
    left: &[f64],
    weight: &[f64],
    right: &[f64],
    scaled: &mut [f64],
    out: &mut [f64],
) {
    let width = weight.len();
    for ((out, row), &w) in scaled
        .chunks_exact_mut(width)
        .zip(right.chunks_exact(width))
        .zip(&weight[..count])
    {
        let w = simd.splat_f64s(w);
        for (out, &x) in vectors_mut::<S>(out).iter_mut().zip(vectors::<S>(row)) {
            *out = simd.mul_f64s(w, x);
        }
    }
    let scaled = vectors::<S>(scaled);
    let out = vectors_mut::<S>(out);
    if S::F64_LANES >= 8 {
        // 24 sums, 3 columns and a factor: 28 of 32 registers.
        product_rows::<S, 8>(simd, count, width, left, scaled, out);
    } else {
        // 12 sums, 3 columns and a factor: all of 16 registers.
        product_rows::<S, 4>(simd, count, width, left, scaled, out);
    }
}

#[inline(always)]
fn product_rows<S: Simd, const R: usize>(
    simd: S,
    count: usize,
    width: usize,
    left: &[f64],
    right: &[S::f64s],
    out: &mut [S::f64s],
) {
    let columns = width / S::F64_LANES;
    for row in (0..width).step_by(R) {
        let left = &left[row..];
        let out = &mut out[row * columns..];
        let mut column = 0;
        while column < columns {
            let (right, out) = (&right[column..], &mut out[column..]);
            column += match columns - column {
                1 => product_block::<S, R, 1>(simd, count, columns, left, right, out),
                2 | 4 => product_block::<S, R, 2>(simd, count, columns, left, right, out),
                _ => product_block::<S, R, 3>(simd, count, columns, left, right, out),
            };
        }
    }
}

/// `R` rows and `N` vectors of columns of a product.
#[inline(always)]
fn product_block<S: Simd, const R: usize, const N: usize>(
    simd: S,
    count: usize,
    columns: usize,
    left: &[f64],
    right: &[S::f64s],
    out: &mut [S::f64s],
) -> usize {
    let width = columns * S::F64_LANES;
    let mut total = [[simd.splat_f64s(0.0); N]; R];
    for k in 0..count {
        let factors = &left[k * width..][..R];
        let row = &right[k * columns..][..N];
        for r in 0..R {
            let factor = simd.splat_f64s(factors[r]);
            for n in 0..N {
                total[r][n] = simd.mul_add_e_f64s(factor, row[n], total[r][n]);
            }
        }
    }
    for r in 0..R {
        out[r * columns..][..N].copy_from_slice(&total[r]);
    }
    N
}

/// `out[a][b] = matrix[b][a]`.
pub(super) fn transpose(width: usize, matrix: &[f64], out: &mut [f64]) {
    for (row, out) in out.chunks_exact_mut(width).enumerate() {
        for (out, line) in out.iter_mut().zip(matrix.chunks_exact(width)) {
            *out = line[row];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::WithSimd;

    /// All kernels against the sums as written, for every shape of the tiling.
    struct Check {
        count: usize,
    }

    impl WithSimd for Check {
        type Output = ();

        fn with_simd<S: Simd>(self, simd: S) {
            let count = self.count;
            let width = count.next_multiple_of(LANES);
            let number = |i: usize| ((i * 7919 + 13) % 101) as f64 - 50.0;
            let matrix = |seed: usize| {
                (0..width * width)
                    .map(|i| number(i + seed))
                    .collect::<Vec<_>>()
            };
            let (a, b) = (matrix(1), matrix(2));
            let x: Vec<f64> = (0..width)
                .map(|i| if i < count { number(i) } else { 0.0 })
                .collect();
            let (mut out, mut scaled) = (vec![0.0; width * width], vec![0.0; width * width]);

            // All numbers are integers: sums in any order are exact.
            product(simd, count, &a, &x, &b, &mut scaled, &mut out);
            for i in 0..width {
                for j in 0..width {
                    let expected: f64 = (0..count)
                        .map(|k| a[k * width + i] * x[k] * b[k * width + j])
                        .sum();
                    assert_eq!(out[i * width + j], expected, "{count} {i} {j}");
                }
            }
            let mut y = vec![0.0; width];
            apply(simd, count, &a, &x, &mut y);
            let mut z = vec![0.0; width];
            apply_by_rows(simd, &a, &x, &mut z);
            for u in 0..width {
                assert_eq!(
                    y[u],
                    (0..count).map(|v| a[v * width + u] * x[v]).sum::<f64>()
                );
                assert_eq!(
                    z[u],
                    (0..count).map(|v| a[u * width + v] * x[v]).sum::<f64>()
                );
            }
            assert_eq!(sum(simd, &x), x.iter().sum::<f64>());
        }
    }

    #[test]
    fn kernels_agree_with_the_sums_as_written() {
        for count in (1..=70).chain([101]) {
            pulp::Arch::new().dispatch(Check { count });
            pulp::Scalar::new();
            Check { count }.with_simd(pulp::Scalar::new());
        }
    }
}
