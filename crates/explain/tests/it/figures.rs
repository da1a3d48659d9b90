//! Figures over many events, of a model that has learned and of some that
//! have not.

use pellucid_core::statistics::{Bootstrap, auc};
use pellucid_core::{Job, Tensor};
use pellucid_explain::global::{
    Deletion, MostActivating, RandomModels, agreement, correlations, maps, randomise, ranking,
};
use pellucid_explain::{Attribution, Explained, Group, Inference, Method};
use pellucid_network::Graph;
use pellucid_network::layers::Activation;

use crate::models::{cnn, explained, linear, mlp, normal, with_biases, with_one_and_two_threads};

fn run(model: &Explained, name: &str, x: &Tensor<f32>) -> Attribution {
    let method = Method::named(name).unwrap();
    model
        .explain(&method, std::slice::from_ref(x), &Job::silent())
        .unwrap()
}

/// A network that uses its first two inputs of five, and labels it knows.
fn learned() -> (Graph, Tensor<f32>, Vec<bool>) {
    let mut graph = with_biases(mlp(Activation::Relu));
    let id = graph.find("dense1.weight").unwrap();
    let mut weight = graph.data(id).unwrap().to_f64();
    weight.chunks_mut(5).for_each(|row| row[2..].fill(0.0));
    graph.set_data(id, Tensor::new(vec![12, 5], weight));
    let x = normal(&[1500, 5], 31);
    let model = explained(&graph, Inference::default());
    let logit = model
        .scores(std::slice::from_ref(&x), &Job::silent())
        .unwrap()
        .logit;
    let mut sorted = logit.clone();
    sorted.sort_by(f64::total_cmp);
    let labels = logit.iter().map(|&f| f > sorted[750]).collect();
    (graph, x, labels)
}

#[test]
fn random_models_share_names_and_shapes_and_differ_in_weights() {
    let graph = with_biases(cnn());
    let other = randomise(&graph, 1).unwrap();
    for (id, value) in graph.values() {
        assert_eq!(value.name, other.value(id).name);
        assert_eq!(value.ty, other.value(id).ty);
    }
    let weight =
        |graph: &Graph, name: &str| graph.data(graph.find(name).unwrap()).unwrap().to_f64();
    assert_ne!(
        weight(&graph, "conv2.weight"),
        weight(&other, "conv2.weight")
    );
    assert_ne!(
        weight(&other, "conv2.weight"),
        weight(&randomise(&graph, 2).unwrap(), "conv2.weight")
    );
    assert!(weight(&other, "conv2.bias").iter().all(|&b| b == 0.0));
    // 108 numbers of variance 2 / 27, known to 14 %.
    let conv = weight(&other, "conv2.weight");
    let variance = conv.iter().map(|w| w * w).sum::<f64>() / conv.len() as f64;
    assert!((variance * 27.0 / 2.0 - 1.0).abs() < 0.55, "{variance}");
}

#[test]
fn a_learned_model_stands_out_from_random_ones() {
    let (graph, x, labels) = learned();
    let model = explained(&graph, Inference::default());
    let random = RandomModels::new(&graph, None, Inference::default(), 8, 40).unwrap();
    let shares = |model: &Explained| {
        Ok(maps(
            &run(model, "integrated-gradients", &x).values[0],
            &labels,
            None,
        )?
        .all
        .shares())
    };
    let found = shares(&model).unwrap();
    let reference = random.reference(shares).unwrap();
    for i in 0..5 {
        let used = i < 2;
        assert_eq!(found[i] > 0.0, used);
        assert_eq!(
            reference[i].excess(found[i]) > 1.0,
            used,
            "{i}: {found:?} {reference:?}"
        );
    }
    let inputs = std::slice::from_ref(&x);
    let area = |model: &Explained| {
        let logit = model.scores(inputs, &Job::silent())?.logit;
        Ok(vec![auc(&logit, &labels, None)])
    };
    let reference = random.reference(area).unwrap()[0];
    assert!(
        area(&model).unwrap()[0] > 0.999 && reference.mean < 0.95,
        "{reference:?}"
    );
}

