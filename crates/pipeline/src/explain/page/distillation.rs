//! The search: how far known observables come, and which they are.

use pellucid_core::Estimate;
use pellucid_core::statistics::{Bootstrap, roc};
use pellucid_distill::guided_search::{Guide, Imitation, Ranking, Stop, Target};
use pellucid_distill::{Search, split_by_group};
use pellucid_report::figure::{Along, Axis, Curve, Reference, Series};
use pellucid_report::page::{Block, Callout, Status};
use pellucid_report::{Figure, Section, number};

use super::{View, missing_section, names, performance, polynomials};

pub(super) fn section(view: &View<'_>) -> Section {
    let title = "Distillation into known observables";
    let Some(search) = &view.result.search else {
        return missing_section(title, "the search for observables had begun");
    };
    let mut section = Section::new(title)
        .add(method(view, search))
        .add(parts(search))
        .add(curve(search).figure("search"))
        .add(polynomials::chosen(view, search))
        .add(ending(search));
    section = imitation(view, search)
        .into_iter()
        .fold(section, Section::add);
    section = section.add(polynomials::choices(view, search));
    if let Some(formulas) = polynomials::formulas(search) {
        section = section
            .add(polynomials::definition(view))
            .add(polynomials::equation(view))
            .add(formulas);
    }
    polynomials::equivalents(view, search)
        .into_iter()
        .fold(section, Section::add)
}

/// How the search goes, in words.
fn method(view: &View<'_>, search: &Search) -> String {
    let guide = match search.settings.guide {
        Guide::BlackBox => "the tagger",
        Guide::Truth => "the truth",
    };
    let target = match search.settings.target {
        Target::Truth => "the truth",
        Target::BlackBox => "the tagger’s score",
    };
    let (how, pairs) = match search.settings.ranking {
        Ranking::Joined => (
            ", joined with the network,",
            "pairs of jets that the network still orders differently, with as many that it tells apart as clearly \
             and orders alike",
        ),
        Ranking::Misordered => (
            "",
            "pairs of jets that the network still orders differently",
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
        view.request.settings.search.degree
    )
}

/// What was kept apart.
fn parts(search: &Search) -> Callout {
    let [train, valid, test] = search.events.map(names::jets);
    Callout::new(
        Status::Note,
        "Train, validation and test jets are kept apart",
        &format!(
            "Networks learn from {train} and stop by {valid}; observables are chosen on these two parts. AUC and \
             ADO of networks are measured on {test} that had no say in either, apart from ending the search. Jets \
             of one event stay in one part."
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

fn curve(search: &Search) -> Curve {
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
            "{} test jets; means over {} trainings, bars are the standard errors of training and of the test \
             sample in quadrature. The band is the tagger’s AUC on the same jets, whose error the points share.",
            names::count(search.events[2]),
            search.settings.trainings
        ),
        x: Axis::new("number of observables", "")
            .range(first - 0.4, last + 0.4)
            .ticks(ticks),
        y: Axis::new("AUC and ADO of the network", ""),
        series: vec![
            series("AUC", |network| network.auc.estimate()),
            series("ADO with the tagger", |network| network.ado.estimate()),
        ],
        references: vec![Reference {
            name: "AUC of the tagger ± standard error".to_owned(),
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
fn ending(search: &Search) -> Callout {
    let gap = search
        .network()
        .map(|network| {
            format!(
                " The tagger’s AUC is {} ahead on the test jets.",
                number::estimate(network.gap)
            )
        })
        .unwrap_or_default();
    let (status, title, text) = match search.stopped_by {
        Stop::Reached => (
            Status::Good,
            "The search ended because the tagger was reached",
            format!(
                "The tagger’s AUC is ahead of the network’s by no more than {} of the difference.",
                times(search.settings.tolerance)
            ),
        ),
        Stop::Enough => (
            Status::Note,
            "The search ended at the largest number of observables allowed",
            format!(
                "{} were added; `search.guided.max_observables` allows more.",
                search.steps.len()
            ),
        ),
        Stop::NoCandidate => (
            Status::Caution,
            "The search ended because no candidate was left",
            "Every candidate is chosen already or orders jets as a chosen one does.".to_owned(),
        ),
        Stop::NoPair => (
            Status::Good,
            "The search ended because no pair is ordered differently any more",
            "The network decides as the guide on every pair it was asked about.".to_owned(),
        ),
        Stop::Interrupted => (
            Status::Caution,
            "The search was stopped before its end",
            "What is here was finished before; more observables might have been found.".to_owned(),
        ),
    };
    Callout::new(status, title, &format!("{text}{gap}"))
}

/// The tagger and the network that imitates it, on the test part.
fn imitation(view: &View<'_>, search: &Search) -> Option<Block> {
    let settings = &view.request.settings;
    let [train, valid] = settings.search.shares;
    let split = split_by_group(
        view.pass.events.groups(),
        [train, valid, 1.0 - train - valid],
        view.request.seed,
    )
    .ok()?;
    let fits =
        search.scores.len() == view.pass.events.len() && split.test.len() == search.events[2];
    if !fits {
        return None;
    }
    Some(rejections(view, search, &split.test).into())
}

fn rejections(view: &View<'_>, search: &Search, test: &[usize]) -> Figure {
    let bootstrap = Bootstrap {
        seed: view.request.seed,
        replicas: view.request.settings.replicas,
    };
    let efficiencies: Vec<f64> = (2..50).map(|i| f64::from(i) / 50.0).collect();
    let labels: Vec<bool> = test
        .iter()
        .map(|&jet| view.pass.events.labels()[jet])
        .collect();
    let weights: Option<Vec<f64>> = view
        .pass
        .kept_weights()
        .map(|weights| test.iter().map(|&jet| weights[jet]).collect());
    let logits = view.pass.at_kept(&view.pass.scores.logit);
    let series = |name: &str, scores: &[f64]| {
        let scores: Vec<f64> = test.iter().map(|&jet| scores[jet]).collect();
        let roc = roc(
            &scores,
            &labels,
            weights.as_deref(),
            &efficiencies,
            bootstrap,
        );
        performance::rejection(name, &roc)
    };
    let count = search.start.len() + search.steps.len();
    Curve {
        title: "The observables’ network beside the tagger.".to_owned(),
        caption: format!(
            "{}; bands are 68 % intervals of {} bootstrap samples, the same for both. The network’s score is the \
             mean of its {} trainings.",
            names::jets(test.len()),
            bootstrap.replicas,
            search.settings.trainings
        ),
        x: performance::signal_efficiency(),
        y: Axis::new("background rejection $1/\\varepsilon_B$", "").log(),
        series: vec![series("tagger", &logits), series(&format!("network of {count} observables"), &search.scores)],
        references: Vec::new(),
    }
    .figure("imitation")
}
