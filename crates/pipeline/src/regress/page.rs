//! The report of a search: the law, the front, what is left over.
//!
//! Every law of the front is one click away, with its text for LaTeX, SymPy,
//! NumPy and Rust. Residuals are shown for the law that is selected; beyond the
//! range of the data it is shown beside the largest law, which has had the most
//! freedom to follow the data alone.

use pellucid_core::{Estimate, Interval};
use pellucid_report::figure::{Along, Axis, Bar, Bars, Curve, Reference, Series};
use pellucid_report::page::{Block, Choice, Look, Picker, Provenance, Status};
use pellucid_report::{Page, Section, number, text};
use pellucid_symbolic::distillation::Fact;
use pellucid_symbolic::loss::Loss;
use pellucid_symbolic::select::{FEW_ROWS, Finding, INDEPENDENT};
use pellucid_symbolic::{Expression, Problem};
use serde_json::Value;

use super::request::Request;
use super::run::Outcome;
use super::told::Told;
use crate::PipelineError;
use crate::provenance::FileId;
use crate::source::files;

/// Features shown beyond their range; more would be a wall of figures.
const FEATURES: usize = 4;
/// How far beyond, in ranges of the data.
const BEYOND: f64 = 0.5;
/// Points of a curve.
const POINTS: usize = 121;
/// Bins of the residuals.
const BINS: usize = 20;

/// What the page is made of.
pub(super) struct View<'a> {
    pub request: &'a Request,
    pub problem: &'a Problem,
    pub outcome: &'a Outcome,
    pub laws: &'a [Expression],
}

impl View<'_> {
    /// The place of the law that is selected.
    fn selected(&self) -> usize {
        let front = self.outcome.front.iter();
        front
            .enumerate()
            .find(|(_, law)| law.selected)
            .map_or(0, |(i, _)| i)
    }

    /// What the mean loss is called as it is shown, and whether that is its root.
    fn measure(&self) -> (&'static str, bool) {
        let squares = ("root mean squared error", true);
        self.problem.loss().map_or(squares, Loss::measure)
    }

    /// The mean loss as it is shown.
    fn shown(&self, loss: f64) -> f64 {
        if self.measure().1 { loss.sqrt() } else { loss }
    }

    /// The same in so many digits.
    fn error(&self, loss: Option<f64>, digits: usize) -> String {
        loss.map_or_else(
            || "undefined".to_owned(),
            |l| number::significant(self.shown(l), digits),
        )
    }

    fn target(&self) -> String {
        text::literal(self.problem.target_name())
    }
}

/// The whole page.
pub(super) fn page(view: &View<'_>) -> Result<String, PipelineError> {
    let chosen = &view.outcome.front[view.selected()];
    let (_, spread) = view.problem.middle();
    let explained = 100.0 * (1.0 - chosen.loss / spread);
    let squares = view.problem.loss().is_none();
    let status = if chosen.rows_alike > INDEPENDENT || view.outcome.interrupted {
        Status::Caution
    } else {
        Status::Good
    };
    let error = |loss: Option<f64>| view.error(loss, 3);
    let page = Page::new(&format!("The law of {}", view.target()))
        .kicker(&format!("Pellucid · {}", text::literal(&file_name(view))))
        .subtitle(&format!(
            "Formulas for {} over {} rows, from the smallest to the most exact.",
            view.target(),
            number::count(view.problem.rows() as u64)
        ))
        .verdict(
            status,
            &format!(
                "${} = {}$ explains {} % of the {}; {}.",
                Expression::variable(0).latex(&[view.problem.target_name().to_owned()], 4),
                chosen.latex,
                number::significant(explained, 5),
                if squares {
                    "variance"
                } else {
                    "best constant's loss"
                },
                chosen.reason.as_deref().unwrap_or_default()
            ),
        )
        .key_figure(
            "Error",
            &error(Some(chosen.loss)),
            &format!("{}, on all rows", view.measure().0),
        )
        .key_figure(
            "Held out",
            &error(chosen.held_out),
            if view.problem.rows() < FEW_ROWS {
                "by searches that did not see these rows"
            } else {
                "constants fitted to other rows"
            },
        )
        .key_figure(
            "Out of range",
            &error(chosen.out_of_range),
            "outermost fifth, fitted inside",
        )
        .key_figure(
            "Noise",
            &chosen
                .noise
                .map_or_else(String::new, |n| number::significant(n, 3)),
            "between rows at one place",
        )
        .section(front(view))
        .section(left_over(view));
    let page = match &view.outcome.told {
        Some(told) => page.section(answers(told, view)),
        None => page,
    };
    let page = match beyond(view) {
        Some(section) => page.section(section),
        None => page,
    };
    Ok(page
        .provenance(provenance(view)?)
        .footer(
            "Made by Pellucid. This file is complete: it loads nothing from a network and reads \
             without a script.",
        )
        .html())
}

