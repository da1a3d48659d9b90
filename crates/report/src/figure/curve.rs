//! Curves: lines with bands, points with error bars, reference lines.

use super::axis::Axis;
use super::plot::{STYLES, Swatch, clip, frame, legend, marker};
use super::svg::{Svg, px};
use super::{Figure, both_widths};
use crate::markup::put;
use crate::table::{Cell, Table};

/// How a series is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Marks {
    /// A line; its interval is a band.
    #[default]
    Line,
    /// Points joined by a thin line; their intervals are error bars.
    Points,
    /// Steps that hold each value until the next.
    Steps,
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Its name in the legend, as prose.
    pub name: String,
    /// Where; as many as `y`.
    pub x: Vec<f64>,
    /// The values; a gap where not finite.
    pub y: Vec<f64>,
    /// The lower end of the interval at every point; empty if there is none.
    pub low: Vec<f64>,
    /// The upper end.
    pub high: Vec<f64>,
    /// How it is marked.
    pub marks: Marks,
}

impl Series {
    /// A line through these points.
    pub fn line(name: &str, x: Vec<f64>, y: Vec<f64>) -> Self {
        Self {
            name: name.to_owned(),
            x,
            y,
            ..Self::default()
        }
    }

    /// Points, joined by a thin line.
    pub fn points(name: &str, x: Vec<f64>, y: Vec<f64>) -> Self {
        Self {
            marks: Marks::Points,
            ..Self::line(name, x, y)
        }
    }

    /// Gives every point an interval.
    #[must_use]
    pub fn interval(mut self, low: Vec<f64>, high: Vec<f64>) -> Self {
        self.low = low;
        self.high = high;
        self
    }

    /// Gives every point a symmetric error.
    #[must_use]
    pub fn errors(self, errors: &[f64]) -> Self {
        let low = self.y.iter().zip(errors).map(|(y, e)| y - e).collect();
        let high = self.y.iter().zip(errors).map(|(y, e)| y + e).collect();
        self.interval(low, high)
    }

    fn points_iter(&self) -> impl Iterator<Item = (f64, f64, Option<(f64, f64)>)> + '_ {
        self.x.iter().zip(&self.y).enumerate().map(|(i, (&x, &y))| {
            let ends = self.low.get(i).copied().zip(self.high.get(i).copied());
            (
                x,
                y,
                ends.filter(|(low, high)| low.is_finite() && high.is_finite()),
            )
        })
    }
}

/// Which way a reference line runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// From left to right, at a value of `y`.
    X,
    /// From bottom to top, at a value of `x`.
    Y,
}

/// A value to compare with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// Its name in the legend, as prose.
    pub name: String,
    /// Which way it runs.
    pub along: Along,
    /// The value.
    pub value: f64,
    /// Its interval.
    pub band: Option<(f64, f64)>,
}

/// Curves over two axes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// What the figure shows, as prose.
    pub title: String,
    /// What to know about it, as prose: events, uncertainty, method.
    pub caption: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The curves.
    pub series: Vec<Series>,
    /// Values to compare with.
    pub references: Vec<Reference>,
}

impl Curve {
    /// Draws it under this name.
    pub fn figure(&self, id: &str) -> Figure {
        let drawing = both_widths(|width, suffix| self.draw(&format!("{id}-{suffix}"), width));
        Figure::new(id, &self.title, &self.caption, drawing, &self.table())
    }

    fn table(&self) -> Table {
        let interval = self.series.iter().any(|series| !series.low.is_empty());
        let mut heads = vec!["curve".to_owned(), self.x.title(), self.y.title()];
        if interval {
            heads.extend(["low".to_owned(), "high".to_owned()]);
        }
        let mut table = Table::new(&self.title, heads);
        for series in &self.series {
            for (x, y, ends) in series.points_iter() {
                let mut row = vec![
                    Cell::Text(series.name.clone()),
                    Cell::Exact(x),
                    Cell::Number(y, 4),
                ];
                if let Some((low, high)) = ends {
                    row.extend([Cell::Number(low, 4), Cell::Number(high, 4)]);
                }
                table.push(row);
            }
        }
        for reference in &self.references {
            let (value, empty) = (Cell::Number(reference.value, 4), Cell::Empty);
            let mut row = vec![Cell::Text(reference.name.clone())];
            row.extend(if reference.along == Along::X {
                [empty, value]
            } else {
                [value, empty]
            });
            if let Some((low, high)) = reference.band {
                row.extend([Cell::Number(low, 4), Cell::Number(high, 4)]);
            }
            table.push(row);
        }
        table
    }

