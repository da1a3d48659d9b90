//! The area under the ROC curve.
//!
//! $$ \mathrm{AUC} = P(s > b) + \tfrac12 P(s = b) $$
//!
//! for scores `s` of signal and `b` of background: the share of all
//! signal-background pairs that the score orders rightly, ties at one half.
//!
//! One sort, then one pass over groups of equal scores: `O(n log n)`, exact.
//! The error is DeLong's (see [`two_sample`]), which needs for each event the
//! share of the other class that it is ordered rightly with; the pass gives it.
//!
//! Events of negative weight count negatively, in pairs as elsewhere: of the
//! area such a sample gives an unbiased estimate, which may leave 0 to 1.
//!
//! A NaN among the scores makes the area not a number, as does an empty class.

use super::{dense_ranks, two_sample};
use crate::Estimate;

/// The area under the ROC curve; `labels` are true for signal.
pub fn auc(scores: &[f64], labels: &[bool], weights: Option<&[f64]>) -> f64 {
    auc_estimate(scores, labels, weights).value
}

/// The area under the ROC curve with DeLong's standard error.
pub fn auc_estimate(scores: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Estimate {
    estimate(&placements(scores, labels, weights), labels, weights)
}

/// `AUC(first) - AUC(second)` of two scores of the *same* events, whose errors
/// are correlated and mostly cancel.
pub fn auc_difference(
    first: &[f64],
    second: &[f64],
    labels: &[bool],
    weights: Option<&[f64]>,
) -> Estimate {
    let first = placements(first, labels, weights);
    let second = placements(second, labels, weights);
    let difference: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a - b).collect();
    estimate(&difference, labels, weights)
}

