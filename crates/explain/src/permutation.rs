//! Permutation importance.
//!
//! $$ I_g = \mathrm{AUC}(f(x)) - \mathrm{AUC}(f(x^{\pi(g)})) $$
//!
//! where the numbers of group `g` of every event are replaced by those of
//! another event, all of them by the same one, so that the group keeps its
//! distribution and loses its relation to the class and to all else. The same
//! shuffle also tells how far the events' order changes:
//! `1 − ρ` with Spearman's correlation `ρ` of the scores before and after.
//!
//! * **Weights:** areas and correlations of weighted events count by weight; events
//!   are exchanged with one another whatever their weights.
//! * **Error:** each shuffle's error is that of the difference of two areas on
//!   the same events (DeLong, correlations kept); to the mean over shuffles the
//!   error of that mean is added in squares.
//! * **Limits:** shuffled events may be such as do not occur; of two groups
//!   that say the same, each looks dispensable.
//! * **Reference:** L. Breiman, Mach. Learn. 45 (2001) 5, section 10; A.
//!   Fisher, C. Rudin, F. Dominici, arXiv:1801.01489, section 3.

use pellucid_core::model::Model;
use pellucid_core::{Estimate, Job, Tensor, random, statistics};
use serde::{Deserialize, Serialize};

use crate::error::{ExplainError, one_per_event};
use crate::group::Group;

/// How events are shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permutation {
    /// How often each group is shuffled.
    pub repeats: usize,
    /// The seed of the shuffles.
    pub seed: u64,
    /// How many events are shuffled and scored at once.
    pub batch: usize,
}

impl Default for Permutation {
    fn default() -> Self {
        Self {
            repeats: 5,
            seed: 0,
            batch: 4096,
        }
    }
}

/// What shuffling one group does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Importance {
    /// The group.
    pub group: String,
    /// The loss of area under the ROC curve.
    pub auc_drop: Estimate,
    /// The change of the events' order: 0 if unchanged, 1 if nothing is left.
    pub reordering: Estimate,
}

impl Permutation {
    /// The importance of each group, in their order.
    pub fn importance(
        &self,
        model: &dyn Model,
        inputs: &[Tensor<f32>],
        labels: &[bool],
        weights: Option<&[f64]>,
        groups: &[Group],
        job: &Job,
    ) -> Result<Vec<Importance>, ExplainError> {
        let events = labels.len();
        if let Some(weights) = weights {
            one_per_event("weights", events, weights.len())?;
        }
        for input in inputs {
            one_per_event("rows of a model input", events, input.rows())?;
        }
        let signal = labels.iter().filter(|&&label| label).count();
        if signal == 0 || signal == events {
            return Err(ExplainError::TooFew {
                what: "permutation importance",
                needed: "events of both classes",
                found: signal.min(events - signal),
            });
        }
        if self.repeats == 0 || self.batch == 0 {
            return Err(ExplainError::Setting {
                what: "repeats and batch of the permutation",
                expected: "at least 1 each".to_owned(),
                found: format!("{} and {}", self.repeats, self.batch),
            });
        }
        for group in groups {
            let inside = |&(input, element): &(usize, usize)| {
                inputs
                    .get(input)
                    .is_some_and(|input| element < input.row_len())
            };
            if let Some((input, element)) = group.elements.iter().find(|e| !inside(e)) {
                let sizes: Vec<String> = inputs.iter().map(|i| i.row_len().to_string()).collect();
                return Err(ExplainError::Setting {
                    what: "group of inputs",
                    expected: format!("elements of inputs of {} numbers", sizes.join(", ")),
                    found: format!("element {element} of input {input} in `{}`", group.name),
                });
            }
        }
        let total = groups.len() * self.repeats * events;
        let bar = job.start("permutation importance", total as u64);
        let nothing = Group {
            name: String::new(),
            elements: Vec::new(),
        };
        let in_place: Vec<usize> = (0..events).collect();
        let before = self.scores(model, inputs, &nothing, &in_place, job, &mut |_| ())?;
        let mut out = Vec::with_capacity(groups.len());
        for (g, group) in groups.iter().enumerate() {
            let mut drops = Vec::with_capacity(self.repeats);
            let mut reorderings = Vec::with_capacity(self.repeats);
            for repeat in 0..self.repeats {
                let mut rng = random::stream(self.seed, (g * self.repeats + repeat) as u64);
                let others = random::permutation(events, &mut rng);
                let mut advance = |events: usize| bar.advance(events as u64);
                let after = self.scores(model, inputs, group, &others, job, &mut advance)?;
                drops.push(statistics::auc_difference(&before, &after, labels, weights));
                reorderings.push(1.0 - statistics::spearman(&before, &after, weights));
            }
            out.push(Importance {
                group: group.name.clone(),
                auc_drop: combined(&drops),
                reordering: Estimate::of_repeats(&reorderings),
            });
        }
        Ok(out)
    }

    /// The scores of events whose group is taken from `others`, in batches.
    fn scores(
        &self,
        model: &dyn Model,
        inputs: &[Tensor<f32>],
        group: &Group,
        others: &[usize],
        job: &Job,
        advance: &mut dyn FnMut(usize),
    ) -> Result<Vec<f64>, ExplainError> {
        let mut scores = Vec::with_capacity(others.len());
        for first in (0..others.len()).step_by(self.batch) {
            job.check()?;
            let events: Vec<usize> = (first..others.len().min(first + self.batch)).collect();
            let mut batch: Vec<Tensor<f32>> = inputs
                .iter()
                .map(|input| input.select_rows(&events))
                .collect();
            for (row, &event) in events.iter().enumerate() {
                for &(input, element) in &group.elements {
                    let len = batch[input].row_len();
                    batch[input].data_mut()[row * len + element] =
                        inputs[input].row(others[event])[element];
                }
            }
            let made = model.score(&batch).map_err(ExplainError::Model)?;
            one_per_event("scores of the model", events.len(), made.len())?;
            advance(made.len());
            scores.extend(made);
        }
        Ok(scores)
    }
}

/// The mean of repeats, each with an error that they share.
fn combined(repeats: &[Estimate]) -> Estimate {
    let values: Vec<f64> = repeats.iter().map(|repeat| repeat.value).collect();
    let mean = Estimate::of_repeats(&values);
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
