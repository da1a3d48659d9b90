//! Many rows times one matrix, `C = A B + b`, with `B` ordered once for all
//! pieces of the rows.
//!
//! `B` is cut into panels of 256 bytes of neighbouring columns, which stay in
//! the first cache while six rows of `A` at a time pass by: their sums are kept
//! in registers, and the row `b` is added when they are written. Each number of
//! `C` is one sum over `k` from the first term to the last, so a row has the
//! same bits whatever rows are beside it.

use pulp::Simd;

use crate::kernels::gemm::Matrix;
use crate::kernels::simd::vectorised;
use crate::kernels::{scratch, split};
use crate::real::Real;

/// Rows of `A` whose sums are in registers together.
const ROWS: usize = 6;

/// Rows that make a good piece of work: whole groups of [`ROWS`], few enough
/// that what is fused behind the product finds them in the first cache.
const ROWS_PER_PIECE: usize = 8 * ROWS;

/// Rows of a panel that are read again and again before the next ones: what of
/// it stays in the second cache. A sum goes on from where it was.
const DEPTH: usize = 1024;

/// Columns of a panel: four vectors of the widest machine.
const fn width<T>() -> usize {
    256 / size_of::<T>()
}

/// A matrix in the order in which it is read.
#[derive(Debug, Clone, Copy)]
struct Panels<'a, T> {
    rows: usize,
    columns: usize,
    packed: &'a [T],
}

/// Whether ordering `B` pays: a few rows are done before it is, and a few columns
/// leave most of a vector empty.
pub fn pay(m: usize, n: usize) -> bool {
    m >= 4 * ROWS && n >= 8
}

/// `C = A B + b` with `A` of `m × k` and `B` of `k × n`, in pieces: `into(start,
/// piece, make)` is to call `make` where a piece of `C` is to be written.
pub fn product<T: Real>(
    [m, k, n]: [usize; 3],
    a: &[T],
    b: Matrix<'_, T>,
    bias: Option<&[T]>,
    c: &mut [T],
    into: impl Fn(usize, &mut [T], &dyn Fn(&mut [T])) + Send + Sync,
) {
    let rows = split::rows_per_piece(m, 2 * n * k).next_multiple_of(ROWS_PER_PIECE);
    with(k, n, b, |panels| {
        split::chunks(c, rows * n, 2 * m * n * k, |index, c| {
            for (i, c) in c.chunks_mut(ROWS_PER_PIECE * n).enumerate() {
                let row = index * rows + i * ROWS_PER_PIECE;
                let a = &a[row * k..];
                into(row * n, c, &|c| panels.product(a, bias, c));
            }
        });
    });
}

/// Lends `work` the matrix `B` of `rows × columns` in panels.
fn with<T: Real, R>(
    rows: usize,
    columns: usize,
    b: Matrix<'_, T>,
    work: impl FnOnce(Panels<'_, T>) -> R,
) -> R {
    let width = width::<T>();
    scratch::with(
        rows * columns.next_multiple_of(width),
        |packed: &mut [T]| {
            if rows > 0 {
                let panels = packed.chunks_exact_mut(rows * width);
                for (first, panel) in (0..columns).step_by(width).zip(panels) {
                    pack(rows, (columns - first).min(width), first, b, panel);
                }
            }
            work(Panels {
                rows,
                columns,
                packed,
            })
        },
    )
}

/// Columns `first..first + count` of `b` as rows of a panel, zeros behind.
fn pack<T: Real>(rows: usize, count: usize, first: usize, b: Matrix<'_, T>, panel: &mut [T]) {
    let width = width::<T>();
    if count < width {
        panel.fill(T::ZERO);
    }
    if b.column == 1 {
        for (i, target) in panel.chunks_exact_mut(width).enumerate() {
            target[..count].copy_from_slice(&b.data[i * b.row + first..][..count]);
        }
        return;
    }
    for j in 0..count {
        let column = &b.data[(first + j) * b.column..];
        for (i, target) in panel[j..].iter_mut().step_by(width).enumerate().take(rows) {
            *target = column[i * b.row];
        }
    }
}

impl<T: Real> Panels<'_, T> {
    /// As many rows of `A B + b` as `out` holds: `a` holds their rows of `A`
    /// one after another.
    fn product(self, a: &[T], bias: Option<&[T]>, out: &mut [T]) {
        if self.rows > 0 {
            vectorised(Product {
                panels: self,
                a,
                bias,
                out,
            });
            return;
        }
        for out in out.chunks_exact_mut(self.columns.max(1)) {
            match bias {
                Some(bias) => out.copy_from_slice(bias),
                None => out.fill(T::ZERO),
            }
        }
    }
}

struct Product<'a, T> {
    panels: Panels<'a, T>,
    a: &'a [T],
    bias: Option<&'a [T]>,
    out: &'a mut [T],
}

impl<T: Real> pulp::WithSimd for Product<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let width = width::<T>();
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        // Sums, one row of the panel and a factor must fit the registers.
        let most = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        let Panels {
            rows,
            columns,
            packed,
        } = self.panels;
        for (first, panel) in (0..columns)
            .step_by(width)
            .zip(packed.chunks_exact(rows * width))
        {
            let vectors = (columns - first).min(width).div_ceil(lanes);
            let mut at = 0;
            while at < vectors {
                let count = (vectors - at).min(most);
                for (i, panel) in panel.chunks(DEPTH * width).enumerate() {
                    let place = Place {
                        panel,
                        term: i * DEPTH,
                        inside: at * lanes,
                        column: first + at * lanes,
                    };
                    match count {
                        4 => self.down::<S, 4>(simd, place),
                        3 => self.down::<S, 3>(simd, place),
                        2 => self.down::<S, 2>(simd, place),
                        _ => self.down::<S, 1>(simd, place),
                    }
                }
                at += count;
            }
        }
    }
}

