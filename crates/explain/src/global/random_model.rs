//! Models that have learned nothing, to compare with.
//!
//! The same network with every weight drawn anew: normal numbers of variance
//! `2 / fan_in` (K. He et al., arXiv:1502.01852, eq. 10) for what is
//! multiplied with the input of a layer, biases 0, batch normalisation the
//! identity. Names and shapes are kept. A figure that a random model shows as
//! well comes from the data or the architecture, not from what was learned:
//! the model-parameter randomisation test of J. Adebayo et al.,
//! arXiv:1810.03292.

use pellucid_core::missing::{self, same};
use pellucid_core::{Tensor, random};
use pellucid_network::ops::Op;
use pellucid_network::{Graph, NetworkError, ValueId};
use serde::{Deserialize, Serialize};

use crate::error::ExplainError;
use crate::explained::{Explained, Inference};
use crate::lists::Lists;
use crate::question::Question;

/// What a weight begins as.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Filling {
    /// Normal numbers of variance `2 / fan_in`.
    Normal(usize),
    /// One number.
    Constant(f32),
}

/// The same network with random weights.
pub fn randomise(graph: &Graph, seed: u64) -> Result<Graph, NetworkError> {
    let mut fillings: Vec<(ValueId, Filling)> = Vec::new();
    for node in graph.nodes() {
        let sides = |input: usize| -> Vec<usize> {
            node.inputs
                .get(input)
                .and_then(|&id| graph.data(id))
                .map(|data| data.shape().to_vec())
                .unwrap_or_default()
        };
        let roles: Vec<(usize, Filling)> = match &node.op {
            Op::Conv(_) => {
                let fan = sides(1).iter().skip(1).product();
                vec![(1, Filling::Normal(fan)), (2, Filling::Constant(0.0))]
            }
            Op::Gemm(gemm) => {
                let fan = |side: usize, input: usize| sides(input).get(side).copied().unwrap_or(1);
                vec![
                    (0, Filling::Normal(fan(usize::from(!gemm.trans_a), 0))),
                    (1, Filling::Normal(fan(usize::from(gemm.trans_b), 1))),
                    (2, Filling::Constant(0.0)),
                ]
            }
            Op::MatMul(_) => {
                let (left, right) = (sides(0), sides(1));
                vec![
                    (0, Filling::Normal(left.last().copied().unwrap_or(1))),
                    (
                        1,
                        Filling::Normal(right.iter().rev().nth(1).copied().unwrap_or(1)),
                    ),
                ]
            }
            Op::BatchNorm(_) => [1.0, 0.0, 0.0, 1.0]
                .into_iter()
                .enumerate()
                .map(|(i, number)| (i + 1, Filling::Constant(number)))
                .collect(),
            // A bias that its exporter has kept apart from the product.
            Op::Add(_) => [0, 1]
                .into_iter()
                .filter(|&i| graph.parameters().contains(&node.inputs[i]))
                .map(|i| (i, Filling::Constant(0.0)))
                .collect(),
            _ => Vec::new(),
        };
        for (input, filling) in roles {
            if let Some(&id) = node.inputs.get(input)
                && graph.data(id).is_some()
                && fillings.iter().all(|(earlier, _)| *earlier != id)
            {
                fillings.push((id, filling));
            }
        }
    }
    if !fillings
        .iter()
        .any(|(_, filling)| matches!(filling, Filling::Normal(_)))
    {
        return Err(NetworkError::Settings {
            what: "random model".to_owned(),
            problem: "expected a network with weights, found none that could be drawn anew"
                .to_owned(),
        });
    }
    let mut out = graph.clone();
    for (stream, (id, filling)) in fillings.into_iter().enumerate() {
        let shape = graph
            .data(id)
            .map(|data| data.shape().to_vec())
            .unwrap_or_default();
        let tensor = match filling {
            Filling::Constant(number) => Tensor::full(shape, number),
            Filling::Normal(fan) => {
                let mut rng = random::stream(seed, stream as u64);
                let width = (2.0 / fan.max(1) as f64).sqrt();
                let volume = shape.iter().product();
                let data = (0..volume).map(|_| (width * random::normal(&mut rng)) as f32);
                Tensor::new(shape, data.collect())
            }
        };
        out.set_data(id, tensor);
    }
    Ok(out)
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
