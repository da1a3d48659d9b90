//! How well the model does, and how each observable orders events.

use pellucid_core::Estimate;
use pellucid_core::missing::known;
use pellucid_core::statistics::{
    Bootstrap, auc_estimate, correlation, mean_estimate, quantiles, roc,
};
use pellucid_core::target::Truth;
use pellucid_distill::average_decision_ordering;
use pellucid_distill::ordering::{Folded, weighted_decision_ordering};

use super::pass::Pass;
use super::result::{BlackBox, ClassHistogram, ObservableResult, Profile, ScoreHistogram};
use super::settings::ExplainSettings;
use super::{classes, values};
use crate::PipelineError;

/// Signal efficiencies of the table.
const WORKING_POINTS: [f64; 3] = [0.3, 0.5, 0.8];

/// What the symbols in the definitions of observables of jets mean.
pub(crate) const LEGEND: &str = "$z$ is a constituent’s share of the transverse momentum, $r$ its distance from the \
                                 jet’s axis";

/// How well the model does on all events.
pub(crate) fn black_box(pass: &Pass, settings: &ExplainSettings, seed: u64) -> BlackBox {
    let mut out = BlackBox {
        auc: None,
        events: vec![pass.target.len()],
        roc: None,
        working_points: None,
        scores: scores(pass),
        classes: Vec::new(),
        confusion: None,
        calibration: None,
        r2: None,
        values: Vec::new(),
    };
    match &pass.target.truth {
        Truth::Two { .. } => two(&mut out, pass, settings, seed),
        Truth::Classes {
            names,
            classes: of_events,
        } => classes::performance(&mut out, pass, names, of_events),
        Truth::Values { names, values } => values::performance(&mut out, pass, names, values),
        Truth::None => {}
    }
    out
}

/// The ROC curve with its bootstrap band.
fn two(out: &mut BlackBox, pass: &Pass, settings: &ExplainSettings, seed: u64) {
    let bootstrap = Bootstrap {
        seed,
        replicas: settings.replicas,
    };
    let efficiencies: Vec<f64> = (1..100).map(|i| f64::from(i) / 100.0).collect();
    let (logit, labels) = (&pass.scores.logit, &pass.labels);
    let of = |efficiencies: &[f64]| roc(logit, labels, pass.weights(), efficiencies, bootstrap);
    let signal = labels.iter().filter(|&&label| label).count();
    out.auc = Some(auc_estimate(logit, labels, pass.weights()));
    out.events = vec![signal, labels.len() - signal];
    out.roc = Some(of(&efficiencies));
    out.working_points = Some(of(&WORKING_POINTS));
    let output = &pass.scores.output;
    if output.iter().all(|p| (0.0..=1.0).contains(p)) {
        out.calibration = classes::calibration(output, labels, pass.weights());
    }
}

/// What is explained of the events of both sides, each to sum 1, between its 0.2 % and 99.8 %
/// quantiles.
pub(crate) fn scores(pass: &Pass) -> ScoreHistogram {
    const BINS: usize = 50;
    let (logits, labels) = (&pass.scores.logit, &pass.labels);
    let ends = quantiles(logits, &[0.002, 0.998]);
    let (low, high) = (ends[0], ends[1]);
    let width = if high > low {
        (high - low) / BINS as f64
    } else {
        1.0
    };
    let class = |name: &String, wanted: bool| {
        let (mut contents, mut squares) = (vec![0.0; BINS], vec![0.0; BINS]);
        let mut total = 0.0_f64;
        for event in (0..labels.len()).filter(|&event| labels[event] == wanted) {
            let weight = pass.weights().map_or(1.0, |weights| weights[event]);
            total += weight;
            let bin = (logits[event] - low) / width;
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
        classes: vec![class(&pass.sides[0], true), class(&pass.sides[1], false)],
    }
}

/// Every observable: its own AUC and its decision ordering with the model. Columns that do
/// not differ, or are not known of every event, say nothing; their names.
pub(crate) fn observables(
    pass: &Pass,
) -> Result<(Vec<ObservableResult>, Vec<String>), PipelineError> {
    let (mut out, mut left_out) = (Vec::new(), Vec::new());
    for (about, column) in pass.known.iter().zip(&pass.observables) {
        let first = column.first().copied().unwrap_or_default();
        if column.iter().any(|x| !x.is_finite()) || column.iter().all(|&x| x == first) {
            left_out.push(about.name.clone());
            continue;
        }
        let auc = auc_estimate(column, &pass.labels, pass.weights());
        let (score, labels) = (&pass.scores.logit, &pass.labels);
        let ordering = match pass.weights() {
            None => average_decision_ordering(score, column, labels)?.ado,
            Some(weights) => weighted_decision_ordering(score, column, labels, weights)?,
        };
        let folded = Folded::of(ordering);
        out.push(ObservableResult {
            name: about.name.clone(),
            latex: about.latex.clone(),
            unit: about.unit.clone(),
            definition: about.definition.clone(),
            reference: about.reference.clone(),
            sign: folded.sign,
            auc: Estimate::new(auc.value.max(1.0 - auc.value), auc.error),
            ado: folded.ado,
            correlation: known(correlation(column, &pass.scores.logit, pass.weights())),
            profile: profile(column, pass),
        });
    }
    out.sort_by(|a, b| b.ado.value.total_cmp(&a.ado.value));
    Ok((out, left_out))
}
/// The mean logit in bins of an observable between its 1 % and 99 % quantiles,
/// background and signal apart; weighted events count by weight, and a bin says
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
