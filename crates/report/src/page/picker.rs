//! Pickers: panels of which one is shown, chosen by radio buttons.
//!
//! Without a script: the browser moves between radio buttons by arrow keys and
//! CSS shows the panel of the checked one. A browser that does not know
//! `:has()` shows all panels, one below the other.

use super::block::{Block, Context, Status};
use crate::markup::{put, slug};
use crate::text;

/// What the choices look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Cards with a note each: events.
    Cards,
    /// Tabs: methods.
    Tabs,
}

/// One choice and its panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    label: String,
    note: String,
    status: Option<Status>,
    blocks: Vec<Block>,
}

impl Choice {
    /// A choice with this label, as prose.
    pub fn new(label: &str) -> Self {
        Self {
            label: label.to_owned(),
            note: String::new(),
            status: None,
            blocks: Vec::new(),
        }
    }

    /// A second line of its card, as prose.
    #[must_use]
    pub fn note(mut self, note: &str) -> Self {
        note.clone_into(&mut self.note);
        self
    }

    /// A sign on its card: right or wrong.
    #[must_use]
    pub fn status(mut self, status: Status) -> Self {
        self.status = Some(status);
        self
    }

    /// Adds a block to its panel.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "one adds blocks, not choices"
    )]
    pub fn add(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}

/// A picker.
#[derive(Debug, Clone, PartialEq)]
pub struct Picker {
    look: Look,
    legend: String,
    choices: Vec<Choice>,
}

impl Picker {
    /// An empty picker; the legend, as prose, says what one chooses.
    pub fn new(look: Look, legend: &str) -> Self {
        Self {
            look,
            legend: legend.to_owned(),
            choices: Vec::new(),
        }
    }

    /// Adds a choice; the first is shown at the start.
    #[must_use]
    pub fn choice(mut self, choice: Choice) -> Self {
        self.choices.push(choice);
        self
    }

    pub(super) fn html(&self, context: &mut Context) -> String {
        let id = context.unique(&slug(&text::plain(&self.legend)));
        let (mut choices, mut panels) = (String::new(), String::new());
        for (i, choice) in self.choices.iter().enumerate() {
            let this = format!("{id}-{}", i + 1);
            let checked = if i == 0 { " checked" } else { "" };
            let sign = choice.status.map_or_else(String::new, |status| {
                format!(
                    "<span class=\"{}\">{}</span>",
                    status.class(),
                    status.sign()
                )
            });
            let note = if choice.note.is_empty() {
                String::new()
            } else {
                format!("<span class=\"note\">{}</span>", text::html(&choice.note))
            };
            put!(
                choices,
                "<input type=\"radio\" name=\"{id}\" id=\"{this}\" aria-controls=\"{this}-panel\"{checked}>\
                 <label for=\"{this}\"><span class=\"name\">{sign}{}</span>{note}</label>",
                text::html(&choice.label)
            );
            let inner = context.panel(&choice.blocks, self.choices.len());
            put!(
                panels,
                "<div class=\"panel\" id=\"{this}-panel\" role=\"group\" aria-labelledby=\"{this}\">{inner}</div>"
            );
        }
        let class = match self.look {
            Look::Cards => "cards",
            Look::Tabs => "tabs",
        };
        let legend = text::html(&self.legend);
        format!(
            "<div class=\"picker {class}\" id=\"{id}\"><fieldset><legend>{legend}</legend>\
             <div class=\"choices\">{choices}</div></fieldset><div class=\"panels\">{panels}</div></div>"
        )
    }
}

/// The rules that show the n-th panel of the n-th choice.
pub(super) fn stylesheet(most_choices: usize) -> String {
    let mut out = String::from("@supports selector(:has(a)){.panel{display:none}");
    for n in 1..=most_choices {
        put!(
            out,
            ".picker:has(>fieldset>.choices>input:nth-of-type({n}):checked)>.panels>.panel:nth-child({n}){{display:block}}"
        );
    }
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_choice_is_checked_and_every_choice_has_its_panel() {
        let picker = Picker::new(Look::Cards, "Choose a jet")
            .choice(Choice::new("one").note("W").add("first"))
            .choice(Choice::new("two").add("second"));
        insta::assert_snapshot!(
            Context::default()
                .blocks(&[picker.into()])
                .replace("><", ">\n<")
        );
    }
}
