//! From questions to laws of parts, and from these to guesses of the whole.

use std::collections::BTreeSet;

use pellucid_core::job::Bar;
use pellucid_core::model::ModelError;
use pellucid_core::{Interrupted, Job};
use serde::{Deserialize, Serialize};

use super::fact::Fact;
use super::quantity::Quantity;
use super::separation::{Joint, Separation, separate};
use super::symmetry::{Answers, reduce};
use crate::differentiable::Differentiable;
use crate::error::SymbolicError;
use crate::expression::Expression;
use crate::operator::Operator;
use crate::search::{
    self, Bench, Engine, Front, Judge, Law, Leaf, Limits, Problem, WORK_PER_SECOND, shrink,
    substitute,
};
use crate::select::findings;

/// How a model is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The largest violation that counts as none: a network's slopes are never
    /// exact.
    pub tolerance: f64,
    /// Rows at which the model is asked for its gradient, and of the searches for
    /// parts.
    pub rows: usize,
    /// The part of the budget for the searches of parts and over combinations.
    pub share: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tolerance: 0.05,
            rows: 1000,
            share: 0.6,
        }
    }
}

impl Settings {
    /// Refuses what cannot be asked with.
    pub fn check(&self) -> Result<(), SymbolicError> {
        if !(self.tolerance > 0.0 && self.tolerance < 0.5) {
            let expected = "above 0, below 0.5";
            return Err(SymbolicError::setting(
                "distillation.tolerance",
                &self.tolerance,
                expected,
            ));
        }
        if !(20..=1_000_000).contains(&self.rows) {
            let expected = "20 to 1000000";
            return Err(SymbolicError::setting(
                "distillation.rows",
                &self.rows,
                expected,
            ));
        }
        if !(0.0..=0.95).contains(&self.share) {
            return Err(SymbolicError::setting(
                "distillation.share",
                &self.share,
                "0 to 0.95",
            ));
        }
        Ok(())
    }
}

/// What questions and the searches for parts brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Knowledge {
    /// Statements about the model; those about parts say so.
    pub facts: Vec<Fact>,
    /// Combinations that the model knows inputs in, over the inputs.
    pub leaves: Vec<Leaf>,
    /// Laws of the whole, over the inputs.
    pub guesses: Vec<Expression>,
    /// Work done, in the units of [`WORK_PER_SECOND`].
    pub work: u64,
    /// Whether the clock ended a search before its work was done, so that another run may
    /// know something else.
    pub by_the_clock: bool,
    /// Whether the job was interrupted, so that there is more to know.
    pub interrupted: bool,
}

/// Parts of parts of parts are as far as it goes.
const DEPTH: usize = 3;
/// Laws that are put together may be longer by this before they are simplified.
const LONGER: usize = 2;
/// A law with less than this multiple of the least loss is hardly worse.
const HARDLY: f64 = 3.0;
/// The budget of the whole search if it has none but rounds, in seconds.
const SECONDS: f64 = 30.0;
/// Combinations of laws of parts.
const COMBINATIONS: usize = 32;

/// Asks a model about the features of a problem, whose target is the model's
/// value, and searches for the laws of its parts. `limits` are those of the whole search:
/// seconds are kept by the clock as well, work by itself. An error is the model's; an
/// interruption keeps what is known.
pub fn ask(
    model: &dyn Differentiable,
    problem: &Problem,
    search: &search::Settings,
    limits: Limits,
    job: &Job,
) -> Result<Knowledge, ModelError> {
    search.check()?;
    let settings = &search.distillation;
    let sample = problem.sample(settings.rows, search.seed.wrapping_add(20));
    let clocked = limits.seconds.is_some() && limits.work.is_none();
    let budget = limits.work.map_or_else(
        || limits.seconds.unwrap_or(SECONDS) * WORK_PER_SECOND as f64,
        |work| work as f64,
    );
    let share = (budget * settings.share) as u64;
    let mut explorer = Explorer {
        model,
        bar: job.start("searching for parts", share),
        settings,
        search: search::Settings {
            // Parts carry units of their own, which nobody knows, and may have either
            // sign.
            units: None,
            loss: crate::loss::Kind::L2,
            vectors: search::Vectors::default(),
            guesses: Vec::new(),
            template: None,
            // What is said of columns is said of the whole law.
            constraints: search.constraints.of_form(),
            ..search.clone()
        },
        job,
        clocked,
        names: sample.names().to_vec(),
        known: Knowledge::default(),
    };
    let free: Vec<usize> = (0..sample.columns().len()).collect();
    let whole = Part {
        columns: sample.columns().to_vec(),
        free,
        offset: 0.0,
        depth: 0,
    };
    let guesses = match explorer.explore(&whole, share) {
        Err(error) if error.is::<Interrupted>() => {
            explorer.known.interrupted = true;
            Vec::new()
        }
        guesses => guesses?,
    };
    Ok(Knowledge {
        guesses,
        ..explorer.known
    })
}

