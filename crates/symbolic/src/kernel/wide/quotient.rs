//! `a/b` without the processor's division, which takes as long as a dozen products.
//!
//! `y ≈ 1/b` becomes `y + y (1 − b y)` until it is the nearest number to `1/b`, and
//! `q = a y` becomes `q + (a − b q) y` twice: the remainder is exact, so that the last
//! rounding gives the nearest number to the quotient, as the processor does
//! (P. Markstein, IBM J. Res. Dev. 34, 111 (1990), theorems 5 and 8).

use super::Range;
use super::lanes::{Lanes, Wide};

/// Numbers whose estimates a few steps make exact.
pub trait Quotient: Wide + std::ops::Div<Output = Self> {
    /// One.
    const ONE: Self;
    /// Steps from 14 bits to almost all of them.
    const STEPS: usize;
}

impl Quotient for f32 {
    const ONE: Self = 1.0;
    const STEPS: usize = 1;
}

impl Quotient for f64 {
    const ONE: Self = 1.0;
    const STEPS: usize = 2;
}

/// `out = a/b`.
pub fn quotients<T: Quotient>(a: &[T], b: &[T], out: &mut [T]) -> usize {
    let filled = T::wide(
        #[inline(always)]
        |lanes| {
            let one = lanes.splat(T::ONE);
            let mut range = Range::new(lanes);
            let registers = lanes.registers(a);
            let pairs = registers.iter().zip(lanes.registers(b));
            for (out, (&a, &b)) in lanes.registers_mut(out).iter_mut().zip(pairs) {
                range.see(a);
                range.see(b);
                let mut y = lanes.inverse_estimate(b);
                for _ in 0..T::STEPS {
                    y = lanes.fused(y, lanes.left(b, y, one), y);
                }
                let q = lanes.times(a, y);
                let q = lanes.fused(lanes.left(b, q, a), y, q);
                let y = lanes.fused(y, lanes.left(b, y, one), y);
                *out = lanes.fused(lanes.left(b, q, a), y, q);
            }
            (size_of_val(registers) / size_of::<T>(), range.magnitudes())
        },
    );
    let Some((filled, near)) = filled else {
        return 0;
    };
    if !near {
        for (out, (&a, &b)) in out[..filled].iter_mut().zip(a.iter().zip(b)) {
            *out = a / b;
        }
    }
    filled
}
