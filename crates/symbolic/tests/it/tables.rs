//! Tables as nature gives them: short, uneven, over decades, wide.

use std::time::{Duration, Instant};

use pellucid_core::Job;
use pellucid_core::random::{normal, stream, uniform};
use pellucid_symbolic::search::remark;
use pellucid_symbolic::select::Finding;
use pellucid_symbolic::{Engine, Expression, Limits, Operator, Problem, Settings};

use crate::run::{reported, search};

fn problem(columns: Vec<(&str, Vec<f64>)>, target: Vec<f64>) -> Problem {
    let features = columns
        .into_iter()
        .map(|(n, c)| (n.to_owned(), c))
        .collect();
    Problem::new(features, ("y".to_owned(), target), None).unwrap()
}

fn front(problem: &Problem, rounds: u64) -> Vec<Finding> {
    reported(problem, &Settings::default(), rounds)
}

/// The best law of so many nodes at most.
fn up_to(front: &[Finding], nodes: usize) -> &Finding {
    let small = front.iter().filter(|law| law.complexity <= nodes);
    small.max_by_key(|law| law.complexity).unwrap()
}

#[test]
fn a_period_is_found_at_uneven_julian_dates() {
    let mut rng = stream(21, 0);
    let w = std::f64::consts::TAU / 0.5668;
    let mut t: Vec<f64> = (0..160)
        .map(|_| 2_459_000.0 + 40.0 * uniform(&mut rng))
        .collect();
    t.sort_by(f64::total_cmp);
    let y = t
        .iter()
        .map(|t| 12.4 + 0.35 * (w * (t - 2_459_000.0) + 1.1).sin() + 0.02 * normal(&mut rng));
    let problem = problem(vec![("t", t.clone())], y.collect());
    let found = front(&problem, 3);
    let law = up_to(&found, 11);
    let noise = law.loss.sqrt();
    assert!(noise < 0.025, "{}", law.expression);
    // The digits of the date are not lost in the phase, be it ω (t − t₀) or ω t + φ with all
    // digits of φ.
    let names = ["t".to_owned()];
    let parsed = Expression::parse(&law.expression, &names).unwrap();
    let frequency = parsed
        .constants()
        .iter()
        .find(|c| (c.abs() - w).abs() < 0.1)
        .unwrap();
    assert!(
        (frequency.abs() / w - 1.0).abs() < 1e-4,
        "{}",
        law.expression
    );
    let off = |t: &f64| {
        let truth = 12.4 + 0.35 * (w * (t - 2_459_000.0) + 1.1).sin();
        (parsed.at(&[*t]) - truth).abs()
    };
    let worst = t.iter().map(off).fold(0.0, f64::max);
    // Four times what the errors of 160 rows of noise 0.02 leave open.
    assert!(worst < 0.02, "{worst}: {}", law.expression);
}

#[test]
fn growth_curves_are_on_the_front_of_a_short_table() {
    // Nine rows of a logistic curve to three digits.
    let x: Vec<f64> = (0..9).map(|i| 9.0 + 8.5 * f64::from(i)).collect();
    let y = x
        .iter()
        .map(|x| (7250.0 / (1.0 + (2.62 - 0.067 * x).exp())).round() / 100.0);
    let y: Vec<f64> = y.collect();
    let spread = y.iter().fold(0.0, |m: f64, y| m.max(*y));
    let found = front(&problem(vec![("x", x)], y), 3);
    let law = up_to(&found, 10);
    assert!(law.loss.sqrt() < 1e-3 * spread, "{}", law.expression);
}

#[test]
fn a_power_is_fitted_where_a_column_spans_decades() {
    let mut rng = stream(22, 0);
    let x: Vec<f64> = (0..40).map(|i| 10.0_f64.powf(0.1 * f64::from(i))).collect();
    let y = x
        .iter()
        .map(|x| 2.3 * x.powf(0.7) * (1.0 + 0.01 * normal(&mut rng)));
    let y: Vec<f64> = y.collect();
    let found = front(&problem(vec![("x", x)], y), 3);
    let law = up_to(&found, 5);
    let parsed = Expression::parse(&law.expression, &["x".to_owned()]).unwrap();
    let power = parsed.tokens().iter().any(|token| {
        matches!(token, pellucid_symbolic::expression::Token::Apply(o) if *o == Operator::Pow)
    });
    let exponent = parsed.constants().iter().any(|c| (c - 0.7).abs() < 0.02);
    assert!(power && exponent, "{}", law.expression);
    assert!(
        remark(&parsed, &Settings::default())
            .unwrap()
            .contains("`pow`")
    );
}