#[test]
fn a_ranking_puts_unused_features_last_with_importance_zero() {
    let (graph, x, _) = learned();
    let values = run(&explained(&graph, Inference::default()), "lrp-epsilon", &x).values;
    let groups = Group::columns(&["a", "b", "c", "d", "e"]);
    let ranked = ranking(&values, &groups, None, Bootstrap::default()).unwrap();
    let mut first = [ranked[0].group.as_str(), ranked[1].group.as_str()];
    first.sort_unstable();
    assert_eq!(first, ["a", "b"]);
    assert!(ranked[1].importance.low > 0.0);
    assert!(
        ranked[2..]
            .iter()
            .all(|ranked| ranked.importance.value == 0.0)
    );
}

#[test]
fn methods_agree_on_a_linear_model_and_not_with_a_random_one() {
    // Random signs and sizes, so that the maps have a ranking.
    let weight: Vec<f32> = normal(&[40], 50).into_data();
    let graph = linear(&weight, 0.2);
    let x = normal(&[800, 40], 51);
    let model = explained(&graph, Inference::default());
    let ig = run(&model, "integrated-gradients", &x);
    let product = run(&model, "input-x-gradient", &x);
    let same = agreement(&ig, &product, None, Bootstrap::default()).unwrap();
    assert!(
        same.maps.value > 0.999 && same.events.value > 0.999,
        "{same:?}"
    );
    let other = explained(&randomise(&graph, 5).unwrap(), Inference::default());
    let other = run(&other, "integrated-gradients", &x);
    let random = agreement(&ig, &other, None, Bootstrap::default()).unwrap();
    // Of 40 unrelated ranks the correlation is zero to 1/sqrt(39) = 0.16.
    assert!(random.maps.value.abs() < 0.6, "{random:?}");
}

#[test]
fn the_most_activating_events_show_what_a_node_looks_for() {
    let (graph, x, labels) = learned();
    let model = explained(&graph, Inference::default());
    let nodes = MostActivating { count: 50 }
        .of(
            &model,
            std::slice::from_ref(&x),
            &labels,
            None,
            &Job::silent(),
        )
        .unwrap();
    assert_eq!(nodes.len(), 8);
    let scores = model
        .scores(std::slice::from_ref(&x), &Job::silent())
        .unwrap()
        .logit;
    for node in &nodes {
        if node.dead {
            assert!(node.events.is_empty() && node.correlation.value == 0.0);
            continue;
        }
        assert_eq!(node.events.len(), 50);
        assert_eq!(node.average[0].shape(), [5]);
        let mean = node
            .events
            .iter()
            .map(|&e| f64::from(x.row(e)[0]))
            .sum::<f64>()
            / 50.0;
        assert!((mean - node.average[0].data()[0]).abs() < 1e-12);
        let fraction = node.events.iter().filter(|&&e| labels[e]).count() as f64 / 50.0;
        assert_eq!(fraction, node.signal_fraction.value);
    }
    // The node that goes with the output best fires on signal, and its events
    // have a high logit.
    let best = nodes
        .iter()
        .max_by(|a, b| a.correlation.value.total_cmp(&b.correlation.value));
    let best = best.unwrap();
    assert!(best.signal_fraction.value > 0.7, "{best:?}");
    let mean = best.events.iter().map(|&e| scores[e]).sum::<f64>() / 50.0;
    assert!(mean > scores.iter().sum::<f64>() / scores.len() as f64);
    // Unused inputs average to nothing.
    let (average, error) = (&best.average[0].data()[4], &best.error[0].data()[4]);
    assert!(average.abs() < 4.0 * error);
}

#[test]
fn a_model_without_a_hidden_layer_has_no_nodes_to_show() {
    let model = explained(&linear(&[1.0, 2.0], 0.0), Inference::default());
    let x = normal(&[4, 2], 1);
    let result = MostActivating::default().of(&model, &[x], &[true; 4], None, &Job::silent());
    assert!(result.unwrap_err().to_string().contains("dense layer"));
}

#[test]
fn deleting_by_a_faithful_method_beats_random_order() {
    let graph = with_biases(cnn());
    let model = explained(&graph, Inference::default());
    let x = normal(&[400, 1, 8, 8], 60);
    let ig = run(&model, "integrated-gradients", &x);
    let mut reversed = ig.clone();
    reversed.values[0]
        .data_mut()
        .iter_mut()
        .for_each(|a| *a = -*a);
    let found = Deletion::default()
        .compare(
            &model,
            std::slice::from_ref(&x),
            &[&ig, &reversed],
            None,
            &Job::silent(),
        )
        .unwrap();
    assert!(
        found[0].excess.value > 5.0 * found[0].excess.error,
        "{:?}",
        found[0].excess
    );
    assert!(
        found[1].excess.value < -5.0 * found[1].excess.error,
        "{:?}",
        found[1].excess
    );
    // Both end where nothing is left.
    let last = |i: usize| found[i].method.fall.last().unwrap().value;
    assert!((last(0) - last(1)).abs() < 1e-9);
    assert_eq!(found[0].method.fall[0].value, 0.0);
    assert_eq!(found[0].random, found[1].random);
}

