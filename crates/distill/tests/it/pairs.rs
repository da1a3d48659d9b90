//! Misordered pairs: which they are, and what the error of a mean over them is.

use std::collections::BTreeSet;

use pellucid_core::statistics::Bootstrap;
use pellucid_core::{Estimate, random};
use pellucid_distill::{DistillError, Pairs, balanced_pairs, misordered_pairs, ordering_on_pairs};

use crate::toys::blurred;

fn everyone(n: usize) -> Vec<usize> {
    (0..n).collect()
}

#[test]
fn all_misordered_pairs_are_found_once_if_enough_are_wanted() {
    let (f, g, labels) = blurred(300, 1, 2.0);
    let found = misordered_pairs(&f, &g, &labels, &everyone(300), usize::MAX, 5).unwrap();
    let mut expected = BTreeSet::new();
    for x in (0..300).filter(|&x| labels[x]) {
        for y in (0..300).filter(|&y| !labels[y]) {
            if (f[x] - f[y]) * (g[x] - g[y]) < 0.0 {
                expected.insert(if f[x] > f[y] { (x, y) } else { (y, x) });
            }
        }
    }
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.drawn(), 200 * 100);
}

#[test]
fn a_few_pairs_are_without_duplicates_and_fixed_by_the_seed() {
    let (f, g, labels) = blurred(900, 2, 1e9);
    let draw = |seed| misordered_pairs(&f, &g, &labels, &everyone(900), 5000, seed).unwrap();
    let pairs = draw(1);
    assert_eq!(pairs.len(), 5000);
    assert_eq!(pairs.iter().collect::<BTreeSet<_>>().len(), 5000);
    assert_eq!(draw(1), pairs);
    assert_ne!(draw(2), pairs);
}

#[test]
fn only_the_events_allowed_are_paired() {
    let (f, g, labels) = blurred(400, 3, 1e9);
    let events: Vec<usize> = (100..250).collect();
    let pairs = misordered_pairs(&f, &g, &labels, &events, 1000, 1).unwrap();
    assert!(!pairs.is_empty());
    assert!(
        pairs
            .iter()
            .all(|(a, b)| events.contains(&a) && events.contains(&b))
    );
    let error = misordered_pairs(&f, &g, &labels, &[400], 10, 1).unwrap_err();
    assert!(matches!(error, DistillError::Split { event: 400, .. }));
}

#[test]
fn on_their_own_misordered_pairs_guide_and_network_have_one_and_zero() {
    let (f, g, labels) = blurred(600, 4, 10.0);
    let pairs = misordered_pairs(&f, &g, &labels, &everyone(600), 2000, 1).unwrap();
    assert_eq!(ordering_on_pairs(&f, &pairs).value, 1.0);
    assert_eq!(ordering_on_pairs(&g, &pairs).value, 0.0);
    assert_eq!(ordering_on_pairs(&[3.0; 600], &pairs).value, 0.5);
}

#[test]
fn two_equal_functions_have_no_misordered_pair() {
    let (f, _, labels) = blurred(300, 5, 10.0);
    let up: Vec<f64> = f.iter().map(|f| f.exp()).collect();
    assert!(
        misordered_pairs(&f, &up, &labels, &everyone(300), 10, 1)
            .unwrap()
            .is_empty()
    );
}

/// An observable that knows something of the guide, and pairs to judge it on.
fn study(n: usize, max_pairs: usize, seed: u64) -> (Vec<f64>, Pairs, Vec<bool>) {
    let (f, g, labels) = blurred(n, seed, 1e9);
    let mut rng = random::stream(seed, 1);
    let h = f
        .iter()
        .map(|f| f + 2e9 * random::normal(&mut rng))
        .collect();
    let pairs = misordered_pairs(&f, &g, &labels, &everyone(n), max_pairs, seed).unwrap();
    (h, pairs, labels)
}

#[test]
fn the_error_is_the_spread_over_samples_and_not_that_of_independent_pairs() {
    for max_pairs in [300, 3000] {
        let samples: Vec<Estimate> = (0..300)
            .map(|seed| {
                let (h, pairs, _) = study(300, max_pairs, seed);
                ordering_on_pairs(&h, &pairs)
            })
            .collect();
        let values: Vec<f64> = samples.iter().map(|sample| sample.value).collect();
        let spread = Estimate::of_repeats(&values).error * 300_f64.sqrt();
        let error = samples.iter().map(|sample| sample.error).sum::<f64>() / 300.0;
        // The spread of 300 samples is known to 4 %; three of them.
        assert!(
            (error / spread - 1.0).abs() < 0.12,
            "{max_pairs}: {error} {spread}"
        );
        let independent = (0.25 / max_pairs as f64).sqrt();
        assert!(
            max_pairs < 3000 || error > 1.8 * independent,
            "{error} {independent}"
        );
    }
}

