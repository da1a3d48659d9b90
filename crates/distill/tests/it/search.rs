//! The guided search on black boxes whose contents are known.

use std::sync::atomic::{AtomicUsize, Ordering};

use pellucid_core::{Job, random};
use pellucid_distill::guided_search::{Guide, Ranking, Stop, Target};
use pellucid_distill::{
    Candidate, Candidates, Details, DistillError, GuidedSearch, MlpStudent, Predict, Problem,
    Sample, Search, Student, StudentError, guided_search, misordered_pairs, ordering_on_pairs,
};

use crate::toys::{Planted, Ranked, planted};

fn problem<'a>(toy: &'a Planted, start: &'a [usize]) -> Problem<'a> {
    Problem {
        scores: &toy.scores,
        labels: &toy.labels,
        weights: None,
        candidates: &toy.candidates,
        split: &toy.split,
        start,
    }
}

fn two_steps(seed: u64) -> GuidedSearch {
    GuidedSearch {
        max_observables: 2,
        pairs: 20_000,
        seed,
        ..GuidedSearch::default()
    }
}

fn run(toy: &Planted, start: &[usize], settings: &GuidedSearch) -> Search {
    guided_search(problem(toy, start), settings, &Ranked, &Job::silent()).unwrap()
}

#[test]
fn both_planted_observables_are_found_in_two_steps_with_every_seed() {
    for seed in 0..10 {
        let toy = planted(seed);
        // Never done after one.
        let settings = GuidedSearch {
            tolerance: 0.0,
            ..two_steps(seed)
        };
        let search = run(&toy, &[], &settings);
        let mut found: Vec<usize> = search.steps.iter().map(|step| step.candidate).collect();
        found.sort_unstable();
        assert_eq!(found, toy.used, "seed {seed}: {search:?}");
        let last = search.steps.last().unwrap();
        let sign = |candidate| {
            search
                .steps
                .iter()
                .find(|s| s.candidate == candidate)
                .unwrap()
                .sign
        };
        assert_eq!(toy.used.map(sign), [1, -1], "seed {seed}");
        assert!(
            search.ado.unwrap().value > 0.96,
            "seed {seed}: {:?}",
            search.ado
        );
        assert!(
            last.network.gap.value.abs() < 0.01,
            "seed {seed}: {:?}",
            last.network.gap
        );
        assert!(search.steps[0].ado.value < last.ado.value);
    }
}

#[test]
fn the_published_search_finds_both_as_well() {
    for seed in 0..5 {
        let toy = planted(seed);
        let settings = GuidedSearch {
            tolerance: 0.0,
            target: Target::Truth,
            ranking: Ranking::Misordered,
            ..two_steps(seed)
        };
        let search = run(&toy, &[], &settings);
        let mut found: Vec<usize> = search.steps.iter().map(|step| step.candidate).collect();
        found.sort_unstable();
        assert_eq!(found, toy.used, "seed {seed}: {search:?}");
        assert!(
            search
                .steps
                .iter()
                .all(|step| step.ado_ranked == step.ado_subset)
        );
    }
}

#[test]
fn the_same_observable_under_another_name_is_not_chosen_again() {
    let mut toy = planted(15);
    let cube: Vec<f64> = toy
        .candidates
        .column(toy.used[0])
        .iter()
        .map(|value| -value.powi(3))
        .collect();
    toy.candidates
        .push(Candidate::named("a cubed"), cube)
        .unwrap();
    for start in [vec![], vec![toy.used[0]]] {
        let settings = GuidedSearch {
            tolerance: 0.0,
            max_observables: 3,
            ..two_steps(2)
        };
        let search = run(&toy, &start, &settings);
        let both = ["planted a", "a cubed"];
        let taken: Vec<&str> = search
            .start
            .iter()
            .map(|observable| observable.name.as_str())
            .chain(search.steps.iter().map(|step| step.observable.as_str()))
            .filter(|name| both.contains(name))
            .collect();
        assert_eq!(taken.len(), 1, "{taken:?}");
        if let Some(step) = search.steps.iter().find(|step| step.observable == taken[0]) {
            assert_eq!(step.same.len(), 1);
            assert!(both.contains(&step.same[0].as_str()));
        }
    }
}

