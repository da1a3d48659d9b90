//! Layers on particles: beside PyTorch, and by their symmetries.

use pellucid_core::{Job, Tensor, random};
use serde::Deserialize;

use super::*;
use crate::graph::Graph;
use crate::train::{Dataset, Edges, Particles, Split, Training, evaluate_particles, fit};
use crate::{Executor, transform};

#[derive(Deserialize)]
struct Numbers {
    shape: Vec<usize>,
    data: Vec<f64>,
}

impl Numbers {
    fn tensor(&self) -> Tensor<f64> {
        Tensor::new(self.shape.clone(), self.data.clone())
    }
}

#[derive(Deserialize)]
struct Case {
    name: String,
    events: Events,
    layers: Vec<Layer>,
    weights: std::collections::BTreeMap<String, Numbers>,
    inputs: Vec<Numbers>,
    output: Numbers,
}

fn cases() -> Vec<Case> {
    let text = include_str!("../../tests/fixtures/layers/layers.json");
    serde_json::from_str(text).unwrap()
}

/// The network of a case with its weights, ending in what its layers make.
fn network(case: &Case) -> Graph {
    let particle = match case.events {
        Events::Fixed => &case.inputs[0].shape[1..],
        _ => &case.inputs[0].shape[case.inputs[0].shape.len() - 1..],
    };
    let mut layers = case.layers.clone();
    let ends = layers.len();
    if case.events == Events::Padded {
        layers.push(Layer::SetPool {
            aggregate: Aggregate::Sum,
        });
    }
    let mut graph = Architecture::new(layers)
        .events(case.events)
        .build(particle, 1, 0)
        .unwrap();
    for (name, numbers) in &case.weights {
        let id = graph
            .find(name)
            .unwrap_or_else(|| panic!("{}: no weight {name}", case.name));
        assert_eq!(graph.data(id).unwrap().shape(), numbers.shape, "{name}");
        graph.set_data(id, numbers.tensor());
    }
    let last = match &case.layers[ends - 1] {
        Layer::Lstm(_) => "lstm1",
        Layer::Gru(_) => "gru1",
        Layer::Attention { .. } => "attention1.out_proj",
        Layer::LayerNorm { .. } => "layer_norm1",
        _ => "set_pool1",
    };
    let id = graph
        .values()
        .find(|(_, value)| value.name == last || value.name == format!("{last}:out"))
        .unwrap_or_else(|| panic!("{}: no value {last}", case.name))
        .0;
    graph.set_outputs(vec![id]);
    graph
}

#[test]
fn layers_equal_pytorch() {
    for case in cases() {
        let graph = network(&case);
        let inputs: Vec<Tensor<f64>> = case.inputs.iter().map(Numbers::tensor).collect();
        let out = Executor::<f64>::new(&graph)
            .call(&inputs.iter().collect::<Vec<_>>())
            .unwrap();
        assert_eq!(out[0].shape(), case.output.shape, "{}", case.name);
        for (i, (a, b)) in out[0].data().iter().zip(&case.output.data).enumerate() {
            // Sums of a few dozen products of order one, four steps deep.
            assert!((a - b).abs() < 1e-12, "{}: number {i}: {a} {b}", case.name);
        }
    }
}

#[test]
fn gradients_of_layers_are_those_of_differences() {
    for case in cases() {
        let mut graph = network(&case);
        let output = graph.outputs()[0];
        let input = graph.inputs()[0];
        let name = case.weights.keys().next().unwrap();
        let weight = graph.find(name).unwrap();
        let wrt = [input, weight];
        let made = transform::gradient(&mut graph, output, &wrt, None).unwrap();
        graph.set_outputs([&[output][..], &made].concat());
        let mut inputs: Vec<Tensor<f64>> = case.inputs.iter().map(Numbers::tensor).collect();
        let mut executor = Executor::<f64>::new(&graph);
        let sum = |executor: &mut Executor<f64>, inputs: &[Tensor<f64>]| -> f64 {
            executor.run(&inputs.iter().collect::<Vec<_>>()).unwrap();
            executor.output(0).1.iter().sum()
        };
        sum(&mut executor, &inputs);
        let (slopes, weights) = (executor.output(1).1.to_vec(), executor.output(2).1.to_vec());
        let h = 1e-5;
        for i in (0..slopes.len()).step_by(5) {
            let x = inputs[0].data()[i];
            if case.name == "embedding" && i % 6 == 2 {
                continue;
            }
            inputs[0].data_mut()[i] = x + h;
            let up = sum(&mut executor, &inputs);
            inputs[0].data_mut()[i] = x - h;
            let down = sum(&mut executor, &inputs);
            inputs[0].data_mut()[i] = x;
            // Third derivatives of order one times h² and rounding over h.
            let difference = (up - down) / (2.0 * h);
            assert!(
                (difference - slopes[i]).abs() < 1e-7 * difference.abs().max(1.0),
                "{}: input {i}: {difference} {}",
                case.name,
                slopes[i]
            );
        }
        let start = executor.weight(weight).to_vec();
        for i in (0..weights.len()).step_by(7) {
            let mut moved = start.clone();
            moved[i] += h;
            executor.set_weight(weight, &moved);
            let up = sum(&mut executor, &inputs);
            moved[i] -= 2.0 * h;
            executor.set_weight(weight, &moved);
            let difference = (up - sum(&mut executor, &inputs)) / (2.0 * h);
            assert!(
                (difference - weights[i]).abs() < 1e-7 * difference.abs().max(1.0),
                "{}: weight {i}: {difference} {}",
                case.name,
                weights[i]
            );
        }
    }
}

