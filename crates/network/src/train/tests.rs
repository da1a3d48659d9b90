//! Training as a whole.

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
        particles: None,
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
pub(super) fn images(events: usize) -> Dataset {
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
        particles: None,
        weights: None,
    }
}

/// With everything that has a state: batch normalisation, dropout.
pub(super) fn convolutional() -> Architecture {
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

pub(super) fn weights(graph: &Graph) -> Vec<Vec<f64>> {
    graph
        .values()
        .filter_map(|(id, _)| graph.data(id))
        .map(Data::to_f64)
        .collect()
}

pub(super) struct Fitted {
    pub(super) weights: Vec<Vec<f64>>,
    pub(super) history: History,
}

pub(super) fn train(
    data: &Dataset,
    architecture: &Architecture,
    settings: &Training,
    job: &Job,
) -> Fitted {
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

/// Three classes around the corners of a triangle.
fn triangle(events: usize) -> Dataset {
    let mut rng = random::stream(3, 0);
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..events {
        let angle = (i % 3) as f64 * std::f64::consts::TAU / 3.0;
        x.push((2.0 * angle.cos() + random::normal(&mut rng)) as f32);
        x.push((2.0 * angle.sin() + random::normal(&mut rng)) as f32);
        y.push((i % 3) as f32);
    }
    Dataset {
        inputs: vec![Tensor::new(vec![events, 2], x)],
        targets: y,
        particles: None,
        weights: None,
    }
}

#[test]
fn a_linear_network_separates_three_classes_as_well_as_can_be() {
    let data = triangle(6000);
    let mut graph = Architecture::new(vec![])
        .score(true)
        .build(&[2], 3, 0)
        .unwrap();
    let rows: Vec<usize> = (0..6000).collect();
    let split = Split {
        train: &rows[..3000],
        valid: &[],
    };
    let settings = Training {
        loss: Loss::CrossEntropy,
        learning_rate: 0.02,
        schedule: Schedule::Cosine { floor: 0.0 },
        epochs: 10,
        batch: 64,
        ..Training::default()
    };
    fit(&mut graph, &data, split, &settings, &Job::silent()).unwrap();
    let scores = evaluate(&mut Executor::new(&graph), &[&data.inputs[0]], 1000).unwrap();
    let right = |row: usize| {
        let scores = &scores[3 * row..3 * row + 3];
        let largest = scores.iter().copied().fold(0.0, f32::max);
        scores[data.targets[row] as usize] == largest
    };
    let share = (3000..6000).filter(|&row| right(row)).count() as f64 / 3000.0;
    // The nearest corner is the right one for 92.63 % of 10⁷ simulated events;
    // five standard errors of 3000 events are 2.4 %.
    assert!((share - 0.9263).abs() < 0.025, "{share}");
}

#[test]
fn balanced_classes_move_the_border_and_nothing_else() {
    // One number, 900 events of one class and 100 of the other.
    let mut rng = random::stream(4, 0);
    let targets: Vec<f32> = (0..1000)
        .map(|i| if i % 10 == 0 { 1.0 } else { 0.0 })
        .collect();
    let x = targets
        .iter()
        .map(|&y| y + random::normal(&mut rng) as f32)
        .collect();
    let inputs = vec![Tensor::new(vec![1000, 1], x)];
    let rows: Vec<usize> = (0..1000).collect();
    let settings = |class_weights| Training {
        class_weights,
        optimiser: Optimiser::Sgd {
            momentum: 0.9,
            nesterov: true,
            weight_decay: 0.0,
        },
        learning_rate: 0.3,
        epochs: 300,
        batch: 1000,
        ..Training::default()
    };
    let bias = |weights: Option<Vec<f32>>, classes: ClassWeights| {
        let data = Dataset {
            inputs: inputs.clone(),
            particles: None,
            targets: targets.clone(),
            weights,
        };
        let mut graph = Architecture::new(vec![]).build(&[1], 1, 0).unwrap();
        let split = Split {
            train: &rows,
            valid: &[],
        };
        fit(&mut graph, &data, split, &settings(classes), &Job::silent()).unwrap();
        graph
            .data(graph.find("logit.bias").unwrap())
            .unwrap()
            .to_f64()[0]
    };
    let plain = bias(None, ClassWeights::None);
    let balanced = bias(None, ClassWeights::Balanced);
    let given = bias(None, ClassWeights::Given(vec![1.0, 9.0]));
    let weights = targets
        .iter()
        .map(|&y| if y > 0.5 { 9.0 } else { 1.0 })
        .collect();
    let weighted = bias(Some(weights), ClassWeights::None);
    // The same fit three times over, in single precision.
    assert!((balanced - given).abs() < 1e-4 && (balanced - weighted).abs() < 1e-4);
    // Odds of nine to one are ln 9 in the logit; the slope moves a little as
    // well, by the noise of a hundred events.
    assert!(
        (balanced - plain - 9.0_f64.ln()).abs() < 0.3,
        "{plain} {balanced}"
    );
}

#[test]
fn batch_normalisation_leaves_out_a_last_batch_of_one_event() {
    let data = images(41);
    let rows: Vec<usize> = (0..41).collect();
    let split = Split {
        train: &rows[..33],
        valid: &rows[33..],
    };
    let settings = Training {
        epochs: 2,
        batch: 16,
        ..Training::default()
    };
    let mut graph = convolutional().build(&[1, 4, 4], 1, 0).unwrap();
    let history = fit(&mut graph, &data, split, &settings, &Job::silent()).unwrap();
    assert!(
        history
            .best_epoch()
            .unwrap()
            .valid_loss
            .unwrap()
            .is_finite()
    );
    assert!(
        weights(&graph)
            .iter()
            .flatten()
            .all(|weight| weight.is_finite())
    );
}

#[test]
fn unfit_data_and_settings_are_refused_in_words() {
    type Change = dyn Fn(&mut Dataset, &mut Training);
    let message = |change: &Change| {
        let (mut data, mut settings) = (xor(20), Training::default());
        change(&mut data, &mut settings);
        let mut graph = Architecture::new(vec![]).build(&[2], 1, 0).unwrap();
        let rows: Vec<usize> = (0..20).collect();
        let split = Split {
            train: &rows,
            valid: &[],
        };
        fit(&mut graph, &data, split, &settings, &Job::silent())
            .unwrap_err()
            .to_string()
    };
    let cases: [(&Change, &str); 7] = [
        (
            &|data, _| data.targets[3] = 2.0,
            "the target of event 3 is 2, expected a number between 0 and 1",
        ),
        (
            &|data, _| data.targets.truncate(4),
            "expected 1 targets for each of 20 events, found 4",
        ),
        (
            &|data, _| data.weights = Some(vec![0.0; 20]),
            "the weights of the training events have the mean 0",
        ),
        (
            &|data, _| data.inputs[0] = Tensor::full(vec![20, 3], 0.0),
            "the model takes [N, 2]",
        ),
        (
            &|data, _| data.inputs[0] = Tensor::full(vec![20, 2], f32::NAN),
            "the loss is NaN; lower",
        ),
        (
            &|_, settings| settings.batch = 0,
            "batch: expected at least 1",
        ),
        (
            &|_, settings| settings.resume = true,
            "resume: expected a folder",
        ),
    ];
    for (change, expected) in cases {
        let message = message(change);
        assert!(message.contains(expected), "{message}");
    }
    let unknown = serde_json::from_str::<Training>(r#"{"epoch": 3}"#);
    assert!(unknown.is_err());
    let nested = r#"{"optimiser": {"kind": "sgd", "beta1": 0.9}}"#;
    assert!(serde_json::from_str::<Training>(nested).is_err());
}
