//! From the front of a search to laws to report.
//!
//! Every law is fitted to all rows, loses constants it does not need, and has
//! the rest [snapped](snap) to simple numbers where the data allow. Each is then
//! tried on rows it was not fitted to, and one is [chosen](choose).

mod choose;
mod describe;
mod digits;
mod interim;
mod neighbours;
mod snap;
mod trial;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::evaluate::{Program, Scratch};
use crate::expression::Expression;
use crate::fit::Ties;
use crate::loss::Loss;
use crate::search::{Bench, Front, Judge, Law, Problem, Settings, Template};

pub use choose::{Candidate, Choice, choose};
use describe::rounding;
pub use describe::{Description, description};
pub use digits::latex;
pub use interim::interim;
pub use neighbours::{INDEPENDENT, Neighbours};
pub use snap::snap;
pub use trial::{Fitted, Trials, constant_errors};
use trial::{covariance, errors};

/// A constant of a law.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Constant {
    /// Its value.
    pub value: f64,
    /// Its standard error; none if the data do not determine it by itself.
    pub error: Option<f64>,
}

/// A law as it is reported.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Finding {
    /// The number of nodes.
    pub complexity: usize,
    /// The (weighted) mean of what errors cost, by default of their squares, in the
    /// target's unit squared.
    pub loss: f64,
    /// The law over the names of the columns, constants in full precision.
    pub expression: String,
    /// The law in LaTeX, each constant with as many digits as its values need, at least
    /// six.
    pub latex: String,
    /// How much the logarithm of the loss falls per node, from the law before.
    pub score: f64,
    /// Whether this is the law to take.
    pub selected: bool,
    /// Whether it is consistent in the units, if these are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistent: Option<bool>,
    /// Why, for the law that is selected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The standard deviation of what differs between rows at the same place,
    /// estimated from the selected law's residuals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// The length of the data's description by this law, in natural units.
    pub description_length: f64,
    /// The mean of what errors cost on rows held out (five parts in turn, constants
    /// fitted to the others); none where the law is not defined there.
    pub held_out: Option<f64>,
    /// The same on the outermost fifth of the rows, fitted to those inside.
    pub out_of_range: Option<f64>,
    /// How many rows know as much as one, 1 if errors are independent.
    pub rows_alike: f64,
    /// The constants in the order of the expression.
    pub constants: Vec<Constant>,
    /// The covariance of the constants, row after row, for the law that is selected; those
    /// that a template ties together are alike, numbers that it fixes have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariance: Option<Vec<Vec<f64>>>,
    /// What a template left open, as it is in this law: functions (`f(x)`: `2.0*exp(x)`)
    /// and constants (`c[kind = 2]`: `0.7`).
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub opened: Map<String, Value>,
    /// The law for SymPy.
    pub sympy: String,
    /// The law as a Python function over NumPy arrays.
    pub numpy: String,
    /// The law as a Rust function.
    pub rust: String,
}

/// The laws of a front, the smallest first; never empty: the mean is among them if it
/// is as the constraints want laws to be, or if no law is.
pub fn findings(front: &Front, problem: &Problem, settings: &Settings) -> Vec<(Law, Finding)> {
    // Targets that are impossible under the loss end a search before it gets here.
    match problem.clone().under(&settings.loss) {
        Ok(problem) => found(front, &problem, settings),
        Err(_) => found(front, problem, settings),
    }
}