const FEATURES: usize = 3;

/// Events of 0 to 5 particles, as ragged ones and padded to 5 with a mask.
fn particles(events: usize) -> (Particles, Vec<Tensor<f32>>) {
    let mut rng = random::stream(3, 0);
    let (mut offsets, mut features) = (vec![0], Vec::new());
    let (mut padded, mut mask) = (Vec::new(), Vec::new());
    for event in 0..events {
        let count = event % 6;
        for particle in 0..5 {
            let real = particle < count;
            mask.push(f32::from(u8::from(real)));
            for _ in 0..FEATURES {
                let x = random::normal(&mut rng) as f32;
                // Padding is not zero, to show that nobody looks at it.
                padded.push(x);
                if real {
                    features.push(x);
                }
            }
        }
        offsets.push(features.len() / FEATURES);
    }
    let rows = features.len() / FEATURES;
    let ragged = Particles {
        offsets,
        features: Tensor::new(vec![rows, FEATURES], features),
        edges: None,
    };
    let padded = Tensor::new(vec![events, 5, FEATURES], padded);
    (ragged, vec![padded, Tensor::new(vec![events, 5], mask)])
}

fn deep_sets(events: Events, aggregate: Aggregate) -> Graph {
    let layers = vec![
        Layer::PerParticle {
            units: 8,
            activation: Some(Activation::Relu),
        },
        Layer::SetPool { aggregate },
        Layer::Dense {
            units: 8,
            activation: Some(Activation::Tanh),
        },
    ];
    Architecture::new(layers)
        .events(events)
        .build(&[FEATURES], 1, 5)
        .unwrap()
}

const AGGREGATES: [Aggregate; 4] = [
    Aggregate::Sum,
    Aggregate::Mean,
    Aggregate::Max,
    Aggregate::Softmax,
];

#[test]
fn ragged_events_equal_padded_ones() {
    let (ragged, padded) = particles(30);
    for aggregate in AGGREGATES {
        let mut short = Executor::new(&deep_sets(Events::Ragged, aggregate));
        let mut long = Executor::new(&deep_sets(Events::Padded, aggregate));
        let a = evaluate_particles(&mut short, &ragged, 7).unwrap();
        let inputs: Vec<&Tensor<f32>> = padded.iter().collect();
        let b = crate::train::evaluate(&mut long, &inputs, 7).unwrap();
        for (event, (a, b)) in a.iter().zip(&b).enumerate() {
            // A few sums of eight numbers in single precision.
            assert!(
                (a - b).abs() < 1e-5,
                "{aggregate:?}, event {event}: {a} {b}"
            );
        }
    }
}

fn transformer(events: Events) -> Graph {
    let block = vec![
        Layer::LayerNorm { epsilon: 1e-5 },
        Layer::Attention { heads: 2 },
    ];
    let layers = vec![
        Layer::PerParticle {
            units: 8,
            activation: None,
        },
        Layer::Residual { layers: block },
        Layer::SetPool {
            aggregate: Aggregate::Mean,
        },
    ];
    Architecture::new(layers)
        .events(events)
        .build(&[FEATURES], 1, 6)
        .unwrap()
}

