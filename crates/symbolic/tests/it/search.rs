//! Whole searches.

mod constraints;

use pellucid_core::random::{normal, stream};
use pellucid_symbolic::search::State;
use pellucid_symbolic::select::Finding;
use pellucid_symbolic::{Engine, Expression, Operator, Problem, Settings, SymbolicError};
use rand::RngExt;

use crate::run::{reported, search};

/// A table of a law over x, y between 1 and 3, with noise of this part of its
/// root mean square.
fn table(law: &str, rows: usize, noise: f64) -> Problem {
    table_over(&["x", "y"], law, rows, noise)
}

/// The same over columns of these names.
fn table_over(names: &[&str], law: &str, rows: usize, noise: f64) -> Problem {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let law = Expression::parse(law, &names).unwrap();
    let mut rng = stream(11, 0);
    let draw = |rng: &mut _| RngExt::random_range(rng, 1.0..3.0);
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|_| (0..rows).map(|_| draw(&mut rng)).collect())
        .collect();
    let point = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
    let clean: Vec<f64> = (0..rows).map(|r| law.at(&point(r))).collect();
    let scale = (clean.iter().map(|y| y * y).sum::<f64>() / rows as f64).sqrt();
    let target = clean
        .iter()
        .map(|y| y + noise * scale * normal(&mut rng))
        .collect();
    let features = names.into_iter().zip(columns).collect();
    Problem::new(features, ("z".to_owned(), target), None).unwrap()
}

/// A search small enough for a test.
fn small() -> Settings {
    Settings {
        max_complexity: 15,
        sample: 200,
        islands: 3,
        candidates: 30,
        ..Settings::default()
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_for_any_number_of_threads() {
    let problem = table("sin(x*y)/(x + exp(y)) + 0.1*x", 200, 0.05);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let engine = search(&problem, &small(), 8);
            serde_json::to_string(engine.state()).unwrap()
        })
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let other = Settings { seed: 1, ..small() };
    assert_ne!(
        one,
        serde_json::to_string(search(&problem, &other, 8).state()).unwrap()
    );
}

#[test]
fn a_resumed_search_ends_where_an_uninterrupted_one_does() {
    let problem = table("sin(x*y)/(x + exp(y)) + 0.1*x", 200, 0.05);
    let whole = search(&problem, &small(), 7);
    let half = search(&problem, &small(), 5);
    let text = serde_json::to_string(half.state()).unwrap();
    let state: State = serde_json::from_str(&text).unwrap();
    let mut resumed = Engine::resume(&problem, &small(), state.clone()).unwrap();
    resumed.round();
    resumed.round();
    assert_eq!(
        serde_json::to_string(whole.state()).unwrap(),
        serde_json::to_string(resumed.state()).unwrap()
    );
    let other = table("x + y", 200, 0.0);
    assert!(matches!(
        Engine::resume(&other, &small(), state),
        Err(SymbolicError::Resume(_))
    ));
}

#[test]
fn laws_without_noise_are_found_exactly_and_selected() {
    for law in [
        "2.5*x*exp(-y)",
        "sqrt(x^2 + y^2)",
        "x/(1.0 + x*y)",
        "0.5*x + 3.0",
    ] {
        let problem = table(law, 200, 0.0);
        let front = reported(&problem, &small(), 20);
        let selected: Vec<&Finding> = front.iter().filter(|f| f.selected).collect();
        assert_eq!(selected.len(), 1);
        // Rounding of the data, squared.
        assert!(selected[0].loss < 1e-20, "{law}: {front:#?}");
        let found = Expression::parse(&selected[0].expression, problem.names()).unwrap();
        // Outside of the data too.
        let truth = Expression::parse(law, problem.names()).unwrap();
        let (a, b) = (found.at(&[7.0, 0.4]), truth.at(&[7.0, 0.4]));
        assert!((a - b).abs() < 1e-9 * b.abs(), "{law}: {a} {b}");
    }
}