/// The points at which a function of some of the inputs is looked at.
struct Part {
    /// All inputs, those that are not free the same in all rows.
    columns: Vec<Vec<f64>>,
    free: Vec<usize>,
    /// What the function is less than the model.
    offset: f64,
    depth: usize,
}

struct Explorer<'a> {
    model: &'a dyn Differentiable,
    settings: &'a Settings,
    search: search::Settings,
    job: &'a Job,
    /// Whether the clock ends searches, too.
    clocked: bool,
    bar: Box<dyn Bar>,
    names: Vec<String>,
    known: Knowledge,
}

impl Explorer<'_> {
    /// Laws of a part over the inputs, with what is learned on the way.
    fn explore(&mut self, part: &Part, budget: u64) -> Result<Vec<Expression>, ModelError> {
        self.job.check()?;
        let mut values = self.model.values(&part.columns)?;
        for value in &mut values {
            *value -= part.offset;
        }
        let gradient = self.model.gradients(&part.columns)?;
        finite(&values, &gradient)?;
        let spread: Vec<f64> = part.columns.iter().map(|c| deviation(c)).collect();
        let answers = Answers {
            columns: &part.columns,
            gradient: &gradient,
            spread: &spread,
            names: &self.names,
            tolerance: self.settings.tolerance,
        };
        let (quantities, facts) = reduce(&answers);
        let separation = separate(self.model, &quantities, &answers, &values, part.offset)?;
        let facts = facts.into_iter().chain(separation.fact.clone());
        self.tell(part, facts);
        self.keep(&quantities);
        let names = self.names.iter().cloned();
        let features = names.zip(part.columns.iter().cloned()).collect();
        let target = ("model".to_owned(), values.clone());
        let Ok(problem) = Problem::new(features, target, None) else {
            // The same everywhere.
            return Ok(vec![Expression::constant(values[0])]);
        };
        // Laws that are put together are long before they are simplified.
        let judge = Judge::new(
            &problem,
            &search::Settings {
                max_complexity: LONGER * self.search.max_complexity,
                ..self.search.clone()
            },
        );
        let mut laws: Vec<Law> = Vec::new();
        let mut left = budget;
        if separation.parts.len() > 1 && part.depth < DEPTH {
            let each = budget / 2 / separation.parts.len() as u64;
            let before = self.known.work;
            let together = self.parts(part, &quantities, &separation, &values, each)?;
            laws = self.ranked(&judge, &together);
            left = left.saturating_sub(self.known.work - before);
        }
        if !laws.iter().any(|law| self.exact(law)) {
            let found: Vec<Expression> = laws.iter().map(|law| law.expression.clone()).collect();
            let over = self.over(&quantities, part, values, &found, left)?;
            laws = self.ranked(&judge, &[found, over].concat());
        }
        Ok(laws.into_iter().map(|law| law.expression).collect())
    }

    fn exact(&self, law: &Law) -> bool {
        law.loss <= self.search.exact.powi(2)
    }

    /// The smallest of some laws, fitted and without what they do not need, that is
    /// hardly worse than the best: larger ones follow the errors of the model.
    fn ranked(&mut self, judge: &Judge, laws: &[Expression]) -> Vec<Law> {
        let mut bench = Bench::new();
        let judged = laws
            .iter()
            .flat_map(|law| judge.judge(law, &|_, _| true, &mut bench));
        let kept = self.smallest(judged.collect());
        let mut front = Front::default();
        shrink(judge, kept, &mut front, &mut bench);
        self.known.work += bench.work;
        self.smallest(front.laws().cloned().collect())
    }

    /// The smallest law that is hardly worse than the best, if there is any.
    fn smallest(&self, laws: Vec<Law>) -> Vec<Law> {
        let best = laws
            .iter()
            .map(|law| law.loss)
            .fold(f64::INFINITY, f64::min);
        let bound = (HARDLY * best).max(self.search.exact.powi(2));
        let near = laws.into_iter().filter(|law| law.loss <= bound);
        let smallest = near.min_by(|a, b| {
            let size = a.complexity().cmp(&b.complexity());
            size.then_with(|| a.compare(b))
        });
        smallest.into_iter().collect()
    }

    /// Remembers what is true; of a part it is told which one.
    fn tell(&mut self, part: &Part, facts: impl Iterator<Item = Fact>) {
        for mut fact in facts {
            if part.depth > 0 {
                fact.within = part.free.iter().map(|&i| self.names[i].clone()).collect();
            }
            self.known.facts.push(fact);
        }
    }

    /// Remembers combinations.
    fn keep(&mut self, quantities: &[Quantity]) {
        for quantity in quantities.iter().filter(|q| q.inputs.len() > 1) {
            let leaf = Leaf::new(quantity.expression.clone(), &self.names);
            if !self.known.leaves.contains(&leaf) {
                self.known.leaves.push(leaf);
            }
        }
    }

    /// The laws of all parts, put together.
    fn parts(
        &mut self,
        whole: &Part,
        quantities: &[Quantity],
        separation: &Separation,
        values: &[f64],
        each: u64,
    ) -> Result<Vec<Expression>, ModelError> {
        let (operator, offset) = match separation.joint {
            Joint::Sum => (Operator::Add, 0.0),
            Joint::Product { offset } => (Operator::Mul, offset),
        };
        let values: Vec<f64> = values.iter().map(|value| value - offset).collect();
        let reference = middle(&whole.columns, &values, operator);
        let mut together: Vec<Expression> = Vec::new();
        for (k, places) in separation.parts.iter().enumerate() {
            let inputs: BTreeSet<usize> = places
                .iter()
                .flat_map(|&q| quantities[q].inputs.iter().copied())
                .collect();
            let held = |(i, column): (usize, &Vec<f64>)| {
                if inputs.contains(&i) {
                    column.clone()
                } else {
                    vec![column[reference]; column.len()]
                }
            };
            let part = Part {
                columns: whole.columns.iter().enumerate().map(held).collect(),
                free: inputs.iter().copied().collect(),
                offset: whole.offset + offset,
                depth: whole.depth + 1,
            };
            let laws = self.explore(&part, each)?;
            // The value where everything is held is in every part.
            let value = Expression::constant(values[reference]);
            let without = |law: &Expression| match operator {
                Operator::Add => Expression::apply(Operator::Sub, &[law, &value]),
                _ => Expression::apply(Operator::Div, &[law, &value]),
            };
            together = if k == 0 {
                laws
            } else {
                let pairs = together.iter().flat_map(|whole| {
                    laws.iter()
                        .map(|law| Expression::apply(operator, &[whole, &without(law)]))
                });
                pairs.take(COMBINATIONS).collect()
            };
        }
        if offset != 0.0 {
            let offset = Expression::constant(offset);
            let whole = |law: &Expression| Expression::apply(Operator::Add, &[law, &offset]);
            together = together.iter().map(whole).collect();
        }
        Ok(together)
    }

    /// The search with combinations in the place of inputs: the law that is
    /// selected, and the smallest that is hardly worse than the best.
    fn over(
        &mut self,
        quantities: &[Quantity],
        part: &Part,
        values: Vec<f64>,
        guesses: &[Expression],
        budget: u64,
    ) -> Result<Vec<Expression>, ModelError> {
        let reduced = quantities.iter().any(|q| q.inputs.len() > 1);
        let fewer = quantities.len() < part.columns.len();
        if !(reduced || fewer) {
            // The same search as the one for the whole.
            return Ok(Vec::new());
        }
        let columns: Vec<Vec<f64>> = quantities.iter().map(|q| q.values(&part.columns)).collect();
        let names = quantities
            .iter()
            .map(|q| format!("({})", q.expression.infix(&self.names)));
        let features = names.zip(columns).collect();
        let Ok(problem) = Problem::new(features, ("model".to_owned(), values), None) else {
            // A part that does not change.
            return Ok(Vec::new());
        };
        let mut engine = Engine::new(&problem, &self.search)?;
        let begun = engine.work();
        let own: Vec<Expression> = guesses
            .iter()
            .filter_map(|law| over_quantities(law, quantities))
            .collect();
        engine.guess(&own);
        let seconds = budget as f64 / WORK_PER_SECOND as f64;
        let limits = Limits {
            seconds: self.clocked.then_some(seconds),
            work: Some(budget),
            ..Limits::default()
        };
        let mut shown = begun;
        engine.run(limits, self.job, |engine| {
            self.bar.advance(engine.work() - shown);
            shown = engine.work();
        });
        self.known.work += engine.work() - begun;
        self.job.check()?;
        self.known.by_the_clock |= !engine.done() && engine.work() < budget;
        let found = findings(&engine.front(), &problem, &self.search);
        let parts: Vec<Expression> = quantities.iter().map(|q| q.expression.clone()).collect();
        let selected = found.iter().find(|(_, finding)| finding.selected);
        let selected = selected.map(|(law, _)| law.clone());
        let small = self.smallest(found.iter().map(|(law, _)| law.clone()).collect());
        let mut laws: Vec<Expression> = Vec::new();
        for law in selected.into_iter().chain(small) {
            let law = substitute(&law.expression, &parts);
            if !laws.contains(&law) {
                laws.push(law);
            }
        }
        Ok(laws)
    }
}

