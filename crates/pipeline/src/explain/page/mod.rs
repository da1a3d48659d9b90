//! The page that a physicist reads: the claim first, then what it rests on.
//!
//! Every section is one file and depends on the result alone, so that the page of a
//! `result.json` is the same whenever it is drawn. A step that an interruption kept
//! from finishing has a sentence in place of its figures; what was not asked for, or does
//! not fit the data, has no section. What an event and the model are called is in the
//! result too.

mod axioms;
mod classes;
mod distillation;
mod events;
mod features;
mod inputs;
mod maps;
mod names;
mod observables;
mod overall;
mod performance;
mod plane;
mod polynomials;
mod provenance;
mod values;

use pellucid_report::page::{Callout, Status};
use pellucid_report::{Page, Section, number, text};

use super::result::{ExplainResult, capital};

/// All that sections are made of: the result, and its nouns as prose.
pub(crate) struct View<'a> {
    /// The numbers.
    result: &'a ExplainResult,
    /// Which of the model's numbers it is about.
    number: usize,
    /// `jet`.
    one: String,
    /// `jets`.
    many: String,
    /// `a jet`.
    a_one: String,
    /// `tagger`.
    model: String,
    /// `a tagger`.
    a_model: String,
}

impl<'a> View<'a> {
    fn new(result: &'a ExplainResult) -> Self {
        let (event, model) = (&result.words.event, &result.words.model);
        Self {
            result,
            number: 0,
            one: text::literal(&event.one),
            many: text::literal(&event.many),
            a_one: text::literal(&event.with_article()),
            model: text::literal(&model.one),
            a_model: text::literal(&model.with_article()),
        }
    }

    /// `1 jet`, `20 000 jets`.
    fn counted(&self, n: usize) -> String {
        text::literal(&self.result.words.event.counted(n, &names::count(n)))
    }

    /// A title, with the number of the model that it is about, where there are several.
    fn title(&self, title: &str) -> String {
        match &self.result.output {
            Some(output) => format!("{title}: {}", text::literal(output)),
            None => title.to_owned(),
        }
    }

    /// The name of a figure, with the number of the model that it is about, where it is not
    /// the first.
    fn id(&self, name: &str) -> String {
        match self.number {
            0 => name.to_owned(),
            number => format!("{name}-of-{number}"),
        }
    }

    /// What signal and background are called, as prose.
    fn classes(&self) -> [String; 2] {
        [(0, "signal"), (1, "background")].map(|(place, otherwise)| self.class(place, otherwise))
    }

    fn class(&self, place: usize, otherwise: &str) -> String {
        let name = self.result.classes.get(place).map(String::as_str);
        text::literal(name.unwrap_or(otherwise))
    }
}

/// The page of a result, in one piece: it depends on the result alone.
pub fn draw(result: &ExplainResult) -> String {
    let view = View::new(result);
    let mut sections = vec![Some(performance::section(&view)), inputs::section(&view)];
    let further: Vec<ExplainResult> = result
        .further
        .iter()
        .map(|further| result.of_further(further))
        .collect();
    for (number, result) in std::iter::once(result).chain(&further).enumerate() {
        let view = View {
            number,
            ..View::new(result)
        };
        sections.extend([
            overall::section(&view),
            axioms::section(&view),
            maps::section(&view),
            events::section(&view),
        ]);
    }
    sections.extend([observables::section(&view), distillation::section(&view)]);
    sections
        .into_iter()
        .flatten()
        .fold(head(&view), Page::section)
        .provenance(provenance::provenance(&view))
        .footer(
            "Made by Pellucid. This file is complete: it loads nothing from a network and reads \
             without a script.",
        )
        .html()
}

