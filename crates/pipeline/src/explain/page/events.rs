//! Single events to choose from: what they are, and what each method says.
//!
//! Colours have the same limits for all of them, one for each method, so that they may be
//! compared.

use std::ops::Range;

use pellucid_report::figure::{Axis, MapGroup};
use pellucid_report::page::{Block, Choice, Look, Picker, Status};
use pellucid_report::{Figure, Section, number};

use super::plane::{Picture, Plane};
use super::{View, features, maps, missing_section, names};
use crate::explain::result::{InputResult, ShownEvent, capital, read};

/// How many numbers all maps together may have: a number takes about 30 bytes
/// as colour, table and CSV, and the page is to stay below 2 MB.
const MOST_NUMBERS: usize = 40_000;

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let View { result, many, .. } = view;
    let title = format!("Single {many}");
    if result.shown.is_empty() {
        return match result.attribution {
            None => missing_section(view, &title, &format!("single {many} were explained")),
            Some(_) => None,
        };
    }
    let chosen = chosen(view);
    let mut picker = Picker::new(Look::Cards, &format!("Choose {}", view.a_one));
    for (place, event) in chosen.iter().enumerate() {
        picker = picker.choice(choice(view, &chosen, place, event));
    }
    let [signal, background] = view.classes();
    Some(
        Section::new(&title)
            .add(format!(
                "{} over the whole range of scores, {signal} first, each class from the highest logit to the \
                 lowest{}. A tick marks {} on its class’s side of logit 0, an exclamation mark {signal} below \
                 or {background} above it. Arrow keys move between the {many}.",
                view.counted(chosen.len()),
                if chosen.len() < result.shown.len() {
                    format!(" (out of {}, to keep the page small)", result.shown.len())
                } else {
                    String::new()
                },
                view.a_one
            ))
            .add(picker),
    )
}

/// The events that the page has room for, evenly out of those shown.
fn chosen<'a>(view: &View<'a>) -> Vec<&'a ShownEvent> {
    let shown = &view.result.shown;
    let methods = shown.first().map_or(0, |event| event.attributions.len());
    let inputs = view.result.inputs.iter();
    let numbers: usize = inputs
        .filter_map(|input| Picture::of(&input.representation))
        .map(|picture| Plane::of(picture).area() * (1 + methods))
        .sum();
    let most = MOST_NUMBERS
        .checked_div(numbers)
        .unwrap_or(shown.len())
        .max(1);
    let count = shown.len().min(most);
    (0..count)
        .map(|i| &shown[i * shown.len() / count])
        .collect()
}

/// What is drawn of one event.
#[derive(Clone, Copy)]
struct Shown<'a> {
    view: &'a View<'a>,
    /// All that may be chosen.
    all: &'a [&'a ShownEvent],
    /// Its place among them.
    place: usize,
    event: &'a ShownEvent,
}

impl Shown<'_> {
    /// What a method says of an input of this event, and of all.
    fn attribution(self, method: usize, input: usize) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
        let of = |event: &ShownEvent| {
            let values = event.attributions.get(method)?.values.get(input)?;
            Some(read(values))
        };
        let all = self.all.iter().filter_map(|event| of(event)).collect();
        Some((of(self.event)?, all))
    }
}

fn choice(view: &View<'_>, all: &[&ShownEvent], place: usize, event: &ShownEvent) -> Choice {
    let class = match event.class {
        Some(class @ 0) => view.class(class, "signal"),
        Some(class) => view.class(class, "background"),
        None => String::new(),
    };
    let mut note = format!("logit {}", number::significant(event.logit, 3));
    if event.class.is_some() {
        note = format!("{class} · {note}");
    }
    let mut choice = Choice::new(&format!("{} {}", capital(&view.one), place + 1)).note(&note);
    if let Some(class) = event.class {
        let right = (event.logit > 0.0) == (class == 0);
        choice = choice.status(if right { Status::Good } else { Status::Caution });
    }
    choice = choice.add(Block::Facts(facts(view, event, &class)));
    let shown = Shown {
        view,
        all,
        place,
        event,
    };
    for (number, input) in view.result.inputs.iter().enumerate() {
        if let Some(picture) = Picture::of(&input.representation) {
            choice = choice.add(of_picture(shown, number, picture));
        } else {
            for figure in of_features(shown, number, input) {
                choice = choice.add(figure);
            }
        }
    }
    choice
}

