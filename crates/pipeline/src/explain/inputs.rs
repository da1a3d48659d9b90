//! What the tagger is given: its inputs, their variables, and what is left out.

use std::collections::BTreeMap;

use pellucid_core::{Inputs, Job};
use pellucid_observables::particles::{Cut, Entry, Formula, Transform};
use pellucid_observables::{Representation, Standardise};

use super::result::{InputResult, VariableResult};
use crate::input_spec::graph::Part;
use crate::input_spec::{Any, Input, Port};
use crate::tagger::Tagger;

/// Every input, in the order of the model's.
pub(super) fn results(tagger: &Tagger, events: &Inputs, cuts: &[Cut]) -> Vec<InputResult> {
    let features = events.collections().iter().flat_map(|it| &it.features);
    let units: BTreeMap<String, String> = features
        .map(|feature| (feature.name.clone(), feature.unit.clone()))
        .collect();
    let inputs = tagger.ports.iter().enumerate();
    inputs
        .map(|(input, port)| {
            let cut = cuts.get(input).copied().unwrap_or_default();
            let share = |part: f64| {
                if cut.jets > 0 {
                    part / cut.jets as f64
                } else {
                    0.0
                }
            };
            let variables = match &port.input {
                Input::Jets(Representation::Particles(list)) => list
                    .features
                    .iter()
                    .map(|entry| variable(tagger, input, entry))
                    .collect(),
                Input::Jets(_) => Vec::new(),
                Input::Any(any) => variables(port, any, &units),
            };
            InputResult {
                input: tagger.input_name(input).to_owned(),
                shape: port.row_shape(),
                representation: port.input.clone(),
                held: tagger.is_held(input),
                variables,
                cut: share(cut.cut as f64),
                cut_pt: share(cut.share),
            }
        })
        .collect()
}

/// The columns of an input, or the features of nodes and edges.
fn variables(port: &Port, any: &Any, units: &BTreeMap<String, String>) -> Vec<VariableResult> {
    let of = |name: &String, standard: Option<Standardise>, more: String| {
        let Standardise { mean, scale } = standard.unwrap_or(Standardise::IDENTITY);
        let mut transform = said(Transform {
            subtract: rounded(mean),
            multiply: 1.0,
            ..Transform::IDENTITY
        });
        if scale != 1.0 {
            let moved = if transform.is_empty() {
                "v"
            } else {
                &transform
            };
            transform = format!("{moved} / {}", short(scale));
        }
        if !more.is_empty() {
            let comma = if transform.is_empty() { "" } else { ", " };
            transform = format!("{transform}{comma}{more}");
        }
        VariableResult {
            name: name.clone(),
            formula: String::new(),
            unit: units.get(name).cloned().unwrap_or_default(),
            transform,
            told: true,
            pad: 0.0,
        }
    };
    match (any, port.part) {
        (Any::Columns(columns), _) => {
            let mut number = 0;
            let feature = |name: &String| {
                if let Some(list) = columns.categories.get(name) {
                    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                    return of(name, None, format!("1 for one of {}", list.join(", ")));
                }
                number += 1;
                let clip = columns.clip_of(name);
                let cut =
                    clip.map_or_else(String::new, |[low, high]| format!("cut to [{low}, {high}]"));
                of(name, Some(columns.standard(number - 1)), cut)
            };
            columns.features.iter().map(feature).collect()
        }
        (Any::Graph(graph), Some(Part::X)) => {
            let nodes = graph.nodes.iter().enumerate();
            nodes
                .map(|(place, name)| of(name, Some(graph.standard(place)), String::new()))
                .collect()
        }
        (Any::Graph(graph), Some(Part::EdgeAttr)) => graph
            .edge_features
            .iter()
            .map(|name| of(name, None, String::new()))
            .collect(),
        _ => Vec::new(),
    }
}

/// A number as it is read, in five digits.
fn short(number: f64) -> String {
    pellucid_report::number::significant(number, 5)
}

/// The same as a number.
fn rounded(number: f64) -> f64 {
    format!("{number:.4e}").parse().unwrap_or(number)
}

fn variable(tagger: &Tagger, input: usize, entry: &Entry) -> VariableResult {
    VariableResult {
        name: entry.name.clone(),
        formula: if entry.formula.absent().is_empty() {
            bare(&entry.formula)
        } else {
            String::new()
        },
        unit: entry.unit().to_owned(),
        transform: said(entry.transform),
        told: tagger.tells(input, &entry.name),
        pad: entry.transform.pad,
    }
}

/// A formula without the brackets about all of it.
fn bare(formula: &Formula) -> String {
    let text = formula.to_string();
    match formula {
        Formula::Call(function, _) if function.is_operator() => {
            let inner = text
                .strip_prefix('(')
                .and_then(|text| text.strip_suffix(')'));
            inner.unwrap_or(&text).to_owned()
        }
        _ => text,
    }
}

/// `(v - 1.7) * 0.7, cut to [-5, 5]`.
fn said(transform: Transform) -> String {
    let Transform {
        subtract,
        multiply,
        clip: [low, high],
        ..
    } = transform;
    let mut parts = Vec::new();
    if subtract != 0.0 || multiply != 1.0 {
        let moved = match subtract {
            0.0 => "v".to_owned(),
            s if s < 0.0 => format!("(v + {})", -s),
            s => format!("(v - {s})"),
        };
        parts.push(if multiply == 1.0 {
            moved
        } else {
            format!("{moved} * {multiply}")
        });
    }
    match (low.is_finite(), high.is_finite()) {
        (true, true) => parts.push(format!("cut to [{low}, {high}]")),
        (true, false) => parts.push(format!("at least {low}")),
        (false, true) => parts.push(format!("at most {high}")),
        (false, false) => {}
    }
    parts.join(", ")
}

/// Says which lists are too short for how many jets, once for lists that leave out
/// the same.
pub(crate) fn tell_cuts(tagger: &Tagger, cuts: &[Cut], job: &Job) {
    let mut told: Vec<Cut> = Vec::new();
    for (input, &cut) in cuts.iter().enumerate() {
        if cut.cut == 0 || told.contains(&cut) {
            continue;
        }
        told.push(cut);
        job.note(&sentence(tagger.input_name(input), cut));
    }
}

/// What a list leaves out, as a sentence.
pub(crate) fn sentence(input: &str, cut: Cut) -> String {
    format!(
        "`{input}`: {} of {} jets have more particles than the list; their softest are left out, {:.2} % of the \
         transverse momentum on average over all jets",
        cut.cut,
        cut.jets,
        100.0 * cut.share / cut.jets.max(1) as f64
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_to_a_variable_is_said_in_a_few_signs() {
        let transform = |subtract, multiply, clip| Transform {
            subtract,
            multiply,
            clip,
            ..Transform::IDENTITY
        };
        let none = [f64::NEG_INFINITY, f64::INFINITY];
        for (made, expected) in [
            (
                transform(1.7, 0.7, [-5.0, 5.0]),
                "(v - 1.7) * 0.7, cut to [-5, 5]",
            ),
            (transform(-4.7, 1.0, none), "(v + 4.7)"),
            (
                transform(0.0, 2.0, [0.0, f64::INFINITY]),
                "v * 2, at least 0",
            ),
            (Transform::IDENTITY, ""),
        ] {
            assert_eq!(said(made), expected);
        }
    }
}
