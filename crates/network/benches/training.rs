//! Training steps of small networks, on the same weights and data as
//! `torch_peer.py` beside this file, which does the same work in PyTorch.
//!
//! `cargo bench -p pellucid-network --bench training -- [threads] [name] [steps]`
//! prints the median and least wall time and the mean processor time of a step
//! in milliseconds, and the losses of the first and eleventh step, which must
//! be PyTorch's.

use std::time::Instant;

use pellucid_core::Tensor;
use pellucid_network::graph::{Data, Type};
use pellucid_network::ops::{Conv, Gemm, MaxPool, Mul, ReduceMean, Relu, Reshape, Sub, Window};
use pellucid_network::transform::gradient;
use pellucid_network::{Dim, Executor, Graph, NetworkError, ValueId};

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

/// A network under construction.
struct Builder {
    graph: Graph,
    at: ValueId,
    seed: u64,
    weights: Vec<ValueId>,
}

impl Builder {
    fn new(sides: &[usize]) -> Self {
        let mut graph = Graph::new();
        let mut shape = vec![Dim::symbol("N")];
        shape.extend(sides.iter().map(|&side| Dim::fixed(side)));
        let at = graph.input("x", Type::real(shape));
        Self {
            graph,
            at,
            seed: 0,
            weights: Vec::new(),
        }
    }

    fn weight(&mut self, shape: &[usize], fan: usize) -> ValueId {
        self.seed += 1;
        let scale = (2.0 / (fan as f64).sqrt()) as f32;
        let numbers = uniform(self.seed, shape.iter().product());
        let numbers: Vec<f32> = numbers.iter().map(|x| x * scale).collect();
        let tensor = Data::from(Tensor::new(shape.to_vec(), numbers));
        let id = self.graph.parameter("", tensor);
        self.weights.push(id);
        id
    }

    fn dense(&mut self, from: usize, to: usize) -> Result<(), NetworkError> {
        let w = self.weight(&[to, from], from);
        let b = self.weight(&[to], from);
        self.at = self.graph.push(Gemm::NT, &[self.at, w, b])?;
        Ok(())
    }

    fn relu(&mut self) -> Result<(), NetworkError> {
        self.at = self.graph.push(Relu, &[self.at])?;
        Ok(())
    }

    fn conv(
        &mut self,
        from: usize,
        to: usize,
        side: usize,
        pad: usize,
    ) -> Result<(), NetworkError> {
        let fan = from * side * side;
        let w = self.weight(&[to, from, side, side], fan);
        let b = self.weight(&[to], fan);
        let window = Window::new(&[side, side]).pad(&[pad, pad]);
        self.at = self
            .graph
            .push(Conv { window, groups: 1 }, &[self.at, w, b])?;
        Ok(())
    }

    fn pool(&mut self) -> Result<(), NetworkError> {
        let window = Window::new(&[2, 2]).stride(&[2, 2]);
        self.at = self.graph.node("", MaxPool { window }, &[self.at])?[0];
        Ok(())
    }

    fn flatten(&mut self, length: usize) -> Result<(), NetworkError> {
        let shape = vec![Dim::symbol("N"), Dim::fixed(length)];
        self.at = self.graph.push(Reshape { shape }, &[self.at])?;
        Ok(())
    }

    /// Loss `mean (f − y)²` and its gradient as outputs.
    fn finish(mut self) -> Result<(Graph, Vec<ValueId>), NetworkError> {
        let y = Type::real(vec![Dim::symbol("N"), Dim::fixed(1)]);
        let y = self.graph.input("y", y);
        let graph = &mut self.graph;
        let difference = graph.push(Sub, &[self.at, y])?;
        let square = graph.push(Mul, &[difference, difference])?;
        let axes = vec![0, 1];
        let loss = graph.push(ReduceMean { axes, keep: false }, &[square])?;
        let mut outputs = vec![loss];
        outputs.extend(gradient(graph, loss, &self.weights, None)?);
        graph.set_outputs(outputs);
        Ok((self.graph, self.weights))
    }
}

fn mlp() -> Result<Builder, NetworkError> {
    let mut m = Builder::new(&[30]);
    for (from, to) in [(30, 128), (128, 128), (128, 64)] {
        m.dense(from, to)?;
        m.relu()?;
    }
    m.dense(64, 1)?;
    Ok(m)
}

