//! What each method promises, and that every one gives the same bits for any
//! number of threads and the same numbers for any batch.

use pellucid_core::{Job, Tensor};
use pellucid_explain::method::{
    Baseline, Choices, Conductance, IntegratedGradients, LrpBox, LrpEpsilon, Quadrature,
};
use pellucid_explain::{
    Attribution, ExplainError, Explained, Inference, Method, Question, Residual,
};
use pellucid_network::graph::Type;
use pellucid_network::layers::Activation;
use pellucid_network::ops::{Div, Gather, MatMul, Mul, Places, ReduceSum, TopK};
use pellucid_network::transform::{Bias, Bound};
use pellucid_network::{Dim, Graph};
use proptest::prelude::*;

use crate::models::{
    DOUBLE, cnn, explained, linear, mlp, normal, with_biases, with_one_and_two_threads,
};

fn run(model: &Explained, method: &Method, x: &Tensor<f32>) -> Attribution {
    model
        .explain(method, std::slice::from_ref(x), &Job::silent())
        .unwrap()
}

/// Every method that explains inputs, with what it cannot do without.
fn ready() -> Vec<(&'static str, Method)> {
    Method::NAMES
        .iter()
        .map(|&name| match named(name) {
            Method::LrpBox(rule) => {
                let (low, high) = (Some(Bound::Number(-4.0)), Some(Bound::Number(4.0)));
                (name, LrpBox { low, high, ..rule }.into())
            }
            method => (name, method),
        })
        .filter(|(_, method)| !method.explains_inner_values())
        .collect()
}

fn named(name: &str) -> Method {
    Method::named(name).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_linear_model_is_its_terms_for_every_method_but_the_gradient(
        weight in proptest::collection::vec(-2.0_f32..2.0, 4),
        bias in -1.0_f32..1.0,
        x in proptest::collection::vec(-2.0_f32..2.0, 4),
    ) {
        let model = explained(&linear(&weight, bias), DOUBLE);
        let x = Tensor::new(vec![1, 4], x);
        for name in ["input-x-gradient", "integrated-gradients"] {
            let found = run(&model, &named(name), &x);
            for ((a, w), x) in found.values[0].data().iter().zip(&weight).zip(x.data()) {
                prop_assert!((a - w * x).abs() < 1e-6);
            }
            // Of a linear model without bias nothing is left; the bias is not
            // part of a difference, but of the straight line through zero.
            let left = if name == "input-x-gradient" { f64::from(bias) } else { 0.0 };
            prop_assert!((found.residual[0] - left).abs() < 1e-14, "{name} {found:?}");
        }
    }
}

#[test]
fn relevance_balances_to_rounding_on_every_event() {
    let cases = [
        (with_biases(mlp(Activation::Relu)), normal(&[300, 5], 1)),
        (with_biases(cnn()), normal(&[100, 1, 8, 8], 2)),
    ];
    for (graph, x) in cases {
        let model = explained(&graph, DOUBLE);
        for bias in [Bias::Absorb, Bias::Ignore] {
            let method = LrpEpsilon {
                epsilon: 0.01,
                bias,
                ..LrpEpsilon::default()
            };
            let found = run(&model, &method.into(), &x);
            assert_eq!(found.meaning, Residual::Balance);
            for event in 0..found.events() {
                let row = found.values[0].row(event);
                let size: f64 = row.iter().map(|r| f64::from(r.abs())).sum();
                let residual = found.residual[event].abs();
                assert!(
                    residual <= 1e-10 * (size + 1e-3),
                    "{event}: {residual} of {size}"
                );
            }
            let absorbed = found.absorbed.unwrap();
            assert_eq!(absorbed.iter().all(|&r| r == 0.0), bias == Bias::Ignore);
        }
    }
}

