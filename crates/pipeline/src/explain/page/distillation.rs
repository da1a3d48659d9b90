//! The search: how far known observables come, and which they are.

use pellucid_core::Estimate;
use pellucid_distill::Search;
use pellucid_distill::guided_search::{Guide, Imitation, Ranking, Stop, Target};
use pellucid_report::figure::{Along, Axis, Curve, Reference, Series};
use pellucid_report::page::{Callout, Status};
use pellucid_report::{Figure, Section, number};

use super::{View, missing_section, names, performance, polynomials};
use crate::explain::result::{ImitationRoc, capital};

pub(super) fn section(view: &View<'_>) -> Option<Section> {
    let title = "Distillation into known observables";
    let Some(search) = &view.result.search else {
        return missing_section(view, title, "the search for observables had begun");
    };
    let mut section = Section::new(title)
        .add(method(view, search))
        .add(parts(view, search))
        .add(curve(view, search).figure("search"))
        .add(polynomials::chosen(view, search))
        .add(ending(view, search));
    if let Some(both) = &view.result.imitation {
        section = section.add(imitation(view, search, both));
    }
    section = section.add(polynomials::choices(view, search));
    if let Some(formulas) = polynomials::formulas(search) {
        section = section
            .add(polynomials::definition(view))
            .add(polynomials::equation(view))
            .add(formulas);
    }
    let equivalents = polynomials::equivalents(view, search).into_iter();
    Some(equivalents.fold(section, Section::add))
}

/// How the search goes, in words.
fn method(view: &View<'_>, search: &Search) -> String {
    let View { many, model, .. } = view;
    let guide = match search.settings.guide {
        Guide::BlackBox => format!("the {model}"),
        Guide::Truth => "the truth".to_owned(),
    };
    let target = match search.settings.target {
        Target::Truth => "the truth".to_owned(),
        Target::BlackBox => format!("the {model}’s score"),
    };
    let (how, pairs) = match search.settings.ranking {
        Ranking::Joined => (
            ", joined with the network,",
            format!(
                "pairs of {many} that the network still orders differently, with as many that it tells apart as clearly \
                 and orders alike"
            ),
        ),
        Ranking::Misordered => (
            "",
            format!("pairs of {many} that the network still orders differently"),
        ),
    };
    let start: Vec<String> = search
        .start
        .iter()
        .map(|observable| names::observable(view.result, &observable.name))
        .collect();
    format!(
        "A small network learns {target} from {}. Then the observable is added that{how} orders most like {guide} \
         the {pairs}, and the network is trained anew ([arXiv:2010.11998](https://arxiv.org/abs/2010.11998)). \
         Candidates are all observables of the section above and energy flow polynomials up to {} edges.",
        names::list(&start),
        view.result.provenance.settings.search.degree
    )
}

/// What was kept apart.
fn parts(view: &View<'_>, search: &Search) -> Callout {
    let many = &view.many;
    let [train, valid, test] = search.events.map(|n| view.counted(n));
    Callout::new(
        Status::Note,
        &format!("Train, validation and test {many} are kept apart"),
        &format!(
            "Networks learn from {train} and stop by {valid}; observables are chosen on these two parts. AUC and \
             ADO of networks are measured on {test} that had no say in either, apart from ending the search. {} \
             of one {} stay in one part.",
            capital(many),
            if view.one == "event" {
                "group"
            } else {
                "event"
            }
        ),
    )
}

/// Every network with the number of its observables.
fn networks(search: &Search) -> Vec<(usize, &Imitation)> {
    let start = search.start.len();
    let first = search.start_network.iter().map(|network| (start, network));
    let later = search
        .steps
        .iter()
        .enumerate()
        .map(|(i, step)| (start + i + 1, &step.network));
    first.chain(later).collect()
}

