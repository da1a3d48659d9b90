//! The search for the observables that carry the decision.

use pellucid_core::Job;
use pellucid_distill::{
    Candidates, Observable, Problem, Search, Split, guided_search, split_by_group,
};
use pellucid_observables::jets::efp::{EfpGrid, GraphSet, Measure};
use pellucid_observables::jets::shapes;

use super::pass::Pass;
use super::settings::ExplainSettings;
use crate::PipelineError;
use crate::recipe::check_part;

/// Observables and energy flow polynomials of the kept jets, and the search
/// among them.
pub(crate) fn search(
    pass: &Pass,
    settings: &ExplainSettings,
    seed: u64,
    job: &Job,
) -> Result<Search, PipelineError> {
    let candidates = candidates(pass, settings, job)?;
    let search = &settings.search;
    let start = search
        .start
        .iter()
        .map(|name| {
            candidates
                .position(name)
                .ok_or_else(|| PipelineError::Setting {
                    setting: "search.start".to_owned(),
                    problem: match shapes::by_name(name) {
                        Err(error) => error.to_string(),
                        Ok(_) => format!("`{name}` does not differ between these jets"),
                    },
                })
        })
        .collect::<Result<Vec<usize>, _>>()?;
    let split = split(pass, settings, seed)?;
    let scores = pass.at_kept(&pass.scores.logit);
    let problem = Problem {
        scores: &scores,
        labels: pass.events.labels(),
        weights: pass.kept_weights(),
        candidates: &candidates,
        split: &split,
        start: &start,
    };
    let guided = pellucid_distill::GuidedSearch {
        seed,
        ..search.guided.clone()
    };
    Ok(guided_search(problem, &guided, &search.student, job)?)
}

fn split(pass: &Pass, settings: &ExplainSettings, seed: u64) -> Result<Split, PipelineError> {
    let [train, valid] = settings.search.shares;
    let shares = [train, valid, 1.0 - train - valid];
    Ok(split_by_group(pass.events.groups(), shares, seed)?)
}

/// An error where weights cancel in a part that the search trains or tests on; to be
/// asked before anything costly is done.
pub fn check(pass: &Pass, settings: &ExplainSettings, seed: u64) -> Result<(), PipelineError> {
    let target = &pass.events.target;
    if target.weighted().is_none() {
        return Ok(());
    }
    let split = split(pass, settings, seed)?;
    for (part, rows) in [("training", &split.train), ("test", &split.test)] {
        check_part("search.shares", part, &target.select(rows), target.len())?;
    }
    Ok(())
}

fn candidates(
    pass: &Pass,
    settings: &ExplainSettings,
    job: &Job,
) -> Result<Candidates, PipelineError> {
    let mut candidates = Candidates::new(pass.events.len());
    for (observable, column) in shapes::standard().iter().zip(&pass.observables) {
        push(
            &mut candidates,
            Observable::named(observable.about().name),
            pass.at_kept(column),
        )?;
    }
    let search = &settings.search;
    let further = search
        .observables
        .iter()
        .map(|name| shapes::by_name(name))
        .collect::<Result<Vec<_>, _>>()?;
    let jets = pass.events.jets()?;
    let values = shapes::evaluate_all(&further, &jets);
    for (i, observable) in further.iter().enumerate() {
        let name = observable.about().name;
        if candidates.position(name).is_none() {
            let column = values.iter().skip(i).step_by(further.len());
            push(
                &mut candidates,
                Observable::named(name),
                column.copied().collect(),
            )?;
        }
    }
    let grid = EfpGrid {
        graphs: GraphSet::Prime {
            degree: search.degree,
        },
        kappas: search.kappas.clone(),
        betas: search.betas.clone(),
        normalised: search.normalised,
        measure: Measure::Hadr,
    };
    let plan = grid.compile()?;
    let table = plan.evaluate_all(&jets, job)?;
    let width = table.row_len();
    for (i, candidate) in plan.candidates().iter().enumerate() {
        let column = table
            .data()
            .iter()
            .skip(i)
            .step_by(width)
            .copied()
            .collect();
        let observable = Observable::polynomial(
            candidate.name.clone(),
            candidate.graph.clone(),
            candidate.kappa,
            candidate.beta,
        );
        push(&mut candidates, observable, column)?;
    }
    Ok(candidates)
}

/// Adds a candidate unless it is the same number for every jet (the single
/// vertex with kappa = 1, normalised), which orders nothing.
fn push(
    candidates: &mut Candidates,
    observable: Observable,
    column: Vec<f64>,
) -> Result<(), PipelineError> {
    let first = column.first().copied().unwrap_or(0.0);
    // Sums of momentum shares differ from 1 by rounding.
    if column
        .iter()
        .any(|x| (x - first).abs() > 1e-9 * first.abs())
    {
        candidates.push(observable, column)?;
    }
    Ok(())
}
