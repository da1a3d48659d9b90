//! What matters to the tagger over all jets: permutations, rankings, agreement.

use pellucid_core::Interval;
use pellucid_report::figure::{Axis, Bar, Bars};
use pellucid_report::page::{Block, Callout, Choice, Look, Picker, Status};
use pellucid_report::table::Cell;
use pellucid_report::{Section, Table};

use super::{View, missing, names};
use crate::explain::result::{AgreementResult, AttributionResult, ImportanceResult, MethodResult};

pub(super) fn section(view: &View<'_>) -> Section {
    let mut section = Section::new("What matters overall");
    for block in permutation(view) {
        section = section.add(block);
    }
    match &view.result.attribution {
        None => section.add(missing("the inputs were attributed")),
        Some(attribution) => {
            section = section.add(rankings(view, attribution));
            for block in agreement(attribution) {
                section = section.add(block);
            }
            section
        }
    }
}

fn permutation(view: &View<'_>) -> Vec<Block> {
    let Some(importance) = &view.result.importance else {
        return vec![missing("the inputs were permuted").into()];
    };
    let repeats = importance.repeats;
    let jets = names::jets(importance.events);
    let models = view.request.settings.attribution.random_models;
    let losses = Bars {
        title: "Loss of AUC when a group of inputs is permuted among jets.".to_owned(),
        caption: format!(
            "{jets}, {repeats} permutations; bars are means, whiskers one standard error. Where a whisker holds zero, no loss is established."
        ),
        axis: Axis::new("loss of AUC $\\Delta\\mathrm{AUC}$", ""),
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
        name: "tagger, mean ± standard error".to_owned(),
        reference_name: String::new(),
    };
    let orders = Bars {
        title: "Change of the jets’ order when a group of inputs is permuted.".to_owned(),
        caption: format!(
            "The same {jets}: 0 leaves the order as it is, 1 leaves nothing of it. Grey: {models} models of the \
             same shape with random weights, mean ± standard deviation; a bar within the grey says nothing of the training."
        ),
        axis: Axis::new("change of order", ""),
        bars: reordered(view, importance),
        name: "tagger, mean ± standard error".to_owned(),
        reference_name: "random weights".to_owned(),
    };
    vec![
        losses.figure("importance").into(),
        orders.figure("reordering").into(),
        Callout::new(
            Status::Note,
            "Permuted jets do not exist",
            "Inputs that depend on each other are torn apart by a permutation, so the tagger is asked about jets \
             that it never saw. Large losses are real, small differences between groups are not.",
        )
        .into(),
    ]
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
            names::jets(attribution.events),
            view.request.settings.replicas,
            view.request.settings.attribution.random_models
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
        name: "tagger, 68 %".to_owned(),
        reference_name: "random weights".to_owned(),
    };
    bars.figure(&format!("ranking-{}", method.method)).into()
}

fn agreement(attribution: &AttributionResult) -> Vec<Block> {
    if attribution.agreement.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(
        &format!(
            "How far two methods say the same of the same {}: Spearman’s correlation of their maps of the mean \
             modulus, and Pearson’s correlation within a jet, averaged over jets; bootstrap errors.",
            names::jets(attribution.events)
        ),
        ["first method", "second method", "maps", "within a jet"],
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
            .map(disagreement),
    );
    blocks
}

fn disagreement(pair: &AgreementResult) -> Block {
    let [first, second] = pair.methods.each_ref().map(|name| names::method(name));
    Callout::new(
        Status::Caution,
        "Methods disagree about single jets",
        &format!(
            "{first} and {second} correlate by {:.2} within a jet: what one of them says of a single jet is no \
             property of the tagger alone.",
            pair.events.value
        ),
    )
    .into()
}
