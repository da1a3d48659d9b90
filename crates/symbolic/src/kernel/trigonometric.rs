//! Sine, cosine, tangent.
//!
//! Sine and cosine: `x = n π + r` (for the cosine `(n + ½) π + r`) with whole `n`
//! and `|r| ≤ π/2`, and `sin r = r + r³ P(r²)` with a polynomial `P` of the least
//! relative error (see `tests/fixtures/kernels/coefficients.py`); `n` gives the
//! sign. Tangent: the same with π/2 and two series. Multiples of π are subtracted
//! in three parts with fused products: the first difference is exact, so `r` keeps
//! its relative precision up to [`LIMIT`](double::LIMIT).

macro_rules! trigonometric {
    ($module:ident, $type:ident, magic $magic:expr, limit $limit:expr, sign $sign:expr,
     half $half_a:expr, $half_b:expr, $half_c:expr,
     wave $($wave:expr),+ ;
     quarter $a:expr, $b:expr, $c:expr,
     sine $($sine:expr),+ ; cosine $($cosine:expr),+) => {
        pub mod $module {
            use super::double;

            /// Beyond this angles are reduced in double precision.
            pub const LIMIT: $type = $limit;
            /// Beyond this the standard library's functions are used.
            const WIDEST: $type = double::LIMIT as $type;
            const MAGIC: $type = $magic;
            /// `P`, the constant first.
            const WAVE: &[$type] = &[$($wave),+];
            /// `−1/3!, 1/5!, …`
            const SINE: &[$type] = &[$($sine),+];
            /// `1/4!, −1/6!, …`
            const COSINE: &[$type] = &[$($cosine),+];

            /// `sin r` for `|r| ≤ π/2`, which rounding must not carry beyond 1.
            #[inline(always)]
            fn wave(r: $type) -> $type {
                let z = r * r;
                let mut sum = WAVE[WAVE.len() - 1];
                for term in WAVE[..WAVE.len() - 1].iter().rev() {
                    sum = z.mul_add(sum, *term);
                }
                let value = (z * r).mul_add(sum, r);
                let value = if value > 1.0 { 1.0 } else { value };
                if value < -1.0 { -1.0 } else { value }
            }

            /// `sin x` for `|x| ≤ LIMIT`.
            #[inline(always)]
            pub fn near_sin(x: $type) -> $type {
                let rounded = x.mul_add(std::$type::consts::FRAC_1_PI, MAGIC);
                let n = rounded - MAGIC;
                let r = n.mul_add(-$half_c, n.mul_add(-$half_b, n.mul_add(-$half_a, x)));
                // The last bit of `n` becomes the sign.
                $type::from_bits(wave(r).to_bits() ^ (rounded.to_bits() << $sign))
            }

            /// `cos x` for `|x| ≤ LIMIT`.
            #[inline(always)]
            pub fn near_cos(x: $type) -> $type {
                let rounded = x.mul_add(std::$type::consts::FRAC_1_PI, -0.5) + MAGIC;
                let n = rounded - MAGIC;
                // In quarter turns.
                let h = n.mul_add(2.0, 1.0);
                let r = h.mul_add(-$c, h.mul_add(-$b, h.mul_add(-$a, x)));
                $type::from_bits(wave(r).to_bits() ^ (!rounded.to_bits() << $sign))
            }

            /// `tan x` for `|x| ≤ LIMIT`.
            #[inline(always)]
            pub fn near_tan(x: $type) -> $type {
                let rounded = x * std::$type::consts::FRAC_2_PI + MAGIC;
                let quadrant = rounded.to_bits() as u32;
                let n = rounded - MAGIC;
                let r = n.mul_add(-$c, n.mul_add(-$b, n.mul_add(-$a, x)));
                let z = r * r;
                let mut sine = 0.0;
                for term in SINE.iter().rev() {
                    sine = z.mul_add(sine, *term);
                }
                let mut cosine = 0.0;
                for term in COSINE.iter().rev() {
                    cosine = z.mul_add(cosine, *term);
                }
                let sine = (z * r).mul_add(sine, r);
                // What rounding takes from `1 − z/2` is added again.
                let half = 0.5 * z;
                let most = 1.0 - half;
                let cosine = most + (z * z).mul_add(cosine, (1.0 - most) - half);
                if quadrant & 1 == 0 { sine / cosine } else { -cosine / sine }
            }

            /// `out = near(a)`, `wide(a)` beyond [`LIMIT`], `far(a)` beyond
            /// [`WIDEST`].
            #[inline(always)]
            fn fill(
                a: &[$type],
                out: &mut [$type],
                near: impl Fn($type) -> $type,
                wide: impl Fn($type) -> $type,
                far: impl Fn($type) -> $type,
            ) {
                let largest = crate::kernel::simd(
                    #[inline(always)]
                    || {
                        let mut largest = 0;
                        for (out, &a) in out.iter_mut().zip(a) {
                            largest = a.abs().to_bits().max(largest);
                            *out = near(a);
                        }
                        largest
                    },
                );
                if largest <= LIMIT.to_bits() {
                    return;
                }
                crate::kernel::simd(
                    #[inline(always)]
                    || {
                        for (out, &a) in out.iter_mut().zip(a) {
                            let wide = wide(a);
                            *out = if a.abs() > LIMIT { wide } else { *out };
                        }
                    },
                );
                for (out, &a) in out.iter_mut().zip(a) {
                    // What is not a number is far, too.
                    if a.abs().to_bits() > WIDEST.to_bits() {
                        *out = far(a);
                    }
                }
            }

            /// `out = sin a`.
            pub fn sin(a: &[$type], out: &mut [$type]) {
                fill(
                    a,
                    out,
                    #[inline(always)]
                    |x| near_sin(x),
                    #[inline(always)]
                    |x| double::near_sin(f64::from(x)) as $type,
                    |x| x.sin(),
                );
            }

            /// `out = cos a`.
            pub fn cos(a: &[$type], out: &mut [$type]) {
                fill(
                    a,
                    out,
                    #[inline(always)]
                    |x| near_cos(x),
                    #[inline(always)]
                    |x| double::near_cos(f64::from(x)) as $type,
                    |x| x.cos(),
                );
            }

            /// `out = tan a`.
            pub fn tan(a: &[$type], out: &mut [$type]) {
                fill(
                    a,
                    out,
                    #[inline(always)]
                    |x| near_tan(x),
                    #[inline(always)]
                    |x| double::near_tan(f64::from(x)) as $type,
                    |x| x.tan(),
                );
            }
        }
    };
}

