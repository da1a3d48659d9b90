//! Decision ordering against its definition, its peer and the bootstrap.

use pellucid_core::random;
use pellucid_core::statistics::{Bootstrap, auc, auc_estimate};
use pellucid_distill::ordering::weighted_decision_ordering;
use pellucid_distill::{DistillError, average_decision_ordering};
use proptest::prelude::*;

use crate::toys::blurred;

/// Twice the sum of DO over all pairs.
fn brute_force(f: &[f64], g: &[f64], labels: &[bool]) -> u64 {
    let mut doubled = 0;
    for x in (0..f.len()).filter(|&x| labels[x]) {
        for y in (0..f.len()).filter(|&y| !labels[y]) {
            let product = (f[x] - f[y]) * (g[x] - g[y]);
            doubled += if product > 0.0 {
                2
            } else {
                u64::from(product == 0.0)
            };
        }
    }
    doubled
}

proptest! {
    #[test]
    fn every_pair_is_counted_as_defined(
        events in prop::collection::vec((0..7_i8, 0..7_i8, any::<bool>()), 2..60)
    ) {
        let f: Vec<f64> = events.iter().map(|e| f64::from(e.0)).collect();
        let g: Vec<f64> = events.iter().map(|e| f64::from(e.1)).collect();
        let labels: Vec<bool> = events.iter().map(|e| e.2).collect();
        prop_assume!(labels.contains(&true) && labels.contains(&false));
        let ordering = average_decision_ordering(&f, &g, &labels).unwrap();
        prop_assert_eq!(ordering.doubled, brute_force(&f, &g, &labels));
        // Which of the two is the black box does not matter.
        let swapped = average_decision_ordering(&g, &f, &labels).unwrap();
        prop_assert_eq!(swapped.doubled, ordering.doubled);
        // Nor which class is called signal.
        let others: Vec<bool> = labels.iter().map(|&label| !label).collect();
        prop_assert_eq!(average_decision_ordering(&f, &g, &others).unwrap().doubled, ordering.doubled);
        // Turning one round turns every pair round, ties stay.
        let down: Vec<f64> = g.iter().map(|g| -g).collect();
        let turned = average_decision_ordering(&f, &down, &labels).unwrap();
        prop_assert_eq!(turned.doubled, 2 * ordering.pairs - ordering.doubled);
    }
}

#[test]
fn a_large_sample_with_and_without_ties_equals_the_definition() {
    for steps in [2.0, 1e9] {
        let (f, g, labels) = blurred(3000, 1, steps);
        let ordering = average_decision_ordering(&f, &g, &labels).unwrap();
        assert_eq!(ordering.doubled, brute_force(&f, &g, &labels));
        assert_eq!(ordering.pairs, 2000 * 1000);
    }
}

#[test]
fn the_ordering_with_the_truth_is_the_area_under_the_roc_curve() {
    let (f, _, labels) = blurred(2000, 2, 3.0);
    let truth: Vec<f64> = labels
        .iter()
        .map(|&label| f64::from(u8::from(label)))
        .collect();
    let ordering = average_decision_ordering(&f, &truth, &labels).unwrap();
    let area = auc_estimate(&f, &labels, None);
    // Rounding of sums of 2000 terms.
    assert!((ordering.ado.value - area.value).abs() < 1e-13);
    assert!((ordering.ado.error - area.error).abs() < 1e-13);
    assert!((ordering.ado.value - auc(&f, &labels, None)).abs() < 1e-13);
}

#[test]
fn a_function_agrees_with_itself_and_an_opposite_one_folds_to_the_same() {
    let (f, _, labels) = blurred(500, 3, 1e9);
    let down: Vec<f64> = f.iter().map(|f| -f.cbrt()).collect();
    assert_eq!(
        average_decision_ordering(&f, &f, &labels)
            .unwrap()
            .ado
            .value,
        1.0
    );
    let opposite = average_decision_ordering(&f, &down, &labels).unwrap();
    assert_eq!(opposite.ado.value, 0.0);
    assert_eq!(
        (opposite.folded().ado.value, opposite.folded().sign),
        (1.0, -1)
    );
}

#[test]
fn the_analytic_error_agrees_with_the_bootstrap_over_events() {
    let (f, g, labels) = blurred(1500, 4, 1e9);
    let analytic = average_decision_ordering(&f, &g, &labels)
        .unwrap()
        .ado
        .error;
    let replicas = Bootstrap {
        seed: 5,
        replicas: 400,
    }
    .by_class(&labels, |counts| {
        let weights: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
        vec![
            weighted_decision_ordering(&f, &g, &labels, &weights)
                .unwrap()
                .value,
        ]
    });
    let bootstrap = replicas.estimates()[0].error;
    // The spread of 400 replicas is known to 3.5 %; three of them.
    assert!(
        (bootstrap / analytic - 1.0).abs() < 0.11,
        "{bootstrap} {analytic}"
    );
}

