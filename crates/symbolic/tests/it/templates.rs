//! Laws of which functions and constants are left open.

use pellucid_core::random::{normal, stream};
use pellucid_symbolic::search::State;
use pellucid_symbolic::select::{Finding, findings};
use pellucid_symbolic::{Engine, Expression, Operator, Problem, Settings};
use rand::RngExt;

use crate::run::search;

/// Columns between 1 and 3, and `kind` (0, 1, 2, 5), with a target of a law of these and
/// noise of this part of its spread.
fn table(names: &[&str], noise: f64, law: impl Fn(&[f64]) -> f64) -> Problem {
    let mut rng = stream(31, 0);
    let rows = 400;
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|name| {
            let draw = |i: usize, x: f64| match *name {
                "kind" => [0.0, 1.0, 2.0, 5.0][i % 4],
                _ => x,
            };
            (0..rows)
                .map(|i| draw(i, rng.random_range(1.0..3.0)))
                .collect()
        })
        .collect();
    let row = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
    let clean: Vec<f64> = (0..rows).map(|r| law(&row(r))).collect();
    let mean = clean.iter().sum::<f64>() / rows as f64;
    let spread = (clean.iter().map(|y| (y - mean).powi(2)).sum::<f64>() / rows as f64).sqrt();
    let target = clean
        .iter()
        .map(|y| y + noise * spread * normal(&mut rng))
        .collect();
    let names = names.iter().map(|n| (*n).to_owned());
    Problem::new(names.zip(columns).collect(), ("t".to_owned(), target), None).unwrap()
}

/// Rounds that are enough for the laws below.
const ROUNDS: u64 = 25;

fn settings(template: &str) -> Settings {
    Settings {
        template: Some(template.to_owned()),
        max_complexity: 20,
        sample: 300,
        islands: 3,
        candidates: 40,
        ..Settings::default()
    }
}

/// The laws of the front that are right at points, in and out of the table, to a part of
/// the value there.
fn right(
    front: &[Finding],
    problem: &Problem,
    law: impl Fn(&[f64]) -> f64,
    points: &[&[f64]],
    tolerance: f64,
) -> Vec<Finding> {
    let close = |finding: &&Finding| {
        let found = Expression::parse(&finding.expression, problem.names()).unwrap();
        points.iter().all(|point| {
            let (a, b) = (found.at(point), law(point));
            (a - b).abs() <= tolerance * b.abs()
        })
    };
    front.iter().filter(close).cloned().collect()
}

/// Searches for a law without noise and with a hundredth of it.
fn found(
    names: &[&str],
    law: impl Fn(&[f64]) -> f64 + Copy,
    template: &str,
    points: &[&[f64]],
    tolerance: f64,
) -> [Finding; 2] {
    [(0.0, 1e-6), (0.01, tolerance)].map(|(noise, tolerance)| {
        let problem = table(names, noise, law);
        let settings = settings(template);
        let engine = search(&problem, &settings, ROUNDS);
        let front = findings(&engine.front(), &problem, &settings);
        let front: Vec<Finding> = front.into_iter().map(|(_, finding)| finding).collect();
        let found = right(&front, &problem, law, points, tolerance);
        let told = || {
            let lines = front.iter();
            let line = |f: &Finding| format!("{} {:.2e} {}", f.complexity, f.loss, f.expression);
            lines.map(line).collect::<Vec<_>>().join("\n")
        };
        assert!(!found.is_empty(), "{template}, noise {noise}:\n{}", told());
        found[0].clone()
    })
}

