//! Black-box guided search: which known observables decide as the black box does?
//!
//! 1. Train a small network on the observables chosen so far.
//! 2. Take the signal-background pairs that it orders differently from the black
//!    box, [`DO`](crate::ordering) `= 0`; before anything is chosen, all pairs.
//! 3. Add the candidate whose decision ordering with the black box on these
//!    pairs is the largest, whatever its direction.
//! 4. Repeat until the network's AUC is within its uncertainty of the black
//!    box's, or enough are chosen.
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
//! * **Equivalents:** runners-up whose ordering is within one standard error of
//!   the best one's on the same pairs. Had other events been drawn, one of them
//!   might have been chosen.
//! * **Reference:** T. Faucett, J. Thaler, D. Whiteson, Phys. Rev. D 103 (2021)
//!   036020, arXiv:2010.11998, section III.

use pellucid_core::statistics::{auc_difference, auc_estimate, mean};
use pellucid_core::{Estimate, Job, Multigraph, random};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{check_classes, check_finite, check_length};
use crate::ordering::{Folded, average_decision_ordering};
use crate::ranking::{Scope, Standing};
use crate::student::{Features, Predict, Sample, Student, StudentError};
use crate::{Candidates, DistillError, Observable, Split};

/// How to search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GuidedSearch {
    /// How many observables may be added to those that it starts with.
    pub max_observables: usize,
    /// How often each network is trained, at least twice.
    pub trainings: usize,
    /// How many misordered pairs candidates are ranked on.
    pub pairs: usize,
    /// Stops when the black box's AUC is ahead by no more than so many standard
    /// errors of the difference.
    pub tolerance: f64,
    /// Goes on, whatever the AUC, while the network's decision ordering with the
    /// black box is below this.
    pub min_ado: f64,
    /// Who orders the pairs.
    pub guide: Guide,
    /// How many equivalents of a choice are listed; all of them are counted.
    pub equivalents: usize,
    /// The seed of pairs and trainings.
    pub seed: u64,
}

impl Default for GuidedSearch {
    fn default() -> Self {
        Self {
            max_observables: 10,
            trainings: 3,
            pairs: 100_000,
            tolerance: 1.0,
            min_ado: 0.0,
            guide: Guide::BlackBox,
            equivalents: 10,
            seed: 0,
        }
    }
}

/// Who says which of two events is more like signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guide {
    /// The model to be understood.
    #[default]
    BlackBox,
    /// The labels.
    Truth,
}

/// What is searched.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// The black box's score of every event, larger for signal.
    pub scores: &'a [f64],
    /// True for signal.
    pub labels: &'a [bool],
    /// The observables to choose from.
    pub candidates: &'a Candidates,
    /// Which events train, validate and test.
    pub split: &'a Split,
    /// The candidates to start with, by number; may be none.
    pub start: &'a [usize],
}

/// A mean over trainings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// The mean over the trainings.
    pub value: f64,
    /// Both errors in quadrature.
    pub error: f64,
    /// The standard error of the mean over the trainings.
    pub training_error: f64,
    /// The standard error from the number of test events.
    pub sampling_error: f64,
    /// The value of each training.
    pub trainings: Vec<f64>,
}

impl Repeated {
    fn new(trainings: Vec<f64>, sampling_error: f64) -> Self {
        let Estimate {
            value,
            error: training_error,
        } = Estimate::of_repeats(&trainings);
        let error = training_error.hypot(sampling_error);
        Self {
            value,
            error,
            training_error,
            sampling_error,
            trainings,
        }
    }

    /// The value with its whole error.
    pub fn estimate(&self) -> Estimate {
        Estimate::new(self.value, self.error)
    }
}

/// How well the network so far imitates, on the test part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imitation {
    /// The area under the ROC curve of the trainings.
    pub auc: Repeated,
    /// Their average decision ordering with the black box, over all pairs.
    pub ado: Repeated,
    /// How far the black box's AUC is ahead: the error is that of the
    /// difference, on the same events, and of the training.
    pub gap: Estimate,
    /// The area under the ROC curve of the mean score of the trainings.
    pub auc_of_mean: Estimate,
    /// The decision ordering of the mean score with the black box.
    pub ado_of_mean: Estimate,
}

