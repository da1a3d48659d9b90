//! Every figure and every part of a page, from synthetic numbers.
//!
//! `cargo run -p pellucid-report --example gallery -- gallery.html`

use std::process::ExitCode;

use pellucid_core::random::{normal, stream};
use pellucid_core::{Estimate, Interval, Multigraph};
use pellucid_report::figure::{
    Along, Axis, Bar, Bars, Class, Colours, Curve, Histogram, Map, MapGroup, Maps, Reference,
    Series, multigraph,
};
use pellucid_report::page::{Block, Callout, Choice, Look, Picker, Provenance, Status};
use pellucid_report::table::{Cell, Table};
use pellucid_report::{Figure, Page, Section, number};

fn main() -> ExitCode {
    let path = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "gallery.html".to_owned());
    match std::fs::write(&path, page()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {path}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The whole gallery.
pub fn page() -> String {
    Page::new("What a convolutional tagger has learned about boosted W bosons")
        .kicker("Pellucid · gallery of synthetic results")
        .subtitle(
            "A page made of every part that a report has. The numbers are invented, their shapes are those \
             of a W-versus-QCD tagger on anti-$k_T$ jets, $R = 0.8$, $250 < p_T < 300$ GeV.",
        )
        .verdict(
            Status::Good,
            "The tagger’s decisions are reproduced at ADO 0.947 ± 0.003 by mass, transverse momentum and \
             three energy flow polynomials; what it has learned is where the two prongs are and how much \
             soft radiation surrounds them.",
        )
        .key_figure("AUC of the tagger", &number::estimate(Estimate::new(0.9012, 0.0021)), "held-out jets")
        .key_figure("AUC of five observables", &number::estimate(Estimate::new(0.8987, 0.0023)), "mean of three trainings")
        .key_figure("Average decision ordering", &number::estimate(Estimate::new(0.947, 0.0031)), "$\\tfrac12$ is chance, 1 is the same order")
        .key_figure("Jets", &number::count(20_000), "half of them W, $p_T$ reweighted")
        .section(performance())
        .section(importance())
        .section(events())
        .section(profiles())
        .section(distillation())
        .provenance(
            Provenance::new()
                .entry("Model", "`models/wtagger.onnx`, SHA-256 `5a1f…e07c`")
                .entry("Data", "`data/jets.parquet`, 20 000 jets, SHA-256 `c4d2…91ab`")
                .entry("Program", "pellucid 0.1.0")
                .entry("Seed", "20 261 122")
                .entry("Threads and time", "2 threads, 41.7 s")
                .command("pellucid explain --model models/wtagger.onnx --data data/jets.parquet --seed 20261122")
                .settings(
                    "seed = 20261122\nevents = \"all\"\n\n[attribution]\nmethods = [\"gradient\", \
                     \"integrated_gradients\", \"lrp_epsilon\"]\nsteps = 64\n\n[search]\nstart = [\"m\", \"pt\"]\n\
                     kappa = [-1.0, 0.0, 0.5, 1.0, 2.0]\nbeta = [0.5, 1.0, 2.0]\nmost = 10\n",
                ),
        )
        .footer("Made by Pellucid. This file is complete: it loads nothing from a network. Synthetic data.")
        .html()
}

fn performance() -> Section {
    let efficiency: Vec<f64> = (1..=100).map(|i| f64::from(i) / 100.0).collect();
    let rejection = |power: f64| -> Vec<f64> {
        efficiency
            .iter()
            .map(|e| 1.0 / (e.powf(power) * (1.0 - 0.985 * (1.0 - e).powf(0.35))))
            .collect()
    };
    let model = |name: &str, power: f64, spread: f64| {
        let y = rejection(power);
        let width = |i: usize| spread * (0.3 + 2.5 * (1.0 - efficiency[i]).powi(2));
        let low = y
            .iter()
            .enumerate()
            .map(|(i, y)| y * (1.0 - width(i)))
            .collect();
        let high = y
            .iter()
            .enumerate()
            .map(|(i, y)| y * (1.0 + width(i)))
            .collect();
        Series::line(name, efficiency.clone(), y).interval(low, high)
    };
    let roc = Curve {
        title: "Background rejection against signal efficiency.".to_owned(),
        caption: "Bands are 68 % intervals from 200 bootstrap samples of the 10 000 held-out jets of each \
                  class; the dashed line is a tagger that guesses."
            .to_owned(),
        x: Axis::new("signal efficiency $\\varepsilon_S$", "").range(0.0, 1.0),
        y: Axis::new("background rejection $1/\\varepsilon_B$", "").log().range(1.0, 1000.0),
        series: vec![
            model("CNN (black box)", 2.6, 0.08),
            model("mass, $p_T$ and three EFPs", 2.45, 0.08),
            model("mass and $p_T$", 1.5, 0.06),
            Series::line("random", efficiency.clone(), efficiency.iter().map(|e| 1.0 / e).collect()),
        ],
        references: Vec::new(),
    };
    let row = |name: &str, auc: f64, at: [f64; 3]| {
        let [a, b, c] = at.map(|r| Cell::Estimate(Estimate::new(r, r * r.sqrt() * 0.006)));
        [name.into(), Estimate::new(auc, 0.0021).into(), a, b, c]
    };
    let table = Table::new(
        "Background rejection $1/\\varepsilon_B$ at fixed signal efficiency, with standard errors.",
        [
            "model",
            "AUC",
            "$\\varepsilon_S = 30\\,\\%$",
            "$50\\,\\%$",
            "$80\\,\\%$",
        ],
    )
    .row(row("mass and $p_T$", 0.8312, [18.1, 9.84, 3.71]))
    .row(row(
        "mass, $p_T$ and three EFPs",
        0.8987,
        [61.4, 22.6, 6.02],
    ))
    .row(row("CNN (black box)", 0.9012, [67.3, 23.9, 6.18]))
    .emphasise_last();
    Section::new("Performance")
        .add(
            "The tagger rejects 24 of 25 QCD jets at half the signal. Five observables come within the \
             uncertainty of it over the whole range that an analysis would use.",
        )
        .add(roc.figure("roc"))
        .add(table)
}

fn importance() -> Section {
    let bar = |label: &str, value: f64, error: f64| Bar {
        label: label.to_owned(),
        value: Interval {
            value,
            low: value - error,
            high: value + error,
        },
        reference: Some((-0.006, 0.009)),
    };
    let bars = Bars {
        title: "Loss of AUC when an observable is permuted.".to_owned(),
        caption: "Whiskers are 68 % intervals over 20 permutations and 200 bootstrap samples; the grey band is \
                  where the same measure lies for a model with random weights."
            .to_owned(),
        axis: Axis::new("loss of AUC $\\Delta\\mathrm{AUC}$", ""),
        bars: vec![
            bar("jet mass $m$", 0.1243, 0.0042),
            bar("energy correlator $D_2^{(\\beta=1)}$", 0.0617, 0.0035),
            bar("$N$-subjettiness ratio $\\tau_2/\\tau_1$", 0.0405, 0.0038),
            bar("Les Houches angularity $\\lambda^1_{1/2}$", 0.0188, 0.0026),
            bar("multiplicity $n$", 0.0142, 0.0024),
            bar("transverse momentum $p_T$", 0.0031, 0.0019),
            bar("azimuth $\\phi$", -0.0008, 0.0016),
        ],
        name: "trained tagger, 68 %".to_owned(),
        reference_name: "random weights, 68 %".to_owned(),
    };
    Section::new("What matters overall")
        .add(bars.figure("importance"))
        .add(Callout::new(
            Status::Caution,
            "Mass and $D_2$ are correlated",
            "Permuting one of two correlated inputs makes jets that do not exist. Their order is safe, their \
             difference is not.",
        ))
        .add(Callout::new(
            Status::Good,
            "Completeness holds",
            "Integrated gradients sum to the change of the score within 0.4 % on every jet.",
        ))
}

/// A jet of two prongs (or one) on 25 × 25 pixels, and maps of it.
fn jet(index: u64, two_prongs: bool) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut rng = stream(7, index);
    let mut image = vec![0.0; 625];
    let separation = if two_prongs {
        0.30 + 0.05 * normal(&mut rng)
    } else {
        0.0
    };
    for k in 0..55 {
        let second = k % 2 == 1 && two_prongs;
        let spread = if two_prongs { 0.05 } else { 0.12 };
        let x = spread * normal(&mut rng) + 0.06 * normal(&mut rng);
        let y = spread * normal(&mut rng)
            + if second {
                -separation
            } else {
                separation * 0.3
            };
        let (column, row) = ((x + 0.8) / 0.064, (y + 0.8) / 0.064);
        if (0.0..25.0).contains(&column) && (0.0..25.0).contains(&row) {
            let share = (-1.5 + 1.3 * normal(&mut rng)).exp();
            image[row as usize * 25 + column as usize] += share;
        }
    }
    let sum: f64 = image.iter().sum();
    for pixel in &mut image {
        *pixel /= sum;
    }
    let noise: Vec<f64> = (0..625).map(|_| 0.02 * normal(&mut rng)).collect();
    let smooth = |sharp: f64, sign: f64| -> Vec<f64> {
        let value = |i: usize| {
            let (x, y) = ((i % 25) as f64 - 12.0, (i / 25) as f64 - 12.0);
            let prong = |cy: f64| (-(x * x + (y - cy).powi(2)) / sharp).exp();
            let ring = (-(x.hypot(y) - 6.5).powi(2) / sharp).exp();
            sign * (0.5 * prong(-5.0) + 0.35 * prong(1.5)) - 0.22 * ring + noise[i]
        };
        (0..625).map(value).collect()
    };
    let sign = if two_prongs { 1.0 } else { -0.6 };
    let gradient = smooth(9.0, sign);
    let times = |map: &[f64]| {
        map.iter()
            .zip(&image)
            .map(|(g, v)| g * v * 6.0)
            .collect::<Vec<f64>>()
    };
    let integrated = times(&smooth(14.0, sign));
    let relevance = times(&smooth(20.0, sign));
    (image, vec![gradient, integrated, relevance])
}

