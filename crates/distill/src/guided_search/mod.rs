//! Black-box guided search: which known observables decide as the black box does?
//!
//! 1. Train a small network on the observables chosen so far.
//! 2. Take the signal-background pairs that it orders differently from the black
//!    box, [`DO`](crate::ordering) `= 0`; before anything is chosen, all pairs.
//! 3. Add the candidate that, joined with the network, decides most often as the
//!    black box does on these pairs and as many matched ones ([`Ranking`]).
//! 4. Repeat until the network's AUC is within its uncertainty of the black
//!    box's, or enough are chosen.
//!
//! By default the network learns from the black box and candidates are ranked
//! joined with it; `target = "truth"` and `ranking = "misordered"` are the
//! published search, which ranks candidates by themselves. On 10,000 jets and 315
//! polynomials, from mass and pt, that one stayed at an ADO of 0.91 after six
//! steps; ranked by themselves on matched pairs they reached 0.96 after four.
//!
//! Step 3 looks at the black box, never at the truth, so what it finds is what
//! the black box uses; [`Guide::Truth`] puts the labels in its place.
//!
//! * **Parts:** networks learn from the train and validation parts, and the pairs
//!   of step 2 come from these two. All that is reported is measured on the test
//!   part, which decides nothing but when to stop. (The published code trains,
//!   ranks and measures on all events.)
//! * **Errors:** every network is trained several times. Its AUC and ADO are
//!   means over these trainings; `training_error` is their standard error,
//!   `sampling_error` that of the test part, `error` both in quadrature. Pairs
//!   come from the mean score of the trainings, which one unlucky training
//!   cannot turn.
//! * **Weights:** of weighted events every ordering, on all pairs or on some, every
//!   AUC and the loss of the network count by weight, of a pair by the product of
//!   its two. Which pairs are drawn, and the bins and scales that candidates are
//!   read in, do not depend on weights.
//! * **Equivalents:** runners-up whose ordering is within one standard error of
//!   the best one's on the same pairs. Had other events been drawn, one of them
//!   might have been chosen.
//! * **Reference:** T. Faucett, J. Thaler, D. Whiteson, Phys. Rev. D 103 (2021)
//!   036020, arXiv:2010.11998, section III.

mod imitate;
mod result;
mod settings;

use pellucid_core::statistics::auc_estimate;
use pellucid_core::{Estimate, Job, random};
use rand::RngExt;

use crate::joined::{Binned, Joined, Reading, halves, shares};
use crate::ordering::Folded;
use crate::pairs::{balanced_pairs, misordered_pairs};
use crate::ranking::{Scope, Standing, same_order};
use crate::student::Student;
use crate::{Candidates, DistillError};
use imitate::{OnTest, Studies};
use settings::check;

pub use result::{Equivalent, Imitation, Repeated, Search, Step, Stop};
pub use settings::{Guide, GuidedSearch, Problem, Ranking, Target};

/// Searches for the observables that decide as the black box does.
///
/// An interrupted search is no error: it returns the steps that were finished.
pub fn guided_search(
    problem: Problem<'_>,
    settings: &GuidedSearch,
    student: &dyn Student,
    job: &Job,
) -> Result<Search, DistillError> {
    check(problem, settings)?;
    let test = OnTest::of(problem);
    let split = problem.split;
    let mut search = Search {
        settings: settings.clone(),
        events: [split.train.len(), split.valid.len(), split.test.len()],
        black_box_auc: auc_estimate(&test.scores, &test.labels, test.weights()),
        start: problem
            .start
            .iter()
            .map(|&c| problem.candidates.all()[c].clone())
            .collect(),
        start_network: None,
        steps: Vec::new(),
        auc: None,
        ado: None,
        stopped_by: Stop::Enough,
        scores: Vec::new(),
    };
    search.stopped_by = match run(problem, settings, student, job, &test, &mut search) {
        Ok(stop) => stop,
        Err(Halt::Interrupted) => Stop::Interrupted,
        Err(Halt::Failed(error)) => return Err(error),
    };
    if let Some(network) = search.network() {
        let (auc, ado) = (network.auc.estimate(), network.ado.estimate());
        (search.auc, search.ado) = (Some(auc), Some(ado));
    }
    Ok(search)
}

