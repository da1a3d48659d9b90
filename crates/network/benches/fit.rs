//! Training steps through [`fit`], gathering of batches and Adam included, on
//! the weights and data of `training.rs` beside this file and its PyTorch peer.
//!
//! `cargo bench -p pellucid-network --bench fit -- [threads] [name]` prints the
//! processor and wall time of a step in milliseconds, and the losses of the
//! first and eleventh step, which must be PyTorch's (not for `norm28`, which
//! draws masks). The time is that of a long
//! training minus that of a short one, so that planning does not count; the
//! least of five.

use std::time::Instant;

use pellucid_core::{Job, Tensor};
use pellucid_network::layers::{Activation, Architecture, Convolution, Layer, Pooling};
use pellucid_network::train::{Dataset, Loss, Split, Training, fit};
use pellucid_network::{Graph, NetworkError};

/// Numbers from −½ to ½ that any language makes alike: an integer hash.
fn uniform(seed: u64, count: usize) -> Vec<f32> {
    let mask = 0xffff_ffff_u64;
    (0..count as u64)
        .map(|i| {
            let mut h = (i * 2_654_435_761 + seed * 40_503) & mask;
            h ^= h >> 15;
            h = (h * 2_246_822_519) & mask;
            h ^= h >> 13;
            (h as f64 / 4_294_967_296.0 - 0.5) as f32
        })
        .collect()
}

/// Milliseconds of processor time of all threads of this process so far, from
/// the kernel's books; NaN where there are none.
fn processor() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task");
    let nanoseconds: Option<Vec<f64>> = tasks.ok().map(|tasks| {
        tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok())
            .filter_map(|text| text.split_whitespace().next()?.parse().ok())
            .collect()
    });
    nanoseconds.map_or(f64::NAN, |each| each.iter().sum::<f64>() / 1e6)
}

fn mlp() -> Architecture {
    Architecture::dense(&[128, 128, 64], Activation::Relu)
}

/// The convolutional network; `norm` puts batch normalisation behind each
/// convolution and dropout before the last layer.
fn cnn(norm: bool) -> Architecture {
    let mut layers = Vec::new();
    for filters in [16, 32] {
        layers.push(Layer::Conv2d(Convolution::new(filters, 3).padding(1)));
        if norm {
            layers.push(Layer::BatchNorm {
                epsilon: 1e-5,
                momentum: 0.1,
            });
        }
        layers.push(Layer::Activation {
            function: Activation::Relu,
        });
        layers.push(Layer::MaxPool(Pooling::new(2)));
    }
    layers.push(Layer::Dense {
        units: 64,
        activation: Some(Activation::Relu),
    });
    if norm {
        layers.push(Layer::Dropout { ratio: 0.5 });
    }
    Architecture::new(layers)
}

/// The peer's weights in the place of drawn ones.
fn fill(graph: &mut Graph) {
    let mut fan = 1.0;
    for (seed, id) in (1..).zip(graph.parameters()) {
        let shape = graph
            .data(id)
            .map(|data| data.shape().to_vec())
            .unwrap_or_default();
        if shape.len() > 1 {
            fan = shape[1..].iter().product::<usize>() as f64;
        }
        let scale = (2.0 / f64::sqrt(fan)) as f32;
        let numbers = uniform(seed, shape.iter().product());
        let numbers = numbers.iter().map(|x| x * scale).collect();
        graph.set_data(id, Tensor::new(shape, numbers));
    }
}

fn measure(
    name: &str,
    architecture: &Architecture,
    shape: &[usize],
    steps: usize,
) -> Result<(), NetworkError> {
    let mut start = architecture.build(&shape[1..], 1, 0)?;
    fill(&mut start);
    let events = shape[0];
    let x = uniform(1000, shape.iter().product())
        .iter()
        .map(|x| x * 2.0)
        .collect();
    let data = Dataset {
        inputs: vec![Tensor::new(shape.to_vec(), x)],
        targets: uniform(2000, events)
            .iter()
            .map(|&u| f32::from(u8::from(u > 0.0)))
            .collect(),
        particles: None,
        weights: None,
    };
    let rows: Vec<usize> = (0..events).collect();
    let run = |epochs: usize| {
        let settings = Training {
            loss: Loss::SquaredError,
            batch: events,
            epochs,
            ..Training::default()
        };
        let (begin, busy) = (Instant::now(), processor());
        let split = Split {
            train: &rows,
            valid: &[],
        };
        let history = fit(&mut start.clone(), &data, split, &settings, &Job::silent())?;
        let times = [processor() - busy, begin.elapsed().as_secs_f64() * 1e3];
        Ok::<_, NetworkError>((history, times))
    };
    let mut least = [f64::INFINITY; 2];
    let (mut first, mut eleventh) = (0.0, 0.0);
    for _ in 0..5 {
        let (_, short) = run(12)?;
        let (history, long) = run(12 + steps)?;
        for (least, (long, short)) in least.iter_mut().zip(long.into_iter().zip(short)) {
            *least = least.min((long - short) / steps as f64);
        }
        (first, eleventh) = (history.epochs[0].train_loss, history.epochs[10].train_loss);
    }
    let [cpu, wall] = least;
    println!("{name} cpu={cpu:.4} wall={wall:.4} loss0={first:.6} loss10={eleventh:.6}");
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds a flag of its own.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    let threads = arguments.first().map_or(Ok(1), |a| a.parse())?;
    let only = arguments.get(1).map_or("", String::as_str);
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;
    let cases = [
        ("mlp256", mlp(), vec![256, 30], 200),
        ("mlp4096", mlp(), vec![4096, 30], 20),
        ("cnn28", cnn(false), vec![128, 1, 28, 28], 10),
        ("norm28", cnn(true), vec![128, 1, 28, 28], 10),
    ];
    for (name, architecture, shape, steps) in &cases {
        if name.contains(only) {
            measure(name, architecture, shape, *steps)?;
        }
    }
    Ok(())
}