fn event_maps(index: u64, two_prongs: bool) -> Figure {
    let (image, maps) = jet(index, two_prongs);
    let map = |title: &str, note: &str, values: Vec<f64>| Map {
        title: title.to_owned(),
        note: note.to_owned(),
        columns: 25,
        values,
    };
    let [gradient, integrated, relevance] = maps.try_into().unwrap_or_default();
    Maps {
        title: "One jet and three explanations of its score.".to_owned(),
        caption: "Centred and rotated, so that the second prong points down. The colours of the explanations \
                  have the same limits for every jet; zero is the background."
            .to_owned(),
        x: Axis::new("rapidity $\\Delta y$", "").range(-0.8, 0.8),
        y: Axis::new("azimuth $\\Delta\\phi$", "rad").range(-0.8, 0.8),
        groups: vec![
            MapGroup {
                label: "share of $p_T$".to_owned(),
                unit: String::new(),
                colours: Colours::Log { min: 1e-4, max: 1.0 },
                maps: vec![map("Image", "46 pixels", image)],
            },
            MapGroup {
                label: "share of the score".to_owned(),
                unit: String::new(),
                colours: Colours::Diverging { limit: 0.5 },
                maps: vec![
                    map("Gradient", "no sum rule", gradient),
                    map("Integrated gradients", "residual 0.3 %", integrated),
                    map("LRP-$\\epsilon$", "absorbed 2.1 %", relevance),
                ],
            },
        ],
    }
    .figure(&format!("event-{index}"))
}

