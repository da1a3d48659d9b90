//! Maps: images and attributions over a plane, side by side.
//!
//! A value becomes one of a few dozen colour levels; each level is one path of
//! horizontal strokes over runs of equal pixels, so that a 25 × 25 map takes a
//! few kilobytes. Limits are fixed by the caller and shared by a group, zero is
//! the background, and the colour bar says so when values lie beyond it.

use super::Figure;
use super::axis::{Axis, Laid};
use super::colours::Colours;
use super::palette::{RISING, SIDE, class};
use super::svg::{Anchor, Svg, px};
use crate::markup::{escape, put, slug};
use crate::{number, text};

/// One map.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// A few words, as prose.
    pub title: String,
    /// A few more, in small: a sum, a residual. May be empty.
    pub note: String,
    /// The number of pixels along `x`.
    pub columns: usize,
    /// The values, row after row, from the lowest row (smallest `y`) up.
    pub values: Vec<f64>,
}

/// Maps that share one colour bar.
#[derive(Debug, Clone, PartialEq)]
pub struct MapGroup {
    /// What the colours mean, as prose.
    pub label: String,
    /// Its unit; empty for a pure number.
    pub unit: String,
    /// How values become colours.
    pub colours: Colours,
    /// The maps, from left to right.
    pub maps: Vec<Map>,
}

/// Maps over one plane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Maps {
    /// What the figure shows, as prose.
    pub title: String,
    /// What to know about it, as prose.
    pub caption: String,
    /// The horizontal axis; its range is that of the outer pixel edges.
    pub x: Axis,
    /// The vertical axis, likewise.
    pub y: Axis,
    /// The groups.
    pub groups: Vec<MapGroup>,
}

/// What the tick labels of the vertical axis take.
const TICKS: f64 = 28.0;
/// What its title takes, which only the first map of a group has.
const TITLE: f64 = 12.0;
const SMALL: f64 = 11.0;

impl Maps {
    /// Draws them under this name.
    pub fn figure(&self, id: &str) -> Figure {
        let id = slug(id);
        // Up to three side by side, or four in a row and two on a phone.
        let count: usize = self.groups.iter().map(|group| group.maps.len()).sum();
        let plot = if count <= 3 { 184.0 } else { 125.0 };
        let mut drawing = String::from("<div class=\"maps\">");
        for (g, group) in self.groups.iter().enumerate() {
            let group = &MapGroup {
                colours: group.colours.sound(),
                ..group.clone()
            };
            drawing.push_str("<div class=\"mapgroup\"><div class=\"maprow\">");
            for (m, map) in group.maps.iter().enumerate() {
                drawing.push_str(&self.draw(map, group, &format!("{id}-{g}-{m}"), plot, m == 0));
            }
            drawing.push_str("</div>");
            drawing.push_str(&colour_bar(group, &format!("{id}-{g}-bar"), plot));
            drawing.push_str("</div>");
        }
        drawing.push_str("</div>");
        let (numbers, csv) = (self.numbers(), self.csv());
        Figure {
            id,
            title: self.title.clone(),
            caption: self.caption.clone(),
            drawing,
            numbers,
            csv,
        }
    }

    fn axes(&self, left: f64, top: f64, size: (f64, f64)) -> (Laid, Laid) {
        let x = self.x.lay(std::iter::empty(), left, left + size.0);
        (x, self.y.lay(std::iter::empty(), top + size.1, top))
    }