trigonometric!(single, f32, magic 12_582_912.0, limit 20_000.0, sign 31,
    half std::f32::consts::PI, -8.742_278e-8, -3.430_249e-15,
    wave -0.166_666_67, 0.008_333_331, -1.984_086_8e-4, 2.752_537_7e-6, -2.388_879e-8 ;
    quarter std::f32::consts::FRAC_PI_2, -4.371_139e-8, -1.715_124_5e-15,
    sine -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362_880.0 ;
    cosine 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0, -1.0 / 3_628_800.0);
trigonometric!(double, f64, magic 6_755_399_441_055_744.0, limit 1e8, sign 63,
    half std::f64::consts::PI, 1.224_646_799_147_353_2e-16, -2.994_769_809_718_339_7e-33,
    wave -0.166_666_666_666_666_66, 0.008_333_333_333_333_194, -1.984_126_984_120_918_3e-4,
    2.755_731_921_113_086_7e-6, -2.505_210_687_220_594e-8, 1.605_893_967_537_046_6e-10,
    -7.642_990_679_764_166e-13, 2.721_166_276_021_998e-15 ;
    quarter std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33,
    sine -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362_880.0, -1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0, -1.0 / 1_307_674_368_000.0, 1.0 / 355_687_428_096_000.0 ;
    cosine 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0, -1.0 / 3_628_800.0, 1.0 / 479_001_600.0,
    -1.0 / 87_178_291_200.0, 1.0 / 20_922_789_888_000.0, -1.0 / 6_402_373_705_728_000.0);