#[test]
fn a_search_goes_on_while_the_ordering_is_less_alike_than_asked_for() {
    let toy = planted(12);
    let search = |min_ado| {
        let settings = GuidedSearch {
            min_ado,
            tolerance: 1e6,
            ..two_steps(1)
        };
        run(&toy, &toy.used[..1], &settings).steps.len()
    };
    assert_eq!((search(0.0), search(0.9), search(1.0)), (0, 1, 2));
}

#[test]
fn a_search_from_one_planted_observable_adds_the_other_and_stops() {
    let toy = planted(11);
    let search = run(
        &toy,
        &toy.used[..1],
        &GuidedSearch {
            max_observables: 10,
            ..two_steps(1)
        },
    );
    assert_eq!(search.steps[0].candidate, toy.used[1]);
    assert_eq!(search.stopped_by, Stop::Reached);
    assert_eq!(search.steps.len(), 1);
    assert_eq!(search.start[0].name, "planted a");
    let first = search.start_network.unwrap();
    assert!(first.gap.value > first.gap.error);
    let step = &search.steps[0];
    assert_eq!(step.auc.trainings.len(), 3);
    assert!(
        step.ado_subset.value > 0.9 && step.equivalent_count == 0,
        "{step:?}"
    );
    // What was best of twenty on its own pairs holds on unseen ones.
    let unseen = step.ado_ranked_test.unwrap();
    assert!(
        (unseen.value - step.ado_ranked.value).abs() <= 4.0 * unseen.error,
        "{step:?}"
    );
    assert_eq!(search.scores.len(), 4000);
}

#[test]
fn a_random_candidate_orders_half_of_the_misordered_pairs() {
    let toy = planted(21);
    let (n, network) = (toy.scores.len(), toy.candidates.column(toy.used[0]));
    let events: Vec<usize> = (0..n).collect();
    let pairs = misordered_pairs(&toy.scores, network, &toy.labels, &events, 100_000, 1).unwrap();
    for index in 0..5 {
        let mut rng = random::stream(33, index);
        let noise: Vec<f64> = (0..n).map(|_| random::normal(&mut rng)).collect();
        let ado = ordering_on_pairs(&noise, &pairs);
        assert!((ado.value - 0.5).abs() < 0.02 && ado.error < 0.02, "{ado}");
    }
}

#[test]
fn one_of_two_equal_candidates_is_the_others_equivalent_in_two_searches_of_three() {
    for from_nothing in [true, false] {
        let mut listed = 0;
        for seed in 0..25 {
            let mut toy = planted(100 + seed);
            let mut rng = random::stream(seed, 5);
            for name in ["twin", "opposite twin"] {
                let sign = if name == "twin" { 1.0 } else { -1.0 };
                let blurred = toy
                    .scores
                    .iter()
                    .map(|score| sign * (score + random::normal(&mut rng)));
                let blurred = blurred.collect();
                toy.candidates
                    .push(Candidate::named(name), blurred)
                    .unwrap();
            }
            let noise = [toy.candidates.position("noise 0").unwrap()];
            let start: &[usize] = if from_nothing { &[] } else { &noise };
            let settings = GuidedSearch {
                max_observables: 1,
                trainings: 2,
                ..two_steps(seed)
            };
            let step = run(&toy, start, &settings).steps.remove(0);
            assert!(step.observable.contains("twin"), "{step:?}");
            assert_eq!(step.sign, if step.observable == "twin" { 1 } else { -1 });
            assert!(step.equivalent_count < 2, "{step:?}");
            listed += step.equivalent_count;
        }
        // Within one standard error: 68 % of 25, with a standard deviation of
        // 2.3; three of them.
        assert!((10..=24).contains(&listed), "{from_nothing}: {listed}");
    }
}

#[test]
fn guided_by_the_truth_it_takes_what_the_black_box_does_not_use() {
    let mut toy = planted(41);
    let mut rng = random::stream(2, 0);
    let better = toy
        .labels
        .iter()
        .map(|&label| random::normal(&mut rng) + if label { 1.5 } else { 0.0 });
    let better = better.collect();
    toy.candidates
        .push(Candidate::named("better"), better)
        .unwrap();
    let first = |guide| {
        let settings = GuidedSearch {
            guide,
            max_observables: 1,
            ..two_steps(4)
        };
        run(&toy, &[], &settings).steps.remove(0).observable
    };
    assert_eq!(first(Guide::Truth), "better");
    assert!(first(Guide::BlackBox).starts_with("planted"));
}