    fn draw(&self, map: &Map, group: &MapGroup, id: &str, room: f64, first: bool) -> String {
        let columns = map.columns.max(1);
        let rows = map.values.len().div_ceil(columns).max(1);
        // Whole pixels of the screen per pixel of the image leave no seams.
        let cell = (room / columns as f64)
            .floor()
            .max(room / columns as f64 * 0.8);
        let size = (cell * columns as f64, cell * rows as f64);
        let top = if group.maps.iter().any(|map| !map.note.is_empty()) {
            38.0
        } else {
            23.0
        };
        let left = if first { TITLE + TICKS } else { TICKS };
        let (x, y) = self.axes(left, top, size);
        let (floor, width) = (top + size.1, left + room + 4.0);
        let centre = left + size.0 / 2.0;

        let mut svg = Svg::new();
        svg.text((left, 14.0), Anchor::Start, 12.5, "head", &map.title);
        svg.text((left, 30.0), Anchor::Start, SMALL, "tick", &map.note);
        svg.rect((left, top), size, "mapbg");
        svg.raw(&format!(
            "<g class=\"map\" transform=\"translate({} {})scale({} {})\">",
            px(left),
            // Rows count from below; half a pixel puts the stroke on the row's middle.
            px(floor - cell / 2.0),
            scale(cell),
            scale(-cell)
        ));
        svg.raw(&strokes(map, columns, group.colours));
        svg.raw("</g>");
        svg.rect((left, top), size, "mapframe");
        for tick in x.ticks(30.0) {
            if let (Some(at), Some(label)) = (x.at(tick.value), &tick.label) {
                svg.line((at, floor), (at, floor + 4.0), "ticks");
                svg.text((at, floor + 15.0), Anchor::Middle, SMALL, "tick", label);
            }
        }
        for tick in y.ticks(30.0) {
            if let (Some(at), Some(label)) = (y.at(tick.value), &tick.label) {
                svg.line((left - 4.0, at), (left, at), "ticks");
                svg.text((left - 6.0, at + 4.0), Anchor::End, SMALL, "tick", label);
            }
        }
        svg.text(
            (centre, floor + 31.0),
            Anchor::Middle,
            SMALL + 0.5,
            "axis",
            &self.x.title(),
        );
        if first {
            let middle = px(top + size.1 / 2.0);
            svg.raw(&format!(
                "<g transform=\"translate(9 {middle})rotate(-90)\">"
            ));
            svg.text(
                (0.0, 0.0),
                Anchor::Middle,
                SMALL + 0.5,
                "axis",
                &self.y.title(),
            );
            svg.raw("</g>");
        }

        let sum: f64 = map.values.iter().filter(|v| v.is_finite()).sum();
        let high = map
            .values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(f64::NEG_INFINITY, f64::max);
        let low = map
            .values
            .iter()
            .copied()
            .filter(|v| v.is_finite())
            .fold(f64::INFINITY, f64::min);
        let [sum, low, high] = [sum, low, high].map(|v| number::significant(v, 3));
        let description = format!(
            "Map of {columns} by {rows} pixels of {}; values from {low} to {high}, sum {sum}.",
            titled(group)
        );
        svg.finish(id, (width, floor + 38.0), &map.title, &description)
    }

    /// The values in whole numbers of a thousandth (or less) of the limit: one
    /// table per map. End tags that HTML lets one omit are omitted, because
    /// there are hundreds of cells.
    fn numbers(&self) -> String {
        let mut out = String::new();
        for group in &self.groups {
            let exponent = unit_exponent(group.colours);
            for map in &group.maps {
                let columns = map.columns.max(1);
                let rows = map.values.len().div_ceil(columns);
                let (title, label) = (text::html(&map.title), text::html(&titled(group)));
                let aria = escape(&text::plain(&map.title));
                put!(
                    out,
                    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{aria}\">\
                     <table class=\"matrix\"><caption>{title}: {label}, in units of {}. \
                     Across: {}; down: {} (pixel centres).</caption><tr><td>",
                    number::power_of_ten(exponent),
                    text::html(&self.x.title()),
                    text::html(&self.y.title())
                );
                for column in 0..columns {
                    put!(
                        out,
                        "<th scope=\"col\">{}",
                        centre(&self.x, column, columns)
                    );
                }
                for (r, row) in map.values.chunks(columns).enumerate().rev() {
                    put!(out, "<tr><th scope=\"row\">{}", centre(&self.y, r, rows));
                    for value in row {
                        out.push_str("<td>");
                        out.push_str(&whole(*value, exponent));
                    }
                }
                out.push_str("</table></div>");
            }
        }
        out
    }

    fn csv(&self) -> String {
        let columns = self
            .groups
            .iter()
            .flat_map(|group| &group.maps)
            .map(|map| map.columns.max(1))
            .max();
        let Some(columns) = columns else {
            return String::new();
        };
        let mut out = String::from("map,unit,y");
        for column in 0..columns {
            put!(out, ",x={}", centre(&self.x, column, columns));
        }
        out.push('\n');
        for group in &self.groups {
            let exponent = unit_exponent(group.colours);
            for map in &group.maps {
                let title = text::plain(&map.title).replace([',', '"', '\n'], " ");
                let rows = map.values.len().div_ceil(map.columns.max(1));
                for (r, row) in map.values.chunks(map.columns.max(1)).enumerate() {
                    put!(out, "{title},1e{exponent},{}", centre(&self.y, r, rows));
                    for value in row {
                        out.push(',');
                        out.push_str(&whole(*value, exponent));
                    }
                    out.push('\n');
                }
            }
        }
        out
    }
}