/// Title, claim and the numbers beside it.
fn head(view: &View<'_>) -> Page {
    let View {
        result,
        many,
        model,
        ..
    } = view;
    let [signal, background] = view.classes();
    let status = if result.verdict.reproduced && !result.interrupted {
        Status::Good
    } else {
        Status::Caution
    };
    let files: Vec<String> = result
        .provenance
        .data
        .iter()
        .map(|file| text::literal(&file.name))
        .collect();
    let mut page = Page::new(&format!("What the {model} has learned"))
        .kicker(&format!(
            "Pellucid · {} · {}",
            text::literal(&result.provenance.model.name),
            files.join(", ")
        ))
        .subtitle(&subtitle(view))
        .verdict(status, &result.verdict.sentence);
    let all = format!("on all {} {many}", names::count(result.provenance.jets[0]));
    if let Some(auc) = result.black_box.auc {
        page = page.key_figure(&format!("AUC of the {model}"), &number::estimate(auc), &all);
    }
    if let Some(confusion) = &result.black_box.confusion {
        page = page.key_figure("Accuracy", &number::estimate(confusion.accuracy), &all);
    }
    for value in result.black_box.values.iter().take(2) {
        let title = format!("$R^2$ of {}", text::literal(&value.name));
        page = page.key_figure(&title, &number::estimate(value.r2), &all);
    }
    if let Some((search, network)) = result
        .search
        .as_ref()
        .and_then(|search| search.network().map(|network| (search, network)))
    {
        let test = names::count(search.events[2]);
        let trainings = network.auc.trainings.len();
        page = page
            .key_figure(
                "AUC of the observables’ network",
                &number::estimate(network.auc_of_mean),
                &format!("mean score of {trainings} trainings, {test} test {many}"),
            )
            .key_figure(
                "Average decision ordering",
                &number::estimate(network.ado_of_mean),
                "$\\tfrac12$ is chance, 1 is the same order of all pairs",
            )
            .key_figure(
                "Observables",
                &(search.start.len() + search.steps.len()).to_string(),
                &format!(
                    "{} to start with, {} found",
                    search.start.len(),
                    search.steps.len()
                ),
            );
    }
    let each = match (&result.black_box.events[..], &result.black_box.classes[..]) {
        ([signal_events, background_events], []) => format!(
            "{} {signal}, {} {background}",
            names::count(*signal_events),
            names::count(*background_events)
        ),
        (_, classes) => {
            let each = classes.iter();
            let each =
                each.map(|it| format!("{} {}", names::count(it.events), text::literal(&it.name)));
            each.collect::<Vec<_>>().join(", ")
        }
    };
    page.key_figure(
        &capital(many),
        &names::count(result.provenance.jets[0]),
        &each,
    )
}

/// What the page is about, in a sentence.
fn subtitle(view: &View<'_>) -> String {
    let [signal, background] = view.classes();
    let black_box = &view.result.black_box;
    match () {
        () if !black_box.values.is_empty() => format!(
            "What the {} takes its values from, how good they are, and which explanations of them may be relied upon.",
            view.model
        ),
        () if !black_box.classes.is_empty() => format!(
            "What tells {} classes apart, how well, and which explanations of it may be relied upon.",
            black_box.classes.len()
        ),
        () if black_box.auc.is_none() => format!(
            "What the {} looks at, and which explanations of it may be relied upon.",
            view.model
        ),
        () => format!(
            "Which known observables carry the decision between {signal} and {background}, how far, and \
             which explanations of it may be relied upon."
        ),
    }
}

/// In place of what an interruption kept from being made.
fn missing(what: &str) -> Callout {
    Callout::new(
        Status::Caution,
        "Not finished",
        &format!(
            "The work was stopped before {what}. Run the command of the last section again to have it."
        ),
    )
}

/// A section that consists of this remark, if the work was stopped; what was not asked for
/// has no section.
fn missing_section(view: &View<'_>, title: &str, what: &str) -> Option<Section> {
    let stopped = view.result.interrupted;
    stopped.then(|| Section::new(title).add(missing(what)))
}
