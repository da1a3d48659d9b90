//! What the tagger is given: its inputs, their variables, and what is left out.

use pellucid_core::Job;
use pellucid_observables::Representation;
use pellucid_observables::particles::{Cut, Entry, Formula, Transform};

use super::result::{InputResult, VariableResult};
use crate::tagger::Tagger;

/// Every input, in the order of the model's.
pub(super) fn results(tagger: &Tagger, cuts: &[Cut]) -> Vec<InputResult> {
    let inputs = tagger.representations.iter().enumerate();
    inputs
        .map(|(input, representation)| {
            let cut = cuts.get(input).copied().unwrap_or_default();
            let share = |part: f64| {
                if cut.jets > 0 {
                    part / cut.jets as f64
                } else {
                    0.0
                }
            };
            let variables = match representation {
                Representation::Particles(list) => list
                    .features
                    .iter()
                    .map(|entry| variable(tagger, input, entry))
                    .collect(),
                _ => Vec::new(),
            };
            InputResult {
                input: tagger.input_name(input).to_owned(),
                shape: representation.shape(),
                representation: representation.clone(),
                held: tagger.is_held(input),
                variables,
                cut: share(cut.cut as f64),
                cut_pt: share(cut.share),
            }
        })
        .collect()
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
