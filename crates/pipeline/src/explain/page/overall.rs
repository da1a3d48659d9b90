//! What matters to the model over all events: permutations, rankings, agreement.

use pellucid_core::Interval;
use pellucid_report::figure::{Axis, Bar, Bars};
use pellucid_report::page::{Block, Callout, Choice, Look, Picker, Status};
use pellucid_report::table::Cell;
use pellucid_report::{Section, Table, text};

use super::{View, missing, names};
use crate::explain::result::{
    AgreementResult, AttributionResult, ImportanceResult, MethodResult, Trainings,
};

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let mut blocks = permutation(view);
    match &view.result.attribution {
        None if view.result.interrupted => {
            blocks.push(missing("the inputs were attributed").into());
        }
        None => {}
        Some(attribution) => {
            blocks.push(rankings(view, attribution));
            blocks.extend(agreement(view, attribution));
        }
    }
    if view.number == 0 {
        blocks.extend(
            view.result
                .trainings
                .iter()
                .flat_map(|it| trainings(view, it)),
        );
    }
    let section = Section::new(&view.title("What matters overall"));
    (!blocks.is_empty()).then(|| blocks.into_iter().fold(section, Section::add))
}

/// What several trainings say of the same events.
fn trainings(view: &View<'_>, trainings: &Trainings) -> Vec<Block> {
    let measure = match view.result.black_box.values[..] {
        [] => "AUC",
        _ => "$R^2$",
    };
    let count = trainings.models.len();
    let mut table = Table::new(
        &format!(
            "The {count} trainings: {measure} on the same {}.",
            view.many
        ),
        ["training", measure],
    );
    for (model, performance) in trainings.models.iter().zip(&trainings.performance) {
        table.push([text::literal(model).into(), (*performance).into()]);
    }
    let mut groups = Table::new(
        &format!(
            "Mean normalised relevance (the moduli of a group over the largest of the {}) and signed share (the signed sum of \
             a group over all moduli): means of {count} trainings ± their standard deviation, and beside each the standard \
             error over {}.",
            view.one, view.many
        ),
        [
            "method",
            "group",
            "relevance",
            "error of one training",
            "signed share",
            "error of one training",
        ],
    );
    for group in &trainings.groups {
        groups.push([
            names::method(&group.method).into(),
            names::group(view, &group.group).into(),
            group.relevance.into(),
            Cell::Number(group.relevance_error, 2),
            group.signed.into(),
            Cell::Number(group.signed_error, 2),
        ]);
    }
    let stable = trainings
        .stability
        .iter()
        .map(|(method, rho)| format!("{} {rho:.2}", names::method(method)));
    let stable: Vec<String> = stable.collect();
    let mut blocks = vec![
        format!(
            "Of {count} trainings the {measure} is {}. Spearman’s correlation between the relevance of groups in two trainings \
             is {}: where it is far from 1, the order of the groups is a training’s own.",
            pellucid_report::number::estimate(trainings.mean),
            names::list(&stable)
        )
        .into(),
        Block::Table(table),
    ];
    blocks.push(Block::Table(groups));
    blocks
}

fn permutation(view: &View<'_>) -> Vec<Block> {
    let Some(importance) = &view.result.importance else {
        let stopped = view.result.interrupted;
        return Vec::from_iter(stopped.then(|| missing("the inputs were permuted").into()));
    };
    let View { many, model, .. } = view;
    let repeats = importance.repeats;
    let jets = view.counted(importance.events);
    let models = importance.random_models;
    let measure = match importance.groups.first().map(|group| group.trained.r2_drop) {
        Some(Some(_)) => "$R^2$",
        _ => "AUC",
    };
    let losses = Bars {
        title: format!("Loss of {measure} when a group of inputs is permuted among {many}."),
        caption: format!(
            "{jets}, {repeats} permutations; bars are means, whiskers one standard error. Where a whisker holds zero, no loss is established."
        ),
        axis: Axis::new(&format!("loss of {measure}"), ""),
        bars: importance
            .groups
            .iter()
            .map(|group| Bar {
                label: names::group(view, &group.trained.group),
                value: group
                    .trained
                    .loss()
                    .map_or(symmetric(f64::NAN, f64::NAN), |loss| {
                        symmetric(loss.value, loss.error)
                    }),
                reference: None,
            })
            .collect(),
        name: format!("{model}, mean ± standard error"),
        reference_name: String::new(),
    };
    let orders = Bars {
        title: format!("Change of the {many}’ order when a group of inputs is permuted."),
        caption: format!(
            "The same {jets}: 0 leaves the order as it is, 1 leaves nothing of it. Grey: {models} models of the \
             same shape with random weights, mean ± standard deviation; a bar within the grey says nothing of the training."
        ),
        axis: Axis::new("change of order", ""),
        bars: reordered(view, importance),
        name: format!("{model}, mean ± standard error"),
        reference_name: "random weights".to_owned(),
    };
    // Without a truth there is nothing to lose.
    let judged = importance
        .groups
        .iter()
        .any(|group| group.trained.loss().is_some());
    let losses = judged.then(|| losses.figure(&view.id("importance")).into());
    let rest = vec![
        orders.figure(&view.id("reordering")).into(),
        Callout::new(
            Status::Note,
            &format!("Permuted {many} do not exist"),
            &format!(
                "Inputs that depend on each other are torn apart by a permutation, so the {model} is asked about {many} \
                 that it never saw. Large losses are real, small differences between groups are not."
            ),
        )
        .into(),
    ];
    losses.into_iter().chain(rest).collect()
}