#[test]
fn integrated_gradients_double_their_steps_until_they_are_complete() {
    let model = explained(&with_biases(cnn()), Inference::default());
    let x = normal(&[200, 1, 8, 8], 4);
    let settings = IntegratedGradients {
        steps: 4,
        max_steps: 1024,
        ..Default::default()
    };
    let found = run(&model, &settings.clone().into(), &x);
    let steps = found.steps.clone().unwrap();
    assert!(
        steps.contains(&4) && steps.iter().any(|&n| n > 4),
        "{steps:?}"
    );
    let reference = found.reference.clone().unwrap()[0];
    for (event, &steps) in steps.iter().enumerate() {
        let allowed = 0.01 * (found.explained[event] - reference).abs().max(0.1);
        let left = found.residual[event].abs();
        assert!(left <= allowed || steps == 1024, "{left} {allowed} {steps}");
        // The residual is what the values say it is; they are rounded to f32.
        let sum: f64 = found.values[0]
            .row(event)
            .iter()
            .map(|&a| f64::from(a))
            .sum();
        assert!((found.explained[event] - reference - sum - found.residual[event]).abs() < 1e-5);
    }
    // An event that was not doubled has the bits it has by itself.
    let fixed = run(
        &model,
        &IntegratedGradients::fixed(4, Quadrature::GaussLegendre).into(),
        &x,
    );
    let event = steps.iter().position(|&n| n == 4).unwrap();
    assert_eq!(found.values[0].row(event), fixed.values[0].row(event));
    assert!(fixed.steps.unwrap().iter().all(|&n| n == 4));
}

#[test]
fn conductance_of_a_whole_layer_is_complete() {
    let graph = with_biases(mlp(Activation::Tanh));
    let model = explained(&graph, DOUBLE);
    let hidden: Vec<String> = model
        .graph()
        .nodes()
        .iter()
        .filter(|node| node.op.name() == "Tanh")
        .map(|node| node.name.clone())
        .collect();
    let x = normal(&[30, 5], 15);
    for (node, width) in hidden.into_iter().zip([12, 8]) {
        let path = IntegratedGradients::fixed(48, Quadrature::GaussLegendre);
        let found = run(&model, &Conductance { node, path }.into(), &x);
        assert_eq!(found.values[0].shape(), [30, width]);
        assert!(found.residual.iter().all(|r| r.abs() < 1e-9), "{found:?}");
    }
    let nowhere = Conductance {
        node: "dense7".to_owned(),
        ..Conductance::default()
    };
    let message = model
        .explain(&nowhere.into(), &[x], &Job::silent())
        .unwrap_err()
        .to_string();
    assert!(message.contains("`dense7`"), "{message}");
}

/// The weighted features of the two particles that lead in another feature.
fn choosing() -> Graph {
    let mut graph = Graph::new();
    let shape = || vec![Dim::symbol("N"), 6.into()];
    let leads = graph.input("leads", Type::real(shape()));
    let feature = graph.input("feature", Type::real(shape()));
    let two = TopK {
        axis: 1,
        k: 2.into(),
        largest: true,
    };
    let places = graph.node("", two, &[leads]).unwrap()[1];
    let places_of = Gather {
        places: Places::Elements { axis: 1 },
    };
    let chosen = graph.push(places_of, &[feature, places]).unwrap();
    let weights = graph.constant("", Tensor::new(vec![1, 2], vec![1.0, -3.0]));
    let weighted = graph.push(Mul, &[chosen, weights]).unwrap();
    let (axes, keep) = (vec![1], true);
    let score = graph.push(ReduceSum { axes, keep }, &[weighted]).unwrap();
    graph.set_outputs(vec![score]);
    graph
}

#[test]
fn a_path_is_complete_if_the_choices_on_it_are_frozen() {
    let model = explained(&choosing(), DOUBLE);
    let inputs = [normal(&[40, 6], 18), normal(&[40, 6], 19)];
    let largest = |graph: Choices| {
        let method = IntegratedGradients {
            graph,
            baseline: Baseline::Given(vec![vec![0.3, -0.2, 1.0, 0.0, 0.5, -1.0]; 2]),
            ..IntegratedGradients::fixed(16, Quadrature::GaussLegendre)
        };
        let found = model.explain(&method.into(), &inputs, &Job::silent());
        let residual = found.unwrap().residual;
        residual.iter().fold(0.0_f64, |max, r| max.max(r.abs()))
    };
    assert!(largest(Choices::Frozen) < 1e-12);
    // Other particles lead on the way, and the score jumps.
    assert!(largest(Choices::Dynamic) > 0.1);
}

