//! Single jets to choose from: what they are, and what each method says.
//!
//! Colours have the same limits for all jets, one for each method, so that
//! jets may be compared.

use std::ops::Range;

use pellucid_observables::Representation;
use pellucid_observables::jets::shapes;
use pellucid_report::figure::{Axis, MapGroup};
use pellucid_report::page::{Block, Choice, Look, Picker, Status};
use pellucid_report::{Figure, Section, number};

use super::plane::{Picture, Plane};
use super::{View, features, maps, missing_section, names};
use crate::explain::attribution::ShownEvent;

/// How many numbers all maps together may have: a number takes about 30 bytes
/// as colour, table and CSV, and the page is to stay below 2 MB.
const MOST_NUMBERS: usize = 40_000;
/// How many observables describe a jet.
const FACTS: usize = 6;

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let title = "Single jets";
    if view.shown.is_empty() {
        return view
            .result
            .attribution
            .is_none()
            .then(|| missing_section(title, "single jets were explained"));
    }
    let chosen = chosen(view);
    let mut picker = Picker::new(Look::Cards, "Choose a jet");
    for (place, event) in chosen.iter().enumerate() {
        picker = picker.choice(choice(view, &chosen, place, event));
    }
    let [signal, background] = view.classes();
    Some(
        Section::new(title)
            .add(format!(
                "{} over the whole range of scores, {signal} first, each class from the highest logit to the \
                 lowest{}. A tick marks a jet on its class’s side of logit 0, an exclamation mark {signal} below \
                 or {background} above it. Arrow keys move between the jets.",
                names::jets(chosen.len()),
                if chosen.len() < view.shown.len() {
                    format!(" (out of {}, to keep the page small)", view.shown.len())
                } else {
                    String::new()
                }
            ))
            .add(picker),
    )
}

/// The jets that the page has room for, evenly out of those shown.
fn chosen<'a>(view: &View<'a>) -> Vec<&'a ShownEvent> {
    let methods = view
        .shown
        .first()
        .map_or(0, |event| event.attributions.len());
    let numbers: usize = view
        .tagger
        .representations
        .iter()
        .filter_map(Picture::of)
        .map(|picture| Plane::of(picture).area() * (1 + methods))
        .sum();
    let most = MOST_NUMBERS
        .checked_div(numbers)
        .unwrap_or(view.shown.len())
        .max(1);
    let count = view.shown.len().min(most);
    (0..count)
        .map(|i| &view.shown[i * view.shown.len() / count])
        .collect()
}

fn choice(view: &View<'_>, all: &[&ShownEvent], place: usize, event: &ShownEvent) -> Choice {
    let pass = view.pass;
    let jet = pass.kept[event.kept];
    let (label, logit) = (pass.labels[jet], pass.scores.logit[jet]);
    let [signal, background] = view.classes();
    let class = if label { signal } else { background };
    let right = (logit > 0.0) == label;
    let mut choice = Choice::new(&format!("Jet {}", place + 1))
        .note(&format!(
            "{class} · logit {}",
            number::significant(logit, 3)
        ))
        .status(if right { Status::Good } else { Status::Caution })
        .add(Block::Facts(facts(view, jet, &class)));
    for (input, representation) in view.tagger.representations.iter().enumerate() {
        if let Some(picture) = Picture::of(representation) {
            choice = choice.add(of_picture(view, all, place, event, input, picture));
        } else {
            for figure in of_features(view, all, place, event, input, representation) {
                choice = choice.add(figure);
            }
        }
    }
    choice
}

fn facts(view: &View<'_>, jet: usize, class: &str) -> Vec<(String, String)> {
    let pass = view.pass;
    let (label, logit) = (pass.labels[jet], pass.scores.logit[jet]);
    let own = || {
        pass.scores
            .logit
            .iter()
            .zip(&pass.labels)
            .filter(|&(_, &l)| l == label)
    };
    let below = own().filter(|&(&x, _)| x < logit).count();
    let share = below as f64 / own().count().max(1) as f64;
    let mut facts = vec![
        ("Truth".to_owned(), class.to_owned()),
        ("Logit".to_owned(), number::significant(logit, 4)),
        (
            "Output of the model".to_owned(),
            number::significant(pass.scores.output[jet], 4),
        ),
        (
            "Within its class".to_owned(),
            format!("above {:.1} % of the jets", 100.0 * share),
        ),
    ];
    for observable in view.result.observables.iter().take(FACTS) {
        let column = shapes::standard()
            .iter()
            .position(|shape| shape.about().name == observable.name);
        let value = column.and_then(|column| pass.observables.get(column)?.get(jet));
        facts.extend(value.map(|&value| {
            let name = names::observable(view.result, &observable.name);
            (
                name,
                format!("{} {}", number::significant(value, 4), observable.unit),
            )
        }));
    }
    facts
}

