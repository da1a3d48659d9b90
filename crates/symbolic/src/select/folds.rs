//! Searches that never saw a row.
//!
//! A form found on all rows has seen them, however its constants are fitted. Where rows
//! are few, they are left out in parts, and each part is predicted by laws that a search
//! of its own found on the others: for every law the best that has neither more nodes nor
//! more constants. What
//! larger laws gain there is not what a search always gains by trying more.

use pellucid_core::Job;
use rayon::prelude::*;

use super::trial::{FEW_ROWS, row_costs};
use crate::error::SymbolicError;
use crate::evaluate::Scratch;
use crate::search::{Engine, Limits, Problem, Settings, numbers};

/// Parts that rows are left out in.
const PARTS: usize = 6;
/// The part of a budget that goes into these searches.
pub const SHARE: f64 = 0.4;

/// The laws of each search that did not see some of the rows.
#[derive(Debug)]
pub struct Folds {
    rows: usize,
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// The rows left out.
    places: Vec<usize>,
    laws: Vec<Found>,
}

/// A law of a search that did not see some of the rows.
#[derive(Debug)]
struct Found {
    nodes: usize,
    constants: usize,
    /// On the rows that it was searched on.
    loss: f64,
    /// What its errors cost on the others.
    costs: Option<Vec<f64>>,
}

impl Folds {
    /// Whether rows are so few that forms must be found without some of them.
    pub fn wanted(problem: &Problem, settings: &Settings) -> bool {
        problem.rows() < FEW_ROWS && settings.template.is_none()
    }

    /// Searches with these limits all together; `None` if they were ended before all rows
    /// were left out once.
    pub fn search(
        problem: &Problem,
        settings: &Settings,
        limits: Limits,
        job: &Job,
    ) -> Result<Option<Self>, SymbolicError> {
        let n = problem.rows();
        let count = PARTS.min(n);
        let each = Limits {
            seconds: limits.seconds.map(|s| s / count as f64),
            work: limits.work.map(|w| w / count as u64),
            rounds: limits.rounds.map(|r| r.div_ceil(count as u64)),
        };
        // Every part has small and large targets.
        let mut order: Vec<usize> = (0..n).collect();
        let target = problem.target();
        order.sort_by(|&a, &b| target[a].total_cmp(&target[b]).then(a.cmp(&b)));
        let parts: Vec<Option<Part>> = (0..count)
            .into_par_iter()
            .map(|part| {
                let (out, inside): (Vec<usize>, Vec<usize>) =
                    (0..n).partition(|place| place % count == part);
                let of = |places: Vec<usize>| places.iter().map(|&p| order[p]).collect();
                let (out, inside): (Vec<usize>, Vec<usize>) = (of(out), of(inside));
                let fitted = problem.select(&inside);
                if fitted.middle().1 <= 0.0 {
                    return Ok(None);
                }
                let mut engine = Engine::new(&fitted, settings)?;
                engine.run(each, job, |_| {});
                if job.check().is_err() {
                    return Ok(None);
                }
                let tried = problem.select(&out);
                let mut scratch = Scratch::new();
                let laws = super::laws(&engine.front(), &fitted, settings);
                // A law of as many constants as rows is no law.
                let laws = laws.iter().filter(|law| {
                    super::snap::fitted(law.expression.constants()) + 1 < fitted.rows()
                });
                let laws = laws.map(|law| {
                    let (form, constants) = (&law.expression, law.expression.constants());
                    Found {
                        nodes: law.complexity(),
                        constants: numbers(form),
                        loss: law.loss,
                        costs: row_costs(form, constants, &tried, &mut scratch),
                    }
                });
                Ok(Some(Part {
                    laws: laws.collect(),
                    places: out,
                }))
            })
            .collect::<Result<_, SymbolicError>>()?;
        let parts: Option<Vec<Part>> = parts.into_iter().collect();
        Ok(parts.map(|parts| Self { rows: n, parts }))
    }

    /// What the error of each row costs under the best law of at most so many nodes and
    /// constants that a search without it found.
    pub fn costs(&self, (nodes, constants): (usize, usize)) -> Option<Vec<f64>> {
        let mut costs = vec![0.0; self.rows];
        for part in &self.parts {
            let small = |law: &&Found| law.nodes <= nodes && law.constants <= constants;
            let small = part.laws.iter().filter(small);
            let best = small.min_by(|a, b| a.loss.total_cmp(&b.loss))?;
            for (&place, cost) in part.places.iter().zip(best.costs.as_ref()?) {
                costs[place] = *cost;
            }
        }
        Some(costs)
    }
}
