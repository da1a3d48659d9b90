//! Deletion: does the logit fall when what a method holds important is taken
//! away?
//!
//! The input numbers of an event that differ from the baseline are replaced by
//! it, those with the largest attribution first. With `x_q` the event without
//! the share `q` of them,
//!
//! $$ F = \int_0^1 \bigl( f(x) - f(x_q) \bigr) \mathrm{d}q $$
//!
//! by the trapezoid rule, in units of the logit. The larger, the earlier the
//! logit falls; only the difference from random order, which is taken event by
//! event, says something of the method. Events pulled below the range of the
//! training data are part of the price: the baseline is named in the result.
//!
//! * **Weights:** means over weighted events count by weight.
//! * **Order:** by signed attribution, descending; equal ones in their order.
//! * **Reference:** S. Bach et al., PLoS ONE 10 (2015) e0130140, "pixel
//!   flipping"; W. Samek et al., arXiv:1509.06321, eq. 12 (there the mean over
//!   the first steps of single pixels, here over the whole range of shares).

use pellucid_core::statistics::{mean_estimate, order};
use pellucid_core::{Estimate, Job, Tensor, random};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::error::{ExplainError, one_per_event};
use crate::explained::Explained;
use crate::method::{Baseline, Starts};

/// How numbers are deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deletion {
    /// What replaces them.
    pub baseline: Baseline,
    /// Steps of the share deleted, from 0 to 1.
    pub steps: usize,
    /// The seed of the random order.
    pub seed: u64,
}

impl Default for Deletion {
    fn default() -> Self {
        Self {
            baseline: Baseline::Zeros,
            steps: 10,
            seed: 0,
        }
    }
}

/// The mean logit as more and more is deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionCurve {
    /// The shares deleted.
    pub shares: Vec<f64>,
    /// The mean of `f(x) − f(x_q)` over events, at each share.
    pub fall: Vec<Estimate>,
    /// The area under it.
    pub area: Estimate,
}

/// A method's curve beside that of random order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faithfulness {
    /// Numbers deleted in the method's order.
    pub method: DeletionCurve,
    /// Numbers deleted in random order, the same for all methods.
    pub random: DeletionCurve,
    /// The method's area minus that of random order, of the same events.
    pub excess: Estimate,
}

/// The values by which an event's numbers, given as input and position, are
/// deleted: the largest first.
type Rank<'a> = &'a (dyn Fn(usize, &[(usize, usize)]) -> Vec<f64> + Sync);

impl Deletion {
    /// One attribution each of the same events; in their order.
    pub fn compare(
        &self,
        model: &Explained,
        inputs: &[Tensor<f32>],
        attributions: &[&Attribution],
        weights: Option<&[f64]>,
        job: &Job,
    ) -> Result<Vec<Faithfulness>, ExplainError> {
        let events = model.events(inputs)?;
        for attribution in attributions {
            one_per_event("attributions", events, attribution.events())?;
        }
        if let Some(weights) = weights {
            one_per_event("weights", events, weights.len())?;
        }
        if self.steps == 0 || events == 0 {
            return Err(ExplainError::TooFew {
                what: "deletion",
                needed: "at least one step and one event",
                found: 0,
            });
        }
        let total = (attributions.len() + 1) * self.steps * events;
        let bar = job.start("deletion", total as u64);
        let baseline = self.baseline.starts(model, inputs)?;
        let free = model.free();
        let whole = model.scores(inputs, job)?.logit;
        let falls = |rank: Rank<'_>| {
            let orders: Vec<Vec<(usize, usize)>> = (0..events)
                .into_par_iter()
                .map(|event| {
                    let differs = differing(inputs, free, &baseline, event);
                    let negative: Vec<f64> =
                        rank(event, &differs).into_iter().map(|x| -x).collect();
                    order(&negative).into_iter().map(|i| differs[i]).collect()
                })
                .collect();
            let mut falls = vec![vec![0.0; events]];
            for step in 1..=self.steps {
                job.check()?;
                let share = step as f64 / self.steps as f64;
                let less = without(inputs, free, &baseline, &orders, share);
                let logits = model.scores(&less, job)?.logit;
                falls.push(
                    whole
                        .iter()
                        .zip(&logits)
                        .map(|(f, less)| f - less)
                        .collect(),
                );
                bar.advance(events as u64);
            }
            Ok::<_, ExplainError>(falls)
        };
        let random = falls(&|event, differs| {
            let mut rng = random::stream(self.seed, event as u64);
            let places = random::permutation(differs.len(), &mut rng);
            places.into_iter().map(|place| place as f64).collect()
        })?;
        let at_random = self.areas(&random);
        let random = self.curve(&random, weights);
        attributions
            .iter()
            .map(|attribution| {
                let falls = falls(&|event, differs| {
                    let value = |&(input, element): &(usize, usize)| {
                        f64::from(attribution.values[input].row(event)[element])
                    };
                    differs.iter().map(value).collect()
                })?;
                let excess: Vec<f64> = self
                    .areas(&falls)
                    .iter()
                    .zip(&at_random)
                    .map(|(a, b)| a - b)
                    .collect();
                Ok(Faithfulness {
                    method: self.curve(&falls, weights),
                    random: random.clone(),
                    excess: mean_estimate(&excess, weights),
                })
            })
            .collect()
    }

    /// The area of each event.
    fn areas(&self, falls: &[Vec<f64>]) -> Vec<f64> {
        let mut areas = vec![0.0; falls[0].len()];
        for pair in falls.windows(2) {
            for (area, (a, b)) in areas.iter_mut().zip(pair[0].iter().zip(&pair[1])) {
                *area += f64::midpoint(*a, *b) / self.steps as f64;
            }
        }
        areas
    }

    fn curve(&self, falls: &[Vec<f64>], weights: Option<&[f64]>) -> DeletionCurve {
        DeletionCurve {
            shares: (0..=self.steps)
                .map(|step| step as f64 / self.steps as f64)
                .collect(),
            fall: falls
                .iter()
                .map(|fall| mean_estimate(fall, weights))
                .collect(),
            area: mean_estimate(&self.areas(falls), weights),
        }
    }
}

/// The numbers of an event that differ from the baseline: place among the
/// explained inputs, and position.
fn differing(
    inputs: &[Tensor<f32>],
    free: &[usize],
    baseline: &Starts<f32>,
    event: usize,
) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (place, &i) in free.iter().enumerate() {
        let numbers = inputs[i].row(event).iter();
        let pairs = numbers.zip(baseline.of(place, event)).enumerate();
        out.extend(
            pairs
                .filter(|(_, (x, b))| x != b)
                .map(|(element, _)| (place, element)),
        );
    }
    out
}

/// The events without the first `share` of each one's list.
fn without(
    inputs: &[Tensor<f32>],
    free: &[usize],
    baseline: &Starts<f32>,
    orders: &[Vec<(usize, usize)>],
    share: f64,
) -> Vec<Tensor<f32>> {
    let mut out = inputs.to_vec();
    for (event, order) in orders.iter().enumerate() {
        let count = (share * order.len() as f64).round() as usize;
        for &(place, element) in &order[..count] {
            let input = &mut out[free[place]];
            let len = input.row_len();
            input.data_mut()[event * len + element] = baseline.of(place, event)[element];
        }
    }
    out
}