#[test]
fn events_put_together_as_one_graph_are_explained_together() {
    // Particles of two jets in one list, summed by a matrix of which is whose.
    let mut graph = Graph::new();
    let particles = vec![Dim::symbol("P"), 3.into()];
    let x = graph.input("x", Type::real(particles));
    let whose = vec![Dim::symbol("J"), Dim::symbol("P")];
    let whose = graph.input("whose", Type::real(whose));
    let weight = graph.constant("", normal(&[3, 1], 20));
    let score = graph.push(MatMul, &[x, weight]).unwrap();
    let score = graph.push(MatMul, &[whose, score]).unwrap();
    graph.set_outputs(vec![score]);
    let question = Question {
        hold: vec!["whose".to_owned()],
        ..Question::default()
    };
    let model = Explained::asking(&graph, &question, DOUBLE).unwrap();
    let whose = Tensor::new(vec![2, 4], vec![1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    let inputs = [normal(&[4, 3], 21), whose];
    let scores = model.predict(&inputs, &Job::silent()).unwrap();
    assert_eq!(scores.shape(), [2, 1]);
    let both: f64 = scores.data().iter().map(|&x| f64::from(x)).sum();
    for name in ["input-x-gradient", "integrated-gradients", "lrp-epsilon"] {
        let found = model
            .explain(&named(name), &inputs, &Job::silent())
            .unwrap();
        assert_eq!(found.values[0].shape(), [4, 3], "{name}");
        // The scores were rounded to single precision.
        assert!((found.explained[0] - both).abs() < 1e-6, "{name}");
        assert!(
            found.residual[0].abs() < 1e-12,
            "{name}: {:?}",
            found.residual
        );
    }
}

#[test]
fn every_relevance_balances() {
    for (graph, x) in [
        (with_biases(mlp(Activation::Relu)), normal(&[40, 5], 16)),
        (with_biases(cnn()), normal(&[20, 1, 8, 8], 17)),
    ] {
        let model = explained(&graph, DOUBLE);
        for (name, method) in ready() {
            let found = run(&model, &method, &x);
            if found.meaning != Residual::Balance {
                continue;
            }
            for event in 0..found.events() {
                let row = found.values[0].row(event);
                let size: f64 = row.iter().map(|r| f64::from(r.abs())).sum();
                let residual = found.residual[event].abs();
                assert!(
                    residual <= 1e-10 * (size + 1e-3),
                    "{name}: {residual} of {size}"
                );
            }
        }
    }
}

#[test]
fn a_smooth_model_is_complete_with_few_gauss_legendre_points() {
    let model = explained(&with_biases(mlp(Activation::Tanh)), DOUBLE);
    let x = normal(&[50, 5], 6);
    let ig = IntegratedGradients::fixed(48, Quadrature::GaussLegendre);
    for method in [ig.clone(), ig.baseline(Baseline::Mean)] {
        let found = run(&model, &method.into(), &x);
        assert!(
            found.residual.iter().all(|r| r.abs() < 1e-9),
            "{:?}",
            found.residual
        );
    }
}

#[test]
fn inputs_that_play_the_same_part_get_the_same_attribution() {
    // The first two inputs have the same weights and the same numbers.
    let mut graph = with_biases(mlp(Activation::Relu));
    let id = graph.find("dense1.weight").unwrap();
    let numbers = graph.data(id).unwrap().to_f64();
    let mut rows = numbers.clone();
    rows.chunks_mut(5).for_each(|row| row[1] = row[0]);
    graph.set_data(id, Tensor::new(vec![12, 5], rows));
    let mut x = normal(&[40, 5], 7);
    x.data_mut().chunks_mut(5).for_each(|row| row[1] = row[0]);
    let model = explained(&graph, Inference::default());
    for (name, method) in ready() {
        let found = run(&model, &method, &x);
        for event in 0..40 {
            let row = found.values[0].row(event);
            // The same products, summed in the same order.
            assert_eq!(row[0], row[1], "{name}");
        }
    }
}

#[test]
fn every_method_gives_the_same_bits_with_one_and_two_threads() {
    for (graph, x) in [
        (with_biases(mlp(Activation::Relu)), normal(&[3000, 5], 8)),
        (with_biases(cnn()), normal(&[133, 1, 8, 8], 9)),
    ] {
        for (name, method) in ready() {
            let (one, two) = with_one_and_two_threads(|| {
                run(&explained(&graph, Inference::default()), &method, &x)
            });
            assert_eq!(one, two, "{name}");
        }
    }
}

#[test]
fn the_batch_changes_nothing_but_rounding() {
    let graph = with_biases(cnn());
    let x = normal(&[37, 1, 8, 8], 10);
    let ones = Inference {
        batch: Some(1),
        ..DOUBLE
    };
    for (name, method) in ready() {
        let whole = run(&explained(&graph, DOUBLE), &method, &x);
        let single = run(&explained(&graph, ones), &method, &x);
        for (a, b) in whole.values[0].data().iter().zip(single.values[0].data()) {
            assert!((a - b).abs() < 1e-6, "{name}: {a} {b}");
        }
    }
}

#[test]
fn a_budget_of_memory_bounds_the_runs_and_changes_nothing_but_rounding() {
    let graph = with_biases(cnn());
    let x = normal(&[90, 1, 8, 8], 12);
    for (name, method) in ready() {
        let free = explained(&graph, DOUBLE);
        let whole = run(&free, &method, &x);
        let all = free.prepare(&method).unwrap();
        let all = all.memory(std::slice::from_ref(&x)).unwrap();
        for memory in [100_000, 300_000, 100_000_000] {
            let model = explained(
                &graph,
                Inference {
                    memory: Some(memory),
                    ..DOUBLE
                },
            );
            let explainer = model.prepare(&method).unwrap();
            let planned = explainer.memory(std::slice::from_ref(&x)).unwrap();
            assert!(planned <= memory, "{name}: {planned} {memory}");
            // A budget never makes runs larger.
            assert!(planned <= all, "{name}: {planned} {all}");
            let found = run(&model, &method, &x);
            // Matrix products add the same terms in other orders for other
            // numbers of rows.
            for (a, b) in whole.values[0].data().iter().zip(found.values[0].data()) {
                assert!((a - b).abs() < 1e-6, "{name}: {a} {b}");
            }
        }
    }
}

#[test]
fn a_budget_too_small_for_one_event_is_refused() {
    let inference = Inference {
        memory: Some(1000),
        ..DOUBLE
    };
    let model = explained(&mlp(Activation::Relu), inference);
    let x = normal(&[4, 5], 13);
    let error = model.scores(&[x], &Job::silent()).unwrap_err().to_string();
    assert!(error.contains("budget of 0.1 MB"), "{error}");
    assert!(error.contains("1 event"), "{error}");
}

#[test]
fn batches_put_together_are_the_whole() {
    let model = explained(&with_biases(mlp(Activation::Relu)), Inference::default());
    let x = normal(&[60, 5], 11);
    for (name, method) in ready() {
        let explainer = model.prepare(&method).unwrap();
        let part = |rows: std::ops::Range<usize>| {
            let rows: Vec<usize> = rows.collect();
            explainer
                .explain(&[x.select_rows(&rows)], &Job::silent())
                .unwrap()
        };
        let mut joined = part(0..25);
        joined.append(part(25..60));
        let whole = explainer
            .explain(std::slice::from_ref(&x), &Job::silent())
            .unwrap();
        assert_eq!(joined.values[0].shape(), whole.values[0].shape());
        for (a, b) in joined.values[0].data().iter().zip(whole.values[0].data()) {
            // Another number of rows may take another kernel.
            assert!((a - b).abs() < 1e-4, "{name}: {a} {b}");
        }
        assert_eq!(joined.residual.len(), whole.residual.len());
    }
}

#[test]
fn the_logit_is_explained_and_the_output_is_the_models_own() {
    let model = explained(&mlp(Activation::Relu), DOUBLE);
    let scores = model
        .scores(&[normal(&[20, 5], 12)], &Job::silent())
        .unwrap();
    for (output, logit) in scores.output.iter().zip(&scores.logit) {
        assert!((output - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-12);
    }
}

#[test]
fn no_events_have_an_empty_explanation() {
    let model = explained(&mlp(Activation::Relu), Inference::default());
    for (name, method) in ready() {
        let found = run(&model, &method, &Tensor::new(vec![0, 5], vec![]));
        assert_eq!(
            (found.events(), found.values[0].shape()),
            (0, &[0, 5][..]),
            "{name}"
        );
    }
}

#[test]
fn wrong_inputs_and_settings_are_refused_with_both_sides_named() {
    let model = explained(&mlp(Activation::Relu), Inference::default());
    let message = |method: Method, x: &[Tensor<f32>]| {
        model
            .explain(&method, x, &Job::silent())
            .unwrap_err()
            .to_string()
    };
    let x = normal(&[3, 5], 13);
    let wide = message(named("gradient"), &[normal(&[3, 4], 1)]);
    assert!(wide.contains('5') && wide.contains('4'), "{wide}");
    let none = message(named("gradient"), &[]);
    assert!(
        none.contains("1 inputs (input)") && none.contains('0'),
        "{none}"
    );
    let ig = IntegratedGradients::default();
    let short = ig.clone().baseline(Baseline::Given(vec![vec![0.0; 4]]));
    let short = message(short.into(), std::slice::from_ref(&x));
    assert!(
        short.contains("lists of 5 numbers, found lists of 4"),
        "{short}"
    );
    let zero = IntegratedGradients { steps: 0, ..ig };
    assert!(message(zero.into(), &[x]).contains("at least 1"));
}

#[test]
fn a_baseline_at_which_the_network_has_no_value_is_refused() {
    // The mean over a mask: at a mask of zeros, 0 / 0.
    let mut graph = Graph::new();
    let shape = vec![Dim::symbol("N"), Dim::fixed(3)];
    let x = graph.input("x", Type::real(shape.clone()));
    let mask = graph.input("mask", Type::real(shape));
    let kept = graph.push(Mul, &[x, mask]).unwrap();
    let sum = |graph: &mut Graph, of| {
        let sum = ReduceSum {
            axes: vec![1],
            keep: true,
        };
        graph.push(sum, &[of]).unwrap()
    };
    let (sum, count) = (sum(&mut graph, kept), sum(&mut graph, mask));
    let mean = graph.push(Div, &[sum, count]).unwrap();
    graph.output(mean);
    let inputs = [
        normal(&[2, 3], 3),
        Tensor::new(vec![2, 3], vec![1.0_f32, 1.0, 0.0, 1.0, 1.0, 1.0]),
    ];
    let explain = |hold: &[&str], method: &str| {
        let question = Question {
            hold: hold.iter().map(|&name| name.to_owned()).collect(),
            ..Question::default()
        };
        Explained::asking(&graph, &question, Inference::default())
            .unwrap()
            .explain(&named(method), &inputs, &Job::silent())
    };
    for method in ["integrated-gradients", "deeplift"] {
        let sentence = explain(&[], method).unwrap_err().to_string();
        assert!(
            sentence.contains("event 0") && sentence.contains("--hold"),
            "{method}: {sentence}"
        );
        let held = explain(&["mask"], method).unwrap();
        assert!(held.residual.iter().all(|r| r.abs() < 1e-5), "{method}");
    }
}

#[test]
fn an_interrupted_explanation_says_so() {
    let model = explained(&mlp(Activation::Relu), Inference::default());
    let job = Job::silent();
    job.interrupt();
    for (name, method) in ready() {
        let result = model.explain(&method, &[normal(&[3, 5], 14)], &job);
        assert!(
            matches!(result, Err(ExplainError::Interrupted(_))),
            "{name}"
        );
    }
}
