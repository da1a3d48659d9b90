//! What the benches of this crate share: weights that any language makes alike,
//! and clocks.

use std::time::Instant;

use pellucid_core::Tensor;
use pellucid_network::Graph;

/// Numbers from −½ to ½ that any language makes alike: an integer hash.
pub fn uniform(seed: u64, count: usize) -> Vec<f32> {
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

/// Gives every weight of a network numbers of the hash, those of the parameter
/// `i` with seed `i + 1`, times `2 / √fan` of its layer.
pub fn fill(graph: &mut Graph, fans: &[f32]) {
    for (i, id) in graph.parameters().into_iter().enumerate() {
        let Some(data) = graph.data(id) else { continue };
        let shape = data.shape().to_vec();
        let scale = 2.0 / fans[i / 2].sqrt();
        let numbers = uniform(i as u64 + 1, shape.iter().product());
        let numbers = numbers.iter().map(|x| x * scale).collect();
        graph.set_data(id, Tensor::new(shape, numbers));
    }
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

/// Runs `work` three times, then so often; its last result, and the medians and
/// least of wall and processor time in milliseconds as text.
pub fn timed<R, E>(
    repeats: usize,
    mut work: impl FnMut() -> Result<R, E>,
) -> Result<(R, String), E> {
    let (mut wall, mut busy) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        work()?;
    }
    let mut last = work()?;
    for _ in 0..repeats {
        let (start, before) = (Instant::now(), processor());
        last = work()?;
        wall.push(start.elapsed().as_secs_f64() * 1e3);
        busy.push(processor() - before);
    }
    let ((wall, least_wall), (cpu, least)) = (summary(wall), summary(busy));
    let times = format!("wall={wall:.3} minwall={least_wall:.3} cpu={cpu:.3} mincpu={least:.3}");
    Ok((last, times))
}

/// The sum of all `|A|`.
pub fn absolute_sum(values: &Tensor<f32>) -> f64 {
    values.data().iter().map(|a| f64::from(a.abs())).sum()
}

/// The numbers behind the program's name; Cargo adds a flag of its own.
pub fn arguments() -> Vec<String> {
    let arguments = std::env::args().skip(1);
    arguments.filter(|a| !a.starts_with("--")).collect()
}
