//! How well the tagger does, and how each observable orders jets.

use pellucid_core::Estimate;
use pellucid_core::missing::known;
use pellucid_core::statistics::{
    Bootstrap, auc_estimate, correlation, mean_estimate, quantiles, roc,
};
use pellucid_distill::average_decision_ordering;
use pellucid_distill::ordering::{Folded, weighted_decision_ordering};
use pellucid_observables::jets::shapes;

use super::pass::Pass;
use super::result::{BlackBox, ClassHistogram, ObservableResult, Profile, ScoreHistogram};
use super::settings::ExplainSettings;
use crate::PipelineError;

/// Signal efficiencies of the table.
const WORKING_POINTS: [f64; 3] = [0.3, 0.5, 0.8];

/// What the symbols in the definitions of observables of jets mean.
pub(crate) const LEGEND: &str = "$z$ is a constituent’s share of the transverse momentum, $r$ its distance from the \
                                 jet’s axis";

/// The tagger's ROC curve with its bootstrap band.
pub(crate) fn black_box(pass: &Pass, settings: &ExplainSettings, seed: u64) -> BlackBox {
    let bootstrap = Bootstrap {
        seed,
        replicas: settings.replicas,
    };
    let efficiencies: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
    let curve = roc(
        &pass.scores.logit,
        &pass.labels,
        pass.weights(),
        &efficiencies,
        bootstrap,
    );
    let working_points = roc(
        &pass.scores.logit,
        &pass.labels,
        pass.weights(),
        &WORKING_POINTS,
        bootstrap,
    );
    let signal = pass.labels.iter().filter(|&&label| label).count();
    BlackBox {
        auc: auc_estimate(&pass.scores.logit, &pass.labels, pass.weights()),
        events: [signal, pass.labels.len() - signal],
        roc: curve,
        working_points,
        scores: scores(pass, &settings.classes),
    }
}

/// The logit of both classes, each to sum 1, between its 0.2 % and 99.8 % quantiles.
fn scores(pass: &Pass, classes: &[String; 2]) -> ScoreHistogram {
    const BINS: usize = 50;
    let (logits, labels) = (&pass.scores.logit, &pass.labels);
    let ends = quantiles(logits, &[0.002, 0.998]);
    let (low, width) = (ends[0], (ends[1] - ends[0]) / BINS as f64);
    let class = |name: &String, wanted: bool| {
        let (mut contents, mut squares) = (vec![0.0; BINS], vec![0.0; BINS]);
        let mut total = 0.0_f64;
        for jet in (0..labels.len()).filter(|&jet| labels[jet] == wanted) {
            let weight = pass.weights().map_or(1.0, |weights| weights[jet]);
            total += weight;
            let bin = (logits[jet] - low) / width;
            if (0.0..=BINS as f64).contains(&bin) {
                let bin = (bin as usize).min(BINS - 1);
                contents[bin] += weight;
                squares[bin] += weight * weight;
            }
        }
        let total = if total == 0.0 { 1.0 } else { total };
        ClassHistogram {
            class: name.clone(),
            contents: contents.iter().map(|n| n / total).collect(),
            variances: squares.iter().map(|n| n / (total * total)).collect(),
        }
    };
    ScoreHistogram {
        edges: (0..=BINS).map(|i| low + width * i as f64).collect(),
        classes: vec![class(&classes[0], true), class(&classes[1], false)],
    }
}

/// Every observable: its own AUC and its decision ordering with the tagger.
pub(crate) fn observables(pass: &Pass) -> Result<Vec<ObservableResult>, PipelineError> {
    let mut out = Vec::new();
    for (observable, column) in shapes::standard().iter().zip(&pass.observables) {
        let about = observable.about();
        let auc = auc_estimate(column, &pass.labels, pass.weights());
        let (score, labels) = (&pass.scores.logit, &pass.labels);
        let ordering = match pass.weights() {
            None => average_decision_ordering(score, column, labels)?.ado,
            Some(weights) => weighted_decision_ordering(score, column, labels, weights)?,
        };
        let folded = Folded::of(ordering);
        out.push(ObservableResult {
            name: about.name.to_owned(),
            latex: about.latex.to_owned(),
            unit: about.unit.to_owned(),
            definition: about.definition.to_owned(),
            reference: about.reference.to_owned(),
            sign: folded.sign,
            auc: Estimate::new(auc.value.max(1.0 - auc.value), auc.error),
            ado: folded.ado,
            correlation: known(correlation(column, &pass.scores.logit, pass.weights())),
            profile: profile(column, pass),
        });
    }
    out.sort_by(|a, b| b.ado.value.total_cmp(&a.ado.value));
    Ok(out)
}

/// The mean logit in bins of an observable between its 1 % and 99 % quantiles,
/// background and signal apart; weighted jets count by weight, and a bin says
/// something if the sum of its weights is above 0.
fn profile(column: &[f64], pass: &Pass) -> Profile {
    const BINS: usize = 20;
    let ends = quantiles(column, &[0.01, 0.99]);
    let (low, high) = (ends[0], ends[1]);
    let width = (high - low) / BINS as f64;
    let edges: Vec<f64> = (0..=BINS).map(|i| low + width * i as f64).collect();
    let mut bins = vec![[const { (Vec::new(), Vec::new()) }; BINS]; 2];
    if width > 0.0 {
        for (i, &x) in column.iter().enumerate() {
            if (low..=high).contains(&x) {
                let bin = (((x - low) / width) as usize).min(BINS - 1);
                let (scores, weights) = &mut bins[usize::from(pass.labels[i])][bin];
                scores.push(pass.scores.logit[i]);
                weights.extend(pass.weights().map(|weights| weights[i]));
            }
        }
    }
    let of = |class: usize| -> (Vec<f64>, Vec<Option<f64>>, Vec<Option<f64>>) {
        let mut out = (Vec::new(), Vec::new(), Vec::new());
        for (scores, weights) in &bins[class] {
            let weights = pass.weights().map(|_| weights.as_slice());
            let total = weights.map_or(scores.len() as f64, |weights| weights.iter().sum());
            let mean = if total > 0.0 {
                mean_estimate(scores, weights)
            } else {
                Estimate::new(f64::NAN, f64::NAN)
            };
            out.0.push(total);
            out.1.push(known(mean.value));
            out.2.push(known(mean.error));
        }
        out
    };
    let (background_events, background, background_error) = of(0);
    let (signal_events, signal, signal_error) = of(1);
    Profile {
        edges,
        signal_events,
        signal,
        signal_error,
        background_events,
        background,
        background_error,
    }
}
