//! Many rows times one matrix, `C = A B + b`, with `B` ordered once for all
//! pieces of the rows.
//!
//! `B` is cut into panels of 256 bytes of neighbouring columns, which stay in
//! the first cache while six rows of `A` at a time pass by: their sums are kept
//! in registers from `b` on to what is written, a rectifier or its gate behind
//! the product included. Each number of `C` is one sum over `k` from the first
//! term to the last, so a row has the same bits whatever rows are beside it.

mod ordered;

use pulp::Simd;

use crate::kernels::simd::vectorised;
use crate::kernels::split;
use crate::real::Real;
use ordered::{Panels, width, with};

pub use ordered::{Ordered, Right};

/// Rows of `A` whose sums are in registers together.
const ROWS: usize = 6;

/// Rows that make a good piece of work: whole groups of [`ROWS`], few enough
/// that what is fused behind the product finds them in the first cache.
const ROWS_PER_PIECE: usize = 8 * ROWS;

/// Rows of a panel that are read again and again before the next ones: what of
/// it stays in the second cache. A sum goes on from where it was.
const DEPTH: usize = 1024;

/// Columns of a panel in single precision, the most there are.
const WIDEST: usize = 64;

/// What is done to each number of the result before it is written.
#[derive(Debug, Clone, Copy)]
pub enum Behind<'a, T> {
    /// Nothing.
    Nothing,
    /// Negative ones become 0.
    Rectifier,
    /// Those that stand where these numbers are not positive become 0.
    Gate(&'a [T]),
}

impl<T> Behind<'_, T> {
    /// What is done to the numbers of the result from `first` on.
    #[inline(always)]
    fn from(self, first: usize) -> Self {
        match self {
            Self::Gate(by) => Self::Gate(&by[first..]),
            other => other,
        }
    }
}

/// Whether ordering `B` pays: a few rows are done before it is, and a few columns
/// leave most of a vector empty.
pub fn pay(m: usize, n: usize) -> bool {
    m >= 4 * ROWS && n >= 8
}

/// `C = A B + b` with `A` of `m × k` and `B` of `k × n`, changed by what is
/// `behind`, in pieces: `into(start, piece, make)` is to call `make` where a piece
/// of `C` is to be written.
pub fn product<T: Real>(
    [m, k, n]: [usize; 3],
    a: &[T],
    b: Right<'_, T>,
    bias: Option<&[T]>,
    behind: Behind<'_, T>,
    c: &mut [T],
    into: impl Fn(usize, &mut [T], &dyn Fn(&mut [T])) + Send + Sync,
) {
    let rows = split::rows_per_piece(m, 2 * n * k).next_multiple_of(ROWS_PER_PIECE);
    with(k, n, b, |panels| {
        split::chunks(c, rows * n, 2 * m * n * k, |index, c| {
            for (i, c) in c.chunks_mut(ROWS_PER_PIECE * n).enumerate() {
                let row = index * rows + i * ROWS_PER_PIECE;
                let a = &a[row * k..];
                let behind = behind.from(row * n);
                into(row * n, c, &|c| panels.product(a, bias, behind, c));
            }
        });
    });
}

impl<T: Real> Panels<'_, T> {
    /// As many rows of `A B + b`, changed, as `out` holds: `a` holds their rows
    /// of `A` one after another.
    fn product(self, a: &[T], bias: Option<&[T]>, behind: Behind<'_, T>, out: &mut [T]) {
        if self.rows > 0 {
            vectorised(Product {
                panels: self,
                a,
                bias,
                behind,
                out,
            });
            return;
        }
        // Sums of no terms.
        for row in out.chunks_exact_mut(self.columns.max(1)) {
            match bias {
                Some(bias) => row.copy_from_slice(bias),
                None => row.fill(T::ZERO),
            }
        }
        behind.done(out);
    }
}

struct Product<'a, T> {
    panels: Panels<'a, T>,
    a: &'a [T],
    bias: Option<&'a [T]>,
    behind: Behind<'a, T>,
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
        // A row by itself waits for its own sums: what is left goes together.
        if row + 3 <= count {
            self.tile::<S, 3, V>(simd, place, row);
            row += 3;
        }
        if row + 2 <= count {
            self.tile::<S, 2, V>(simd, place, row);
            row += 2;
        }
        if row < count {
            self.tile::<S, 1, V>(simd, place, row);
        }
    }

    /// `V` vectors of columns of `R` rows.
    // The same places of several arrays: indices say so.
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
        let Place { column, term, .. } = place;
        let terms = place.panel.len() / width::<T>();
        let mut a: [&[T]; R] = [&[]; R];
        for (r, a) in a.iter_mut().enumerate() {
            *a = &self.a[(row + r) * rows + term..][..terms];
        }
        let zeros = [T::ZERO; WIDEST];
        let at = row * columns + column;
        let behind = if term + terms == rows {
            self.behind
        } else {
            Behind::Nothing
        };
        if column + V * lanes <= columns {
            let (from, step) = match self.bias {
                _ if term > 0 => (&self.out[at..], columns),
                Some(bias) => (&bias[column..], 0),
                None => (&zeros[..], 0),
            };
            let sums = summed::<S, T, R, V>(simd, a, place, from, step);
            for (r, sums) in sums.iter().enumerate() {
                let out = &mut self.out[at + r * columns..][..V * lanes];
                T::vectors_mut::<S>(out)[..V].copy_from_slice(sums);
            }
            // From memory again: with this choice among them the sums would not
            // stay in registers.
            match behind {
                Behind::Nothing => {}
                Behind::Rectifier => {
                    for r in 0..R {
                        let out = &mut self.out[at + r * columns..][..V * lanes];
                        for out in &mut T::vectors_mut::<S>(out)[..V] {
                            *out = T::rectified(simd, *out);
                        }
                    }
                }
                Behind::Gate(by) => {
                    for r in 0..R {
                        let out = &mut self.out[at + r * columns..][..V * lanes];
                        let out = &mut T::vectors_mut::<S>(out)[..V];
                        let by = &T::vectors::<S>(&by[at + r * columns..][..V * lanes])[..V];
                        for v in 0..V {
                            out[v] = T::gated(simd, out[v], by[v]);
                        }
                    }
                }
            }
            return;
        }
        // The last columns, with others behind them that nobody asked for.
        let count = columns - column;
        let mut begun = [T::ZERO; ROWS * WIDEST];
        for (r, begun) in begun.chunks_exact_mut(WIDEST).enumerate().take(R) {
            match self.bias {
                _ if term > 0 => {
                    begun[..count].copy_from_slice(&self.out[at + r * columns..][..count]);
                }
                Some(bias) => begun[..count].copy_from_slice(&bias[column..][..count]),
                None => {}
            }
        }
        let sums = summed::<S, T, R, V>(simd, a, place, &begun, WIDEST);
        for (sums, begun) in sums.iter().zip(begun.chunks_exact_mut(WIDEST)) {
            T::vectors_mut::<S>(begun)[..V].copy_from_slice(sums);
        }
        for (r, made) in begun.chunks_exact(WIDEST).enumerate().take(R) {
            let at = at + r * columns;
            let out = &mut self.out[at..][..count];
            out.copy_from_slice(&made[..count]);
            behind.from(at).done(out);
        }
    }
}

