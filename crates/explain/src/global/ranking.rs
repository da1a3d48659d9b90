//! Which groups of inputs a model's decisions are made of, in order.
//!
//! $$ I_g = \frac1N \sum_n \Bigl| \sum_{i \in g} A_i(x_n) \Bigr| $$
//!
//! A group's attributions are added before the modulus is taken: numbers that
//! cancel within an event do not make the group important. Importance and rank
//! carry the middle 68.3 % of resampled events. Weighted events count by weight.

use pellucid_core::statistics::{Bootstrap, order};
use pellucid_core::{Interval, Tensor};
use serde::{Deserialize, Serialize};

use super::blocks::Blocks;
use crate::error::{ExplainError, one_per_event};
use crate::group::Group;

/// A group with its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranked {
    /// The group.
    pub group: String,
    /// The mean modulus of its attribution, in units of the logit.
    pub importance: Interval,
    /// The same as a share of all groups'.
    pub share: Interval,
    /// Its place, the first is 1.
    pub rank: Interval,
}

/// The groups, the most important first; `values` are an attribution's, one
/// tensor per input of the model.
pub fn ranking(
    values: &[Tensor<f32>],
    groups: &[Group],
    weights: Option<&[f64]>,
    bootstrap: Bootstrap,
) -> Result<Vec<Ranked>, ExplainError> {
    for group in groups {
        for &(input, element) in &group.elements {
            let len = values.get(input).map_or(0, Tensor::row_len);
            if element >= len {
                return Err(ExplainError::Setting {
                    what: "group of inputs",
                    expected: format!("elements below {len} of input {input}"),
                    found: format!("{element} in `{}`", group.name),
                });
            }
        }
    }
    let events = values.first().map_or(0, Tensor::rows);
    if events == 0 {
        return Err(ExplainError::TooFew {
            what: "a ranking",
            needed: "at least one event",
            found: 0,
        });
    }
    if let Some(weights) = weights {
        one_per_event("weights", events, weights.len())?;
    }
    let blocks = Blocks::new(events, groups.len(), weights, |event, weight, sums| {
        for (sum, group) in sums.iter_mut().zip(groups) {
            let parts = group.elements.iter();
            let joint: f64 = parts
                .map(|&(input, element)| f64::from(values[input].row(event)[element]))
                .sum();
            *sum += weight * joint.abs();
        }
    });
    let n = groups.len();
    let intervals = bootstrap
        .of(blocks.len(), |counts| {
            let means = blocks.means(counts);
            let total: f64 = means.iter().sum();
            let mut numbers = means.clone();
            numbers.extend(
                means
                    .iter()
                    .map(|mean| if total > 0.0 { mean / total } else { 0.0 }),
            );
            numbers.extend(places(&means));
            numbers
        })
        .intervals();
    let means: Vec<f64> = intervals[..n]
        .iter()
        .map(|interval| -interval.value)
        .collect();
    Ok(order(&means)
        .into_iter()
        .map(|g| Ranked {
            group: groups[g].name.clone(),
            importance: intervals[g],
            share: intervals[n + g],
            rank: intervals[2 * n + g],
        })
        .collect())
}

/// Each number's place from above, the first 1; equal ones in their order.
fn places(numbers: &[f64]) -> Vec<f64> {
    let negative: Vec<f64> = numbers.iter().map(|x| -x).collect();
    let mut places = vec![0.0; numbers.len()];
    for (place, i) in order(&negative).into_iter().enumerate() {
        places[i] = (place + 1) as f64;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;

    #[test]
    fn the_wider_attribution_ranks_first_with_certainty_and_twins_do_not() {
        let mut rng = random::stream(5, 0);
        let widths = [1.0, 3.0, 1.0];
        let data = (0..3 * 500).map(|i| (widths[i % 3] * random::normal(&mut rng)) as f32);
        let values = Tensor::new(vec![500, 3], data.collect());
        let ranked = ranking(
            &[values],
            &Group::columns(&["a", "b", "c"]),
            None,
            Bootstrap::default(),
        )
        .unwrap();
        assert_eq!(ranked[0].group, "b");
        assert_eq!((ranked[0].rank.low, ranked[0].rank.high), (1.0, 1.0));
        assert!(ranked[0].importance.low > ranked[1].importance.high);
        let shares: f64 = ranked.iter().map(|ranked| ranked.share.value).sum();
        assert!((shares - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_cancels_within_an_event_is_not_important() {
        let values = Tensor::new(vec![2, 3], vec![1.0, -1.0, 0.1, -2.0, 2.0, 0.1]);
        let groups = [Group::new("pair", [0, 1]), Group::new("rest", [2])];
        let ranked = ranking(&[values], &groups, None, Bootstrap::default()).unwrap();
        assert_eq!(ranked[0].group, "rest");
        assert_eq!(ranked[1].importance.value, 0.0);
    }
}
