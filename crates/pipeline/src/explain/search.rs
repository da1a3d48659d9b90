//! The search for the observables that carry the decision.

use pellucid_core::Job;
use pellucid_core::statistics::{Bootstrap, roc};
use pellucid_distill::{
    Candidate, Candidates, Problem, Search, Split, guided_search, split_by_group,
};
use pellucid_observables::jets::efp::{EfpGrid, GraphSet, Measure};
use pellucid_observables::jets::{Jets, shapes};

use super::pass::Pass;
use super::polynomial::{self, Polynomial};
use super::result::ImitationRoc;
use super::settings::{ExplainSettings, SearchSettings};
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
    let own = SearchSettings::default().start;
    let start = search
        .start
        .iter()
        // The standard start is of jets.
        .filter(|_| of_jets(pass) || search.start != own)
        .map(|name| {
            candidates
                .position(name)
                .ok_or_else(|| PipelineError::Setting {
                    setting: "search.start".to_owned(),
                    problem: match shapes::by_name(name) {
                        Err(error) if of_jets(pass) => error.to_string(),
                        Err(_) => format!(
                            "no column of numbers is called `{name}`; there are: {}",
                            pass.known
                                .iter()
                                .map(|it| it.name.as_str())
                                .collect::<Vec<_>>()
                                .join(", ")
                        ),
                        Ok(_) => format!("`{name}` does not differ between these jets"),
                    },
                })
        })
        .collect::<Result<Vec<usize>, _>>()?;
    let split = split(pass, settings, seed)?;
    let scores = pass.at_kept(&pass.scores.logit);
    let labels = pass.at_kept(&pass.labels);
    let problem = Problem {
        scores: &scores,
        labels: &labels,
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

/// The tagger and the network of the last observables on the test part; none before there
/// is a network.
pub(crate) fn imitation(
    pass: &Pass,
    search: &Search,
    settings: &ExplainSettings,
    seed: u64,
) -> Result<Option<ImitationRoc>, PipelineError> {
    let test = split(pass, settings, seed)?.test;
    if search.scores.len() != pass.events.len() || test.len() != search.events[2] {
        return Ok(None);
    }
    let bootstrap = Bootstrap {
        seed,
        replicas: settings.replicas,
    };
    let efficiencies: Vec<f64> = (2..50).map(|i| f64::from(i) / 50.0).collect();
    let labels: Vec<bool> = test
        .iter()
        .map(|&event| pass.labels[pass.kept[event]])
        .collect();
    let weights: Option<Vec<f64>> = pass
        .kept_weights()
        .map(|weights| test.iter().map(|&jet| weights[jet]).collect());
    let of = |scores: &[f64]| {
        let scores: Vec<f64> = test.iter().map(|&jet| scores[jet]).collect();
        let weights = weights.as_deref();
        roc(&scores, &labels, weights, &efficiencies, bootstrap)
    };
    Ok(Some(ImitationRoc {
        events: test.len(),
        model: of(&pass.at_kept(&pass.scores.logit)),
        network: of(&search.scores),
    }))
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
    for (known, column) in pass.known.iter().zip(&pass.observables) {
        let column = pass.at_kept(column);
        if column.iter().all(|x| x.is_finite()) {
            push(&mut candidates, polynomial::other(&known.name), column)?;
        }
    }
    let search = &settings.search;
    if !of_jets(pass) {
        if search.ratios {
            ratios(&mut candidates, pass)?;
        }
        return Ok(candidates);
    }
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
                polynomial::other(name),
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
        let graph = candidate.graph.clone();
        let polynomial = Polynomial::new(graph, candidate.kappa, candidate.beta);
        push(&mut candidates, polynomial.named(&candidate.name), column)?;
    }
    Ok(candidates)
}

/// Whether events are jets.
fn of_jets(pass: &Pass) -> bool {
    Jets::try_from(&pass.events.inputs).is_ok()
}

/// Columns whose ratios are candidates, at most.
const MOST_RATIOS: usize = 12;

/// Ratios of columns that are above 0 for all events, of as many as there is room for.
fn ratios(candidates: &mut Candidates, pass: &Pass) -> Result<(), PipelineError> {
    let columns: Vec<(&str, Vec<f64>)> = pass
        .known
        .iter()
        .zip(&pass.observables)
        .map(|(known, column)| (known.name.as_str(), pass.at_kept(column)))
        .filter(|(_, column)| column.iter().all(|x| x.is_finite()))
        .take(MOST_RATIOS)
        .collect();
    for (above, a) in &columns {
        for (below, b) in &columns {
            let sound =
                above != below && [a, b].iter().all(|column| column.iter().all(|&x| x > 0.0));
            let ratio = || a.iter().zip(b).map(|(a, b)| a / b).collect::<Vec<f64>>();
            if sound && ratio().iter().all(|x| x.is_finite()) {
                push(
                    candidates,
                    polynomial::other(&format!("{above}/{below}")),
                    ratio(),
                )?;
            }
        }
    }
    Ok(())
}

/// Adds a candidate unless it is the same number for every jet (the single
/// vertex with kappa = 1, normalised), which orders nothing.
fn push(
    candidates: &mut Candidates,
    candidate: Candidate,
    column: Vec<f64>,
) -> Result<(), PipelineError> {
    let first = column.first().copied().unwrap_or(0.0);
    // Sums of momentum shares differ from 1 by rounding.
    if column
        .iter()
        .any(|x| (x - first).abs() > 1e-9 * first.abs())
    {
        candidates.push(candidate, column)?;
    }
    Ok(())
}