#[test]
fn figures_have_the_same_bits_with_one_and_two_threads() {
    let (graph, x, labels) = learned();
    let (one, two) = with_one_and_two_threads(|| {
        let model = explained(&graph, Inference::default());
        let inputs = std::slice::from_ref(&x);
        let scores = model.scores(inputs, &Job::silent()).unwrap().logit;
        let ig = run(&model, "integrated-gradients", &x);
        let lrp = run(&model, "lrp-epsilon", &x);
        (
            maps(&ig.values[0], &labels, None).unwrap(),
            correlations(&x, &scores, &labels, None).unwrap(),
            agreement(&ig, &lrp, None, Bootstrap::default()).unwrap(),
            MostActivating::default()
                .of(&model, inputs, &labels, None, &Job::silent())
                .unwrap(),
            Deletion::default()
                .compare(&model, inputs, &[&ig, &lrp], None, &Job::silent())
                .unwrap(),
        )
    });
    // Nodes that are dead have averages that are not numbers: compare the text.
    assert_eq!(format!("{one:?}"), format!("{two:?}"));
}

#[test]
fn an_event_of_weight_two_is_two_events_in_every_figure() {
    let (graph, x, labels) = learned();
    let model = explained(&graph, Inference::default());
    // Every third event twice, or with weight two; an event of weight zero is not
    // there.
    let (events, half) = (600, 300);
    let weights: Vec<f64> = (0..events)
        .map(|i| {
            if i >= half {
                0.0
            } else if i % 3 == 0 {
                2.0
            } else {
                1.0
            }
        })
        .collect();
    let copies: Vec<usize> = (0..half).chain((0..half).step_by(3)).collect();
    let all: Vec<usize> = (0..events).collect();
    let figures = |rows: &[usize], weights: Option<&[f64]>| -> Vec<f64> {
        let x = x.select_rows(rows);
        let labels: Vec<bool> = rows.iter().map(|&row| labels[row]).collect();
        let inputs = std::slice::from_ref(&x);
        let scores = model.scores(inputs, &Job::silent()).unwrap().logit;
        let ig = run(&model, "integrated-gradients", &x);
        let lrp = run(&model, "lrp-epsilon", &x);
        let once = Bootstrap {
            seed: 0,
            replicas: 2,
        };
        let groups = Group::columns(&["a", "b", "c", "d", "e"]);
        let maps = maps(&ig.values[0], &labels, weights).unwrap();
        let correlations = correlations(&x, &scores, &labels, weights).unwrap();
        let agreement = agreement(&ig, &lrp, weights, once).unwrap();
        let ranked = ranking(&ig.values, &groups, weights, once).unwrap();
        // Random order depends on an event's place: the methods' own curve only.
        let deletion = Deletion::default()
            .compare(&model, inputs, &[&ig], weights, &Job::silent())
            .unwrap();
        let mut found = Vec::new();
        for map in [&maps.all, &maps.signal, &maps.background] {
            found.extend(map.mean.iter().map(|mean| mean.value));
            found.extend(map.mean_abs.iter().map(|mean| mean.value));
        }
        found.extend(correlations.signal.iter().map(|r| r.value));
        found.extend(correlations.all.iter().map(|r| r.value));
        found.extend([agreement.maps.value, agreement.events.value]);
        found.extend(ranked.iter().map(|group| group.importance.value));
        found.extend(deletion[0].method.fall.iter().map(|fall| fall.value));
        found
    };
    let (weighted, copied) = (figures(&all, Some(&weights)), figures(&copies, None));
    assert_eq!(weighted.len(), copied.len());
    for (i, (a, b)) in weighted.iter().zip(&copied).enumerate() {
        // Sums of hundreds of numbers of order one that single precision keeps, in
        // runs of other batches.
        assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{i}: {a} {b}");
    }
}
