//! Exponential functions.
//!
//! `x = n ln 2 + r` with whole `n` and `|r| ≤ ½ ln 2`; `e^r − 1 = r + r² S(r)`
//! with a polynomial `S` of the least relative error (see
//! `tests/fixtures/kernels/coefficients.py`), and `eˣ = 2ⁿ (1 + (e^r − 1))`.
//! For `eˣ` itself `n` counts parts of a whole power, whose powers of two are a
//! table: `r` is so small then that a short polynomial will do. `2ⁿ` is multiplied in
//! two halves, so that results below the normal range are rounded.

/// What `eˣ` is computed from.
pub trait Exponential: Copy + 'static {
    /// `2^(j/n)` for all `j` below `n`.
    const POWERS: &'static [Self];
    /// One over `ln 2`.
    const PER: Self;
    /// Adding it leaves the nearest multiple of `1/n` in the last bits.
    const SHIFT: Self;
    /// `ln 2` to so many digits that its products with these multiples are exact.
    const STEP_HIGH: Self;
    /// The rest of `ln 2`.
    const STEP_LOW: Self;
    /// `(e^r − 1 − r)/r²`, the constant first.
    const SERIES: &'static [Self];
    /// Below, the result is zero.
    const LOWEST: Self;
    /// Above, the result is infinite.
    const HIGHEST: Self;
}

