//! How values become colours.

use super::palette::{RISING, SIDE};

/// How values become colours; limits are fixed, not found from each map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Colours {
    /// From `−limit` (blue) through zero (background) to `limit` (red).
    Diverging {
        /// The value of full colour.
        limit: f64,
    },
    /// From zero to `max` as `(v / max)^exponent`; 1 is linear.
    Power {
        /// The value of full colour.
        max: f64,
        /// Below one lifts small values.
        exponent: f64,
    },
    /// By the logarithm from `min` to `max`; nothing is drawn below `min`.
    Log {
        /// The value where colour begins.
        min: f64,
        /// The value of full colour.
        max: f64,
    },
}

impl Colours {
    /// Diverging colours with the limit that holds all these values, rounded up.
    pub fn symmetric<'a>(values: impl IntoIterator<Item = &'a f64>) -> Self {
        Self::Diverging {
            limit: round_up(largest(values)),
        }
    }

    /// Linear colours that hold all these values, rounded up.
    pub fn linear<'a>(values: impl IntoIterator<Item = &'a f64>) -> Self {
        Self::Power {
            max: round_up(largest(values)),
            exponent: 1.0,
        }
    }

    /// Where the value lies between −1 and 1 of full colour; more beyond the limit.
    pub(super) fn fraction(self, value: f64) -> f64 {
        match self {
            Self::Diverging { limit } => value / limit,
            Self::Power { max, exponent } => (value.max(0.0) / max).powf(exponent),
            Self::Log { min, max } if value > min => (value / min).ln() / (max / min).ln(),
            Self::Log { .. } => 0.0,
        }
    }

    pub(super) fn level(self, value: f64) -> i32 {
        let levels = if self.is_diverging() { SIDE } else { RISING };
        let fraction = self.fraction(value);
        if fraction.is_nan() {
            return 0;
        }
        (fraction.clamp(-1.0, 1.0) * f64::from(levels)).round() as i32
    }

    /// Limits of nothing but zeros become one, so that the axis exists.
    pub(super) fn sound(self) -> Self {
        let usable = |v: f64| if v.is_finite() && v > 0.0 { v } else { 1.0 };
        match self {
            Self::Diverging { limit } => Self::Diverging {
                limit: usable(limit),
            },
            Self::Power { max, exponent } => Self::Power {
                max: usable(max),
                exponent: usable(exponent),
            },
            Self::Log { min, max } => {
                let max = usable(max);
                Self::Log {
                    min: if min > 0.0 && min < max {
                        min
                    } else {
                        max * 1e-4
                    },
                    max,
                }
            }
        }
    }

    pub(super) fn is_diverging(self) -> bool {
        matches!(self, Self::Diverging { .. })
    }

    pub(super) fn limit(self) -> f64 {
        match self {
            Self::Diverging { limit: max } | Self::Power { max, .. } | Self::Log { max, .. } => max,
        }
    }

    /// The ticks of the colour bar.
    pub(super) fn ticks(self) -> Vec<f64> {
        match self {
            Self::Diverging { limit } => vec![-limit, -limit / 2.0, 0.0, limit / 2.0, limit],
            Self::Power { max, exponent: 1.0 } => vec![0.0, max / 2.0, max],
            Self::Power { max, .. } => vec![0.0, max / 100.0, max / 10.0, max],
            Self::Log { min, max } => {
                let (first, last) = (min.log10().ceil() as i32, max.log10().floor() as i32);
                let mut out: Vec<f64> = (first..=last).map(|n| 10_f64.powi(n)).collect();
                if out.len() < 2 {
                    out = vec![min, max];
                }
                out
            }
        }
    }
}

fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values
        .into_iter()
        .map(|v| v.abs())
        .filter(|v| v.is_finite())
        .fold(0.0, f64::max)
}

/// The next of 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let unit = 10_f64.powf(value.log10().floor());
    let nice = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    nice.into_iter()
        .map(|m| m * unit)
        .find(|m| *m >= value * (1.0 - 1e-12))
        .unwrap_or(10.0 * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_round_and_hold_all_values() {
        assert_eq!(
            Colours::symmetric(&[0.1, -0.37]),
            Colours::Diverging { limit: 0.4 }
        );
        assert_eq!(
            Colours::linear(&[8.0]),
            Colours::Power {
                max: 8.0,
                exponent: 1.0
            }
        );
    }

    #[test]
    fn levels_keep_the_sign_and_stop_at_the_limit() {
        let colours = Colours::Diverging { limit: 2.0 };
        assert_eq!(
            [0.0, 1.0, -1.0, 9.0, f64::NAN].map(|v| colours.level(v)),
            [0, 16, -16, 32, 0]
        );
        let colours = Colours::Log {
            min: 1e-4,
            max: 1.0,
        };
        assert_eq!(
            [0.0, 1e-5, 1e-2, 1.0].map(|v| colours.level(v)),
            [0, 0, 24, 48]
        );
    }
}
