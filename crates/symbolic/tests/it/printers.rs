//! What is printed is read by the languages it is printed for.
//!
//! `fixtures/printers` holds the printed texts (`printed.json`, `laws.rs`) and
//! what Python makes of them (`values.json`, by `make.py`). With
//! `PELLUCID_WRITE_FIXTURES` set the texts are written anew; run `make.py` then.

use std::fmt::Write as _;
use std::path::PathBuf;

use pellucid_symbolic::{Expression, Operator};
use serde_json::{Value, json};

/// Formulas that hold every operator, brackets of every kind, and names that
/// are no words.
const FORMULAS: &[&str] = &[
    "x*y - (y - z) + 2.5",
    "x - (y + z) - -1.5*x",
    "x/(y*z)/(x/y)",
    "-(x + y)^2 + (-z)^3",
    "(-2.0)^2*x^3 - -x",
    "-x^y + (x^y)^z + x^(y^z)",
    "1/(x + y) + 1/x/y",
    "sqrt(x)*cbrt(y - 5.0) + abs(z - 4.0)",
    "exp(-x^2/2.0)*log(y) + erf(z)",
    "sin(x) + cos(y)*tan(z)",
    "asin(x/9.0) + acos(y/9.0) - atan(z)",
    "atan2(y, -x) + sinh(x) - cosh(y)/tanh(z)",
    "min(x, y) + 2.0*max(y, z) + step(x - y)*z",
    "1e-30*exp(60.0)*x + 1.2345678901234567e20/1e20*y",
    "`particle mass` * 2.0 + x",
    "`particle mass`^(-0.5)*(x - 1.0)/-2.0",
];

fn columns() -> Vec<String> {
    ["x", "y", "z", "particle mass"].map(str::to_owned).to_vec()
}

const POINTS: [[f64; 4]; 3] = [
    [0.7, 1.3, 2.1, 0.4],
    [2.9, 0.6, 0.2, 5.5],
    [1.1, 1.1, 6.5, 1.0],
];

fn fixture(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/fixtures/printers").join(name)
}

fn laws() -> Vec<Expression> {
    let read = |text: &&str| Expression::parse(text, &columns()).unwrap();
    FORMULAS.iter().map(read).collect()
}

fn printed() -> Value {
    let laws = laws().into_iter().map(|law| {
        json!({
            "sympy": law.sympy(&columns()),
            "numpy": law.numpy(&columns()),
            "columns": law.variables(),
        })
    });
    json!({
        "columns": columns(),
        "points": POINTS,
        "laws": laws.collect::<Vec<_>>(),
    })
}

/// All laws as one Rust file, each in a module, with a list to call them by.
fn rust_file() -> String {
    let (mut modules, mut list) = (String::new(), String::new());
    for (i, law) in laws().into_iter().enumerate() {
        write!(modules, "mod law_{i} {{\n{}}}\n", law.rust(&columns())).unwrap();
        let arguments: Vec<String> = law.variables().iter().map(|v| format!("x[{v}]")).collect();
        writeln!(list, "    |x| law_{i}::law({}),", arguments.join(", ")).unwrap();
    }
    format!("{modules}\npub const LAWS: &[fn(&[f64]) -> f64] = &[\n{list}];\n")
}

#[rustfmt::skip]
#[allow(clippy::all, clippy::pedantic)]
mod compiled {
    include!("../fixtures/printers/laws.rs");
}

#[test]
fn the_formulas_hold_every_operator_that_is_built_in() {
    let laws = laws();
    for operator in Operator::all().into_iter().filter(|o| o.is_built_in()) {
        let token = pellucid_symbolic::expression::Token::Apply(operator);
        assert!(
            laws.iter().any(|law| law.tokens().contains(&token)),
            "{operator:?}"
        );
    }
}

#[test]
fn the_printed_texts_are_those_that_were_checked() {
    let (texts, file) = (printed(), rust_file());
    if std::env::var_os("PELLUCID_WRITE_FIXTURES").is_some() {
        let text = serde_json::to_string_pretty(&texts).unwrap();
        std::fs::write(fixture("printed.json"), text + "\n").unwrap();
        std::fs::write(fixture("laws.rs"), &file).unwrap();
    }
    let there = std::fs::read_to_string(fixture("printed.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&there).unwrap(), texts);
    assert_eq!(std::fs::read_to_string(fixture("laws.rs")).unwrap(), file);
}

/// Within a few rounding errors of the largest term of these formulas; our own
/// functions are good to two units in the last place.
fn assert_near(found: f64, expected: f64, what: &str) {
    let close = (found - expected).abs() <= 1e-13 * expected.abs().max(1.0);
    assert!(
        close || found.is_nan() && expected.is_nan(),
        "{what}: {found} instead of {expected}"
    );
}

#[test]
fn sympy_and_numpy_give_the_values_that_we_give() {
    let text = std::fs::read_to_string(fixture("values.json")).unwrap();
    let values: Value = serde_json::from_str(&text).unwrap();
    for (i, law) in laws().iter().enumerate() {
        for (k, point) in POINTS.iter().enumerate() {
            for language in ["sympy", "numpy"] {
                let found = values[language][i][k].as_f64().unwrap();
                assert_near(
                    found,
                    law.at(point),
                    &format!("{language}: {}", FORMULAS[i]),
                );
            }
        }
    }
}

#[test]
fn compiled_rust_gives_the_values_that_we_give() {
    assert_eq!(compiled::LAWS.len(), FORMULAS.len());
    for (i, law) in laws().iter().enumerate() {
        for point in &POINTS {
            assert_near(compiled::LAWS[i](point), law.at(point), FORMULAS[i]);
        }
    }
}

#[test]
fn json_gives_back_the_same_formula() {
    for law in laws() {
        let text = serde_json::to_string(&law).unwrap();
        assert_eq!(serde_json::from_str::<Expression>(&text).unwrap(), law);
    }
    let broken = r#"{"tokens":["constant",{"apply":"add"}],"constants":[1.0]}"#;
    let error = serde_json::from_str::<Expression>(broken).unwrap_err();
    assert!(error.to_string().contains("lacks an argument"), "{error}");
}
