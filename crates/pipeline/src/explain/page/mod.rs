//! The page that a physicist reads: the claim first, then what it rests on.
//!
//! Every section is one file and depends on the result alone, apart from maps
//! and single jets, which also look at jets. A step that an interruption kept
//! from finishing has a sentence in place of its figures.

mod axioms;
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

use pellucid_report::page::{Callout, Status};
use pellucid_report::{Page, Section, number, text};

use super::attribution::ShownEvent;
use super::pass::Pass;
use super::result::ExplainResult;
use super::run::Request;
use crate::tagger::Tagger;

/// All that sections are made of.
pub(crate) struct View<'a> {
    /// The numbers.
    result: &'a ExplainResult,
    /// What was asked for.
    request: &'a Request,
    /// The tagger.
    tagger: &'a Tagger,
    /// Every jet's score and observables, and the kept jets.
    pass: &'a Pass,
    /// The jets of the picker.
    shown: &'a [ShownEvent],
}

impl View<'_> {
    /// What signal and background are called, as prose.
    fn classes(&self) -> [String; 2] {
        self.request
            .settings
            .classes
            .each_ref()
            .map(|name| text::literal(name))
    }
}

/// The whole page.
pub(crate) fn page(
    result: &ExplainResult,
    request: &Request,
    tagger: &Tagger,
    pass: &Pass,
    shown: &[ShownEvent],
) -> String {
    let view = View {
        result,
        request,
        tagger,
        pass,
        shown,
    };
    let mut page = head(&view)
        .section(performance::section(&view))
        .section(overall::section(&view));
    for section in [
        inputs::section(&view),
        axioms::section(&view),
        maps::section(&view),
        events::section(&view),
    ] {
        page = section.into_iter().fold(page, Page::section);
    }
    page.section(observables::section(&view))
        .section(distillation::section(&view))
        .provenance(provenance::provenance(&view))
        .footer(
            "Made by Pellucid. This file is complete: it loads nothing from a network and reads \
             without a script.",
        )
        .html()
}

/// Title, claim and the numbers beside it.
fn head(view: &View<'_>) -> Page {
    let View { result, .. } = view;
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
    let mut page = Page::new("What the tagger has learned")
        .kicker(&format!(
            "Pellucid · {} · {}",
            text::literal(&result.provenance.model.name),
            files.join(", ")
        ))
        .subtitle(&format!(
            "Which known observables carry the decision between {signal} and {background}, how far, and \
             which explanations of it may be relied upon."
        ))
        .verdict(status, &result.verdict.sentence)
        .key_figure(
            "AUC of the tagger",
            &number::estimate(result.black_box.auc),
            &format!("on all {} jets", names::count(result.provenance.jets[0])),
        );
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
                &format!("mean score of {trainings} trainings, {test} test jets"),
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
    let [signal_jets, background_jets] = result.black_box.events.map(names::count);
    page.key_figure(
        "Jets",
        &names::count(result.provenance.jets[0]),
        &format!("{signal_jets} {signal}, {background_jets} {background}"),
    )
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

/// A section that consists of this remark.
fn missing_section(title: &str, what: &str) -> Section {
    Section::new(title).add(missing(what))
}
