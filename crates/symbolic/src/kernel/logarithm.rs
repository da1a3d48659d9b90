//! The natural logarithm.
//!
//! `x = 2ᵏ (1 + f)` with `√½ ≤ 1 + f < √2`, and
//! `ln(1 + f) = f − f²/2 + f³ Q(f)` with a polynomial `Q` of the least relative
//! error (see `tests/fixtures/kernels/coefficients.py`). In double precision the
//! large term `f` is added last and `k ln 2` in two parts, so the error stays below
//! one unit. A division would cost as much as the longer polynomial without it.

macro_rules! logarithm {
    ($module:ident, $type:ident, $bits:ident, $signed:ident, mantissa $mantissa:expr,
     root $root:expr, subnormal $subnormal:expr, $lift:expr,
     join $join:expr) => {
        pub mod $module {
            /// `ln x + (k − below) ln 2` for a positive, normal, finite number.
            #[inline(always)]
            fn lowered(x: $type, below: $type) -> $type {
                let bits = x.to_bits();
                let shifted = bits.wrapping_sub($root);
                // Arithmetic shift: floor of the binary exponent relative to the root.
                let k = (shifted as $signed) >> $mantissa;
                let mantissa = bits.wrapping_sub((k << $mantissa) as $bits);
                let f = $type::from_bits(mantissa) - 1.0;
                let join: fn($type, $type) -> $type = $join;
                join(f, k as $type - below)
            }

            /// `ln x`; negative infinity at zero, not a number below.
            #[inline(always)]
            pub fn ln(x: $type) -> $type {
                // Numbers below the normal range are lifted into it.
                let tiny = x < $type::MIN_POSITIVE;
                let lifted = if tiny { x * $subnormal } else { x };
                let value = lowered(lifted, if tiny { $lift } else { 0.0 });
                let value = if x == 0.0 { $type::NEG_INFINITY } else { value };
                let value = if x < 0.0 { $type::NAN } else { value };
                // Infinity and what is not a number.
                if x < $type::INFINITY { value } else { x }
            }

            /// `out = ln a`.
            pub fn lns(a: &[$type], out: &mut [$type]) {
                const LEAST: $bits = $type::MIN_POSITIVE.to_bits();
                crate::kernel::fill_where(
                    a,
                    out,
                    // Negative numbers, zero and tiny ones are large here.
                    #[inline(always)]
                    |x| x.to_bits().wrapping_sub(LEAST),
                    $type::MAX.to_bits() - LEAST,
                    #[inline(always)]
                    |x| lowered(x, 0.0),
                    #[inline(always)]
                    |x| ln(x),
                );
            }
        }
    };
}

/// `Σ cᵢ xⁱ`, the constant first.
macro_rules! horner {
    ($x:expr; $last:expr) => { $last };
    ($x:expr; $first:expr, $($rest:expr),+) => {
        $x.mul_add(horner!($x; $($rest),+), $first)
    };
}

logarithm!(single, f32, u32, i32, mantissa 23, root 0x3f35_04f3_u32,
subnormal 33_554_432.0, 25.0,
join |f, k| {
    let p = horner!(f; 1.0, -0.5, 0.333_333_3, -0.250_008_2, 0.200_012_25, -0.166_233_58,
        0.142_017_87, -0.131_602_05, 0.127_613_87, -0.076_341_98);
    k.mul_add(std::f32::consts::LN_2, f * p)
});
logarithm!(double, f64, u64, i64, mantissa 52, root 0x3fe6_a09e_667f_3bcd_u64,
subnormal 18_014_398_509_481_984.0, 54.0,
join |f, k| {
    let square = f * f;
    let q = horner!(f; 0.333_333_333_333_331_4, -0.249_999_999_999_879_98,
        0.200_000_000_000_665_28, -0.166_666_666_698_205_6, 0.142_857_142_800_984_33,
        -0.124_999_996_918_856_56, 0.111_111_111_475_743_96, -0.100_000_151_880_274_11,
        0.090_909_239_117_187_2, -0.083_329_139_491_422_77, 0.076_915_305_590_920_41,
        -0.071_494_345_495_909_79, 0.066_845_766_481_649_08, -0.061_967_069_407_958_195,
        0.056_684_793_593_407_556, -0.056_777_541_296_047_45, 0.065_031_621_629_947_62,
        -0.059_814_575_269_936_7, 0.026_151_327_917_752_147);
    let rest = (square * f).mul_add(q, k * 1.908_214_929_270_587_7e-10);
    k.mul_add(6.931_471_803_691_238e-1, f - (0.5 * square - rest))
});
