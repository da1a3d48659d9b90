//! Tables in other units: the law found is the same but for constants.

use pellucid_core::random::{stream, uniform};
use pellucid_symbolic::expression::Token;
use pellucid_symbolic::select::Finding;
use pellucid_symbolic::{Engine, Expression, Operator, Problem, Settings, SymbolicError, Units};
use rand::RngExt;

use crate::run::reported;

const ROWS: usize = 150;

fn names() -> Vec<String> {
    ["x", "y", "z"].map(str::to_owned).to_vec()
}

/// A clean table of a law over columns from 1 to 3, columns and target multiplied.
fn table(law: &str, factors: [f64; 4]) -> Problem {
    let law = Expression::parse(law, &names()).unwrap();
    let mut rng = stream(5, 0);
    let rows: Vec<[f64; 3]> = (0..ROWS)
        .map(|_| std::array::from_fn(|_| rng.random_range(1.0..3.0)))
        .collect();
    let column = |v: usize| rows.iter().map(|row| row[v] * factors[v]).collect();
    let features = names().into_iter().enumerate().map(|(v, n)| (n, column(v)));
    let target = rows.iter().map(|row| law.at(row) * factors[3]).collect();
    Problem::new(features.collect(), ("w".to_owned(), target), None).unwrap()
}

/// Factors from 1e-30 to 1e30.
fn factors(seed: u64) -> [f64; 4] {
    let mut rng = stream(17, seed);
    std::array::from_fn(|_| 10.0_f64.powf(60.0 * uniform(&mut rng) - 30.0))
}

fn selected(problem: &Problem, rounds: u64) -> Finding {
    let found = reported(problem, &Settings::default(), rounds);
    found.into_iter().find(|law| law.selected).unwrap()
}

/// The columns and functions of a law, without constants and the arithmetic that they
/// come with.
fn form(law: &str) -> Vec<String> {
    let law = Expression::parse(law, &names()).unwrap();
    let tokens = law.tokens().iter();
    let mut out: Vec<String> = tokens
        .filter_map(|token| match token {
            Token::Variable(v) => Some(names()[usize::from(*v)].clone()),
            Token::Apply(o) if !is_arithmetic(*o) => Some(o.name().to_owned()),
            _ => None,
        })
        .collect();
    out.sort();
    out
}

fn is_arithmetic(operator: Operator) -> bool {
    [
        Operator::Add,
        Operator::Sub,
        Operator::Mul,
        Operator::Div,
        Operator::Neg,
        Operator::Inv,
        Operator::Square,
    ]
    .contains(&operator)
}

/// The law is found with these factors as it is without, exact in both; whether it is
/// also written with the same columns and functions.
fn is_found_alike(law: &str, factors: [f64; 4], rounds: u64) -> Result<bool, String> {
    let plain = selected(&table(law, [1.0; 4]), rounds);
    let scaled = selected(&table(law, factors), rounds);
    let (a, b) = (plain.expression, scaled.expression);
    // What is left is rounding.
    let size = factors[3] * factors[3];
    if plain.loss < 1e-18 && scaled.loss < 1e-18 * size {
        Ok(form(&a) == form(&b))
    } else {
        Err(format!(
            "{law}: {a} ({:e}), {b} ({:e})",
            plain.loss,
            scaled.loss / size
        ))
    }
}

/// Laws of the kinds that tables of nature have.
const LAWS: [&str; 20] = [
    "1.3*x*y + 0.7",
    "x*y/z",
    "x*exp(-y/z)",
    "x*exp(-y/z) + 0.4",
    "sqrt(x^2 + y^2)",
    "x/(y + z)",
    "x*sin(y)",
    "x/sqrt(1 - (0.2*y)^2)",
    "2.5*x/y^2",
    "0.5*x*y^2 + z",
    "x*log(y/z)",
    "x*y/(x + y)",
    "1/(x^2 + y^2)",
    "x*(1 - exp(-y/z))",
    "x/(exp(y/z) - 1)",
    "3*exp(0.7*x) + 1",
    "x*y^2/z^3",
    "(x - y)/z",
    "x/(1 + y/2)",
    "sin(2.1*x + 0.4)*y",
];

