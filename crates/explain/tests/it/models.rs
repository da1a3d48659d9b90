//! Small models shared by the tests.

use pellucid_core::{Tensor, random};
use pellucid_explain::{Explained, Inference, Precision};
use pellucid_network::Graph;
use pellucid_network::layers::{Activation, Architecture, Convolution, Layer, Pooling, Sides};

pub const DOUBLE: Inference = Inference {
    precision: Precision::F64,
    batch: None,
    memory: None,
};

/// Dense layers on five numbers.
pub fn mlp(activation: Activation) -> Graph {
    Architecture::dense(&[12, 8], activation)
        .score(true)
        .build(&[5], 1, 3)
        .unwrap()
}

/// `f(x) = w x + b`, with this weight and bias.
pub fn linear(weight: &[f32], bias: f32) -> Graph {
    let mut graph = Architecture::new(Vec::new())
        .build(&[weight.len()], 1, 0)
        .unwrap();
    let id = graph.find("logit.weight").unwrap();
    graph.set_data(id, Tensor::new(vec![1, weight.len()], weight.to_vec()));
    let id = graph.find("logit.bias").unwrap();
    graph.set_data(id, Tensor::new(vec![1], vec![bias]));
    graph
}

pub fn convolution(filters: usize, padding: usize) -> Layer {
    let convolution = Convolution::new(filters, 3).padding(padding);
    Layer::Conv2d(convolution.activation(Activation::Relu))
}

/// Two convolutions with pooling on one channel of eight by eight pixels.
pub fn cnn() -> Graph {
    let pool = Pooling {
        kernel: Sides::All(2),
        stride: None,
        padding: Sides::All(0),
    };
    let layers = vec![
        convolution(3, 1),
        Layer::MaxPool(pool),
        convolution(4, 0),
        Layer::Dense {
            units: 6,
            activation: Some(Activation::Relu),
        },
    ];
    Architecture::new(layers).build(&[1, 8, 8], 1, 5).unwrap()
}

/// Biases other than zero, which a network before training has not.
pub fn with_biases(mut graph: Graph) -> Graph {
    for (stream, id) in graph.parameters().into_iter().enumerate() {
        let shape = graph.data(id).unwrap().shape().to_vec();
        if shape.len() == 1 {
            graph.set_data(id, normal(&shape, 100 + stream as u64).map(|x| 0.3 * x));
        }
    }
    graph
}

pub fn normal(shape: &[usize], seed: u64) -> Tensor<f32> {
    let mut rng = random::stream(seed, 0);
    let volume = shape.iter().product();
    let data = (0..volume).map(|_| random::normal(&mut rng) as f32);
    Tensor::new(shape.to_vec(), data.collect())
}

pub fn explained(graph: &Graph, inference: Inference) -> Explained {
    Explained::new(graph, None, inference).unwrap()
}

/// The bits of `work` in pools of one and of two threads.
pub fn with_one_and_two_threads<R: Send>(work: impl Fn() -> R + Sync) -> (R, R) {
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(&work)
    };
    (run(1), run(2))
}
