//! What is known of events besides their inputs: the truth, weights, groups.
//!
//! A sum over weighted events is as certain as one over
//!
//! $$ n_\text{eff} = \frac{(\sum_i w_i)^2}{\sum_i w_i^2} $$
//!
//! events without weights: equal weights give the number of events, negative
//! ones, as generators at next-to-leading order make them, give fewer.
//!
//! * **Reference:** L. Kish, *Survey Sampling* (1965), section 8.2.

use crate::statistics::effective_number;

/// Which events belong together and must not be split: a file, and a key in it
/// such as the number of the collision that two jets come from.
pub type Group = (usize, i64);

/// What events truly are.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Truth {
    /// Nothing is known.
    #[default]
    None,
    /// One of two classes.
    Two {
        /// What signal and background are called.
        names: [String; 2],
        /// True for signal.
        signal: Vec<bool>,
    },
    /// One of several classes.
    Classes {
        /// What they are called.
        names: Vec<String>,
        /// The place of each event's class among the names.
        classes: Vec<usize>,
    },
    /// Numbers to be predicted.
    Values {
        /// What they are called.
        names: Vec<String>,
        /// For each name the number of every event.
        values: Vec<Vec<f64>>,
    },
}

/// The truth, weights and groups of events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Target {
    /// What they are.
    pub truth: Truth,
    /// How much each counts; empty where each counts once.
    pub weights: Vec<f64>,
    /// Which belong together; one entry for every event.
    pub groups: Vec<Group>,
}

/// What a target cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Events of different kinds cannot be put together.
    #[error("events with {found} cannot follow events with {expected}")]
    Kinds {
        /// What the first ones have.
        expected: String,
        /// What the later ones have.
        found: String,
    },
    /// A weight that counts nothing.
    #[error("the weight of event {event} (counted from 0) is {found}, expected a finite number")]
    Weight {
        /// The event.
        event: usize,
        /// Its weight.
        found: f64,
    },
    /// Weights that add up to nothing: no share of them means anything.
    #[error(
        "the weights of {} add up to {sum}; expected a sum above 0", 
        .class.as_ref().map_or("all events".to_owned(), |class| format!("class `{class}`"))
    )]
    Sum {
        /// The class, if there are classes.
        class: Option<String>,
        /// The sum.
        sum: f64,
    },
}

impl Truth {
    /// What is known, in words for messages.
    fn kind(&self) -> String {
        match self {
            Self::None => "no truth".to_owned(),
            Self::Two { names, .. } => format!("the classes {}", names.join(", ")),
            Self::Classes { names, .. } => format!("the classes {}", names.join(", ")),
            Self::Values { names, .. } => format!("the values {}", names.join(", ")),
        }
    }

    fn select(&self, events: &[usize]) -> Self {
        match self {
            Self::None => Self::None,
            Self::Two { names, signal } => Self::Two {
                names: names.clone(),
                signal: events.iter().map(|&event| signal[event]).collect(),
            },
            Self::Classes { names, classes } => Self::Classes {
                names: names.clone(),
                classes: events.iter().map(|&event| classes[event]).collect(),
            },
            Self::Values { names, values } => Self::Values {
                names: names.clone(),
                values: values
                    .iter()
                    .map(|column| events.iter().map(|&event| column[event]).collect())
                    .collect(),
            },
        }
    }
}

impl Target {
    /// The number of events.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Of two classes, true for signal; empty where there are not two.
    pub fn signal(&self) -> &[bool] {
        match &self.truth {
            Truth::Two { signal, .. } => signal,
            _ => &[],
        }
    }

    /// The weights, if events have them, for functions that ask for an option.
    pub fn weighted(&self) -> Option<&[f64]> {
        (!self.weights.is_empty()).then_some(&self.weights)
    }

    /// The effective number of events; without weights their number.
    pub fn effective(&self) -> f64 {
        self.weighted().map_or(self.len() as f64, effective_number)
    }

    /// The effective numbers of signal and background events.
    pub fn effective_of_two(&self) -> [f64; 2] {
        [true, false].map(|class| {
            let of_class = |&event: &usize| self.signal()[event] == class;
            let events = (0..self.signal().len()).filter(of_class);
            match self.weighted() {
                Some(weights) => {
                    effective_number(&events.map(|event| weights[event]).collect::<Vec<_>>())
                }
                None => events.count() as f64,
            }
        })
    }

    /// The events named, in that order.
    #[must_use]
    pub fn select(&self, events: &[usize]) -> Self {
        Self {
            truth: self.truth.select(events),
            weights: match self.weighted() {
                Some(weights) => events.iter().map(|&event| weights[event]).collect(),
                None => Vec::new(),
            },
            groups: events.iter().map(|&event| self.groups[event]).collect(),
        }
    }

