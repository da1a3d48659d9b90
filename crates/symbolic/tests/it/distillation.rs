//! Models that are asked before their law is searched for.

use pellucid_core::Job;
use pellucid_core::model::ModelError;
use pellucid_core::random::stream;
use pellucid_symbolic::distillation::{Fact, Kind, Knowledge, Settings, ask};
use pellucid_symbolic::evaluate::{Program, Rows, Scratch, input_gradient};
use pellucid_symbolic::search::{self, WORK_PER_SECOND};
use pellucid_symbolic::{Differentiable, Expression, Limits, Problem};
use rand::RngExt;

/// A law that can be asked as a network can; with smooth errors, as a network has.
struct Oracle {
    law: Expression,
    inputs: usize,
    error: f64,
}

impl Oracle {
    /// A wave along a direction of its own, and its phase.
    fn phase(columns: &[Vec<f64>], row: usize) -> f64 {
        let along = columns.iter().enumerate();
        along.map(|(i, c)| (1.0 + 0.3 * i as f64) * c[row]).sum()
    }

    fn rows(columns: &[Vec<f64>]) -> Rows<f64> {
        let n = columns[0].len();
        Rows::new(columns, &vec![0.0; n], &vec![1.0; n])
    }
}

impl Differentiable for Oracle {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn values(&self, columns: &[Vec<f64>]) -> Result<Vec<f64>, ModelError> {
        let rows = Self::rows(columns);
        let program = Program::new(&self.law);
        let mut values = program.values(self.law.constants(), &rows, &mut Scratch::new());
        for (row, value) in values.iter_mut().enumerate() {
            *value += self.error * Self::phase(columns, row).sin();
        }
        Ok(values)
    }

    fn gradients(&self, columns: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, ModelError> {
        let program = Program::keeping(&self.law);
        let mut scratch = Scratch::new();
        let rows = Self::rows(columns);
        let mut gradient = input_gradient(&program, self.law.constants(), &rows, &mut scratch);
        for (i, column) in gradient.iter_mut().enumerate() {
            for (row, slope) in column.iter_mut().enumerate() {
                let along = 1.0 + 0.3 * i as f64;
                *slope += self.error * along * Self::phase(columns, row).cos();
            }
        }
        Ok(gradient)
    }
}

/// A table of an oracle's values over inputs between 1 and 3, and the oracle.
fn asked(law: &str, inputs: &[&str], error: f64) -> (Oracle, Problem) {
    let names: Vec<String> = inputs.iter().map(|n| (*n).to_owned()).collect();
    let oracle = Oracle {
        law: Expression::parse(law, &names).unwrap(),
        inputs: names.len(),
        error,
    };
    let mut rng = stream(17, 0);
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|_| (0..400).map(|_| rng.random_range(1.0..3.0)).collect())
        .collect();
    let values = oracle.values(&columns).unwrap();
    let features = names.into_iter().zip(columns).collect();
    let problem = Problem::new(features, ("model".to_owned(), values), None).unwrap();
    (oracle, problem)
}

fn small() -> search::Settings {
    search::Settings {
        max_complexity: 30,
        sample: 200,
        islands: 3,
        candidates: 30,
        distillation: Settings {
            rows: 200,
            ..Settings::default()
        },
        ..search::Settings::default()
    }
}

/// As much work as an ordinary core does in so many seconds, however long it takes.
fn work(seconds: u64) -> Limits {
    Limits {
        work: Some(seconds * WORK_PER_SECOND),
        ..Limits::default()
    }
}

fn known(oracle: &Oracle, problem: &Problem, seconds: u64) -> Knowledge {
    ask(oracle, problem, &small(), work(seconds), &Job::silent()).unwrap()
}

fn says(facts: &[Fact], kind: Kind, statement: &str) -> bool {
    facts
        .iter()
        .any(|f| f.kind == kind && f.holds && f.statement == statement)
}