fn facts(view: &View<'_>, event: &ShownEvent, class: &str) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    if event.class.is_some() {
        facts.push(("Truth".to_owned(), class.to_owned()));
    }
    facts.push(("Logit".to_owned(), number::significant(event.logit, 4)));
    facts.push((
        "Output of the model".to_owned(),
        number::significant(event.output.unwrap_or(f64::NAN), 4),
    ));
    let among = if event.class.is_some() {
        "Within its class"
    } else {
        "Among all"
    };
    facts.push((
        among.to_owned(),
        format!("above {:.1} % of the {}", 100.0 * event.above, view.many),
    ));
    for observable in &event.observables {
        let known = view.result.observables.iter();
        let unit = known
            .filter(|known| known.name == observable.name)
            .map(|known| known.unit.as_str())
            .next();
        let value = number::significant(observable.value.unwrap_or(f64::NAN), 4);
        facts.push((
            names::observable(view.result, &observable.name),
            format!("{value} {}", unit.unwrap_or_default()),
        ));
    }
    facts
}

/// What a method leaves over for this event.
fn residual_note(residual: Option<f64>) -> String {
    residual.map_or_else(
        || "no sum promised".to_owned(),
        |residual| format!("left over {}", names::percent(residual)),
    )
}

fn of_picture(shown: Shown<'_>, input: usize, picture: Picture<'_>) -> Figure {
    let Shown {
        view,
        all,
        place,
        event,
    } = shown;
    let plane = Plane::of(picture);
    let pixels = event.input.get(input).map(|x| read(x)).unwrap_or_default();
    let inputs: Vec<Vec<f64>> = all
        .iter()
        .filter_map(|event| Some(read(event.input.get(input)?)))
        .collect();
    let brightest = |channel: Range<usize>| {
        let pixels = inputs.iter().filter_map(|input| input.get(channel.clone()));
        maps::limit(pixels.flatten())
    };
    let filled = pixels.iter().filter(|&&x| x != 0.0).count();
    let picture = (
        capital(&view.one),
        format!("{filled} pixels filled"),
        pixels.as_slice(),
    );
    let mut groups = plane.pictures(&[picture], brightest);
    for (m, said) in event.attributions.iter().enumerate() {
        let Some((values, everything)) = shown.attribution(m, input) else {
            continue;
        };
        groups.push(MapGroup {
            label: "attribution".to_owned(),
            unit: names::method_unit(&said.method).to_owned(),
            colours: maps::limits(everything.iter().flatten()),
            maps: plane.maps_of(
                &names::method(&said.method),
                |_| residual_note(said.residual),
                &values,
            ),
        });
    }
    let View { one, many, .. } = view;
    plane
        .maps(
            &format!("One {one} and what each method says of it."),
            &format!(
                "Red raises the logit, blue lowers it. Each method’s colours have the same limits for all {many}; the \
                 brightest half per cent of all pixels may lie beyond them. Left over: what the sum of the \
                 attributions misses, as a share of the explained logit."
            ),
            groups,
        )
        .figure(&view.id(&format!("jet-{}-{input}", place + 1)))
}

fn of_features(shown: Shown<'_>, number: usize, input: &InputResult) -> Vec<Figure> {
    let Shown {
        view, place, event, ..
    } = shown;
    let names_of = features::features(view, input);
    let mut out = Vec::new();
    if names_of.is_empty() {
        return out;
    }
    let sums = |values: &Vec<f64>| features::sums(view, input, values);
    for (m, said) in event.attributions.iter().enumerate() {
        let Some((values, everything)) = shown.attribution(m, number) else {
            continue;
        };
        let values = sums(&values);
        let largest = everything
            .iter()
            .flat_map(sums)
            .map(f64::abs)
            .filter(|x| x.is_finite())
            .fold(0.0, f64::max);
        let range = if largest > 0.0 { 1.05 * largest } else { 1.0 };
        let figure = features::bars(
            &format!(
                "{} of `{}`.",
                names::method(&said.method),
                input.input.replace('`', "")
            ),
            &format!(
                "Attribution to each feature, summed over particles where there are any; the axis is the same \
                 for all {}; {}.",
                view.many,
                residual_note(said.residual)
            ),
            Axis::new("attribution", names::method_unit(&said.method)).range(-range, range),
            names_of
                .iter()
                .map(|&(place, ref name)| (name.clone(), values[place]))
                .collect(),
        )
        .figure(&view.id(&format!("jet-{}-{}-{number}", place + 1, said.method)));
        out.push(figure);
    }
    out
}