fn events() -> Section {
    let mut picker = Picker::new(Look::Cards, "Choose a jet");
    for index in 0..12_u64 {
        let w = index % 2 == 0;
        let wrong = index == 4 || index == 9;
        let score = if w == wrong {
            0.08 + 0.02 * index as f64
        } else {
            0.97 - 0.02 * index as f64
        };
        let facts = vec![
            (
                "Truth".to_owned(),
                if w {
                    "W boson".to_owned()
                } else {
                    "QCD".to_owned()
                },
            ),
            (
                "Score".to_owned(),
                format!(
                    "{score:.3}, {} of jets of its class",
                    if wrong { "worst 2 %" } else { "best 20 %" }
                ),
            ),
            (
                "Mass $m$".to_owned(),
                format!("{:.1} GeV", if w { 82.4 } else { 61.0 } + index as f64),
            ),
            (
                "Momentum $p_T$".to_owned(),
                format!("{:.1} GeV", 262.0 + 2.0 * index as f64),
            ),
        ];
        picker = picker.choice(
            Choice::new(&format!("Jet {}", index + 1))
                .note(&format!(
                    "{} · score {score:.2}",
                    if w { "W" } else { "QCD" }
                ))
                .status(if wrong { Status::Caution } else { Status::Good })
                .add(Block::Facts(facts))
                .add(event_maps(index, w)),
        );
    }
    Section::new("Single jets")
        .add("Twelve jets, from the most certain to the most wrong. Arrow keys move between them.")
        .add(picker)
}

