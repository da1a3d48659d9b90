//! The settings of a training.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Loss, Optimiser, Schedule};
use crate::error::NetworkError;

/// How a network is trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Training {
    /// What is made small.
    pub loss: Loss,
    /// How weights change.
    pub optimiser: Optimiser,
    /// The size of a step.
    pub learning_rate: f64,
    /// How the size changes with the epochs.
    pub schedule: Schedule,
    /// The number of steps over which the learning rate rises from nearly 0.
    pub warm_up: u64,
    /// The length (over all weights) beyond which a gradient is shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// How often every event is seen.
    pub epochs: usize,
    /// The number of events per step; the last batch of an epoch may be smaller.
    pub batch: usize,
    /// The seed of the order of events and of dropout.
    pub seed: u64,
    /// Factors on the weights of events by class.
    pub class_weights: ClassWeights,
    /// What the best epoch is the best in.
    pub monitor: Monitor,
    /// When to stop before the last epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// Whether a line is noted after every epoch.
    pub notes: bool,
    /// The folder in which the state is kept after every epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<PathBuf>,
    /// Whether to continue from the state in that folder, if there is one.
    pub resume: bool,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            loss: Loss::default(),
            optimiser: Optimiser::default(),
            learning_rate: 1e-3,
            schedule: Schedule::default(),
            warm_up: 0,
            clip_norm: None,
            epochs: 20,
            batch: 256,
            seed: 0,
            class_weights: ClassWeights::default(),
            monitor: Monitor::default(),
            early_stopping: None,
            notes: true,
            checkpoint: None,
            resume: false,
        }
    }
}

/// Factors on the weights of events by class.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// None.
    #[default]
    None,
    /// Such that every class has the same sum of weights.
    Balanced,
    /// These, class 0 first.
    Given(Vec<f64>),
}

/// What the best epoch is the best in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monitor {
    /// The lowest validation loss.
    #[default]
    Loss,
    /// The largest area under the ROC curve of the validation events.
    Auc,
}

/// When to stop before the last epoch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// How many epochs without a better one are borne.
    pub patience: usize,
    /// What counts as better: by more than this.
    #[serde(default)]
    pub min_change: f64,
}

impl Training {
    pub(crate) fn check(&self) -> Result<(), NetworkError> {
        self.optimiser.check()?;
        self.schedule.check()?;
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let wrong = [
            (
                !positive(self.learning_rate),
                "learning_rate",
                "a positive number",
            ),
            (self.epochs == 0, "epochs", "at least 1"),
            (self.batch == 0, "batch", "at least 1"),
            (
                self.clip_norm.is_some_and(|norm| !positive(norm)),
                "clip_norm",
                "a positive number",
            ),
            (
                self.early_stopping
                    .is_some_and(|stop| stop.min_change.is_nan() || stop.min_change < 0.0),
                "early_stopping.min_change",
                "0 or more",
            ),
            (
                self.resume && self.checkpoint.is_none(),
                "resume",
                "a folder in `checkpoint` to resume from",
            ),
            (
                self.monitor == Monitor::Auc && self.loss != Loss::BinaryCrossEntropy,
                "monitor",
                "`loss`, since only binary-cross-entropy has a ROC curve",
            ),
        ];
        match wrong.into_iter().find(|(wrong, ..)| *wrong) {
            Some((_, what, expected)) => Err(NetworkError::Settings {
                what: what.to_owned(),
                problem: format!("expected {expected}"),
            }),
            None => Ok(()),
        }
    }
}