#[test]
fn a_weight_of_two_counts_an_event_twice() {
    let (f, g, labels) = blurred(90, 6, 2.0);
    let weights: Vec<f64> = (0..90)
        .map(|i| 1.0 + f64::from(u8::from(i % 4 == 0)))
        .collect();
    let twice = |values: &[f64]| -> Vec<f64> {
        let copies = (0..90).step_by(4).map(|i| values[i]);
        values.iter().copied().chain(copies).collect()
    };
    let labels_twice: Vec<bool> = labels
        .iter()
        .copied()
        .chain((0..90).step_by(4).map(|i| labels[i]))
        .collect();
    let weighted = weighted_decision_ordering(&f, &g, &labels, &weights).unwrap();
    let copied = average_decision_ordering(&twice(&f), &twice(&g), &labels_twice).unwrap();
    assert!((weighted.value - copied.ado.value).abs() < 1e-13);
    let ones = weighted_decision_ordering(&f, &g, &labels, &[1.0; 90]).unwrap();
    let plain = average_decision_ordering(&f, &g, &labels).unwrap().ado;
    assert!((ones.value - plain.value).abs() < 1e-13);
    assert!((ones.error - plain.error).abs() < 1e-13);
}

#[test]
fn orderings_equal_those_of_the_peers() {
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/ordering/expected.json")).unwrap();
    let numbers = |name: &str| -> Vec<f64> {
        fixture[name]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v.as_f64().unwrap())
            .collect()
    };
    let labels: Vec<bool> = numbers("labels")
        .iter()
        .map(|&label| label == 1.0)
        .collect();
    let ours = average_decision_ordering(&numbers("f"), &numbers("g"), &labels).unwrap();
    assert_eq!(ours.doubled, fixture["doubled"].as_u64().unwrap());
    // Rounding of sums of 300 terms.
    assert!((ours.ado.error - fixture["error"].as_f64().unwrap()).abs() < 1e-14);
    // The peer draws about 10,000 of 22,400 pairs: 0.5 / sqrt(10,000) at most,
    // three of them; and it folds.
    assert_eq!(ours.folded().sign, -1);
    assert!((ours.folded().ado.value - fixture["peer"].as_f64().unwrap()).abs() < 0.015);
}

#[test]
fn the_same_bits_come_from_any_number_of_threads() {
    let (f, g, labels) = blurred(5000, 7, 50.0);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| average_decision_ordering(&f, &g, &labels).unwrap())
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn what_cannot_be_ordered_is_refused_with_its_place() {
    let labels = [true, false, true];
    let error = average_decision_ordering(&[1.0, f64::NAN, 2.0], &[0.0; 3], &labels).unwrap_err();
    assert!(matches!(error, DistillError::NotFinite { event: 1, .. }));
    let error = average_decision_ordering(&[1.0; 3], &[0.0; 2], &labels).unwrap_err();
    assert!(matches!(
        error,
        DistillError::Length {
            expected: 3,
            found: 2,
            ..
        }
    ));
    let error = average_decision_ordering(&[1.0; 2], &[0.0; 2], &[true; 2]).unwrap_err();
    assert!(
        error.to_string().contains("2 signal and 0 background"),
        "{error}"
    );
}

#[test]
fn independent_functions_agree_on_half_of_the_pairs() {
    let mut rng = random::stream(9, 0);
    let mut draw = || -> Vec<f64> { (0..4000).map(|_| random::normal(&mut rng)).collect() };
    let (f, g) = (draw(), draw());
    let labels: Vec<bool> = (0..4000).map(|i| i % 2 == 0).collect();
    let ado = average_decision_ordering(&f, &g, &labels).unwrap().ado;
    assert!((ado.value - 0.5).abs() < 4.0 * ado.error, "{ado}");
}

#[test]
fn an_event_and_its_negative_leave_every_ordering_as_it_was() {
    let (f, g, labels) = blurred(120, 6, 2.0);
    let plain = average_decision_ordering(&f, &g, &labels).unwrap().ado;
    // Twenty events at places of their own and of others, once with weight 1.5 and
    // once with -1.5.
    let mut more = (f.clone(), g.clone(), labels.clone(), vec![1.0; 120]);
    for i in 0..20 {
        for weight in [1.5, -1.5] {
            more.0.push(f[i] + f64::from(u8::from(i % 2 == 0)));
            more.1.push(g[119 - i]);
            more.2.push(labels[(7 * i) % 120]);
            more.3.push(weight);
        }
    }
    let cancelled = weighted_decision_ordering(&more.0, &more.1, &more.2, &more.3).unwrap();
    assert!(
        (cancelled.value - plain.value).abs() < 1e-12,
        "{cancelled} {plain}"
    );
    // What cancels in the mean adds to its error.
    assert!(cancelled.error > plain.error);
}