/// A law over inputs as one over quantities, if all of its inputs are quantities
/// by themselves.
fn over_quantities(law: &Expression, quantities: &[Quantity]) -> Option<Expression> {
    let own = |input: u16| {
        let alone = Quantity::input(usize::from(input));
        quantities.iter().position(|q| *q == alone)
    };
    let variables = law.variables();
    let mut parts = vec![Expression::constant(0.0); 1 + usize::from(*variables.last()?)];
    for input in variables {
        parts[usize::from(input)] = Expression::variable(own(input)? as u16);
    }
    Some(substitute(law, &parts))
}

/// The row that is nearest to the middle of all inputs, of those where the value
/// is of usual size if it divides.
fn middle(columns: &[Vec<f64>], values: &[f64], operator: Operator) -> usize {
    let middles: Vec<[f64; 2]> = columns.iter().map(|c| [median(c), deviation(c)]).collect();
    let sizes: Vec<f64> = values.iter().map(|v| v.abs()).collect();
    let usual = median(&sizes);
    let distance = |row: usize| {
        let far: f64 = columns
            .iter()
            .zip(&middles)
            .filter(|(_, [_, spread])| *spread > 0.0)
            .map(|(c, [middle, spread])| ((c[row] - middle) / spread).powi(2))
            .sum();
        let unusual = if operator == Operator::Mul && sizes[row] < usual {
            usual / sizes[row].max(f64::MIN_POSITIVE)
        } else {
            1.0
        };
        far + unusual
    };
    let rows = 0..values.len();
    rows.min_by(|&a, &b| distance(a).total_cmp(&distance(b)).then(a.cmp(&b)))
        .unwrap_or(0)
}

fn median(column: &[f64]) -> f64 {
    let mut sorted = column.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// The standard deviation; exactly 0 for a column that is held.
fn deviation(column: &[f64]) -> f64 {
    if column.iter().all(|x| *x == column[0]) {
        return 0.0;
    }
    crate::relation::terms::deviation(column)
}

/// Refuses answers that are no numbers.
fn finite(values: &[f64], gradient: &[Vec<f64>]) -> Result<(), ModelError> {
    let all = gradient.iter().flatten().chain(values);
    if all.into_iter().all(|v| v.is_finite()) {
        return Ok(());
    }
    Err(
        "the model's value or gradient is not finite at a row of the table; \
         leave out rows or inputs where it is not"
            .into(),
    )
}
