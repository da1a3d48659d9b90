//! Training as a whole.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use pellucid_core::job::{Bar, Progress};
use pellucid_core::{Job, Tensor, random};

use super::*;
use crate::Executor;
use crate::graph::{Data, Graph};
use crate::layers::{Activation, Architecture, Convolution, Layer, Pooling};

/// Four points of XOR, many times over with noise.
fn xor(events: usize) -> Dataset {
    let mut rng = random::stream(1, 0);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..events {
        let (a, b) = (i % 2, i / 2 % 2);
        x.push((a as f64 + 0.1 * random::normal(&mut rng)) as f32);
        x.push((b as f64 + 0.1 * random::normal(&mut rng)) as f32);
        y.push((a ^ b) as f32);
    }
    Dataset {
        inputs: vec![Tensor::new(vec![events, 2], x)],
        targets: y,
        weights: None,
    }
}

#[test]
fn a_small_network_learns_xor() {
    let data = xor(1000);
    let mut graph = Architecture::dense(&[16, 16], Activation::Relu)
        .score(true)
        .build(&[2], 1, 3)
        .unwrap();
    let rows: Vec<usize> = (0..1000).collect();
    let split = Split {
        train: &rows[..800],
        valid: &rows[800..],
    };
    let settings = Training {
        learning_rate: 1e-2,
        epochs: 20,
        batch: 50,
        ..Training::default()
    };
    let history = fit(&mut graph, &data, split, &settings, &Job::silent()).unwrap();
    // Points five widths apart: nearly no event is beyond the middle.
    let area = history.best_epoch().unwrap().valid_auc.unwrap();
    assert!(area > 0.999, "{area}");
    let scores = evaluate(&mut Executor::new(&graph), &[&data.inputs[0]], 128).unwrap();
    let right = scores
        .iter()
        .zip(&data.targets)
        .filter(|(s, y)| (**s > 0.5) == (**y > 0.5))
        .count();
    assert!(right > 995, "{right}");
}

/// Two bumps on images of four by four.
fn images(events: usize) -> Dataset {
    let mut rng = random::stream(2, 0);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..events {
        for pixel in 0..16 {
            let bump = if (pixel == 5) == (i % 2 == 0) {
                0.6
            } else {
                0.0
            };
            x.push((bump + 0.5 * random::normal(&mut rng)) as f32);
        }
        y.push((i % 2) as f32);
    }
    Dataset {
        inputs: vec![Tensor::new(vec![events, 1, 4, 4], x)],
        targets: y,
        weights: None,
    }
}

/// With everything that has a state: batch normalisation, dropout.
fn convolutional() -> Architecture {
    Architecture::new(vec![
        Layer::Conv2d(Convolution::new(6, 3).padding(1)),
        Layer::BatchNorm {
            epsilon: 1e-5,
            momentum: 0.1,
        },
        Layer::Activation {
            function: Activation::Relu,
        },
        Layer::MaxPool(Pooling::new(2)),
        Layer::Dropout { ratio: 0.2 },
        Layer::Dense {
            units: 32,
            activation: Some(Activation::Relu),
        },
        Layer::Dropout { ratio: 0.5 },
    ])
}

fn weights(graph: &Graph) -> Vec<Vec<f64>> {
    graph
        .values()
        .filter_map(|(id, _)| graph.data(id))
        .map(Data::to_f64)
        .collect()
}

struct Fitted {
    weights: Vec<Vec<f64>>,
    history: History,
}

fn train(data: &Dataset, architecture: &Architecture, settings: &Training, job: &Job) -> Fitted {
    let shape = &data.inputs[0].shape()[1..];
    let mut graph = architecture.build(shape, 1, 7).unwrap();
    let rows: Vec<usize> = (0..data.len()).collect();
    let cut = data.len() * 3 / 4;
    let split = Split {
        train: &rows[..cut],
        valid: &rows[cut..],
    };
    let history = fit(&mut graph, data, split, settings, job).unwrap();
    Fitted {
        weights: weights(&graph),
        history,
    }
}

#[test]
fn one_and_two_threads_give_the_same_bits() {
    let data = images(400);
    let settings = Training {
        epochs: 2,
        batch: 128,
        ..Training::default()
    };
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| train(&data, &convolutional(), &settings, &Job::silent()))
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(one.history, two.history);
    assert_eq!(one.weights, two.weights);
}