#[test]
fn exponentials_with_an_offset_are_found() {
    let mut rng = stream(23, 0);
    let mut column = |low: f64, high: f64| -> Vec<f64> {
        (0..100)
            .map(|_| low + (high - low) * uniform(&mut rng))
            .collect()
    };
    let [x, y, z, w] = [(1.0, 5.0), (1.0, 4.0), (1.0, 3.0), (0.5, 2.0)].map(|(a, b)| column(a, b));
    let law = |r: usize| x[r] * (-y[r] / z[r]).exp() + w[r];
    let target = (0..100).map(law).collect();
    let columns = vec![
        ("x", x.clone()),
        ("b", y.clone()),
        ("z", z.clone()),
        ("w", w.clone()),
    ];
    // The column that is added is taken off in a round of its own.
    let found = front(&problem(columns, target), 24);
    assert!(
        up_to(&found, 10).loss < 1e-20,
        "{}",
        up_to(&found, 10).expression
    );
    let target = x.iter().map(|x| 4.5e20 * (0.7 * x).exp() + 1e20).collect();
    let found = front(&problem(vec![("x", x)], target), 3);
    assert!(
        up_to(&found, 8).loss < 1e-18 * 1e40,
        "{}",
        up_to(&found, 8).expression
    );
}

#[test]
fn an_arcsine_is_offered_where_nothing_else_fits() {
    let mut rng = stream(24, 0);
    let columns: Vec<Vec<f64>> = [(0.2, 0.9), (0.1, 1.4)]
        .map(|(a, b)| (0..120).map(|_| a + (b - a) * uniform(&mut rng)).collect())
        .to_vec();
    let target = (0..120)
        .map(|r| (columns[0][r] * columns[1][r].sin()).asin())
        .collect();
    let table = problem(
        vec![("n", columns[0].clone()), ("t", columns[1].clone())],
        target,
    );
    let engine = search(&table, &Settings::default(), 16);
    let best = engine.front();
    let law = best.best().unwrap();
    let names = ["n", "t"].map(str::to_owned);
    assert!(law.loss < 1e-20, "{}", law.expression.infix(&names));
    let said = remark(&law.expression, &Settings::default()).unwrap();
    assert!(said.contains("`asin`"), "{said}");
}

/// A product of two of so many columns and the sine of a third, with noise of 2 %.
fn wide(columns: usize, rows: usize) -> Problem {
    let mut rng = stream(25, 0);
    let table: Vec<Vec<f64>> = (0..columns)
        .map(|_| (0..rows).map(|_| normal(&mut rng)).collect())
        .collect();
    let [a, b, c] = [&table[3], &table[columns / 2], &table[columns - 2]];
    let law = (0..rows).map(|r| 2.0 * a[r] * b[r] + c[r].sin());
    let target = law.map(|y| y * (1.0 + 0.02 * normal(&mut rng))).collect();
    let features = table.into_iter().enumerate();
    let features = features.map(|(i, c)| (format!("f{i}"), c)).collect();
    Problem::new(features, ("y".to_owned(), target), None).unwrap()
}

#[test]
fn the_law_of_three_columns_is_found_among_sixty() {
    let found = front(&wide(60, 300), 1);
    let law = up_to(&found, 8);
    for name in ["f3", "f30", "f58"] {
        assert!(law.expression.contains(name), "{}", law.expression);
    }
}

#[test]
fn a_round_that_the_clock_ends_is_not_done_but_what_it_found_is_told() {
    let problem = wide(60, 300);
    let settings = Settings::default();
    let mut engine = Engine::new(&problem, &settings).unwrap();
    let before = serde_json::to_string(engine.state()).unwrap();
    let limits = Limits {
        seconds: Some(0.3),
        ..Limits::default()
    };
    let begun = Instant::now();
    engine.run(limits, &Job::silent(), |_| ());
    // A whole round takes seconds; one proposal of a sum may be under way on a slow machine.
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert!(engine.narrowed().unwrap().contains("f58"));
    // The screening alone has the law, to the noise.
    let told = engine.front();
    let law = told.best().unwrap();
    assert!(law.loss < 0.01, "{}", law.expression.infix(problem.names()));
    assert_eq!(engine.rounds(), 0);
    assert_eq!(serde_json::to_string(engine.state()).unwrap(), before);
}
