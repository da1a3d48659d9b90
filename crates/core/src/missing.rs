//! Numbers that may not exist: the mean of nothing, the error of one measurement.
//!
//! In memory such a number is not a number (NaN); in a file, where JSON knows no NaN, it
//! is `null`, and read as what it was. A field says so with
//! `#[serde(with = "pellucid_core::missing")]`. A number without bound is none that
//! a reader could go on with, and written as `null` too.

use serde::{Deserialize, Deserializer, Serializer};

/// Writes a number, or that there is none.
///
/// # Errors
///
/// Those of the format.
#[allow(clippy::trivially_copy_pass_by_ref)] // what serde asks for
pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.is_finite() {
        serializer.serialize_f64(*number)
    } else {
        serializer.serialize_none()
    }
}

/// Reads a number, or that there is none.
///
/// # Errors
///
/// Those of the format.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Lists of such numbers.
pub mod list {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes numbers, `null` for each that does not exist.
    ///
    /// # Errors
    ///
    /// Those of the format.
    pub fn serialize<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().map(|number| super::known(*number)))
    }

    /// Reads numbers, `null` for each that does not exist.
    ///
    /// # Errors
    ///
    /// Those of the format.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let numbers = Vec::<Option<f64>>::deserialize(deserializer)?;
        let numbers = numbers.into_iter();
        Ok(numbers.map(|number| number.unwrap_or(f64::NAN)).collect())
    }
}

/// Reads a setting that may be without bound above: `inf` in TOML, `null` in JSON.
///
/// # Errors
///
/// Those of the format.
pub fn or_infinite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
}

/// Reads a setting that may be without bound below: `-inf` in TOML, `null` in JSON.
///
/// # Errors
///
/// Those of the format.
pub fn or_minus_infinite<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::NEG_INFINITY))
}

/// The number, if it is one.
pub fn known(number: f64) -> Option<f64> {
    number.is_finite().then_some(number)
}

/// Whether two numbers are equal, or both do not exist.
pub fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Sample {
        #[serde(with = "super")]
        one: f64,
        #[serde(with = "super::list")]
        several: Vec<f64>,
    }

    #[test]
    fn what_does_not_exist_is_null_and_comes_back() {
        let sample = Sample {
            one: f64::NAN,
            several: vec![0.1, f64::NAN, f64::INFINITY],
        };
        let text = serde_json::to_string(&sample).unwrap();
        assert_eq!(text, r#"{"one":null,"several":[0.1,null,null]}"#);
        let read: Sample = serde_json::from_str(&text).unwrap();
        assert!(read.one.is_nan() && read.several[1].is_nan());
        assert_eq!(read.several[0], 0.1);
        // A number that is left out is a mistake, not one that does not exist.
        assert!(serde_json::from_str::<Sample>(r#"{"several":[]}"#).is_err());
    }

    #[test]
    fn two_numbers_that_do_not_exist_are_the_same() {
        assert!(super::same(f64::NAN, f64::NAN) && super::same(1.0, 1.0));
        assert!(!super::same(f64::NAN, 1.0) && !super::same(1.0, 2.0));
    }
}
