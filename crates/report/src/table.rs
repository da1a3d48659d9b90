//! Tables: a caption, headed columns, and cells that know their uncertainty.
//!
//! Numbers are set in tabular figures and aligned at their right; values with
//! errors are aligned at the `±`. The same cells become the CSV download,
//! where a value, its error and the ends of its interval have columns of
//! their own, unrounded to seven digits.

use pellucid_core::{Estimate, Interval};

use crate::markup::{Markup, escape, put};
use crate::{number, text};

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Prose, as [`text`] reads it.
    Text(String),
    /// A whole number.
    Count(i64),
    /// A number, printed with so many significant digits.
    Number(f64, usize),
    /// A number that is exact, such as a setting; as short as it can be.
    Exact(f64),
    /// A number and its standard error.
    Estimate(Estimate),
    /// A number and its interval.
    Interval(Interval),
    /// A drawing or a formula, and what it says in plain text.
    Drawn(Markup, String),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Estimate> for Cell {
    fn from(estimate: Estimate) -> Self {
        Self::Estimate(estimate)
    }
}

impl From<Interval> for Cell {
    fn from(interval: Interval) -> Self {
        Self::Interval(interval)
    }
}

impl From<f64> for Cell {
    fn from(value: f64) -> Self {
        Self::Number(value, 4)
    }
}

impl Cell {
    fn is_numeric(&self) -> bool {
        matches!(
            self,
            Self::Count(_)
                | Self::Number(..)
                | Self::Exact(_)
                | Self::Estimate(_)
                | Self::Interval(_)
        )
    }

    /// How many CSV columns it needs.
    fn width(&self) -> usize {
        match self {
            Self::Estimate(_) => 2,
            Self::Interval(_) => 3,
            _ => 1,
        }
    }

    fn csv(&self) -> Vec<String> {
        match self {
            Self::Empty => vec![String::new()],
            Self::Text(prose) => vec![text::plain(prose)],
            Self::Count(n) => vec![n.to_string()],
            Self::Number(value, _) | Self::Exact(value) => vec![number::machine(*value)],
            Self::Estimate(e) => vec![number::machine(e.value), number::machine(e.error)],
            Self::Interval(i) => [i.value, i.low, i.high].map(number::machine).to_vec(),
            Self::Drawn(_, plain) => vec![plain.clone()],
        }
    }

    fn html(&self, error_width: usize) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(prose) => text::html(prose),
            Self::Count(n) => {
                let digits = number::count(n.unsigned_abs());
                if *n < 0 {
                    format!("−{digits}")
                } else {
                    digits
                }
            }
            Self::Number(value, digits) => number::significant(*value, *digits),
            Self::Exact(value) => number::machine(*value).replace('-', "−"),
            Self::Estimate(estimate) => aligned(*estimate, error_width),
            Self::Interval(interval) => number::interval(*interval),
            Self::Drawn(markup, _) => markup.as_str().to_owned(),
        }
    }
}

/// A value with its error, padded behind so that the `±` of a column align.
fn aligned(estimate: Estimate, error_width: usize) -> String {
    let rounded = number::rounded(estimate);
    if rounded.exponent != 0 || error_width == 0 {
        return number::estimate(estimate);
    }
    // A figure space is as wide as a digit; a missing error leaves room for "± ".
    let missing = error_width.saturating_sub(rounded.error.chars().count());
    if rounded.error.is_empty() {
        return format!(
            "{}<span class=\"pad\"> ± {}</span>",
            rounded.value,
            "0".repeat(missing)
        );
    }
    let pad = "\u{2007}".repeat(missing);
    format!(
        "{}<span class=\"pm\"> ± </span>{}{pad}",
        rounded.value, rounded.error
    )
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    caption: String,
    heads: Vec<String>,
    rows: Vec<Vec<Cell>>,
    emphasised: Vec<usize>,
}

impl Table {
    /// An empty table with this caption (prose) and these column heads (prose,
    /// the unit in brackets). The first column names its row.
    pub fn new<S: Into<String>>(caption: &str, heads: impl IntoIterator<Item = S>) -> Self {
        let heads = heads.into_iter().map(Into::into).collect();
        Self {
            caption: caption.to_owned(),
            heads,
            ..Self::default()
        }
    }

    /// Adds a row; missing cells are empty, surplus ones are dropped.
    pub fn push(&mut self, row: impl IntoIterator<Item = Cell>) {
        let mut row: Vec<Cell> = row.into_iter().collect();
        row.resize(self.heads.len(), Cell::Empty);
        self.rows.push(row);
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: impl IntoIterator<Item = Cell>) -> Self {
        self.push(row);
        self
    }

