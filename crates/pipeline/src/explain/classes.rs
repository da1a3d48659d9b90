//! How well a model tells several classes apart.
//!
//! The probability of a class is the model's output where its outputs of an event are
//! probabilities (none below 0, their sum 1 within 10⁻³), else their softmax. A class is held
//! against all others by its probability, and against another one by the ratio of both.

use pellucid_core::statistics::{auc_estimate, mean_estimate};
use pellucid_core::{Estimate, missing};

use super::pass::Pass;
use super::result::{BlackBox, Calibration, ClassResult, Confusion};

/// Bins of probability.
const BINS: usize = 10;

pub(super) fn performance(out: &mut BlackBox, pass: &Pass, names: &[String], classes: &[usize]) {
    let probabilities = probabilities(&pass.outputs);
    let events: Vec<usize> = (0..names.len())
        .map(|class| classes.iter().filter(|&&it| it == class).count())
        .collect();
    let estimate = |scores: &[f64], rows: &[usize], class: usize| {
        let labels: Vec<bool> = rows.iter().map(|&row| classes[row] == class).collect();
        let weights: Option<Vec<f64>> = pass
            .weights()
            .map(|weights| rows.iter().map(|&row| weights[row]).collect());
        let both = labels.contains(&true) && labels.contains(&false);
        both.then(|| auc_estimate(scores, &labels, weights.as_deref()))
    };
    let all: Vec<usize> = (0..classes.len()).collect();
    out.classes = names
        .iter()
        .enumerate()
        .map(|(class, name)| ClassResult {
            name: name.clone(),
            events: events[class],
            auc: estimate(&probabilities[class], &all, class),
            against: (0..names.len())
                .filter(|&other| other != class)
                .map(|other| {
                    let pair = |&row: &usize| classes[row] == class || classes[row] == other;
                    let rows: Vec<usize> = all.iter().copied().filter(pair).collect();
                    let ratio = |&row: &usize| {
                        probabilities[class][row].ln() - probabilities[other][row].ln()
                    };
                    let scores: Vec<f64> = rows.iter().map(ratio).map(finite).collect();
                    estimate(&scores, &rows, class)
                })
                .collect(),
        })
        .collect();
    out.events = events;
    let taken: Vec<usize> = all
        .iter()
        .map(|&row| largest(&probabilities, row))
        .collect();
    let weight = |row: usize| pass.weights().map_or(1.0, |weights| weights[row]);
    let mut sums = vec![vec![0.0; names.len()]; names.len()];
    for &row in &all {
        sums[classes[row]][taken[row]] += weight(row);
    }
    let shares = sums.iter().map(|row| {
        let total: f64 = row.iter().sum();
        row.iter().map(|n| missing::known(n / total)).collect()
    });
    let right: Vec<f64> = all
        .iter()
        .map(|&row| f64::from(u8::from(taken[row] == classes[row])))
        .collect();
    out.confusion = Some(Confusion {
        shares: shares.collect(),
        accuracy: mean_estimate(&right, pass.weights()),
    });
    // How often the class of the largest probability is the true one.
    let sure: Vec<f64> = all
        .iter()
        .map(|&row| probabilities[taken[row]][row])
        .collect();
    let right: Vec<bool> = all.iter().map(|&row| taken[row] == classes[row]).collect();
    out.calibration = calibration(&sure, &right, pass.weights());
}

/// A ratio of probabilities of which one is 0 is far, and no infinity.
fn finite(ratio: f64) -> f64 {
    if ratio.is_nan() {
        0.0
    } else {
        ratio.clamp(-1e4, 1e4)
    }
}

fn largest(probabilities: &[Vec<f64>], row: usize) -> usize {
    let mut best = 0;
    for class in 1..probabilities.len() {
        if probabilities[class][row] > probabilities[best][row] {
            best = class;
        }
    }
    best
}

/// The probability of every class for every event.
fn probabilities(outputs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let events = outputs.first().map_or(0, Vec::len);
    let row = |event: usize| outputs.iter().map(move |column| column[event]);
    let sound =
        |event: usize| row(event).all(|p| p >= 0.0) && (row(event).sum::<f64>() - 1.0).abs() < 1e-3;
    if (0..events).all(sound) {
        return outputs.to_vec();
    }
    let mut out = vec![Vec::with_capacity(events); outputs.len()];
    for event in 0..events {
        let most = row(event).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = row(event).map(|z| (z - most).exp()).sum();
        for (column, z) in out.iter_mut().zip(row(event)) {
            column.push((z - most).exp() / total);
        }
    }
    out
}

/// How often events are of a class in bins of the probability that they are; none where a
/// weight is negative, which no share can have.
pub(super) fn calibration(
    probability: &[f64],
    of_class: &[bool],
    weights: Option<&[f64]>,
) -> Option<Calibration> {
    if weights.is_some_and(|weights| weights.iter().any(|&weight| weight < 0.0)) {
        return None;
    }
    let mut out = Calibration {
        probability: Vec::new(),
        share: Vec::new(),
        events: Vec::new(),
        error: 0.0,
    };
    let mut all = 0.0;
    for bin in 0..BINS {
        let own: Vec<usize> = (0..probability.len())
            .filter(|&event| ((probability[event] * BINS as f64) as usize).min(BINS - 1) == bin)
            .collect();
        if own.is_empty() {
            continue;
        }
        let weight: Option<Vec<f64>> =
            weights.map(|weights| own.iter().map(|&event| weights[event]).collect());
        let total = weight
            .as_ref()
            .map_or(own.len() as f64, |weights| weights.iter().sum());
        if total <= 0.0 {
            continue;
        }
        let mean = |numbers: Vec<f64>| mean_estimate(&numbers, weight.as_deref());
        let sure = mean(own.iter().map(|&event| probability[event]).collect());
        let share = mean(
            own.iter()
                .map(|&event| f64::from(u8::from(of_class[event])))
                .collect(),
        );
        // A bin in which all are of one class has no spread, and an error none the less.
        let least = (share.value * (1.0 - share.value)).max(1.0 / (own.len() as f64 + 2.0));
        let error = share.error.max((least / (own.len() as f64 + 2.0)).sqrt());
        out.error += total * (sure.value - share.value).abs();
        all += total;
        out.probability.push(sure.value);
        out.share.push(Estimate::new(share.value, error));
        out.events.push(own.len());
    }
    out.error /= all;
    (!out.events.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_that_are_no_probabilities_become_such() {
        let outputs = [vec![0.0, 2.0], vec![0.0, 2.0], vec![(2.0_f64).ln(), 2.0]];
        let made = probabilities(&outputs);
        assert!((made[2][0] - 0.5).abs() < 1e-15 && (made[0][1] - 1.0 / 3.0).abs() < 1e-15);
        let ready = [vec![0.2, 1.0], vec![0.8, 0.0]];
        assert_eq!(probabilities(&ready), ready);
    }

    #[test]
    fn probabilities_that_say_the_truth_are_calibrated() {
        // Of four events of probability 0.75 three are of the class.
        let found = calibration(&[0.75; 4], &[true, true, true, false], None).unwrap();
        assert_eq!((found.events[..].to_vec(), found.error), (vec![4], 0.0));
        let found = calibration(&[0.95; 4], &[false; 4], None).unwrap();
        assert!((found.error - 0.95).abs() < 1e-12 && found.share[0].error > 0.0);
    }
}