#[test]
fn a_resumed_training_continues_bit_for_bit() {
    let data = images(200);
    let whole = Training {
        epochs: 4,
        batch: 32,
        warm_up: 9,
        schedule: Schedule::Plateau {
            factor: 0.5,
            patience: 0,
        },
        optimiser: Optimiser::default(),
        ..Training::default()
    };
    let at_once = train(&data, &convolutional(), &whole, &Job::silent());
    let folder = tempfile::tempdir().unwrap();
    let kept = Training {
        checkpoint: Some(folder.path().join("state")),
        resume: true,
        ..whole
    };
    let half = Training {
        epochs: 2,
        ..kept.clone()
    };
    let first = train(&data, &convolutional(), &half, &Job::silent());
    assert_eq!(first.history.epochs.len(), 2);
    let second = train(&data, &convolutional(), &kept, &Job::silent());
    assert_eq!(second.history, at_once.history);
    assert_eq!(second.weights, at_once.weights);
    assert!(folder.path().join("state/checkpoint.json").exists());
    let parts = std::fs::read_dir(folder.path().join("state"))
        .unwrap()
        .count();
    assert_eq!(parts, 2, "files beside their places were left behind");
}

#[test]
fn a_checkpoint_of_other_settings_is_refused_by_name() {
    let data = images(64);
    let folder = tempfile::tempdir().unwrap();
    let settings = Training {
        epochs: 1,
        checkpoint: Some(folder.path().to_owned()),
        resume: true,
        ..Training::default()
    };
    train(&data, &convolutional(), &settings, &Job::silent());
    let mut graph = convolutional().build(&[1, 4, 4], 1, 7).unwrap();
    let rows: Vec<usize> = (0..64).collect();
    let split = Split {
        train: &rows[..48],
        valid: &rows[48..],
    };
    let other = Training {
        learning_rate: 0.5,
        ..settings
    };
    let error = fit(&mut graph, &data, split, &other, &Job::silent())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("learning_rate = 0.001") && error.contains("say 0.5"),
        "{error}"
    );
}

/// Interrupts its job after a number of notes.
struct Interrupter {
    left: AtomicUsize,
    job: OnceLock<Job>,
}

struct NoBar;

impl Bar for NoBar {
    fn advance(&self, _: u64) {}
}

impl Progress for Interrupter {
    fn start(&self, _: &str, _: u64) -> Box<dyn Bar> {
        Box::new(NoBar)
    }
    fn note(&self, _: &str) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.job.get().unwrap().interrupt();
        }
    }
}

fn interrupted_after(notes: usize) -> Job {
    let progress = Arc::new(Interrupter {
        left: notes.into(),
        job: OnceLock::new(),
    });
    let job = Job::new(progress.clone(), Arc::default());
    progress.job.set(job.clone()).unwrap();
    job
}

#[test]
fn an_interrupted_training_keeps_what_is_finished() {
    let data = images(200);
    let settings = Training {
        epochs: 50,
        batch: 32,
        ..Training::default()
    };
    let stopped = train(&data, &convolutional(), &settings, &interrupted_after(3));
    assert!(stopped.history.interrupted);
    assert_eq!(stopped.history.epochs.len(), 3);
    let three = Training {
        epochs: 3,
        ..settings.clone()
    };
    let finished = train(&data, &convolutional(), &three, &Job::silent());
    assert_eq!(stopped.weights, finished.weights);

    let job = Job::silent();
    job.interrupt();
    let never = train(&data, &convolutional(), &settings, &job);
    assert!(never.history.interrupted && never.history.best.is_none());
    let untouched = convolutional().build(&[1, 4, 4], 1, 7).unwrap();
    assert_eq!(never.weights, weights(&untouched));
}

#[test]
fn early_stopping_ends_with_the_best_weights() {
    // Few events, many weights, a fifth of the labels wrong: the validation
    // loss soon rises again.
    let mut data = images(80);
    data.targets
        .iter_mut()
        .step_by(5)
        .for_each(|y| *y = 1.0 - *y);
    let architecture = Architecture::dense(&[64, 64], Activation::Relu);
    let settings = Training {
        epochs: 200,
        batch: 15,
        learning_rate: 1e-2,
        early_stopping: Some(EarlyStopping {
            patience: 3,
            min_change: 0.0,
        }),
        ..Training::default()
    };
    let stopped = train(&data, &architecture, &settings, &Job::silent());
    let history = &stopped.history;
    assert!(history.stopped_early, "{:?}", history.best);
    let best = history.best.unwrap();
    assert_eq!(
        history.epochs.len(),
        best + 5,
        "four epochs beyond the best"
    );
    let short = Training {
        epochs: best + 1,
        early_stopping: None,
        ..settings
    };
    let short = train(&data, &architecture, &short, &Job::silent());
    assert_eq!(stopped.weights, short.weights);
}

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