    /// Sets the last row apart: the black box among its approximations.
    #[must_use]
    pub fn emphasise_last(mut self) -> Self {
        self.emphasised.extend(self.rows.len().checked_sub(1));
        self
    }

    /// The caption.
    pub fn caption(&self) -> &str {
        &self.caption
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn column(&self, i: usize) -> impl Iterator<Item = &Cell> {
        self.rows.iter().filter_map(move |row| row.get(i))
    }

    /// Numbers to the right, if the column has any and no prose.
    fn is_numeric(&self, i: usize) -> bool {
        self.column(i).any(Cell::is_numeric)
            && self
                .column(i)
                .all(|cell| cell.is_numeric() || *cell == Cell::Empty)
    }

    /// The table as HTML; `number` is its number in the page, if it has one.
    pub fn html(&self, number: Option<usize>) -> String {
        let columns: Vec<(bool, usize)> = (0..self.heads.len())
            .map(|i| {
                let errors = self.column(i).filter_map(|cell| match cell {
                    Cell::Estimate(e) => Some(number::rounded(*e).error.chars().count()),
                    _ => None,
                });
                (self.is_numeric(i), errors.max().unwrap_or(0))
            })
            .collect();
        let mut out = String::from("<div class=\"scroll\" tabindex=\"0\" role=\"region\"");
        let label = text::plain(&self.caption);
        put!(out, " aria-label=\"{}\"><table>", escape(&label));
        out.push_str("<caption><span>");
        if let Some(number) = number {
            put!(out, "<span class=\"tag\">Table {number}</span> ");
        }
        put!(
            out,
            "{}</span></caption><thead><tr>",
            text::html(&self.caption)
        );
        for (head, (numeric, _)) in self.heads.iter().zip(&columns) {
            let class = if *numeric { " class=\"num\"" } else { "" };
            put!(out, "<th scope=\"col\"{class}>{}</th>", text::html(head));
        }
        out.push_str("</tr></thead><tbody>");
        for (r, row) in self.rows.iter().enumerate() {
            out.push_str(if self.emphasised.contains(&r) {
                "<tr class=\"strong\">"
            } else {
                "<tr>"
            });
            for (i, (cell, (numeric, errors))) in row.iter().zip(&columns).enumerate() {
                let class = if *numeric { " class=\"num\"" } else { "" };
                let inner = cell.html(*errors);
                if i == 0 {
                    put!(out, "<th scope=\"row\"{class}>{inner}</th>");
                } else {
                    put!(out, "<td{class}>{inner}</td>");
                }
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table></div>");
        out
    }

    /// The table as CSV (RFC 4180, but lines end with a line feed).
    pub fn csv(&self) -> String {
        let widths: Vec<usize> = (0..self.heads.len())
            .map(|i| self.column(i).map(Cell::width).max().unwrap_or(1))
            .collect();
        let mut heads = Vec::new();
        for (head, width) in self.heads.iter().zip(&widths) {
            let head = text::plain(head);
            let suffixes: &[&str] = match width {
                2 => &["", " error"],
                3 => &["", " low", " high"],
                _ => &[""],
            };
            heads.extend(
                suffixes
                    .iter()
                    .map(|suffix| quoted(&format!("{head}{suffix}"))),
            );
        }
        let mut out = heads.join(",");
        out.push('\n');
        for row in &self.rows {
            let mut fields = Vec::new();
            for (cell, width) in row.iter().zip(&widths) {
                let mut parts = cell.csv();
                parts.resize(*width, String::new());
                fields.extend(parts.iter().map(|part| quoted(part)));
            }
            out.push_str(&fields.join(","));
            out.push('\n');
        }
        out
    }
}

fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new("Scores, <all>", ["model", "AUC", "n"])
            .row([
                "CNN".into(),
                Estimate::new(0.9012, 0.0007).into(),
                Cell::Count(20_000),
            ])
            .row([
                "a, \"b\"".into(),
                Estimate::new(0.83, 0.012).into(),
                Cell::Empty,
            ])
    }

    #[test]
    fn a_table_has_caption_scopes_and_escaped_text() {
        insta::assert_snapshot!(table().html(Some(2)));
    }

    #[test]
    fn csv_gives_errors_a_column_of_their_own() {
        assert_eq!(
            table().csv(),
            "model,AUC,AUC error,n\nCNN,0.9012,0.0007,20000\n\"a, \"\"b\"\"\",0.83,0.012,\n"
        );
    }

    #[test]
    fn a_short_row_is_filled() {
        let table = Table::new("", ["a", "b"]).row(["x".into()]);
        assert!(table.html(None).contains("<td></td>"));
    }
}
