//! Training steps of small networks, and a Hessian–vector product, on the same
//! weights and data as `torch_peer.py` beside this file, which does the same
//! work in PyTorch.
//!
//! `cargo bench -p pellucid-network --bench training -- [threads] [name] [steps]`
//! prints the median and least wall time and the mean processor time of a step
//! in milliseconds, and two numbers which must be PyTorch's: the losses of the
//! first and eleventh step; of a Hessian–vector product `Σ |H v|` and `v H v`.

use std::time::Instant;

use pellucid_core::Tensor;
use pellucid_network::graph::{Data, Type};
use pellucid_network::ops::{
    Add, Conv, Gather, GatherAdjoint, Gemm, MaxPool, Mul, Places, ReduceMean, ReduceSum, Relu,
    Reshape, Slice, Sub, Window,
};
use pellucid_network::transform::{gradient, tangents};
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
    /// A network for inputs of this shape, the first side any if it is 0.
    fn new(sides: &[usize]) -> Self {
        let mut graph = Graph::new();
        let side = |&side: &usize| match side {
            0 => Dim::symbol("N"),
            side => Dim::fixed(side),
        };
        let at = graph.input("x", Type::real(sides.iter().map(side).collect()));
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

    /// The linear map of `[x_i, x_j − x_i]` to 64 numbers as one of `x_i` and one
    /// of `x_j`, as the layer for edge convolutions builds it.
    fn edge_maps(&mut self, width: usize) -> Result<(ValueId, ValueId), NetworkError> {
        let w = self.weight(&[64, 2 * width], 2 * width);
        let b = self.weight(&[64], 2 * width);
        let graph = &mut self.graph;
        let mut half = |start: usize| {
            let slice = Slice {
                axis: 1,
                start: start.into(),
                length: width.into(),
                step: 1,
            };
            graph.push(slice, &[w])
        };
        let (place, difference) = (half(0)?, half(width)?);
        let own = graph.push(Sub, &[place, difference])?;
        Ok((
            graph.push(Gemm::NT, &[self.at, own, b])?,
            graph.push(Gemm::NT, &[self.at, difference])?,
        ))
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

    /// Loss `mean (f − y)²`.
    fn loss(&mut self) -> Result<ValueId, NetworkError> {
        let y = Type::real(self.graph.shape(self.at).to_vec());
        let y = self.graph.input("y", y);
        let graph = &mut self.graph;
        let difference = graph.push(Sub, &[self.at, y])?;
        let square = graph.push(Mul, &[difference, difference])?;
        let axes = vec![0, 1];
        graph.push(ReduceMean { axes, keep: false }, &[square])
    }

    /// The loss and its gradient as outputs.
    fn step(mut self) -> Result<(Graph, Vec<ValueId>), NetworkError> {
        let loss = self.loss()?;
        let mut outputs = vec![loss];
        outputs.extend(gradient(&mut self.graph, loss, &self.weights, None)?);
        self.graph.set_outputs(outputs);
        Ok((self.graph, self.weights))
    }

    /// The product of the loss's Hessian with a direction of the weights.
    fn hessian_product(mut self) -> Result<(Graph, Vec<Vec<f32>>), NetworkError> {
        let loss = self.loss()?;
        let slopes = gradient(&mut self.graph, loss, &self.weights, None)?;
        let mut directions = Vec::new();
        let mut numbers = Vec::new();
        for (i, &weight) in self.weights.iter().enumerate() {
            let Some(data) = self.graph.data(weight) else {
                continue;
            };
            let shape = data.shape().to_vec();
            let direction = uniform(3000 + i as u64, shape.iter().product());
            let tensor = Tensor::new(shape, direction.clone());
            directions.push(self.graph.constant("", tensor));
            numbers.push(direction);
        }
        let products = tangents(&mut self.graph, &slopes, &self.weights, &directions)?;
        self.graph.set_outputs(products);
        Ok((self.graph, numbers))
    }
}

fn mlp() -> Result<Builder, NetworkError> {
    let mut m = Builder::new(&[0, 30]);
    for (from, to) in [(30, 128), (128, 128), (128, 64)] {
        m.dense(from, to)?;
        m.relu()?;
    }
    m.dense(64, 1)?;
    Ok(m)
}

/// Convolutions, each `(filters, side)` with ReLU and a pool, then two dense
/// layers; padded to keep the side.
fn cnn(mut side: usize, convolutions: &[(usize, usize)]) -> Result<Builder, NetworkError> {
    let mut m = Builder::new(&[0, 1, side, side]);
    let mut from = 1;
    for &(filters, kernel) in convolutions {
        m.conv(from, filters, kernel, kernel / 2)?;
        m.relu()?;
        m.pool()?;
        (from, side) = (filters, side / 2);
    }
    m.flatten(from * side * side)?;
    m.dense(from * side * side, 64)?;
    m.relu()?;
    m.dense(64, 1)?;
    Ok(m)
}

const JETS: usize = 32;
const PARTICLES: usize = 30;
const NEIGHBOURS: usize = 16;

/// Two edge convolutions along sixteen edges of every particle, gathered and
/// scattered, then the mean of each jet.
fn edges_gathered() -> Result<Builder, NetworkError> {
    let nodes = JETS * PARTICLES;
    let mut m = Builder::new(&[nodes, 7]);
    let ends = (0..nodes * NEIGHBOURS).map(|edge| {
        let (node, k) = (edge / NEIGHBOURS, edge % NEIGHBOURS);
        let first = node / PARTICLES * PARTICLES;
        (node, first + (node % PARTICLES + 1 + k) % PARTICLES)
    });
    let (to, from): (Vec<i32>, Vec<i32>) = ends.map(|(to, from)| (to as i32, from as i32)).unzip();
    let list = |ends: Vec<i32>| Tensor::new(vec![ends.len()], ends);
    let (to, from) = (
        m.graph.constant("", list(to)),
        m.graph.constant("", list(from)),
    );
    let places = Places::Along { axis: 0 };
    for width in [7, 64] {
        let (ours, theirs) = m.edge_maps(width)?;
        let here = m.graph.push(Gather { places }, &[ours, to])?;
        let there = m.graph.push(Gather { places }, &[theirs, from])?;
        m.at = m.graph.push(Add, &[here, there])?;
        m.relu()?;
        m.dense(64, 64)?;
        m.relu()?;
        let shape = vec![nodes.into(), 64.into()];
        let sum = m.graph.push(GatherAdjoint { places, shape }, &[m.at, to])?;
        let share = m.graph.scalar(1.0 / NEIGHBOURS as f64);
        m.at = m.graph.push(Mul, &[sum, share])?;
    }
    let shape = vec![JETS.into(), PARTICLES.into(), 64.into()];
    m.at = m.graph.push(Reshape { shape }, &[m.at])?;
    jet_mean(m)
}

/// The same along all edges of a jet, every pair side by side.
fn edges_dense() -> Result<Builder, NetworkError> {
    let mut m = Builder::new(&[JETS, PARTICLES, 7]);
    for width in [7, 64] {
        let sides = |a: usize, b: usize| vec![JETS.into(), a.into(), b.into(), 64.into()];
        let shape = vec![(JETS * PARTICLES).into(), width.into()];
        m.at = m.graph.push(Reshape { shape }, &[m.at])?;
        let (ours, theirs) = m.edge_maps(width)?;
        let shape = sides(PARTICLES, 1);
        let here = m.graph.push(Reshape { shape }, &[ours])?;
        let shape = sides(1, PARTICLES);
        let there = m.graph.push(Reshape { shape }, &[theirs])?;
        m.at = m.graph.push(Add, &[here, there])?;
        m.relu()?;
        let shape = vec![(JETS * PARTICLES * PARTICLES).into(), 64.into()];
        m.at = m.graph.push(Reshape { shape }, &[m.at])?;
        m.dense(64, 64)?;
        m.relu()?;
        let shape = sides(PARTICLES, PARTICLES);
        let all = m.graph.push(Reshape { shape }, &[m.at])?;
        let (axes, keep) = (vec![2], false);
        let sum = m.graph.push(ReduceSum { axes, keep }, &[all])?;
        let share = m.graph.scalar(1.0 / PARTICLES as f64);
        m.at = m.graph.push(Mul, &[sum, share])?;
    }
    jet_mean(m)
}

fn jet_mean(mut m: Builder) -> Result<Builder, NetworkError> {
    let (axes, keep) = (vec![1], false);
    m.at = m.graph.push(ReduceMean { axes, keep }, &[m.at])?;
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

/// What is timed.
struct Case {
    name: &'static str,
    network: fn() -> Result<Builder, NetworkError>,
    x: &'static [usize],
    /// The number of labels.
    labels: usize,
    steps: usize,
}

const CASES: [Case; 9] = [
    Case {
        name: "mlp256",
        network: mlp,
        x: &[256, 30],
        labels: 256,
        steps: 300,
    },
    Case {
        name: "mlp4096",
        network: mlp,
        x: &[4096, 30],
        labels: 4096,
        steps: 60,
    },
    Case {
        name: "cnn28",
        network: || cnn(28, &[(16, 3), (32, 3)]),
        x: &[128, 1, 28, 28],
        labels: 128,
        steps: 25,
    },
    Case {
        name: "cnn37",
        network: || cnn(37, &[(16, 3), (32, 3)]),
        x: &[128, 1, 37, 37],
        labels: 128,
        steps: 20,
    },
    Case {
        name: "tagger25",
        network: || cnn(25, &[(16, 5), (32, 3), (32, 3)]),
        x: &[256, 1, 25, 25],
        labels: 256,
        steps: 20,
    },
    Case {
        name: "edge_gathered",
        network: edges_gathered,
        x: &[JETS * PARTICLES, 7],
        labels: JETS,
        steps: 30,
    },
    Case {
        name: "edge_dense",
        network: edges_dense,
        x: &[JETS, PARTICLES, 7],
        labels: JETS,
        steps: 20,
    },
    Case {
        name: "hessian256",
        network: mlp,
        x: &[256, 30],
        labels: 256,
        steps: 200,
    },
    Case {
        name: "hessian4096",
        network: mlp,
        x: &[4096, 30],
        labels: 4096,
        steps: 30,
    },
];

/// Times of steps, the first few left out.
#[derive(Default)]
struct Clock {
    wall: Vec<f64>,
    start: Option<f64>,
    cpu: f64,
}

const WARM: usize = 12;

impl Clock {
    fn time(
        &mut self,
        step: usize,
        work: impl FnOnce() -> Result<(), NetworkError>,
    ) -> Result<(), NetworkError> {
        if step == WARM {
            self.start = Some(processor());
        }
        let start = Instant::now();
        work()?;
        if let Some(before) = self.start {
            self.wall.push(start.elapsed().as_secs_f64() * 1e3);
            self.cpu = (processor() - before) * 1e3 / self.wall.len() as f64;
        }
        Ok(())
    }

    fn print(self, name: &str, numbers: [f64; 2]) {
        let least = self.wall.iter().copied().fold(f64::INFINITY, f64::min);
        println!(
            "{name} wall={:.3} least={least:.3} cpu={:.3} loss0={:.6} loss10={:.6}",
            median(self.wall),
            self.cpu,
            numbers[0],
            numbers[1]
        );
    }
}

impl Case {
    fn data(&self) -> (Tensor<f32>, Tensor<f32>) {
        let numbers = uniform(1000, self.x.iter().product());
        let x = Tensor::new(self.x.to_vec(), numbers.iter().map(|x| x * 2.0).collect());
        let labels = uniform(2000, self.labels);
        let labels = labels
            .iter()
            .map(|&u| f32::from(u8::from(u > 0.0)))
            .collect();
        (x, Tensor::new(vec![self.labels, 1], labels))
    }

    fn training(&self, steps: usize) -> Result<(), NetworkError> {
        let (graph, weights) = (self.network)()?.step()?;
        let (x, y) = self.data();
        let mut executor = Executor::<f32>::new(&graph);
        let mut moments: Vec<Adam> = weights.iter().map(|_| Adam::default()).collect();
        let (mut losses, mut clock) = (Vec::new(), Clock::default());
        for step in 0..WARM + steps {
            clock.time(step, || {
                executor.run(&[&x, &y])?;
                for (i, (&weight, adam)) in weights.iter().zip(&mut moments).enumerate() {
                    executor.update(weight, i + 1, |w, g| adam.step(step as i32 + 1, w, g));
                }
                losses.push(executor.output(0).1[0]);
                Ok(())
            })?;
        }
        clock.print(self.name, [f64::from(losses[0]), f64::from(losses[10])]);
        Ok(())
    }

    fn hessian(&self, steps: usize) -> Result<(), NetworkError> {
        let (graph, directions) = (self.network)()?.hessian_product()?;
        let (x, y) = self.data();
        let mut executor = Executor::<f32>::new(&graph);
        let mut clock = Clock::default();
        for step in 0..WARM + steps {
            clock.time(step, || executor.run(&[&x, &y]))?;
        }
        let (mut size, mut curvature) = (0.0, 0.0);
        for (i, direction) in directions.iter().enumerate() {
            for (&product, &v) in executor.output(i).1.iter().zip(direction) {
                size += f64::from(product.abs());
                curvature += f64::from(product) * f64::from(v);
            }
        }
        clock.print(self.name, [size, curvature]);
        Ok(())
    }
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
    for case in CASES.iter().filter(|case| case.name.contains(only)) {
        let steps = steps.unwrap_or(case.steps);
        if case.name.starts_with("hessian") {
            case.hessian(steps)?;
        } else {
            case.training(steps)?;
        }
    }
    Ok(())
}
