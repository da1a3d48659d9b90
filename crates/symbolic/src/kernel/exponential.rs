//! Exponential functions.
//!
//! `x = n ln 2 + r` with whole `n` and `|r| ≤ ½ ln 2`; `e^r − 1 = r + r² S(r)`
//! with a polynomial `S` of the least relative error (see
//! `tests/fixtures/kernels/coefficients.py`), and `eˣ = 2ⁿ (1 + (e^r − 1))`.
//! Where no power of two can leave the normal range, `n` is added to the exponent
//! bits; elsewhere the power is multiplied in two halves, so that results below
//! the normal range are rounded. Both ways give the same bits.

macro_rules! exponential {
    ($module:ident, $type:ident, magic $magic:expr, mantissa $mantissa:expr, bias $bias:expr,
     ln2 $high:expr, $low:expr, near $near:expr, range $lowest:expr, $highest:expr,
     series $($term:expr),+) => {
        pub mod $module {
            /// Adding it leaves the nearest whole number in the last bits.
            const MAGIC: $type = $magic;
            /// `S`, the constant first.
            const SERIES: &[$type] = &[$($term),+];
            /// Up to here results are normal numbers.
            const NEAR: $type = $near;

            /// `2ⁿ` for a whole number that was rounded by adding [`MAGIC`].
            #[inline(always)]
            fn power(rounded: $type) -> $type {
                let n = rounded.to_bits().wrapping_sub(MAGIC.to_bits());
                $type::from_bits(n.wrapping_add($bias) << $mantissa)
            }

            /// `n` plus [`MAGIC`], and `e^r − 1`.
            #[inline(always)]
            fn reduced(x: $type) -> ($type, $type) {
                let rounded = x.mul_add(std::$type::consts::LOG2_E, MAGIC);
                let n = rounded - MAGIC;
                let r = n.mul_add(-$low, n.mul_add(-$high, x));
                let mut sum = SERIES[SERIES.len() - 1];
                for term in SERIES[..SERIES.len() - 1].iter().rev() {
                    sum = r.mul_add(sum, *term);
                }
                (rounded, (r * r).mul_add(sum, r))
            }

            /// `e^r − 1`, two factors whose product is `2ⁿ`, and one over the second.
            #[inline(always)]
            fn parts(x: $type) -> ($type, $type, $type, $type) {
                // What is not a number stays so.
                let x = if x > $highest { $highest } else { x };
                let x = if x < $lowest { $lowest } else { x };
                let (rounded, less_one) = reduced(x);
                let n = rounded - MAGIC;
                let half = (n * 0.5 + MAGIC) - MAGIC;
                let rest = n - half;
                (less_one, power(half + MAGIC), power(rest + MAGIC), power(MAGIC - rest))
            }

            /// `eˣ` for `|x| ≤ NEAR`.
            #[inline(always)]
            fn near_exp(x: $type) -> $type {
                let (rounded, less_one) = reduced(x);
                let bits = (1.0 + less_one).to_bits();
                $type::from_bits(bits.wrapping_add(rounded.to_bits() << $mantissa))
            }

            /// `eˣ`.
            #[inline(always)]
            pub fn exp(x: $type) -> $type {
                let (less_one, a, b, _) = parts(x);
                a.mul_add(less_one, a) * b
            }

            /// `out = eᵃ`.
            pub fn exps(a: &[$type], out: &mut [$type]) {
                crate::kernel::fill_where(
                    a,
                    out,
                    #[inline(always)]
                    |x| x.abs().to_bits(),
                    NEAR.to_bits(),
                    #[inline(always)]
                    |x| near_exp(x),
                    #[inline(always)]
                    |x| exp(x),
                );
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

            /// `½ eˣ`, also where `eˣ` would leave the range.
            #[inline(always)]
            fn half_exp(x: $type) -> $type {
                let (less_one, a, b, _) = parts(x);
                let a = 0.5 * a;
                a.mul_add(less_one, a) * b
            }

            /// `sinh x = (m + m/(m + 1)) / 2` with `m = e^|x| − 1`, and `½ e^|x|` with
            /// the sign of `x` where the rest is lost in rounding.
            #[inline(always)]
            pub fn sinh(x: $type) -> $type {
                let size = x.abs();
                let m = exp_m1(size);
                let small = 0.5 * (m + m / (m + 1.0));
                (if size < 20.0 { small } else { half_exp(size) }).copysign(x)
            }

            /// `cosh x = (e^|x| + e^−|x|) / 2`, large ones as in [`sinh`].
            #[inline(always)]
            pub fn cosh(x: $type) -> $type {
                let size = x.abs();
                let e = exp(size);
                let small = 0.5 * (e + 1.0 / e);
                if size < 20.0 { small } else { half_exp(size) }
            }
        }
    };
}

exponential!(single, f32, magic 12_582_912.0, mantissa 23, bias 127,
    ln2 0.693_359_4, -2.121_944_4e-4, near 86.0, range -105.0, 90.0,
    series 0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_717, 0.001_381_459_4);
exponential!(double, f64, magic 6_755_399_441_055_744.0, mantissa 52, bias 1023,
    ln2 6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10, near 707.0, range -746.0, 711.0,
    series 0.500_000_000_000_001_1, 0.166_666_666_666_664_13, 0.041_666_666_666_530_16,
    0.008_333_333_333_494_446, 0.001_388_888_894_362_992_5, 1.984_126_950_660_702e-4,
    2.480_149_309_902_565e-5, 2.755_758_635_352_227_6e-6, 2.763_024_836_847_255_7e-7,
    2.500_006_662_647_816_4e-8);