/// Two convolutions of filter sides `first` and `second`, each with ReLU and
/// a pool, then two dense layers.
fn cnn(side: usize, first: usize, second: usize, pad: usize) -> Result<Builder, NetworkError> {
    let mut m = Builder::new(&[1, side, side]);
    let after = |side: usize, filter: usize| (side + 2 * pad + 1 - filter) / 2;
    let left = after(after(side, first), second);
    m.conv(1, 16, first, pad)?;
    m.relu()?;
    m.pool()?;
    m.conv(16, 32, second, pad)?;
    m.relu()?;
    m.pool()?;
    m.flatten(32 * left * left)?;
    m.dense(32 * left * left, 64)?;
    m.relu()?;
    m.dense(64, 1)?;
    Ok(m)
}

/// Adam with the moments of one weight tensor.
#[derive(Default)]
struct Adam {
    mean: Vec<f32>,
    square: Vec<f32>,
}

impl Adam {
    fn step(&mut self, t: i32, weights: &mut [f32], gradient: &[f32]) {
        self.mean.resize(weights.len(), 0.0);
        self.square.resize(weights.len(), 0.0);
        let (b1, b2) = (0.9_f32, 0.999_f32);
        let size = 1e-3 / (1.0 - b1.powi(t));
        let scale = (1.0 - b2.powi(t)).sqrt();
        let moments = self.mean.iter_mut().zip(&mut self.square);
        for ((w, &g), (m, v)) in weights.iter_mut().zip(gradient).zip(moments) {
            *m += (1.0 - b1) * (g - *m);
            *v = b2 * *v + (1.0 - b2) * g * g;
            *w -= size * *m / (v.sqrt() / scale + 1e-8);
        }
    }
}

/// Seconds of processor time of this process so far, from the kernel's books
/// in ticks of 10 ms; NaN where there are none.
fn processor() -> f64 {
    let read = || -> Option<f64> {
        let text = std::fs::read_to_string("/proc/self/stat").ok()?;
        // Behind the name, which is in brackets: fields 14 and 15 of proc(5).
        let fields = text.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
        let ticks: Option<Vec<f64>> = fields.map(|field| field.parse().ok()).collect();
        Some(ticks?.iter().sum::<f64>() / 100.0)
    };
    read().unwrap_or(f64::NAN)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn measure(name: &str, build: Builder, batch: usize, steps: usize) -> Result<(), NetworkError> {
    let (graph, weights) = build.finish()?;
    let mut shape = vec![batch];
    let sides = &graph.shape(graph.inputs()[0])[1..];
    shape.extend(sides.iter().filter_map(Dim::known));
    let numbers = uniform(1000, shape.iter().product());
    let x = Tensor::new(shape, numbers.iter().map(|x| x * 2.0).collect());
    let labels = uniform(2000, batch);
    let labels = labels
        .iter()
        .map(|&u| f32::from(u8::from(u > 0.0)))
        .collect();
    let y = Tensor::new(vec![batch, 1], labels);
    let mut executor = Executor::<f32>::new(&graph);
    let mut moments: Vec<Adam> = weights.iter().map(|_| Adam::default()).collect();
    let (mut losses, mut wall, mut busy) = (Vec::new(), Vec::new(), 0.0);
    let warm = 12;
    for step in 0..warm + steps {
        if step == warm {
            busy = processor();
        }
        let start = Instant::now();
        executor.run(&[&x, &y])?;
        for (i, (&weight, adam)) in weights.iter().zip(&mut moments).enumerate() {
            executor.update(weight, i + 1, |w, g| adam.step(step as i32 + 1, w, g));
        }
        losses.push(executor.output(0).1[0]);
        if step >= warm {
            wall.push(start.elapsed().as_secs_f64() * 1e3);
        }
    }
    let cpu = (processor() - busy) * 1e3 / steps as f64;
    let least = wall.iter().copied().fold(f64::INFINITY, f64::min);
    println!(
        "{name} wall={:.3} least={least:.3} cpu={cpu:.3} loss0={:.6} loss10={:.6}",
        median(wall),
        losses[0],
        losses[10]
    );
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Cargo adds a flag of its own.
    let arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let arguments: Vec<String> = arguments.collect();
    let threads = arguments.first().map_or(Ok(1), |a| a.parse())?;
    let only = arguments.get(1).map_or("", String::as_str);
    let steps: Option<usize> = arguments.get(2).map(|a| a.parse()).transpose()?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;
    let cases: [(&str, Builder, usize, usize); 5] = [
        ("mlp256", mlp()?, 256, 300),
        ("mlp4096", mlp()?, 4096, 60),
        ("cnn28", cnn(28, 3, 3, 1)?, 128, 25),
        ("cnn37", cnn(37, 3, 3, 1)?, 128, 20),
        ("tagger25", cnn(25, 5, 3, 0)?, 128, 30),
    ];
    for (name, build, batch, usual) in cases {
        if name.contains(only) {
            measure(name, build, batch, steps.unwrap_or(usual))?;
        }
    }
    Ok(())
}
