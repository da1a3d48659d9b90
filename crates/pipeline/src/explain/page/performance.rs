//! How well the model does: rejection, working points, scores.

use pellucid_core::Estimate;
use pellucid_core::statistics::Roc;
use pellucid_report::figure::{Axis, Class, Curve, Histogram, Series};
use pellucid_report::table::Cell;
use pellucid_report::{Section, Table, number, text};

use super::{View, classes, names, values};
use crate::explain::result::capital;
use crate::source::account::Weights;

pub(super) fn section(view: &View<'_>) -> Section {
    let black_box = &view.result.black_box;
    let mut section = Section::new("Performance");
    if let Some(weights) = &view.result.provenance.read.weights {
        section = section.add(weighting(view, weights));
    }
    if let (Some(auc), Some(roc), Some(points)) =
        (black_box.auc, &black_box.roc, &black_box.working_points)
    {
        section = two(view, section, auc, roc, points);
    } else if !black_box.classes.is_empty() {
        section = classes::blocks(view)
            .into_iter()
            .fold(section, Section::add);
    } else if black_box.values.is_empty() {
        section = section.add(format!(
            "The files tell no truth of the {}: how well the {} does is not judged.",
            view.many, view.model
        ));
    } else {
        section = values::blocks(view).into_iter().fold(section, Section::add);
    }
    section = section.add(scores(view).figure("scores"));
    match &black_box.calibration {
        Some(calibration) => section.add(classes::calibration(view, calibration)),
        None => section,
    }
}

/// Signal against background.
fn two(view: &View<'_>, mut section: Section, auc: Estimate, curve: &Roc, points: &Roc) -> Section {
    let efficiencies = &points.signal_efficiency;
    let half = efficiencies
        .iter()
        .position(|&efficiency| efficiency == 0.5);
    let [signal, background] = view.classes();
    let many = &view.many;
    if let Some(rejection) = half.and_then(|i| points.rejection.get(i)) {
        section = section.add(format!(
            "At half of the {signal} {many} kept, one of {} {background} {many} passes (68 % interval in the \
             brackets). The area under the ROC curve is {}.",
            number::interval(*rejection),
            number::estimate(auc)
        ));
    }
    section
        .add(roc(view, curve).figure("roc"))
        .add(working_points(view, points))
}

/// What it means here that jets have weights.
fn weighting(view: &View<'_>, weights: &Weights) -> String {
    let View { one, many, .. } = view;
    let black_box = &view.result.black_box;
    let names: Vec<String> = match (&black_box.classes[..], black_box.auc) {
        ([], Some(_)) => view.classes().to_vec(),
        (classes, _) => classes
            .iter()
            .map(|class| text::literal(&class.name))
            .collect(),
    };
    let of = |class: usize| {
        let name = names
            .get(class)
            .map_or_else(String::new, |name| format!("{name} "));
        format!(
            "{} {name}{many} of the weight {} say as much as {} of weight one",
            names::count(black_box.events.get(class).copied().unwrap_or(0)),
            number::significant(weights.sums[class], 4),
            number::significant(weights.effective[class], 3)
        )
    };
    let negative = match weights.negative {
        0 => String::new(),
        1 => format!(" One {one} has a negative weight."),
        count => format!(" {} {many} have a negative weight.", names::count(count)),
    };
    let each: Vec<String> = (0..weights.sums.len()).map(of).collect();
    format!(
        "{} count by their weights (`{}`) in every figure of this page but in medians, quantiles, the choice of \
         bins and the {many} shown one by one: {}.{negative}",
        capital(many),
        weights.column,
        each.join("; ")
    )
}

fn roc(view: &View<'_>, curve: &Roc) -> Curve {
    let View {
        many,
        model,
        a_model,
        ..
    } = view;
    let [signal, background] = view.classes();
    let events = &view.result.black_box.events;
    let [signal_jets, background_jets] =
        [0, 1].map(|class| names::count(events.get(class).copied().unwrap_or(0)));
    let efficiency = curve.signal_efficiency.clone();
    let guess = efficiency.iter().map(|e| 1.0 / e).collect();
    Curve {
        title: "Background rejection against signal efficiency.".to_owned(),
        caption: format!(
            "All {many} of the files: {signal_jets} {signal} and {background_jets} {background}. The band is the \
             68 % interval of {} bootstrap samples; the other line is {a_model} that guesses.",
            view.result.provenance.settings.replicas
        ),
        x: signal_efficiency(),
        y: Axis::new("background rejection $1/\\varepsilon_B$", "").log(),
        series: vec![
            rejection(model, curve),
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
pub(super) fn rejection(name: &str, roc: &Roc) -> Series {
    let all = |end: fn(&pellucid_core::Interval) -> f64| roc.rejection.iter().map(end).collect();
    Series::line(name, roc.signal_efficiency.clone(), all(|r| r.value))
        .interval(all(|r| r.low), all(|r| r.high))
}

fn working_points(view: &View<'_>, points: &Roc) -> Table {
    let mut table = Table::new(
        &format!(
            "Rejection at fixed signal efficiency, with 68 % intervals of {} bootstrap samples of all {}.",
            view.result.provenance.settings.replicas, view.many
        ),
        [
            "signal efficiency $\\varepsilon_S$ [%]",
            "background rejection $1/\\varepsilon_B$",
            "background efficiency $\\varepsilon_B$ [%]",
            "guessing, $1/\\varepsilon_B$",
        ],
    );
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
    let View {
        result,
        many,
        model,
        ..
    } = view;
    let classes = result.black_box.scores.classes.iter().map(|class| Class {
        name: text::literal(&class.class),
        contents: class.contents.clone(),
        variances: class.variances.clone(),
    });
    let sum = if result.provenance.read.weights.is_some() {
        "each class divided by the sum of its weights, errors are the root of the bin’s squared weights".to_owned()
    } else {
        format!(
            "each class divided by its number of {many}, errors are the square root of the bin’s {many}"
        )
    };
    Histogram {
        title: match result.explained {
            Some(_) => format!("The {model}’s score."),
            None => format!("The {model}’s logit."),
        },
        caption: format!(
            "All {}; {sum}. The range leaves out 0.2 % of the {many} at either end.",
            view.counted(result.provenance.jets[0])
        ),
        x: match &result.explained {
            Some(explained) => Axis::new(&format!("score ${explained}$"), ""),
            None => Axis::new("logit $\\ln\\,p/(1-p)$", ""),
        },
        y: Axis::new(&format!("share of {many} per bin"), ""),
        edges: result.black_box.scores.edges.clone(),
        classes: classes.collect(),
    }
}
