//! The report of an audit: how every quantity answers, as curves.

use pellucid_report::figure::{Axis, Curve, Series};
use pellucid_report::page::{Block, Choice, Look, Picker, Provenance, Status};
use pellucid_report::{Page, Section, number, text};

use super::{Finding, Perturbation, Request, Response, Verdict};
use crate::PipelineError;
use crate::provenance::FileId;
use crate::source::files;

/// The whole page.
pub(super) fn page(request: &Request, findings: &[Finding]) -> Result<String, PipelineError> {
    let unsafe_ones = findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Safe)
        .count();
    let status = if unsafe_ones == 0 {
        Status::Good
    } else {
        Status::Caution
    };
    let page = Page::new("Infrared and collinear safety")
        .kicker(&format!("Pellucid · {}", text::literal(&subject(request))))
        .subtitle(
            "How far a soft particle or a collinear splitting moves each quantity, as both become small.",
        )
        .verdict(status, &verdict(findings, unsafe_ones))
        .section(curves(findings))
        .section(meaning())
        .provenance(provenance(request)?)
        .footer(
            "Made by Pellucid. This file is complete: it loads nothing from a network and reads \
             without a script.",
        );
    Ok(page.html())
}

fn subject(request: &Request) -> String {
    match &request.subject {
        super::Subject::Model(path) => {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        }
        super::Subject::Observables(_) => "observables".to_owned(),
    }
}

fn verdict(findings: &[Finding], unsafe_ones: usize) -> String {
    match (findings, unsafe_ones) {
        ([one], _) => format!("{} is {}.", text::literal(&one.name), one.verdict.name()),
        (all, 0) => format!("All {} quantities are safe.", all.len()),
        (all, n) => format!("{n} of {} quantities are not safe.", all.len()),
    }
}

/// What makes the worst impression first.
fn curves(findings: &[Finding]) -> Section {
    let mut order: Vec<&Finding> = findings.iter().collect();
    order.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    let mut picker = Picker::new(Look::Cards, "Choose a quantity");
    for (place, finding) in order.into_iter().enumerate() {
        let status = match finding.verdict {
            Verdict::Safe => Status::Good,
            Verdict::SudakovSafeLike => Status::Note,
            Verdict::Unsafe => Status::Caution,
        };
        let facts = finding.responses.iter().map(|response| {
            (
                name(response.perturbation).to_owned(),
                format!("{}, {}", response.verdict.name(), power(response)),
            )
        });
        picker = picker.choice(
            Choice::new(&text::literal(&finding.name))
                .note(finding.verdict.name())
                .status(status)
                .add(figure(finding).figure(&format!("response-{place}")))
                .add(Block::Facts(facts.collect())),
        );
    }
    Section::new("Responses").add(picker)
}

fn name(perturbation: Perturbation) -> &'static str {
    match perturbation {
        Perturbation::Soft => "a soft particle",
        Perturbation::Collinear => "a collinear splitting",
    }
}

/// The power with which a response falls.
fn power(response: &Response) -> String {
    if response.power.value.is_finite() {
        // Hundredths are more than the verdict needs.
        let (value, error) = (response.power.value, response.power.error);
        format!("power {value:.2} ± {error:.2}")
    } else {
        "no response".to_owned()
    }
}

fn figure(finding: &Finding) -> Curve {
    let series = finding.responses.iter().map(|response| {
        // What is not there has no place on a logarithmic axis.
        let values: Vec<f64> = response
            .response
            .iter()
            .map(|r| if r.value > 0.0 { r.value } else { f64::NAN })
            .collect();
        let errors: Vec<f64> = response.response.iter().map(|r| r.error).collect();
        // An error as large as the value ends a decade below.
        let ends = values.iter().zip(&errors);
        let low = ends.clone().map(|(y, e)| (y - e).max(0.1 * y)).collect();
        let high = ends.map(|(y, e)| y + e).collect();
        Series::points(name(response.perturbation), response.sizes.clone(), values)
            .interval(low, high)
    });
    Curve {
        title: format!("Response of {}.", text::literal(&finding.name)),
        caption: "Mean change over the jets with its standard error; 1 moves a jet as far as another jet is away. \
                  A straight fall is a power: safe. A level line is a change that never vanishes: unsafe."
            .to_owned(),
        x: Axis::new("share of the momentum, or angle", "rad").log(),
        y: Axis::new("change / standard deviation over jets", "").log(),
        series: series.collect(),
        references: Vec::new(),
    }
}

fn meaning() -> Section {
    Section::new("What this says").add(
        "A quantity that soft particles or collinear splittings change cannot be calculated order by order in \
         perturbation theory, and a network that uses it depends on how hadronisation is modelled. The power is that of \
         the last three decades, with its jackknife error over ten groups of jets. Configurations that no jet of the \
         sample is near are not seen.",
    )
}

fn provenance(request: &Request) -> Result<Provenance, PipelineError> {
    let mut out = Provenance::new();
    for path in &files::expand(&request.jets)?.paths {
        let id = FileId::of(path)?;
        let said = format!("{}, SHA-256 `{}`", text::literal(&id.name), id.sha256);
        out = out.entry("Jets", &said);
    }
    if let super::Subject::Model(path) = &request.subject {
        let id = FileId::of(path)?;
        let said = format!("{}, SHA-256 `{}`", text::literal(&id.name), id.sha256);
        out = out.entry("Model", &said);
    }
    Ok(out
        .entry(
            "Jets perturbed, at most",
            &number::count(request.events as u64),
        )
        .entry(
            "Program",
            &format!("pellucid {}", env!("CARGO_PKG_VERSION")),
        )
        .entry("Seed", &request.seed.to_string()))
}
