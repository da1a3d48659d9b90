//! Figures: plain data in, a drawing with its caption, numbers and download out.
//!
//! Each kind has its file; all make a [`Figure`]. Drawings are SVG in CSS
//! pixels with classes instead of colours, so that the page decides about
//! light, dark and print. A chart is drawn twice, wide and for a phone, since
//! scaling a drawing would scale its text; the page shows one of them.

mod axis;
pub mod bars;
mod colours;
pub mod curve;
pub mod histogram;
pub mod maps;
pub mod multigraph;
mod palette;
mod plot;
mod svg;

pub use axis::{Axis, Scale};
pub use bars::{Bar, Bars};
pub use colours::Colours;
pub use curve::{Along, Curve, Marks, Reference, Series};
pub use histogram::{Class, Histogram};
pub use maps::{Map, MapGroup, Maps};
pub(crate) use palette::stylesheet as palette_stylesheet;

use crate::Table;
use crate::markup::{escape, percent_encode, slug};
use crate::text;

/// The width of a chart in the page's column, in pixels.
const WIDE: f64 = 720.0;
/// The width of a chart on a phone.
const NARROW: f64 = 340.0;

/// A finished figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    id: String,
    title: String,
    caption: String,
    drawing: String,
    /// Tables as HTML.
    numbers: String,
    csv: String,
}

impl Figure {
    /// A figure whose numbers are one table.
    fn new(id: &str, title: &str, caption: &str, drawing: String, table: &Table) -> Self {
        Self {
            id: slug(id),
            title: title.to_owned(),
            caption: caption.to_owned(),
            drawing,
            numbers: table.html(None),
            csv: table.csv(),
        }
    }

    /// The anchor of the figure in the page.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The numbers that it draws, as CSV.
    pub fn csv(&self) -> &str {
        &self.csv
    }

    /// The figure as HTML; `number` is its number in the page, if it has one.
    pub fn html(&self, number: Option<usize>) -> String {
        let Self {
            id,
            title,
            caption,
            drawing,
            numbers,
            csv,
        } = self;
        let tag = number.map_or_else(String::new, |n| {
            format!("<span class=\"tag\">Figure {n}</span> ")
        });
        let uri = percent_encode(csv);
        let file = escape(id);
        let (title, plain) = (text::html(title), escape(&text::plain(title)));
        let caption = text::html(caption);
        format!(
            "<figure id=\"{file}\" aria-labelledby=\"{file}-caption\">{drawing}\
             <figcaption id=\"{file}-caption\">{tag}<strong>{title}</strong> {caption}</figcaption>\
             <div class=\"data\"><details><summary>Show the numbers<span class=\"unseen\"> of “{plain}”\
             </span></summary>{numbers}</details>\
             <a class=\"csv\" download=\"{file}.csv\" href=\"data:text/csv;charset=utf-8,{uri}\">\
             Download CSV<span class=\"unseen\"> of “{plain}”</span></a></div></figure>"
        )
    }
}

/// Draws a chart for both widths.
fn both_widths(mut draw: impl FnMut(f64, &str) -> String) -> String {
    let (wide, narrow) = (draw(WIDE, "w"), draw(NARROW, "n"));
    format!("<div class=\"chart wide\">{wide}</div><div class=\"chart narrow\">{narrow}</div>")
}
