//! How well the tagger does: rejection, working points, scores.

use pellucid_core::statistics::quantiles;
use pellucid_report::figure::{Axis, Class, Curve, Histogram, Series};
use pellucid_report::table::Cell;
use pellucid_report::{Section, Table, number};

use super::{View, names};
use crate::source::account::Weights;

const BINS: usize = 50;

pub(super) fn section(view: &View<'_>) -> Section {
    let points = &view.result.black_box.working_points;
    let half = points
        .signal_efficiency
        .iter()
        .position(|&efficiency| efficiency == 0.5);
    let [signal, background] = view.classes();
    let mut section = Section::new("Performance");
    if let Some(rejection) = half.and_then(|i| points.rejection.get(i)) {
        section = section.add(format!(
            "At half of the {signal} jets kept, one of {} {background} jets passes (68 % interval in the \
             brackets). The area under the ROC curve is {}.",
            number::interval(*rejection),
            number::estimate(view.result.black_box.auc)
        ));
    }
    if let Some(weights) = &view.pass.account.weights {
        section = section.add(weighting(view, weights));
    }
    section
        .add(roc(view).figure("roc"))
        .add(working_points(view))
        .add(scores(view).figure("scores"))
}

/// What it means here that jets have weights.
fn weighting(view: &View<'_>, weights: &Weights) -> String {
    let classes = view.classes();
    let of = |class: usize| {
        format!(
            "{} {} jets of the weight {} say as much as {} of weight one",
            names::count(view.result.black_box.events[class]),
            classes[class],
            number::significant(weights.sums[class], 4),
            number::significant(weights.effective[class], 3)
        )
    };
    let negative = match weights.negative {
        0 => String::new(),
        1 => " One jet has a negative weight.".to_owned(),
        count => format!(" {} jets have a negative weight.", names::count(count)),
    };
    format!(
        "Jets count by their weights (`{}`) in every figure of this page but in medians, quantiles, the choice of \
         bins and the jets shown one by one: {}; {}.{negative}",
        weights.column,
        of(0),
        of(1)
    )
}

fn roc(view: &View<'_>) -> Curve {
    let black_box = &view.result.black_box;
    let [signal, background] = view.classes();
    let [signal_jets, background_jets] = black_box.events.map(names::count);
    let efficiency = black_box.roc.signal_efficiency.clone();
    let guess = efficiency.iter().map(|e| 1.0 / e).collect();
    Curve {
        title: "Background rejection against signal efficiency.".to_owned(),
        caption: format!(
            "All jets of the files: {signal_jets} {signal} and {background_jets} {background}. The band is the \
             68 % interval of {} bootstrap samples; the other line is a tagger that guesses.",
            view.request.settings.replicas
        ),
        x: signal_efficiency(),
        y: Axis::new("background rejection $1/\\varepsilon_B$", "").log(),
        series: vec![
            rejection("tagger", &black_box.roc),
            Series::line("guessing", efficiency, guess),
        ],
        references: Vec::new(),
    }
}

/// The horizontal axis of a ROC curve.
pub(super) fn signal_efficiency() -> Axis {
    Axis::new("signal efficiency $\\varepsilon_S$", "").range(0.0, 1.0)
}

/// A ROC curve as a line with its band.
pub(super) fn rejection(name: &str, roc: &pellucid_core::statistics::Roc) -> Series {
    let all = |end: fn(&pellucid_core::Interval) -> f64| roc.rejection.iter().map(end).collect();
    Series::line(name, roc.signal_efficiency.clone(), all(|r| r.value))
        .interval(all(|r| r.low), all(|r| r.high))
}

fn working_points(view: &View<'_>) -> Table {
    let mut table = Table::new(
        &format!(
            "Rejection at fixed signal efficiency, with 68 % intervals of {} bootstrap samples of all jets.",
            view.request.settings.replicas
        ),
        [
            "signal efficiency $\\varepsilon_S$ [%]",
            "background rejection $1/\\varepsilon_B$",
            "background efficiency $\\varepsilon_B$ [%]",
            "guessing, $1/\\varepsilon_B$",
        ],
    );
    let points = &view.result.black_box.working_points;
    for (&efficiency, &rejection) in points.signal_efficiency.iter().zip(&points.rejection) {
        table.push([
            Cell::Exact(100.0 * efficiency),
            rejection.into(),
            Cell::Number(100.0 / rejection.value, 3),
            Cell::Number(1.0 / efficiency, 3),
        ]);
    }
    table
}

/// The logit of both classes, each to sum 1.
fn scores(view: &View<'_>) -> Histogram {
    let (logits, labels) = (&view.pass.scores.logit, &view.pass.labels);
    let ends = quantiles(logits, &[0.002, 0.998]);
    let (low, width) = (ends[0], (ends[1] - ends[0]) / BINS as f64);
    let class = |name: String, wanted: bool| {
        let (mut contents, mut squares) = (vec![0.0; BINS], vec![0.0; BINS]);
        let mut total = 0.0_f64;
        for jet in (0..labels.len()).filter(|&jet| labels[jet] == wanted) {
            let weight = view.pass.weights().map_or(1.0, |weights| weights[jet]);
            total += weight;
            let bin = (logits[jet] - low) / width;
            if (0.0..=BINS as f64).contains(&bin) {
                let bin = (bin as usize).min(BINS - 1);
                contents[bin] += weight;
                squares[bin] += weight * weight;
            }
        }
        let total = if total == 0.0 { 1.0 } else { total };
        let variances = squares.iter().map(|n| n / (total * total)).collect();
        Class {
            name,
            contents: contents.iter().map(|n| n / total).collect(),
            variances,
        }
    };
    let [signal, background] = view.classes();
    Histogram {
        title: match view.result.explained {
            Some(_) => "The tagger’s score.".to_owned(),
            None => "The tagger’s logit.".to_owned(),
        },
        caption: format!(
            "All {}; {}. The range leaves out 0.2 % of the jets at either end.",
            names::jets(labels.len()),
            if view.pass.weights().is_some() {
                "each class divided by the sum of its weights, errors are the root of the bin’s squared weights"
            } else {
                "each class divided by its number of jets, errors are the square root of the bin’s jets"
            }
        ),
        x: match &view.result.explained {
            Some(explained) => Axis::new(&format!("score ${explained}$"), ""),
            None => Axis::new("logit $\\ln\\,p/(1-p)$", ""),
        },
        y: Axis::new("share of jets per bin", ""),
        edges: (0..=BINS).map(|i| low + width * i as f64).collect(),
        classes: vec![class(signal, true), class(background, false)],
    }
}