#[test]
fn any_number_of_threads_gives_the_same_search() {
    let toy = planted(51);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| run(&toy, &[], &two_steps(7)))
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn a_result_survives_being_written_and_read() {
    let mut toy = planted(61);
    // Whatever the caller knows, numbers and lists.
    let details: Details = [
        ("kappa".to_owned(), serde_json::json!(0.1)),
        ("graph".to_owned(), serde_json::json!({"edges": [[0, 1]]})),
        ("nothing".to_owned(), serde_json::Value::Null),
    ]
    .into();
    let exact = toy.scores.clone();
    toy.candidates
        .push(Candidate::named("edge").details(details.clone()), exact)
        .unwrap();
    let search = run(&toy, &[], &two_steps(1));
    assert_eq!(search.steps[0].observable, "edge");
    assert_eq!(search.steps[0].details, details);
    let text = serde_json::to_string(&search).unwrap();
    let read: Search = serde_json::from_str(&text).unwrap();
    assert_eq!(read.steps[0], search.steps[0]);
    assert_eq!(
        (read.settings, read.stopped_by),
        (search.settings, search.stopped_by)
    );
    // What readers of the result rely on, by name.
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    for number in [
        "ado_ranked",
        "ado_subset",
        "auc_alone",
        "ado_alone",
        "auc",
        "ado",
    ] {
        let number = &json["steps"][0][number];
        assert!(
            number["value"].is_f64() && number["error"].is_f64(),
            "{number}"
        );
    }
    assert!(json["auc"]["error"].is_f64() && json["ado"]["value"].is_f64());
    let settings: Result<GuidedSearch, _> = serde_json::from_str(r#"{"max_observable": 3}"#);
    assert!(
        settings
            .unwrap_err()
            .to_string()
            .contains("max_observables")
    );
}

/// Interrupts its job at a given training.
struct Impatient {
    fits: AtomicUsize,
    last: usize,
}

impl Student for Impatient {
    fn fit(
        &self,
        train: Sample<'_>,
        valid: Sample<'_>,
        seed: u64,
        job: &Job,
    ) -> Result<Box<dyn Predict>, StudentError> {
        if self.fits.fetch_add(1, Ordering::Relaxed) == self.last {
            job.interrupt();
        }
        job.check()?;
        Ranked.fit(train, valid, seed, job)
    }
}

#[test]
fn an_interrupted_search_keeps_the_steps_that_were_finished() {
    let toy = planted(71);
    let settings = GuidedSearch {
        tolerance: 0.0,
        ..two_steps(1)
    };
    // Three trainings a step: the fifth belongs to the second.
    let student = Impatient {
        fits: AtomicUsize::new(0),
        last: 4,
    };
    let search = guided_search(problem(&toy, &[]), &settings, &student, &Job::silent()).unwrap();
    assert!(search.interrupted());
    assert_eq!(search.steps.len(), 1);
    assert_eq!(search.auc.unwrap(), search.steps[0].auc.estimate());

    let job = Job::silent();
    job.interrupt();
    let nothing = guided_search(problem(&toy, &[]), &settings, &Ranked, &job).unwrap();
    assert!(nothing.interrupted() && nothing.steps.is_empty() && nothing.auc.is_none());
}

#[test]
fn what_cannot_be_searched_is_refused() {
    let toy = planted(81);
    let refused = |problem, settings: &GuidedSearch| {
        guided_search(problem, settings, &Ranked, &Job::silent()).unwrap_err()
    };
    let error = refused(problem(&toy, &[99]), &two_steps(1));
    assert!(matches!(
        error,
        DistillError::NoCandidate {
            index: 99,
            candidates: 20
        }
    ));
    let error = refused(problem(&toy, &[1, 1]), &two_steps(1));
    assert!(matches!(error, DistillError::Twice { .. }));
    let error = refused(
        problem(&toy, &[]),
        &GuidedSearch {
            trainings: 1,
            ..two_steps(1)
        },
    );
    assert!(error.to_string().contains("`trainings` is 1"), "{error}");

    let mut twice = toy.split.clone();
    twice.test.push(twice.train[0]);
    let overlapping = Problem {
        split: &twice,
        ..problem(&toy, &[])
    };
    assert!(matches!(
        refused(overlapping, &two_steps(1)),
        DistillError::Split { .. }
    ));

    let mut candidates = Candidates::new(2);
    let error = candidates
        .push(Candidate::named("m"), vec![1.0, f64::INFINITY])
        .unwrap_err();
    assert!(error.to_string().contains("`m`"), "{error}");
}

#[test]
fn the_small_network_finds_both_planted_observables() {
    let toy = planted(5);
    let student = MlpStudent::default();
    let settings = GuidedSearch {
        tolerance: 0.0,
        trainings: 2,
        ..two_steps(3)
    };
    let search = guided_search(problem(&toy, &[]), &settings, &student, &Job::silent()).unwrap();
    let mut found: Vec<usize> = search.steps.iter().map(|step| step.candidate).collect();
    found.sort_unstable();
    assert_eq!(found, toy.used, "{search:?}");
    // A smooth function of two observables, from 2000 events.
    assert!(search.ado.unwrap().value > 0.97, "{:?}", search.ado);
    // Each training has a seed of its own.
    let last = &search.steps[1].ado.trainings;
    assert_ne!(last[0], last[1]);
}

#[test]
fn without_candidates_the_search_ends_and_says_why() {
    let toy = planted(91);
    let none = Candidates::new(toy.scores.len());
    let search = guided_search(
        Problem {
            candidates: &none,
            ..problem(&toy, &[])
        },
        &two_steps(1),
        &Ranked,
        &Job::silent(),
    )
    .unwrap();
    assert_eq!(search.stopped_by, Stop::NoCandidate);
}

#[test]
fn weights_of_one_change_no_bit_and_events_without_weight_no_figure() {
    let toy = planted(7);
    let plain = guided_search(problem(&toy, &[]), &two_steps(3), &Ranked, &Job::silent()).unwrap();
    let events = toy.scores.len();
    let ones = vec![1.0; events];
    let weighted = Problem {
        weights: Some(&ones),
        ..problem(&toy, &[])
    };
    let found = guided_search(weighted, &two_steps(3), &Ranked, &Job::silent()).unwrap();
    assert_eq!(found.steps.len(), plain.steps.len());
    for (weighted, plain) in found.steps.iter().zip(&plain.steps) {
        assert_eq!(weighted.observable, plain.observable);
        // Weighted sums of one million pairs in another order.
        let (a, b) = (weighted.ado_ranked.value, plain.ado_ranked.value);
        assert!((a - b).abs() < 1e-12, "{a} {b}");
    }

    // The test part's second half is turned into events of the wrong class that
    // count nothing: figures of the test part stay those of its first half.
    let half = toy.split.test.len() / 2;
    let mut weights = vec![1.0; events];
    let mut labels = toy.labels.clone();
    for &event in &toy.split.test[half..] {
        weights[event] = 0.0;
        labels[event] = !labels[event];
    }
    let some = Problem {
        labels: &labels,
        weights: Some(&weights),
        ..problem(&toy, &[])
    };
    let mut first = toy.split.clone();
    first.test.truncate(half);
    let less = Problem {
        split: &first,
        ..problem(&toy, &[])
    };
    let weighted = guided_search(some, &two_steps(3), &Ranked, &Job::silent()).unwrap();
    let cut = guided_search(less, &two_steps(3), &Ranked, &Job::silent()).unwrap();
    for (weighted, cut) in weighted.steps.iter().zip(&cut.steps) {
        assert_eq!(weighted.observable, cut.observable);
        let pairs = [(&weighted.auc, &cut.auc), (&weighted.ado, &cut.ado)];
        for (a, b) in pairs {
            let (a, b) = (a.estimate().value, b.estimate().value);
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }
    let (a, b) = (weighted.black_box_auc, cut.black_box_auc);
    assert!((a.value - b.value).abs() < 1e-12, "{a} {b}");
}
