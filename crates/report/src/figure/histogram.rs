//! Histograms: one step line per class, with errors from the variances.

use super::axis::{Axis, Scale};
use super::plot::{STYLES, Swatch, clip, frame, legend};
use super::svg::{Svg, px};
use super::{Figure, both_widths};
use crate::markup::put;
use crate::table::{Cell, Table};

/// The contents of one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Its name in the legend, as prose.
    pub name: String,
    /// The content of every bin: sum of weights, or a density.
    pub contents: Vec<f64>,
    /// The variance of every content; empty if not known.
    pub variances: Vec<f64>,
}

/// A histogram over common bins.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// What the figure shows, as prose.
    pub title: String,
    /// What to know about it, as prose.
    pub caption: String,
    /// The binned quantity.
    pub x: Axis,
    /// The contents; begins at zero unless logarithmic or given a range.
    pub y: Axis,
    /// The ends of the bins, one more than there are bins.
    pub edges: Vec<f64>,
    /// The classes.
    pub classes: Vec<Class>,
}

impl Histogram {
    /// Draws it under this name.
    pub fn figure(&self, id: &str) -> Figure {
        let drawing = both_widths(|width, suffix| self.draw(&format!("{id}-{suffix}"), width));
        Figure::new(id, &self.title, &self.caption, drawing, &self.table())
    }

    fn bins<'a>(
        &'a self,
        class: &'a Class,
    ) -> impl Iterator<Item = (f64, f64, f64, Option<f64>)> + 'a {
        let ends = self.edges.windows(2);
        ends.zip(&class.contents)
            .enumerate()
            .map(|(i, (ends, &content))| {
                let error = class.variances.get(i).map(|v| v.max(0.0).sqrt());
                (ends[0], ends[1], content, error)
            })
    }

    fn table(&self) -> Table {
        let unit = self.x.title();
        let mut heads = vec![format!("{unit}, from"), "to".to_owned()];
        heads.extend(self.classes.iter().map(|class| class.name.clone()));
        let mut table = Table::new(&self.title, heads);
        for (bin, ends) in self.edges.windows(2).enumerate() {
            let mut row = vec![Cell::Exact(ends[0]), Cell::Exact(ends[1])];
            for class in &self.classes {
                let Some(&value) = class.contents.get(bin) else {
                    row.push(Cell::Empty);
                    continue;
                };
                let error = class
                    .variances
                    .get(bin)
                    .map_or(f64::NAN, |v| v.max(0.0).sqrt());
                row.push(Cell::Estimate(pellucid_core::Estimate::new(value, error)));
            }
            table.push(row);
        }
        table
    }

    fn describe(&self) -> String {
        let mut out = format!("Histogram of {}.", self.x.title());
        for class in &self.classes {
            let peak = self.bins(class).max_by(|a, b| a.2.total_cmp(&b.2));
            if let Some((low, high, _, _)) = peak {
                let [low, high] = [low, high].map(|v| crate::number::significant(v, 3));
                put!(out, " {} peaks between {low} and {high}.", class.name);
            }
        }
        out
    }

    fn draw(&self, id: &str, width: f64) -> String {
        let mut svg = Svg::new();
        let entries: Vec<(Swatch, &str)> = self
            .classes
            .iter()
            .enumerate()
            .map(|(i, class)| (Swatch::Step { style: i % STYLES }, class.name.as_str()))
            .collect();
        let top = legend(&mut svg, &entries, 0.0, width, 0.0) + 6.0;

        let tops = self.classes.iter().flat_map(|class| self.bins(class));
        let ys: Vec<f64> = tops
            .flat_map(|(_, _, y, e)| [y, y + e.unwrap_or(0.0)])
            .collect();
        let mut y = self.y.clone();
        if y.range.is_none() && y.scale == Scale::Linear {
            let highest = ys
                .iter()
                .copied()
                .filter(|v| v.is_finite())
                .fold(0.0, f64::max);
            y.range = (highest > 0.0).then_some((0.0, highest * 1.06));
        }
        let mut x = self.x.clone();
        if let (None, [first, .., last]) = (x.range, self.edges.as_slice()) {
            x.range = Some((*first, *last));
        }
        let frame = frame(&mut svg, (&x, &y), (self.edges.clone(), ys), width, top);
        clip(&mut svg, id, &frame);
        for (i, class) in self.classes.iter().enumerate() {
            self.draw_class(&mut svg, class, i % STYLES, &frame);
        }
        svg.raw("</g>");
        svg.finish(id, (width, frame.height), &self.title, &self.describe())
    }

    fn draw_class(&self, svg: &mut Svg, class: &Class, style: usize, frame: &super::plot::Frame) {
        let floor = frame.y.start();
        let (mut outline, mut whiskers, mut ends) = (String::new(), String::new(), None);
        for (low, high, content, error) in self.bins(class) {
            let place = frame
                .x
                .held(low)
                .zip(frame.x.held(high))
                .zip(frame.y.held(content));
            let Some(((left, right), at)) = place.filter(|_| !content.is_nan()) else {
                continue;
            };
            let start = if outline.is_empty() { 'M' } else { 'L' };
            put!(outline, "{start}{} {}H{}", px(left), px(at), px(right));
            ends = Some((ends.map_or(left, |(first, _)| first), right));
            let error = error.filter(|e| *e > 0.0 && e.is_finite());
            if let Some((a, b)) =
                error.and_then(|e| frame.y.held(content - e).zip(frame.y.held(content + e)))
            {
                let middle = px(f64::midpoint(left, right));
                put!(whiskers, "M{middle} {}V{}", px(a), px(b));
            }
        }
        if let Some((first, last)) = ends {
            let closed = format!("{outline}V{}H{}z", px(floor), px(first));
            svg.path(&closed, &format!("fill c{style}"));
            let open = outline.replacen('M', &format!("M{} {}L", px(first), px(floor)), 1);
            svg.path(
                &format!("{open}L{} {}", px(last), px(floor)),
                &format!("curve c{style} d{style}"),
            );
            svg.path(&whiskers, &format!("whisker c{style}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram() -> Histogram {
        let class = |name: &str, contents: &[f64]| Class {
            name: name.to_owned(),
            contents: contents.to_vec(),
            variances: contents.to_vec(),
        };
        Histogram {
            title: "Mass".to_owned(),
            x: Axis::new("mass $m$", "GeV"),
            y: Axis::new("jets per bin", ""),
            edges: vec![0.0, 40.0, 80.0, 120.0],
            classes: vec![
                class("W", &[9.0, 100.0, 25.0]),
                class("QCD", &[64.0, 49.0, 16.0]),
            ],
            ..Histogram::default()
        }
    }

    #[test]
    fn a_histogram_is_drawn_as_before() {
        insta::assert_snapshot!(histogram().draw("mass-w", 720.0).replace("><", ">\n<"));
    }

    #[test]
    fn the_error_is_the_root_of_the_variance() {
        let csv = histogram().figure("mass").csv().to_owned();
        assert!(csv.contains("40,80,100,10,49,7"), "{csv}");
    }

    #[test]
    fn an_empty_histogram_is_drawn() {
        assert!(
            Histogram::default()
                .figure("none")
                .html(None)
                .contains("<svg")
        );
        let mut log = histogram();
        log.y = log.y.log();
        log.classes[0].contents[0] = 0.0;
        assert!(!log.figure("log").html(None).contains("NaN"));
    }
}