#[test]
fn a_pair_force_is_found_from_its_sum_over_three_pairs() {
    // Lennard-Jones', and Yukawa's with a range that has to be fitted.
    let jones = |v: &[f64]| {
        let pair = |r: f64| 4.0 * (r.powi(-12) - r.powi(-6));
        v.iter().map(|&r| pair(r)).sum()
    };
    let names = ["r12", "r13", "r23"];
    let template = "f(r12) + f(r13) + f(r23)";
    let points: [&[f64]; 3] = [&[0.95, 1.5, 2.0], &[0.9, 0.9, 4.0], &[1.2, 3.5, 3.5]];
    let [exact, _] = found(&names, jones, template, &points, 0.05);
    assert!(exact.opened.contains_key("f(u)"), "{exact:?}");
    let yukawa = |v: &[f64]| v.iter().map(|r| 2.5 * (-0.7 * r).exp() / r).sum();
    let points: [&[f64]; 2] = [&[0.5, 0.7, 2.0], &[5.0, 4.0, 4.5]];
    found(&names, yukawa, template, &points, 0.1);
}

#[test]
fn two_functions_of_a_product_are_found_together() {
    let law = |v: &[f64]| 3.0 * (-0.8 * v[0]).exp() * v[1].sqrt() + 0.5 * v[1];
    let points: [&[f64]; 2] = [&[0.3, 5.0], &[4.0, 0.5]];
    let [exact, _] = found(&["x", "y"], law, "f(x)*g(y) + 0.5*y", &points, 0.05);
    assert_eq!(exact.opened.len(), 2, "{exact:?}");
    let law = |v: &[f64]| (1.5 * v[0]).sin() + 3.0 / v[1];
    let points: [&[f64]; 2] = [&[0.5, 4.0], &[4.0, 0.5]];
    found(&["x", "y"], law, "f(x) + g(y)", &points, 0.08);
}

#[test]
fn a_function_in_differences_and_products_of_itself_is_found() {
    let f = |u: f64| u * u + u;
    let law = move |v: &[f64]| f(v[0] - v[1]) + f(v[1] - v[2]);
    let points: [&[f64]; 2] = [&[5.0, 1.0, 0.3], &[0.5, 2.0, 4.0]];
    found(
        &["x1", "x2", "x3"],
        law,
        "f(x1 - x2) + f(x2 - x3)",
        &points,
        0.05,
    );
    let f = |u: f64| u / (1.0 + u * u);
    let law = move |v: &[f64]| f(v[0]) * f(v[1]);
    let points: [&[f64]; 2] = [&[5.0, 1.0], &[0.5, 0.2]];
    found(&["x", "y"], law, "f(x)*f(y)", &points, 0.05);
}

#[test]
fn categories_have_their_own_constants() {
    let factor = |kind: f64| [2.0, -1.5, 0.25, 0.0, 0.0, 7.0][kind as usize];
    let law = move |v: &[f64]| factor(v[1]) * v[0] / (1.0 + v[0]);
    let points: [&[f64]; 4] = [&[0.5, 0.0], &[5.0, 1.0], &[5.0, 2.0], &[0.5, 5.0]];
    let [exact, _] = found(&["x", "kind"], law, "c[kind]*f(x)", &points, 0.1);
    let ratio =
        |a: &str, b: &str| exact.opened[a].as_f64().unwrap() / exact.opened[b].as_f64().unwrap();
    assert!((ratio("c[kind = 1]", "c[kind = 0]") + 0.75).abs() < 1e-6);
    assert!((ratio("c[kind = 5]", "c[kind = 2]") - 28.0).abs() < 1e-4);
    // Inside of the function, and one for all rows.
    let rate = |kind: f64| [0.4, 0.8, 1.2, 0.0, 0.0, 2.0][kind as usize];
    let law = move |v: &[f64]| 5.0 * (-rate(v[1]) * v[0]).exp() + 1.7;
    let points: [&[f64]; 2] = [&[0.5, 0.0], &[4.0, 1.0]];
    found(&["x", "kind"], law, "f(x, k[kind]) + d[]", &points, 0.1);
}