#[test]
fn attention_does_not_see_order_or_padding() {
    let (_, padded) = particles(12);
    let graph = transformer(Events::Padded);
    let inputs: Vec<&Tensor<f32>> = padded.iter().collect();
    let before = crate::train::evaluate(&mut Executor::new(&graph), &inputs, 12).unwrap();
    let turned: Vec<Tensor<f32>> = padded
        .iter()
        .map(|tensor| {
            let width = tensor.row_len() / 5;
            let rows = tensor.data().chunks_exact(tensor.row_len());
            let data = rows.flat_map(|row| row.chunks_exact(width).rev().flatten().copied());
            Tensor::new(tensor.shape().to_vec(), data.collect())
        })
        .collect();
    let inputs: Vec<&Tensor<f32>> = turned.iter().collect();
    let after = crate::train::evaluate(&mut Executor::new(&graph), &inputs, 12).unwrap();
    for (a, b) in before.iter().zip(&after) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

/// Whether an event has more than two particles: what a sum can count.
fn counted(ragged: Particles) -> Dataset {
    let targets = ragged
        .offsets
        .windows(2)
        .map(|pair| f32::from(u8::from(pair[1] - pair[0] > 2)))
        .collect();
    Dataset {
        inputs: Vec::new(),
        particles: Some(ragged),
        targets,
        weights: None,
    }
}

#[test]
fn a_network_on_ragged_events_learns_and_gives_the_same_bits_with_more_threads() {
    let (ragged, padded) = particles(300);
    let data = counted(ragged);
    let rows: Vec<usize> = (0..300).collect();
    let split = Split {
        train: &rows[..240],
        valid: &rows[240..],
    };
    let settings = Training {
        epochs: 12,
        batch: 32,
        learning_rate: 1e-2,
        ..Training::default()
    };
    let train = |events: Events, data: &Dataset, threads: usize| {
        let mut graph = deep_sets(events, Aggregate::Sum);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let history = pool
            .unwrap()
            .install(|| fit(&mut graph, data, split, &settings, &Job::silent()).unwrap());
        (graph, history)
    };
    let (graph, history) = train(Events::Ragged, &data, 1);
    let last = history.epochs.last().unwrap();
    assert!(last.valid_auc.unwrap() > 0.97, "{last:?}");
    let (other, _) = train(Events::Ragged, &data, 2);
    for (a, b) in graph.parameters().into_iter().zip(other.parameters()) {
        assert_eq!(graph.data(a), other.data(b));
    }
    // Padded events give the same steps, up to rounding that training spreads.
    let padded = Dataset {
        inputs: padded,
        particles: None,
        targets: data.targets.clone(),
        weights: None,
    };
    let (_, long) = train(Events::Padded, &padded, 1);
    let (a, b) = (history.epochs[0].train_loss, long.epochs[0].train_loss);
    assert!((a - b).abs() < 1e-4, "{a} {b}");
}

#[test]
fn edges_that_leave_their_event_are_refused() {
    let (mut ragged, _) = particles(6);
    ragged.edges = Some(Edges {
        offsets: vec![0, 0, 0, 1, 1, 1, 1],
        from: vec![2],
        to: vec![0],
    });
    let layers = vec![
        Layer::MessagePassing(MessagePassing {
            units: vec![4],
            activation: Some(Activation::Relu),
            aggregate: Aggregate::Mean,
        }),
        Layer::SetPool {
            aggregate: Aggregate::Max,
        },
    ];
    let graph = Architecture::new(layers)
        .events(Events::Graphs)
        .build(&[FEATURES], 1, 0)
        .unwrap();
    let mut executor = Executor::new(&graph);
    let error = evaluate_particles(&mut executor, &ragged, 6).unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains("event 2 ends at particle 2, the event has 2"),
        "{message}"
    );
    ragged.edges.as_mut().unwrap().from[0] = 1;
    assert_eq!(
        evaluate_particles(&mut executor, &ragged, 6).unwrap().len(),
        6
    );
}

#[test]
fn what_does_not_fit_particles_is_said_with_the_layer() {
    let pool = Layer::SetPool {
        aggregate: Aggregate::Sum,
    };
    let wrong = [
        (Events::Ragged, vec![], "not joined; add a set-pool layer"),
        (
            Events::Ragged,
            vec![Layer::Attention { heads: 2 }, pool.clone()],
            "layer 1: attention takes [N, particles, features], found [P, 6]",
        ),
        (
            Events::Padded,
            vec![Layer::Attention { heads: 4 }, pool.clone()],
            "layer 1: 6 features do not fall into 4 heads",
        ),
        (
            Events::Padded,
            vec![Layer::Residual {
                layers: vec![Layer::PerParticle {
                    units: 2,
                    activation: None,
                }],
            }],
            "layer 1: the inner layers make [N, P, 2] of [N, P, 6]",
        ),
        (
            Events::Padded,
            vec![Layer::Lstm(Recurrent {
                units: 2,
                both: false,
                sequence: false,
            })],
            "layer 1: the size P must be known",
        ),
        (
            Events::Ragged,
            vec![
                Layer::MessagePassing(MessagePassing {
                    units: vec![2],
                    activation: None,
                    aggregate: Aggregate::Sum,
                }),
                pool,
            ],
            "layer 1: message-passing needs edges",
        ),
    ];
    for (events, layers, message) in wrong {
        let made = Architecture::new(layers).events(events).build(&[6], 1, 0);
        let error = made.unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
