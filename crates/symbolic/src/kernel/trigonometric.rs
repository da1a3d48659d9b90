//! Sine, cosine, tangent.
//!
//! `x = n π/2 + r` with whole `n` and `|r| ≤ π/4`; π/2 is subtracted in three
//! parts with fused products, so `r` keeps its relative precision up to
//! [`LIMIT`](double::LIMIT). Series of sine and cosine are cut where the rest is
//! below a tenth of the last digit; `n` chooses between them.

macro_rules! trigonometric {
    ($module:ident, $type:ident, magic $magic:expr, limit $limit:expr,
     quarter $a:expr, $b:expr, $c:expr,
     sine $($sine:expr),+ ; cosine $($cosine:expr),+) => {
        pub mod $module {
            /// Beyond this the standard library's functions are used.
            pub const LIMIT: $type = $limit;
            const MAGIC: $type = $magic;
            /// `−1/3!, 1/5!, …`
            const SINE: &[$type] = &[$($sine),+];
            /// `1/4!, −1/6!, …`
            const COSINE: &[$type] = &[$($cosine),+];

            /// Quadrant (in the last two bits), sine and cosine of what is left.
            #[inline(always)]
            fn parts(x: $type) -> (u32, $type, $type) {
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
                (
                    quadrant,
                    (z * r).mul_add(sine, r),
                    (z * z).mul_add(cosine, (-0.5 as $type).mul_add(z, 1.0)),
                )
            }

            /// `sin x` for `|x| ≤ LIMIT`.
            #[inline(always)]
            fn near_sin(x: $type) -> $type {
                let (quadrant, sine, cosine) = parts(x);
                let value = if quadrant & 1 == 0 { sine } else { cosine };
                if quadrant & 2 == 0 { value } else { -value }
            }

            /// `cos x` for `|x| ≤ LIMIT`.
            #[inline(always)]
            fn near_cos(x: $type) -> $type {
                let (quadrant, sine, cosine) = parts(x);
                let value = if quadrant & 1 == 0 { cosine } else { sine };
                if quadrant.wrapping_add(1) & 2 == 0 { value } else { -value }
            }

            /// `tan x` for `|x| ≤ LIMIT`.
            #[inline(always)]
            fn near_tan(x: $type) -> $type {
                let (quadrant, sine, cosine) = parts(x);
                if quadrant & 1 == 0 { sine / cosine } else { -cosine / sine }
            }

            /// Whether every number of a block is small enough for the series.
            #[inline(always)]
            fn near(a: &[$type]) -> bool {
                crate::kernel::simd(
                    #[inline(always)]
                    || {
                        let mut far = 0_u32;
                        for x in a {
                            far |= u32::from(x.abs() > LIMIT);
                        }
                        far == 0
                    },
                )
            }

            /// `out = sin a`.
            pub fn sin(a: &[$type], out: &mut [$type]) {
                if near(a) {
                    crate::kernel::fill1(a, out, #[inline(always)] |x| near_sin(x));
                } else {
                    crate::kernel::fill1(a, out, #[inline(always)] |x| x.sin());
                }
            }

            /// `out = cos a`.
            pub fn cos(a: &[$type], out: &mut [$type]) {
                if near(a) {
                    crate::kernel::fill1(a, out, #[inline(always)] |x| near_cos(x));
                } else {
                    crate::kernel::fill1(a, out, #[inline(always)] |x| x.cos());
                }
            }

            /// `out = tan a`.
            pub fn tan(a: &[$type], out: &mut [$type]) {
                if near(a) {
                    crate::kernel::fill1(a, out, #[inline(always)] |x| near_tan(x));
                } else {
                    crate::kernel::fill1(a, out, #[inline(always)] |x| x.tan());
                }
            }
        }
    };
}

trigonometric!(single, f32, magic 12_582_912.0, limit 20_000.0,
    quarter std::f32::consts::FRAC_PI_2, -4.371_139e-8, -1.715_124_5e-15,
    sine -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362_880.0 ;
    cosine 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0, -1.0 / 3_628_800.0);
trigonometric!(double, f64, magic 6_755_399_441_055_744.0, limit 1e8,
    quarter std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33,
    sine -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0, 1.0 / 362_880.0, -1.0 / 39_916_800.0,
    1.0 / 6_227_020_800.0, -1.0 / 1_307_674_368_000.0, 1.0 / 355_687_428_096_000.0 ;
    cosine 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0, -1.0 / 3_628_800.0, 1.0 / 479_001_600.0,
    -1.0 / 87_178_291_200.0, 1.0 / 20_922_789_888_000.0, -1.0 / 6_402_373_705_728_000.0);