fn profiles() -> Section {
    let edges: Vec<f64> = (0..=30).map(|i| f64::from(i) * 5.0).collect();
    let class = |name: &str, shape: &dyn Fn(f64) -> f64, seed: u64| {
        let mut rng = stream(11, seed);
        let expected = edges.windows(2).map(|e| shape(f64::midpoint(e[0], e[1])));
        let contents: Vec<f64> = expected
            .map(|n| (n + n.sqrt() * normal(&mut rng)).max(0.0).round())
            .collect();
        Class {
            name: name.to_owned(),
            variances: contents.clone(),
            contents,
        }
    };
    let peak = |x: f64| {
        2300.0 * (-((x - 81.0) / 9.0).powi(2) / 2.0).exp()
            + 260.0 * (-(x - 40.0).powi(2) / 1600.0).exp()
    };
    let falling = |x: f64| 78.0 * x.max(1.0).powf(0.9) * (-x / 34.0).exp();
    let mass = Histogram {
        title: "Jet mass of both classes.".to_owned(),
        caption: "Error bars are the square root of the sum of squared weights.".to_owned(),
        x: Axis::new("jet mass $m$", "GeV"),
        y: Axis::new("jets per 5 GeV", ""),
        edges: edges.clone(),
        classes: vec![class("W", &peak, 0), class("QCD", &falling, 1)],
    };
    let log = Histogram {
        title: "The same on a logarithmic axis.".to_owned(),
        caption: "Empty bins leave the frame.".to_owned(),
        y: mass.y.clone().log(),
        ..mass.clone()
    };

    let x: Vec<f64> = (0..14).map(|i| 10.0 + 10.0 * f64::from(i)).collect();
    let y: Vec<f64> = x
        .iter()
        .map(|m| 0.9 * (-((m - 80.0) / 24.0_f64).powi(2)).exp() - 0.35)
        .collect();
    let errors: Vec<f64> = x.iter().map(|m| 0.01 + 0.0006 * (m - 80.0).abs()).collect();
    let profile = Curve {
        title: "Mean attribution of the second prong against mass.".to_owned(),
        caption: "Points are means in bins of 10 GeV with their standard errors; the vertical line is the mass \
                  of the W boson."
            .to_owned(),
        x: Axis::new("jet mass $m$", "GeV"),
        y: Axis::new("attribution $\\langle A \\rangle$", ""),
        series: vec![Series::points("integrated gradients", x, y).errors(&errors)],
        references: vec![
            Reference { name: "$m_W$".to_owned(), along: Along::Y, value: 80.4, band: None },
            Reference { name: "random weights".to_owned(), along: Along::X, value: 0.0, band: Some((-0.05, 0.05)) },
        ],
    };
    let tabs = Picker::new(Look::Tabs, "Scale of the vertical axis")
        .choice(Choice::new("Linear").add(mass.figure("mass")))
        .choice(Choice::new("Logarithmic").add(log.figure("mass-log")));
    Section::new("Attribution in the language of observables")
        .add(tabs)
        .add(profile.figure("profile"))
}

fn graph(vertices: usize, edges: &[(usize, usize)]) -> Multigraph {
    Multigraph::new(vertices, edges.iter().copied()).expect("edges between vertices that are there")
}

