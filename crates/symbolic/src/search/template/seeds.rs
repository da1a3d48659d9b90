//! Where the search for open functions begins.
//!
//! A function of which there is an [estimate](Estimate) is searched for like any other
//! target, by [`structure`](crate::search::structure): of several functions each by
//! itself, and the best of each are tried together. Before that, all are proposed as
//! [sums](sums()) of terms.

use super::estimate::Estimate;
use super::sums::{pooled, sums};
use super::{FEWEST_ROWS, Template};
use crate::expression::Expression;
use crate::loss::Kind;
use crate::search::archive::Front;
use crate::search::judge::{Bench, Judge, Law};
use crate::search::library::{LIBRARY_ROWS, Library};
use crate::search::problem::Problem;
use crate::search::settings::Settings;
use crate::search::stop::Stop;
use crate::search::structure::{Of, Task, propose, tasks};
use crate::search::vectors::Vectors;

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Functions as sums of terms.
    Sums,
    /// Small formulas of constants of categories.
    Categories,
    /// The task of this number of every function.
    Tasks(usize),
}

/// Tables of single functions and what to do with them.
#[derive(Debug)]
pub struct Seeds {
    estimate: Estimate,
    /// Settings of the search for one function.
    settings: Settings,
    functions: Vec<Part>,
}

/// One open function.
#[derive(Debug)]
struct Part {
    /// Its arguments in the rows of a library, from its places in turn.
    pooled: Vec<Vec<f64>>,
    /// Its estimate as a target.
    problem: Option<Problem>,
    tasks: Vec<Task>,
    judge: Option<Judge>,
}

/// Small formulas, and functions of scaled ones besides, that are tried with constants
/// of categories.
const SMALL: usize = 300;
const SCALED: usize = 300;
/// Laws of single functions that are tried with those of others.
const TOGETHER: usize = 200;

/// The tasks for the table of one function whose proposals are formulas of a library.
fn of_formulas(problem: &Problem, settings: &Settings) -> Vec<Task> {
    let all: Vec<u16> = (0..problem.columns().len() as u16).collect();
    let mut tasks = tasks(problem, settings, &all);
    tasks.retain(|task| task.material == Of::Formulas);
    tasks
}

impl Seeds {
    /// Estimates the functions of a template on the rows of a search.
    pub fn new(template: &Template, sample: &Problem, settings: &Settings) -> Self {
        let estimate = Estimate::new(template, sample);
        let settings = Settings {
            template: None,
            units: None,
            loss: Kind::default(),
            constraints: settings.constraints.of_form(),
            vectors: Vectors::default(),
            guesses: Vec::new(),
            ..settings.clone()
        };
        let functions = (0..template.functions())
            .map(|function| {
                let problem = if template.alone() {
                    template.undone(sample).ok()
                } else {
                    estimated(template, function, &estimate, sample)
                };
                let holes: Vec<usize> = (0..template.holes.len())
                    .filter(|&h| template.holes[h].function == function)
                    .collect();
                let rows: Vec<usize> = (0..LIBRARY_ROWS).map(|i| i % sample.rows()).collect();
                Part {
                    pooled: pooled(&estimate, &holes, template.arity(function), &rows),
                    tasks: problem
                        .as_ref()
                        .map_or_else(Vec::new, |p| of_formulas(p, &settings)),
                    judge: problem.as_ref().map(|p| Judge::new(p, &settings)),
                    problem,
                }
            })
            .collect();
        Self {
            estimate,
            settings,
            functions,
        }
    }

    /// All steps, in their order.
    pub fn steps(&self) -> Vec<Step> {
        let most = self.functions.iter().map(|part| part.tasks.len()).max();
        let tasks = (0..most.unwrap_or(0)).map(Step::Tasks);
        let first = [Step::Sums, Step::Categories];
        first.into_iter().chain(tasks).collect()
    }

    /// The table that a function's mutations draw from: its arguments, and what it is
    /// estimated to be, if it is.
    pub fn table(&self, function: usize) -> (Vec<Vec<f64>>, Option<Vec<f64>>) {
        let part = &self.functions[function];
        match &part.problem {
            None => (part.pooled.clone(), None),
            Some(problem) => {
                let rows: Vec<usize> = (0..LIBRARY_ROWS).map(|i| i % problem.rows()).collect();
                let small = problem.select(&rows);
                (small.columns().to_vec(), Some(small.target().to_vec()))
            }
        }
    }

    /// The constants of families that the search begins with.
    pub fn constants(&self) -> &[f64] {
        &self.estimate.constants
    }

