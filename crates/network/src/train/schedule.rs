//! How the learning rate changes while training.
//!
//! The factor on the learning rate at progress `p` (epochs done, with the
//! share of the current one) of `P` epochs:
//!
//! * constant: 1;
//! * step: `factor^⌊p / every⌋`; exponential: `factor^⌊p⌋`;
//! * cosine: `floor + (1 − floor) (1 + cos(π p / P)) / 2`
//!   (I. Loshchilov, F. Hutter, arXiv:1608.03983, eq. 5, without restarts);
//! * plateau: times `factor` whenever the validation loss has not fallen for
//!   more than `patience` epochs.
//!
//! It is a function of the history alone, so that a resumed training
//! continues as if it had not stopped.

use serde::{Deserialize, Serialize};

use crate::error::NetworkError;

/// A schedule.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// The same all the time.
    #[default]
    Constant,
    /// Falls every few epochs.
    Step {
        /// How many epochs.
        every: usize,
        /// The factor each time.
        factor: f64,
    },
    /// Falls every epoch.
    Exponential {
        /// The factor each time.
        factor: f64,
    },
    /// Falls along half a cosine.
    Cosine {
        /// The factor at the end.
        #[serde(default)]
        floor: f64,
    },
    /// Falls when the validation loss does not.
    Plateau {
        /// The factor each time.
        factor: f64,
        /// How many epochs without a lower loss are borne.
        patience: usize,
    },
}

impl Schedule {
    /// The factor in the epoch after those whose losses are given, `share` of
    /// which is done.
    pub fn factor(&self, losses: &[f64], share: f64, epochs: usize) -> f64 {
        let done = losses.len();
        match *self {
            Self::Constant => 1.0,
            Self::Step { every, factor } => factor.powf((done / every.max(1)) as f64),
            Self::Exponential { factor } => factor.powf(done as f64),
            Self::Cosine { floor } => {
                let progress = ((done as f64 + share) / epochs.max(1) as f64).min(1.0);
                floor + (1.0 - floor) * f64::midpoint(1.0, (std::f64::consts::PI * progress).cos())
            }
            Self::Plateau { factor, patience } => {
                let (mut best, mut bad, mut falls) = (f64::INFINITY, 0, 0);
                for &loss in losses {
                    if loss < best {
                        (best, bad) = (loss, 0);
                    } else {
                        bad += 1;
                    }
                    if bad > patience {
                        (bad, falls) = (0, falls + 1);
                    }
                }
                factor.powf(f64::from(falls))
            }
        }
    }

    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let sound = match *self {
            Self::Constant => true,
            Self::Step { every, factor } => every > 0 && share(factor),
            Self::Exponential { factor } | Self::Plateau { factor, .. } => share(factor),
            Self::Cosine { floor } => (0.0..=1.0).contains(&floor),
        };
        if sound {
            return Ok(());
        }
        Err(NetworkError::Settings {
            what: "schedule".to_owned(),
            problem: format!("expected factors above 0 and at most 1, found {self:?}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plateau_lowers_the_rate_once_patience_is_exceeded() {
        let schedule = Schedule::Plateau {
            factor: 0.5,
            patience: 1,
        };
        let losses = [3.0, 2.0, 2.5, 2.5, 1.0, 1.5, 1.5, 1.5, 1.5];
        let factors: Vec<f64> = (0..=losses.len())
            .map(|n| schedule.factor(&losses[..n], 0.0, 10))
            .collect();
        assert_eq!(
            factors,
            [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125]
        );
    }

    #[test]
    fn a_cosine_begins_at_one_and_ends_at_its_floor() {
        let cosine = Schedule::Cosine { floor: 0.1 };
        assert_eq!(cosine.factor(&[], 0.0, 4), 1.0);
        // Half way the cosine is zero up to rounding.
        assert!((cosine.factor(&[1.0, 1.0], 0.0, 4) - 0.55).abs() < 1e-15);
        assert!((cosine.factor(&[1.0; 4], 0.0, 4) - 0.1).abs() < 1e-15);
    }

    #[test]
    fn steps_and_exponentials_fall_with_the_epochs() {
        let step = Schedule::Step {
            every: 2,
            factor: 0.1,
        };
        assert_eq!(step.factor(&[1.0; 3], 0.9, 9), 0.1);
        assert_eq!(
            Schedule::Exponential { factor: 0.5 }.factor(&[1.0; 3], 0.0, 9),
            0.125
        );
    }
}