#[test]
fn a_function_left_open_is_found_with_what_is_known_of_the_law() {
    let names = ["r", "x1", "x2"];
    let force = |r: f64| 1.7 * (-0.6 * r).exp() / r;
    let law = move |v: &[f64]| (1.0 + force(v[0]).powi(2)).ln() * (v[1] - v[2]) / v[0] + v[1];
    let problem = table(&names, 0.0, law);
    let engine = search(&problem, &settings("log(1 + f(r)^2)*(x1 - x2)/r + x1"), 4);
    let front = engine.front();
    let best = &front.best().unwrap().expression;
    // The whole law, beyond the table, too.
    for point in [[0.3, 1.0, 2.0], [4.0, -1.0, 0.2]] {
        let (found, right) = (best.at(&point), law(&point));
        assert!(
            (found - right).abs() < 1e-7 * right.abs(),
            "{found} {right}"
        );
    }
}

#[test]
fn laws_of_a_template_are_held_to_units_constraints_and_losses() {
    use pellucid_symbolic::Units;
    use pellucid_symbolic::units::Constants;

    let law = |v: &[f64]| v[0] * v[1].powi(2) / 2.0 + v[0] * v[2].powi(2) / 2.0;
    let problem = table(&["m", "v", "w"], 0.0, law);
    let units = [("m", "kg"), ("v", "m/s"), ("w", "m/s"), ("t", "J")];
    let units = Units {
        constants: Constants::Dimensionless,
        columns: units.map(|(n, u)| (n.to_owned(), u.to_owned())).into(),
        ..Units::default()
    };
    let dimensions = units.resolve(problem.names(), "t").unwrap();
    let with_units = Settings {
        units: Some(units),
        ..settings("f(m, v) + f(m, w)")
    };
    let engine = search(&problem, &with_units, 12);
    let front = engine.front();
    for law in front.laws() {
        assert!(dimensions.allow(&law.expression));
    }
    assert!(front.best().unwrap().loss < 1e-20);
    // Falling in a column in which the law rises: nothing that is right is admitted.
    let mut falling = settings("f(v)*m + f(w)*m");
    falling.constraints = serde_json::from_value(serde_json::json!({
        "monotonic": [{ "column": "v", "is": "falling" }]
    }))
    .unwrap();
    let engine = search(&problem, &falling, 4);
    assert!(engine.front().best().is_none_or(|law| law.loss > 0.01));
    // Rows gone wild do not move a law of moduli.
    let clean = table(&["x", "y"], 0.0, |v| v[0].exp() + v[1].exp());
    let mut target = clean.target().to_vec();
    for y in target.iter_mut().step_by(19) {
        *y += 100.0;
    }
    let names = clean.names().iter().cloned();
    let features = names.zip(clean.columns().to_vec()).collect();
    let wild = Problem::new(features, ("t".to_owned(), target), None).unwrap();
    let moduli = Settings {
        loss: "l1".parse().unwrap(),
        ..settings("f(x) + f(y)")
    };
    let engine = search(&wild, &moduli, 12);
    let front = engine.front();
    let near = |law: &Expression| {
        let value = law.at(&[0.5, 3.5]);
        let expected = 0.5_f64.exp() + 3.5_f64.exp();
        (value - expected).abs() < 1e-3 * expected
    };
    assert!(front.laws().any(|law| near(&law.expression)));
}

#[test]
fn searches_for_several_functions_are_the_same_for_any_threads_and_when_resumed() {
    let law = |v: &[f64]| v[2] * (v[0] + v[1].sin()) * (v[1] + (v[0] * v[1]).cos());
    let problem = table(&["x", "y", "kind"], 0.02, law);
    let settings = Settings {
        sample: 100,
        islands: 2,
        candidates: 10,
        max_complexity: 12,
        ..settings("c[kind]*f(x)*g(y) + f(y)")
    };
    let state = |engine: &Engine| serde_json::to_string(engine.state()).unwrap();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| state(&search(&problem, &settings, 6)))
    };
    let one = on(1);
    assert_eq!(one, on(3));
    let saved: State = serde_json::from_str(&state(&search(&problem, &settings, 3))).unwrap();
    let mut resumed = Engine::resume(&problem, &settings, saved).unwrap();
    for _ in 3..6 {
        resumed.round();
    }
    assert_eq!(one, state(&resumed));
}

