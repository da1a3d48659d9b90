//! The page of a search, from what was found alone.

use pellucid_core::{Estimate, Interval};
use pellucid_distill::guided_search::{Imitation, Stop};
use pellucid_report::figure::{Along, Axis, Bar, Bars, Curve, Reference, Series};
use pellucid_report::page::{Block, Callout, Provenance, Status};
use pellucid_report::table::Cell;
use pellucid_report::{Page, Section, Table, number, text};

use super::Found;

/// How many columns are drawn; the table has all.
const DRAWN: usize = 20;

/// The whole page.
pub fn draw(found: &Found) -> String {
    let search = &found.search;
    let status = match search.stopped_by {
        Stop::Reached | Stop::NoPair => Status::Good,
        Stop::Enough | Stop::NoCandidate => Status::Note,
        Stop::Interrupted => Status::Caution,
    };
    let [signal, background] = found.rows;
    let mut page = Page::new("Which columns decide as the score does")
        .kicker(&format!("Pellucid · {}", text::literal(&found.score)))
        .subtitle(&format!(
            "{} rows of signal (`{}` = {}) and {} of background ({}).",
            number::machine(signal as f64),
            found.label,
            found.label_values[1],
            number::machine(background as f64),
            found.label_values[0]
        ))
        .verdict(status, &found.sentence())
        .key_figure(
            "AUC of the score",
            &number::estimate(found.auc),
            "on all rows",
        );
    if let Some(network) = search.network() {
        page = page
            .key_figure(
                "AUC of the network",
                &number::estimate(network.auc.estimate()),
                "on test rows",
            )
            .key_figure(
                "ADO with the score",
                &number::estimate(network.ado.estimate()),
                "share of pairs ordered alike",
            );
    }
    let settings = toml_of(found);
    page.section(steps(found))
        .section(columns(found))
        .provenance(
            Provenance::new()
                .entry("Program", concat!("pellucid ", env!("CARGO_PKG_VERSION")))
                .entry("Seed", &found.seed.to_string())
                .settings(&settings),
        )
        .footer(
            "Made by Pellucid. This file is complete: it loads nothing from a network and reads \
             without a script.",
        )
        .html()
}

fn toml_of(found: &Found) -> String {
    toml::to_string(&found.settings).unwrap_or_default()
}

/// The search: curve and tables of the published study.
fn steps(found: &Found) -> Section {
    let search = &found.search;
    let [train, valid, test] = search.events;
    let mut section = Section::new("The search")
        .add(format!(
            "A small network learns `{}` from the columns chosen so far. Then the column is added that, joined with \
             the network, orders most like the score those signal–background pairs that the network still orders \
             differently ([arXiv:2010.11998](https://arxiv.org/abs/2010.11998)).",
            found.score
        ))
        .add(Callout::new(
            Status::Note,
            "Train, validation and test rows are kept apart",
            &format!(
                "Networks learn from {train} rows and stop by {valid}; columns are chosen on these two parts. \
                 AUC and ADO are measured on {test} rows that had no say, apart from ending the search."
            ),
        ));
    if search.network().is_some() {
        section = section.add(curve(found).figure("search"));
    }
    section
        .add(chosen(found))
        .add(choices(found))
        .add(ending(found))
}

fn networks(found: &Found) -> Vec<(usize, &Imitation)> {
    let search = &found.search;
    let start = search.start.len();
    let first = search.start_network.iter().map(|network| (start, network));
    let later = search.steps.iter().enumerate();
    first
        .chain(later.map(|(i, step)| (start + i + 1, &step.network)))
        .collect()
}

fn curve(found: &Found) -> Curve {
    let networks = networks(found);
    let x: Vec<f64> = networks.iter().map(|&(n, _)| n as f64).collect();
    let series = |name: &str, of: fn(&Imitation) -> Estimate| {
        let estimates: Vec<Estimate> = networks.iter().map(|(_, network)| of(network)).collect();
        let errors: Vec<f64> = estimates.iter().map(|estimate| estimate.error).collect();
        let values = estimates.iter().map(|estimate| estimate.value).collect();
        Series::points(name, x.clone(), values).errors(&errors)
    };
    let Estimate { value, error } = found.search.black_box_auc;
    let first = x.first().copied().unwrap_or(0.0);
    let last = x.last().copied().unwrap_or(1.0);
    Curve {
        title: "How close the network comes as columns are added.".to_owned(),
        caption: format!(
            "{} test rows; means over {} trainings, bars are the standard errors of training and of the test sample \
             in quadrature. The band is the score’s AUC on the same rows, whose error the points share.",
            found.search.events[2], found.search.settings.trainings
        ),
        x: Axis::new("number of columns", "")
            .range(first - 0.4, last + 0.4)
            .ticks(x.iter().map(|n| (*n, n.to_string())).collect()),
        y: Axis::new("AUC and ADO of the network", ""),
        series: vec![
            series("AUC", |network| network.auc.estimate()),
            series("ADO with the score", |network| network.ado.estimate()),
        ],
        references: vec![Reference {
            name: "AUC of the score ± standard error".to_owned(),
            along: Along::X,
            value,
            band: Some((value - error, value + error)),
        }],
    }
}

fn named(name: &str) -> Cell {
    Cell::Text(format!("`{name}`"))
}