fn found(front: &Front, problem: &Problem, settings: &Settings) -> Vec<(Law, Finding)> {
    let judge = Judge::new(problem, settings);
    let mut bench = Bench::new();
    let mut last = Front::default();
    let (middle, spread) = problem.middle();
    let expression = Expression::constant(middle);
    let mean = Law {
        loss: judge.penalty(&expression),
        expression,
    };
    // Where a template leaves one constant open, the mean would seem to be its value.
    let of_template = judge.written(&mean.expression).is_some();
    if !of_template && (judge.template().is_some() || judge.behaves(&mean.expression)) {
        last.insert(mean.clone());
    }
    for law in front.forms() {
        let mut law = Law {
            loss: judge.loss(&law.expression, &mut bench),
            ..law.clone()
        };
        law = judge.polish(&law, &mut bench);
        let snapped = snap(&law, &judge, problem, &mut bench);
        let behaves = judge.behaves(&snapped.expression);
        // Of the same size the simple numbers stand for those that were fitted.
        if !(behaves && snapped.expression.complexity() == law.expression.complexity())
            && judge.behaves(&law.expression)
        {
            last.insert(law);
        }
        if behaves {
            last.insert(snapped);
        }
    }
    if last.best().is_none() {
        last.insert(mean);
    }
    report(&last, &judge, (problem, spread), settings.seed)
}

/// A law to report.
struct Reported {
    law: Law,
    /// What it was searched as: the same without a template.
    form: Law,
    /// Which of its constants are which of the form's, if these are not the same.
    ties: Option<Ties>,
}

impl Reported {
    fn fitted(&self) -> Fitted<'_> {
        Fitted {
            law: &self.law,
            ties: self.ties.as_ref(),
            parameters: self.form.expression.constants(),
        }
    }
}

/// The laws of a front as they are written over the columns.
fn written(front: &Front, judge: &Judge) -> Vec<Reported> {
    let mut whole = Front::default();
    for form in front.laws() {
        match judge.written(&form.expression) {
            None => drop(whole.insert(form.clone())),
            Some(written) => {
                let law = Law {
                    expression: written.expression,
                    loss: form.loss,
                };
                whole.insert_as(law, form.clone());
            }
        }
    }
    let pairs = whole.laws().zip(whole.forms());
    pairs
        .map(|(law, form)| Reported {
            law: law.clone(),
            form: form.clone(),
            ties: judge.written(&form.expression).map(|written| written.ties),
        })
        .collect()
}

/// What a template left open, as it is in a law.
fn opened(template: &Template, form: &Expression, problem: &Problem) -> Map<String, Value> {
    let mut out = Map::new();
    let Some((functions, constants)) = template.parts(form) else {
        return out;
    };
    for (i, function) in functions.iter().enumerate() {
        let arguments = template.arguments(i, problem.names());
        let places = 0..arguments.len() as u16;
        let written = places.map(|place| Expression::variable(place).infix(&arguments));
        let written: Vec<String> = written.collect();
        let name = format!("{}({})", template.name(i), written.join(", "));
        out.insert(name, function.infix(&arguments).into());
    }
    for (name, column, values) in template.by_category(&constants) {
        for (category, value) in values {
            let which = column.map_or_else(String::new, |column| {
                format!("{} = {category}", problem.names()[usize::from(column)])
            });
            out.insert(format!("{name}[{which}]"), value.into());
        }
    }
    out
}