fn distillation() -> Section {
    let steps: Vec<f64> = (0..6).map(f64::from).collect();
    let (auc, ado) = (
        [0.831, 0.872, 0.888, 0.8955, 0.8981, 0.8987],
        [0.861, 0.903, 0.925, 0.938, 0.945, 0.947],
    );
    let search = Curve {
        title: "The guided search approaches the black box.".to_owned(),
        caption: "After every step a small network is trained three times on the observables chosen so far; \
                  error bars are the standard error of the three."
            .to_owned(),
        x: Axis::new("observables added to mass and $p_T$", ""),
        y: Axis::new("AUC and ADO", "").range(0.8, 1.0),
        series: vec![
            Series::points("AUC", steps.clone(), auc.to_vec()).errors(&[0.003, 0.0025, 0.0022, 0.0021, 0.002, 0.0021]),
            Series::points("ADO with the black box", steps, ado.to_vec())
                .errors(&[0.004, 0.004, 0.0035, 0.003, 0.003, 0.003]),
        ],
        references: vec![Reference {
            name: "AUC of the black box, 68 %".to_owned(),
            along: Along::X,
            value: 0.9012,
            band: Some((0.8991, 0.9033)),
        }],
    };
    let graphs = [
        (
            graph(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
            1.0,
            0.5,
        ),
        (graph(3, &[(0, 1), (0, 1), (1, 2)]), 2.0, 0.5),
        (graph(5, &[(0, 1), (0, 2), (0, 3), (0, 4)]), 0.0, 1.0),
        (graph(3, &[(0, 1), (1, 2), (0, 2)]), 1.0, 2.0),
        (graph(2, &[(0, 1), (0, 1), (0, 1), (0, 1)]), -1.0, 0.5),
    ];
    let mut table = Table::new(
        "Observables in the order in which the search chose them. ADO (subset) is measured on the pairs that \
         the network of the step before orders differently from the black box.",
        [
            "step",
            "observable",
            "$\\kappa$",
            "$\\beta$",
            "$\\chi$",
            "ADO (subset)",
            "AUC alone",
            "ADO so far",
        ],
    );
    table.push([
        Cell::Count(0),
        "$m$, $p_T$".into(),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        Estimate::new(0.861, 0.004).into(),
    ]);
    for (i, (graph, kappa, beta)) in graphs.iter().enumerate() {
        table.push([
            Cell::Count(i as i64 + 1),
            multigraph::cell(graph),
            Cell::Exact(*kappa),
            Cell::Exact(*beta),
            Cell::Count(graph.chromatic_number() as i64),
            Estimate::new(0.664 - 0.02 * i as f64, 0.0041).into(),
            Estimate::new(0.78 - 0.03 * i as f64, 0.0036).into(),
            Estimate::new(ado[i + 1], 0.0032).into(),
        ]);
    }
    let mut formulas = Table::new(
        "Multigraphs and the polynomials that they stand for.",
        ["graph and formula", "degree"],
    );
    let more = [
        (
            graph(6, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]),
            1.0,
            1.0,
        ),
        (
            graph(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]),
            1.0,
            1.0,
        ),
        (graph(5, &[(0, 1), (1, 2), (1, 3), (3, 4)]), 1.0, 1.0),
        (
            graph(4, &[(0, 1), (0, 1), (1, 2), (1, 2), (2, 3)]),
            0.5,
            1.0,
        ),
        (
            graph(4, &[(0, 1), (1, 2), (0, 2), (2, 3), (2, 3)]),
            1.0,
            1.0,
        ),
        (
            graph(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (2, 3)]),
            1.0,
            1.0,
        ),
        (graph(5, &[(0, 1), (0, 1), (2, 3), (3, 4)]), 1.0, 1.0),
        (graph(1, &[]), 2.0, 1.0),
    ];
    for (graph, kappa, beta) in graphs.iter().chain(&more) {
        formulas.push([
            multigraph::with_formula(graph, *kappa, *beta),
            Cell::Count(graph.degree() as i64),
        ]);
    }
    Section::new("Distillation into known observables")
        .add(
            "An energy flow polynomial is a sum over the particles of the jet, one index per vertex and one \
             angle per edge ([arXiv:1712.07124](https://arxiv.org/abs/1712.07124)):",
        )
        .add(Block::Equation(
            "\\mathrm{EFP}_G = \\sum_{i_1} \\cdots \\sum_{i_N} z_{i_1}^{\\kappa} \\cdots z_{i_N}^{\\kappa} \
             \\prod_{(k,l) \\in G} \\theta_{i_k i_l}^{\\beta}, \\quad z_i = \\frac{p_{T,i}}{\\sum_j p_{T,j}}, \
             \\quad \\theta_{ij} = \\sqrt{\\Delta y_{ij}^2 + \\Delta\\phi_{ij}^2}"
                .to_owned(),
        ))
        .add(search.figure("search"))
        .add(table)
        .add(Block::Details { summary: "All formulas".to_owned(), blocks: vec![formulas.into()] })
}