#[test]
fn a_factor_that_others_hide_is_found_at_once() {
    // Of sine, difference and time each explains little by itself.
    let law = "5.0*(sin(0.5*t*(a - b))/(a - b))^2/t";
    let problem = table_over(&["t", "a", "b"], law, 300, 0.0);
    let settings = Settings {
        max_complexity: 25,
        ..small()
    };
    let engine = search(&problem, &settings, 1);
    let front = engine.front();
    // Rounding of the data, squared.
    assert!(front.best().unwrap().loss < 1e-20, "{front:#?}");
}

#[test]
fn an_exact_law_is_looked_for_behind_its_power_laws_too() {
    let problem = table_over(&["m", "v", "c"], "m/sqrt(1 - (v/(4*c))^2)", 300, 0.0);
    let front = reported(&problem, &small(), 20);
    let selected = front.iter().find(|law| law.selected).unwrap();
    assert!(selected.loss < 1e-20, "{front:#?}");
    // m/sqrt(1 - 0.0625*(v/c)^2)
    assert!(selected.complexity <= 11, "{}", selected.expression);
    // Nothing that only follows rounding stands behind it.
    assert!(front.last().unwrap().selected, "{front:#?}");
}

#[test]
fn noise_is_not_fitted() {
    let problem = table("3.0*x^2", 300, 0.05);
    let front = reported(&problem, &small(), 8);
    let selected = front.iter().find(|f| f.selected).unwrap();
    assert!(selected.complexity <= 6, "{front:#?}");
    assert!(
        selected.expression.contains("x^2"),
        "{}",
        selected.expression
    );
}

#[test]
fn a_front_gets_better_with_every_law_and_begins_with_the_mean() {
    let problem = table("sin(x*y)/(x + exp(y)) + 0.1*x", 200, 0.05);
    let front = reported(&problem, &small(), 6);
    assert_eq!(front[0].complexity, 1);
    for pair in front.windows(2) {
        assert!(pair[0].complexity < pair[1].complexity && pair[0].loss > pair[1].loss);
        assert!(pair[1].score >= 0.0);
    }
    for finding in &front {
        let law = Expression::parse(&finding.expression, problem.names()).unwrap();
        let squares: f64 = (0..problem.rows())
            .map(|r| {
                let point = [problem.columns()[0][r], problem.columns()[1][r]];
                (law.at(&point) - problem.target()[r]).powi(2)
            })
            .sum();
        let loss = squares / problem.rows() as f64;
        assert!(
            (loss - finding.loss).abs() <= 1e-9 * loss + 1e-25,
            "{}",
            finding.expression
        );
    }
}

#[test]
fn only_the_operators_allowed_are_used() {
    let settings = Settings {
        operators: vec![Operator::Add, Operator::Mul],
        ..small()
    };
    let problem = table("x*y + x", 200, 0.01);
    for finding in reported(&problem, &settings, 6) {
        let words = finding
            .expression
            .chars()
            .filter(|c| *c != 'x' && *c != 'y' && *c != 'e');
        assert!(
            !words
                .clone()
                .any(|c| c.is_alphabetic() || c == '/' || c == '^'),
            "{}",
            finding.expression
        );
    }
}

#[test]
fn constants_of_simple_value_are_recognised() {
    let problem = table("x/(4*pi*y)", 200, 0.0);
    let front = reported(&problem, &small(), 6);
    let selected = front.iter().find(|f| f.selected).unwrap();
    let quarter = (1.0 / (4.0 * std::f64::consts::PI)).to_string();
    assert!(
        selected.expression.contains(&quarter[..16]),
        "{}",
        selected.expression
    );
}

