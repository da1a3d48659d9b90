//! Known observables beside the model: which decide most like it, and how the
//! logit follows them.

use pellucid_core::Interval;
use pellucid_report::figure::{Along, Axis, Bar, Bars, Curve, Reference, Series};
use pellucid_report::page::{Block, Choice, Look, Picker};
use pellucid_report::table::Cell;
use pellucid_report::{Figure, Section, Table};

use super::{View, names};
use crate::explain::result::ObservableResult;

/// How many profiles the page shows.
const PROFILES: usize = 6;
/// A mean of fewer jets says nothing.
const LEAST_JETS: f64 = 5.0;

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    if view.result.observables.is_empty() {
        return None;
    }
    let View { one, model, .. } = view;
    let mut picker = Picker::new(Look::Tabs, "The logit against an observable: choose one");
    for observable in view.result.observables.iter().take(PROFILES) {
        let label = names::observable(view.result, &observable.name);
        picker = picker.choice(Choice::new(&label).add(profile(view, observable)));
    }
    let section = Section::new(&format!("Known observables beside the {model}"))
        .add(format!(
            "The average decision ordering (ADO) is the share of pairs of a signal and a background {one} that the \
             observable orders as the {model} does, counted in the direction that makes it larger: $\\tfrac12$ is \
             chance, 1 is the same order."
        ))
        .add(ranked(view))
        .add(picker)
        .add(Block::Details {
            summary: "All observables: definitions and numbers".to_owned(),
            blocks: vec![numbers(view).into(), definitions(view).into()],
        });
    Some(section)
}

fn ranked(view: &View<'_>) -> Figure {
    let bars = view
        .result
        .observables
        .iter()
        .map(|observable| {
            let ado = observable.ado;
            Bar {
                label: names::observable(view.result, &observable.name),
                value: Interval {
                    value: ado.value,
                    low: ado.value - ado.error,
                    high: ado.value + ado.error,
                },
                reference: None,
            }
        })
        .collect();
    Bars {
        title: format!(
            "How often each observable decides as the {} does.",
            view.model
        ),
        caption: format!(
            "All pairs of the {}; whiskers are one standard error.",
            view.counted(view.result.provenance.jets[0])
        ),
        axis: Axis::new(
            &format!("average decision ordering with the {}", view.model),
            "",
        )
        .range(0.5, 1.0),
        bars,
        name: "ADO ± standard error".to_owned(),
        reference_name: String::new(),
    }
    .figure("observables")
}

fn numbers(view: &View<'_>) -> Table {
    let mut table = Table::new(
        &format!(
            "Observables on all {}, with standard errors. Direction: + if the logit rises with it. AUC is the \
             observable’s own, $\\tfrac12$ at least; $r$ its linear correlation with the logit.",
            view.counted(view.result.provenance.jets[0])
        ),
        [
            "observable",
            "direction",
            &format!("ADO with the {}", view.model),
            "AUC alone",
            "correlation $r$",
        ],
    );
    for observable in &view.result.observables {
        table.push([
            names::observable(view.result, &observable.name).into(),
            direction(observable.sign),
            observable.ado.into(),
            observable.auc.into(),
            observable
                .correlation
                .map_or(Cell::Empty, |r| Cell::Number(r, 3)),
        ]);
    }
    table
}

/// `+` or `−`.
pub(super) fn direction(sign: i8) -> Cell {
    Cell::Text(if sign < 0 { "−" } else { "+" }.to_owned())
}

fn definitions(view: &View<'_>) -> Table {
    let legend = &view.result.legend;
    let mut table = Table::new(
        &if legend.is_empty() {
            "What the observables are.".to_owned()
        } else {
            format!("What the observables are; {legend}.")
        },
        ["name", "symbol", "unit", "definition", "reference"],
    );
    for observable in &view.result.observables {
        table.push([
            format!("`{}`", observable.name).into(),
            format!("${}$", observable.latex).into(),
            if observable.unit.is_empty() {
                "1".into()
            } else {
                observable.unit.as_str().into()
            },
            observable.definition.as_str().into(),
            names::linked(&observable.reference).into(),
        ]);
    }
    table
}

fn profile(view: &View<'_>, observable: &ObservableResult) -> Figure {
    let View { many, model, .. } = view;
    let profile = &observable.profile;
    let centres: Vec<f64> = profile
        .edges
        .windows(2)
        .map(|ends| f64::midpoint(ends[0], ends[1]))
        .collect();
    let series = |name: &str, jets: &[f64], means: &[Option<f64>], errors: &[Option<f64>]| {
        let enough = means.iter().zip(jets);
        let enough = enough.map(|(&mean, &n)| mean.filter(|_| n >= LEAST_JETS));
        let empty = |x: Option<f64>| x.unwrap_or(f64::NAN);
        let errors: Vec<f64> = errors.iter().copied().map(empty).collect();
        Series::points(name, centres.clone(), enough.map(empty).collect()).errors(&errors)
    };
    let [signal, background] = view.classes();
    Curve {
        title: format!("The mean logit against {}.", names::observable(view.result, &observable.name)),
        caption: format!(
            "All {} between the 1 % and 99 % quantiles; bars are standard errors of the mean, bins with fewer \
             than {LEAST_JETS} {many} of a class are left out. Where both classes lie on one line, the {model} needs no \
             more than this observable.",
            view.counted(view.result.provenance.jets[0])
        ),
        x: Axis::new(&names::observable(view.result, &observable.name), &observable.unit),
        y: Axis::new("mean logit", ""),
        series: vec![
            series(&signal, &profile.signal_events, &profile.signal, &profile.signal_error),
            series(
                &background,
                &profile.background_events,
                &profile.background,
                &profile.background_error,
            ),
        ],
        references: vec![Reference {
            name: "as like signal as background".to_owned(),
            along: Along::X,
            value: 0.0,
            band: None,
        }],
    }
    .figure(&format!("profile-{}", observable.name))
}