/// One observable added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The observable.
    pub observable: String,
    /// Its number among the candidates.
    pub candidate: usize,
    /// The power of momentum fractions, of an energy flow polynomial.
    pub kappa: Option<f64>,
    /// The power of angles, of an energy flow polynomial.
    pub beta: Option<f64>,
    /// The chromatic number of its multigraph.
    pub chromatic_number: Option<usize>,
    /// Its multigraph.
    pub graph: Option<Multigraph>,
    /// 1 if the guide rises with it on the pairs, -1 if it falls.
    pub sign: i8,
    /// How many pairs candidates were ranked on.
    pub pairs: u64,
    /// Its folded ordering with the guide on these pairs, by which it was chosen.
    pub ado_subset: Estimate,
    /// The same, in the same direction, on such pairs of the test part, which
    /// had no say: not raised by having been the best of many. Nothing if the
    /// test part has no such pair.
    pub ado_subset_test: Option<Estimate>,
    /// Its own area under the ROC curve, folded, on the test part.
    pub auc_alone: Estimate,
    /// Its own folded ordering with the black box, on all test pairs.
    pub ado_alone: Estimate,
    /// Runners-up that order the pairs as well, within the error.
    pub equivalents: Vec<Equivalent>,
    /// How many there are, listed or not.
    pub equivalent_count: usize,
    /// The network with it: area under the ROC curve.
    pub auc: Repeated,
    /// The network with it: decision ordering with the black box.
    pub ado: Repeated,
    /// The network with it, further numbers.
    pub network: Imitation,
}

/// An observable that might have been chosen as well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivalent {
    /// The observable.
    pub observable: Observable,
    /// The chromatic number of its multigraph.
    pub chromatic_number: Option<usize>,
    /// Its direction on the pairs.
    pub sign: i8,
    /// Its folded ordering on the pairs.
    pub ado_subset: Estimate,
}

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// The network's AUC is within its uncertainty of the black box's (and its
    /// ordering as much like it as was asked for).
    Reached,
    /// As many observables were added as were allowed.
    Enough,
    /// No candidate is left.
    NoCandidate,
    /// No pair was found that the network orders differently.
    NoPair,
    /// The user stopped it; what is here was finished before.
    Interrupted,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The settings.
    pub settings: GuidedSearch,
    /// The number of train, validation and test events.
    pub events: [usize; 3],
    /// The black box's area under the ROC curve, on the test part.
    pub black_box_auc: Estimate,
    /// The observables that it started with.
    pub start: Vec<Observable>,
    /// The network on these, if there were any.
    pub start_network: Option<Imitation>,
    /// The observables added, in order.
    pub steps: Vec<Step>,
    /// The last network's area under the ROC curve.
    pub auc: Option<Estimate>,
    /// The last network's decision ordering with the black box.
    pub ado: Option<Estimate>,
    /// Why it ended.
    pub stopped_by: Stop,
    /// The mean score of the last trainings for every event of all parts; empty
    /// before the first network. Not written to files.
    #[serde(skip)]
    pub scores: Vec<f64>,
}

impl Search {
    /// Whether the user stopped it.
    pub fn interrupted(&self) -> bool {
        self.stopped_by == Stop::Interrupted
    }

