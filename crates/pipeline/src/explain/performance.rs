//! How well the tagger does, and how each observable orders jets.

use pellucid_core::statistics::{Bootstrap, auc_estimate, correlation, roc};
use pellucid_distill::average_decision_ordering;
use pellucid_observables::jets::shapes;

use super::pass::Pass;
use super::result::{BlackBox, ObservableResult, Profile};
use super::settings::ExplainSettings;
use crate::PipelineError;

/// Signal efficiencies of the table.
const WORKING_POINTS: [f64; 3] = [0.3, 0.5, 0.8];

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
        None,
        &efficiencies,
        bootstrap,
    );
    let working_points = roc(
        &pass.scores.logit,
        &pass.labels,
        None,
        &WORKING_POINTS,
        bootstrap,
    );
    let signal = pass.labels.iter().filter(|&&label| label).count();
    BlackBox {
        auc: auc_estimate(&pass.scores.logit, &pass.labels, None),
        events: [signal, pass.labels.len() - signal],
        roc: curve,
        working_points,
    }
}

/// Every observable: its own AUC and its decision ordering with the tagger.
pub(crate) fn observables(pass: &Pass) -> Result<Vec<ObservableResult>, PipelineError> {
    let mut out = Vec::new();
    for (observable, column) in shapes::standard().iter().zip(&pass.observables) {
        let about = observable.about();
        let auc = auc_estimate(column, &pass.labels, None);
        let ordering = average_decision_ordering(&pass.scores.logit, column, &pass.labels)?;
        let folded = ordering.folded();
        out.push(ObservableResult {
            name: about.name.to_owned(),
            latex: about.latex.to_owned(),
            unit: about.unit.to_owned(),
            definition: about.definition.to_owned(),
            reference: about.reference.to_owned(),
            sign: folded.sign,
            auc: pellucid_core::Estimate::new(auc.value.max(1.0 - auc.value), auc.error),
            ado: folded.ado,
            correlation: correlation(column, &pass.scores.logit, None),
            profile: profile(column, pass),
        });
    }
    out.sort_by(|a, b| b.ado.value.total_cmp(&a.ado.value));
    Ok(out)
}

/// The mean logit in bins of an observable between its 1 % and 99 % quantiles,
/// background and signal apart.
fn profile(column: &[f64], pass: &Pass) -> Profile {
    const BINS: usize = 20;
    let ends = pellucid_core::statistics::quantiles(column, &[0.01, 0.99]);
    let (low, high) = (ends[0], ends[1]);
    let width = (high - low) / BINS as f64;
    let edges: Vec<f64> = (0..=BINS).map(|i| low + width * i as f64).collect();
    let mut sums = [[[0.0; 3]; BINS]; 2];
    if width > 0.0 {
        for ((&x, &score), &label) in column.iter().zip(&pass.scores.logit).zip(&pass.labels) {
            if (low..=high).contains(&x) {
                let bin = (((x - low) / width) as usize).min(BINS - 1);
                let sum = &mut sums[usize::from(label)][bin];
                sum[0] += 1.0;
                sum[1] += score;
                sum[2] += score * score;
            }
        }
    }
    let of = |class: usize| -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let mut out = (Vec::new(), Vec::new(), Vec::new());
        for [n, sum, squares] in sums[class] {
            let mean = sum / n;
            out.0.push(n);
            out.1.push(mean);
            out.2
                .push(((squares / n - mean * mean).max(0.0) / (n - 1.0)).sqrt());
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