/// Why the loop was left.
enum Halt {
    Interrupted,
    Failed(DistillError),
}

impl From<pellucid_core::Interrupted> for Halt {
    fn from(_: pellucid_core::Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<DistillError> for Halt {
    fn from(error: DistillError) -> Self {
        Self::Failed(error)
    }
}

fn run(
    problem: Problem<'_>,
    settings: &GuidedSearch,
    student: &dyn Student,
    job: &Job,
    test: &OnTest,
    search: &mut Search,
) -> Result<Stop, Halt> {
    let Problem {
        labels,
        weights,
        candidates,
        split,
        ..
    } = problem;
    let truth: Vec<f64> = labels
        .iter()
        .map(|&label| f64::from(u8::from(label)))
        .collect();
    let guide = match settings.guide {
        Guide::BlackBox => problem.scores,
        Guide::Truth => &truth,
    };
    let mut learned_from: Vec<usize> = split.train.iter().chain(&split.valid).copied().collect();
    learned_from.sort_unstable();

    let targets = match settings.target {
        Target::Truth => truth.clone(),
        Target::BlackBox => shares(problem.scores, &learned_from),
    };
    let studies = Studies {
        problem,
        settings,
        student,
        job,
        test,
        targets,
    };

    let binned = Binned::new(candidates, &learned_from);
    let learned_halves = halves(labels, &learned_from);
    let bar = job.start("guided search", settings.max_observables as u64);
    let mut chosen = problem.start.to_vec();
    let mut used: Vec<usize> = chosen.clone();
    used.extend(
        chosen
            .iter()
            .flat_map(|&candidate| same_order(candidates, candidate)),
    );
    if !chosen.is_empty() {
        let (imitation, scores) = studies.train(&chosen, 0)?;
        job.remark(&format!(
            "start: AUC {}, ADO {}",
            imitation.auc.estimate(),
            imitation.ado.estimate()
        ));
        let reached = reached(&imitation, settings);
        search.start_network = Some(imitation);
        search.scores = scores;
        if reached {
            return Ok(Stop::Reached);
        }
    }
    for step in 1..=settings.max_observables {
        job.check()?;
        let network = (!chosen.is_empty()).then_some(search.scores.as_slice());
        let scopes = |events: &[usize], part: u64| {
            let seeds =
                [0, 1].map(|use_| seed_of(settings.seed, 4 * step as u64 + 2 * part + use_));
            let sample = Weighed { labels, weights };
            Scopes::new(guide, network, sample, events, settings, seeds)
        };
        let learned = scopes(&learned_from, 0)?;
        if learned.ranked().pairs() == 0 {
            return Ok(Stop::NoPair);
        }
        let reading = match (settings.ranking, network) {
            (Ranking::Joined, Some(network)) => Reading::Joined(
                candidates,
                Joined::new(&binned, guide, network, weights, &learned_halves),
            ),
            _ => Reading::Alone(candidates),
        };
        let standings = learned.ranked().rank(&reading, &used);
        let Some(&best) = standings.first() else {
            return Ok(Stop::NoCandidate);
        };
        let same = same_order(candidates, best.candidate);
        let others: Vec<Standing> = standings
            .into_iter()
            .filter(|standing| !same.contains(&standing.candidate))
            .collect();
        let equivalents = learned.ranked().equivalents(&reading, &others);
        let direction = |candidate: usize| {
            let alone = learned.ranked().ordering(candidates.column(candidate));
            Folded::of(alone).sign
        };
        let sign = direction(best.candidate);
        let unseen = scopes(&split.test, 1)?;
        let ado_ranked_test = (unseen.ranked().pairs() > 0).then(|| {
            let ado = unseen.ranked().ordering(&reading.column(best.candidate));
            signed(ado, best.folded.sign)
        });
        job.check()?;

        chosen.push(best.candidate);
        used.push(best.candidate);
        used.extend(&same);
        let (network, scores) = studies.train(&chosen, step)?;
        let column = candidates.column(best.candidate);
        let observable = &candidates.all()[best.candidate];
        job.remark(&format!(
            "step {step}: {}, ADO {} on {} pairs, then AUC {}, ADO {}",
            observable.name,
            best.folded.ado,
            learned.ranked().pairs(),
            network.auc.estimate(),
            network.ado.estimate(),
        ));
        let reached = reached(&network, settings);
        search.scores = scores;
        search.steps.push(Step {
            observable: observable.name.clone(),
            candidate: best.candidate,
            details: observable.details.clone(),
            sign,
            pairs: learned.ranked().pairs(),
            ado_ranked: best.folded.ado,
            ado_ranked_test,
            ado_subset: signed(learned.subset.ordering(column), sign),
            auc_alone: Folded::of(auc_estimate(
                &test.of_column(column),
                &test.labels,
                test.weights(),
            ))
            .ado,
            ado_alone: Folded::of(test.ordering(&test.of_column(column))?).ado,
            equivalent_count: equivalents.len(),
            equivalents: equivalents
                .iter()
                .take(settings.equivalents)
                .map(|standing| equivalent(candidates, standing, direction(standing.candidate)))
                .collect(),
            same: same
                .iter()
                .map(|&c| candidates.all()[c].name.clone())
                .collect(),
            auc: network.auc.clone(),
            ado: network.ado.clone(),
            network,
        });
        bar.advance(1);
        if reached {
            return Ok(Stop::Reached);
        }
    }
    Ok(Stop::Enough)
}

/// The pairs of a part of the sample that a step looks at.
struct Scopes {
    /// Those that the network orders differently; all, if there is no network.
    subset: Scope,
    /// These with matched ones, where candidates are ranked on them.
    balanced: Option<Scope>,
}

/// The classes of all events, and what each of them counts.
#[derive(Clone, Copy)]
struct Weighed<'a> {
    labels: &'a [bool],
    weights: Option<&'a [f64]>,
}

impl Scopes {
    fn new(
        guide: &[f64],
        network: Option<&[f64]>,
        Weighed { labels, weights }: Weighed<'_>,
        events: &[usize],
        settings: &GuidedSearch,
        seeds: [u64; 2],
    ) -> Result<Self, DistillError> {
        let Some(network) = network else {
            return Ok(Self {
                subset: Scope::all(guide, labels, weights, events),
                balanced: None,
            });
        };
        let [misordered, matched] = seeds;
        match settings.ranking {
            Ranking::Misordered => {
                let subset =
                    misordered_pairs(guide, network, labels, events, settings.pairs, misordered)?;
                Ok(Self {
                    subset: Scope::Chosen(subset.weighted(weights)),
                    balanced: None,
                })
            }
            Ranking::Joined => {
                let of_half = |events: &[usize]| {
                    let wanted = settings.pairs.div_ceil(2);
                    let subset =
                        misordered_pairs(guide, network, labels, events, wanted, misordered)?;
                    let balanced =
                        balanced_pairs(guide, network, labels, events, &subset, matched)?;
                    Ok::<_, DistillError>((subset, balanced))
                };
                let [first, second] = halves(labels, events);
                let (mut subset, mut balanced) = of_half(&first)?;
                let (more, more_balanced) = of_half(&second)?;
                subset.append(&more);
                balanced.append(&more_balanced);
                Ok(Self {
                    subset: Scope::Chosen(subset.weighted(weights)),
                    balanced: Some(Scope::Chosen(balanced.weighted(weights))),
                })
            }
        }
    }

    /// Those that candidates are ranked on.
    fn ranked(&self) -> &Scope {
        self.balanced.as_ref().unwrap_or(&self.subset)
    }
}

fn reached(network: &Imitation, settings: &GuidedSearch) -> bool {
    network.gap.value <= settings.tolerance * network.gap.error
        && network.ado.value >= settings.min_ado
}

fn seed_of(seed: u64, index: u64) -> u64 {
    random::stream(seed, index).random()
}

/// An ordering in a direction that was fixed elsewhere.
fn signed(ado: Estimate, sign: i8) -> Estimate {
    if sign < 0 {
        Estimate::new(1.0 - ado.value, ado.error)
    } else {
        ado
    }
}

fn equivalent(candidates: &Candidates, standing: &Standing, sign: i8) -> Equivalent {
    let observable = candidates.all()[standing.candidate].clone();
    Equivalent {
        observable,
        sign,
        ado_ranked: standing.folded.ado,
    }
}