#[test]
fn bad_tables_are_refused_before_the_search() {
    let features = |values: Vec<f64>| vec![("x".to_owned(), values)];
    let target = |values: Vec<f64>| ("y".to_owned(), values);
    let says = |features, target, part: &str| {
        let message = Problem::new(features, target, None)
            .unwrap_err()
            .to_string();
        assert!(message.contains(part), "{message}");
    };
    let rising: Vec<f64> = (0..9).map(f64::from).collect();
    let mut hole = rising.clone();
    hole[3] = f64::NAN;
    says(
        features(hole.clone()),
        target(rising.clone()),
        "column `x`, row 3: found NaN",
    );
    says(features(rising.clone()), target(hole), "column `y`, row 3");
    says(
        features(rising.clone()),
        target(vec![2.0; 9]),
        "is 2 in every row",
    );
    says(
        features(rising[..3].to_vec()),
        target(rising[..3].to_vec()),
        "3 rows",
    );
    says(
        features(rising[..8].to_vec()),
        target(rising.clone()),
        "8 rows",
    );
    let many = vec![("x".to_owned(), rising.clone()); 501];
    says(many, target(rising.clone()), "501 features");
    says(vec![], target(rising), "no feature");
    let settings = Settings {
        islands: 0,
        ..small()
    };
    assert!(settings.check().is_err());
}

