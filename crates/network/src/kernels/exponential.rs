//! Exponential functions in plain arithmetic, so that loops over them are
//! compiled to vector instructions; the standard library's are calls.
//!
//! `x = n ln 2 + r` with whole `n` and `|r| ≤ ½ ln 2`; `e^r − 1` is its Taylor
//! series, cut where the rest is below a tenth of the last digit, and
//! `eˣ = 2ⁿ (1 + (e^r − 1))`. The powers of two are written into the exponent
//! bits, half of `n` each, so that results below the normal range are rounded
//! rather than lost. Relative errors stay below two units of the last digit.

macro_rules! exponential {
    ($module:ident, $type:ident, magic $magic:expr, mantissa $mantissa:expr, bias $bias:expr,
     ln2 $high:expr, $low:expr, range $lowest:expr, $highest:expr, series $($term:expr),+) => {
        /// One precision.
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

            /// `e^r − 1` and two factors whose product is `2ⁿ`, and one over the
            /// second.
            #[inline(always)]
            fn parts(x: $type) -> ($type, $type, $type, $type) {
                // What is not a number stays so.
                let x = if x > $highest { $highest } else { x };
                let x = if x < $lowest { $lowest } else { x };
                let n = (x * std::$type::consts::LOG2_E + MAGIC) - MAGIC;
                let half = (n * 0.5 + MAGIC) - MAGIC;
                let r = (x - n * $high) - n * $low;
                let mut sum = 0.0;
                for term in SERIES.iter().rev() {
                    sum = sum * r + term;
                }
                let rest = n - half;
                (
                    r + r * r * sum,
                    power(half + MAGIC),
                    power(rest + MAGIC),
                    power(MAGIC - rest),
                )
            }

            /// `eˣ`.
            #[inline(always)]
            pub fn exp(x: $type) -> $type {
                let (less_one, a, b, _) = parts(x);
                (a + a * less_one) * b
            }

            /// `eˣ − 1`, small where `x` is.
            #[inline(always)]
            pub fn exp_m1(x: $type) -> $type {
                let (less_one, a, b, inverse) = parts(x);
                (a * less_one + (a - inverse)) * b
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

#[cfg(test)]
mod tests {
    use super::{double, single};

    /// Numbers of both signs from tiny to where the results leave the range.
    fn points() -> impl Iterator<Item = f64> {
        (0..4000).flat_map(|i| {
            let x = 10_f64.powf(f64::from(i) / 4000.0 * 22.0 - 20.0);
            [x, -x]
        })
    }

    fn close(found: f64, exact: f64, unit: f64, smallest: f64) {
        let error = (found - exact).abs();
        assert!(
            error <= 4.0 * unit * exact.abs() + smallest,
            "{found:e} {exact:e}"
        );
    }

    #[test]
    fn exponentials_equal_the_standard_librarys_to_the_last_digits() {
        for x in points() {
            let y = x as f32;
            let (unit, wide) = (f64::from(f32::EPSILON) / 2.0, f64::from(y));
            if wide < 88.0 {
                close(single::exp(y).into(), wide.exp(), unit, 1.5e-45);
                close(single::exp_m1(y).into(), wide.exp_m1(), unit, 1.5e-45);
            }
            close(single::tanh(y).into(), wide.tanh(), unit, 1.5e-45);
            let unit = f64::EPSILON / 2.0;
            close(double::exp(x), x.exp(), unit, 5e-324);
            close(double::exp_m1(x), x.exp_m1(), unit, 5e-324);
            close(double::tanh(x), x.tanh(), unit, 5e-324);
        }
    }

    #[test]
    fn ends_of_the_range_and_what_is_no_number_stay() {
        assert_eq!(single::exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(single::exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(double::exp(f64::INFINITY), f64::INFINITY);
        assert_eq!(double::exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(single::exp_m1(f32::NEG_INFINITY), -1.0);
        assert_eq!(double::tanh(f64::INFINITY), 1.0);
        assert_eq!(single::tanh(f32::NEG_INFINITY), -1.0);
        assert_eq!((single::exp(0.0), double::exp_m1(-0.0)), (1.0, 0.0));
        assert!(single::exp(f32::NAN).is_nan() && double::tanh(f64::NAN).is_nan());
    }
}