    /// Joined functions to judge. Laws of single functions are kept on `fronts`, one for
    /// each.
    pub fn propose(
        &self,
        step: Step,
        template: &Template,
        sample: &Problem,
        fronts: &mut Vec<Front>,
        work: &mut u64,
    ) -> Vec<Expression> {
        let task = match step {
            Step::Sums => return sums(template, sample, &self.estimate, &self.settings),
            Step::Categories => return self.categories(template),
            Step::Tasks(task) => task,
        };
        let proposals: Vec<Vec<Expression>> = self
            .functions
            .iter()
            .map(|part| match (&part.problem, part.tasks.get(task)) {
                (Some(problem), Some(task)) => {
                    propose(task, problem, &self.settings, &Stop::NEVER).laws
                }
                _ => Vec::new(),
            })
            .collect();
        let constants = &self.estimate.constants;
        if let [own] = &proposals[..] {
            let own = own.iter().map(std::slice::from_ref);
            return own.map(|f| template.joined(f, constants)).collect();
        }
        fronts.resize_with(self.functions.len(), Front::default);
        for ((part, proposals), front) in self.functions.iter().zip(proposals).zip(&mut *fronts) {
            let Some(judge) = &part.judge else { continue };
            let mut bench = Bench::new();
            let mut laws: Vec<Law> = proposals
                .iter()
                .flat_map(|law| judge.judge(law, &|_, _| true, &mut bench))
                .collect();
            laws.sort_by(Law::compare);
            for law in laws {
                front.insert(law);
            }
            *work += bench.work;
        }
        self.together(template, fronts)
    }

    /// Small formulas of the only function, where one of its arguments is a constant for
    /// each category: these begin in the order of the target's means, and in the reverse
    /// order.
    fn categories(&self, template: &Template) -> Vec<Expression> {
        let inside = template.inside();
        if template.functions() > 1 || inside.iter().all(|inside| !inside) {
            return Vec::new();
        }
        let constants = &self.estimate.constants;
        let reversed = template.reversed(constants);
        let columns = &self.functions[0].pooled;
        let slots: Vec<u16> = (0..columns.len() as u16).collect();
        let library = Library::builder(columns, &slots, &self.settings.operators)
            .enumerate(SMALL, 7)
            .scaled(SMALL + SCALED)
            .build();
        let entries = (0..library.len()).map(|i| library.expression(i));
        entries
            .flat_map(|entry| {
                [constants, &reversed].map(|c| template.joined(std::slice::from_ref(entry), c))
            })
            .collect()
    }

    /// The functions of several fronts with each other.
    fn together(&self, template: &Template, fronts: &[Front]) -> Vec<Expression> {
        let each = (TOGETHER as f64).powf(1.0 / fronts.len() as f64) as usize;
        let mut lists: Vec<Vec<Expression>> = vec![Vec::new()];
        for (function, front) in fronts.iter().enumerate() {
            let mut own: Vec<Expression> = front
                .laws()
                .map(|law| law.expression.clone())
                .take(each.max(2))
                .collect();
            if own.is_empty() {
                own.push(Expression::constant(1.0));
                let slots = 0..template.arity(function) as u16;
                own.extend(slots.map(Expression::variable));
            }
            lists = lists
                .iter()
                .flat_map(|list| {
                    own.iter().map(|law| {
                        let mut longer = list.clone();
                        longer.push(law.clone());
                        longer
                    })
                })
                .collect();
        }
        let constants = &self.estimate.constants;
        lists
            .iter()
            .map(|functions| template.joined(functions, constants))
            .collect()
    }
}

/// The table of a function's estimated values, in all its places; a row counts by the
/// square of the law's slope with it.
fn estimated(
    template: &Template,
    function: usize,
    estimate: &Estimate,
    sample: &Problem,
) -> Option<Problem> {
    if !estimate.known[function] {
        return None;
    }
    let holes = (0..template.holes.len()).filter(|&h| template.holes[h].function == function);
    let places: Vec<(usize, usize)> = holes
        .flat_map(|h| (0..sample.rows()).map(move |row| (h, row)))
        .filter(|&(h, row)| {
            let slope = estimate.slopes[h][row];
            slope.is_finite() && slope != 0.0 && estimate.holes[h][row].is_finite()
        })
        .collect();
    if places.len() < FEWEST_ROWS {
        return None;
    }
    let pick = |of: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        places.iter().map(|&(h, row)| of(h, row)).collect()
    };
    let slots = 0..template.arity(function);
    let features = slots
        .map(|slot| {
            let column = pick(&|h, row| estimate.arguments[h][slot][row]);
            (format!("u{slot}"), column)
        })
        .collect();
    let target = pick(&|h, row| estimate.holes[h][row]);
    let weights = pick(&|h, row| sample.weights()[row] * estimate.slopes[h][row].powi(2));
    let weights = Some(("slope".to_owned(), weights));
    let name = template.name(function).to_owned();
    let problem = Problem::new(features, (name, target), weights).ok()?;
    Some(problem.sample(sample.rows(), 0))
}
