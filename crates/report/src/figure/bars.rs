//! Ranked horizontal bars with intervals and what a random model would give.

use pellucid_core::Interval;

use super::axis::Axis;
use super::plot::{LABEL, SMALL, Swatch, legend};
use super::svg::{Anchor, Svg};
use super::{Figure, both_widths};
use crate::table::{Cell, Table};
use crate::{number, text};

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// What it measures, as prose.
    pub label: String,
    /// How long it is, and its interval; the ends may be not finite if unknown.
    pub value: Interval,
    /// The interval in which a model that learned nothing would lie.
    pub reference: Option<(f64, f64)>,
}

/// Bars from top to bottom, in the order given.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// What the figure shows, as prose.
    pub title: String,
    /// What to know about it, as prose.
    pub caption: String,
    /// What the bars measure; always linear, and holds zero unless its range is given.
    pub axis: Axis,
    /// The bars.
    pub bars: Vec<Bar>,
    /// The name of the bars' value and interval in the legend.
    pub name: String,
    /// The name of the references in the legend.
    pub reference_name: String,
}

impl Bars {
    /// Draws it under this name.
    pub fn figure(&self, id: &str) -> Figure {
        let drawing = both_widths(|width, suffix| self.draw(&format!("{id}-{suffix}"), width));
        Figure::new(id, &self.title, &self.caption, drawing, &self.table())
    }

    fn table(&self) -> Table {
        let referenced = self.bars.iter().any(|bar| bar.reference.is_some());
        let mut heads = vec!["quantity".to_owned(), self.axis.title()];
        if referenced {
            heads.push(format!("{}, low", self.reference_name));
            heads.push(format!("{}, high", self.reference_name));
        }
        let mut table = Table::new(&self.title, heads);
        for bar in &self.bars {
            let mut row = vec![Cell::Text(bar.label.clone()), Cell::Interval(bar.value)];
            if let Some((low, high)) = bar.reference {
                row.extend([Cell::Number(low, 2), Cell::Number(high, 2)]);
            }
            table.push(row);
        }
        table
    }

    fn describe(&self) -> String {
        let named = |bar: &Bar| format!("{} {}", bar.label, number::interval(bar.value));
        let listed: Vec<String> = self.bars.iter().take(5).map(named).collect();
        format!(
            "{}, ranked; the first: {}.",
            self.axis.title(),
            listed.join("; ")
        )
    }

    fn values(&self) -> Vec<f64> {
        let mut out = vec![0.0];
        for bar in &self.bars {
            out.extend([bar.value.value, bar.value.low, bar.value.high]);
            out.extend(bar.reference.iter().flat_map(|&(low, high)| [low, high]));
        }
        out
    }

    fn draw(&self, id: &str, width: f64) -> String {
        let mut svg = Svg::new();
        let mut entries: Vec<(Swatch, &str)> = Vec::new();
        if !self.name.is_empty() {
            entries.push((Swatch::Bar, &self.name));
        }
        if !self.reference_name.is_empty() && self.bars.iter().any(|bar| bar.reference.is_some()) {
            entries.push((Swatch::Tick, &self.reference_name));
        }
        let top = legend(&mut svg, &entries, 0.0, width, 0.0) + 8.0;

        // On a phone the label stands above its bar.
        let stacked = width < 500.0;
        let widest = |texts: Vec<f64>| texts.into_iter().fold(0.0, f64::max);
        let label_width = widest(
            self.bars
                .iter()
                .map(|bar| text::width(&bar.label) * LABEL * 1.06)
                .collect(),
        );
        let printed: Vec<String> = self
            .bars
            .iter()
            .map(|bar| number::interval(bar.value))
            .collect();
        let printed_width = widest(
            printed
                .iter()
                .map(|p| text::width(p) * SMALL * 1.06)
                .collect(),
        );
        let (left, right) = if stacked {
            (1.0, width - 12.0)
        } else {
            (
                label_width.min(width * 0.42) + 14.0,
                width - printed_width - 18.0,
            )
        };
        let (pitch, thickness) = if stacked { (44.0, 12.0) } else { (30.0, 14.0) };

        let axis = self.lay(left, right);
        let floor = top + pitch * self.bars.len() as f64 + 2.0;
        for tick in axis.ticks(if stacked { 64.0 } else { 72.0 }) {
            if let (Some(at), Some(label)) = (axis.at(tick.value), &tick.label) {
                self.rule(&mut svg, at, (top, pitch), stacked, "grid");
                let half = text::width(label) * SMALL / 2.0;
                let centre = at.clamp(half, (width - half).max(half));
                svg.text((centre, floor + 17.0), Anchor::Middle, SMALL, "tick", label);
            }
        }
        for (i, (bar, printed)) in self.bars.iter().zip(&printed).enumerate() {
            let row = top + pitch * i as f64;
            let middle = if stacked {
                row + 30.0
            } else {
                row + pitch / 2.0
            };
            if stacked {
                svg.text((0.0, row + 17.0), Anchor::Start, LABEL, "ink", &bar.label);
                svg.text((width, row + 17.0), Anchor::End, SMALL, "value", printed);
            } else {
                svg.text(
                    (left - 12.0, middle + 4.5),
                    Anchor::End,
                    LABEL,
                    "ink",
                    &bar.label,
                );
                svg.text((width, middle + 4.0), Anchor::End, SMALL, "value", printed);
            }
            draw_bar(&mut svg, bar, &axis, middle, thickness);
        }
        if let Some(zero) = axis.at(0.0).filter(|_| axis.holds(0.0)) {
            self.rule(&mut svg, zero, (top, pitch), stacked, "base");
        }
        let centre = f64::midpoint(left, right);
        let half = text::width(&self.axis.title()) * LABEL / 2.0;
        let centre = centre.min(width - half).max(half);
        svg.text(
            (centre, floor + 37.0),
            Anchor::Middle,
            LABEL,
            "axis",
            &self.axis.title(),
        );
        svg.finish(id, (width, floor + 46.0), &self.title, &self.describe())
    }

