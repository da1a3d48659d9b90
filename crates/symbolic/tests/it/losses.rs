//! Losses: fits against other programs, laws that squares miss, refusals.

use std::sync::Arc;

use pellucid_core::random::{normal, stream};
use pellucid_symbolic::evaluate::{Program, Rows, Scratch};
use pellucid_symbolic::fit::{Effort, fit};
use pellucid_symbolic::loss::{Kind, Loss, register};
use pellucid_symbolic::search::Law;
use pellucid_symbolic::select::{Finding, constant_errors};
use pellucid_symbolic::{Engine, Expression, Problem, Settings, SymbolicError};
use rand::RngExt;
use serde_json::Value;

use crate::run::reported;

fn expected() -> Value {
    serde_json::from_str(include_str!("../fixtures/losses/expected.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|x| x.as_f64().unwrap()).collect()
}

fn names() -> Vec<String> {
    vec!["x".to_owned()]
}

/// A table of one feature under a loss.
fn table(x: &[f64], y: &[f64], loss: &str) -> Problem {
    let features = vec![("x".to_owned(), x.to_vec())];
    let problem = Problem::new(features, ("y".to_owned(), y.to_vec()), None).unwrap();
    problem.under(&loss.parse().unwrap()).unwrap()
}

/// The constants of a law fitted to a table, and the sum of its loss.
fn fitted(law: &str, problem: &Problem) -> (Vec<f64>, f64) {
    let law = Expression::parse(law, &names()).unwrap();
    let fit = fit(&law, &problem.blocks(), Effort::POLISH, &mut Scratch::new());
    let fit = fit.0.unwrap();
    (fit.constants, fit.normal.squares)
}

#[test]
fn counts_are_fitted_with_the_most_likely_constants_and_their_errors() {
    let expected = expected();
    let poisson = &expected["poisson"];
    let (x, y) = (numbers(&expected["x"]), numbers(&expected["counts"]));
    let problem = table(&x, &y, "poisson");
    // Begun far away.
    let (found, deviance) = fitted("exp(0.1 + 0.3*x)", &problem);
    for (found, expected) in found.iter().zip(numbers(&poisson["constants"])) {
        // Both ended where steps are lost in rounding.
        assert!((found - expected).abs() < 1e-7, "{found} {expected}");
    }
    assert!((deviance - poisson["deviance"].as_f64().unwrap()).abs() < 1e-9);
    let mut law = Expression::parse("exp(0.1 + 0.3*x)", &names()).unwrap();
    law.constants_mut().copy_from_slice(&found);
    let law = Law {
        expression: law,
        loss: 1.0,
    };
    let errors = constant_errors(&law, &problem, 1.0, &mut Scratch::new()).unwrap();
    for (found, expected) in errors.iter().zip(numbers(&poisson["errors"])) {
        assert!((found / expected - 1.0).abs() < 1e-6, "{found} {expected}");
    }
    // Squares give other constants: they take every count for equally sure.
    let (squares, _) = fitted("exp(0.1 + 0.3*x)", &table(&x, &y, "l2"));
    assert!(
        (squares[0] - found[0]).abs() > 0.005,
        "{squares:?} {found:?}"
    );
}

#[test]
fn outliers_are_fitted_as_by_linear_programming_and_by_hubers_function() {
    let expected = expected();
    let (x, y) = (numbers(&expected["x"]), numbers(&expected["y"]));
    // Reweighting nears a vertex step by step.
    for (name, loss, tolerance) in [("l1", "l1", 1e-5), ("huber", "huber:0.3", 1e-6)] {
        let (found, sum) = fitted("1.0 + 1.0*x", &table(&x, &y, loss));
        let reference = expected[name]["sum"].as_f64().unwrap();
        assert!(
            (sum / reference - 1.0).abs() < tolerance,
            "{name}: {sum} {reference}"
        );
        for (found, expected) in found.iter().zip(numbers(&expected[name]["constants"])) {
            assert!(
                (found - expected).abs() < 1e-3,
                "{name}: {found} {expected}"
            );
        }
    }
}

#[test]
fn hubers_function_with_a_large_width_is_least_squares() {
    let expected = expected();
    let (x, y) = (numbers(&expected["x"]), numbers(&expected["y"]));
    let [wide, squares] =
        ["huber:1000", "l2"].map(|loss| fitted("1.0 + exp(0.2*x)", &table(&x, &y, loss)));
    assert!((wide.1 / squares.1 - 1.0).abs() < 1e-9);
    for (a, b) in wide.0.iter().zip(&squares.0) {
        // A sum of squares is flat to the root of rounding.
        assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{a} {b}");
    }
}

#[test]
fn a_loss_in_single_precision_and_in_blocks_is_that_of_the_definition() {
    let x: Vec<f64> = (0..3000).map(|i| 0.5 + 0.001 * f64::from(i)).collect();
    let y: Vec<f64> = x.iter().map(|x| 1.0 + (7.0 * x).sin().abs()).collect();
    let law = Expression::parse("1.3 + 0.2*x", &names()).unwrap();
    let program = Program::new(&law);
    for name in ["l1", "huber:0.3", "log", "poisson"] {
        let problem = table(&x, &y, name);
        let loss = problem.loss().unwrap();
        let exact: f64 = x
            .iter()
            .zip(&y)
            .map(|(x, y)| loss.value(law.at(&[*x]), *y))
            .sum();
        let rows: Rows<f64> = problem.blocks();
        let sum = program.squares(law.constants(), &rows, f64::INFINITY, &mut Scratch::new());
        assert!((sum / exact - 1.0).abs() < 1e-12, "{name}: {sum} {exact}");
        let rows: Rows<f32> = problem.blocks();
        let sum = program.squares(law.constants(), &rows, f64::INFINITY, &mut Scratch::new());
        assert!((sum / exact - 1.0).abs() < 1e-4, "{name}: {sum} {exact}");
    }
}

/// The law that a search of a few rounds selects.
fn selected(x: &[f64], y: &[f64], loss: &str) -> Finding {
    let features = vec![("x".to_owned(), x.to_vec())];
    let problem = Problem::new(features, ("y".to_owned(), y.to_vec()), None).unwrap();
    let settings = Settings {
        max_complexity: 12,
        sample: 300,
        islands: 3,
        candidates: 30,
        loss: loss.parse().unwrap(),
        ..Settings::default()
    };
    let mut all = reported(&problem, &settings, 8).into_iter();
    all.find(|law| law.selected).unwrap()
}

fn at(finding: &Finding, x: f64) -> f64 {
    Expression::parse(&finding.expression, &names())
        .unwrap()
        .at(&[x])
}

#[test]
fn rows_gone_wild_do_not_move_a_law_under_the_modulus_or_hubers_function() {
    // A tenth of the rows lie far above the parabola, as hot channels do.
    let mut rng = stream(31, 0);
    let x: Vec<f64> = (0..300).map(|_| rng.random_range(1.0..3.0)).collect();
    let y: Vec<f64> = x
        .iter()
        .enumerate()
        .map(|(i, x)| 1.5 * x * x + 0.02 * normal(&mut rng) + if i % 10 == 0 { 60.0 } else { 0.0 })
        .collect();
    let truth = 1.5 * 36.0;
    for loss in ["l1", "huber:0.05"] {
        let law = selected(&x, &y, loss);
        // Out of the range of the rows, where only the right law is right.
        assert!(
            (at(&law, 6.0) / truth - 1.0).abs() < 0.02,
            "{loss}: {}",
            law.expression
        );
    }
    // Squares follow them: the mean is lifted by 6.
    let law = selected(&x, &y, "l2");
    assert!((at(&law, 2.0) - 6.0).abs() > 3.0, "{}", law.expression);
}

#[test]
fn a_law_over_decades_is_found_by_its_relative_errors() {
    // Ten percent of a value that falls over five decades.
    let mut rng = stream(32, 0);
    let x: Vec<f64> = (0..300).map(|_| rng.random_range(0.5..12.0)).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|x| 5.0 * (-x).exp() * (0.1 * normal(&mut rng)).exp())
        .collect();
    let law = selected(&x, &y, "log");
    let ratio = at(&law, 20.0) / (5.0 * (-20.0_f64).exp());
    assert!((ratio.ln()).abs() < 0.2, "{}", law.expression);
    // The loss is the mean square of the noise.
    assert!((law.loss.sqrt() - 0.1).abs() < 0.02, "{}", law.loss);
}

#[test]
fn known_errors_set_the_scale_of_chi_squared_and_of_the_errors_of_constants() {
    let mut rng = stream(33, 0);
    let x: Vec<f64> = (0..200).map(|_| rng.random_range(0.0..1.0)).collect();
    let sigma = 0.3;
    let y: Vec<f64> = x
        .iter()
        .map(|x| 2.0 * x + 1.0 + sigma * normal(&mut rng))
        .collect();
    // Twice as large as they are.
    let stated = 2.0 * sigma;
    let weights = vec![1.0 / (stated * stated); 200];
    let features = vec![("x".to_owned(), x)];
    let weights = Some(("w".to_owned(), weights));
    let problem = Problem::new(features, ("y".to_owned(), y), weights).unwrap();
    let errors = |problem: &Problem| {
        let law = Expression::parse("1.0 + 2.0*x", &names()).unwrap();
        let law = Law {
            expression: law,
            loss: 1.0,
        };
        constant_errors(&law, problem, 1.0, &mut Scratch::new()).unwrap()
    };
    let squares = errors(&problem);
    let known = problem.under(&Kind::Gaussian).unwrap();
    let (_, chi) = fitted("1.0 + 2.0*x", &known);
    // A quarter of 198, up to its own spread of a tenth.
    assert!((chi / 198.0 - 0.25).abs() < 0.08, "{chi}");
    for (a, b) in errors(&known).iter().zip(&squares) {
        assert!((a / b - 2.0).abs() < 0.3, "{a} {b}");
    }
    // What is known of the errors bounds what a law can gain.
    let (_, spread) = known.middle();
    let gain = known.length(0.5, spread);
    assert!((gain + 0.25 * 200.0 * spread).abs() < 1e-9 * gain.abs());
}

#[test]
fn impossible_targets_are_refused_by_row_and_column_before_the_search() {
    let features = vec![("x".to_owned(), (0..6).map(f64::from).collect())];
    let target = ("n".to_owned(), vec![3.0, 0.0, 2.0, -1.0, 4.0, 1.0]);
    let problem = Problem::new(features, target, None).unwrap();
    for (loss, message) in [
        ("poisson", "column `n`, row 3: found -1, expected a count"),
        (
            "log",
            "column `n`, row 1: found 0, expected a positive number",
        ),
    ] {
        let settings = Settings {
            loss: loss.parse().unwrap(),
            ..Settings::default()
        };
        let error = Engine::new(&problem, &settings).unwrap_err();
        assert!(matches!(error, SymbolicError::Target { .. }));
        assert!(error.to_string().contains(message), "{error}");
    }
}

/// `ln cosh r`.
#[derive(Debug)]
struct LogCosh;

impl Loss for LogCosh {
    fn value(&self, f: f64, y: f64) -> f64 {
        (f - y).cosh().ln()
    }
    fn slope(&self, f: f64, y: f64) -> f64 {
        (f - y).tanh()
    }
    fn curvature(&self, f: f64, y: f64) -> f64 {
        1.0 / (f - y).cosh().powi(2)
    }
}

#[test]
fn a_loss_of_ones_own_is_used_by_its_name() {
    register("logcosh", Arc::new(LogCosh)).unwrap();
    assert!(register("logcosh", Arc::new(LogCosh)).is_err());
    assert!(register("l1", Arc::new(LogCosh)).is_err());
    let expected = expected();
    let (x, y) = (numbers(&expected["x"]), numbers(&expected["y"]));
    let problem = table(&x, &y, "logcosh");
    let (found, _) = fitted("1.0 + 1.0*x", &problem);
    let (mut offset, mut slope) = (0.0, 0.0);
    for (x, y) in x.iter().zip(&y) {
        let r = found[0] + found[1] * x - y;
        offset += r.tanh();
        slope += x * r.tanh();
    }
    // At the minimum.
    assert!(
        offset.abs() < 1e-5 && slope.abs() < 1e-5,
        "{offset} {slope}"
    );
    let text = serde_json::to_string(&Settings {
        loss: "logcosh".parse().unwrap(),
        ..Settings::default()
    })
    .unwrap();
    let settings: Settings = serde_json::from_str(&text).unwrap();
    assert_eq!(
        settings.loss,
        Kind::User {
            name: "logcosh".into()
        }
    );
}