fn reordered(view: &View<'_>, importance: &ImportanceResult) -> Vec<Bar> {
    importance
        .groups
        .iter()
        .map(|group| Bar {
            label: names::group(view, &group.trained.group),
            value: symmetric(
                group.trained.reordering.value,
                group.trained.reordering.error,
            ),
            reference: names::band(group.random_reordering),
        })
        .collect()
}

fn symmetric(value: f64, error: f64) -> Interval {
    Interval {
        value,
        low: value - error,
        high: value + error,
    }
}

fn rankings(view: &View<'_>, attribution: &AttributionResult) -> Block {
    let mut picker = Picker::new(Look::Tabs, "Ranking by attribution: choose a method");
    for method in &attribution.methods {
        picker = picker.choice(Choice::new(&names::method(&method.method)).add(ranking(
            view,
            attribution,
            method,
        )));
    }
    picker.into()
}

fn ranking(view: &View<'_>, attribution: &AttributionResult, method: &MethodResult) -> Block {
    let bars = Bars {
        title: format!(
            "Share of the modulus of the attribution by {}.",
            names::method(&method.method)
        ),
        caption: format!(
            "{}; whiskers are 68 % intervals of {} bootstrap samples. Grey: the group’s share in {} models with \
             random weights, mean ± standard deviation.",
            view.counted(attribution.events),
            view.result.provenance.settings.replicas,
            attribution.random_models
        ),
        axis: Axis::new("share of $\\langle |A| \\rangle$", ""),
        bars: method
            .ranking
            .iter()
            .map(|group| Bar {
                label: names::group(view, &group.trained.group),
                value: group.trained.share,
                reference: names::band(group.random),
            })
            .collect(),
        name: format!("{}, 68 %", view.model),
        reference_name: "random weights".to_owned(),
    };
    bars.figure(&view.id(&format!("ranking-{}", method.method)))
        .into()
}

fn agreement(view: &View<'_>, attribution: &AttributionResult) -> Vec<Block> {
    let a_one = &view.a_one;
    if attribution.agreement.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(
        &format!(
            "How far two methods say the same of the same {}: Spearman’s correlation of their maps of the mean \
             modulus, and Pearson’s correlation within {a_one}, averaged over {}; bootstrap errors.",
            view.counted(attribution.events),
            view.many
        ),
        [
            "first method",
            "second method",
            "maps",
            &format!("within {a_one}"),
        ],
    );
    for pair in &attribution.agreement {
        let [first, second] = pair
            .methods
            .each_ref()
            .map(|name| Cell::Text(names::method(name)));
        table.push([first, second, pair.maps.into(), pair.events.into()]);
    }
    let least = attribution
        .agreement
        .iter()
        .min_by(|a, b| a.events.value.total_cmp(&b.events.value));
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(
        least
            .filter(|pair| pair.events.value < 0.5)
            .map(|pair| disagreement(view, pair)),
    );
    blocks
}

fn disagreement(view: &View<'_>, pair: &AgreementResult) -> Block {
    let View {
        one,
        many,
        a_one,
        model,
        ..
    } = view;
    let [first, second] = pair.methods.each_ref().map(|name| names::method(name));
    Callout::new(
        Status::Caution,
        &format!("Methods disagree about single {many}"),
        &format!(
            "{first} and {second} correlate by {:.2} within {a_one}: what one of them says of a single {one} is no \
             property of the {model} alone.",
            pair.events.value
        ),
    )
    .into()
}
