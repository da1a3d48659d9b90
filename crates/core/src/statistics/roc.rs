//! The ROC curve: what is rejected of the background when so much of the signal
//! is kept.
//!
//! $$ \varepsilon_S(t) = P(s \ge t), \qquad \varepsilon_B(t) = P(b \ge t), \qquad
//!    R(\varepsilon_S) = 1 / \varepsilon_B $$
//!
//! Between two thresholds the curve is straight, as if events of equal score
//! were kept at random; `R` at a given `ε_S` is read off that line. A sample of
//! `n` background events cannot show a rejection above `n`, which is therefore
//! the largest value given, where no background is left; of weighted events `n`
//! is their effective number `(Σw)²/Σw²`. With negative weights the shares kept
//! may fall for a while as the threshold goes down: the curve is then read at
//! the first threshold that keeps as much of the signal as is asked for.
//!
//! The band is the middle 68.3 % of bootstrap replicas, each class resampled
//! for itself; scores are sorted once for all replicas.

use serde::{Deserialize, Serialize};

use super::{Bootstrap, auc_estimate, dense_ranks, effective_number};
use crate::{Estimate, Interval};

/// The corners of a ROC curve, from (0, 0) to (1, 1).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Shares of the signal kept.
    pub signal_efficiency: Vec<f64>,
    /// Shares of the background kept.
    pub background_efficiency: Vec<f64>,
}

/// Rejections with their bands at chosen efficiencies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roc {
    /// Shares of the signal kept.
    pub signal_efficiency: Vec<f64>,
    /// The background rejection at each, with its 68 % band.
    pub rejection: Vec<Interval>,
    /// The area under the curve with DeLong's error.
    pub auc: Estimate,
}

/// All corners of the ROC curve; empty if a class is missing or a score is NaN.
pub fn curve(scores: &[f64], labels: &[bool], weights: Option<&[f64]>) -> Curve {
    Staircase::new(scores, labels, weights).curve(|_| 1.0)
}

/// The rejection at each of the signal efficiencies (each in 0..=1), with bands.
///
/// The rejection is not a number if a class is missing or a score is NaN.
pub fn roc(
    scores: &[f64],
    labels: &[bool],
    weights: Option<&[f64]>,
    efficiencies: &[f64],
    bootstrap: Bootstrap,
) -> Roc {
    let staircase = Staircase::new(scores, labels, weights);
    let background = (0..labels.len()).filter(|&event| !labels[event]);
    let most = match weights {
        None => background.count() as f64,
        Some(weights) => {
            effective_number(&background.map(|event| weights[event]).collect::<Vec<f64>>())
        }
    };
    let replicas = bootstrap.by_class(labels, |counts| {
        let curve = staircase.curve(|event| f64::from(counts[event]));
        curve.rejections(efficiencies, most)
    });
    Roc {
        signal_efficiency: efficiencies.to_vec(),
        rejection: replicas.intervals(),
        auc: auc_estimate(scores, labels, weights),
    }
}

impl Curve {
    /// `1/ε_B` at each signal efficiency, at most `most`.
    fn rejections(&self, efficiencies: &[f64], most: f64) -> Vec<f64> {
        // The most of the signal that was kept so far, which never falls.
        let mut reached = self.signal_efficiency.clone();
        for i in 1..reached.len() {
            reached[i] = reached[i].max(reached[i - 1]);
        }
        efficiencies
            .iter()
            .map(|&efficiency| self.rejection(efficiency, &reached, most))
            .collect()
    }

    fn rejection(&self, efficiency: f64, reached: &[f64], most: f64) -> f64 {
        let Some(last) = reached.len().checked_sub(1) else {
            return f64::NAN;
        };
        // The first corner at or above the efficiency: of a vertical stretch
        // the lowest background, as the polygon passes there first.
        let high = reached.partition_point(|&s| s < efficiency).min(last);
        let low = high.saturating_sub(1);
        let signal = &self.signal_efficiency;
        let run = signal[high] - signal[low];
        let share = if run > 0.0 {
            (efficiency - signal[low]) / run
        } else {
            1.0
        };
        let background = &self.background_efficiency;
        let kept = background[low] + share.min(1.0) * (background[high] - background[low]);
        // Weights that cancel can leave less than nothing of the background.
        if kept <= 0.0 {
            most
        } else {
            (1.0 / kept).min(most)
        }
    }
}

/// Events sorted by falling score, cut into groups of equal score.
struct Staircase<'a> {
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
    /// Events by falling score, and whether a group ends with it.
    events: Vec<(u32, bool)>,
}

impl<'a> Staircase<'a> {
    fn new(scores: &[f64], labels: &'a [bool], weights: Option<&'a [f64]>) -> Self {
        assert_eq!(scores.len(), labels.len(), "one label per score");
        if let Some(weights) = weights {
            assert_eq!(scores.len(), weights.len(), "one weight per score");
        }
        let mut events = Vec::new();
        if !scores.iter().any(|score| score.is_nan()) {
            let ranks = dense_ranks(scores);
            let mut order: Vec<u32> = (0..).take(scores.len()).collect();
            order.sort_by_key(|&event| std::cmp::Reverse(ranks[event as usize]));
            events = order
                .iter()
                .enumerate()
                .map(|(i, &event)| {
                    let next = order.get(i + 1);
                    (
                        event,
                        next.is_none_or(|&next| ranks[next as usize] != ranks[event as usize]),
                    )
                })
                .collect();
        }
        Self {
            labels,
            weights,
            events,
        }
    }

