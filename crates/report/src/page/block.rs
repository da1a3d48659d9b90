//! What a section is made of.

use std::collections::BTreeSet;

use super::picker::Picker;
use crate::markup::{escape, put, slug};
use crate::{Figure, Table, math, text};

/// Whether something may be relied upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It may.
    Good,
    /// With care: the text says why.
    Caution,
    /// A remark, no judgement.
    Note,
}

impl Status {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Caution => "caution",
            Self::Note => "note",
        }
    }

    /// A sign, so that colour is not all that tells them apart.
    pub(super) fn sign(self) -> String {
        let path = match self {
            Self::Good => "M4.5 8.5l2.4 2.4L11.5 6",
            Self::Caution => "M8 4.2v4.6M8 11.2v.6",
            Self::Note => "M8 7.2v4.6M8 4.4v.6",
        };
        format!(
            "<svg class=\"sign\" aria-hidden=\"true\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\">\
             <circle cx=\"8\" cy=\"8\" r=\"7.2\"/><path d=\"{path}\"/></svg>"
        )
    }
}

/// A remark set apart from the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callout {
    status: Status,
    title: String,
    text: String,
}

impl Callout {
    /// A callout; title and text are prose.
    pub fn new(status: Status, title: &str, text: &str) -> Self {
        Self {
            status,
            title: title.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Block {
    /// Prose; an empty line begins a paragraph.
    Text(String),
    /// A heading within the section, as prose.
    Heading(String),
    /// A list of prose.
    List(Vec<String>),
    /// A formula on a line of its own, as LaTeX.
    Equation(String),
    /// A figure.
    Figure(Box<Figure>),
    /// A table.
    Table(Table),
    /// A remark set apart.
    Callout(Callout),
    /// Text to copy, letter by letter.
    Code {
        /// What it is, as prose.
        title: String,
        /// The text.
        text: String,
    },
    /// Names and what they stand for, both prose.
    Facts(Vec<(String, String)>),
    /// Blocks side by side where there is room.
    Columns(Vec<Vec<Block>>),
    /// Blocks that open on request.
    Details {
        /// What is inside, as prose.
        summary: String,
        /// The blocks.
        blocks: Vec<Block>,
    },
    /// Panels of which one is shown.
    Picker(Picker),
}

impl Block {
    /// Text to copy, under a title (prose).
    pub fn code(title: &str, text: &str) -> Self {
        Self::Code {
            title: title.to_owned(),
            text: text.to_owned(),
        }
    }
}

impl From<&str> for Block {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Block {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Figure> for Block {
    fn from(figure: Figure) -> Self {
        Self::Figure(Box::new(figure))
    }
}

impl From<Table> for Block {
    fn from(table: Table) -> Self {
        Self::Table(table)
    }
}

impl From<Callout> for Block {
    fn from(callout: Callout) -> Self {
        Self::Callout(callout)
    }
}

impl From<Picker> for Block {
    fn from(picker: Picker) -> Self {
        Self::Picker(picker)
    }
}

/// What is counted while a page is written.
#[derive(Debug, Default)]
pub(super) struct Context {
    ids: BTreeSet<String>,
    figures: usize,
    tables: usize,
    depth: usize,
    most_choices: usize,
}

impl Context {
    /// An id like this one that the page does not have yet.
    pub fn unique(&mut self, id: &str) -> String {
        let mut out = id.to_owned();
        let mut n = 2;
        while !self.ids.insert(out.clone()) {
            out = format!("{id}-{n}");
            n += 1;
        }
        out
    }

    /// The choices of the longest picker.
    pub fn most_choices(&self) -> usize {
        self.most_choices
    }

    pub fn blocks(&mut self, blocks: &[Block]) -> String {
        blocks.iter().map(|block| self.block(block)).collect()
    }

    /// The blocks of a panel, which are not numbered.
    pub fn panel(&mut self, blocks: &[Block], choices: usize) -> String {
        self.most_choices = self.most_choices.max(choices);
        self.depth += 1;
        let html = self.blocks(blocks);
        self.depth -= 1;
        html
    }

    fn next(&mut self, count: fn(&mut Self) -> &mut usize) -> Option<usize> {
        if self.depth > 0 {
            return None;
        }
        let count = count(self);
        *count += 1;
        Some(*count)
    }

    fn block(&mut self, block: &Block) -> String {
        match block {
            Block::Text(prose) => paragraphs(prose),
            Block::Heading(prose) => format!("<h3>{}</h3>", text::html(prose)),
            Block::List(items) => {
                let mut out = String::from("<ul>");
                for item in items {
                    put!(out, "<li>{}</li>", text::html(item));
                }
                out.push_str("</ul>");
                out
            }
            Block::Equation(latex) => match math::parse(latex) {
                Ok(math) => format!("<div class=\"equation\">{}</div>", math.mathml_block()),
                Err(_) => format!(
                    "<pre class=\"equation\"><code>{}</code></pre>",
                    escape(latex)
                ),
            },
            Block::Figure(figure) => {
                let number = self.next(|context| &mut context.figures);
                figure.html(number)
            }
            Block::Table(table) => {
                let number = self.next(|context| &mut context.tables);
                format!("<div class=\"table\">{}</div>", table.html(number))
            }
            Block::Callout(Callout {
                status,
                title,
                text,
            }) => format!(
                "<aside class=\"callout {}\"><p class=\"label\">{}<span>{}</span></p>{}</aside>",
                status.class(),
                status.sign(),
                text::html(title),
                paragraphs(text)
            ),
            Block::Code { title, text } => self.code(title, text),
            Block::Facts(facts) => {
                let row = |(name, value): &(String, String)| {
                    format!(
                        "<div><dt>{}</dt><dd>{}</dd></div>",
                        text::html(name),
                        text::html(value)
                    )
                };
                format!(
                    "<dl class=\"facts\">{}</dl>",
                    facts.iter().map(row).collect::<String>()
                )
            }
            Block::Columns(columns) => {
                let mut out = String::from("<div class=\"columns\">");
                for column in columns {
                    put!(out, "<div>{}</div>", self.blocks(column));
                }
                out.push_str("</div>");
                out
            }
            Block::Details { summary, blocks } => {
                let inner = self.blocks(blocks);
                format!(
                    "<details class=\"more\"><summary>{}</summary>{inner}</details>",
                    text::html(summary)
                )
            }
            Block::Picker(picker) => picker.html(self),
        }
    }

    /// Text with a copy button, which only the script shows.
    pub fn code(&mut self, title: &str, source: &str) -> String {
        let id = self.unique(&format!("{}-text", slug(&text::plain(title))));
        let (plain, title) = (escape(&text::plain(title)), text::html(title));
        format!(
            "<div class=\"code\"><div class=\"codehead\"><span>{title}</span>\
             <button type=\"button\" class=\"copy\" data-copy=\"{id}\" aria-label=\"Copy: {plain}\" hidden>Copy\
             </button></div><pre id=\"{id}\" tabindex=\"0\"><code>{}</code></pre></div>",
            escape(source)
        )
    }
}

fn paragraphs(prose: &str) -> String {
    let mut out = String::new();
    for part in prose
        .split("\n\n")
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        put!(out, "<p>{}</p>", text::html(part));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Choice, Look};

    #[test]
    fn figures_and_tables_are_numbered_outside_pickers_only() {
        let figure = || Block::from(crate::figure::Curve::default().figure("f"));
        let picker = Picker::new(Look::Tabs, "which").choice(Choice::new("a").add(figure()));
        let html = Context::default().blocks(&[figure(), picker.into(), figure()]);
        assert!(
            html.contains("Figure 1") && html.contains("Figure 2") && !html.contains("Figure 3")
        );
    }

    #[test]
    fn an_equation_that_cannot_be_read_is_shown_as_it_is() {
        let html = Context::default().blocks(&[Block::Equation(r"\foo < 1".to_owned())]);
        assert_eq!(
            html,
            r#"<pre class="equation"><code>\foo &lt; 1</code></pre>"#
        );
    }
}
