//! Models that have learned nothing, to compare with.
//!
//! The same network with every weight drawn anew, as each operation says of its own
//! inputs ([`Weight`]): normal numbers of variance `2 / fan_in` (K. He et al.,
//! arXiv:1502.01852, eq. 10) for what is multiplied with the input of a layer,
//! transposed convolutions included, of variance 1 for tables of embeddings;
//! biases 0, gains 1, batch normalisation the identity. Names and shapes are kept. A figure that a random model shows as
//! well comes from the data or the architecture, not from what was learned:
//! the model-parameter randomisation test of J. Adebayo et al.,
//! arXiv:1810.03292.

use pellucid_core::missing::{self, same};
use pellucid_core::{Tensor, random};
use pellucid_network::graph::{Dim, Kind, Source};
use pellucid_network::ops::{Fixed, Op, Weight};
use pellucid_network::{Graph, NetworkError, ValueId};
use serde::{Deserialize, Serialize};

use crate::error::ExplainError;
use crate::explained::{Explained, Inference};
use crate::lists::Lists;
use crate::question::Question;

/// The same network with random weights.
pub fn randomise(graph: &Graph, seed: u64) -> Result<Graph, NetworkError> {
    let mut fillings: Vec<(ValueId, Weight)> = Vec::new();
    for node in graph.nodes() {
        let fixed: Vec<Option<(ValueId, Vec<usize>)>> =
            node.inputs.iter().map(|&id| behind(graph, id)).collect();
        let seen: Vec<Option<Fixed<'_>>> = fixed
            .iter()
            .map(|fixed| {
                let (id, shape) = fixed.as_ref()?;
                Some(Fixed {
                    shape,
                    parameter: matches!(graph.value(*id).source, Source::Parameter(_)),
                })
            })
            .collect();
        for (input, weight) in node.op.weights(&seen) {
            if let Some(Some((id, _))) = fixed.get(input)
                && fillings.iter().all(|(earlier, _)| earlier != id)
            {
                fillings.push((*id, weight));
            }
        }
    }
    let drawn = |(_, weight): &(ValueId, Weight)| !matches!(weight, Weight::Constant(_));
    if !fillings.iter().any(drawn) {
        return Err(NetworkError::Settings {
            what: "random model".to_owned(),
            problem: "expected a network with weights, found none that could be drawn anew"
                .to_owned(),
        });
    }
    let mut out = graph.clone();
    for (stream, (id, weight)) in fillings.into_iter().enumerate() {
        let shape = graph
            .data(id)
            .map(|data| data.shape().to_vec())
            .unwrap_or_default();
        let variance = match weight {
            Weight::Constant(number) => {
                out.set_data(id, Tensor::full(shape, number));
                continue;
            }
            Weight::Factor { fan_in } => 2.0 / fan_in.max(1) as f64,
            Weight::Table => 1.0,
        };
        let mut rng = random::stream(seed, stream as u64);
        let width = variance.sqrt();
        let volume = shape.iter().product();
        let data = (0..volume).map(|_| (width * random::normal(&mut rng)) as f32);
        out.set_data(id, Tensor::new(shape, data.collect()));
    }
    Ok(out)
}

/// The real numbers that a value is, perhaps turned or cut, and its sides as it is used.
fn behind(graph: &Graph, id: ValueId) -> Option<(ValueId, Vec<usize>)> {
    let value = graph.value(id);
    if value.ty.kind != Kind::Real {
        return None;
    }
    let shape: Option<Vec<usize>> = value.ty.shape.iter().map(Dim::known).collect();
    let shape = shape?;
    let mut place = id;
    loop {
        if graph.data(place).is_some() {
            return Some((place, shape));
        }
        let node = graph.producer(place)?;
        match &node.op {
            Op::Transpose(_) | Op::Reshape(_) | Op::Identity(_) | Op::Slice(_) => {
                place = *node.inputs.first()?;
            }
            _ => return None,
        }
    }
}

/// A figure of random models: where it lies, and how far they differ.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The mean over the models; not a number, `null` in files, where the figure is none.
    #[serde(with = "missing")]
    pub mean: f64,
    /// Their standard deviation; not a number for a single model.
    #[serde(with = "missing")]
    pub spread: f64,
}

/// Equal if the same is known, and the same is not known.
impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        same(self.mean, other.mean) && same(self.spread, other.spread)
    }
}

impl Reference {
    /// How many spreads a trained model's figure lies above; 0 if they are equal.
    pub fn excess(&self, value: f64) -> f64 {
        if value == self.mean {
            0.0
        } else {
            (value - self.mean) / self.spread
        }
    }
}