#[test]
fn with_units_every_law_of_the_front_is_consistent() {
    use std::collections::BTreeMap;

    use pellucid_symbolic::Units;
    use pellucid_symbolic::units::Constants;

    let mut rng = stream(11, 0);
    let column = |rng: &mut _| -> Vec<f64> {
        (0..200)
            .map(|_| RngExt::random_range(rng, 1.0..3.0))
            .collect()
    };
    let (x, v, t) = (column(&mut rng), column(&mut rng), column(&mut rng));
    let y = (0..200).map(|i| x[i].hypot(v[i] * t[i])).collect();
    let named = |n: &str, c: Vec<f64>| (n.to_owned(), c);
    let features = vec![named("x", x), named("v", v), named("t", t)];
    let problem = Problem::new(features, named("y", y), None).unwrap();
    let units = [("x", "m"), ("v", "km/s"), ("t", "ms"), ("y", "cm")];
    let units = Units {
        constants: Constants::Dimensionless,
        columns: units
            .map(|(n, u)| (n.to_owned(), u.to_owned()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
        ..Units::default()
    };
    let dimensions = units.resolve(problem.names(), "y").unwrap();
    let settings = Settings {
        units: Some(units),
        max_complexity: 25,
        ..small()
    };
    // Ends as soon as the law is found.
    let engine = search(&problem, &settings, 10);
    let front = engine.front();
    assert!(front.laws().count() > 1);
    for law in front.laws() {
        let text = law.expression.infix(problem.names());
        assert!(dimensions.allow(&law.expression), "{text}");
    }
    // The law itself is consistent, and simple enough to be found.
    assert!(front.best().unwrap().loss < 1e-20);
}

/// A force `3 q/r²` with an error of two parts in a hundred that is smooth in r,
/// as a network's is.
fn force_with_smooth_error(rows: usize) -> Problem {
    let mut rng = stream(17, 0);
    let r: Vec<f64> = (0..rows)
        .map(|_| RngExt::random_range(&mut rng, 1.0..5.0))
        .collect();
    let q: Vec<f64> = (0..rows)
        .map(|_| RngExt::random_range(&mut rng, 1.0..3.0))
        .collect();
    let force = r
        .iter()
        .zip(&q)
        .map(|(r, q)| {
            let waves = 0.6 * (2.3 * r + 0.4).sin()
                + 0.7 * (4.1 * r + 2.0).cos()
                + 0.5 * (5.7 * r + q).sin();
            // The waves' mean square is 0.55.
            3.0 * q / (r * r) * (1.0 + 0.02 * waves / 0.55_f64.sqrt())
        })
        .collect();
    let features = vec![("q".to_owned(), q), ("r".to_owned(), r)];
    Problem::new(features, ("f".to_owned(), force), None).unwrap()
}

#[test]
fn a_smooth_error_is_not_taken_for_a_law() {
    let problem = force_with_smooth_error(400);
    let settings = Settings {
        max_complexity: 30,
        ..small()
    };
    let front = reported(&problem, &settings, 40);
    let selected = front.iter().find(|f| f.selected).unwrap();
    let law = Expression::parse(&selected.expression, problem.names()).unwrap();
    // Far outside, where only the right power is right.
    let ratio = law.at(&[2.0, 50.0]) / (6.0 / 2500.0);
    assert!((ratio - 1.0).abs() < 0.05, "{front:#?}");
    assert!(
        selected
            .reason
            .as_ref()
            .unwrap()
            .contains("alike in rows that are near each other")
    );
    // Rows taken for independent would have led to a larger law.
    let by_length =
        |a: &&Finding, b: &&Finding| a.description_length.total_cmp(&b.description_length);
    let plain = front.iter().min_by(by_length).unwrap();
    assert!(plain.complexity > selected.complexity, "{front:#?}");
    // Less differs at the same place than the law leaves over; that it is nothing
    // cannot be seen over the distance of these rows.
    assert!(selected.noise.unwrap() < 0.8 * selected.loss.sqrt());
}

#[test]
fn a_term_that_follows_a_few_rows_is_not_taken_for_a_law() {
    // One part in a hundred of a value that spans two decades: the few large
    // ones dominate a sum of squares.
    let mut rng = stream(23, 0);
    let mut column = |low: f64, high: f64| -> Vec<f64> {
        (0..400)
            .map(|_| RngExt::random_range(&mut rng, low..high))
            .collect()
    };
    let (q, r, e) = (column(1.0, 3.0), column(1.0, 5.0), column(-0.017, 0.017));
    let force = (0..400)
        .map(|i| 3.0 * q[i] / r[i].powi(2) * (1.0 + e[i]))
        .collect();
    let features = vec![("q".to_owned(), q), ("r".to_owned(), r)];
    let problem = Problem::new(features, ("f".to_owned(), force), None).unwrap();
    let settings = Settings {
        max_complexity: 30,
        ..small()
    };
    let front = reported(&problem, &settings, 20);
    let selected = front.iter().find(|f| f.selected).unwrap();
    let law = Expression::parse(&selected.expression, problem.names()).unwrap();
    let ratio = law.at(&[2.0, 50.0]) / (6.0 / 2500.0);
    assert!((ratio - 1.0).abs() < 0.05, "{front:#?}");
}

#[test]
fn constants_have_the_errors_of_their_fit() {
    // A straight line: the errors are those of the textbook.
    let problem = table("2.0*x + 0.5", 400, 0.05);
    let front = reported(&problem, &small(), 4);
    let selected = front.iter().find(|f| f.selected).unwrap();
    assert_eq!(selected.constants.len(), 2, "{front:#?}");
    let n = problem.rows() as f64;
    let x = &problem.columns()[0];
    let mean = x.iter().sum::<f64>() / n;
    let spread: f64 = x.iter().map(|x| (x - mean).powi(2)).sum();
    let variance = selected.loss * n / (n - 2.0);
    let slope = (variance / spread).sqrt();
    let offset = (variance * (1.0 / n + mean * mean / spread)).sqrt();
    let mut errors: Vec<f64> = selected.constants.iter().filter_map(|c| c.error).collect();
    errors.sort_by(f64::total_cmp);
    for (found, expected) in errors.iter().zip([slope, offset]) {
        // Residuals that seem alike by chance widen errors a little: the number of rows that
        // know as much as one is estimated to a fifth of 400 rows, its root to a tenth.
        assert!((found / expected - 1.0).abs() < 0.15, "{found} {expected}");
    }
    let noise = selected.noise.unwrap() / selected.loss.sqrt();
    assert!((0.8..1.2).contains(&noise), "{noise}");
    let held_out = selected.held_out.unwrap() / selected.loss;
    assert!((0.9..1.2).contains(&held_out), "{held_out}");
}

#[test]
fn a_wrong_power_shows_out_of_range() {
    let problem = table("exp(x)", 400, 0.01);
    let settings = Settings {
        operators: vec![Operator::Add, Operator::Mul],
        ..small()
    };
    let front = reported(&problem, &settings, 4);
    let straight = front.iter().find(|f| f.complexity == 5).unwrap();
    assert!(
        straight.out_of_range.unwrap() > 2.0 * straight.held_out.unwrap(),
        "{straight:?}"
    );
}
