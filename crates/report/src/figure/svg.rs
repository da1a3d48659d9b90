//! Writes SVG: short numbers, classes for style, text with scripts.

use crate::markup::{escape, put};
use crate::math::Run;
use crate::text;

/// Where text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A coordinate with one decimal at most: a tenth of a pixel is not seen.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// An SVG drawing in the making.
#[derive(Debug)]
pub(super) struct Svg {
    body: String,
}

impl Svg {
    pub fn new() -> Self {
        Self {
            body: String::new(),
        }
    }

    /// Finished markup of ours.
    pub fn raw(&mut self, markup: &str) {
        self.body.push_str(markup);
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let [x1, y1, x2, y2] = [from.0, from.1, to.0, to.1].map(px);
        self.raw(&format!(
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        ));
    }

    pub fn rect(&mut self, corner: (f64, f64), size: (f64, f64), class: &str) {
        let [x, y, w, h] = [corner.0, corner.1, size.0.max(0.0), size.1.max(0.0)].map(px);
        self.raw(&format!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/>"
        ));
    }

    pub fn path(&mut self, d: &str, class: &str) {
        if !d.is_empty() {
            self.raw(&format!("<path class=\"{class}\" d=\"{d}\"/>"));
        }
    }

    /// Prose at a baseline; `size` is in pixels.
    pub fn text(&mut self, at: (f64, f64), anchor: Anchor, size: f64, class: &str, source: &str) {
        let (x, y) = (px(at.0), px(at.1));
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let runs = tspans(&text::runs(source), size);
        let size = px(size);
        self.raw(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}>{runs}</text>"
        ));
    }

    /// The marks alone.
    pub fn into_body(self) -> String {
        self.body
    }

    /// The finished drawing, `width` × `height` pixels, named for a screen reader.
    pub fn finish(self, id: &str, size: (f64, f64), title: &str, description: &str) -> String {
        let (w, h) = (px(size.0), px(size.1));
        let (id, body) = (escape(id), self.body);
        let (title, description) = (
            escape(&text::plain(title)),
            escape(&text::plain(description)),
        );
        format!(
            "<svg role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
             height=\"{h}\"><title id=\"{id}-t\">{title}</title><desc id=\"{id}-d\">{description}</desc>\
             {body}</svg>"
        )
    }
}

fn tspans(runs: &[Run], size: f64) -> String {
    if let [run] = runs
        && *run == Run::upright(&run.text)
    {
        return escape(&run.text);
    }
    let mut out = String::new();
    let mut drop = 0.0;
    for run in runs {
        let mut attributes = String::new();
        // `dy` moves everything that follows, so each run undoes the last one's.
        let shift = (run.drop - drop) * size;
        if shift.abs() > 0.01 {
            put!(attributes, " dy=\"{}\"", px(shift));
        }
        drop = run.drop;
        if run.shift != 0.0 {
            put!(attributes, " dx=\"{}\"", px(run.shift * size));
        }
        if run.size < 1.0 {
            put!(attributes, " font-size=\"{}\"", px(run.size * size));
        }
        if run.italic {
            attributes.push_str(" class=\"it\"");
        } else if run.bold {
            attributes.push_str(" font-weight=\"600\"");
        }
        put!(out, "<tspan{attributes}>{}</tspan>", escape(&run.text));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_moved_and_moved_back() {
        let mut svg = Svg::new();
        svg.text((1.0, 2.0), Anchor::Start, 10.0, "t", "$p_T$ [GeV]");
        assert_eq!(
            svg.body,
            "<text class=\"t\" x=\"1\" y=\"2\" font-size=\"10\"><tspan class=\"it\">p</tspan>\
             <tspan dy=\"2.5\" font-size=\"7.2\" class=\"it\">T</tspan>\
             <tspan dy=\"-2.5\"> [GeV]</tspan></text>"
        );
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([px(1.0), px(-0.01), px(2.345)], ["1", "0", "2.3"]);
    }
}
