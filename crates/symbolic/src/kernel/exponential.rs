//! Exponential functions.
//!
//! `x = n ln 2 + r` with whole `n` and `|r| ≤ ½ ln 2`; `e^r − 1` is its Taylor
//! series, cut where the rest is below a tenth of the last digit, and
//! `eˣ = 2ⁿ (1 + (e^r − 1))`. The power of two is written into the exponent
//! bits in two halves, so that results below the normal range are rounded.

macro_rules! exponential {
    ($module:ident, $type:ident, magic $magic:expr, mantissa $mantissa:expr, bias $bias:expr,
     ln2 $high:expr, $low:expr, range $lowest:expr, $highest:expr, series $($term:expr),+) => {
        pub mod $module {
            /// Adding it leaves the nearest whole number in the last bits.
            const MAGIC: $type = $magic;
            /// `1/2!, 1/3!, …`
            const SERIES: &[$type] = &[$($term),+];

            /// `2ⁿ` for a whole number that was rounded by adding [`MAGIC`].
            #[inline(always)]
            fn power(rounded: $type) -> $type {
                let n = rounded.to_bits().wrapping_sub(MAGIC.to_bits());
                $type::from_bits(n.wrapping_add($bias) << $mantissa)
            }

            /// `e^r − 1`, two factors whose product is `2ⁿ`, and one over the second.
            #[inline(always)]
            fn parts(x: $type) -> ($type, $type, $type, $type) {
                // What is not a number stays so.
                let x = if x > $highest { $highest } else { x };
                let x = if x < $lowest { $lowest } else { x };
                let n = (x * std::$type::consts::LOG2_E + MAGIC) - MAGIC;
                let half = (n * 0.5 + MAGIC) - MAGIC;
                let r = n.mul_add(-$low, n.mul_add(-$high, x));
                let mut sum = 0.0;
                for term in SERIES.iter().rev() {
                    sum = r.mul_add(sum, *term);
                }
                let rest = n - half;
                (
                    (r * r).mul_add(sum, r),
                    power(half + MAGIC),
                    power(rest + MAGIC),
                    power(MAGIC - rest),
                )
            }

            /// `eˣ`.
            #[inline(always)]
            pub fn exp(x: $type) -> $type {
                let (less_one, a, b, _) = parts(x);
                a.mul_add(less_one, a) * b
            }

            /// `eˣ − 1`, small where `x` is.
            #[inline(always)]
            pub fn exp_m1(x: $type) -> $type {
                let (less_one, a, b, inverse) = parts(x);
                a.mul_add(less_one, a - inverse) * b
            }

            /// `tanh x = m / (m + 2)` with `m = e^(2x) − 1`.
            #[inline(always)]
            pub fn tanh(x: $type) -> $type {
                // Beyond, it is 1 to the last digit.
                let x = if x > 20.0 { 20.0 } else { x };
                let x = if x < -20.0 { -20.0 } else { x };
                let m = exp_m1(x + x);
                m / (m + 2.0)
            }

            /// `sinh x = (m + m/(m + 1)) / 2` with `m = e^|x| − 1`, in halves where
            /// `e^|x|` would leave the range before the result does.
            #[inline(always)]
            pub fn sinh(x: $type) -> $type {
                let size = x.abs();
                let m = exp_m1(size);
                let small = 0.5 * (m + m / (m + 1.0));
                let root = exp(0.5 * size);
                let large = (0.5 * root) * root;
                (if size < 20.0 { small } else { large }).copysign(x)
            }

            /// `cosh x = (e^|x| + e^−|x|) / 2`, large ones as in [`sinh`].
            #[inline(always)]
            pub fn cosh(x: $type) -> $type {
                let size = x.abs();
                let e = exp(size);
                let small = 0.5 * (e + 1.0 / e);
                let root = exp(0.5 * size);
                let large = (0.5 * root) * root;
                if size < 20.0 { small } else { large }
            }
        }
    };
}

exponential!(single, f32, magic 12_582_912.0, mantissa 23, bias 127,
    ln2 0.693_359_4, -2.121_944_4e-4, range -105.0, 89.0,
    series 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0);
exponential!(double, f64, magic 6_755_399_441_055_744.0, mantissa 52, bias 1023,
    ln2 6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10, range -746.0, 710.0,
    series 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0, 1.0 / 5040.0,
    1.0 / 40320.0, 1.0 / 362_880.0, 1.0 / 3_628_800.0, 1.0 / 39_916_800.0,
    1.0 / 479_001_600.0, 1.0 / 6_227_020_800.0);