fn curve(view: &View<'_>, search: &Search) -> Curve {
    let View { many, model, .. } = view;
    let networks = networks(search);
    let x: Vec<f64> = networks.iter().map(|&(n, _)| n as f64).collect();
    let series = |name: &str, of: fn(&Imitation) -> Estimate| {
        let estimates: Vec<Estimate> = networks.iter().map(|(_, network)| of(network)).collect();
        let errors: Vec<f64> = estimates.iter().map(|estimate| estimate.error).collect();
        let values = estimates.iter().map(|estimate| estimate.value).collect();
        Series::points(name, x.clone(), values).errors(&errors)
    };
    let Estimate { value, error } = search.black_box_auc;
    let ticks = x.iter().map(|n| (*n, n.to_string())).collect();
    let (first, last) = (
        x.first().copied().unwrap_or(0.0),
        x.last().copied().unwrap_or(1.0),
    );
    Curve {
        title: "How close the network comes as observables are added.".to_owned(),
        caption: format!(
            "{} test {many}; means over {} trainings, bars are the standard errors of training and of the test \
             sample in quadrature. The band is the {model}’s AUC on the same {many}, whose error the points share.",
            names::count(search.events[2]),
            search.settings.trainings
        ),
        x: Axis::new("number of observables", "")
            .range(first - 0.4, last + 0.4)
            .ticks(ticks),
        y: Axis::new("AUC and ADO of the network", ""),
        series: vec![
            series("AUC", |network| network.auc.estimate()),
            series(&format!("ADO with the {model}"), |network| {
                network.ado.estimate()
            }),
        ],
        references: vec![Reference {
            name: format!("AUC of the {model} ± standard error"),
            along: Along::X,
            value,
            band: Some((value - error, value + error)),
        }],
    }
}

/// `one standard error`, `2 standard errors`.
fn times(tolerance: f64) -> String {
    if tolerance == 1.0 {
        "one standard error".to_owned()
    } else {
        format!("{} standard errors", number::machine(tolerance))
    }
}

/// Why the search ended.
fn ending(view: &View<'_>, search: &Search) -> Callout {
    let View { many, model, .. } = view;
    let gap = search
        .network()
        .map(|network| {
            format!(
                " The {model}’s AUC is {} ahead on the test {many}.",
                number::estimate(network.gap)
            )
        })
        .unwrap_or_default();
    let (status, title, text) = match search.stopped_by {
        Stop::Reached => (
            Status::Good,
            format!("The search ended because the {model} was reached"),
            format!(
                "The {model}’s AUC is ahead of the network’s by no more than {} of the difference.",
                times(search.settings.tolerance)
            ),
        ),
        Stop::Enough => (
            Status::Note,
            "The search ended at the largest number of observables allowed".to_owned(),
            format!(
                "{} were added; `search.guided.max_observables` allows more.",
                search.steps.len()
            ),
        ),
        Stop::NoCandidate => (
            Status::Caution,
            "The search ended because no candidate was left".to_owned(),
            format!("Every candidate is chosen already or orders {many} as a chosen one does."),
        ),
        Stop::NoPair => (
            Status::Good,
            "The search ended because no pair is ordered differently any more".to_owned(),
            "The network decides as the guide on every pair it was asked about.".to_owned(),
        ),
        Stop::Interrupted => (
            Status::Caution,
            "The search was stopped before its end".to_owned(),
            "What is here was finished before; more observables might have been found.".to_owned(),
        ),
    };
    Callout::new(status, &title, &format!("{text}{gap}"))
}

/// The model and the network that imitates it, on the test part.
fn imitation(view: &View<'_>, search: &Search, imitation: &ImitationRoc) -> Figure {
    let model = &view.model;
    let count = search.start.len() + search.steps.len();
    Curve {
        title: format!("The observables’ network beside the {model}."),
        caption: format!(
            "{}; bands are 68 % intervals of {} bootstrap samples, the same for both. The network’s score is the \
             mean of its {} trainings.",
            view.counted(imitation.events),
            view.result.provenance.settings.replicas,
            search.settings.trainings
        ),
        x: performance::signal_efficiency(),
        y: Axis::new("background rejection $1/\\varepsilon_B$", "").log(),
        series: vec![
            performance::rejection(model, &imitation.model),
            performance::rejection(&format!("network of {count} observables"), &imitation.network),
        ],
        references: Vec::new(),
    }
    .figure("imitation")
}
