//! What a training has been through.

use serde::{Deserialize, Serialize};

use super::{EarlyStopping, Monitor};

/// One epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Epoch {
    /// The learning rate of its last step.
    pub learning_rate: f64,
    /// The mean loss of its training batches, each before its step.
    pub train_loss: f64,
    /// The loss of the validation events after it, if there are any.
    pub valid_loss: Option<f64>,
    /// Their area under the ROC curve, where there is one.
    pub valid_auc: Option<f64>,
}

/// All epochs, and how the training ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The finished epochs.
    pub epochs: Vec<Epoch>,
    /// The epoch (from 0) whose weights are kept.
    pub best: Option<usize>,
    /// Whether the training was stopped by the user; then the weights are
    /// those of the best finished epoch.
    pub interrupted: bool,
    /// Whether patience ran out before the last epoch.
    pub stopped_early: bool,
}

impl History {
    /// The best epoch.
    pub fn best_epoch(&self) -> Option<&Epoch> {
        self.best.and_then(|best| self.epochs.get(best))
    }

    /// The losses that a schedule looks at: those of validation, or of
    /// training where there is none.
    pub(crate) fn losses(&self) -> Vec<f64> {
        self.epochs
            .iter()
            .map(|epoch| epoch.valid_loss.unwrap_or(epoch.train_loss))
            .collect()
    }

    /// Adds an epoch; whether it is the best so far. Without validation the
    /// last epoch is.
    pub(crate) fn add(&mut self, epoch: Epoch, monitor: Monitor) -> bool {
        let better = match (self.best_epoch(), quality(&epoch, monitor)) {
            (Some(best), Some(new)) => quality(best, monitor).is_none_or(|old| new > old),
            _ => true,
        };
        self.epochs.push(epoch);
        if better {
            self.best = Some(self.epochs.len() - 1);
        }
        better
    }

    /// Whether patience has run out.
    pub(crate) fn is_exhausted(&self, stopping: EarlyStopping, monitor: Monitor) -> bool {
        let mut best = f64::NEG_INFINITY;
        let mut waited = 0;
        for epoch in &self.epochs {
            let Some(quality) = quality(epoch, monitor) else {
                return false;
            };
            if quality > best + stopping.min_change {
                (best, waited) = (quality, 0);
            } else {
                waited += 1;
            }
        }
        waited > stopping.patience
    }
}

/// What is larger for a better epoch.
fn quality(epoch: &Epoch, monitor: Monitor) -> Option<f64> {
    match monitor {
        Monitor::Loss => epoch.valid_loss.map(|loss| -loss),
        Monitor::Auc => epoch.valid_auc,
    }
}
