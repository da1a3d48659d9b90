//! Permutation importance on black boxes whose answer is known.

use pellucid_core::inputs::{Collection, Extent, Feature, Inputs, Numbers};
use pellucid_core::model::{Level, Model, ModelError, Outputs, Precision};
use pellucid_core::{Job, Tensor, random};
use pellucid_explain::permutation::{
    Elements, FeatureGroup, Features, Held, Importance, Permutation,
};
use pellucid_explain::{ExplainError, Explained, Group, Inference};

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

/// Importances of a network's numbers.
fn of_network(
    permutation: Permutation,
    model: &Explained,
    x: &Tensor<f32>,
    labels: &[bool],
    groups: &[Group],
) -> Result<Vec<Importance>, ExplainError> {
    let inputs = std::slice::from_ref(x);
    let events = Elements::new(model, inputs, groups)?;
    permutation.importance(&events, Held::Two(labels), None, &Job::silent())
}

/// Columns of a table, each with its name.
fn table(x: &Tensor<f32>, names: &[&str]) -> Inputs {
    let feature = |(k, name): (usize, &&str)| Feature {
        name: (*name).to_owned(),
        unit: String::new(),
        numbers: Numbers::F32(
            x.data()
                .iter()
                .skip(k)
                .step_by(x.row_len())
                .copied()
                .collect(),
        ),
    };
    let mut inputs = Inputs::new(x.rows());
    let collection = Collection {
        name: "event".to_owned(),
        extent: Extent::One,
        features: names.iter().enumerate().map(feature).collect(),
        ends: None,
    };
    inputs.push(collection).unwrap();
    inputs
}

fn group(name: &str, features: &[&str]) -> FeatureGroup {
    FeatureGroup {
        name: name.to_owned(),
        collection: "event".to_owned(),
        features: features.iter().map(|&feature| feature.to_owned()).collect(),
    }
}

/// A score from the columns of a table.
struct Formula(fn(&[f64]) -> f64);

impl Model for Formula {
    fn score(&self, inputs: &Inputs, _: Precision, _: &Job) -> Result<Outputs, ModelError> {
        let columns = &inputs.collection("event")?.features;
        let row = |event: usize| -> Vec<f64> {
            columns
                .iter()
                .map(|column| column.numbers.at(event))
                .collect()
        };
        Ok(Outputs {
            level: Level::Event,
            names: vec!["score".to_owned()],
            columns: vec![(0..inputs.len()).map(|event| self.0(&row(event))).collect()],
        })
    }
}

#[test]
fn an_unused_feature_is_of_no_importance_and_the_used_ones_are_ordered() {
    let (x, labels) = sample(3000);
    let model = explained(&linear(&[1.0, 0.0, 0.5, 0.0], 0.1), Inference::default());
    let groups = Group::columns(&["strong", "unused", "weak", "unused too"]);
    let found = of_network(Permutation::default(), &model, &x, &labels, &groups).unwrap();
    let drops: Vec<_> = found.iter().map(|it| it.auc_drop.unwrap()).collect();
    assert_eq!(drops[1].value, 0.0);
    assert_eq!(found[1].reordering.value, 0.0);
    assert!(drops[0].value > 10.0 * drops[0].error);
    assert!(drops[0].value > drops[2].value);
    assert!(drops[2].value > 0.0 && found[2].reordering.value > 0.0);
}

#[test]
fn a_used_feature_without_a_relation_to_the_class_loses_nothing_within_its_error() {
    let (x, labels) = sample(3000);
    let events = Features {
        model: &Formula(|row| row[1]),
        inputs: &table(&x, &["strong", "noise", "weak", "rest"]),
        groups: &[group("strong", &["strong"]), group("noise", &["noise"])],
    };
    let found = Permutation::default()
        .importance(&events, Held::Two(&labels), None, &Job::silent())
        .unwrap();
    let drop = found[1].auc_drop.unwrap();
    assert!(
        drop.value.abs() < 4.0 * drop.error && drop.error > 0.0,
        "{drop}"
    );
    assert!((found[1].reordering.value - 1.0).abs() < 0.1);
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
    // Each of the two alone tells nothing.
    let events = Features {
        model: &Formula(|row| row[0] * row[1]),
        inputs: &table(&x, &["a", "b"]),
        groups: &[group("both", &["a", "b"]), group("one", &["a"])],
    };
    let found = Permutation {
        repeats: 8,
        ..Default::default()
    }
    .importance(&events, Held::Two(&labels), None, &Job::silent())
    .unwrap();
    // Shuffled together or one alone, the score becomes the product of numbers
    // that have nothing to do with the class: the area falls to a half.
    for importance in &found {
        let drop = importance.auc_drop.unwrap().value;
        assert!((drop - 0.45).abs() < 0.05, "{found:?}");
    }
}

#[test]
fn of_values_what_is_lost_is_twice_the_variance_that_the_feature_explains() {
    // `y = 2a + b` with independent normal a and b: without a relation to `a`, the error
    // is `2a' - 2a`, of variance 8, and that of `y` is 5.
    let x = normal(&[6000, 2], 23);
    let y: Vec<f64> = x
        .data()
        .chunks(2)
        .map(|row| f64::from(2.0 * row[0] + row[1]))
        .collect();
    let events = Features {
        model: &Formula(|row| 2.0 * row[0] + row[1]),
        inputs: &table(&x, &["a", "b"]),
        groups: &[group("a", &["a"]), group("b", &["b"])],
    };
    let found = Permutation::default()
        .importance(&events, Held::Values(&y), None, &Job::silent())
        .unwrap();
    for (importance, expected) in found.iter().zip([1.6, 0.4]) {
        let drop = importance.r2_drop.unwrap();
        assert!(
            drop.error < 0.05 && (drop.value - expected).abs() < 4.0 * drop.error,
            "{drop}"
        );
        assert_eq!(importance.auc_drop, None);
    }
    let nothing = Permutation::default()
        .importance(&events, Held::Nothing, None, &Job::silent())
        .unwrap();
    assert!(
        nothing
            .iter()
            .all(|it| it.loss().is_none() && it.reordering.value > 0.0)
    );
}

#[test]
fn shuffles_depend_on_the_seed_and_not_on_threads() {
    let (x, labels) = sample(700);
    let model = explained(&linear(&[1.0, -0.4, 0.5, 0.2], 0.0), Inference::default());
    let groups = Group::columns(&["a", "b", "c", "d"]);
    let run =
        |permutation: Permutation| of_network(permutation, &model, &x, &labels, &groups).unwrap();
    let (one, two) = with_one_and_two_threads(|| run(Permutation::default()));
    assert_eq!(one, two);
    assert_ne!(
        one,
        run(Permutation {
            seed: 1,
            ..Default::default()
        })
    );
}

#[test]
fn one_class_and_numbers_outside_the_input_are_refused() {
    let (x, labels) = sample(10);
    let model = explained(&linear(&[1.0, 0.0, 0.5, 0.0], 0.1), Inference::default());
    let run = |labels: &[bool], groups: &[Group]| {
        of_network(Permutation::default(), &model, &x, labels, groups)
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
