//! From the front of a search to laws to report.
//!
//! Every law is fitted to all rows, loses constants it does not need, has
//! the rest snapped (`snap`) to simple numbers where the data allow, and is written in the
//! way that is described (`describe`) in the fewest bits. Each is then
//! tried on rows it was not fitted to (where rows are few, on rows that the
//! search (`folds`) for it did not see), and one is chosen (`choose`).

mod blocks;
mod choose;
mod describe;
mod digits;
mod equals;
mod folds;
mod forms;
mod interim;
mod magnitude;
mod neighbours;
mod snap;
mod trial;
mod views;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::evaluate::{Program, Scratch};
use crate::expression::Expression;
use crate::fit::Ties;
use crate::loss::Loss;
use crate::search::{
    Bench, Front, Judge, Law, Problem, Settings, Template, counts_constants, numbers, remark,
};

use blocks::Blocks;
use choose::{Candidate, Evidence, choose};
use describe::{Describer, rounding};
pub use digits::latex;
pub use folds::{Folds, SHARE};
pub use interim::interim;
pub use neighbours::{INDEPENDENT, Neighbours};
use snap::Snapping;
pub use trial::{FEW_ROWS, constant_errors};
use trial::{Fitted, Trials, errors, inverse, mean};
pub use views::{begin, begin_showing};

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
    /// The mean of what errors cost on rows held out: of thirty rows and more five parts
    /// in turn, constants fitted to the others; of fewer that of the best law of no more
    /// nodes that a search without these rows found; none where a law is not defined there
    /// or has as many constants as rows.
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
    findings_with(front, problem, settings, None)
}

/// The same where [searches](Folds) without some of the rows say what a search predicts.
pub fn findings_with(
    front: &Front,
    problem: &Problem,
    settings: &Settings,
    folds: Option<&Folds>,
) -> Vec<(Law, Finding)> {
    let judged = |front: &Front, problem: &Problem| {
        // Targets that are impossible under the loss end a search before it gets here.
        match problem.clone().under(&settings.loss) {
            Ok(problem) => found(front, &problem, settings, folds),
            Err(_) => found(front, problem, settings, folds),
        }
    };
    let scaled = magnitude::in_other_units(front, problem, settings, judged);
    scaled.unwrap_or_else(|| judged(front, problem))
}

/// Where a law of few constants misses rows by less than this part of their variance, the
/// errors given are too large to be meant; errors that rows have in common may well leave
/// a hundredth.
const TOO_GOOD: f64 = 1e-3;

/// Whether errors that a table gives are larger than what laws with a constant in four
/// rows leave over by far: they then say how rows weigh, and no more.
fn exaggerated(front: &Front, problem: &Problem, spread: f64) -> bool {
    let few = |law: &&Law| 4 * snap::fitted(law.expression.constants()) <= problem.rows();
    let least = front.laws().filter(few).map(|law| law.loss);
    let least = least.fold(f64::INFINITY, f64::min) * spread;
    (problem.known_errors()).is_some_and(|precision| least * precision < TOO_GOOD)
}

fn found(
    front: &Front,
    problem: &Problem,
    settings: &Settings,
    folds: Option<&Folds>,
) -> Vec<(Law, Finding)> {
    let (_, spread) = problem.middle();
    let weighed;
    let problem = if exaggerated(front, problem, spread) {
        weighed = problem.clone().of_errors(false);
        &weighed
    } else {
        problem
    };
    let judge = Judge::new(problem, settings);
    let describer = Describer::new(problem, settings, spread);
    let snapping = Snapping {
        judge: &judge,
        problem,
        describer: &describer,
        spread,
    };
    let laws = prepared(front, &snapping, settings);
    let mut found = report(laws, &snapping, settings.seed, folds);
    for (law, finding) in &mut found {
        let said = remark(&law.expression, settings);
        if let (Some(reason), Some(said)) = (&mut finding.reason, said) {
            reason.push_str("; ");
            reason.push_str(&said);
        }
    }
    found
}