    /// A vertical line through all bars, left out where labels stand above them.
    fn rule(&self, svg: &mut Svg, at: f64, (top, pitch): (f64, f64), stacked: bool, class: &str) {
        if !stacked {
            svg.line(
                (at, top),
                (at, top + pitch * self.bars.len() as f64 + 2.0),
                class,
            );
            return;
        }
        for row in 0..self.bars.len() {
            let row = top + pitch * row as f64;
            svg.line((at, row + 21.0), (at, row + 39.0), class);
        }
    }

    /// The axis; bars begin at zero, so no room is left beyond it on an empty side.
    fn lay(&self, left: f64, right: f64) -> super::axis::Laid {
        let axis = Axis {
            scale: super::Scale::Linear,
            ..self.axis.clone()
        };
        let mut axis = if axis.range.is_some() {
            axis
        } else {
            let finite = self.values().into_iter().filter(|v| v.is_finite());
            let (low, high) = finite.fold((0.0_f64, 0.0_f64), |(a, b), v| (a.min(v), b.max(v)));
            let room = (high - low) * 0.03;
            axis.range(
                if low < 0.0 { low - room } else { 0.0 },
                if high > 0.0 { high + room } else { 0.0 },
            )
        };
        if axis.range.is_some_and(|(low, high)| low >= high) {
            axis.range = None;
        }
        axis.lay(self.values().into_iter(), left, right)
    }
}

fn draw_bar(svg: &mut Svg, bar: &Bar, axis: &super::axis::Laid, middle: f64, thickness: f64) {
    let hold = |v: f64| axis.at(v).map(|at| at.clamp(axis.start(), axis.end()));
    let origin = hold(0.0).unwrap_or(axis.start());
    if let Some(end) = hold(bar.value.value) {
        let (a, b) = (origin.min(end), origin.max(end));
        svg.rect((a, middle - thickness / 2.0), (b - a, thickness), "bar");
    }
    if let Some((low, high)) = bar
        .reference
        .and_then(|(low, high)| hold(low).zip(hold(high)))
    {
        // A reference narrower than a line still shows.
        let wide = (high - low).max(2.0);
        svg.rect(
            (low, middle - thickness / 2.0 - 3.0),
            (wide, thickness + 6.0),
            "refband",
        );
    }
    if let Some((low, high)) = hold(bar.value.low).zip(hold(bar.value.high)) {
        svg.line((low, middle), (high, middle), "err");
        for end in [low, high] {
            svg.line((end, middle - 3.5), (end, middle + 3.5), "err");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> Bars {
        let bar = |label: &str, value, low, high| Bar {
            label: label.to_owned(),
            value: Interval { value, low, high },
            reference: Some((-0.01, 0.02)),
        };
        Bars {
            title: "Importance".to_owned(),
            axis: Axis::new("loss of AUC", ""),
            bars: vec![bar("$m$", 0.12, 0.11, 0.13), bar("$n$", -0.01, -0.02, 0.0)],
            name: "permuted".to_owned(),
            reference_name: "random model".to_owned(),
            ..Bars::default()
        }
    }

    #[test]
    fn bars_are_drawn_as_before() {
        insta::assert_snapshot!(bars().draw("bars-w", 720.0).replace("><", ">\n<"));
    }

    #[test]
    fn the_numbers_name_the_reference() {
        let csv = bars().figure("bars").csv().to_owned();
        assert!(
            csv.starts_with(
                "quantity,loss of AUC,loss of AUC low,loss of AUC high,\"random model, low\""
            ),
            "{csv}"
        );
        assert!(csv.contains("m,0.12,0.11,0.13,-0.01,0.02"), "{csv}");
    }

    #[test]
    fn no_bars_and_zero_bars_are_drawn() {
        assert!(Bars::default().figure("none").html(None).contains("<svg"));
        let mut zero = bars();
        for bar in &mut zero.bars {
            bar.value = Interval {
                value: 0.0,
                low: f64::NAN,
                high: f64::NAN,
            };
            bar.reference = None;
        }
        assert!(!zero.figure("zero").html(None).contains("NaN"));
    }
}