    fn describe(&self) -> String {
        let names: Vec<&str> = self
            .series
            .iter()
            .map(|series| series.name.as_str())
            .collect();
        let mut out = format!(
            "{} against {}: {}.",
            self.y.title(),
            self.x.title(),
            names.join(", ")
        );
        for series in &self.series {
            let finite = series
                .points_iter()
                .filter(|(x, y, _)| x.is_finite() && y.is_finite());
            let ends: Vec<(f64, f64)> = finite.map(|(x, y, _)| (x, y)).collect();
            if let (Some(first), Some(last)) = (ends.first(), ends.last()) {
                let [a, b, c, d] =
                    [first.0, first.1, last.0, last.1].map(|v| crate::number::significant(v, 3));
                put!(out, " {} runs from {b} at {a} to {d} at {c}.", series.name);
            }
        }
        out
    }

    fn values(&self) -> (Vec<f64>, Vec<f64>) {
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for series in &self.series {
            xs.extend(&series.x);
            ys.extend(series.y.iter().chain(&series.low).chain(&series.high));
        }
        for reference in &self.references {
            let into = if reference.along == Along::X {
                &mut ys
            } else {
                &mut xs
            };
            into.push(reference.value);
            into.extend(reference.band.iter().flat_map(|&(low, high)| [low, high]));
        }
        (xs, ys)
    }

    fn draw(&self, id: &str, width: f64) -> String {
        let mut svg = Svg::new();
        let mut entries: Vec<(Swatch, &str)> = Vec::new();
        for (i, series) in self.series.iter().enumerate() {
            let marker = series.marks == Marks::Points;
            let band = !series.low.is_empty() && !marker;
            entries.push((
                Swatch::Line {
                    style: i % STYLES,
                    band,
                    marker,
                },
                &series.name,
            ));
        }
        for reference in &self.references {
            entries.push((
                Swatch::Reference {
                    band: reference.band.is_some(),
                },
                &reference.name,
            ));
        }
        let top = legend(&mut svg, &entries, 0.0, width, 0.0) + 6.0;
        let frame = frame(&mut svg, (&self.x, &self.y), self.values(), width, top);
        clip(&mut svg, id, &frame);
        for reference in &self.references {
            draw_reference(&mut svg, reference, &frame);
        }
        for (i, series) in self.series.iter().enumerate() {
            draw_series(&mut svg, series, i % STYLES, &frame);
        }
        svg.raw("</g>");
        svg.finish(id, (width, frame.height), &self.title, &self.describe())
    }
}

fn draw_reference(svg: &mut Svg, reference: &Reference, frame: &super::plot::Frame) {
    let (x, y) = (&frame.x, &frame.y);
    let across = if reference.along == Along::X { y } else { x };
    let Some(at) = across.held(reference.value) else {
        return;
    };
    let band = reference
        .band
        .and_then(|(low, high)| across.held(low).zip(across.held(high)));
    match reference.along {
        Along::X => {
            if let Some((low, high)) = band {
                svg.rect(
                    (x.start(), high),
                    (x.end() - x.start(), low - high),
                    "refband",
                );
            }
            svg.line((x.start(), at), (x.end(), at), "ref");
        }
        Along::Y => {
            if let Some((low, high)) = band {
                svg.rect((low, y.end()), (high - low, y.start() - y.end()), "refband");
            }
            svg.line((at, y.start()), (at, y.end()), "ref");
        }
    }
}

/// Points in pixels, split where a value is missing.
fn pieces(points: impl Iterator<Item = Option<(f64, f64)>>) -> Vec<Vec<(f64, f64)>> {
    let mut out = vec![Vec::new()];
    for point in points {
        match (point, out.last_mut()) {
            (Some(point), Some(piece)) => piece.push(point),
            _ => out.push(Vec::new()),
        }
    }
    out.retain(|piece| !piece.is_empty());
    out
}

fn polyline(points: &[(f64, f64)], steps: bool) -> String {
    let mut d = String::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        if i > 0 && steps {
            put!(d, "H{}V{}", px(x), px(y));
        } else {
            put!(d, "{}{} {}", if i == 0 { 'M' } else { 'L' }, px(x), px(y));
        }
    }
    d
}