/// The laws of a front at their best on all rows, in their simplest form; the smallest
/// first.
fn prepared(front: &Front, snapping: &Snapping<'_>, settings: &Settings) -> Vec<Reported> {
    let (judge, problem) = (snapping.judge, snapping.problem);
    let mut bench = Bench::new();
    let counts = counts_constants(problem, settings);
    let mut last = Front::counting(counts);
    let (middle, _) = problem.middle();
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
    for law in front.forms().chain(front.lean()) {
        let mut law = Law {
            loss: judge.loss(&law.expression, &mut bench),
            ..law.clone()
        };
        law = judge.polish(&law, &mut bench);
        if let Some(tied) = counts.then(|| snapping.tied(&law, &mut bench)).flatten() {
            last.insert(tied);
        }
        let snapped = snapping.snap(&law, &mut bench);
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
    let mut laws = written(&last, judge);
    let key = |one: &Reported| (one.law.complexity(), numbers(&one.law.expression));
    laws.sort_by_key(key);
    // Beyond the smallest exact law others only follow what rounding leaves.
    let agrees = |one: &Reported| judge.violations(&one.form.expression).unwrap_or(0) == 0;
    let ends = |one: &Reported| exact(&one.law, problem) && agrees(one);
    if let Some(place) = laws.iter().position(ends) {
        laws.truncate(place + 1);
    }
    if judge.template().is_none() {
        for one in &mut laws {
            one.law = snapping.shortest(&one.law, &mut bench);
            one.form = one.law.clone();
        }
        // The same law may have been told in several ways.
        laws.sort_by_key(key);
        let mut told: Vec<u64> = Vec::new();
        laws.retain(|one| {
            let form = one.law.expression.form();
            let new = !told.contains(&form);
            told.push(form);
            new
        });
        if counts {
            described(&mut laws, snapping);
        }
    }
    laws
}

/// Leaves out laws that others which are no larger are better than, unless they describe the
/// data shorter than all of these.
fn described(laws: &mut Vec<Reported>, snapping: &Snapping<'_>) {
    let mut scratch = Scratch::new();
    let mut of = |one: &Reported| {
        (
            one.law.complexity(),
            one.law.loss,
            snapping.length(&one.law, &mut scratch),
        )
    };
    let all: Vec<(usize, f64, f64)> = laws.iter().map(&mut of).collect();
    let stays = |place: usize| {
        let (size, loss, length) = all[place];
        let others = all.iter().enumerate();
        let mut others = others.filter(|(other, law)| *other != place && law.0 <= size);
        let beaten = others.clone().any(|(_, law)| law.0 <= size && law.1 < loss);
        !beaten || others.all(|(_, law)| length < law.2)
    };
    let kept: Vec<bool> = (0..all.len()).map(stays).collect();
    let mut kept = kept.into_iter();
    laws.retain(|_| kept.next().unwrap_or(true));
}

/// The laws of a search in their simplest form on the rows that it saw.
pub(crate) fn laws(front: &Front, problem: &Problem, settings: &Settings) -> Vec<Law> {
    let judge = Judge::new(problem, settings);
    let (_, spread) = problem.middle();
    let describer = Describer::new(problem, settings, spread);
    let snapping = Snapping {
        judge: &judge,
        problem,
        describer: &describer,
        spread,
    };
    let laws = prepared(front, &snapping, settings);
    laws.into_iter().map(|one| one.law).collect()
}

/// Whether no more of a law is left than rounding leaves; with as many fitted constants as
/// rows that is so of every law.
fn exact(law: &Law, problem: &Problem) -> bool {
    law.loss <= rounding(problem) * 10.0_f64.powi(problem.order())
        && snap::fitted(law.expression.constants()) + 1 < problem.rows()
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
    let lean = front.lean().iter();
    let lean = lean.filter(|form| judge.written(&form.expression).is_none());
    let pairs = whole.laws().zip(whole.forms());
    pairs
        .chain(lean.clone().zip(lean))
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
    laws: Vec<Reported>,
    snapping: &Snapping<'_>,
    seed: u64,
    folds: Option<&Folds>,
) -> Vec<(Law, Finding)> {
    let Snapping {
        judge,
        problem,
        describer,
        spread,
    } = *snapping;
    let exact = |law: &Law| exact(law, problem);
    let neighbours = Neighbours::new(problem, seed);
    let trials = Trials::new(problem, seed);
    let mut scratch = Scratch::new();
    let residuals: Vec<Vec<(f64, f64)>> = laws
        .iter()
        .map(|one| residuals(&one.law, neighbours.rows(), &mut scratch))
        .collect();
    let few = problem.rows() < FEW_ROWS;
    let candidates: Vec<Candidate> = laws
        .iter()
        .zip(&residuals)
        .map(|(one, residuals)| {
            let size = (one.form.complexity(), numbers(&one.form.expression));
            let fits = || trials.held_out(one.fitted(), &mut Scratch::new());
            let searches = folds.filter(|_| few && !exact(&one.law));
            Candidate {
                length: describer.length(one.fitted(), &one.form.expression, &mut scratch),
                nodes: one.law.complexity(),
                exact: exact(&one.law),
                left: one.law.loss,
                alike: neighbours.alike(&costs(residuals, problem.loss())),
                held_out: searches.map_or_else(fits, |folds| folds.costs(size)),
                outside: trials.outside(one.fitted(), &mut scratch),
            }
        })
        .collect();
    let evidence = if few {
        let floor = laws.iter().map(|one| describer.floor(&one.law.expression));
        Evidence::Few {
            nothing: floor.fold(f64::INFINITY, f64::min) * spread,
            searched: folds.is_some(),
        }
    } else {
        Evidence::Many(
            Blocks::new(trials.rows()),
            Blocks::new(trials.rows_outside()),
        )
    };
    let mut choice = choose(&candidates, &evidence);
    choice.reason.push_str(views::told(problem));
    let mut before: Option<(usize, f64)> = None;
    laws.into_iter()
        .enumerate()
        .map(|(i, one)| {
            let fitted = one.fitted();
            let known = inverse(fitted, problem, candidates[i].alike, &mut scratch);
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
                ((higher - log) / (size - smaller).max(1) as f64).max(0.0)
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
                held_out: candidates[i].held_out.as_deref().map(mean),
                out_of_range: candidates[i].outside.as_deref().map(mean),
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