/// Whether a guess is the law itself, at points beyond the table.
fn guessed(knowledge: &Knowledge, oracle: &Oracle, tolerance: f64) -> bool {
    let mut rng = stream(18, 0);
    let points: Vec<Vec<f64>> = (0..50)
        .map(|_| {
            (0..oracle.inputs)
                .map(|_| rng.random_range(0.8..3.5))
                .collect()
        })
        .collect();
    knowledge.guesses.iter().any(|guess| {
        points.iter().all(|point| {
            let (found, right) = (guess.at(point), oracle.law.at(point));
            (found - right).abs() <= tolerance * right.abs().max(1.0)
        })
    })
}

#[test]
fn symmetries_are_seen_in_the_gradient_and_others_are_not() {
    for error in [0.0, 2e-3] {
        let (oracle, problem) = asked(
            "exp(-(a - b)^2)*sin(c*d) + 0.3*log(e^2 + f^2)*a",
            &["a", "b", "c", "d", "e", "f", "g"],
            error,
        );
        let facts = known(&oracle, &problem, 0).facts;
        assert!(
            says(&facts, Kind::Scaling, "c and d occur as c*d only"),
            "{facts:?}"
        );
        assert!(
            says(
                &facts,
                Kind::Rotation,
                "e and f occur as sqrt(e^2 + f^2) only"
            ) || says(
                &facts,
                Kind::Rotation,
                "e and f occur as sqrt(f^2 + e^2) only"
            ),
            "{facts:?}"
        );
        assert!(
            says(&facts, Kind::Irrelevant, "g does not matter"),
            "{facts:?}"
        );
        // `a` stands outside of the difference, too.
        assert!(
            !facts.iter().any(|f| f.kind == Kind::Translation && f.holds),
            "{facts:?}"
        );
    }
}

#[test]
fn the_error_of_a_violation_covers_what_more_rows_say() {
    let (oracle, problem) = asked("sin(a - 1.02*b) + c*d", &["a", "b", "c", "d"], 0.01);
    let facts = known(&oracle, &problem, 0).facts;
    let scaling = facts.iter().find(|f| f.kind == Kind::Scaling).unwrap();
    assert!(scaling.violation > 0.0 && scaling.error > 0.0);
    assert!(scaling.error < scaling.violation);
}

#[test]
fn a_sum_of_products_is_found_part_by_part() {
    let (oracle, problem) = asked(
        "3*exp(-0.5*(a - b)^2)*c + d*sin(e*f)/g",
        &["a", "b", "c", "d", "e", "f", "g"],
        0.0,
    );
    let knowledge = known(&oracle, &problem, 20);
    assert!(
        knowledge.facts.iter().any(|f| f.kind == Kind::Sum),
        "{:?}",
        knowledge.facts
    );
    assert!(
        guessed(&knowledge, &oracle, 1e-6),
        "{:?}",
        knowledge.guesses
    );
    // The same questions, the same answers.
    assert_eq!(knowledge, known(&oracle, &problem, 20));
}

#[test]
fn a_model_with_smooth_errors_is_still_taken_apart() {
    let (oracle, problem) = asked(
        "2*(a - b)^2*c + sqrt(d*e)",
        &["a", "b", "c", "d", "e"],
        3e-3,
    );
    let knowledge = known(&oracle, &problem, 20);
    assert!(
        guessed(&knowledge, &oracle, 0.05),
        "{:?}",
        knowledge.guesses
    );
}

#[test]
fn answers_that_are_no_numbers_are_refused() {
    let (oracle, problem) = asked("sqrt(a) + b", &["a", "b"], 0.0);
    let broken = Oracle {
        law: Expression::parse("sqrt(a - 2) + b", problem.names()).unwrap(),
        ..oracle
    };
    let error = ask(&broken, &problem, &small(), work(0), &Job::silent()).unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

#[test]
fn an_interruption_keeps_what_was_said_and_says_so() {
    let (oracle, problem) = asked("exp(a*b) + sin(c*d)", &["a", "b", "c", "d"], 0.0);
    let job = Job::silent();
    job.interrupt();
    let known = ask(&oracle, &problem, &small(), work(20), &job).unwrap();
    assert!(known.interrupted && known.guesses.is_empty());
}
