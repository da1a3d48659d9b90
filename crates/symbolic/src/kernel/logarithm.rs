//! The natural logarithm.
//!
//! `x = 2ᵏ m`; a table holds `c ≈ 1/m` for parts of the octave, one of which has 1 in
//! its middle and `c = 1`. With `r = c m − 1` is `ln x = k ln 2 − ln c + ln(1 + r)`, and
//! `ln(1 + r) = r + r² P(r)` with a polynomial `P` of the least relative error (see
//! `tests/fixtures/kernels/coefficients.py`). Every `c` is chosen so that `−ln c` is almost
//! a number of few digits: the table is exact with one number for it (S. Gal, ACM Trans.
//! Math. Softw. 17, 26 (1991)), and so is `k ln 2 − ln c` with the first digits of `ln 2`,
//! in single precision after one rounding.

/// What `ln x` is computed from.
pub trait Logarithm: Copy + 'static {
    /// The bits of the number where the first part of the table begins.
    const ROOT: Self;
    /// The bits of exponent and sign.
    const EXPONENT: Self;
    /// `c` of every part.
    const INVERSE: &'static [Self];
    /// `−ln c`.
    const MINUS_LN: &'static [Self];
    /// `P`, the constant first.
    const SERIES: &'static [Self];
    /// `ln 2`, the first digits, over the exponent's unit in the bits.
    const LN2_HIGH: Self;
    /// The rest.
    const LN2_LOW: Self;
    /// Minus one.
    const MINUS_ONE: Self;
    /// The logarithm of one number.
    fn ln(self) -> Self;
}

macro_rules! logarithm {
    ($module:ident, $type:ident, $bits:ident, $signed:ident, mantissa $mantissa:literal,
     subnormal $subnormal:literal, $lift:literal, ln2 $ln2_high:literal, $ln2_low:literal,
     root $root:literal, exponent $exponent:literal, parts $parts:literal, place $place:literal,
     series $($term:expr),+ ; inverse $($inverse:expr),+ ;
     high $($high:expr),+) => {
        impl Logarithm for $type {
            const ROOT: $type = $type::from_bits($root);
            const EXPONENT: $type = $type::from_bits($exponent);
            const INVERSE: &'static [$type] = &[$($inverse),+];
            const MINUS_LN: &'static [$type] = &[$($high),+];
            const SERIES: &'static [$type] = &[$($term),+];
            const LN2_HIGH: $type = $ln2_high / (1_u64 << $mantissa) as $type;
            const LN2_LOW: $type = $ln2_low / (1_u64 << $mantissa) as $type;
            const MINUS_ONE: $type = -1.0;
            fn ln(self) -> $type {
                $module::ln(self)
            }
        }

        pub mod $module {
            use super::Logarithm;
            use crate::kernel::wide;

            const INVERSE: [$type; $parts] = [$($inverse),+];
            const MINUS_LN: [$type; $parts] = [$($high),+];

            /// `ln x − below ln 2` for a positive, normal, finite number.
            #[inline(always)]
            fn lowered(x: $type, below: $type) -> $type {
                let above = x.to_bits().wrapping_sub($root);
                let place = (above >> $place) as usize & ($parts - 1);
                // The exponent's bits, where they stand.
                let octave = above & $exponent;
                let k = (octave as $signed) as $type - below * (1_u64 << $mantissa) as $type;
                let mantissa = $type::from_bits(x.to_bits().wrapping_sub(octave));
                let r = mantissa.mul_add(INVERSE[place], -1.0);
                let mut terms = $type::SERIES.iter().rev();
                let last = terms.next().copied().unwrap_or_default();
                let series = terms.fold(last, |sum, term| r.mul_add(sum, *term));
                let rest = r + (r * r).mul_add(series, k * $type::LN2_LOW);
                k.mul_add($type::LN2_HIGH, MINUS_LN[place]) + rest
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
                let done = wide::lns(a, out);
                crate::kernel::fill1(&a[done..], &mut out[done..], #[inline(always)] |x| ln(x));
            }
        }
    };
}

logarithm!(single, f32, u32, i32, mantissa 23, subnormal 33_554_432.0, 25.0,
    ln2 0.693_359_4, -2.121_944_4e-4, root 0x3f35_5556, exponent 0xff80_0000,
    parts 32, place 18,
    series -0.5, 0.333_372_6, -0.250_041_96 ;
    inverse 1.396_233_7, 1.366_559_5, 1.337_772_3, 1.310_478_4, 1.284_358_4, 1.258_949_5,
        1.234_747_9, 1.211_466_9, 1.188_750_9, 1.167_290_1, 1.146_289_6, 1.126_135_6,
        1.106_621_5, 1.087_749_6, 1.069_556_5, 1.051_973_6, 1.034_960_5, 1.018_486_6, 1.0,
        0.974_777_7, 0.945_924_94, 0.918_505_13, 0.892_830_3, 0.868_870_7, 0.845_618_7,
        0.823_928_06, 0.803_324_2, 0.783_569_4, 0.764_884_9, 0.747_170_1, 0.730_069_3,
        0.713_642_4 ;
    high -0.333_778_38, -0.312_296_27, -0.291_005_73, -0.270_392_3, -0.250_259_28, -0.230_277_66,
        -0.210_866_81, -0.191_831_95, -0.172_903_06, -0.154_684_9, -0.136_530_28, -0.118_791_94,
        -0.101_311_68, -0.084_110_975, -0.067_244_05, -0.050_668, -0.034_363_27, -0.018_317_819,
        0.0, 0.025_545_835, 0.055_592_06, 0.085_007_79, 0.113_358_736, 0.140_560_98, 0.167_686_7,
        0.193_672_06, 0.218_996_88, 0.243_895_65, 0.268_029_93, 0.291_462_42, 0.314_615_85,
        0.337_373_26);
logarithm!(double, f64, u64, i64, mantissa 52, subnormal 18_014_398_509_481_984.0, 54.0,
    ln2 6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10, root 0x3fe6_5555_5555_5556, exponent 0xfff0_0000_0000_0000,
    parts 16, place 48,
    series -0.499_999_999_999_997_9, 0.333_333_333_333_329_04, -0.250_000_000_032_166_8,
        0.200_000_000_044_711_1, -0.166_666_535_265_845_3, 0.142_856_993_947_073_77,
        -0.125_198_646_157_824_14, 0.111_308_785_561_167_26 ;
    inverse 1.401_459_856_728_711_8, 1.342_657_347_441_034, 1.288_590_607_896_082,
        1.238_709_675_536_740_2, 1.192_546_585_596_169_9, 1.149_700_601_778_346_9,
        1.109_826_588_625_692, 1.072_625_695_674_224_2, 1.037_837_838_610_416_8, 1.0,
        0.950_495_050_074_035_8, 0.897_196_262_175_999_2, 0.849_557_522_969_461,
        0.806_722_689_020_666_9, 0.767_999_999_645_328_7, 0.732_824_425_728_090_4 ;
    high -0.337_514_448_136_289_5, -0.294_650_745_330_727_66, -0.253_549_069_085_011_07,
        -0.214_070_253_588_715_8, -0.176_091_008_506_773_5, -0.139_501_562_199_484_4,
        -0.104_203_776_656_277_11, -0.070_109_563_716_641_79, -0.037_139_547_693_868_735, 0.0,
        0.050_772_324_774_698_06, 0.108_480_642_443_737_45, 0.163_039_626_249_201_32,
        0.214_775_301_711_824_8, 0.263_965_546_296_276_44, 0.310_849_134_125_192);
