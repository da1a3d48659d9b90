//! Permutation importance on black boxes whose answer is known.

use pellucid_core::model::{Model, ModelError};
use pellucid_core::{Job, Tensor, random};
use pellucid_explain::permutation::Permutation;
use pellucid_explain::{ExplainError, Group, Inference};

use crate::models::{explained, linear, normal, with_one_and_two_threads};

/// Events whose first feature tells the classes apart, the third a little.
fn sample(events: usize) -> (Tensor<f32>, Vec<bool>) {
    let mut x = normal(&[events, 4], 21);
    let labels: Vec<bool> = (0..events).map(|i| i % 2 == 0).collect();
    for (row, &label) in x.data_mut().chunks_mut(4).zip(&labels) {
        row[0] += if label { 1.0 } else { -1.0 };
        row[2] += if label { 0.2 } else { -0.2 };
    }
    (x, labels)
}

#[test]
fn an_unused_feature_is_of_no_importance_and_the_used_ones_are_ordered() {
    let (x, labels) = sample(3000);
    let model = explained(&linear(&[1.0, 0.0, 0.5, 0.0], 0.1), Inference::default());
    let groups = Group::columns(&["strong", "unused", "weak", "unused too"]);
    let found = Permutation::default()
        .importance(&model, &[x], &labels, None, &groups, &Job::silent())
        .unwrap();
    assert_eq!(found[1].auc_drop.value, 0.0);
    assert_eq!(found[1].reordering.value, 0.0);
    assert!(found[0].auc_drop.value > 10.0 * found[0].auc_drop.error);
    assert!(found[0].auc_drop.value > found[2].auc_drop.value);
    assert!(found[2].auc_drop.value > 0.0 && found[2].reordering.value > 0.0);
}

/// Scores noise that has nothing to do with the class.
struct Noise;

impl Model for Noise {
    fn score(&self, inputs: &[Tensor<f32>]) -> Result<Vec<f64>, ModelError> {
        Ok((0..inputs[0].rows())
            .map(|i| f64::from(inputs[0].row(i)[1]))
            .collect())
    }
}

#[test]
fn a_used_feature_without_a_relation_to_the_class_loses_nothing_within_its_error() {
    let (x, labels) = sample(3000);
    let groups = Group::columns(&["strong", "noise"]);
    let found = Permutation::default()
        .importance(&Noise, &[x], &labels, None, &groups, &Job::silent())
        .unwrap();
    let drop = found[1].auc_drop;
    assert!(
        drop.value.abs() < 4.0 * drop.error && drop.error > 0.0,
        "{drop}"
    );
    assert!((found[1].reordering.value - 1.0).abs() < 0.1);
}

/// The product of two features: each alone tells nothing.
struct Product;

impl Model for Product {
    fn score(&self, inputs: &[Tensor<f32>]) -> Result<Vec<f64>, ModelError> {
        let score = |i: usize| f64::from(inputs[0].row(i)[0] * inputs[0].row(i)[1]);
        Ok((0..inputs[0].rows()).map(score).collect())
    }
}

#[test]
fn a_group_is_moved_together() {
    let mut rng = random::stream(3, 0);
    let x = normal(&[4000, 2], 22);
    let labels: Vec<bool> = x
        .data()
        .chunks(2)
        .map(|row| f64::from(row[0] * row[1]) + 0.3 * random::normal(&mut rng) > 0.0)
        .collect();
    let both = [Group::new("both", [0, 1]), Group::new("one", [0])];
    let found = Permutation {
        repeats: 8,
        ..Default::default()
    }
    .importance(&Product, &[x], &labels, None, &both, &Job::silent())
    .unwrap();
    // Shuffled together or one alone, the score becomes the product of numbers
    // that have nothing to do with the class: the area falls to a half.
    for importance in &found {
        assert!((importance.auc_drop.value - 0.45).abs() < 0.05, "{found:?}");
    }
}

#[test]
fn shuffles_depend_on_the_seed_and_not_on_threads_or_batches() {
    let (x, labels) = sample(700);
    let model = explained(&linear(&[1.0, -0.4, 0.5, 0.2], 0.0), Inference::default());
    let groups = Group::columns(&["a", "b", "c", "d"]);
    let inputs = [x];
    let run = |permutation: Permutation| {
        permutation
            .importance(&model, &inputs, &labels, None, &groups, &Job::silent())
            .unwrap()
    };
    let (one, two) = with_one_and_two_threads(|| run(Permutation::default()));
    assert_eq!(one, two);
    assert_ne!(
        one,
        run(Permutation {
            seed: 1,
            ..Default::default()
        })
    );
    let small = run(Permutation {
        batch: 64,
        ..Default::default()
    });
    for (a, b) in one.iter().zip(&small) {
        assert!((a.auc_drop.value - b.auc_drop.value).abs() < 1e-3);
    }
}

#[test]
fn one_class_and_numbers_outside_the_input_are_refused() {
    let (x, labels) = sample(10);
    let model = explained(&linear(&[1.0, 0.0, 0.5, 0.0], 0.1), Inference::default());
    let run = |labels: &[bool], groups: &[Group]| {
        let inputs = std::slice::from_ref(&x);
        Permutation::default().importance(&model, inputs, labels, None, groups, &Job::silent())
    };
    let groups = Group::columns(&["a"]);
    assert!(matches!(
        run(&[true; 10], &groups),
        Err(ExplainError::TooFew { .. })
    ));
    let message = run(&labels, &[Group::new("far", [4])])
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("far") && message.contains('4'),
        "{message}"
    );
    assert!(matches!(
        run(&labels[..9], &groups),
        Err(ExplainError::Events { .. })
    ));
}
