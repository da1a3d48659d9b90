//! Vectors as leaves, and laws to begin with.

use pellucid_core::random::stream;
use pellucid_symbolic::search::Vectors;
use pellucid_symbolic::units::Constants;
use pellucid_symbolic::{Engine, Expression, Problem, Settings, SymbolicError, Units};
use rand::RngExt;

use crate::run::search;

const NAMES: [&str; 6] = ["ax", "ay", "az", "bx", "by", "bz"];

fn names() -> Vec<String> {
    NAMES.map(str::to_owned).to_vec()
}

/// A law over two vectors of three components between -2 and 2.
fn table(law: &str) -> Problem {
    let law = Expression::parse(law, &names()).unwrap();
    let mut rng = stream(5, 0);
    let columns: Vec<Vec<f64>> = (0..6)
        .map(|_| (0..300).map(|_| rng.random_range(-2.0..2.0)).collect())
        .collect();
    let at = |row: usize| columns.iter().map(|c| c[row]).collect::<Vec<f64>>();
    let target = (0..300).map(|row| law.at(&at(row))).collect();
    let features = names().into_iter().zip(columns).collect();
    Problem::new(features, ("y".to_owned(), target), None).unwrap()
}

fn vectors(list: &[(&str, &[&str])]) -> Vectors {
    let owned = |(name, parts): &(&str, &[&str])| {
        let parts = parts.iter().map(|p| (*p).to_owned()).collect();
        ((*name).to_owned(), parts)
    };
    Vectors(list.iter().map(owned).collect())
}

fn both() -> Vectors {
    vectors(&[("a", &NAMES[..3]), ("b", &NAMES[3..])])
}

fn small(vectors: Vectors) -> Settings {
    Settings {
        max_complexity: 15,
        sample: 200,
        islands: 3,
        candidates: 30,
        vectors,
        ..Settings::default()
    }
}

fn loss(settings: &Settings, problem: &Problem) -> f64 {
    let front = search(problem, settings, 2).front();
    let best = front.best().unwrap();
    assert!(best.expression.variables().iter().all(|v| *v < 6));
    // What is written out has the loss that the search saw.
    let program = pellucid_symbolic::evaluate::Program::new(&best.expression);
    let rows = problem.sample(settings.sample, settings.seed);
    let squares = program.squares(
        best.expression.constants(),
        &rows.blocks::<f64>(),
        f64::INFINITY,
        &mut pellucid_symbolic::evaluate::Scratch::new(),
    );
    let written = squares / (rows.rows() as f64 * rows.variance());
    assert!((written - best.loss).abs() <= 1e-9 * best.loss + 1e-20);
    best.loss
}

#[test]
fn a_law_of_two_vectors_is_found_with_them_and_not_without() {
    let problem = table(
        "1.5*(ax*bx + ay*by + az*bz)/((ax-bx)^2 + (ay-by)^2 + (az-bz)^2) + sqrt(ax^2 + ay^2 + az^2)",
    );
    assert!(loss(&small(both()), &problem) < 1e-18);
    assert!(loss(&small(Vectors::default()), &problem) > 1e-3);
}

#[test]
fn vectors_that_are_none_are_refused() {
    let problem = table("ax + by");
    for (vectors, said) in [
        (vectors(&[("a", &["ax"])]), "components"),
        (vectors(&[("a", &["ax", "axe"])]), "`axe`"),
        (vectors(&[("a", &["ax", "ax"])]), "twice"),
    ] {
        let error = Engine::new(&problem, &small(vectors)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`a`") && text.contains(said), "{text}");
    }
    let unit = |name: &str| if name == "az" { "s" } else { "m" };
    let settings = Settings {
        units: Some(Units {
            constants: Constants::Any,
            columns: NAMES
                .iter()
                .chain(&["y"])
                .map(|n| ((*n).to_owned(), unit(n).to_owned()))
                .collect(),
            ..Units::default()
        }),
        ..small(both())
    };
    let error = Engine::new(&problem, &settings).unwrap_err();
    assert!(matches!(error, SymbolicError::Unit { .. }), "{error}");
}

#[test]
fn a_guess_is_fitted_before_the_search_begins() {
    let problem = table("exp(1.3*sin(ax*by)) + 0.7*az");
    let guess = |text: &str| Settings {
        guesses: vec![text.to_owned()],
        ..small(Vectors::default())
    };
    let engine = Engine::new(&problem, &guess("exp(0.9*sin(ax*by)) + 2*az")).unwrap();
    assert_eq!(engine.rounds(), 0);
    assert!(engine.exact());
    // Neither is a law of this table and these operators.
    for wrong in ["tanh(ax)", "log(ax)", "ax + what"] {
        let error = Engine::new(&problem, &guess(wrong)).unwrap_err();
        assert!(error.to_string().contains(wrong), "{error}");
    }
}