#[test]
fn guesses_and_operators_are_those_of_the_open_function() {
    let law = |v: &[f64]| (1.3 * v[0].sin()).exp() + (1.3 * v[1].sin()).exp();
    let problem = table(&["x", "y"], 0.0, law);
    let guess = |guess: &str, template: &str| Settings {
        guesses: vec![guess.to_owned()],
        ..settings(template)
    };
    let engine = Engine::new(&problem, &guess("exp(0.9*sin(u))", "f(x) + f(y)")).unwrap();
    assert!(engine.exact());
    let rate = |kind: f64| [0.4, 0.8, 1.2, 0.0, 0.0, 2.0][kind as usize];
    let law = move |v: &[f64]| 5.0 * (-rate(v[1]) * v[0]).exp() + 1.7;
    let decays = table(&["x", "kind"], 0.0, law);
    let with_rates = guess("exp(-x*k)", "f(x, k[kind]) + d[]");
    assert!(Engine::new(&decays, &with_rates).unwrap().exact());
    for (wrong, template) in [
        ("tanh(u)", "f(x) + f(y)"),
        ("x", "f(x) + f(y)"),
        ("x", "f(x) + g(y)"),
    ] {
        let error = Engine::new(&problem, &guess(wrong, template)).unwrap_err();
        assert!(!error.to_string().is_empty(), "{wrong}");
    }
    let few = Settings {
        operators: vec![Operator::Add, Operator::Mul],
        ..settings("f(x) + f(y)")
    };
    for law in search(&problem, &few, 3).front().laws() {
        let text = law.expression.infix(problem.names());
        assert!(!text.contains("exp") && !text.contains('/'), "{text}");
    }
}

#[test]
fn constants_that_are_all_that_is_open_are_fitted() {
    // Constants of very different sizes, in an exponent and without one.
    let problem = table(&["x", "kind"], 0.0, |v| {
        7e3 * (-0.8 * v[0]).exp() + [0.0, 2.0, -5.0, 0.0, 0.0, 9.0][v[1] as usize]
    });
    let settings = settings("a[]*exp(b[]*x) + c[kind]");
    let front = search(&problem, &settings, 5).front();
    let laws = findings(&front, &problem, &settings);
    let (_, law) = laws.iter().find(|(_, finding)| finding.selected).unwrap();
    let near = |name: &str, value: f64| {
        let found = law.opened[name].as_f64().unwrap();
        assert!(
            (found - value).abs() < 1e-6 * (1.0 + value.abs()),
            "{law:?}"
        );
    };
    near("a[]", 7e3);
    near("b[]", -0.8);
    near("c[kind = 5]", 9.0);
    // One constant alone is not mistaken for the mean.
    let problem = table(&["x"], 0.1, |v| 3.0 * v[0]);
    let front = search(&problem, &self::settings("c[]*x"), 5).front();
    let laws = findings(&front, &problem, &self::settings("c[]*x"));
    assert!(laws[0].1.expression.contains('x'), "{:?}", laws[0].1);
}

#[test]
fn templates_that_cannot_be_searched_are_refused() {
    let problem = table(&["x", "y", "kind"], 0.0, |v| v[0] + v[1]);
    for (wrong, said) in [
        ("x + y", "nothing open"),
        ("f(q)*x", "column"),
        ("-exp(f(x))", "rows"),
        ("c[x]*f(y)", "400 different values"),
        ("c[what]*f(y)", "no column `what`"),
        ("f(x) + f(log(y - 2))", "column `(log(y - 2.0))`, row"),
    ] {
        let error = Engine::new(&problem, &settings(wrong)).unwrap_err();
        assert!(error.to_string().contains(said), "{wrong}: {error}");
    }
    let mut both = settings("f(x)*y");
    both.vectors.0 = [("a".to_owned(), vec!["x".to_owned(), "y".to_owned()])].into();
    let error = Engine::new(&problem, &both).unwrap_err().to_string();
    assert!(
        error.contains("template") && error.contains("vectors"),
        "{error}"
    );
}