#[test]
fn laws_are_found_whatever_the_units_of_columns_and_target() {
    for (i, law) in LAWS.iter().enumerate().step_by(4) {
        assert_eq!(is_found_alike(law, factors(i as u64), 1), Ok(true), "{law}");
    }
}

#[test]
#[ignore = "twenty pairs of searches, three minutes"]
fn twenty_laws_are_found_whatever_the_units() {
    let tried = LAWS.iter().enumerate();
    let found: Result<Vec<bool>, String> = tried
        .map(|(i, law)| is_found_alike(law, factors(i as u64), 8))
        .collect();
    // Constants that a unit brings may make another way to write a law the shorter one:
    // `1/(1/y + c/x)` for `x y/(x + c y)`.
    let alike = found.unwrap().into_iter().filter(|alike| *alike).count();
    assert!(alike >= 17, "{alike}");
}

#[test]
fn factors_of_two_change_no_digit_where_no_constant_changes() {
    let two = |k: i32| 2.0_f64.powi(k);
    let of = |factors: [f64; 4]| {
        let found = selected(&table("0.7*x*y/z", factors), 1);
        (found.expression, found.constants[0].value.to_bits())
    };
    assert_eq!(of([1.0; 4]), of([two(3), two(-2), two(1), 1.0]));
    assert_eq!(of([1.0; 4]), of([two(80), two(-30), two(50), 1.0]));
}

#[test]
fn numbers_of_any_size_are_searched() {
    for factors in [
        [1e299, 1e-300, 1.0, 1e-10],
        [1e-150, 1e150, 1e10, 1e290],
        [1e-299, 1e-299, 1.0, 1e-299],
    ] {
        let found = selected(&table("0.7*x*y/z", factors), 1);
        assert_eq!(
            form(&found.expression),
            ["x", "y", "z"],
            "{}",
            found.expression
        );
    }
}

#[test]
fn units_and_sizes_go_together() {
    // A pressure from a density of particles in SI units: Boltzmann's constant is 1e-23.
    let mut rng = stream(6, 0);
    let mut column = |low: f64, high: f64| -> Vec<f64> {
        (0..ROWS).map(|_| rng.random_range(low..high)).collect()
    };
    let (n, t) = (column(1e21, 1e24), column(300.0, 800.0));
    let p: Vec<f64> = n
        .iter()
        .zip(&t)
        .map(|(n, t)| 1.380_649e-23 * n * t + 2000.0)
        .collect();
    let features = vec![("n".to_owned(), n), ("T".to_owned(), t)];
    let problem = Problem::new(features, ("P".to_owned(), p), None).unwrap();
    let columns = [("n", "1/m^3"), ("T", "K"), ("P", "Pa")];
    let columns = columns.map(|(name, unit)| (name.to_owned(), unit.to_owned()));
    let settings = Settings {
        units: Some(Units {
            columns: columns.into_iter().collect(),
            ..Units::default()
        }),
        ..Settings::default()
    };
    let found = reported(&problem, &settings, 2);
    let law = found.iter().find(|law| law.selected).unwrap();
    assert_eq!(law.complexity, 7, "{}", law.expression);
    assert!((law.constants[0].value / 1.380_649e-23 - 1.0).abs() < 1e-9);
    assert!((law.constants[1].value / 2000.0 - 1.0).abs() < 1e-9);
}

#[test]
fn sizes_that_a_template_keeps_from_being_scaled_are_refused_by_name() {
    let problem = table("x*y", [1e200, 1.0, 1.0, 1.0]);
    let settings = Settings {
        template: Some("f(x)*y".to_owned()),
        ..Settings::default()
    };
    let error = Engine::new(&problem, &settings).unwrap_err();
    assert!(
        matches!(&error, SymbolicError::Magnitude { column, .. } if column == "x"),
        "{error}"
    );
}