    /// The curve when each event counts so often.
    fn curve(&self, count: impl Fn(usize) -> f64) -> Curve {
        // [background, signal] above the threshold.
        let mut above = [0.0; 2];
        let mut corners = vec![above];
        for &(event, ends) in &self.events {
            let event = event as usize;
            let weight = self.weights.map_or(1.0, |weights| weights[event]);
            above[usize::from(self.labels[event])] += weight * count(event);
            if ends {
                corners.push(above);
            }
        }
        if above[0] <= 0.0 || above[1] <= 0.0 {
            corners.clear();
        }
        Curve {
            signal_efficiency: corners.iter().map(|corner| corner[1] / above[1]).collect(),
            background_efficiency: corners.iter().map(|corner| corner[0] / above[0]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random;

    const POINTS: [f64; 3] = [0.3, 0.5, 0.8];

    fn toy(n: usize, shift: f64) -> (Vec<f64>, Vec<bool>) {
        let mut rng = random::stream(12, 0);
        let labels: Vec<bool> = (0..n).map(|i| i % 2 == 0).collect();
        let scores = labels
            .iter()
            .map(|&signal| random::normal(&mut rng) + if signal { shift } else { 0.0 })
            .collect();
        (scores, labels)
    }

    #[test]
    fn a_useless_score_rejects_what_it_keeps() {
        // All scores equal: the curve is the diagonal, R = 1/ε exactly.
        let labels = [true, false, false, true];
        let roc = roc(&[1.0; 4], &labels, None, &[0.5, 0.8], Bootstrap::default());
        assert_eq!(roc.rejection[0].value, 2.0);
        assert!((roc.rejection[1].value - 1.25).abs() < 1e-15);
    }

    #[test]
    fn a_perfect_score_rejects_at_most_as_many_as_there_are() {
        let labels = [true, false, false, false];
        let roc = roc(
            &[9.0, 1.0, 2.0, 3.0],
            &labels,
            None,
            &[0.5, 1.0],
            Bootstrap::default(),
        );
        assert_eq!(roc.rejection[0].value, 3.0);
        assert_eq!(roc.rejection[1].value, 3.0);
    }

    #[test]
    fn two_normal_distributions_have_the_known_rejection_within_the_band() {
        let (scores, labels) = toy(20_000, 1.5);
        let roc = roc(
            &scores,
            &labels,
            None,
            &POINTS,
            Bootstrap {
                seed: 1,
                replicas: 100,
            },
        );
        // 1 / Φ(-(1.5 + Φ⁻¹(1 - ε))) for ε = 0.3, 0.5, 0.8.
        for (point, expected) in roc.rejection.iter().zip([46.59, 14.97, 3.919]) {
            assert!(point.low < point.value && point.value < point.high);
            let pull = (point.value - expected) / ((point.high - point.low) / 2.0);
            assert!(pull.abs() < 4.0, "{point:?} {expected}");
        }
    }

    #[test]
    fn the_area_of_the_polygon_is_the_auc() {
        let (scores, labels) = toy(500, 1.0);
        let rounded: Vec<f64> = scores.iter().map(|s| (s * 4.0).round()).collect();
        let weights: Vec<f64> = scores.iter().map(|s| 1.0 + s.abs()).collect();
        let curve = curve(&rounded, &labels, Some(&weights));
        let area: f64 = (1..curve.signal_efficiency.len())
            .map(|i| {
                let width = curve.background_efficiency[i] - curve.background_efficiency[i - 1];
                width * (curve.signal_efficiency[i] + curve.signal_efficiency[i - 1]) / 2.0
            })
            .sum();
        let auc = crate::statistics::auc(&rounded, &labels, Some(&weights));
        assert!((area - auc).abs() < 1e-13, "{area} {auc}");
    }

    #[test]
    fn an_event_of_weight_two_is_two_events_in_the_curve() {
        let (scores, labels) = ([4.0, 3.0, 2.0, 1.0], [true, false, true, false]);
        let rejection = |scores: &[f64], labels: &[bool], weights: Option<&[f64]>| {
            let curve = Staircase::new(scores, labels, weights).curve(|_| 1.0);
            curve.rejections(&POINTS, 100.0)
        };
        let weighted = rejection(&scores, &labels, Some(&[1.0, 2.0, 2.0, 1.0]));
        let repeated = rejection(
            &[4.0, 3.0, 3.0, 2.0, 2.0, 1.0],
            &[true, false, false, true, true, false],
            None,
        );
        assert_eq!(weighted, repeated);
        // An event and its negative at one score are no event.
        let cancelled = rejection(
            &[4.0, 3.0, 2.0, 1.0, 2.5, 2.5],
            &[true, false, true, false, false, false],
            Some(&[1.0, 2.0, 2.0, 1.0, 3.0, -3.0]),
        );
        assert_eq!(weighted, cancelled);
    }

    #[test]
    fn one_class_has_no_curve() {
        let roc = roc(
            &[1.0, 2.0],
            &[true, true],
            None,
            &POINTS,
            Bootstrap::default(),
        );
        assert!(roc.rejection[0].value.is_nan());
        assert!(curve(&[1.0], &[false], None).signal_efficiency.is_empty());
    }
}