/// Several models of the same network that have learned nothing.
#[derive(Debug)]
pub struct RandomModels {
    /// The models.
    pub models: Vec<Explained>,
}

impl RandomModels {
    /// `count` models; model `i` draws from the seed `seed + i`.
    pub fn new(
        graph: &Graph,
        class: Option<usize>,
        inference: Inference,
        count: usize,
        seed: u64,
    ) -> Result<Self, ExplainError> {
        let question = Question {
            class,
            ..Question::default()
        };
        Self::asking(graph, &question, inference, count, seed)
    }

    /// The same, of which the same is asked as of the trained model.
    pub fn asking(
        graph: &Graph,
        question: &Question,
        inference: Inference,
        count: usize,
        seed: u64,
    ) -> Result<Self, ExplainError> {
        let model = |i| {
            Explained::asking(
                &randomise(graph, seed.wrapping_add(i))?,
                question,
                inference,
            )
        };
        let models = (0..count as u64)
            .map(model)
            .collect::<Result<_, ExplainError>>()?;
        Ok(Self { models })
    }

    /// The same for events that have lists of their own length, if they do.
    #[must_use]
    pub fn with_lists(mut self, lists: Option<Lists>) -> Self {
        if let Some(lists) = lists {
            let models = self.models.into_iter();
            self.models = models
                .map(|model| model.with_lists(lists.clone()))
                .collect();
        }
        self
    }

