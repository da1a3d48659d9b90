//! A result with every kind of number that does not exist, for tests.

use pellucid_core::statistics::Roc;
use pellucid_core::{Estimate, Interval, Multigraph};
use pellucid_distill::guided_search::{Equivalent, Imitation, Repeated, Step, Stop};
use pellucid_distill::{GuidedSearch, Search};
use pellucid_explain::global::{DeletionCurve, Faithfulness, Ranked, Reference};
use pellucid_explain::permutation::Importance;

use super::*;
use crate::explain::polynomial::{self, Polynomial};
use crate::input_spec::Input;

const NAN: f64 = f64::NAN;

/// An error that nobody knows.
fn unknown(value: f64) -> Estimate {
    Estimate::new(value, NAN)
}

/// The figure of a single random model.
fn single() -> Reference {
    Reference {
        mean: 0.1,
        spread: NAN,
    }
}

fn unbounded(value: f64) -> Interval {
    Interval {
        value,
        low: NAN,
        high: NAN,
    }
}

fn roc() -> Roc {
    Roc {
        signal_efficiency: vec![0.3, 0.5],
        rejection: vec![unbounded(10.0), unbounded(NAN)],
        auc: unknown(0.1 + 0.2),
    }
}

fn once(value: f64) -> Repeated {
    Repeated {
        value,
        error: NAN,
        training_error: NAN,
        sampling_error: 0.01,
        trainings: vec![value, NAN],
    }
}

fn imitation() -> Imitation {
    Imitation {
        auc: once(0.7),
        ado: once(0.9),
        gap: unknown(0.01),
        auc_of_mean: unknown(0.7),
        ado_of_mean: unknown(NAN),
    }
}

fn search() -> Search {
    let graph = Multigraph::new(2, [(0, 1)]).unwrap();
    let efp = Polynomial::new(graph, -1.0, 0.5).named("efp_0_1");
    Search {
        settings: GuidedSearch {
            tolerance: f64::INFINITY,
            min_ado: f64::NEG_INFINITY,
            ..GuidedSearch::default()
        },
        events: [3, 1, 1],
        black_box_auc: unknown(0.8),
        start: vec![polynomial::other("mass")],
        start_network: Some(imitation()),
        steps: vec![Step {
            observable: efp.name.clone(),
            candidate: 4,
            details: efp.details.clone(),
            sign: -1,
            pairs: 7,
            ado_ranked: unknown(0.7),
            ado_ranked_test: None,
            ado_subset: unknown(NAN),
            auc_alone: unknown(0.6),
            ado_alone: unknown(0.6),
            equivalents: vec![Equivalent {
                observable: efp,
                sign: 1,
                ado_ranked: unknown(0.7),
            }],
            equivalent_count: 1,
            same: vec!["girth".to_owned()],
            auc: once(0.7),
            ado: once(0.9),
            network: imitation(),
        }],
        auc: None,
        ado: Some(unknown(0.9)),
        stopped_by: Stop::Interrupted,
        scores: Vec::new(),
    }
}

fn attribution() -> AttributionResult {
    let curve = || DeletionCurve {
        shares: vec![0.0, 1.0],
        fall: vec![unknown(0.0), unknown(NAN)],
        area: unknown(0.5),
    };
    let shape = || vec![1, 2];
    AttributionResult {
        events: 5,
        random_models: 1,
        methods: vec![MethodResult {
            method: "gradient".to_owned(),
            residual: None,
            residual_95: None,
            absorbed: None,
            stabilised: None,
            ranking: vec![RankedGroup {
                trained: Ranked {
                    group: "log_pt".to_owned(),
                    importance: unbounded(1.0),
                    share: unbounded(NAN),
                    rank: unbounded(1.0),
                },
                random: single(),
            }],
            maps: vec![MapResult {
                input: "x".to_owned(),
                shape: shape(),
                signal: vec![Some(0.1), None],
                background: vec![None, None],
                mean_abs: vec![Some(0.3), Some(0.0)],
                mean_abs_error: vec![None, None],
            }],
            random_similarity: Reference {
                mean: NAN,
                spread: NAN,
            },
            faithfulness: Faithfulness {
                method: curve(),
                random: curve(),
                excess: unknown(NAN),
            },
        }],
        agreement: vec![AgreementResult {
            methods: ["gradient", "gradient"].map(str::to_owned),
            maps: unknown(NAN),
            events: unknown(0.3),
        }],
        outside_window: Some(unknown(0.01)),
        correlation: vec![CorrelationResult {
            input: "x".to_owned(),
            shape: shape(),
            all: vec![Some(0.5), None],
            error: vec![None, None],
            random_largest: single(),
        }],
        most_activating: vec![NodeResult {
            node: 3,
            events: 1,
            signal_fraction: unknown(1.0),
            correlation: unknown(NAN),
            average: vec![vec![Some(1.5), None]],
        }],
        mean_inputs: vec![MeanInput {
            input: "x".to_owned(),
            shape: shape(),
            signal: vec![Some(0.1), None],
            background: vec![None, None],
        }],
    }
}

