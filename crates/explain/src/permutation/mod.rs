//! Permutation importance.
//!
//! $$ I_g = Q(f(x)) - Q(f(x^{\pi(g)})) $$
//!
//! where the numbers of group `g` of every event are replaced by those of
//! another event, all of them by the same one, so that the group keeps its
//! distribution and loses its relation to the truth and to all else. The quality `Q` is
//! the area under the ROC curve where events are of two classes, and
//! `R² = 1 − Σ(y − f)² / Σ(y − ȳ)²` where they have a value. The same
//! shuffle also tells how far the events' order changes:
//! `1 − ρ` with Spearman's correlation `ρ` of the scores before and after.
//!
//! What is exchanged is said by [`Exchange`]: numbers of the tensors that a network is
//! given ([`Elements`]), or features of collections ([`Features`]), of which every
//! tensor made from them changes.
//!
//! * **Weights:** areas and correlations of weighted events count by weight; events
//!   are exchanged with one another whatever their weights.
//! * **Error:** each shuffle's error is that of the difference of two areas on
//!   the same events (DeLong, correlations kept), or the standard error of the mean of the
//!   differences of squares; to the mean over shuffles the
//!   error of that mean is added in squares.
//! * **Limits:** shuffled events may be such as do not occur; of two groups
//!   that say the same, each looks dispensable.
//! * **Reference:** L. Breiman, Mach. Learn. 45 (2001) 5, section 10; A.
//!   Fisher, C. Rudin, F. Dominici, arXiv:1801.01489, section 3.

mod elements;
mod features;

use pellucid_core::{Estimate, Job, random, statistics};
use serde::{Deserialize, Serialize};

use crate::error::{ExplainError, one_per_event};

pub use elements::Elements;
pub use features::{FeatureGroup, Features};

/// How groups of inputs are shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permutation {
    /// How often each group is shuffled.
    pub repeats: usize,
    /// The seed of the shuffles.
    pub seed: u64,
}

impl Default for Permutation {
    fn default() -> Self {
        Self {
            repeats: 5,
            seed: 0,
        }
    }
}

/// What scores are held to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Held<'a> {
    /// Events are of two classes: true for signal.
    Two(&'a [bool]),
    /// Events have a value, which the scores are to be.
    Values(&'a [f64]),
    /// Nothing is known: only the order of the scores is compared.
    Nothing,
}

/// What a group of inputs is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    /// The group's name.
    pub group: String,
    /// How much of the area under the ROC curve is lost without it, of two classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auc_drop: Option<Estimate>,
    /// How much of `R²` is lost without it, of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r2_drop: Option<Estimate>,
    /// How far the order of the scores changes: 0 not at all, 1 to nothing in common.
    pub reordering: Estimate,
}

impl Importance {
    /// What is lost, in whichever measure; nothing where no truth is known.
    pub fn loss(&self) -> Option<Estimate> {
        self.auc_drop.or(self.r2_drop)
    }
}

/// One shuffle: whose numbers each event takes.
#[derive(Debug, Clone, Copy)]
pub struct Shuffle<'a> {
    /// The place of the group.
    pub group: usize,
    /// For every event the one whose numbers it takes.
    pub others: &'a [usize],
    /// The seed of what else is drawn.
    pub seed: u64,
}

/// Events whose inputs can be exchanged, and the model that scores them.
pub trait Exchange: Sync {
    /// The number of events.
    fn events(&self) -> usize;

    /// What the groups are called.
    fn names(&self) -> Vec<String>;

    /// The scores of all events, with the numbers of a group exchanged; `advance` is told
    /// of events as they are scored.
    fn scores(
        &self,
        shuffle: Option<Shuffle<'_>>,
        job: &Job,
        advance: &mut dyn FnMut(usize),
    ) -> Result<Vec<f64>, ExplainError>;
}

