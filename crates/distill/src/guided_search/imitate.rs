//! Trains the student several times and measures how well it imitates.

use pellucid_core::statistics::{auc_difference, auc_estimate, mean};
use pellucid_core::{Estimate, Job};
use rayon::prelude::*;

use super::{GuidedSearch, Halt, Imitation, Problem, Repeated, seed_of};
use crate::DistillError;
use crate::error::{check_finite, check_length};
use crate::ordering::{average_decision_ordering, weighted_decision_ordering};
use crate::student::{Features, Predict, Sample, Student, StudentError};

/// What every training of a search shares.
pub(super) struct Studies<'a> {
    pub(super) problem: Problem<'a>,
    pub(super) settings: &'a GuidedSearch,
    pub(super) student: &'a dyn Student,
    pub(super) job: &'a Job,
    pub(super) test: &'a OnTest<'a>,
    pub(super) targets: Vec<f64>,
}

impl Studies<'_> {
    /// Trains the student on these candidates; its imitation and the mean score of
    /// all events.
    pub(super) fn train(
        &self,
        chosen: &[usize],
        step: usize,
    ) -> Result<(Imitation, Vec<f64>), Halt> {
        let Self {
            problem,
            settings,
            student,
            job,
            test,
            targets,
        } = self;
        let Problem {
            labels,
            candidates,
            split,
            ..
        } = *problem;
        let of = |values: &[f64], events: &[usize]| -> Vec<f64> {
            events.iter().map(|&event| values[event]).collect()
        };
        let part = |events: &[usize]| Part {
            features: candidates.features(chosen, events),
            targets: of(targets, events),
            weights: problem.weights.map(|weights| of(weights, events)),
        };
        let (train, valid) = (part(&split.train), part(&split.valid));
        let everything: Vec<usize> = (0..labels.len()).collect();
        let everything = candidates.features(chosen, &everything);
        let fit = |training: usize| -> Result<Vec<f64>, StudentError> {
            job.check()?;
            let seed = seed_of(settings.seed, ((training as u64 + 1) << 32) + step as u64);
            let learned: Box<dyn Predict> =
                student.fit(train.sample(), valid.sample(), seed, job)?;
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
                        .map(|&c| candidates.all()[c].name.as_str())
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
        let auc_of_mean = auc_estimate(&of_mean, &test.labels, test.weights());
        let ado_of_mean = test.ordering(&of_mean)?;
        let aucs: Vec<Estimate> = on_test
            .iter()
            .map(|scores| auc_estimate(scores, &test.labels, test.weights()))
            .collect();
        let ados = on_test
            .iter()
            .map(|scores| test.ordering(scores))
            .collect::<Result<Vec<Estimate>, DistillError>>()?;
        let gaps: Vec<Estimate> = on_test
            .iter()
            .map(|scores| auc_difference(&test.scores, scores, &test.labels, test.weights()))
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
}

/// A part of the events as a student is given it.
struct Part {
    features: Features,
    targets: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Part {
    fn sample(&self) -> Sample<'_> {
        Sample {
            features: &self.features,
            targets: &self.targets,
            weights: self.weights.as_deref(),
        }
    }
}

/// The test part.
pub(super) struct OnTest<'a> {
    events: &'a [usize],
    pub(super) scores: Vec<f64>,
    pub(super) labels: Vec<bool>,
    weights: Option<Vec<f64>>,
}

impl<'a> OnTest<'a> {
    pub(super) fn of(problem: Problem<'a>) -> Self {
        let events = &problem.split.test;
        Self {
            events,
            scores: events.iter().map(|&event| problem.scores[event]).collect(),
            labels: events.iter().map(|&event| problem.labels[event]).collect(),
            weights: problem
                .weights
                .map(|weights| events.iter().map(|&event| weights[event]).collect()),
        }
    }

    /// What each test event counts, if they differ.
    pub(super) fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    pub(super) fn of_column(&self, column: &[f64]) -> Vec<f64> {
        self.events.iter().map(|&event| column[event]).collect()
    }

    /// The ordering of test scores with the black box.
    pub(super) fn ordering(&self, scores: &[f64]) -> Result<Estimate, DistillError> {
        match &self.weights {
            None => Ok(average_decision_ordering(scores, &self.scores, &self.labels)?.ado),
            Some(weights) => {
                weighted_decision_ordering(scores, &self.scores, &self.labels, weights)
            }
        }
    }
}
