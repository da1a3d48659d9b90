//! The natural logarithm.
//!
//! `x = 2ᵏ (1 + f)` with `√½ ≤ 1 + f < √2`. With `s = f/(2 + f)`,
//! `ln(1 + f) = f − (f²/2 − s (f²/2 + R))` and `R = 2 (s²/3 + s⁴/5 + …)`:
//! the large term `f` is exact, so the error stays below one unit.

macro_rules! logarithm {
    ($module:ident, $type:ident, $bits:ident, $signed:ident, mantissa $mantissa:expr,
     root $root:expr, subnormal $subnormal:expr, $lift:expr,
     ln2 $high:expr, $low:expr, series $($term:expr),+) => {
        pub mod $module {
            /// `2/3, 2/5, …`
            const SERIES: &[$type] = &[$($term),+];

            /// `ln x`; negative infinity at zero, not a number below.
            #[inline(always)]
            pub fn ln(x: $type) -> $type {
                // Numbers below the normal range are lifted into it.
                let tiny = x < $type::MIN_POSITIVE;
                let lifted = if tiny { x * $subnormal } else { x };
                let below = if tiny { $lift } else { 0.0 };
                let bits = lifted.to_bits();
                let shifted = bits.wrapping_sub($root);
                // Arithmetic shift: floor of the binary exponent relative to the root.
                let k = (shifted as $signed) >> $mantissa;
                let mantissa = bits.wrapping_sub((k << $mantissa) as $bits);
                let f = $type::from_bits(mantissa) - 1.0;
                let k = k as $type - below;
                let half = 0.5 * f * f;
                let s = f / (2.0 + f);
                let z = s * s;
                let mut sum = 0.0;
                for term in SERIES.iter().rev() {
                    sum = z.mul_add(sum, *term);
                }
                let rest = k.mul_add($low, s * z.mul_add(sum, half));
                let value = k * $high - ((half - rest) - f);
                let value = if x == 0.0 { $type::NEG_INFINITY } else { value };
                let value = if x < 0.0 { $type::NAN } else { value };
                // Infinity and what is not a number.
                if x < $type::INFINITY { value } else { x }
            }
        }
    };
}

logarithm!(single, f32, u32, i32, mantissa 23, root 0x3f35_04f3_u32,
    subnormal 33_554_432.0, 25.0,
    ln2 0.693_138_1, 9.058_001e-6,
    series 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0);
logarithm!(double, f64, u64, i64, mantissa 52, root 0x3fe6_a09e_667f_3bcd_u64,
    subnormal 18_014_398_509_481_984.0, 54.0,
    ln2 6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10,
    series 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0, 2.0 / 13.0, 2.0 / 15.0,
    2.0 / 17.0, 2.0 / 19.0, 2.0 / 21.0);