    /// The last network.
    pub fn network(&self) -> Option<&Imitation> {
        self.steps
            .last()
            .map(|step| &step.network)
            .or(self.start_network.as_ref())
    }
}

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
        black_box_auc: auc_estimate(&test.scores, &test.labels, None),
        start: problem
            .start
            .iter()
            .map(|&c| problem.candidates.observables()[c].clone())
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

    let bar = job.start("guided search", settings.max_observables as u64);
    let mut chosen = problem.start.to_vec();
    if !chosen.is_empty() {
        let (imitation, scores) = train(problem, settings, student, job, test, &chosen, 0)?;
        job.note(&format!(
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
        let scope = |events: &[usize], stream: u64| {
            if chosen.is_empty() {
                return Ok(Scope::all(guide, labels, events));
            }
            let seed = seed_of(settings.seed, 2 * step as u64 + stream);
            Scope::misordered(guide, &search.scores, labels, events, settings.pairs, seed)
        };
        let learned = scope(&learned_from, 0)?;
        if learned.pairs() == 0 {
            return Ok(Stop::NoPair);
        }
        let standings = learned.rank(candidates, &chosen);
        let Some(&best) = standings.first() else {
            return Ok(Stop::NoCandidate);
        };
        let equivalents = learned.equivalents(candidates, &standings);
        let unseen = scope(&split.test, 1)?;
        job.check()?;

        chosen.push(best.candidate);
        let (network, scores) = train(problem, settings, student, job, test, &chosen, step)?;
        let column = candidates.column(best.candidate);
        let observable = &candidates.observables()[best.candidate];
        job.note(&format!(
            "step {step}: {}, ADO on the subset {}, AUC {}, ADO {}",
            observable.name,
            best.folded.ado,
            network.auc.estimate(),
            network.ado.estimate(),
        ));
        let reached = reached(&network, settings);
        search.scores = scores;
        search.steps.push(Step {
            observable: observable.name.clone(),
            candidate: best.candidate,
            kappa: observable.kappa,
            beta: observable.beta,
            chromatic_number: chromatic_number(observable),
            graph: observable.graph.clone(),
            sign: best.folded.sign,
            pairs: learned.pairs(),
            ado_subset: best.folded.ado,
            ado_subset_test: (unseen.pairs() > 0)
                .then(|| signed(unseen.ordering(column), best.folded.sign)),
            auc_alone: Folded::of(auc_estimate(&test.of_column(column), &test.labels, None)).ado,
            ado_alone: Folded::of(test.ordering(&test.of_column(column))?).ado,
            equivalent_count: equivalents.len(),
            equivalents: equivalents
                .iter()
                .take(settings.equivalents)
                .map(|standing| equivalent(candidates, standing))
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

/// Trains the student on these candidates; its imitation and the mean score of
/// all events.
fn train(
    problem: Problem<'_>,
    settings: &GuidedSearch,
    student: &dyn Student,
    job: &Job,
    test: &OnTest,
    chosen: &[usize],
    step: usize,
) -> Result<(Imitation, Vec<f64>), Halt> {
    let Problem {
        labels,
        candidates,
        split,
        ..
    } = problem;
    let part = |events: &[usize]| -> (Features, Vec<bool>) {
        let labels = events.iter().map(|&event| labels[event]).collect();
        (candidates.features(chosen, events), labels)
    };
    let (train, train_labels) = part(&split.train);
    let (valid, valid_labels) = part(&split.valid);
    let everything: Vec<usize> = (0..labels.len()).collect();
    let everything = candidates.features(chosen, &everything);
    let fit = |training: usize| -> Result<Vec<f64>, StudentError> {
        job.check()?;
        let seed = seed_of(settings.seed, ((training as u64 + 1) << 32) + step as u64);
        let learned: Box<dyn Predict> = student.fit(
            Sample {
                features: &train,
                labels: &train_labels,
            },
            Sample {
                features: &valid,
                labels: &valid_labels,
            },
            seed,
            job,
        )?;
        learned.predict(&everything)
    };
    let fits: Vec<_> = (0..settings.trainings).into_par_iter().map(fit).collect();
    let mut trainings = Vec::new();
    for fitted in fits {
        let scores = fitted.map_err(|error| match error {
            StudentError::Interrupted(_) => Halt::Interrupted,
            StudentError::Failed(source) => {
                let names: Vec<&str> = chosen
                    .iter()
                    .map(|&c| candidates.observables()[c].name.as_str())
                    .collect();
                Halt::Failed(DistillError::Student {
                    observables: names.join(", "),
                    source,
                })
            }
        })?;
        check_length("the student's scores", labels.len(), scores.len())?;
        check_finite("the student's score", &scores)?;
        trainings.push(scores);
    }
    let of_all: Vec<f64> = (0..labels.len())
        .map(|event| {
            trainings.iter().map(|scores| scores[event]).sum::<f64>() / trainings.len() as f64
        })
        .collect();

    let on_test: Vec<Vec<f64>> = trainings
        .iter()
        .map(|scores| test.of_column(scores))
        .collect();
    let of_mean = test.of_column(&of_all);
    let auc_of_mean = auc_estimate(&of_mean, &test.labels, None);
    let ado_of_mean = test.ordering(&of_mean)?;
    let aucs: Vec<Estimate> = on_test
        .iter()
        .map(|scores| auc_estimate(scores, &test.labels, None))
        .collect();
    let ados = on_test
        .iter()
        .map(|scores| test.ordering(scores))
        .collect::<Result<Vec<Estimate>, DistillError>>()?;
    let gaps: Vec<Estimate> = on_test
        .iter()
        .map(|scores| auc_difference(&test.scores, scores, &test.labels, None))
        .collect();
    let [auc, ado, gap] = [aucs, ados, gaps].map(|estimates| {
        let errors: Vec<f64> = estimates.iter().map(|estimate| estimate.error).collect();
        let values = estimates.iter().map(|estimate| estimate.value).collect();
        // All trainings are measured on the same events: their sampling errors
        // do not average out.
        Repeated::new(values, mean(&errors, None))
    });
    Ok((
        Imitation {
            auc,
            ado,
            gap: gap.estimate(),
            auc_of_mean,
            ado_of_mean,
        },
        of_all,
    ))
}

/// The test part.
struct OnTest<'a> {
    events: &'a [usize],
    scores: Vec<f64>,
    labels: Vec<bool>,
}

impl<'a> OnTest<'a> {
    fn of(problem: Problem<'a>) -> Self {
        let events = &problem.split.test;
        Self {
            events,
            scores: events.iter().map(|&event| problem.scores[event]).collect(),
            labels: events.iter().map(|&event| problem.labels[event]).collect(),
        }
    }

    fn of_column(&self, column: &[f64]) -> Vec<f64> {
        self.events.iter().map(|&event| column[event]).collect()
    }

    /// The ordering of test scores with the black box.
    fn ordering(&self, scores: &[f64]) -> Result<Estimate, DistillError> {
        Ok(average_decision_ordering(scores, &self.scores, &self.labels)?.ado)
    }
}

fn check(problem: Problem<'_>, settings: &GuidedSearch) -> Result<(), DistillError> {
    let Problem {
        scores,
        labels,
        candidates,
        split,
        start,
    } = problem;
    check_length("labels", scores.len(), labels.len())?;
    check_length("candidates", scores.len(), candidates.events())?;
    check_finite("the black box's score", scores)?;
    let mut seen = vec![false; scores.len()];
    for &event in split.train.iter().chain(&split.valid).chain(&split.test) {
        if seen.get(event) != Some(&false) {
            return Err(DistillError::Split {
                event,
                events: scores.len(),
            });
        }
        seen[event] = true;
    }
    for (what, part) in [
        ("the training part", &split.train),
        ("the validation part", &split.valid),
        ("the test part", &split.test),
    ] {
        check_classes(what, part.iter().map(|&event| labels[event]))?;
    }
    for (i, &index) in start.iter().enumerate() {
        if index >= candidates.len() {
            return Err(DistillError::NoCandidate {
                index,
                candidates: candidates.len(),
            });
        }
        if start[..i].contains(&index) {
            let name = candidates.observables()[index].name.clone();
            return Err(DistillError::Twice { name });
        }
    }
    let setting = |setting, expected, found: String| {
        Err(DistillError::Setting {
            setting,
            expected,
            found,
        })
    };
    if settings.trainings < 2 {
        return setting(
            "trainings",
            "at least 2, or there is no error",
            settings.trainings.to_string(),
        );
    }
    if settings.pairs == 0 {
        return setting("pairs", "at least 1", settings.pairs.to_string());
    }
    if settings.tolerance.is_nan() || settings.tolerance < 0.0 {
        return setting(
            "tolerance",
            "zero or more standard errors",
            settings.tolerance.to_string(),
        );
    }
    if settings.min_ado.is_nan() || settings.min_ado > 1.0 {
        return setting("min_ado", "at most 1", settings.min_ado.to_string());
    }
    Ok(())
}

fn reached(network: &Imitation, settings: &GuidedSearch) -> bool {
    network.gap.value <= settings.tolerance * network.gap.error
        && network.ado.value >= settings.min_ado
}

fn seed_of(seed: u64, index: u64) -> u64 {
    random::stream(seed, index).random()
}

fn chromatic_number(observable: &Observable) -> Option<usize> {
    observable.graph.as_ref().map(Multigraph::chromatic_number)
}

/// An ordering in a direction that was fixed elsewhere.
fn signed(ado: Estimate, sign: i8) -> Estimate {
    if sign < 0 {
        Estimate::new(1.0 - ado.value, ado.error)
    } else {
        ado
    }
}

fn equivalent(candidates: &Candidates, standing: &Standing) -> Equivalent {
    let observable = candidates.observables()[standing.candidate].clone();
    Equivalent {
        chromatic_number: chromatic_number(&observable),
        observable,
        sign: standing.folded.sign,
        ado_subset: standing.folded.ado,
    }
}
