//! Prose with a few marks: `$math$`, `**strong**`, `` `code` ``, `[text](link)`.
//!
//! Everything else stands for itself and is escaped. A backslash before a mark
//! takes its meaning away; [`literal`] does that for names from a user's file.
//! A formula that cannot be read is shown as it was written, not dropped. Links
//! lead to `https:` addresses or to places in the page.

use crate::markup::{escape, put};
use crate::math::{self, Run};

#[derive(Debug, Clone, PartialEq)]
enum Piece<'a> {
    Text(String),
    Math(&'a str),
    Strong(&'a str),
    Code(&'a str),
    Link { text: &'a str, to: &'a str },
}

/// A name from outside, such that it stands for itself.
pub fn literal(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if matches!(c, '$' | '*' | '`' | '[' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn pieces(source: &str) -> Vec<Piece<'_>> {
    let mut out: Vec<Piece<'_>> = Vec::new();
    let mut text = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if let Some((piece, length)) = mark(rest) {
            if !text.is_empty() {
                out.push(Piece::Text(std::mem::take(&mut text)));
            }
            out.push(piece);
            rest = &rest[length..];
            continue;
        }
        let mut length = c.len_utf8();
        let next = rest[length..].chars().next();
        if c == '\\'
            && let Some(marked @ ('$' | '*' | '`' | '[' | '\\')) = next
        {
            text.push(marked);
            length += 1;
        } else {
            text.push(c);
        }
        rest = &rest[length..];
    }
    if !text.is_empty() {
        out.push(Piece::Text(text));
    }
    out
}

/// The mark that `rest` begins with, and its length in bytes.
fn mark(rest: &str) -> Option<(Piece<'_>, usize)> {
    let between = |open: &str, close: &str| -> Option<&str> {
        let inner = rest.strip_prefix(open)?;
        let end = inner.find(close)?;
        (end > 0).then(|| &inner[..end])
    };
    if let Some(inner) = between("$", "$") {
        return Some((Piece::Math(inner), inner.len() + 2));
    }
    if let Some(inner) = between("**", "**") {
        return Some((Piece::Strong(inner), inner.len() + 4));
    }
    if let Some(inner) = between("`", "`") {
        return Some((Piece::Code(inner), inner.len() + 2));
    }
    let text = between("[", "](")?;
    let to = &rest[text.len() + 3..];
    let to = &to[..to.find(')')?];
    let safe = to.starts_with("https://") || to.starts_with('#');
    safe.then_some((Piece::Link { text, to }, text.len() + to.len() + 4))
}

/// The prose as HTML.
pub fn html(source: &str) -> String {
    let mut out = String::new();
    for piece in pieces(source) {
        match piece {
            Piece::Text(text) => out.push_str(&escape(&text)),
            Piece::Math(latex) => {
                let shown = math::parse(latex).map(|math| math.mathml());
                out.push_str(&shown.unwrap_or_else(|_| format!("<code>{}</code>", escape(latex))));
            }
            Piece::Strong(inner) => put!(out, "<strong>{}</strong>", html(inner)),
            Piece::Code(text) => put!(out, "<code>{}</code>", escape(text)),
            Piece::Link { text, to } => {
                let foreign = if to.starts_with('#') {
                    ""
                } else {
                    " rel=\"noreferrer\""
                };
                put!(
                    out,
                    "<a href=\"{}\"{foreign}>{}</a>",
                    escape(to),
                    html(text)
                );
            }
        }
    }
    out
}

/// The prose as plain text.
pub fn plain(source: &str) -> String {
    pieces(source)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Math(latex) => {
                math::parse(latex).map_or_else(|_| latex.to_owned(), |math| math.plain())
            }
            Piece::Strong(inner) | Piece::Link { text: inner, .. } => plain(inner),
            Piece::Code(text) => text.to_owned(),
        })
        .collect()
}

/// The prose as runs of SVG text.
pub(crate) fn runs(source: &str) -> Vec<Run> {
    let mut out = Vec::new();
    for piece in pieces(source) {
        match piece {
            Piece::Text(text) => out.push(Run::upright(&text)),
            Piece::Math(latex) => match math::parse(latex) {
                Ok(math) => out.extend(math.runs()),
                Err(_) => out.push(Run::upright(latex)),
            },
            Piece::Strong(inner) => {
                out.extend(runs(inner).into_iter().map(|run| Run { bold: true, ..run }));
            }
            Piece::Link { text: inner, .. } => out.extend(runs(inner)),
            Piece::Code(text) => out.push(Run::upright(text)),
        }
    }
    out
}

/// The width of the prose in em, estimated.
pub(crate) fn width(source: &str) -> f64 {
    runs(source).iter().map(Run::width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_elements_and_everything_else_is_escaped() {
        assert_eq!(
            html("a < **b** `c>d` [e](https://arxiv.org/abs/1)"),
            "a &lt; <strong>b</strong> <code>c&gt;d</code> \
             <a href=\"https://arxiv.org/abs/1\" rel=\"noreferrer\">e</a>"
        );
    }

    #[test]
    fn a_script_link_stays_text() {
        let html = html("[x](javascript:alert(1))");
        assert!(!html.contains("<a"), "{html}");
    }

    #[test]
    fn a_literal_name_stands_for_itself() {
        for name in ["cost$ in $", "**x**", "a`b`", r"c\d", "[x](#y)", "part_pt"] {
            assert_eq!(plain(&literal(name)), name);
        }
    }

    #[test]
    fn a_lone_dollar_and_an_unreadable_formula_are_shown() {
        assert_eq!(plain("5 $"), "5 $");
        assert!(html(r"$\foo$").contains(r"\foo"));
    }
}
