//! The page: one self-contained HTML file around figures, tables and prose.
//!
//! It asks nothing of a network (its content security policy forbids it), and
//! nothing of JavaScript: pickers are radio buttons whose panels CSS shows, the
//! theme follows the reader's system or three more radio buttons, and the small
//! script adds only copy buttons, links into a picker and the marking of the
//! section being read. Figures and tables are numbered in the order of the page;
//! those behind a picker are not, since one does not see them all.

mod block;
mod picker;
mod provenance;

pub use block::{Block, Callout, Status};
pub use picker::{Choice, Look, Picker};
pub use provenance::Provenance;

use block::Context;

use crate::figure::palette_stylesheet;
use crate::markup::{escape, put, slug};
use crate::text;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// The only script that the page may run; a test holds it to [`SCRIPT`].
const SCRIPT_HASH: &str = "sha256-M88Xn5hLzhjL0CsBaQzVJNDid0xU8C1RPFGpJhEAZp8=";
/// A stroke of light through a circle, for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 16 16%22%3E\
    %3Ccircle cx=%228%22 cy=%228%22 r=%226%22 fill=%22none%22 stroke=%22%230b61a4%22 stroke-width=%221.6%22/%3E\
    %3Cpath d=%22M1 12L15 4%22 stroke=%22%23c8481c%22 stroke-width=%221.6%22/%3E%3C/svg%3E";

/// A number for the strip under the verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFigure {
    /// What it is, as prose.
    pub label: String,
    /// The number, as [`number`](crate::number) writes it.
    pub value: String,
    /// What to compare it with, as prose; may be empty.
    pub note: String,
}

/// A section of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    title: String,
    blocks: Vec<Block>,
}

impl Section {
    /// An empty section.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            blocks: Vec::new(),
        }
    }

    /// Adds a block: prose, a figure, a table, a picker…
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "one adds blocks, not sections"
    )]
    pub fn add(mut self, block: impl Into<Block>) -> Self {
        self.blocks.push(block.into());
        self
    }
}

/// The page in the making.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    title: String,
    kicker: String,
    subtitle: String,
    verdict: Option<(Status, String)>,
    key_figures: Vec<KeyFigure>,
    sections: Vec<Section>,
    provenance: Option<Provenance>,
    footer: String,
}

impl Page {
    /// A page with this title, as prose.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }

    /// A few words above the title: what kind of page this is.
    #[must_use]
    pub fn kicker(mut self, kicker: &str) -> Self {
        kicker.clone_into(&mut self.kicker);
        self
    }

    /// A sentence below the title: model, data, date.
    #[must_use]
    pub fn subtitle(mut self, subtitle: &str) -> Self {
        subtitle.clone_into(&mut self.subtitle);
        self
    }

    /// The claim of the page in one sentence, and whether to trust it.
    #[must_use]
    pub fn verdict(mut self, status: Status, sentence: &str) -> Self {
        self.verdict = Some((status, sentence.to_owned()));
        self
    }

    /// Adds a number to the strip under the verdict.
    #[must_use]
    pub fn key_figure(mut self, label: &str, value: &str, note: &str) -> Self {
        let [label, value, note] = [label, value, note].map(str::to_owned);
        self.key_figures.push(KeyFigure { label, value, note });
        self
    }

