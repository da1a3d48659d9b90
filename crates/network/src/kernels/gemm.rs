//! Matrix products, on the kernels of the `gemm` family of crates.

use gemm_common::Parallelism;

use crate::real::Real;

/// The crates' kernel for `T`.
type Kernel<T> = unsafe fn(
    usize,
    usize,
    usize,
    *mut T,
    isize,
    isize,
    bool,
    *const T,
    isize,
    isize,
    *const T,
    isize,
    isize,
    T,
    T,
    bool,
    bool,
    bool,
    Parallelism,
);

/// A precision that has a matrix product.
pub trait Product: crate::kernels::vectors::Vectors {
    /// The fastest kernel on this machine.
    fn kernel() -> Kernel<Self>;
}

impl Product for f32 {
    fn kernel() -> Kernel<Self> {
        gemm_f32::gemm::f32::get_gemm_fn()
    }
}

impl Product for f64 {
    fn kernel() -> Kernel<Self> {
        gemm_f64::gemm::f64::get_gemm_fn()
    }
}

/// A matrix in a slice: number `(i, j)` is at `i * row + j * column`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a, T> {
    /// The numbers.
    pub data: &'a [T],
    /// From one row to the next.
    pub row: usize,
    /// From one column to the next.
    pub column: usize,
}

impl<'a, T> Matrix<'a, T> {
    /// A row-major matrix of `columns` columns, or its transpose.
    pub fn new(data: &'a [T], columns: usize, transposed: bool) -> Self {
        if transposed {
            Self {
                data,
                row: 1,
                column: columns,
            }
        } else {
            Self {
                data,
                row: columns,
                column: 1,
            }
        }
    }

    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row + (columns - 1) * self.column < self.data.len()
    }
}

/// `C = A B`, or `C += A B`: `A` is `m × k`, `B` is `k × n`, `C` is `m × n`
/// row-major with `ldc` numbers from one row to the next. One thread.
#[allow(clippy::too_many_arguments)] // the sizes and operands of a product
pub fn gemm<T: Real>(
    m: usize,
    n: usize,
    k: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    c: &mut [T],
    ldc: usize,
    accumulate: bool,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(
        a.holds(m, k) && b.holds(k, n),
        "operands of a product are too short"
    );
    assert!(
        (m - 1) * ldc + n <= c.len() && ldc >= n,
        "result of a product is too short"
    );
    if k == 0 {
        if !accumulate {
            c.chunks_mut(ldc)
                .take(m)
                .for_each(|row| row[..n].fill(T::ZERO));
        }
        return;
    }
    // SAFETY: the assertions above keep every index `i * row + j * column` of
    // the three matrices inside their slices; `c` is borrowed mutably, so it
    // overlaps neither `a` nor `b`; T is f32 or f64, both initialised.
    #[allow(unsafe_code)]
    unsafe {
        T::kernel()(
            n,
            m,
            k,
            c.as_mut_ptr(),
            ldc as isize,
            1,
            accumulate,
            b.data.as_ptr(),
            b.row as isize,
            b.column as isize,
            a.data.as_ptr(),
            a.row as isize,
            a.column as isize,
            T::ONE,
            T::ONE,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_equal_the_triple_loop_in_every_orientation() {
        let (m, n, k) = (7, 5, 11);
        let a: Vec<f64> = (0..m * k).map(|i| (i as f64 * 0.7).sin()).collect();
        let b: Vec<f64> = (0..k * n).map(|i| (i as f64 * 0.3).cos()).collect();
        for (ta, tb) in [(false, false), (true, false), (false, true), (true, true)] {
            let left = Matrix::new(&a, if ta { m } else { k }, ta);
            let right = Matrix::new(&b, if tb { k } else { n }, tb);
            let mut c = vec![1.0; m * n];
            gemm(m, n, k, left, right, &mut c, n, true);
            for i in 0..m {
                for j in 0..n {
                    let sum: f64 = (0..k)
                        .map(|l| {
                            a[i * left.row + l * left.column] * b[l * right.row + j * right.column]
                        })
                        .sum();
                    // Eleven products of size one in another order.
                    assert!((c[i * n + j] - sum - 1.0).abs() < 1e-14);
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "too short")]
    fn a_short_operand_is_caught_before_it_is_read() {
        let mut c = [0.0_f32; 4];
        gemm(
            2,
            2,
            2,
            Matrix::new(&[0.0; 3], 2, false),
            Matrix::new(&[0.0; 4], 2, false),
            &mut c,
            2,
            false,
        );
    }
}