fn direction(sign: i8) -> Cell {
    if sign < 0 { "falls" } else { "rises" }.into()
}

/// The table of the published study.
fn chosen(found: &Found) -> Table {
    let search = &found.search;
    let mut table = Table::new(
        "Columns in the order in which the search chose them. ADO (subset): how often the column orders, as the score \
         does, the pairs that the network of the step before orders differently (train and validation rows). AUC and \
         ADO so far: the network on this and all earlier columns (test rows). All errors are standard errors.",
        [
            "step",
            "column",
            "ADO (subset)",
            "AUC alone",
            "AUC so far",
            "ADO so far",
        ],
    );
    if let Some(network) = &search.start_network {
        let start: Vec<String> = search
            .start
            .iter()
            .map(|one| format!("`{}`", one.name))
            .collect();
        table.push([
            Cell::Count(0),
            Cell::Text(start.join(", ")),
            Cell::Empty,
            Cell::Empty,
            network.auc.estimate().into(),
            network.ado.estimate().into(),
        ]);
    }
    for (i, step) in search.steps.iter().enumerate() {
        table.push([
            Cell::Count(i as i64 + 1),
            named(&step.observable),
            step.ado_subset.into(),
            step.auc_alone.into(),
            step.auc.estimate().into(),
            step.ado.estimate().into(),
        ]);
    }
    table
        .row([
            Cell::Empty,
            "score".into(),
            Cell::Empty,
            Cell::Empty,
            search.black_box_auc.into(),
            Cell::Exact(1.0),
        ])
        .emphasise_last()
}

/// How sure each choice is.
fn choices(found: &Found) -> Block {
    let mut table = Table::new(
        "How sure each choice is. ADO (choice): on the pairs which decided the choice; being the best of many raises it. \
         ADO (test): on such pairs of the test rows. ADO (alone): on all pairs of test rows. Equivalents: columns within \
         one standard error of the choice; with other rows one of them might have been chosen.",
        [
            "step",
            "column",
            "direction",
            "pairs",
            "ADO (choice)",
            "(test)",
            "(alone)",
            "equivalents",
        ],
    );
    for (i, step) in found.search.steps.iter().enumerate() {
        let equivalents = step.equivalents.iter();
        let equivalents = equivalents.map(|one| format!("`{}`", one.observable.name));
        let same = step
            .same
            .iter()
            .map(|name| format!("`{name}` (the same order)"));
        let names: Vec<String> = equivalents.chain(same).collect();
        table.push([
            Cell::Count(i as i64 + 1),
            named(&step.observable),
            direction(step.sign),
            Cell::Count(i64::try_from(step.pairs).unwrap_or(i64::MAX)),
            step.ado_ranked.into(),
            step.ado_ranked_test.map_or(Cell::Empty, Cell::from),
            step.ado_alone.into(),
            if names.is_empty() {
                Cell::Count(step.equivalent_count as i64)
            } else {
                Cell::Text(format!("{}: {}", step.equivalent_count, names.join(", ")))
            },
        ]);
    }
    table.into()
}

fn ending(found: &Found) -> Callout {
    let (status, title, text) = match found.search.stopped_by {
        Stop::Reached => (
            Status::Good,
            "The search ended because the score was reached",
            "The score’s AUC is ahead of the network’s by no more than its uncertainty, and pairs are ordered as often alike as was \
             asked for.",
        ),
        Stop::Enough => (
            Status::Note,
            "The search ended at the largest number of columns allowed",
            "`--steps` allows more.",
        ),
        Stop::NoCandidate => (
            Status::Caution,
            "The search ended because no column was left",
            "Every column is chosen already or orders rows as a chosen one does.",
        ),
        Stop::NoPair => (
            Status::Good,
            "The search ended because no pair is ordered differently any more",
            "The network decides as the score on every pair it was asked about.",
        ),
        Stop::Interrupted => (
            Status::Caution,
            "The search was stopped before its end",
            "What is here was finished before; more columns might have been found.",
        ),
    };
    Callout::new(status, title, text)
}

/// Every column by itself.
fn columns(found: &Found) -> Section {
    let bars = found.columns.iter().take(DRAWN).map(|column| Bar {
        label: format!("`{}`", column.name),
        value: Interval {
            value: column.ado.value,
            low: column.ado.value - column.ado.error,
            high: column.ado.value + column.ado.error,
        },
        reference: None,
    });
    let bars = Bars {
        title: "How often each column decides as the score does.".to_owned(),
        caption: "All pairs of a signal and a background row; whiskers are one standard error."
            .to_owned(),
        axis: Axis::new("average decision ordering with the score", "").range(0.5, 1.0),
        bars: bars.collect(),
        name: "ADO ± standard error".to_owned(),
        reference_name: String::new(),
    };
    let mut table = Table::new(
        "Every column by itself: the share of pairs that it orders as the score does, and its own AUC, each in the direction \
         that makes it larger.",
        ["column", "direction", "ADO with the score", "AUC alone"],
    );
    for column in &found.columns {
        table.push([
            named(&column.name),
            direction(column.sign),
            column.ado.into(),
            column.auc.into(),
        ]);
    }
    Section::new("Every column by itself")
        .add(bars.figure("columns"))
        .add(table)
}