/// What a method leaves over for this jet.
fn residual_note(residual: Option<f64>) -> String {
    residual.map_or_else(
        || "no sum promised".to_owned(),
        |residual| format!("left over {}", names::percent(residual)),
    )
}

fn of_picture(
    view: &View<'_>,
    all: &[&ShownEvent],
    place: usize,
    event: &ShownEvent,
    input: usize,
    picture: Picture<'_>,
) -> Figure {
    let plane = Plane::of(picture);
    let empty = Vec::new();
    let pixels = event.input.get(input).unwrap_or(&empty);
    let brightest = |channel: Range<usize>| {
        let inputs = all.iter().filter_map(|event| event.input.get(input));
        maps::limit(
            inputs
                .filter_map(|input| input.get(channel.clone()))
                .flatten(),
        )
    };
    let filled = pixels.iter().filter(|&&x| x != 0.0).count();
    let picture = (
        "Jet".to_owned(),
        format!("{filled} pixels filled"),
        pixels.as_slice(),
    );
    let mut groups = plane.pictures(&[picture], brightest);
    for (m, method) in view.request.settings.attribution.methods.iter().enumerate() {
        let of = |event: &ShownEvent| {
            event
                .attributions
                .get(m)
                .and_then(|maps| maps.get(input))
                .cloned()
        };
        let Some(values) = of(event) else { continue };
        let everything: Vec<f64> = all.iter().filter_map(|event| of(event)).flatten().collect();
        let residual = event.residuals.get(m).copied().flatten();
        groups.push(MapGroup {
            label: "attribution".to_owned(),
            unit: names::method_unit(method.name()).to_owned(),
            colours: maps::limits(&everything),
            maps: plane.maps_of(
                &names::method(method.name()),
                |_| residual_note(residual),
                &values,
            ),
        });
    }
    plane
        .maps(
            "One jet and what each method says of it.",
            "Red raises the logit, blue lowers it. Each method’s colours have the same limits for all jets; the \
             brightest half per cent of all pixels may lie beyond them. Left over: what the sum of the \
             attributions misses, as a share of the explained logit.",
            groups,
        )
        .figure(&format!("jet-{}-{input}", place + 1))
}

fn of_features(
    view: &View<'_>,
    all: &[&ShownEvent],
    place: usize,
    event: &ShownEvent,
    input: usize,
    representation: &Representation,
) -> Vec<Figure> {
    let names_of = features::features(view, input, representation);
    let mut out = Vec::new();
    if names_of.is_empty() {
        return out;
    }
    for (m, method) in view.request.settings.attribution.methods.iter().enumerate() {
        let of = |event: &ShownEvent| {
            let values = event.attributions.get(m)?.get(input)?;
            Some(features::sums(representation, values))
        };
        let Some(values) = of(event) else { continue };
        let largest = all
            .iter()
            .filter_map(|event| of(event))
            .flatten()
            .map(f64::abs)
            .filter(|x| x.is_finite())
            .fold(0.0, f64::max);
        let range = if largest > 0.0 { 1.05 * largest } else { 1.0 };
        let residual = event.residuals.get(m).copied().flatten();
        let figure = features::bars(
            &format!(
                "{} of `{}`.",
                names::method(method.name()),
                view.tagger.input_name(input).replace('`', "")
            ),
            &format!(
                "Attribution to each feature, summed over particles where there are any; the axis is the same \
                 for all jets; {}.",
                residual_note(residual)
            ),
            Axis::new("attribution", names::method_unit(method.name())).range(-range, range),
            names_of
                .iter()
                .map(|&(place, ref name)| (name.clone(), values[place]))
                .collect(),
        )
        .figure(&format!("jet-{}-{}-{input}", place + 1, method.name()));
        out.push(figure);
    }
    out
}
