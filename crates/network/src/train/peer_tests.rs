//! Steps against PyTorch; the fixture and how it was made are in
//! `tests/fixtures/train`.

use std::collections::BTreeMap;

use pellucid_core::{Job, Tensor};

use super::*;
use crate::layers::{Activation, Architecture, Convolution, Layer, Pooling};

#[derive(serde::Deserialize)]
struct Peer {
    x: Vec<f32>,
    y: Vec<f32>,
    w: Vec<f32>,
    start: BTreeMap<String, Vec<f32>>,
    runs: BTreeMap<String, Run>,
}

#[derive(serde::Deserialize)]
struct Run {
    losses: Vec<f64>,
    end: BTreeMap<String, Vec<f64>>,
}

fn peer_optimiser(name: &str) -> (Optimiser, f64, Option<f64>) {
    let sgd = |momentum, nesterov, weight_decay| Optimiser::Sgd {
        momentum,
        nesterov,
        weight_decay,
    };
    let adam = |beta1, beta2, weight_decay| Optimiser::Adam {
        beta1,
        beta2,
        epsilon: 1e-8,
        weight_decay,
    };
    match name {
        "sgd" => (sgd(0.9, false, 0.0), 0.05, None),
        "nesterov" => (sgd(0.9, true, 0.01), 0.05, None),
        "adam" => (adam(0.9, 0.999, 0.0), 0.01, None),
        "adam-decay" => (adam(0.8, 0.95, 0.1), 0.01, None),
        "adamw" => {
            let (beta1, beta2, epsilon, weight_decay) = (0.9, 0.999, 1e-8, 0.1);
            (
                Optimiser::AdamW {
                    beta1,
                    beta2,
                    epsilon,
                    weight_decay,
                },
                0.01,
                None,
            )
        }
        "clipped" => (sgd(0.0, false, 0.0), 0.5, Some(0.1)),
        _ => panic!("{name}"),
    }
}

#[test]
fn steps_equal_pytorch_under_every_optimiser() {
    let text = include_str!("../../tests/fixtures/train/steps.json");
    let peer: Peer = serde_json::from_str(text).unwrap();
    let architecture = Architecture::new(vec![
        Layer::Conv2d(Convolution::new(4, 3).padding(1)),
        Layer::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        },
        Layer::Activation {
            function: Activation::Relu,
        },
        Layer::MaxPool(Pooling::new(2)),
        Layer::Dense {
            units: 5,
            activation: None,
        },
        Layer::BatchNorm {
            epsilon: 1e-3,
            momentum: 0.3,
        },
        Layer::Activation {
            function: Activation::Tanh,
        },
    ]);
    let data = Dataset {
        inputs: vec![Tensor::new(vec![6, 2, 4, 4], peer.x.clone())],
        targets: peer.y.clone(),
        particles: None,
        weights: Some(peer.w.clone()),
    };
    let rows: Vec<usize> = (0..6).collect();
    assert_eq!(peer.runs.len(), 6);
    for (name, run) in &peer.runs {
        let mut graph = architecture.build(&[2, 4, 4], 1, 0).unwrap();
        for (name, numbers) in &peer.start {
            let id = graph.find(name).unwrap();
            let shape = graph.data(id).unwrap().shape().to_vec();
            graph.set_data(id, Tensor::new(shape, numbers.clone()));
        }
        let (optimiser, learning_rate, clip_norm) = peer_optimiser(name);
        let settings = Training {
            optimiser,
            learning_rate,
            clip_norm,
            epochs: 5,
            batch: 6,
            ..Training::default()
        };
        let split = Split {
            train: &rows,
            valid: &[],
        };
        let history = fit(&mut graph, &data, split, &settings, &Job::silent()).unwrap();
        for (epoch, loss) in history.epochs.iter().zip(&run.losses) {
            // Single precision, five steps of a loss of order one.
            assert!(
                (epoch.train_loss - loss).abs() < 1e-5,
                "{name}: {epoch:?} {loss}"
            );
        }
        for (value, expected) in &run.end {
            // A bias before a batch normalisation changes nothing but the stored
            // mean: its gradient is rounding noise, of which Adam makes steps of
            // up to the learning rate, five times 0.01. All else: single precision.
            let noise = matches!(
                value.as_str(),
                "conv1.bias" | "dense1.bias" | "norm1.running_mean" | "norm2.running_mean"
            );
            let tolerance = if noise && name.starts_with("adam") {
                0.1
            } else {
                1e-5
            };
            let found = graph.data(graph.find(value).unwrap()).unwrap().to_f64();
            for (found, expected) in found.iter().zip(expected) {
                assert!(
                    (found - expected).abs() < tolerance * (1.0 + expected.abs()),
                    "{name} {value}: {found} {expected}"
                );
            }
        }
    }
}
