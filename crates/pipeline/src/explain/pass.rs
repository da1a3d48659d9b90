//! One pass over the files: what is kept of every jet, and whose jets are kept.

use pellucid_core::{Job, random};
use pellucid_explain::{Explained, Scores};
use pellucid_observables::jets::shapes;
use pellucid_observables::particles::Cut;
use rand::RngExt;

use crate::PipelineError;
use crate::source::{Account, Events, Source};
use crate::tagger::Tagger;

/// What one pass over the files leaves.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    /// The tagger's output and logit of every jet.
    pub scores: Scores,
    /// True for signal, of every jet.
    pub labels: Vec<bool>,
    /// The weight of every jet; empty where each counts once.
    pub weights: Vec<f64>,
    /// What was read of the files, and what was left out.
    pub account: Account,
    /// Every observable of every jet, in the order of [`shapes::standard`].
    pub observables: Vec<Vec<f64>>,
    /// The positions of the kept jets, rising.
    pub kept: Vec<usize>,
    /// The kept jets.
    pub events: Events,
    /// What the tagger's lists leave out, one entry for each input.
    pub cuts: Vec<Cut>,
}

impl Pass {
    /// What each jet counts, if the data say.
    pub fn weights(&self) -> Option<&[f64]> {
        (!self.weights.is_empty()).then_some(self.weights.as_slice())
    }

    /// What each kept jet counts, if the data say.
    pub fn kept_weights(&self) -> Option<&[f64]> {
        self.events.target.weighted()
    }

    /// Values of all jets, at the kept ones.
    pub fn at_kept<T: Copy>(&self, values: &[T]) -> Vec<T> {
        self.kept.iter().map(|&i| values[i]).collect()
    }
}

/// Reads every jet; keeps `most` of them, each with the same chance: those
/// with the smallest of random keys that depend on seed and position alone.
/// `only`, if given, are the positions of the jets that count.
pub(crate) fn read(
    source: &Source,
    tagger: &Tagger,
    explained: &Explained,
    most: usize,
    only: Option<&[usize]>,
    seed: u64,
    job: &Job,
) -> Result<Pass, PipelineError> {
    let bar = job.start(
        "reading and scoring jets",
        source.rows().unwrap_or(0) as u64,
    );
    let mut pass = Pass {
        observables: vec![Vec::new(); shapes::standard().len()],
        ..Pass::default()
    };
    let mut keys = random::stream(seed, 0x6b65_7073);
    let mut kept: Vec<(u64, usize)> = Vec::new();
    let (mut row, mut position) = (0, 0);
    let account = source.for_each(job, |batch| {
        bar.advance(batch.len() as u64);
        let chosen: Vec<usize> = (0..batch.len())
            .filter(|i| only.is_none_or(|only| only.binary_search(&(row + i)).is_ok()))
            .collect();
        row += batch.len();
        let batch = if only.is_some() {
            batch.select(&chosen)
        } else {
            batch
        };
        if batch.is_empty() {
            return Ok(());
        }
        let jets = batch.jets()?;
        let scores = explained.scores(&tagger.inputs(&batch.inputs)?, job)?;
        check_scores(&scores, tagger)?;
        pass.cuts
            .resize(tagger.representations.len(), Cut::default());
        for (sum, cut) in pass.cuts.iter_mut().zip(tagger.cuts(&jets)) {
            sum.add(cut);
        }
        pass.scores.output.extend(scores.output);
        pass.scores.logit.extend(scores.logit);
        pass.labels.extend_from_slice(batch.labels());
        pass.weights.extend_from_slice(batch.weights());
        for (column, observable) in pass.observables.iter_mut().zip(shapes::standard()) {
            column.extend(observable.evaluate_all(&jets));
        }
        // A key below the largest kept one takes its place.
        let mut wanted = Vec::new();
        for i in 0..batch.len() {
            kept.push((keys.random(), position + i));
            wanted.push(i);
        }
        position += batch.len();
        pass.kept
            .extend(wanted.iter().map(|i| position - batch.len() + i));
        pass.events.append(&batch)?;
        if kept.len() > most.max(1).saturating_mul(2) {
            shrink(&mut pass, &mut kept, most);
        }
        Ok(())
    })?;
    shrink(&mut pass, &mut kept, most);
    pass.account = account;
    Ok(pass)
}

/// Keeps the jets with the `most` smallest keys.
fn shrink(pass: &mut Pass, kept: &mut Vec<(u64, usize)>, most: usize) {
    if kept.len() <= most {
        return;
    }
    kept.sort_unstable();
    kept.truncate(most);
    let mut positions: Vec<usize> = kept.iter().map(|&(_, position)| position).collect();
    positions.sort_unstable();
    let rows: Vec<usize> = (0..pass.kept.len())
        .filter(|&row| positions.binary_search(&pass.kept[row]).is_ok())
        .collect();
    pass.events = pass.events.select(&rows);
    pass.kept = positions;
}

/// A score that is not a number would be ordered somewhere, silently.
fn check_scores(scores: &Scores, tagger: &Tagger) -> Result<(), PipelineError> {
    match scores.logit.iter().position(|score| !score.is_finite()) {
        None => Ok(()),
        Some(i) => Err(PipelineError::Setting {
            setting: tagger.path.display().to_string(),
            problem: format!(
                "the model's logit of a jet is {}, expected finite numbers; \
                 check the weights and the input specification",
                scores.logit[i]
            ),
        }),
    }
}