fn file_name(view: &View<'_>) -> String {
    let name = view.request.path().file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The front and, law by law, what is known of each.
fn front(view: &View<'_>) -> Section {
    let laws = &view.outcome.front;
    let of = |value: fn(&Finding) -> f64| -> Vec<f64> {
        // Below rounding there is nothing to see.
        let (_, spread) = view.problem.middle();
        let least = 1e-16 * view.shown(spread);
        laws.iter()
            .map(|law| view.shown(value(law)).max(least))
            .collect()
    };
    let nodes: Vec<f64> = laws.iter().map(|law| law.complexity as f64).collect();
    let chosen = &laws[view.selected()];
    let curve = Curve {
        title: "The front.".to_owned(),
        caption:
            "Each point is the best law of its size. A law worth its size lies behind a steep \
                  fall; where the error on rows held out leaves that on all rows, the law follows \
                  the rows it was fitted to."
                .to_owned(),
        x: Axis::new("nodes of the law", ""),
        y: Axis::new(view.measure().0, "").log(),
        series: vec![
            Series::points("all rows", nodes.clone(), of(|law| law.loss)),
            Series::points(
                "rows held out",
                nodes.clone(),
                of(|l| l.held_out.unwrap_or(f64::NAN)),
            ),
            Series::points(
                "out of range",
                nodes,
                of(|l| l.out_of_range.unwrap_or(f64::NAN)),
            ),
        ],
        references: vec![Reference {
            name: "selected".to_owned(),
            along: Along::Y,
            value: chosen.complexity as f64,
            band: None,
        }],
    };
    let mut picker = Picker::new(Look::Cards, "Choose a law");
    // The selected one first: it is the one shown.
    let mut order: Vec<usize> = (0..laws.len()).collect();
    order.sort_by_key(|&i| !laws[i].selected);
    for i in order {
        picker = picker.choice(choice(&laws[i], view));
    }
    Section::new("The front")
        .add(curve.figure("front"))
        .add(picker)
}

fn choice(law: &Finding, view: &View<'_>) -> Choice {
    let nodes = if law.complexity == 1 { "node" } else { "nodes" };
    let mut choice = Choice::new(&format!("{} {nodes}", law.complexity)).note(&format!(
        "error {}{}",
        number::significant(view.shown(law.loss), 2),
        if law.selected { ", selected" } else { "" }
    ));
    if law.selected {
        choice = choice.status(Status::Good);
    }
    let known = |loss: Option<f64>| view.error(loss, 4);
    let constants: Vec<String> = law
        .constants
        .iter()
        .map(|c| match c.error.filter(|e| *e > 0.0) {
            Some(error) => number::estimate(Estimate {
                value: c.value,
                error,
            }),
            None => number::significant(c.value, 6),
        })
        .collect();
    let mut facts = vec![
        ("Error on all rows".to_owned(), known(Some(law.loss))),
        ("Held out".to_owned(), known(law.held_out)),
        ("Out of range".to_owned(), known(law.out_of_range)),
        (
            "Description length".to_owned(),
            format!("{} nats", number::significant(law.description_length, 4)),
        ),
        (
            "Rows per independent row (correlated residuals)".to_owned(),
            number::significant(law.rows_alike, 2),
        ),
    ];
    for (name, value) in &law.opened {
        let value = match value {
            Value::String(formula) => text::literal(formula),
            other => number::significant(other.as_f64().unwrap_or(f64::NAN), 6),
        };
        facts.push((text::literal(name), value));
    }
    if let Some(consistent) = law.consistent {
        let answer = if consistent {
            "consistent"
        } else {
            "not consistent"
        };
        facts.push(("Units".to_owned(), answer.to_owned()));
    }
    if !constants.is_empty() {
        facts.push(("Constants".to_owned(), constants.join(", ")));
    }
    let target = Expression::variable(0).latex(&[view.problem.target_name().to_owned()], 4);
    choice
        .add(Block::Equation(format!("{target} = {}", law.latex)))
        .add(Block::Facts(facts))
        .add(Block::code("LaTeX", &law.latex))
        .add(Block::code("SymPy", &law.sympy))
        .add(Block::code("NumPy", &law.numpy))
        .add(Block::code("Rust", &law.rust))
}

/// What a model said before the search.
fn answers(told: &Told, view: &View<'_>) -> Section {
    let tolerance = view.request.settings.distillation.tolerance;
    // Those of parts are in the file beside the front.
    let whole = || told.facts.iter().filter(|fact| fact.within.is_empty());
    let bar = |fact: &Fact| Bar {
        label: text::literal(&fact.label()),
        value: Interval {
            value: fact.violation,
            low: fact.violation - fact.error,
            high: fact.violation + fact.error,
        },
        reference: Some((0.0, tolerance)),
    };
    let bars = Bars {
        title: "What the network says of itself.".to_owned(),
        caption: "Each bar is how much of the network's slopes contradicts a statement, at the \
                  rows of the table and, for sums and products, at points with some numbers of \
                  other rows: 0 if it holds exactly, about 1 if it has nothing to do with the \
                  network. Intervals are standard errors from ten parts of the rows."
            .to_owned(),
        axis: Axis::new("contradiction", ""),
        bars: whole().map(bar).collect(),
        name: "contradiction".to_owned(),
        reference_name: "counts as true".to_owned(),
    };
    let mut section = Section::new("What the network was asked");
    section = if whole().next().is_none() {
        section.add("No input without effect, no symmetry and no parts were found.".to_owned())
    } else {
        let statements = whole().map(|fact| text::literal(&fact.told()));
        section
            .add(bars.figure("answers"))
            .add(Block::List(statements.collect()))
    };
    if let Some(data) = &told.data {
        section = section.add(format!(
            "Beside the column {} the root mean squared error of the network is {}, that of the \
             selected law {}.",
            text::literal(&data.column),
            number::significant(data.model, 4),
            number::significant(data.law, 4)
        ));
    }
    section
}

fn values(law: &Expression, view: &View<'_>) -> Vec<f64> {
    let columns = view.problem.columns();
    let row = |r: usize| columns.iter().map(|c| c[r]).collect::<Vec<f64>>();
    (0..view.problem.rows()).map(|r| law.at(&row(r))).collect()
}

/// Residuals of the selected law along its own prediction.
fn left_over(view: &View<'_>) -> Section {
    let predicted = values(&view.laws[view.selected()], view);
    let target = view.problem.target();
    let mut order: Vec<usize> = (0..predicted.len()).collect();
    order.sort_by(|&a, &b| predicted[a].total_cmp(&predicted[b]));
    let (mut x, mut mean, mut spread) = (Vec::new(), Vec::new(), Vec::new());
    for bin in order.chunks(order.len().div_ceil(BINS).max(1)) {
        let n = bin.len() as f64;
        let residual = |row: &usize| target[*row] - predicted[*row];
        let average = bin.iter().map(residual).sum::<f64>() / n;
        let square = bin
            .iter()
            .map(|row| (residual(row) - average).powi(2))
            .sum::<f64>()
            / n;
        x.push(bin.iter().map(|&row| predicted[row]).sum::<f64>() / n);
        mean.push(average);
        spread.push(square.sqrt());
    }
    let curve = Curve {
        title: "What the selected law leaves over.".to_owned(),
        caption: format!(
            "Target minus prediction: mean and standard deviation in {} bins of equally many rows. \
             A mean that leaves zero for several bins is something the law does not say.",
            x.len()
        ),
        x: Axis::new(&format!("predicted {}", view.target()), ""),
        y: Axis::new("residual", ""),
        series: vec![Series::points("residual", x, mean).errors(&spread)],
        references: vec![Reference {
            name: "none".to_owned(),
            along: Along::X,
            value: 0.0,
            band: None,
        }],
    };
    Section::new("What is left over").add(curve.figure("residuals"))
}

/// Laws along one feature, beyond the range of the data, the others held at
/// their medians.
fn beyond(view: &View<'_>) -> Option<Section> {
    let chosen = view.selected();
    let last = view.laws.len() - 1;
    let mut features = view.laws[chosen].variables();
    if features.is_empty() {
        return None;
    }
    let all = features.len();
    features.truncate(FEATURES);
    let mut section = Section::new("Out of range").add(format!(
        "Each figure moves one feature beyond the range of the data, the others held at their \
         medians.{}",
        if all > FEATURES {
            format!(" The first {FEATURES} of {all} features are shown.")
        } else {
            String::new()
        }
    ));
    let medians: Vec<f64> = view.problem.columns().iter().map(|c| median(c)).collect();
    for feature in features {
        let place = usize::from(feature);
        let column = &view.problem.columns()[place];
        let low = column.iter().copied().fold(f64::INFINITY, f64::min);
        let high = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // A quantity that is never negative is not made so.
        let mut first = low - BEYOND * (high - low);
        if low > 0.0 {
            first = first.max(0.5 * low);
        }
        let end = high + BEYOND * (high - low);
        let x: Vec<f64> = (0..POINTS)
            .map(|i| first + (end - first) * i as f64 / (POINTS - 1) as f64)
            .collect();
        let along = |law: &Expression| -> Vec<f64> {
            x.iter()
                .map(|&x| {
                    let mut point = medians.clone();
                    point[place] = x;
                    law.at(&point)
                })
                .collect()
        };
        let selected = along(&view.laws[chosen]);
        let mut series = vec![Series::line("selected law", x.clone(), selected.clone())];
        let mut y = Axis::new(&view.target(), "");
        if last != chosen {
            series.push(Series::line(
                "largest law",
                x.clone(),
                along(&view.laws[last]),
            ));
            // A pole of the largest law would hide the other one.
            let finite = || selected.iter().copied().filter(|y| y.is_finite());
            let (least, most) = (
                finite().fold(f64::INFINITY, f64::min),
                finite().fold(f64::NEG_INFINITY, f64::max),
            );
            if most > least {
                let margin = 0.3 * (most - least);
                y = y.range(least - margin, most + margin);
            }
        }
        let name = text::literal(&view.problem.names()[place]);
        let edge = |name: &str, value: f64| Reference {
            name: name.to_owned(),
            along: Along::Y,
            value,
            band: None,
        };
        let curve = Curve {
            title: format!("Along {name}."),
            caption: "Data lie between the two upright lines.".to_owned(),
            x: Axis::new(&name, ""),
            y,
            series,
            references: vec![
                edge("smallest in the data", low),
                edge("largest in the data", high),
            ],
        };
        section = section.add(curve.figure(&format!("beyond-{place}")));
    }
    Some(section)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn provenance(view: &View<'_>) -> Result<Provenance, PipelineError> {
    let operators: Vec<&str> = view
        .request
        .settings
        .operators
        .iter()
        .map(|o| o.name())
        .collect();
    let features: Vec<String> = view
        .problem
        .names()
        .iter()
        .map(|n| text::literal(n))
        .collect();
    let mut out = Provenance::new();
    for path in files::expand(&view.request.tables)?.paths {
        let id = FileId::of(&path)?;
        out = out.entry(
            "Table",
            &format!("{}, SHA-256 `{}`", text::literal(&id.name), id.sha256),
        );
    }
    for bad in &view.outcome.bad_rows {
        out = out.entry(
            "Rows left out",
            &format!(
                "{}: {}",
                number::count(bad.rows as u64),
                text::literal(&bad.kind)
            ),
        );
    }
    out = out
        .entry("Rows", &number::count(view.problem.rows() as u64))
        .entry("Target", &view.target())
        .entry("Features", &features.join(", "))
        .entry("Operators", &operators.join(", "))
        .entry("Rounds", &number::count(view.outcome.rounds))
        .entry(
            "Program",
            &format!("pellucid {}", env!("CARGO_PKG_VERSION")),
        )
        .entry("Seed", &view.request.settings.seed.to_string());
    if let Some(model) = &view.request.model {
        let id = FileId::of(&model.path)?;
        out = out.entry(
            "Model",
            &format!("{}, SHA-256 `{}`", text::literal(&id.name), id.sha256),
        );
    }
    if view.outcome.interrupted {
        out = out.entry("Interrupted", "yes: the search was stopped before its end");
    }
    if view.outcome.by_the_clock {
        out = out.entry("Ended", "by the clock: another run may end elsewhere");
    }
    Ok(out)
}