fn titled(group: &MapGroup) -> String {
    if group.unit.is_empty() {
        group.label.clone()
    } else {
        format!("{} [{}]", group.label, group.unit)
    }
}

/// The unit of which the limit has between 300 and 3000.
fn unit_exponent(colours: Colours) -> i32 {
    let limit = colours.limit();
    if limit.is_finite() && limit > 0.0 {
        (limit / 300.0).log10().floor() as i32
    } else {
        0
    }
}

fn whole(value: f64, exponent: i32) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let text = format!("{:.0}", value / 10_f64.powi(exponent));
    if text == "-0" { "0".to_owned() } else { text }
}

/// The centre of a pixel on its axis, to three decimals.
fn centre(axis: &Axis, pixel: usize, pixels: usize) -> String {
    let (low, high) = axis.range.unwrap_or((0.0, pixels as f64));
    let value = low + (pixel as f64 + 0.5) / pixels as f64 * (high - low);
    // A thousandth is finer than any pixel of ours; the sum with zero drops "-0".
    ((value * 1000.0).round() / 1000.0 + 0.0).to_string()
}

fn scale(cell: f64) -> String {
    let text = format!("{cell:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// One path per level, of strokes over runs of pixels of that level.
fn strokes(map: &Map, columns: usize, colours: Colours) -> String {
    let mut runs: Vec<(i32, usize, usize, usize)> = Vec::new();
    for (r, row) in map.values.chunks(columns).enumerate() {
        let mut column = 0;
        while column < row.len() {
            let level = colours.level(row[column]);
            let length = row[column..]
                .iter()
                .take_while(|v| colours.level(**v) == level)
                .count()
                .max(1);
            if level != 0 {
                runs.push((level, r, column, length));
            }
            column += length;
        }
    }
    runs.sort_unstable();
    let mut out = String::new();
    for same in runs.chunk_by(|a, b| a.0 == b.0) {
        put!(
            out,
            "<path class=\"{}\" d=\"",
            class(same[0].0, colours.is_diverging())
        );
        for (_, row, column, length) in same {
            put!(out, "M{column} {row}h{length}");
        }
        out.push_str("\"/>");
    }
    out
}

fn colour_bar(group: &MapGroup, id: &str, bar: f64) -> String {
    let colours = group.colours;
    let left = TITLE + TICKS;
    let width = left + bar + 4.0;
    let (first, last) = if colours.is_diverging() {
        (-SIDE, SIDE)
    } else {
        (0, RISING)
    };
    let step = bar / f64::from(last - first + 1);
    let mut svg = Svg::new();
    svg.rect((left, 2.0), (bar, 10.0), "mapbg");
    svg.raw(&format!(
        "<g class=\"map\" transform=\"translate({} 7)scale({} 10)\">",
        px(left),
        scale(step)
    ));
    for level in (first..=last).filter(|level| *level != 0) {
        // A hair wider than its place, so that neighbours leave no seam.
        let width = if level == last { "1" } else { "1.1" };
        let class = class(level, colours.is_diverging());
        svg.raw(&format!(
            "<path class=\"{class}\" d=\"M{} 0h{width}\"/>",
            level - first
        ));
    }
    svg.raw("</g>");
    svg.rect((left, 2.0), (bar, 10.0), "mapframe");
    let values = || {
        group
            .maps
            .iter()
            .flat_map(|map| &map.values)
            .filter(|v| v.is_finite())
    };
    let limit = colours.limit();
    let (above, below) = (values().any(|v| *v > limit), values().any(|v| *v < -limit));
    let mut last_end = f64::NEG_INFINITY;
    let ticks = colours.ticks();
    for (i, value) in ticks.iter().copied().enumerate() {
        let fraction = colours.fraction(value);
        let from_left = if colours.is_diverging() {
            f64::midpoint(fraction, 1.0)
        } else {
            fraction
        };
        let at = left + from_left * bar;
        let mut label = number::significant(value, 2);
        if i + 1 == ticks.len() && above {
            label = format!("≥ {label}");
        } else if i == 0 && below && colours.is_diverging() {
            label = format!("≤ {label}");
        }
        if let Colours::Log { .. } = colours
            && value.log10().fract().abs() < 1e-9
        {
            label = format!(
                "$10^{{{}}}$",
                value.log10().round().to_string().replace('-', "−")
            );
        }
        let half = text::width(&label) * SMALL / 2.0;
        svg.line((at, 12.0), (at, 16.0), "ticks");
        let centre = at.min(width - half);
        // Minor ticks keep their mark and lose their label where there is no room.
        let end = i == 0 || i + 1 == ticks.len() || value == 0.0;
        let room = !colours.is_diverging() || end || bar > 160.0;
        if room && centre - half > last_end + 5.0 {
            svg.text((centre, 27.0), Anchor::Middle, SMALL, "tick", &label);
            last_end = centre + half;
        }
    }
    svg.text(
        (left + bar / 2.0, 43.0),
        Anchor::Middle,
        SMALL + 0.5,
        "axis",
        &titled(group),
    );
    let [low, high] = [ticks[0], limit].map(|v| number::significant(v, 2));
    let description = format!("Colours from {low} to {high}; zero is the background.");
    svg.finish(
        id,
        (width, 50.0),
        &format!("Colour bar: {}", titled(group)),
        &description,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps(values: Vec<f64>, colours: Colours) -> Maps {
        let map = Map {
            title: "a, b".to_owned(),
            note: String::new(),
            columns: 2,
            values,
        };
        Maps {
            title: "Maps".to_owned(),
            x: Axis::new(r"$\Delta y$", "").range(-0.8, 0.8),
            y: Axis::new(r"$\Delta\phi$", "rad").range(-0.8, 0.8),
            groups: vec![MapGroup {
                label: "share".to_owned(),
                unit: String::new(),
                colours,
                maps: vec![map],
            }],
            ..Maps::default()
        }
    }

    #[test]
    fn zero_is_not_drawn_and_signs_have_their_sides() {
        let maps = maps(
            vec![0.0, 1.0, -0.5, -0.5],
            Colours::Diverging { limit: 1.0 },
        );
        let map = &maps.groups[0].maps[0];
        assert_eq!(
            strokes(map, 2, Colours::Diverging { limit: 1.0 }),
            "<path class=\"n16\" d=\"M0 1h2\"/><path class=\"p32\" d=\"M1 0h1\"/>"
        );
    }

    #[test]
    fn the_numbers_can_be_read_back() {
        let csv = maps(vec![0.1, 0.2, -0.3, 0.4], Colours::Diverging { limit: 0.5 })
            .figure("m")
            .csv()
            .to_owned();
        assert_eq!(
            csv,
            "map,unit,y,x=-0.4,x=0.4\na  b,1e-3,-0.4,100,200\na  b,1e-3,0.4,-300,400\n"
        );
    }

    #[test]
    fn values_beyond_the_limit_are_told_on_the_colour_bar() {
        let html = maps(vec![0.0, 2.0, 0.0, 0.0], Colours::Diverging { limit: 1.0 })
            .figure("m")
            .html(None);
        assert!(html.contains("≥ 1") && !html.contains("≤ −1"), "{html}");
    }

    #[test]
    fn broken_values_and_empty_maps_do_not_break_the_drawing() {
        for colours in [
            Colours::Diverging { limit: 0.0 },
            Colours::symmetric(&[]),
            Colours::Power {
                max: 1.0,
                exponent: 0.5,
            },
            Colours::Log {
                min: 1e-3,
                max: 1.0,
            },
        ] {
            let html = maps(vec![f64::NAN, f64::INFINITY, -1.0], colours)
                .figure("m")
                .html(None);
            assert!(!html.contains("NaN"), "{html}");
            let _ = maps(Vec::new(), colours).figure("m");
        }
    }

    #[test]
    fn sixty_dense_maps_fit_the_page() {
        let values = |k: usize| {
            (0..625)
                .map(|i| ((i * 7 + k) as f64 * 0.37).sin() * 0.4)
                .collect()
        };
        let bytes: usize = (0..60)
            .map(|k| {
                let mut maps = maps(values(k), Colours::Diverging { limit: 0.4 });
                maps.groups[0].maps[0].columns = 25;
                maps.figure("m").html(None).len()
            })
            .sum();
        // The page may have 2 MB; noise in every pixel is the worst case.
        assert!(bytes < 1_300_000, "{bytes}");
    }
}
