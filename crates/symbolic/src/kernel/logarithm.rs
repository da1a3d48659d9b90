//! The natural logarithm.
//!
//! `x = 2ᵏ (1 + f)` with `√½ ≤ 1 + f < √2`, and
//! `ln(1 + f) = f − (f²/2 − R)`: the large term `f` is exact, so the error stays
//! below one unit. In double precision `R = s (f²/2 + s² L(s²))` with
//! `s = f/(2 + f)`; in single precision `R = f³ Q(f)`, which needs no division.
//! `L` and `Q` are polynomials of the least relative error (see
//! `tests/fixtures/kernels/coefficients.py`).

macro_rules! logarithm {
    ($module:ident, $type:ident, $bits:ident, $signed:ident, mantissa $mantissa:expr,
     root $root:expr, subnormal $subnormal:expr, $lift:expr,
     ln2 $high:expr, $low:expr, rest $rest:expr) => {
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
                let k = k as $type - below;
                let half = 0.5 * f * f;
                let rest: fn($type, $type, $type) -> $type = $rest;
                let rest = rest(f, half, k * $low);
                k.mul_add($high, f - (half - rest))
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
ln2 0.693_138_1, 9.058_001e-6,
rest |f, _, low| {
    let q = horner!(f; 0.333_333_13, -0.250_000_1, 0.200_021_19, -0.166_679_96, 0.142_195_55,
        -0.124_055_89, 0.118_881_45, -0.116_756_4, 0.067_466_63);
    (f * f * f).mul_add(q, low)
});
logarithm!(double, f64, u64, i64, mantissa 52, root 0x3fe6_a09e_667f_3bcd_u64,
subnormal 18_014_398_509_481_984.0, 54.0,
ln2 6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10,
rest |f, half, low| {
    let s = f / (2.0 + f);
    let z = s * s;
    let l = horner!(z; 0.666_666_666_666_673_4, 0.399_999_999_994_143, 0.285_714_287_424_792_16,
        0.222_221_985_631_067_6, 0.181_835_648_842_939_4, 0.153_140_354_167_028_34,
        0.147_961_094_311_853_3);
    s.mul_add(z.mul_add(l, half), low)
});