macro_rules! exponential {
    ($module:ident, $type:ident, $signed:ident, magic $magic:expr, mantissa $mantissa:expr,
     bias $bias:expr, ln2 $high:expr, $low:expr, range $lowest:expr, $highest:expr,
     series $($term:expr),+ ;
     parts $parts:literal, bits $bits:literal, short $($short:expr),+ ; powers $($power:expr),+) => {
        impl Exponential for $type {
            const POWERS: &'static [$type] = &[$($power),+];
            const PER: $type = std::$type::consts::LOG2_E;
            const SHIFT: $type = $magic / $parts as $type;
            const STEP_HIGH: $type = $high;
            const STEP_LOW: $type = $low;
            const SERIES: &'static [$type] = &[$($short),+];
            const LOWEST: $type = $lowest;
            const HIGHEST: $type = $highest;
        }

        pub mod $module {
            use super::Exponential;
            use crate::kernel::wide;

            /// Adding it leaves the nearest whole number in the last bits.
            const MAGIC: $type = $magic;
            /// `S`, the constant first.
            const SERIES: &[$type] = &[$($term),+];
            /// The powers between whole ones.
            const POWERS: [$type; $parts] = [$($power),+];

            /// `2ⁿ` for a whole number that was rounded by adding [`MAGIC`].
            #[inline(always)]
            fn power(rounded: $type) -> $type {
                let n = rounded.to_bits().wrapping_sub(MAGIC.to_bits());
                $type::from_bits(n.wrapping_add($bias) << $mantissa)
            }

            /// `c₀ + c₁ r + …`
            #[inline(always)]
            fn polynomial(r: $type, coefficients: &[$type]) -> $type {
                let mut terms = coefficients.iter().rev();
                let last = terms.next().copied().unwrap_or_default();
                terms.fold(last, |sum, term| r.mul_add(sum, *term))
            }

            /// `n` plus [`MAGIC`], and `e^r − 1`.
            #[inline(always)]
            fn reduced(x: $type) -> ($type, $type) {
                let rounded = x.mul_add(std::$type::consts::LOG2_E, MAGIC);
                let n = rounded - MAGIC;
                let r = n.mul_add(-$low, n.mul_add(-$high, x));
                (rounded, (r * r).mul_add(polynomial(r, SERIES), r))
            }

            /// `x` where results are neither zero nor infinite, else the nearest such
            /// number; what is not a number stays so.
            #[inline(always)]
            fn within(x: $type) -> $type {
                let x = if x > $highest { $highest } else { x };
                if x < $lowest { $lowest } else { x }
            }

            /// `e^r − 1`, two factors whose product is `2ⁿ`, and one over the second.
            #[inline(always)]
            fn parts(x: $type) -> ($type, $type, $type, $type) {
                let (rounded, less_one) = reduced(within(x));
                let n = rounded - MAGIC;
                let half = (n * 0.5 + MAGIC) - MAGIC;
                let rest = n - half;
                (less_one, power(half + MAGIC), power(rest + MAGIC), power(MAGIC - rest))
            }

            /// `eˣ`.
            #[inline(always)]
            pub fn exp(x: $type) -> $type {
                let x = within(x);
                let rounded = x.mul_add($type::PER, $type::SHIFT);
                let power = rounded - $type::SHIFT;
                let r = power.mul_add(-$type::STEP_LOW, power.mul_add(-$type::STEP_HIGH, x));
                let less_one = (r * r).mul_add(polynomial(r, <$type as Exponential>::SERIES), r);
                let place = rounded.to_bits() as usize & ($parts - 1);
                let part = POWERS[place];
                let n = rounded.to_bits().wrapping_sub($type::SHIFT.to_bits()) as $signed >> $bits;
                let half = n >> 1;
                let two_to = |n: $signed| $type::from_bits((n.wrapping_add($bias) << $mantissa) as _);
                part.mul_add(less_one, part) * two_to(half) * two_to(n - half)
            }

            /// `out = eᵃ`.
            pub fn exps(a: &[$type], out: &mut [$type]) {
                let done = wide::exps(a, out);
                crate::kernel::fill1(&a[done..], &mut out[done..], #[inline(always)] |x| exp(x));
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
                // Without the table: a loop over `cosh` need not look numbers up.
                let (less_one, a, b, _) = parts(size);
                let e = a.mul_add(less_one, a) * b;
                let small = 0.5 * (e + 1.0 / e);
                if size < 20.0 { small } else { half_exp(size) }
            }
        }
    };
}

exponential!(single, f32, i32, magic 12_582_912.0, mantissa 23, bias 127,
    ln2 0.693_359_4, -2.121_944_4e-4, range -105.0, 90.0,
    series 0.499_999_94, 0.166_665_21, 0.041_668_39, 0.008_368_717, 0.001_381_459_4 ;
    parts 32, bits 5, short 0.500_004_05, 0.166_666_8 ;
    powers 1.0, 1.021_897_2, 1.044_273_7, 1.067_140_5, 1.090_507_7, 1.114_386_8, 1.138_788_6,
        1.163_724_9, 1.189_207_1, 1.215_247_4, 1.241_857_8, 1.269_051, 1.296_839_6, 1.325_236_7,
        1.354_255_6, 1.383_91, std::f32::consts::SQRT_2, 1.445_180_8, 1.476_826_2, 1.509_164_5, 1.542_210_8,
        1.575_980_9, 1.610_490_3, 1.645_755_5, 1.681_792_9, 1.718_619_3, 1.756_252_2,
        1.794_709_1, 1.834_008_1, 1.874_167_7, 1.915_206_6, 1.957_144_1);
exponential!(double, f64, i64, magic 6_755_399_441_055_744.0, mantissa 52, bias 1023,
    ln2 6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10, range -746.0, 711.0,
    series 0.500_000_000_000_001_1, 0.166_666_666_666_664_13, 0.041_666_666_666_530_16,
    0.008_333_333_333_494_446, 0.001_388_888_894_362_992_5, 1.984_126_950_660_702e-4,
    2.480_149_309_902_565e-5, 2.755_758_635_352_227_6e-6, 2.763_024_836_847_255_7e-7,
    2.500_006_662_647_816_4e-8 ;
    parts 16, bits 4, short 0.499_999_999_999_996_06, 0.166_666_666_644_170_85,
    0.041_666_666_693_238_88, 0.008_333_471_948_247_975, 0.001_388_859_436_786_699_8 ;
    powers 1.0, 1.044_273_782_427_413_8, 1.090_507_732_665_257_7, 1.138_788_634_756_691_6,
        1.189_207_115_002_721, 1.241_857_812_073_484, 1.296_839_554_651_009_6,
        1.354_255_546_936_892_7, std::f64::consts::SQRT_2, 1.476_826_145_939_499_3,
        1.542_210_825_407_940_7, 1.610_490_331_949_254_3, 1.681_792_830_507_429,
        1.756_252_160_373_299_5, 1.834_008_086_409_342_4, 1.915_206_561_397_147_4);