fn report(
    front: &Front,
    judge: &Judge,
    (problem, spread): (&Problem, f64),
    seed: u64,
) -> Vec<(Law, Finding)> {
    let mut laws = written(front, judge);
    let exact = |law: &Law| law.loss <= rounding(problem) * 10.0_f64.powi(problem.order());
    // Beyond the smallest exact law others only follow what rounding leaves.
    let agrees = |one: &Reported| judge.violations(&one.form.expression).unwrap_or(0) == 0;
    if let Some(place) = laws.iter().position(|one| exact(&one.law) && agrees(one)) {
        laws.truncate(place + 1);
    }
    let neighbours = Neighbours::new(problem, seed);
    let trials = Trials::new(problem, seed);
    let mut scratch = Scratch::new();
    let residuals: Vec<Vec<(f64, f64)>> = laws
        .iter()
        .map(|one| residuals(&one.law, neighbours.rows(), &mut scratch))
        .collect();
    let candidates: Vec<Candidate> = laws
        .iter()
        .zip(&residuals)
        .map(|(one, residuals)| Candidate {
            length: description(&one.form, problem, spread),
            exact: exact(&one.law),
            nodes: one.law.complexity(),
            loss: one.law.loss,
            alike: neighbours.alike(&costs(residuals, problem.loss())),
            trials: [
                trials.held_out(one.fitted(), &mut scratch),
                trials.outside(one.fitted(), &mut scratch),
            ],
        })
        .collect();
    let choice = choose(&candidates);
    let mut before: Option<(usize, f64)> = None;
    laws.into_iter()
        .enumerate()
        .map(|(i, one)| {
            let fitted = one.fitted();
            let known = covariance(fitted, problem, candidates[i].alike, &mut scratch);
            let constants = constants(fitted, known.as_deref());
            let covariance = known.filter(|_| i == choice.place && !constants.is_empty());
            let covariance = covariance.map(|known| of_constants(fitted, &known));
            let opened = judge.template().map_or_else(Map::new, |template| {
                opened(template, &one.form.expression, problem)
            });
            let penalty = judge.penalty(&one.form.expression);
            let consistent = judge
                .violations(&one.form.expression)
                .map(|count| count == 0);
            let law = one.law;
            let size = law.complexity();
            // Rounding is no gain.
            let log = law.loss.max(rounding(problem)).ln();
            let score = before.map_or(0.0, |(smaller, higher)| {
                ((higher - log) / (size - smaller) as f64).max(0.0)
            });
            before = Some((size, log));
            let selected = i == choice.place;
            let alike = candidates[i].alike;
            let finding = Finding {
                complexity: size,
                loss: law.loss / penalty * spread,
                expression: law.expression.infix(problem.names()),
                latex: latex(&law.expression, problem),
                score,
                selected,
                consistent,
                reason: selected.then(|| choice.reason.clone()),
                noise: selected.then(|| neighbours.noise(&differences(&residuals[i])).sqrt()),
                description_length: candidates[i].length.total(),
                held_out: candidates[i].trials[0],
                out_of_range: candidates[i].trials[1],
                rows_alike: alike,
                constants,
                covariance,
                opened,
                sympy: law.expression.sympy(problem.names()),
                numpy: law.expression.numpy(problem.names()),
                rust: law.expression.rust(problem.names()),
            };
            (law, finding)
        })
        .collect()
}

/// Prediction and target of every row.
fn residuals(law: &Law, rows: &Problem, scratch: &mut Scratch<f64>) -> Vec<(f64, f64)> {
    let program = Program::new(&law.expression);
    let values = program.values(law.expression.constants(), &rows.blocks(), scratch);
    values
        .into_iter()
        .zip(rows.target().iter().copied())
        .collect()
}

/// Prediction minus target.
fn differences(rows: &[(f64, f64)]) -> Vec<f64> {
    rows.iter().map(|(f, y)| f - y).collect()
}

/// The roots of what errors cost, with the sign of the error: where their squares do,
/// the errors themselves.
fn costs(rows: &[(f64, f64)], loss: Option<&dyn Loss>) -> Vec<f64> {
    match loss {
        None => differences(rows),
        Some(loss) => {
            let root = |&(f, y): &(f64, f64)| loss.value(f, y).sqrt().copysign(f - y);
            rows.iter().map(root).collect()
        }
    }
}

fn constants(fitted: Fitted<'_>, covariance: Option<&[Vec<f64>]>) -> Vec<Constant> {
    let errors = covariance.map(errors);
    let values = fitted.law.expression.constants().iter().enumerate();
    values
        .map(|(i, &value)| Constant {
            value,
            error: errors
                .as_ref()
                .and_then(|errors| Some(errors[fitted.parameter(i)?])),
        })
        .collect()
}

/// The covariance of constants from that of the parameters that they are.
fn of_constants(fitted: Fitted<'_>, known: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let count = fitted.law.expression.constants().len();
    let pair = |i: usize, j: usize| {
        let places = fitted.parameter(i).zip(fitted.parameter(j));
        places.map_or(0.0, |(a, b)| known[a][b])
    };
    (0..count)
        .map(|i| (0..count).map(|j| pair(i, j)).collect())
        .collect()
}
