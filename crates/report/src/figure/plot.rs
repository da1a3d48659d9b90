//! The frame that charts share: title of the axes, grid, ticks, legend.

use super::axis::{Axis, Laid};
use super::svg::{Anchor, Svg};
use crate::text;

/// Pixels of the text of ticks and legends.
pub(super) const SMALL: f64 = 12.0;
/// Pixels of the titles of axes.
pub(super) const LABEL: f64 = 13.0;
/// How many styles of lines there are before they repeat.
pub(super) const STYLES: usize = 6;

/// How an entry of the legend is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swatch {
    /// A line of this style, with a band behind it or without, with markers or without.
    Line {
        style: usize,
        band: bool,
        marker: bool,
    },
    /// A reference line, with a band behind it or without.
    Reference { band: bool },
    /// A filled step.
    Step { style: usize },
    /// A bar.
    Bar,
    /// The marker of a reference within a bar.
    Tick,
}

/// Draws the legend into rows from `top` on; gives the height it took.
pub(super) fn legend(
    svg: &mut Svg,
    entries: &[(Swatch, &str)],
    left: f64,
    width: f64,
    top: f64,
) -> f64 {
    if entries.is_empty() {
        return 0.0;
    }
    let (mut x, mut y) = (left, top + 14.0);
    for (swatch, name) in entries {
        // Fonts differ: a tenth more than estimated keeps entries apart.
        let needed = 34.0 + text::width(name) * SMALL * 1.1;
        if x > left && x + needed > left + width {
            x = left;
            y += 20.0;
        }
        draw_swatch(svg, *swatch, x, y - 4.0);
        svg.text((x + 30.0, y), Anchor::Start, SMALL, "ink", name);
        x += needed + 16.0;
    }
    y - top + 10.0
}

fn draw_swatch(svg: &mut Svg, swatch: Swatch, x: f64, y: f64) {
    match swatch {
        Swatch::Line {
            style,
            band,
            marker: with_marker,
        } => {
            if band {
                svg.rect((x, y - 5.0), (24.0, 10.0), &format!("band c{style}"));
            }
            svg.line((x, y), (x + 24.0, y), &format!("curve c{style} d{style}"));
            if with_marker {
                svg.path(&marker(style, (x + 12.0, y)), &format!("mark c{style}"));
            }
        }
        Swatch::Reference { band } => {
            if band {
                svg.rect((x, y - 5.0), (24.0, 10.0), "refband");
            }
            svg.line((x, y), (x + 24.0, y), "ref");
        }
        Swatch::Step { style } => {
            svg.rect((x, y - 5.0), (24.0, 11.0), &format!("fill c{style}"));
            svg.line(
                (x, y - 5.0),
                (x + 24.0, y - 5.0),
                &format!("curve c{style} d{style}"),
            );
        }
        Swatch::Bar => svg.rect((x + 2.0, y - 5.0), (20.0, 10.0), "bar"),
        Swatch::Tick => svg.rect((x + 7.0, y - 5.0), (10.0, 10.0), "refband"),
    }
}

/// A marker: circle, square, triangle or diamond, so that series differ
/// without colour.
pub(super) fn marker(style: usize, at: (f64, f64)) -> String {
    use super::svg::px;
    let (x, y) = at;
    match style % 4 {
        0 => format!(
            "M{} {}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z",
            px(x - 3.5),
            px(y)
        ),
        1 => format!("M{} {}h6.4v6.4h-6.4z", px(x - 3.2), px(y - 3.2)),
        2 => format!("M{} {}l4.2 7h-8.4z", px(x), px(y - 4.5)),
        _ => format!("M{} {}l4.4 4.4l-4.4 4.4l-4.4 -4.4z", px(x), px(y - 4.4)),
    }
}

/// The frame of a chart: where the axes lie.
pub(super) struct Frame {
    pub x: Laid,
    pub y: Laid,
    /// The height of the whole drawing.
    pub height: f64,
}

/// Lays both axes below `top`, draws grid, ticks and titles.
pub(super) fn frame(
    svg: &mut Svg,
    axes: (&Axis, &Axis),
    values: (Vec<f64>, Vec<f64>),
    width: f64,
    top: f64,
) -> Frame {
    let (x_axis, y_axis) = axes;
    let plot_height = (width * 0.46).clamp(210.0, 310.0);
    let (ceiling, floor) = (top + 26.0, top + 26.0 + plot_height);
    let y = y_axis.lay(values.1.into_iter(), floor, ceiling);
    let y_ticks = y.ticks(46.0);
    let widest = y_ticks
        .iter()
        .filter_map(|tick| tick.label.as_deref())
        .map(text::width);
    let left = (widest.fold(0.0, f64::max) * SMALL).ceil() + 14.0;
    let right = width - 16.0;
    let x = x_axis.lay(values.0.into_iter(), left, right);

    // The title of the vertical axis stands above it, to be read without turning one's head.
    svg.text(
        (0.0, top + 12.0),
        Anchor::Start,
        LABEL,
        "axis",
        &y_axis.title(),
    );
    for tick in &y_ticks {
        let Some(at) = y.at(tick.value) else { continue };
        match &tick.label {
            Some(label) => {
                svg.line((left, at), (right, at), "grid");
                svg.text((left - 7.0, at + 4.0), Anchor::End, SMALL, "tick", label);
            }
            None => svg.line((left, at), (left + 4.0, at), "ticks"),
        }
    }
    let mut last_end = f64::NEG_INFINITY;
    for tick in x.ticks(if width < 500.0 { 56.0 } else { 84.0 }) {
        let Some(at) = x.at(tick.value) else { continue };
        let Some(label) = &tick.label else {
            svg.line((at, floor), (at, floor - 4.0), "ticks");
            continue;
        };
        svg.line((at, floor), (at, floor + 5.0), "ticks");
        // A label that would touch the one before it is left out.
        let half = text::width(label) * SMALL / 2.0;
        if at - half > last_end + 4.0 {
            let centre = at.clamp(half, (width - half).max(half));
            svg.text((centre, floor + 19.0), Anchor::Middle, SMALL, "tick", label);
            last_end = centre + half;
        }
    }
    svg.line((left, floor), (right, floor), "base");
    let centre = f64::midpoint(left, right);
    svg.text(
        (centre, floor + 40.0),
        Anchor::Middle,
        LABEL,
        "axis",
        &x_axis.title(),
    );
    Frame {
        x,
        y,
        height: floor + 50.0,
    }
}

/// Opens a group that is cut at the frame.
pub(super) fn clip(svg: &mut Svg, id: &str, frame: &Frame) {
    use super::svg::px;
    let (x, y) = (frame.x.start(), frame.y.end());
    let (w, h) = (frame.x.end() - x, frame.y.start() - y);
    // Room for half a line above and beside: the frame's own edge is not data.
    let [x, y, w, h] = [x - 1.0, y - 1.5, w + 2.0, h + 2.0].map(px);
    svg.raw(&format!(
        "<clipPath id=\"{id}-clip\"><rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"/></clipPath>\
         <g clip-path=\"url(#{id}-clip)\">"
    ));
}
