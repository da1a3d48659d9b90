//! Numbers that carry their uncertainty.

use serde::{Deserialize, Serialize};

use crate::missing::{self, same};

/// A number and its standard error; what is not known of them is `null` in files.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The central value.
    #[serde(with = "missing")]
    pub value: f64,
    /// One standard error.
    #[serde(with = "missing")]
    pub error: f64,
}

/// Equal if the same is known, and the same is not known.
impl PartialEq for Estimate {
    fn eq(&self, other: &Self) -> bool {
        same(self.value, other.value) && same(self.error, other.error)
    }
}

impl Estimate {
    /// A value with its standard error.
    pub fn new(value: f64, error: f64) -> Self {
        Self { value, error }
    }

    /// Mean and standard error of the mean of repeated measurements; the error
    /// of a single measurement is not a number, because it is not known.
    pub fn of_repeats(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let value = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|x| (x - value).powi(2)).sum();
        Self {
            value,
            error: (squares / (n - 1.0) / n).sqrt(),
        }
    }
}

impl std::fmt::Display for Estimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.4} ± {:.4}", self.value, self.error)
    }
}

/// A number and the interval that holds it at a confidence level; what is not known of
/// them is `null` in files.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The central value.
    #[serde(with = "missing")]
    pub value: f64,
    /// The lower end.
    #[serde(with = "missing")]
    pub low: f64,
    /// The upper end.
    #[serde(with = "missing")]
    pub high: f64,
}

/// Equal if the same is known, and the same is not known.
impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        same(self.value, other.value) && same(self.low, other.low) && same(self.high, other.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_give_mean_and_standard_error() {
        let e = Estimate::of_repeats(&[1.0, 2.0, 3.0]);
        assert_eq!(e.value, 2.0);
        assert!((e.error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!(Estimate::of_repeats(&[1.0]).error.is_nan());
    }

    #[test]
    fn an_unknown_error_is_null_and_comes_back_as_unknown() {
        let one = Estimate::of_repeats(&[1.0]);
        let text = serde_json::to_string(&one).unwrap();
        assert_eq!(text, r#"{"value":1.0,"error":null}"#);
        assert_eq!(serde_json::from_str::<Estimate>(&text).unwrap(), one);
        assert_ne!(one, Estimate::new(1.0, 0.0));
    }
}
