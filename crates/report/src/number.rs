//! How a number is written, once for the whole program.
//!
//! A value and its error are rounded by the rule of the Particle Data Group:
//! with the error's three leading digits `d`, keep two digits of the error if
//! `100 ≤ d ≤ 354`, one if `355 ≤ d ≤ 949`, and round up to `1000` (two digits)
//! if `d ≥ 950`. The value is rounded to the same place. So `0.01234` is
//! written `0.012` and `0.000_69` is written `0.0007`.
//!
//! * **Reference:** S. Navas et al. (Particle Data Group), Phys. Rev. D 110
//!   (2024) 030001, Introduction, section 5.3 "Rounding".

use pellucid_core::{Estimate, Interval};

/// A value and its error as they are printed, to be aligned at the `±`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rounded {
    /// The value, with a true minus sign.
    pub value: String,
    /// The error; empty if it is not known.
    pub error: String,
    /// The power of ten that both are to be multiplied by; 0 if none.
    pub exponent: i32,
}

/// How many decimals the rule above keeps for an error; negative for tens.
fn decimals(error: f64) -> i32 {
    // Rounding to three digits first, as the rule does: 0.09996 is 0.100.
    let written = format!("{error:.2e}");
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let leading: f64 = mantissa.parse().unwrap_or(1.0);
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if leading < 3.545 {
        1 - exponent
    } else {
        -exponent
    }
}

/// A number with this many decimals; rounded to tens, hundreds if negative.
fn fixed(value: f64, decimals: i32) -> String {
    let text = if decimals >= 0 {
        format!("{value:.*}", decimals.unsigned_abs() as usize)
    } else {
        let unit = 10_f64.powi(-decimals);
        format!("{:.0}", (value / unit).round() * unit)
    };
    sign(&text)
}

/// A true minus sign, and no sign on a zero.
fn sign(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| b == b'0' || b == b'.') => rest.to_owned(),
        Some(rest) => format!("−{rest}"),
        None => text.to_owned(),
    }
}

/// A value and its error, rounded together.
pub fn rounded(estimate: Estimate) -> Rounded {
    let Estimate { value, error } = estimate;
    if !value.is_finite() || !error.is_finite() || error <= 0.0 {
        return Rounded {
            value: significant(value, 4),
            error: String::new(),
            exponent: 0,
        };
    }
    let size = value.abs().max(error);
    let exponent = if (1e-3..1e5).contains(&size) {
        0
    } else {
        size.log10().floor() as i32
    };
    let unit = 10_f64.powi(exponent);
    let places = decimals(error / unit);
    Rounded {
        value: fixed(value / unit, places),
        error: fixed(error / unit, places),
        exponent,
    }
}

/// `0.9012 ± 0.0007`; `(1.23 ± 0.05) × 10⁻⁵`; without an error that is not known.
pub fn estimate(estimate: Estimate) -> String {
    let Rounded {
        value,
        error,
        exponent,
    } = rounded(estimate);
    match (error.is_empty(), exponent) {
        (true, _) => value,
        (false, 0) => format!("{value} ± {error}"),
        (false, _) => format!("({value} ± {error}) × {}", power_of_ten(exponent)),
    }
}

/// `0.312 [0.298, 0.329]`: a value and the ends of its interval, rounded as if
/// half the interval were the error.
pub fn interval(interval: Interval) -> String {
    let Interval { value, low, high } = interval;
    let half = (high - low) / 2.0;
    if !half.is_finite() || half <= 0.0 {
        return significant(value, 4);
    }
    let size = value.abs().max(low.abs()).max(high.abs());
    let exponent = if (1e-3..1e5).contains(&size) {
        0
    } else {
        size.log10().floor() as i32
    };
    let unit = 10_f64.powi(exponent);
    let places = decimals(half / unit);
    let [value, low, high] = [value, low, high].map(|x| fixed(x / unit, places));
    if exponent == 0 {
        format!("{value} [{low}, {high}]")
    } else {
        format!("{value} [{low}, {high}] × {}", power_of_ten(exponent))
    }
}

/// A number with so many significant digits: `1234`, `0.01235`, `1.235 × 10⁻⁷`.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "—".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = digits.max(1);
    let written = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        fixed(value, digits as i32 - 1 - exponent)
    } else {
        format!("{} × {}", sign(mantissa), power_of_ten(exponent))
    }
}

/// A whole number with thin spaces between groups of three: `20 000`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    if digits.len() <= 4 {
        return digits;
    }
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `10⁻⁵`.
pub fn power_of_ten(exponent: i32) -> String {
    let mut out = String::from("10");
    for c in exponent.to_string().chars() {
        out.push(match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
        });
    }
    out
}

/// A number for a machine: seven significant digits at most, no trailing zeros.
pub fn machine(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            String::new()
        } else {
            value.to_string()
        };
    }
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    let (plain, scientific) = (rounded.to_string(), format!("{rounded:e}"));
    if plain.len() <= scientific.len() + 2 {
        plain
    } else {
        scientific
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: f64, error: f64) -> String {
        estimate(Estimate::new(value, error))
    }

    #[test]
    fn errors_are_rounded_by_the_rule_of_the_particle_data_group() {
        assert_eq!(written(0.827, 0.119), "0.83 ± 0.12");
        assert_eq!(written(0.827, 0.367), "0.8 ± 0.4");
        assert_eq!(written(0.827, 0.0947), "0.83 ± 0.09");
        assert_eq!(written(14.674, 0.964), "14.7 ± 1.0");
        assert_eq!(written(0.901_23, 0.000_69), "0.9012 ± 0.0007");
        assert_eq!(written(0.5, 0.099_96), "0.50 ± 0.10");
    }

    #[test]
    fn large_small_and_negative_values_stay_readable() {
        assert_eq!(written(-1.234e-5, 4.6e-7), "(−1.23 ± 0.05) × 10⁻⁵");
        assert_eq!(written(1.5e7, 2.0e5), "(1.500 ± 0.020) × 10⁷");
        assert_eq!(written(12_345.0, 230.0), "12350 ± 230");
        assert_eq!(written(-0.0001, 0.12), "0.00 ± 0.12");
    }

    #[test]
    fn an_unknown_error_is_left_out() {
        assert_eq!(written(0.901_234, f64::NAN), "0.9012");
        assert_eq!(written(f64::NAN, 0.1), "—");
    }

    #[test]
    fn intervals_name_both_ends() {
        let i = Interval {
            value: 0.3123,
            low: 0.2984,
            high: 0.3292,
        };
        assert_eq!(interval(i), "0.312 [0.298, 0.329]");
    }

    #[test]
    fn significant_digits_and_counts() {
        assert_eq!(significant(0.012_345, 3), "0.0123");
        assert_eq!(significant(-1.2345e-9, 3), "−1.23 × 10⁻⁹");
        assert_eq!(significant(123_456.0, 3), "123000");
        assert_eq!(count(20_000), "20\u{202f}000");
        assert_eq!(count(9999), "9999");
    }

    #[test]
    fn machine_numbers_read_back() {
        for value in [0.1, -12.5, 1.234_567e-12, 6.022e23, 0.0] {
            assert_eq!(machine(value).parse::<f64>().unwrap(), value);
        }
        assert_eq!(machine(1.0 / 3.0), "0.3333333");
    }
}