#[test]
fn with_many_pairs_per_event_the_error_agrees_with_the_bootstrap_over_events() {
    let (h, pairs, labels) = study(300, usize::MAX, 3);
    let analytic = ordering_on_pairs(&h, &pairs).error;
    let replicas = Bootstrap {
        seed: 5,
        replicas: 400,
    }
    .by_class(&labels, |counts| {
        let (mut right, mut all) = (0.0, 0.0);
        for (higher, lower) in pairs.iter() {
            let weight = f64::from(counts[higher]) * f64::from(counts[lower]);
            all += weight;
            right += weight * f64::from(u8::from(h[higher] > h[lower]));
        }
        vec![right / all]
    });
    let bootstrap = replicas.estimates()[0].error;
    // 3.5 % of 400 replicas, three of them, and what the bootstrap counts
    // of single pairs thrice: here a few per cent.
    assert!(
        (bootstrap / analytic - 1.0).abs() < 0.15,
        "{bootstrap} {analytic}"
    );
}

#[test]
fn on_balanced_pairs_the_network_and_its_copies_know_nothing_and_others_something() {
    let (f, g, labels) = blurred(2000, 8, 1e9);
    let events = everyone(2000);
    let misordered = misordered_pairs(&f, &g, &labels, &events, 20_000, 1).unwrap();
    let balanced = balanced_pairs(&f, &g, &labels, &events, &misordered, 2).unwrap();
    assert!(
        balanced.len() > misordered.len() * 19 / 10,
        "{}",
        balanced.len()
    );
    assert_eq!(
        balanced.iter().collect::<BTreeSet<_>>().len(),
        balanced.len()
    );
    assert_eq!(ordering_on_pairs(&f, &balanced).value, 1.0);
    assert_eq!(ordering_on_pairs(&g, &balanced).value, 0.5);

    let mut rng = random::stream(4, 0);
    let copy: Vec<f64> = g
        .iter()
        .map(|g| g + 5e8 * random::normal(&mut rng))
        .collect();
    // On misordered pairs alone it folds to nearly one.
    assert!(ordering_on_pairs(&copy, &misordered).value < 0.3);
    let on_balanced = ordering_on_pairs(&copy, &balanced);
    assert!(
        (on_balanced.value - 0.5).abs() < 4.0 * on_balanced.error,
        "{on_balanced}"
    );
    assert!(on_balanced.error < 0.02);
    // The guide less the network falls with the network and still knows more.
    let more: Vec<f64> = f.iter().zip(&g).map(|(f, g)| f - g).collect();
    assert!(ordering_on_pairs(&more, &balanced).value > 0.7);
}

#[test]
fn pairs_count_with_the_product_of_their_weights() {
    let (f, g, labels) = blurred(400, 3, 1e9);
    let pairs = misordered_pairs(&f, &g, &labels, &everyone(400), 3000, 1).unwrap();
    let h: Vec<f64> = f.iter().zip(&g).map(|(f, g)| f + 0.7 * g).collect();
    let plain = ordering_on_pairs(&h, &pairs);
    let thirds = pairs.clone().weighted(Some(&[1.0 / 3.0; 400]));
    let scaled = ordering_on_pairs(&h, &thirds);
    assert!((plain.value - scaled.value).abs() < 1e-12);
    assert!((plain.error - scaled.error).abs() < 1e-12);
    let weights: Vec<f64> = (0..400).map(|i| f64::from(i % 5) - 1.0).collect();
    let (mut sum, mut total) = (0.0, 0.0);
    for (higher, lower) in pairs.iter() {
        let weight = weights[higher] * weights[lower];
        let ties = u8::from(h[higher] > h[lower]) + u8::from(h[higher] >= h[lower]);
        sum += weight * f64::from(ties) / 2.0;
        total += weight;
    }
    let weighted = ordering_on_pairs(&h, &pairs.weighted(Some(&weights)));
    assert!((weighted.value - sum / total).abs() < 1e-12);
}
