//! The two precisions under one name.

use crate::operator::Operation;

/// `f32` for the search, `f64` for everything that is reported.
pub trait Number: Copy + PartialOrd + Send + Sync + std::fmt::Debug + 'static {
    /// At most so many rows are evaluated at once: four kilobytes, so that what an
    /// operator costs besides its loop is little, and the registers of an
    /// expression stay near the first cache.
    const BLOCK: usize;
    /// Zero.
    const ZERO: Self;
    /// The nearest number of this precision.
    fn from_f64(x: f64) -> Self;
    /// The same number, wider.
    fn to_f64(self) -> f64;
    /// Applies an operation to a block; `b` is ignored by functions of one argument.
    fn apply(operation: &dyn Operation, a: &[Self], b: &[Self], out: &mut [Self]);
    /// `Σ w (a − y)²` in partial sums of a fixed order.
    fn squares(a: &[Self], y: &[Self], w: &[Self]) -> f64;
}

macro_rules! number {
    ($type:ident, $block:expr, $apply:ident) => {
        impl Number for $type {
            const BLOCK: usize = $block;
            const ZERO: Self = 0.0;
            #[allow(clippy::cast_lossless)] // also written for f64 itself
            fn from_f64(x: f64) -> Self {
                x as Self
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn apply(operation: &dyn Operation, a: &[Self], b: &[Self], out: &mut [Self]) {
                operation.$apply(a, b, out);
            }
            fn squares(a: &[Self], y: &[Self], w: &[Self]) -> f64 {
                super::simd(
                    #[inline(always)]
                    || {
                        let mut lanes = [0.0 as Self; 32];
                        let (a, y, w) = (
                            a.as_chunks::<32>().0,
                            y.as_chunks::<32>().0,
                            w.as_chunks::<32>().0,
                        );
                        for ((a, y), w) in a.iter().zip(y).zip(w) {
                            for i in 0..32 {
                                let r = a[i] - y[i];
                                lanes[i] = (w[i] * r).mul_add(r, lanes[i]);
                            }
                        }
                        // In halves, none of which waits for the other.
                        let mut lanes = lanes.map(f64::from);
                        for width in [16, 8, 4, 2, 1] {
                            for i in 0..width {
                                lanes[i] += lanes[i + width];
                            }
                        }
                        lanes[0]
                    },
                )
            }
        }
    };
}

number!(f32, 1024, single);
number!(f64, 512, double);
