//! From a sample to what was found: orderings of every column, and the search.

use pellucid_core::statistics::auc_estimate;
use pellucid_core::target::Truth;
use pellucid_core::{Estimate, Job, Target};
use pellucid_distill::ordering::{average_decision_ordering, weighted_decision_ordering};
use pellucid_distill::{
    Candidates, Folded, GuidedSearch, Problem, Search, guided_search, split_by_group,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Settings;
use crate::PipelineError;
use crate::recipe::check_part;
use crate::source::BadRows;

/// Scores and the columns that may explain them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What the score is called.
    pub score: String,
    /// What the label is called.
    pub label: String,
    /// Its numbers for background and signal.
    pub label_values: [f64; 2],
    /// The score of every row, larger for signal.
    pub scores: Vec<f64>,
    /// True for signal.
    pub labels: Vec<bool>,
    /// How much each row counts; once without.
    pub weights: Option<Vec<f64>>,
    /// Rows of the same number belong together.
    pub groups: Vec<u64>,
    /// The columns to choose from.
    pub candidates: Candidates,
    /// Those that the search begins with.
    pub start: Vec<usize>,
    /// Columns that are the same number in every row.
    pub constant: Vec<String>,
    /// Rows that were left out.
    pub bad: Vec<BadRows>,
}

/// A column by itself, over all rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The column.
    pub name: String,
    /// How often it orders a signal-background pair as the score does, in the
    /// direction that makes it larger.
    pub ado: Estimate,
    /// 1 if it rises with the score, -1 if it falls.
    pub sign: i8,
    /// Its area under the ROC curve, in the direction that makes it larger.
    pub auc: Estimate,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// What the score is called.
    pub score: String,
    /// What the label is called.
    pub label: String,
    /// Its numbers for background and signal.
    pub label_values: [f64; 2],
    /// The rows of signal and background.
    pub rows: [usize; 2],
    /// Whether rows have weights.
    pub weighted: bool,
    /// The score's area under the ROC curve, over all rows.
    pub auc: Estimate,
    /// Every column by itself, those first that decide most like the score.
    pub columns: Vec<Column>,
    /// The search.
    pub search: Search,
    /// Columns that are the same number in every row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constant: Vec<String>,
    /// Rows that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bad_rows: Vec<BadRows>,
    /// How it was searched.
    pub settings: Settings,
    /// The seed.
    pub seed: u64,
}

/// Orders by every column, then searches.
pub fn compute(
    sample: &Sample,
    settings: &Settings,
    seed: u64,
    job: &Job,
) -> Result<Found, PipelineError> {
    let Sample {
        scores,
        labels,
        candidates,
        ..
    } = sample;
    let weights = sample.weights.as_deref();
    let [train, valid] = settings.shares;
    let split = split_by_group(&sample.groups, [train, valid, 1.0 - train - valid], seed)?;
    let target = Target {
        truth: Truth::Two {
            names: ["signal", "background"].map(str::to_owned),
            signal: labels.clone(),
        },
        weights: weights.unwrap_or_default().to_vec(),
        groups: sample.groups.iter().map(|&key| (0, key as i64)).collect(),
    };
    for (part, rows) in [
        ("training", &split.train),
        ("validation", &split.valid),
        ("test", &split.test),
    ] {
        check_part("shares", part, &target.select(rows), target.len())?;
    }
    let bar = job.start("decision ordering of every column", candidates.len() as u64);
    let column = |place: usize| {
        job.check()?;
        let values = candidates.column(place);
        let ado = match weights {
            Some(weights) => weighted_decision_ordering(scores, values, labels, weights)?,
            None => average_decision_ordering(scores, values, labels)?.ado,
        };
        let Folded { ado, sign } = Folded::of(ado);
        bar.advance(1);
        Ok::<_, PipelineError>(Column {
            name: candidates.all()[place].name.clone(),
            ado,
            sign,
            auc: Folded::of(auc_estimate(values, labels, weights)).ado,
        })
    };
    let columns: Result<Vec<Column>, _> =
        (0..candidates.len()).into_par_iter().map(column).collect();
    let mut columns = columns?;
    drop(bar);
    columns.sort_by(|a, b| b.ado.value.total_cmp(&a.ado.value));
    let problem = Problem {
        scores,
        labels,
        weights,
        candidates,
        split: &split,
        start: &sample.start,
    };
    let guided = GuidedSearch {
        seed,
        ..settings.guided.clone()
    };
    let search = guided_search(problem, &guided, &settings.student, job)?;
    let signal = labels.iter().filter(|label| **label).count();
    Ok(Found {
        score: sample.score.clone(),
        label: sample.label.clone(),
        label_values: sample.label_values,
        rows: [signal, labels.len() - signal],
        weighted: weights.is_some(),
        auc: auc_estimate(scores, labels, weights),
        columns,
        search,
        constant: sample.constant.clone(),
        bad_rows: sample.bad.clone(),
        settings: settings.clone(),
        seed,
    })
}

impl Found {
    /// What was found, in a sentence.
    pub fn sentence(&self) -> String {
        let search = &self.search;
        let start = search.start.iter().map(|one| one.name.as_str());
        let added = search.steps.iter().map(|step| step.observable.as_str());
        let all: Vec<String> = start.chain(added).map(|name| format!("`{name}`")).collect();
        let (Some(network), false) = (search.network(), all.is_empty()) else {
            return format!("No column was found that decides as `{}` does.", self.score);
        };
        format!(
            "A small network of {} orders {:.2} ± {:.2} % of signal–background pairs as `{}` does, on rows that had \
             no say.",
            all.join(", "),
            100.0 * network.ado.value,
            100.0 * network.ado.error,
            self.score
        )
    }
}
