//! A matrix in panels of neighbouring columns, the order in which a product reads it.

use crate::kernels::gemm::Matrix;
use crate::kernels::scratch;
use crate::real::Real;

/// Columns of a panel: four vectors of the widest machine.
pub const fn width<T>() -> usize {
    256 / size_of::<T>()
}

/// A matrix in the order in which it is read.
#[derive(Debug, Clone, Copy)]
pub struct Panels<'a, T> {
    pub rows: usize,
    pub columns: usize,
    pub packed: &'a [T],
}

/// A matrix that is ordered once for many products.
#[derive(Debug, Clone)]
pub struct Ordered<T> {
    rows: usize,
    columns: usize,
    /// Where it begins: at a cache line, as vectors are read.
    start: usize,
    numbers: Vec<T>,
}

impl<T: Real> Ordered<T> {
    /// Orders a matrix of `rows × columns`.
    pub fn new(rows: usize, columns: usize, b: Matrix<'_, T>) -> Self {
        let len = rows * columns.next_multiple_of(width::<T>());
        let spare = scratch::LINE / size_of::<T>();
        let mut numbers = vec![T::ZERO; len + spare];
        let start = numbers.as_ptr().align_offset(scratch::LINE).min(spare);
        order(rows, columns, b, &mut numbers[start..start + len]);
        Self {
            rows,
            columns,
            start,
            numbers,
        }
    }

    /// The bytes it holds.
    pub fn bytes(&self) -> usize {
        self.numbers.len() * size_of::<T>()
    }

    fn panels(&self) -> Panels<'_, T> {
        Panels {
            rows: self.rows,
            columns: self.columns,
            packed: &self.numbers[self.start..],
        }
    }
}

/// The matrix on the right of a product.
#[derive(Debug, Clone, Copy)]
pub enum Right<'a, T> {
    /// As it is.
    Given(Matrix<'a, T>),
    /// Ordered before.
    Ordered(&'a Ordered<T>),
}

/// Lends `work` the matrix `B` of `rows × columns` in panels.
pub fn with<T: Real, R>(
    rows: usize,
    columns: usize,
    b: Right<'_, T>,
    work: impl FnOnce(Panels<'_, T>) -> R,
) -> R {
    let b = match b {
        Right::Given(b) => b,
        Right::Ordered(b) => return work(b.panels()),
    };
    scratch::with(
        rows * columns.next_multiple_of(width::<T>()),
        |packed: &mut [T]| {
            order(rows, columns, b, packed);
            work(Panels {
                rows,
                columns,
                packed,
            })
        },
    )
}

/// Writes `b` as panels.
fn order<T: Real>(rows: usize, columns: usize, b: Matrix<'_, T>, packed: &mut [T]) {
    let width = width::<T>();
    if rows > 0 {
        let panels = packed.chunks_exact_mut(rows * width);
        for (first, panel) in (0..columns).step_by(width).zip(panels) {
            pack(rows, (columns - first).min(width), first, b, panel);
        }
    }
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