/// Some vectors of columns, and some of the terms of their sums.
#[derive(Clone, Copy)]
struct Place<'a, T> {
    panel: &'a [T],
    /// The first of the terms.
    term: usize,
    /// Where they begin in a row of the panel.
    inside: usize,
    /// Where they begin in a row of the result.
    column: usize,
}

impl<T: Real> Product<'_, T> {
    /// `V` vectors of columns of all rows.
    #[inline(always)]
    fn down<S: Simd, const V: usize>(&mut self, simd: S, place: Place<'_, T>) {
        let count = self.out.len() / self.panels.columns;
        let mut row = 0;
        while row + ROWS <= count {
            self.tile::<S, ROWS, V>(simd, place, row);
            row += ROWS;
        }
        while row < count {
            self.tile::<S, 1, V>(simd, place, row);
            row += 1;
        }
    }

    /// `V` vectors of columns of `R` rows.
    // The same rows of several arrays: indices say so.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn tile<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        place: Place<'_, T>,
        row: usize,
    ) {
        let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
        let Panels { rows, columns, .. } = self.panels;
        let terms = place.panel.len() / width::<T>();
        let mut a: [&[T]; R] = [&[]; R];
        for r in 0..R {
            a[r] = &self.a[(row + r) * rows + place.term..][..terms];
        }
        let range = |v: usize| {
            let first = place.column + v * lanes;
            first..(first + lanes).min(columns)
        };
        let mut begun = [[T::splat(simd, T::ZERO); V]; R];
        if place.term > 0 {
            for r in 0..R {
                for v in 0..V {
                    let out = &self.out[(row + r) * columns..][range(v)];
                    begun[r][v] = T::load(simd, out);
                }
            }
        }
        let sums = summed(simd, a, place, begun);
        let last = place.term + terms == rows;
        for v in 0..V {
            let bias = match self.bias {
                Some(bias) if last => T::load(simd, &bias[range(v)]),
                _ => T::splat(simd, T::ZERO),
            };
            for r in 0..R {
                let sum = T::plus(simd, sums[r][v], bias);
                let out = &mut self.out[(row + r) * columns..][range(v)];
                // Writing a part of a vector is a call.
                match T::vectors_mut::<S>(out) {
                    [whole] => *whole = sum,
                    _ => T::store(simd, out, sum),
                }
            }
        }
    }
}

/// `sums` and the terms of a place, for some rows of `A`. A function of its own,
/// so that the sums stay in registers.
#[inline(always)]
fn summed<S: Simd, T: Real, const R: usize, const V: usize>(
    simd: S,
    a: [&[T]; R],
    place: Place<'_, T>,
    mut sums: [[T::Vector<S>; V]; R],
) -> [[T::Vector<S>; V]; R] {
    let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
    for (k, line) in place.panel.chunks_exact(width::<T>()).enumerate() {
        let b = &T::vectors::<S>(&line[place.inside..][..V * lanes])[..V];
        for r in 0..R {
            let x = T::splat(simd, a[r][k]);
            for v in 0..V {
                sums[r][v] = T::fused(simd, x, b[v], sums[r][v]);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize, step: f64) -> Vec<f64> {
        (0..count).map(|i| (i as f64 * step).sin()).collect()
    }

    #[test]
    fn products_equal_the_triple_loop_for_all_sizes_and_both_orders() {
        for (m, n, k) in [
            (1, 1, 1),
            (6, 32, 3),
            (7, 33, 5),
            (13, 100, 9),
            (5, 7, 64),
            (12, 64, 0),
            (8, 9, 2 * DEPTH + 5),
        ] {
            let (a, b) = (numbers(m * k, 0.7), numbers(k * n, 0.3));
            let bias = numbers(n, 0.9);
            for (transposed, bias) in [(false, None), (true, Some(bias.as_slice()))] {
                let right = Matrix::new(&b, if transposed { k } else { n }, transposed);
                let mut c = vec![7.0; m * n];
                with(k, n, right, |panels| panels.product(&a, bias, &mut c));
                for i in 0..m {
                    for j in 0..n {
                        let sum: f64 = (0..k)
                            .map(|l| a[i * k + l] * b[l * right.row + j * right.column])
                            .sum();
                        let expected = sum + bias.map_or(0.0, |bias| bias[j]);
                        // At most two thousand products of size one, rounded in
                        // the same order but for the fused multiplications.
                        assert!((c[i * n + j] - expected).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn a_row_has_the_same_bits_whatever_rows_are_beside_it() {
        let (m, n, k) = (20, 70, 130);
        let narrow = |x: Vec<f64>| x.into_iter().map(|x| x as f32).collect::<Vec<f32>>();
        let (a, b) = (narrow(numbers(m * k, 0.7)), narrow(numbers(k * n, 0.3)));
        let right = Matrix::new(&b, n, false);
        let mut whole = vec![0.0_f32; m * n];
        with(k, n, right, |panels| panels.product(&a, None, &mut whole));
        for row in 0..m {
            let mut alone = vec![0.0_f32; n];
            let own = &a[row * k..][..k];
            with(k, n, right, |panels| panels.product(own, None, &mut alone));
            assert_eq!(alone, whole[row * n..][..n]);
        }
    }
}