/// Of a list of two particles, whose variable has no lower bound.
fn inputs() -> Vec<InputResult> {
    let representation: Input = toml::from_str(
        "kind = 'particles'\ncount = 2\nfeatures = [{ name = 'log_pt', clip = [-inf, 5.0] }]",
    )
    .unwrap();
    vec![InputResult {
        input: "x".to_owned(),
        shape: representation.shape().unwrap(),
        representation,
        held: false,
        variables: vec![VariableResult {
            name: "log_pt".to_owned(),
            formula: "log(pt)".to_owned(),
            unit: String::new(),
            transform: "at most 5".to_owned(),
            told: true,
            pad: 0.0,
        }],
        cut: 0.1,
        cut_pt: 0.01,
    }]
}

fn provenance() -> Provenance {
    let file = |name: &str| FileId {
        name: name.to_owned(),
        sha256: "0".repeat(64),
        bytes: 10,
    };
    Provenance {
        version: "0.0.0".to_owned(),
        model: file("m.onnx"),
        data: vec![file("data.npz")],
        seed: u64::MAX,
        threads: 2,
        seconds: 0.1,
        jets: [5, 5],
        read: Account::default(),
        trained_first: false,
        settings: ExplainSettings {
            work: f64::INFINITY,
            ..ExplainSettings::default()
        },
    }
}

/// The result.
pub(crate) fn sample() -> ExplainResult {
    ExplainResult {
        schema_version: SCHEMA_VERSION,
        words: Words::jets(),
        classes: ["W", "QCD"].map(str::to_owned).to_vec(),
        verdict: Verdict {
            sentence: "It holds.".to_owned(),
            reproduced: true,
        },
        explained: None,
        inputs: inputs(),
        untold: vec!["the file has no column for these".to_owned()],
        black_box: BlackBox {
            auc: Some(unknown(0.8)),
            events: vec![2, 3],
            roc: Some(roc()),
            working_points: Some(roc()),
            classes: Vec::new(),
            confusion: None,
            calibration: None,
            r2: None,
            values: Vec::new(),
            scores: ScoreHistogram {
                edges: vec![-1.0, 0.0, 1.0],
                classes: vec![ClassHistogram {
                    class: "W".to_owned(),
                    contents: vec![0.5, 0.5],
                    variances: vec![0.1, 0.1],
                }],
            },
        },
        observables: vec![ObservableResult {
            name: "mass".to_owned(),
            latex: "m".to_owned(),
            unit: "GeV".to_owned(),
            definition: "the mass".to_owned(),
            reference: "none".to_owned(),
            sign: 1,
            auc: unknown(0.6),
            ado: unknown(NAN),
            correlation: None,
            profile: Profile {
                edges: vec![0.0, 1.0, 2.0],
                signal_events: vec![0.0, 1.0],
                signal: vec![None, Some(0.5)],
                signal_error: vec![None, None],
                background_events: vec![0.0, 0.0],
                background: vec![None, None],
                background_error: vec![None, None],
            },
        }],
        legend: String::new(),
        attribution: Some(attribution()),
        importance: Some(ImportanceResult {
            events: 5,
            repeats: 1,
            random_models: 1,
            groups: vec![GroupResult {
                trained: Importance {
                    group: "log_pt".to_owned(),
                    auc_drop: Some(unknown(0.1)),
                    r2_drop: None,
                    reordering: unknown(0.2),
                },
                random_reordering: single(),
            }],
        }),
        search: Some(search()),
        imitation: Some(ImitationRoc {
            events: 1,
            model: roc(),
            network: roc(),
        }),
        shown: vec![ShownEvent {
            class: Some(1),
            logit: -1.0 / 3.0,
            output: None,
            above: 0.5,
            observables: vec![ShownObservable {
                name: "mass".to_owned(),
                value: None,
            }],
            input: vec![vec![Some(0.1), None]],
            attributions: vec![ShownAttribution {
                method: "gradient".to_owned(),
                values: vec![vec![None, Some(1e-30)]],
                residual: None,
            }],
        }],
        output: None,
        further: Vec::new(),
        trainings: None,
        provenance: provenance(),
        interrupted: true,
    }
}

