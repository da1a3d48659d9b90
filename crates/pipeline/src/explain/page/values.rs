//! How good values are: residuals and pulls.

use pellucid_report::figure::{Along, Axis, Class, Curve, Histogram, Reference, Series};
use pellucid_report::page::Block;
use pellucid_report::table::Cell;
use pellucid_report::{Table, number, text};

use super::View;
use crate::explain::result::ValueResult;

pub(super) fn blocks(view: &View<'_>) -> Vec<Block> {
    let mut out = vec![Block::Table(table(view))];
    for (place, value) in view.result.black_box.values.iter().enumerate() {
        out.push(
            residuals(view, value)
                .figure(&format!("residuals-{place}"))
                .into(),
        );
        out.push(
            profile(view, value)
                .figure(&format!("residual-profile-{place}"))
                .into(),
        );
        out.push(pull(view, value).figure(&format!("pull-{place}")).into());
    }
    out
}

fn table(view: &View<'_>) -> Table {
    let mut table = Table::new(
        &format!(
            "How good the values are for {}: $R^2 = 1 - \\sum (y-f)^2 / \\sum (y-\\bar y)^2$, the root of the mean \
             squared residual $f - y$, and its mean.",
            view.counted(view.result.provenance.jets[0])
        ),
        [
            "value",
            "$R^2$",
            "root mean square",
            "bias",
            "pulls within $\\pm 1$ [%]",
        ],
    );
    for value in &view.result.black_box.values {
        table.push([
            text::literal(&value.name).into(),
            value.r2.into(),
            value.rmse.into(),
            value.bias.into(),
            value
                .within_one
                .map_or(Cell::Empty, |share| Cell::Number(100.0 * share, 3)),
        ]);
    }
    table
}

fn residuals(view: &View<'_>, value: &ValueResult) -> Histogram {
    let name = text::literal(&value.name);
    Histogram {
        title: format!("Residuals of {name}."),
        caption: format!(
            "What the {} gives less the truth, {}, between its 0.5 % and 99.5 % quantiles.",
            view.model,
            view.counted(view.result.provenance.jets[0])
        ),
        x: Axis::new(&format!("residual of {name}"), ""),
        y: Axis::new(&format!("share of {} per bin", view.many), ""),
        edges: value.edges.clone(),
        classes: vec![Class {
            name,
            contents: value.contents.clone(),
            variances: value.variances.clone(),
        }],
    }
}

fn profile(view: &View<'_>, value: &ValueResult) -> Curve {
    let name = text::literal(&value.name);
    let of = |sign: f64| -> Vec<f64> {
        let both = value.profile.mean.iter().zip(&value.profile.spread);
        both.map(|(mean, spread)| mean.value + sign * spread.unwrap_or(f64::NAN))
            .collect()
    };
    let means: Vec<f64> = value.profile.mean.iter().map(|mean| mean.value).collect();
    let errors: Vec<f64> = value.profile.mean.iter().map(|mean| mean.error).collect();
    let x = value.profile.predicted.iter();
    let x: Vec<f64> = x.map(|x| x.unwrap_or(f64::NAN)).collect();
    Curve {
        title: format!("Residuals of {name} against what the {} gives.", view.model),
        caption: format!(
            "Bins of as many {} each: points are mean residuals with their standard errors, the band is one standard \
             deviation of the residuals.",
            view.many
        ),
        x: Axis::new(&format!("{name} as the {} gives it", view.model), ""),
        y: Axis::new(&format!("residual of {name}"), ""),
        series: vec![
            Series::line("standard deviation", x.clone(), means.clone())
                .interval(of(-1.0), of(1.0)),
            Series::points("mean", x, means).errors(&errors),
        ],
        references: vec![Reference {
            name: "no bias".to_owned(),
            along: Along::X,
            value: 0.0,
            band: None,
        }],
    }
}

fn pull(view: &View<'_>, value: &ValueResult) -> Curve {
    let name = text::literal(&value.name);
    let centres: Vec<f64> = value
        .pull_edges
        .windows(2)
        .map(|ends| f64::midpoint(ends[0], ends[1]))
        .collect();
    let width = value
        .pull_edges
        .get(1)
        .zip(value.pull_edges.first())
        .map_or(1.0, |(b, a)| b - a);
    let normal = |x: &f64| width * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    Curve {
        title: format!("Pulls of {name} beside a normal distribution."),
        caption: format!(
            "The residual less its mean over its standard deviation, both among the {} of the same value given; {} % lie \
             within one standard deviation, of a normal distribution 68.3 %.",
            view.many,
            number::significant(100.0 * value.within_one.unwrap_or(f64::NAN), 3)
        ),
        x: Axis::new(&format!("pull of {name}"), ""),
        y: Axis::new(&format!("share of {} per bin", view.many), ""),
        series: vec![
            Series::points(&view.model, centres.clone(), value.pull.clone()),
            Series::line(
                "normal",
                centres.clone(),
                centres.iter().map(normal).collect(),
            ),
        ],
        references: Vec::new(),
    }
}
