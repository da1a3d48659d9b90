//! The events of a training.

use pellucid_core::Tensor;

use super::batch::Events;
use super::{ClassWeights, Loss, Particles};
use crate::error::NetworkError;

/// Events with their targets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dataset {
    /// One tensor per input of the network, one row per event; none if there
    /// are `particles`.
    pub inputs: Vec<Tensor<f32>>,
    /// The events of a network that takes any number of particles.
    pub particles: Option<Particles>,
    /// One number per event; for the squared error of several outputs one per
    /// output, event after event.
    pub targets: Vec<f32>,
    /// The weights of the events, if they differ.
    pub weights: Option<Vec<f32>>,
}

/// Which events are for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split<'a> {
    /// The rows to train on.
    pub train: &'a [usize],
    /// The rows to validate on; none for no validation.
    pub valid: &'a [usize],
}

impl Dataset {
    /// The number of events.
    pub fn len(&self) -> usize {
        match &self.particles {
            Some(particles) => particles.events(),
            None => self.inputs.first().map_or(0, Tensor::rows),
        }
    }

    /// What the network is given.
    pub(crate) fn events(&self) -> Events<'_> {
        match &self.particles {
            Some(particles) => Events::Particles(particles),
            None => Events::Rows(self.inputs.iter().collect()),
        }
    }

    /// Whether there are no events.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The targets of an event that has `width` of them.
    pub(crate) fn target(&self, row: usize, width: usize) -> &[f32] {
        &self.targets[row * width..(row + 1) * width]
    }

    /// The weight of an event as given.
    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weights
            .as_ref()
            .map_or(1.0, |weights| f64::from(weights[row]))
    }

    /// Whether everything has the right length and range, for a network with
    /// `outputs` numbers per event.
    pub(crate) fn check(
        &self,
        loss: Loss,
        outputs: usize,
        split: Split<'_>,
    ) -> Result<(), NetworkError> {
        let wrong = |problem: String| {
            Err(NetworkError::Settings {
                what: "training data".to_owned(),
                problem,
            })
        };
        let events = self.len();
        if let Some(odd) = self.inputs.iter().find(|input| input.rows() != events) {
            return wrong(format!(
                "one input has {events} events, another {}",
                odd.rows()
            ));
        }
        if let Some(particles) = &self.particles {
            particles.check()?;
        }
        let width = loss.targets(outputs);
        if self.targets.len() != events * width {
            let found = self.targets.len();
            return wrong(format!(
                "expected {width} targets for each of {events} events, found {found} in all"
            ));
        }
        if let Some(weights) = &self.weights {
            if weights.len() != events {
                return wrong(format!(
                    "expected {events} weights, found {}",
                    weights.len()
                ));
            }
            if let Some(row) = weights.iter().position(|weight| !weight.is_finite()) {
                return wrong(format!("the weight of event {row} is {}", weights[row]));
            }
        }
        if split.train.is_empty() {
            return wrong("there are no events to train on".to_owned());
        }
        if let Some(row) = split
            .train
            .iter()
            .chain(split.valid)
            .find(|&&row| row >= events)
        {
            return wrong(format!("event {row} is asked for, there are {events}"));
        }
        let sound = |target: f32| match loss {
            Loss::BinaryCrossEntropy => (0.0..=1.0).contains(&target),
            Loss::CrossEntropy => target >= 0.0 && target.fract() == 0.0 && target < outputs as f32,
            Loss::SquaredError | Loss::Huber => target.is_finite(),
        };
        if let Some(at) = self.targets.iter().position(|&target| !sound(target)) {
            let expected = match loss {
                Loss::BinaryCrossEntropy => "a number between 0 and 1".to_owned(),
                Loss::CrossEntropy => format!("the number of a class below {outputs}"),
                Loss::SquaredError | Loss::Huber => "a finite number".to_owned(),
            };
            let (event, target) = (at / width.max(1), self.targets[at]);
            return wrong(format!(
                "the target of event {event} is {target}, expected {expected}"
            ));
        }
        Ok(())
    }

    /// The weight of every event, times that of its class; those of the
    /// training events have mean 1.
    pub(crate) fn shares(
        &self,
        classes: &ClassWeights,
        loss: Loss,
        outputs: usize,
        train: &[usize],
    ) -> Result<Vec<f32>, NetworkError> {
        let count = match loss {
            Loss::BinaryCrossEntropy => 2,
            Loss::CrossEntropy => outputs,
            Loss::SquaredError | Loss::Huber => 0,
        };
        let wrong = |problem: String| NetworkError::Settings {
            what: "class_weights".to_owned(),
            problem,
        };
        let class = |row: usize| match loss {
            Loss::BinaryCrossEntropy => usize::from(self.targets[row] > 0.5),
            Loss::CrossEntropy | Loss::SquaredError | Loss::Huber => self.targets[row] as usize,
        };
        let factors = match classes {
            ClassWeights::None => None,
            _ if count == 0 => return Err(wrong("a regression has no classes".to_owned())),
            ClassWeights::Given(given) if given.len() == count => Some(given.clone()),
            ClassWeights::Given(given) => {
                return Err(wrong(format!(
                    "expected {count} numbers, found {}",
                    given.len()
                )));
            }
            ClassWeights::Balanced => {
                let mut sums = vec![0.0; count];
                for &row in train {
                    sums[class(row)] += self.weight(row);
                }
                if let Some(class) = sums.iter().position(|&sum| sum <= 0.0) {
                    return Err(wrong(format!(
                        "class {class} has no events to be balanced with"
                    )));
                }
                Some(sums.iter().map(|sum| 1.0 / sum).collect())
            }
        };
        let weight = |row: usize| {
            self.weight(row) * factors.as_ref().map_or(1.0, |factors| factors[class(row)])
        };
        let total: f64 = train.iter().map(|&row| weight(row)).sum();
        let mean = total / train.len() as f64;
        if !(mean > 0.0 && mean.is_finite()) {
            return Err(NetworkError::Settings {
                what: "training data".to_owned(),
                problem: format!("the weights of the training events have the mean {mean}"),
            });
        }
        Ok((0..self.len())
            .map(|row| (weight(row) / mean) as f32)
            .collect())
    }
}