fn estimate(placements: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Estimate {
    let pick = |values: &[f64], class: bool| -> Vec<f64> {
        values
            .iter()
            .zip(labels)
            .filter(|&(_, &label)| label == class)
            .map(|(&v, _)| v)
            .collect()
    };
    let signal_weights = weights.map(|weights| pick(weights, true));
    let background_weights = weights.map(|weights| pick(weights, false));
    two_sample(
        (&pick(placements, true), signal_weights.as_deref()),
        (&pick(placements, false), background_weights.as_deref()),
    )
}

/// For every event the weighted share of the other class that it is ordered
/// rightly with, ties at one half.
fn placements(scores: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Vec<f64> {
    assert_eq!(scores.len(), labels.len(), "one label per score");
    if let Some(weights) = weights {
        assert_eq!(scores.len(), weights.len(), "one weight per score");
    }
    if scores.iter().any(|score| score.is_nan()) {
        return vec![f64::NAN; scores.len()];
    }
    let ranks = dense_ranks(scores);
    let groups = ranks.iter().max().map_or(0, |&rank| rank as usize + 1);
    // The weight of [background, signal] at each rank.
    let mut at = vec![[0.0; 2]; groups];
    for (i, &rank) in ranks.iter().enumerate() {
        at[rank as usize][usize::from(labels[i])] += weights.map_or(1.0, |weights| weights[i]);
    }
    let mut total = [0.0; 2];
    let below: Vec<[f64; 2]> = at
        .iter()
        .map(|here| {
            let middle = [total[0] + here[0] / 2.0, total[1] + here[1] / 2.0];
            total = [total[0] + here[0], total[1] + here[1]];
            middle
        })
        .collect();
    ranks
        .iter()
        .zip(labels)
        .map(|(&rank, &signal)| {
            let below = below[rank as usize];
            if signal {
                below[0] / total[0]
            } else {
                1.0 - below[1] / total[1]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;
    use crate::statistics::Bootstrap;
    use proptest::prelude::*;
    use rand::RngExt;

    fn toy(n: usize, seed: u64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = random::stream(seed, 0);
        let labels: Vec<bool> = (0..n).map(|i| i % 3 == 0).collect();
        let scores = labels
            .iter()
            .map(|&s| random::normal(&mut rng) + f64::from(u8::from(s)))
            .collect();
        (scores, labels)
    }

    fn brute_force(scores: &[f64], labels: &[bool], weights: &[f64]) -> f64 {
        let (mut right, mut all) = (0.0, 0.0);
        for i in (0..scores.len()).filter(|&i| labels[i]) {
            for j in (0..scores.len()).filter(|&j| !labels[j]) {
                let pair = weights[i] * weights[j];
                all += pair;
                right += pair
                    * f64::from(i8::from(scores[i] >= scores[j]) + i8::from(scores[i] > scores[j]));
            }
        }
        right / all / 2.0
    }

    proptest! {
        #[test]
        fn it_is_the_share_of_pairs_in_order(
            events in prop::collection::vec((0..6_i32, any::<bool>(), 0.1..3.0), 2..40)
        ) {
            let scores: Vec<f64> = events.iter().map(|e| f64::from(e.0)).collect();
            let labels: Vec<bool> = events.iter().map(|e| e.1).collect();
            let weights: Vec<f64> = events.iter().map(|e| e.2).collect();
            prop_assume!(labels.contains(&true) && labels.contains(&false));
            let exact = brute_force(&scores, &labels, &weights);
            // Sums of at most 1600 pairs: rounding alone.
            prop_assert!((auc(&scores, &labels, Some(&weights)) - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn random_scores_order_half_of_the_pairs() {
        let mut rng = random::stream(1, 1);
        let scores: Vec<f64> = (0..20_000).map(|_| rng.random()).collect();
        let labels: Vec<bool> = (0..20_000).map(|i| i % 2 == 0).collect();
        let area = auc_estimate(&scores, &labels, None);
        assert!((area.value - 0.5).abs() < 4.0 * area.error, "{area}");
        // Of a uniform score: sqrt((1/12)(1/m + 1/n)).
        assert!(
            (area.error - (2.0 / 12.0 / 10_000.0_f64).sqrt()).abs() < 1e-4,
            "{area}"
        );
    }

    #[test]
    fn perfect_constant_and_reversed_scores_have_their_areas() {
        let labels = [true, false, true, false];
        assert_eq!(auc(&[2.0, 1.0, 3.0, 0.0], &labels, None), 1.0);
        assert_eq!(auc(&[5.0; 4], &labels, None), 0.5);
        assert_eq!(auc(&[0.0, 1.0, 0.5, 2.0], &labels, None), 0.0);
    }

    #[test]
    fn one_class_or_a_nan_leaves_it_undetermined() {
        assert!(auc(&[1.0, 2.0], &[true, true], None).is_nan());
        assert!(auc(&[1.0, f64::NAN], &[true, false], None).is_nan());
        assert!(auc(&[], &[], None).is_nan());
    }

    #[test]
    fn equal_weights_change_nothing() {
        let (scores, labels) = toy(900, 5);
        let plain = auc_estimate(&scores, &labels, None);
        let weighted = auc_estimate(&scores, &labels, Some(&[0.3; 900]));
        assert!((plain.value - weighted.value).abs() < 1e-13);
        assert!((plain.error - weighted.error).abs() < 1e-13);
    }

    #[test]
    fn the_error_agrees_with_the_bootstrap() {
        let (scores, labels) = toy(1200, 7);
        let delong = auc_estimate(&scores, &labels, None).error;
        let replicas = Bootstrap {
            seed: 3,
            replicas: 400,
        }
        .by_class(&labels, |counts| {
            let weights: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
            vec![auc(&scores, &labels, Some(&weights))]
        });
        let error = replicas.estimates()[0].error;
        // The spread of 400 replicas is known to 1/sqrt(800) = 3.5 %; three of them.
        assert!((error / delong - 1.0).abs() < 0.11, "{error} {delong}");
    }

    #[test]
    fn the_difference_of_a_score_with_itself_has_no_error() {
        let (scores, labels) = toy(300, 2);
        let nothing = auc_difference(&scores, &scores, &labels, None);
        assert_eq!((nothing.value, nothing.error), (0.0, 0.0));
        let mut rng = random::stream(8, 8);
        let blurred: Vec<f64> = scores
            .iter()
            .map(|s| s + 0.3 * random::normal(&mut rng))
            .collect();
        let paired = auc_difference(&scores, &blurred, &labels, None);
        let (a, b) = (
            auc_estimate(&scores, &labels, None),
            auc_estimate(&blurred, &labels, None),
        );
        assert!((paired.value - (a.value - b.value)).abs() < 1e-13);
        assert!(paired.error < 0.6 * a.error.hypot(b.error), "{paired}");
    }

    #[test]
    fn areas_and_errors_equal_those_of_the_peers() {
        let fixture: serde_json::Value = serde_json::from_str(include_str!(
            "../../tests/fixtures/statistics/expected.json"
        ))
        .unwrap();
        let numbers = |name: &str| -> Vec<f64> {
            fixture[name]
                .as_array()
                .unwrap()
                .iter()
                .map(|v| v.as_f64().unwrap())
                .collect()
        };
        let scores = numbers("scores");
        let labels: Vec<bool> = numbers("labels")
            .iter()
            .map(|&label| label == 1.0)
            .collect();
        let weights = numbers("weights");
        let expected = |name: &str| fixture[name].as_f64().unwrap();
        // Sums of 300 numbers of order one in double precision, twice.
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(auc(&scores, &labels, None), expected("auc"));
        close(
            auc(&scores, &labels, Some(&weights)),
            expected("auc_weighted"),
        );
        close(
            auc_estimate(&scores, &labels, None).error,
            expected("delong_error"),
        );
        close(
            super::super::spearman(&scores, &weights, None),
            expected("spearman"),
        );
        close(
            super::super::correlation(&scores, &weights, None),
            expected("pearson"),
        );
        for (ours, theirs) in super::super::quantiles(&scores, &[0.1, 0.5, 0.9])
            .into_iter()
            .zip(numbers("quantiles"))
        {
            close(ours, theirs);
        }
        for (ours, theirs) in super::super::ranks(&scores)
            .into_iter()
            .zip(numbers("ranks"))
        {
            close(ours, theirs);
        }
    }
}