impl Permutation {
    /// The importance of every group.
    pub fn importance(
        &self,
        events: &dyn Exchange,
        held: Held<'_>,
        weights: Option<&[f64]>,
        job: &Job,
    ) -> Result<Vec<Importance>, ExplainError> {
        let count = events.events();
        self.check(count, held, weights)?;
        let names = events.names();
        let total = names.len() * self.repeats * count;
        let bar = job.start("permutation importance", total as u64);
        let before = events.scores(None, job, &mut |_| ())?;
        one_per_event("scores of the model", count, before.len())?;
        let mut out = Vec::with_capacity(names.len());
        for (group, name) in names.into_iter().enumerate() {
            let mut losses = Vec::with_capacity(self.repeats);
            let mut reorderings = Vec::with_capacity(self.repeats);
            for repeat in 0..self.repeats {
                let stream = (group * self.repeats + repeat) as u64;
                let others = random::permutation(count, &mut random::stream(self.seed, stream));
                let shuffle = Shuffle {
                    group,
                    others: &others,
                    seed: self.seed.wrapping_add(stream << 20),
                };
                let after = events.scores(Some(shuffle), job, &mut |events| {
                    bar.advance(events as u64);
                })?;
                one_per_event("scores of the model", count, after.len())?;
                losses.extend(loss(&before, &after, held, weights));
                reorderings.push(1.0 - statistics::spearman(&before, &after, weights));
            }
            let loss = (!losses.is_empty()).then(|| combined(&losses));
            out.push(Importance {
                group: name,
                auc_drop: loss.filter(|_| matches!(held, Held::Two(_))),
                r2_drop: loss.filter(|_| matches!(held, Held::Values(_))),
                reordering: Estimate::of_repeats(&reorderings),
            });
        }
        Ok(out)
    }

    fn check(
        &self,
        events: usize,
        held: Held<'_>,
        weights: Option<&[f64]>,
    ) -> Result<(), ExplainError> {
        if let Some(weights) = weights {
            one_per_event("weights", events, weights.len())?;
        }
        if self.repeats == 0 {
            return Err(ExplainError::Setting {
                what: "repeats of the permutation",
                expected: "at least 1".to_owned(),
                found: "0".to_owned(),
            });
        }
        let too_few = |needed, found| {
            Err(ExplainError::TooFew {
                what: "permutation importance",
                needed,
                found,
            })
        };
        match held {
            Held::Two(labels) => {
                one_per_event("labels", events, labels.len())?;
                let signal = labels.iter().filter(|&&label| label).count();
                match signal.min(events - signal) {
                    0 => too_few("events of both classes", 0),
                    _ => Ok(()),
                }
            }
            Held::Values(values) => {
                one_per_event("values", events, values.len())?;
                if values.iter().all(|&value| value == values[0]) {
                    return too_few("values that differ", 1);
                }
                Ok(())
            }
            Held::Nothing => Ok(()),
        }
    }
}

/// What is lost from the scores before to those after, with its error.
fn loss(
    before: &[f64],
    after: &[f64],
    held: Held<'_>,
    weights: Option<&[f64]>,
) -> Option<Estimate> {
    match held {
        Held::Two(labels) => Some(statistics::auc_difference(before, after, labels, weights)),
        Held::Values(values) => {
            let spread = statistics::variance(values, weights);
            let scores = before.iter().zip(after);
            let differences = scores.zip(values);
            let differences: Vec<f64> = differences
                .map(|((before, after), y)| ((y - after).powi(2) - (y - before).powi(2)) / spread)
                .collect();
            Some(statistics::mean_estimate(&differences, weights))
        }
        Held::Nothing => None,
    }
}

/// The mean of repeats that have errors of their own.
fn combined(repeats: &[Estimate]) -> Estimate {
    let values: Vec<f64> = repeats.iter().map(|repeat| repeat.value).collect();
    let mean = Estimate::of_repeats(&values);
    // All shuffles are of the same events: their errors do not average out.
    let sample = repeats
        .iter()
        .map(|repeat| repeat.error.powi(2))
        .sum::<f64>()
        / repeats.len() as f64;
    // The spread of a single shuffle is not known.
    let shuffles = if mean.error.is_nan() {
        0.0
    } else {
        mean.error.powi(2)
    };
    Estimate::new(mean.value, (sample + shuffles).sqrt())
}