    /// A figure, given as a list of numbers, of each model; every number with
    /// its mean and spread over the models.
    pub fn reference(
        &self,
        figure: impl Fn(&Explained) -> Result<Vec<f64>, ExplainError>,
    ) -> Result<Vec<Reference>, ExplainError> {
        let figures: Vec<Vec<f64>> = self
            .models
            .iter()
            .map(figure)
            .collect::<Result<_, ExplainError>>()?;
        let width = figures.first().map_or(0, Vec::len);
        for other in &figures {
            if other.len() != width {
                return Err(ExplainError::Setting {
                    what: "figure of random models",
                    expected: format!("{width} numbers of each model"),
                    found: other.len().to_string(),
                });
            }
        }
        let n = figures.len() as f64;
        Ok((0..width)
            .map(|i| {
                let mean = figures.iter().map(|figure| figure[i]).sum::<f64>() / n;
                let square: f64 = figures
                    .iter()
                    .map(|figure| (figure[i] - mean).powi(2))
                    .sum();
                Reference {
                    mean,
                    spread: (square / (n - 1.0)).sqrt(),
                }
            })
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use pellucid_network::graph::Type;
    use pellucid_network::ops::{
        Add, BatchNorm, Conv, ConvInput, Gather, Gemm, LayerNorm, MatMul, Mul, Places, Relu,
        Transpose, Window,
    };

    use super::*;

    /// What a parameter is expected to become.
    #[derive(Debug, Clone, Copy)]
    enum Expected {
        /// Normal numbers of this variance.
        Variance(f64),
        /// One number.
        Number(f64),
    }

    fn window(kernel: &[usize], stride: usize) -> Window {
        let rank = kernel.len();
        Window {
            kernel: kernel.to_vec(),
            stride: vec![stride; rank],
            dilation: vec![1; rank],
            before: vec![0; rank],
            after: vec![0; rank],
            ceil: false,
        }
    }

    /// A parameter of learned numbers.
    fn learned(graph: &mut Graph, name: &str, shape: &[usize]) -> ValueId {
        let volume: usize = shape.iter().product();
        let data = (0..volume).map(|i| 5.0 + i as f32).collect();
        graph.parameter(name, Tensor::new(shape.to_vec(), data))
    }

    fn real(graph: &mut Graph, shape: &[usize]) -> ValueId {
        graph.input(
            "x",
            Type::real(shape.iter().map(|&side| side.into()).collect()),
        )
    }

    /// Random models of a graph have these numbers.
    fn check(graph: &Graph, expected: &[(&str, Expected)]) {
        let one = randomise(graph, 3).unwrap();
        let other = randomise(graph, 4).unwrap();
        let of =
            |graph: &Graph, name: &str| graph.data(graph.find(name).unwrap()).unwrap().to_f64();
        for &(name, expected) in expected {
            let (numbers, again) = (of(&one, name), of(&other, name));
            match expected {
                Expected::Number(number) => {
                    assert!(numbers.iter().all(|&x| x == number), "{name}: {numbers:?}");
                }
                Expected::Variance(variance) => {
                    assert_ne!(numbers, again, "{name}");
                    let n = numbers.len() as f64;
                    let found = numbers.iter().map(|x| x * x).sum::<f64>() / n;
                    // The variance of n normal numbers is known to √(2/n): four of these.
                    let far = 4.0 * (2.0 / n).sqrt();
                    assert!((found / variance - 1.0).abs() < far, "{name}: {found}");
                }
            }
        }
        // Nothing learned is left.
        for id in graph.parameters() {
            let name = &graph.value(id).name;
            assert!(expected.iter().any(|(known, _)| known == name), "{name}");
        }
    }

    use Expected::{Number, Variance};

    #[test]
    fn convolutions_and_their_biases() {
        let mut graph = Graph::new();
        let x = real(&mut graph, &[2, 6, 8]);
        let (w, b) = (
            learned(&mut graph, "w", &[8, 3, 5]),
            learned(&mut graph, "b", &[8]),
        );
        let op = Conv {
            window: window(&[5], 1),
            groups: 2,
        };
        let out = graph.push(op, &[x, w, b]).unwrap();
        graph.output(out);
        check(&graph, &[("w", Variance(2.0 / 15.0)), ("b", Number(0.0))]);
    }

    #[test]
    fn transposed_convolutions() {
        let mut graph = Graph::new();
        let x = real(&mut graph, &[2, 6, 4]);
        let w = learned(&mut graph, "w", &[6, 5, 4]);
        let op = ConvInput {
            window: window(&[4], 2),
            groups: 1,
            sides: vec![10.into()],
        };
        let out = graph.push(op, &[x, w]).unwrap();
        graph.output(out);
        // Six channels, and every second of four places: twelve numbers.
        check(&graph, &[("w", Variance(2.0 / 12.0))]);
    }

    #[test]
    fn dense_layers_on_either_side_and_turned() {
        let mut graph = Graph::new();
        let x = real(&mut graph, &[3, 8]);
        let (w, b) = (
            learned(&mut graph, "w", &[20, 8]),
            learned(&mut graph, "b", &[20]),
        );
        let gemm = Gemm {
            trans_a: false,
            trans_b: true,
        };
        let y = graph.push(gemm, &[x, w, b]).unwrap();
        let y = graph.push(Relu, &[y]).unwrap();
        let v = learned(&mut graph, "v", &[20, 30]);
        let y = graph.push(MatMul, &[y, v]).unwrap();
        // Stored as [out, in], turned for the product.
        let u = learned(&mut graph, "u", &[10, 30]);
        let turned = graph.push(Transpose { perm: vec![1, 0] }, &[u]).unwrap();
        let y = graph.push(MatMul, &[y, turned]).unwrap();
        let c = learned(&mut graph, "c", &[10]);
        let y = graph.push(Add, &[c, y]).unwrap();
        graph.output(y);
        check(
            &graph,
            &[
                ("w", Variance(2.0 / 8.0)),
                ("b", Number(0.0)),
                ("v", Variance(2.0 / 20.0)),
                ("u", Variance(2.0 / 30.0)),
                ("c", Number(0.0)),
            ],
        );
    }

    #[test]
    fn embeddings() {
        let mut graph = Graph::new();
        let codes = graph.input("codes", Type::integer(vec![4.into()]));
        let table = learned(&mut graph, "table", &[30, 6]);
        let places = Places::Along { axis: 0 };
        let rows = graph.push(Gather { places }, &[table, codes]).unwrap();
        graph.output(rows);
        check(&graph, &[("table", Variance(1.0))]);
    }

    #[test]
    fn normalisations_with_their_gains() {
        let mut graph = Graph::new();
        let x = real(&mut graph, &[3, 6]);
        let w = learned(&mut graph, "w", &[6, 6]);
        let y = graph.push(MatMul, &[x, w]).unwrap();
        let numbers = ["gain", "bias", "mean", "variance"];
        let norm: Vec<ValueId> = numbers.map(|name| learned(&mut graph, name, &[6])).to_vec();
        let op = BatchNorm {
            epsilon: 1e-5,
            momentum: 0.9,
        };
        let y = graph
            .push(op, &[y, norm[0], norm[1], norm[2], norm[3]])
            .unwrap();
        let op = LayerNorm {
            axis: 1,
            epsilon: 1e-5,
        };
        let y = graph.push(op, &[y]).unwrap();
        let (scale, shift) = (
            learned(&mut graph, "scale", &[6]),
            learned(&mut graph, "shift", &[6]),
        );
        let y = graph.push(Mul, &[y, scale]).unwrap();
        let y = graph.push(Add, &[y, shift]).unwrap();
        graph.output(y);
        check(
            &graph,
            &[
                ("w", Variance(2.0 / 6.0)),
                ("gain", Number(1.0)),
                ("bias", Number(0.0)),
                ("mean", Number(0.0)),
                ("variance", Number(1.0)),
                ("scale", Number(1.0)),
                ("shift", Number(0.0)),
            ],
        );
    }
}
