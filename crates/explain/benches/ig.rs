//! Integrated gradients of an MLP 30-128-128-64-1: 50 midpoint steps for 256
//! events, weights and data of an integer hash, the same work as `ig_peer.py`
//! beside this file does in PyTorch.
//!
//! `cargo bench -p pellucid-explain --bench ig -- [threads] [repeats] [rows…]`
//! prints wall and processor time per call in milliseconds (median, and the
//! least), and the sum of all `|A|`, which must be PyTorch's; for as many rows
//! at once as fit the cache, and for those given.

use std::time::Instant;

use pellucid_core::{Job, Tensor};
use pellucid_explain::method::{IntegratedGradients, Quadrature};
use pellucid_explain::{Explained, Inference};
use pellucid_network::layers::{Activation, Architecture};

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

/// Processor time of all threads so far, in milliseconds; not a number where
/// the system does not tell.
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

/// Median and least.
fn summary(mut numbers: Vec<f64>) -> (f64, f64) {
    numbers.sort_by(f64::total_cmp);
    (numbers[numbers.len() / 2], numbers[0])
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds a flag of its own.
    let arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let arguments: Vec<String> = arguments.collect();
    let threads = arguments.first().map_or(Ok(1), |a| a.parse())?;
    let repeats: usize = arguments.get(1).map_or(Ok(40), |a| a.parse())?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;

    let mut graph = Architecture::dense(&[128, 128, 64], Activation::Relu).build(&[30], 1, 0)?;
    for (i, id) in graph.parameters().into_iter().enumerate() {
        let Some(data) = graph.data(id) else { continue };
        let shape = data.shape().to_vec();
        let fan = [30.0_f32, 128.0, 128.0, 64.0][i / 2];
        let scale = 2.0 / fan.sqrt();
        let numbers = uniform(i as u64 + 1, shape.iter().product());
        graph.set_data(
            id,
            Tensor::new(shape, numbers.iter().map(|x| x * scale).collect()),
        );
    }
    let x: Vec<f32> = uniform(1000, 256 * 30).iter().map(|x| 2.0 * x).collect();
    let x = [Tensor::new(vec![256, 30], x)];

    let rows = arguments.iter().skip(2).map(|rows| rows.parse().map(Some));
    let mut batches = vec![None];
    batches.extend(rows.collect::<Result<Vec<_>, _>>()?);
    for batch in batches {
        let model = Explained::new(
            &graph,
            None,
            Inference {
                batch,
                ..Inference::default()
            },
        )?;
        let method = IntegratedGradients::fixed(50, Quadrature::Midpoint).into();
        let explainer = model.prepare(&method)?;
        let (mut wall, mut busy) = (Vec::new(), Vec::new());
        let mut sum = 0.0;
        for repeat in 0..repeats + 3 {
            let (start, before) = (Instant::now(), processor());
            let found = explainer.explain(&x, &Job::silent())?;
            if repeat >= 3 {
                wall.push(start.elapsed().as_secs_f64() * 1e3);
                busy.push(processor() - before);
            }
            sum = found.values[0]
                .data()
                .iter()
                .map(|a| f64::from(a.abs()))
                .sum();
        }
        let ((wall, least_wall), (cpu, least)) = (summary(wall), summary(busy));
        let batch = batch.map_or("auto".to_owned(), |rows| rows.to_string());
        println!(
            "ig50x256 batch={batch} wall={wall:.3} minwall={least_wall:.3} cpu={cpu:.3} \
             mincpu={least:.3} sum={sum:.5}"
        );
    }
    Ok(())
}