impl<T: Real> Behind<'_, T> {
    /// Does it to the first numbers of the result.
    #[inline(always)]
    fn done(self, out: &mut [T]) {
        match self {
            Self::Nothing => {}
            Self::Rectifier => {
                for out in out {
                    *out = if *out < T::ZERO { T::ZERO } else { *out };
                }
            }
            Self::Gate(by) => {
                for (out, &by) in out.iter_mut().zip(by) {
                    *out = if by > T::ZERO { *out } else { T::ZERO };
                }
            }
        }
    }
}

/// What sums begin with (row `r` of it is at `r * step`) and the terms of a
/// place, for some rows of `A`. A function of its own, so that the sums stay in
/// registers.
// The same rows of several arrays: indices say so; and copied slice by slice the
// sums would be in memory.
#[allow(clippy::needless_range_loop, clippy::manual_memcpy)]
#[inline(always)]
fn summed<S: Simd, T: Real, const R: usize, const V: usize>(
    simd: S,
    a: [&[T]; R],
    place: Place<'_, T>,
    from: &[T],
    step: usize,
) -> [[T::Vector<S>; V]; R] {
    let lanes = size_of::<T::Vector<S>>() / size_of::<T>();
    let mut sums = [[T::splat(simd, T::ZERO); V]; R];
    for r in 0..R {
        let from = &T::vectors::<S>(&from[r * step..][..V * lanes])[..V];
        for v in 0..V {
            sums[r][v] = from[v];
        }
    }
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
    use crate::kernels::gemm::Matrix;

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
            let (bias, gate) = (numbers(n, 0.9), numbers(m * n, 1.1));
            for (transposed, bias) in [(false, None), (true, Some(bias.as_slice()))] {
                let right = Matrix::new(&b, if transposed { k } else { n }, transposed);
                let ordered = Ordered::new(k, n, right);
                for (b, behind) in [
                    (Right::Given(right), Behind::Nothing),
                    (Right::Ordered(&ordered), Behind::Rectifier),
                    (Right::Given(right), Behind::Gate(&gate)),
                ] {
                    let mut c = vec![7.0; m * n];
                    with(k, n, b, |panels| panels.product(&a, bias, behind, &mut c));
                    for i in 0..m {
                        for j in 0..n {
                            let sum: f64 = (0..k)
                                .map(|l| {
                                    a[i * k + l] * right.data[l * right.row + j * right.column]
                                })
                                .sum();
                            let sum = sum + bias.map_or(0.0, |bias| bias[j]);
                            let expected = match behind {
                                Behind::Nothing => sum,
                                Behind::Rectifier => sum.max(0.0),
                                Behind::Gate(by) if by[i * n + j] > 0.0 => sum,
                                Behind::Gate(_) => 0.0,
                            };
                            // At most two thousand products of size one, rounded in
                            // the same order but for the fused multiplications.
                            assert!((c[i * n + j] - expected).abs() < 1e-12);
                        }
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
        let right = Right::Given(Matrix::new(&b, n, false));
        let mut whole = vec![0.0_f32; m * n];
        with(k, n, right, |panels| {
            panels.product(&a, None, Behind::Nothing, &mut whole);
        });
        for row in 0..m {
            let mut alone = vec![0.0_f32; n];
            let own = &a[row * k..][..k];
            with(k, n, right, |panels| {
                panels.product(own, None, Behind::Nothing, &mut alone);
            });
            assert_eq!(alone, whole[row * n..][..n]);
        }
    }

    #[test]
    fn what_is_no_number_passes_a_rectifier_and_shuts_a_gate() {
        let (a, b) = (vec![f32::NAN; 6], [1.0_f32; 17]);
        for (behind, passes) in [
            (Behind::Rectifier, true),
            (Behind::Gate(&[f32::NAN; 102]), false),
        ] {
            let mut c = vec![7.0; 6 * 17];
            let right = Right::Given(Matrix::new(&b, 17, false));
            with(1, 17, right, |panels| {
                panels.product(&a, None, behind, &mut c);
            });
            assert!(
                c.iter()
                    .all(|x| if passes { x.is_nan() } else { *x == 0.0 })
            );
        }
    }
}