    /// Adds all events of `other` behind these; where only one of both has
    /// weights, the events of the other count once.
    pub fn append(&mut self, other: &Self) -> Result<(), TargetError> {
        if self.is_empty() {
            self.clone_from(other);
            return Ok(());
        }
        if other.is_empty() {
            return Ok(());
        }
        match (&mut self.truth, &other.truth) {
            (Truth::None, Truth::None) => {}
            (
                Truth::Two { names, signal },
                Truth::Two {
                    names: others,
                    signal: more,
                },
            ) if names == others => signal.extend_from_slice(more),
            (
                Truth::Classes { names, classes },
                Truth::Classes {
                    names: others,
                    classes: more,
                },
            ) if names == others => classes.extend_from_slice(more),
            (
                Truth::Values { names, values },
                Truth::Values {
                    names: others,
                    values: more,
                },
            ) if names == others => {
                for (column, more) in values.iter_mut().zip(more) {
                    column.extend_from_slice(more);
                }
            }
            (mine, theirs) => {
                return Err(TargetError::Kinds {
                    expected: mine.kind(),
                    found: theirs.kind(),
                });
            }
        }
        if self.weighted().is_some() || other.weighted().is_some() {
            self.weights.resize(self.groups.len(), 1.0);
            match other.weighted() {
                Some(weights) => self.weights.extend_from_slice(weights),
                None => self.weights.resize(self.groups.len() + other.len(), 1.0),
            }
        }
        self.groups.extend_from_slice(&other.groups);
        Ok(())
    }

    /// An error where a weight is no number, or where those of all events or of
    /// a class do not add up to more than 0.
    pub fn check_weights(&self) -> Result<(), TargetError> {
        let Some(weights) = self.weighted() else {
            return Ok(());
        };
        if let Some(event) = weights.iter().position(|weight| !weight.is_finite()) {
            return Err(TargetError::Weight {
                event,
                found: weights[event],
            });
        }
        let check = |class: Option<&String>, sum: f64| {
            if sum > 0.0 {
                return Ok(());
            }
            Err(TargetError::Sum {
                class: class.cloned(),
                sum,
            })
        };
        match &self.truth {
            Truth::Two { names, signal } => {
                for (name, class) in names.iter().zip([true, false]) {
                    let of_class = weights.iter().zip(signal).filter(|(_, s)| **s == class);
                    check(Some(name), of_class.map(|(weight, _)| weight).sum())?;
                }
            }
            Truth::Classes { names, classes } => {
                for (place, name) in names.iter().enumerate() {
                    let of_class = weights.iter().zip(classes).filter(|(_, c)| **c == place);
                    check(Some(name), of_class.map(|(weight, _)| weight).sum())?;
                }
            }
            Truth::None | Truth::Values { .. } => check(None, weights.iter().sum())?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(signal: &[bool], weights: &[f64]) -> Target {
        Target {
            truth: Truth::Two {
                names: ["W".to_owned(), "QCD".to_owned()],
                signal: signal.to_vec(),
            },
            weights: weights.to_vec(),
            groups: (0..signal.len()).map(|event| (0, event as i64)).collect(),
        }
    }

    #[test]
    fn selecting_and_appending_events_is_the_identity() {
        let values = Target {
            truth: Truth::Values {
                names: vec!["mass".to_owned(), "pt".to_owned()],
                values: vec![vec![80.0, 91.0, 173.0], vec![300.0, 200.0, 400.0]],
            },
            ..two(&[true; 3], &[])
        };
        let classes = Target {
            truth: Truth::Classes {
                names: ["W", "Z", "top"].map(str::to_owned).to_vec(),
                classes: vec![0, 2, 1],
            },
            ..two(&[true; 3], &[1.0, -1.0, 2.0])
        };
        let none = Target {
            truth: Truth::None,
            ..two(&[true; 3], &[])
        };
        for target in [two(&[true, false, true], &[]), values, classes, none] {
            let mut again = target.select(&[0]);
            again.append(&target.select(&[1, 2])).unwrap();
            assert_eq!(again, target);
        }
    }

    #[test]
    fn events_without_weights_beside_events_with_them_count_once() {
        let mut target = two(&[true], &[]);
        target.append(&two(&[false], &[2.5])).unwrap();
        target.append(&two(&[false], &[])).unwrap();
        assert_eq!(target.weights, [1.0, 2.5, 1.0]);
    }

    #[test]
    fn events_of_other_classes_are_not_put_together() {
        let other = Target {
            truth: Truth::None,
            ..two(&[true], &[])
        };
        let message = two(&[true], &[]).append(&other).unwrap_err().to_string();
        assert!(
            message.contains("no truth") && message.contains("W, QCD"),
            "{message}"
        );
    }

    #[test]
    fn equal_weights_are_as_good_as_none_and_negative_ones_worse() {
        assert_eq!(two(&[true, false], &[]).effective(), 2.0);
        assert!((effective_number(&[1e-300; 7]) - 7.0).abs() < 1e-12);
        assert!((effective_number(&[1e300; 7]) - 7.0).abs() < 1e-12);
        // Divided by the largest weight: the last digit is rounding.
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-15);
        near(effective_number(&[3.0, -1.0]), 0.4);
        assert_eq!(effective_number(&[0.0, 0.0]), 0.0);
        let target = two(&[true, true, false], &[3.0, -1.0, 5.0]);
        let [signal, background] = target.effective_of_two();
        near(signal, 0.4);
        near(background, 1.0);
    }

    #[test]
    fn weights_that_count_nothing_are_refused() {
        let says = |weights: &[f64], part: &str| {
            let message = two(&[true, false, false], weights).check_weights();
            let message = message.unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        assert!(
            two(&[true, false, false], &[1.0, -1.0, 2.0])
                .check_weights()
                .is_ok()
        );
        says(&[1.0, f64::NAN, 2.0], "event 1");
        says(&[1.0, f64::INFINITY, 2.0], "event 1");
        says(&[0.0, 1.0, 2.0], "class `W`");
        says(&[1.0, 1.0, -2.0], "class `QCD`");
    }
}