fn draw_series(svg: &mut Svg, series: &Series, style: usize, frame: &super::plot::Frame) {
    let place = |x: f64, y: f64| frame.x.held(x).zip(frame.y.held(y).filter(|_| !y.is_nan()));
    let steps = series.marks == Marks::Steps;
    if series.marks != Marks::Points {
        let band = |end: fn((f64, f64)) -> f64| {
            pieces(
                series
                    .points_iter()
                    .map(|(x, _, ends)| ends.and_then(|ends| place(x, end(ends)))),
            )
        };
        for (low, high) in band(|ends| ends.0).iter().zip(&band(|ends| ends.1)) {
            let back: Vec<(f64, f64)> = low.iter().rev().copied().collect();
            // Going back, a step changes height first.
            let way_back = if steps {
                back.windows(2)
                    .fold(format!("V{}", px(back[0].1)), |d, pair| {
                        format!("{d}V{}H{}", px(pair[1].1), px(pair[1].0))
                    })
            } else {
                polyline(&back, false).replacen('M', "L", 1)
            };
            svg.path(
                &format!("{}{way_back}z", polyline(high, steps)),
                &format!("band c{style}"),
            );
        }
    }
    let class = if series.marks == Marks::Points {
        "thin"
    } else {
        "curve"
    };
    for piece in pieces(series.points_iter().map(|(x, y, _)| place(x, y))) {
        svg.path(
            &polyline(&piece, steps),
            &format!("{class} c{style} d{style}"),
        );
    }
    if series.marks == Marks::Points {
        for (x, y, ends) in series.points_iter() {
            let Some(at) = place(x, y) else { continue };
            if let Some((low, high)) =
                ends.and_then(|(low, high)| frame.y.held(low).zip(frame.y.held(high)))
            {
                let class = format!("whisker c{style}");
                let (x, low, high) = (px(at.0), px(low), px(high));
                svg.path(
                    &format!("M{x} {low}V{high}m-3 0h6M{x} {low}m-3 0h6"),
                    &class,
                );
            }
            svg.path(&marker(style, at), &format!("mark c{style}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> Curve {
        Curve {
            title: "ROC".to_owned(),
            x: Axis::new(r"signal efficiency $\varepsilon_S$", "").range(0.0, 1.0),
            y: Axis::new(r"rejection $1/\varepsilon_B$", "")
                .log()
                .range(1.0, 100.0),
            series: vec![
                Series::line("CNN", vec![0.2, 0.5, 1.0], vec![60.0, 20.0, 1.0])
                    .interval(vec![50.0, 18.0, 1.0], vec![70.0, 22.0, 1.0]),
                Series::points("<b>", vec![0.2, 0.5, 1.0], vec![40.0, f64::NAN, 1.0])
                    .errors(&[3.0, 1.0, 0.0]),
            ],
            references: vec![Reference {
                name: "chance".to_owned(),
                along: Along::X,
                value: 2.0,
                band: Some((1.5, 2.5)),
            }],
            ..Curve::default()
        }
    }

    #[test]
    fn a_curve_is_drawn_as_before() {
        insta::assert_snapshot!(curve().draw("roc-w", 720.0).replace("><", ">\n<"));
    }

    #[test]
    fn names_from_outside_are_escaped_everywhere() {
        let html = curve().figure("roc").html(Some(1));
        assert!(!html.contains("<b>"), "{html}");
    }

    #[test]
    fn the_download_holds_every_point_with_its_interval() {
        let figure = curve().figure("roc");
        assert!(
            figure.csv().contains("CNN,0.5,20,18,22"),
            "{}",
            figure.csv()
        );
        assert!(
            figure.csv().contains("chance,,2,1.5,2.5"),
            "{}",
            figure.csv()
        );
    }

    #[test]
    fn no_series_and_values_beyond_any_scale_do_not_break_the_drawing() {
        let empty = Curve::default().figure("empty").html(None);
        assert!(empty.contains("<svg"));
        let mut wild = curve();
        wild.series[0].y = vec![f64::INFINITY, -1.0, 1e300];
        let html = wild.figure("wild").html(None);
        assert!(
            !html.contains("NaN") && !html.contains(" inf") && !html.contains("\"inf"),
            "{html}"
        );
    }
}
