//! `√a` without the processor's square root, which takes as long as a dozen products.
//!
//! From `y ≈ 1/√x` follow `g ≈ √x` and `h ≈ ½/√x`, and with `e = ½ − g h` better ones:
//! `g + g e` and `h + h e` (Goldschmidt). At last `g + (x − g²) h` is rounded once; its
//! error before that is so small that the result is the nearest number, as the
//! processor's is (the tests try the roots that lie closest to the middle between two
//! numbers). See P. Markstein, IA-64 and Elementary Functions, chapter 9.

use super::Range;
use super::lanes::{Lanes, Wide};

/// Numbers whose estimates a few steps make exact.
pub trait Root: Wide {
    /// One half.
    const HALF: Self;
    /// Steps from 14 bits to all of them.
    const STEPS: usize;
    /// `√self`.
    fn root(self) -> Self;
}

impl Root for f32 {
    const HALF: Self = 0.5;
    const STEPS: usize = 1;
    fn root(self) -> Self {
        self.sqrt()
    }
}

impl Root for f64 {
    const HALF: Self = 0.5;
    const STEPS: usize = 2;
    fn root(self) -> Self {
        self.sqrt()
    }
}

/// `out = √a`.
pub fn roots<T: Root>(a: &[T], out: &mut [T]) -> usize {
    let filled = T::wide(
        #[inline(always)]
        |lanes| {
            let half = lanes.splat(T::HALF);
            let mut range = Range::new(lanes);
            let registers = lanes.registers(a);
            for (out, &x) in lanes.registers_mut(out).iter_mut().zip(registers) {
                range.see(x);
                let y = lanes.inverse_root_estimate(x);
                let (mut g, mut h) = (lanes.times(x, y), lanes.times(y, half));
                for _ in 0..T::STEPS {
                    let e = lanes.left(g, h, half);
                    (g, h) = (lanes.fused(g, e, g), lanes.fused(h, e, h));
                }
                *out = lanes.fused(lanes.left(g, g, x), h, g);
            }
            (size_of_val(registers) / size_of::<T>(), range.positive())
        },
    );
    let Some((filled, near)) = filled else {
        return 0;
    };
    if !near {
        for (y, &x) in out[..filled].iter_mut().zip(a) {
            *y = x.root();
        }
    }
    filled
}