/// A model of several classes and values, with another output and other trainings.
pub(crate) fn of_values() -> ExplainResult {
    let like = sample();
    let histogram = like.black_box.scores.clone();
    let value = ValueResult {
        name: "energy".to_owned(),
        r2: unknown(0.9),
        rmse: unknown(NAN),
        bias: unknown(0.0),
        edges: vec![-1.0, 1.0],
        contents: vec![1.0],
        variances: vec![0.5],
        profile: Residuals {
            predicted: vec![Some(0.5), None],
            mean: vec![unknown(0.1), unknown(NAN)],
            spread: vec![Some(0.2), None],
        },
        pull_edges: vec![-5.0, 5.0],
        pull: vec![1.0],
        within_one: None,
    };
    let class = ClassResult {
        name: "W".to_owned(),
        events: 0,
        auc: None,
        against: vec![None, Some(unknown(0.5))],
    };
    ExplainResult {
        output: Some("energy".to_owned()),
        black_box: BlackBox {
            auc: None,
            events: vec![5],
            roc: None,
            working_points: None,
            scores: histogram.clone(),
            classes: vec![class],
            confusion: Some(Confusion {
                shares: vec![vec![None], vec![Some(0.5)]],
                accuracy: unknown(0.5),
            }),
            calibration: Some(Calibration {
                probability: vec![0.5],
                share: vec![unknown(0.4)],
                events: vec![3],
                error: 0.1,
            }),
            r2: Some(unknown(0.9)),
            values: vec![value],
        },
        search: None,
        imitation: None,
        importance: Some(ImportanceResult {
            events: 5,
            repeats: 1,
            random_models: 1,
            groups: vec![GroupResult {
                trained: Importance {
                    group: "log_pt".to_owned(),
                    auc_drop: None,
                    r2_drop: Some(unknown(0.1)),
                    reordering: unknown(NAN),
                },
                random_reordering: single(),
            }],
        }),
        further: vec![Further {
            output: "mass".to_owned(),
            classes: Vec::new(),
            explained: Some("m".to_owned()),
            scores: histogram,
            attribution: like.attribution.clone(),
            importance: None,
            shown: like
                .shown
                .iter()
                .map(|event| ShownEvent {
                    class: None,
                    output: None,
                    ..event.clone()
                })
                .collect(),
        }],
        trainings: Some(Trainings {
            models: ["a.onnx", "b.onnx"].map(str::to_owned).to_vec(),
            performance: vec![unknown(0.7), unknown(NAN)],
            mean: unknown(0.7),
            groups: vec![GroupOfTrainings {
                method: "gradient".to_owned(),
                group: "log_pt".to_owned(),
                relevance: unknown(0.5),
                relevance_error: 0.01,
                signed: unknown(-0.1),
                signed_error: 0.02,
            }],
            stability: vec![("gradient".to_owned(), 0.5)],
        }),
        interrupted: false,
        ..like
    }
}