    /// Adds a section.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// Says how the page came about; the last section.
    #[must_use]
    pub fn provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = Some(provenance);
        self
    }

    /// The line at the end.
    #[must_use]
    pub fn footer(mut self, footer: &str) -> Self {
        footer.clone_into(&mut self.footer);
        self
    }

    /// The finished page.
    pub fn html(&self) -> String {
        let mut context = Context::default();
        let mut contents = String::new();
        let mut body = String::new();
        let mut section = |title: &str, inner: &str, id: &str| {
            let title = text::html(title);
            put!(contents, "<li><a href=\"#{id}\">{title}</a></li>");
            put!(
                body,
                "<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">{title}</h2>{inner}</section>"
            );
        };
        for part in &self.sections {
            let id = context.unique(&slug(&text::plain(&part.title)));
            let inner = context.blocks(&part.blocks);
            section(&part.title, &inner, &id);
        }
        if let Some(provenance) = &self.provenance {
            let id = context.unique("provenance");
            let inner = provenance.html(&mut context);
            section("Provenance", &inner, &id);
        }
        let style = format!(
            "{STYLE}{}{}",
            palette_stylesheet(),
            picker::stylesheet(context.most_choices())
        );
        let policy = format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src '{SCRIPT_HASH}'; img-src data:; \
             base-uri 'none'; form-action 'none'"
        );
        let plain = escape(&text::plain(&self.title));
        let footer = text::html(&self.footer);
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{plain}</title>\
             <link rel=\"icon\" href=\"{ICON}\"><style>{style}</style></head>\n<body>\
             <a class=\"skip\" href=\"#main\">Skip to the content</a>{}\
             <div class=\"layout\"><nav class=\"toc\" aria-label=\"Contents\"><p>Contents</p>\
             <ol>{contents}</ol></nav><main id=\"main\">{body}</main></div>\
             <footer>{footer}</footer><script>{SCRIPT}</script></body></html>\n",
            self.head()
        )
    }

    fn head(&self) -> String {
        let mut out = String::from("<header><div class=\"top\">");
        put!(
            out,
            "<p class=\"kicker\">{}</p>{}</div>",
            text::html(&self.kicker),
            theme()
        );
        put!(out, "<h1>{}</h1>", text::html(&self.title));
        if !self.subtitle.is_empty() {
            put!(
                out,
                "<p class=\"subtitle\">{}</p>",
                text::html(&self.subtitle)
            );
        }
        if let Some((status, sentence)) = &self.verdict {
            let label = match status {
                Status::Good => "Verdict",
                Status::Caution => "Verdict, to be read with caution",
                Status::Note => "In short",
            };
            put!(
                out,
                "<div class=\"verdict {}\"><p class=\"label\">{}{label}</p><p>{}</p></div>",
                status.class(),
                status.sign(),
                text::html(sentence)
            );
        }
        if !self.key_figures.is_empty() {
            out.push_str("<dl class=\"strip\">");
            for KeyFigure { label, value, note } in &self.key_figures {
                let (label, value, note) = (text::html(label), text::html(value), text::html(note));
                put!(
                    out,
                    "<div><dt>{label}</dt><dd>{value}<small>{note}</small></dd></div>"
                );
            }
            out.push_str("</dl>");
        }
        out.push_str("</header>");
        out
    }
}

/// The choice between the system's theme, light and dark.
fn theme() -> String {
    let mut out =
        String::from("<fieldset class=\"theme\"><legend class=\"unseen\">Colours</legend>");
    for (name, label) in [("auto", "Auto"), ("light", "Light"), ("dark", "Dark")] {
        let checked = if name == "auto" { " checked" } else { "" };
        put!(
            out,
            "<input type=\"radio\" name=\"theme\" id=\"theme-{name}\"{checked}>\
             <label for=\"theme-{name}\">{label}</label>"
        );
    }
    out.push_str("</fieldset>");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Table;
    use sha2::{Digest, Sha256};

    fn base64(bytes: &[u8]) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut out = String::new();
        for chunk in bytes.chunks(3) {
            let word = (0..3).fold(0_u32, |word, i| {
                word << 8 | u32::from(*chunk.get(i).unwrap_or(&0))
            });
            for i in 0..4 {
                let digit = ALPHABET[(word >> (18 - 6 * i) & 63) as usize] as char;
                out.push(if i <= chunk.len() { digit } else { '=' });
            }
        }
        out
    }

    #[test]
    fn the_policy_allows_exactly_our_script() {
        let hash = format!("sha256-{}", base64(&Sha256::digest(SCRIPT.as_bytes())));
        assert_eq!(SCRIPT_HASH, hash, "SCRIPT_HASH must follow script.js");
    }

    #[test]
    fn text_from_outside_never_becomes_an_element() {
        let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>";
        let html = Page::new(evil)
            .kicker(evil)
            .subtitle(evil)
            .verdict(Status::Good, evil)
            .key_figure(evil, evil, evil)
            .section(
                Section::new(evil)
                    .add(evil)
                    .add(Table::new(evil, [evil]).row([evil.into()]))
                    .add(Block::Equation(evil.to_owned()))
                    .add(Block::code(evil, evil))
                    .add(Callout::new(Status::Caution, evil, evil))
                    .add(
                        Picker::new(Look::Cards, evil)
                            .choice(Choice::new(evil).note(evil).add(evil)),
                    ),
            )
            .provenance(Provenance::new().entry(evil, evil).settings(evil))
            .footer(evil)
            .html();
        assert_eq!(html.matches("<script").count(), 1);
        assert!(!html.contains("<img"));
    }

    #[test]
    fn sections_of_the_same_name_have_their_own_anchors() {
        let html = Page::new("t")
            .section(Section::new("A"))
            .section(Section::new("A"))
            .html();
        assert!(html.contains("href=\"#a\"") && html.contains("href=\"#a-2\""));
    }
}
