//! A network with the value that is explained.
//!
//! Explained is the logit of the class, the number before a final sigmoid or
//! softmax (for a softmax over two classes the difference of the two logits),
//! because a saturated probability has no gradient left. The network is folded
//! first: batch normalisation becomes part of the layer in front of it.

use pellucid_core::model::{Model, ModelError};
use pellucid_core::{Job, Tensor};
use pellucid_network::ops::Slice;
use pellucid_network::{Dim, Graph, NetworkError, Real, ValueId, transform};
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::engine::{Engine, rows_of, rows_per_piece};
use crate::error::{ExplainError, one_per_event};
use crate::layout::for_running;
use crate::method::Method;

/// The precision in which networks run; results are kept in single precision,
/// their sums and residuals are formed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Single.
    #[default]
    F32,
    /// Double: half as fast, for checks of balance and completeness.
    F64,
}

/// How a network is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Inference {
    /// The precision.
    pub precision: Precision,
    /// How many events run at once; what fits the cache, if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
}

/// What a model says of each event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scores {
    /// The model's own output for the class explained: its probability, if the
    /// model ends in a sigmoid or softmax.
    pub output: Vec<f64>,
    /// The logit.
    pub logit: Vec<f64>,
}

/// An engine in the precision asked for.
#[derive(Debug)]
pub(crate) enum Engines {
    F32(Engine<f32>),
    F64(Engine<f64>),
}

impl Engines {
    pub fn new(graph: &Graph, precision: Precision) -> Result<Self, NetworkError> {
        let graph = &for_running(graph)?;
        Ok(match precision {
            Precision::F32 => Self::F32(Engine::new(graph)),
            Precision::F64 => Self::F64(Engine::new(graph)),
        })
    }
}

/// A network, the class explained, and what runs it.
#[derive(Debug)]
pub struct Explained {
    graph: Graph,
    logit: ValueId,
    inference: Inference,
    engines: Engines,
}

impl Explained {
    /// Prepares the first output of a network; `class` picks one of several
    /// classes, a sigmoid or a softmax over two needs none.
    pub fn new(
        graph: &Graph,
        class: Option<usize>,
        inference: Inference,
    ) -> Result<Self, ExplainError> {
        if inference.batch == Some(0) {
            return Err(ExplainError::Setting {
                what: "batch",
                expected: "at least one event".to_owned(),
                found: "0".to_owned(),
            });
        }
        let mut graph = transform::fold(graph)?;
        let output = *graph
            .outputs()
            .first()
            .ok_or_else(|| ExplainError::Setting {
                what: "model",
                expected: "an output".to_owned(),
                found: "none".to_owned(),
            })?;
        let logit = transform::logit(&mut graph, output, class)?;
        let output = column(&mut graph, output, class)?;
        graph.set_outputs(vec![output, logit]);
        let engines = Engines::new(&graph, inference.precision)?;
        Ok(Self {
            graph,
            logit,
            inference,
            engines,
        })
    }

    /// The folded network; its outputs are the model's own for the class, and
    /// the logit.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The value explained.
    pub fn logit(&self) -> ValueId {
        self.logit
    }

    /// How it is run.
    pub fn inference(&self) -> Inference {
        self.inference
    }

    /// Output and logit of each event.
    pub fn scores(&self, inputs: &[Tensor<f32>], job: &Job) -> Result<Scores, ExplainError> {
        match &self.engines {
            Engines::F32(engine) => self.scores_by(engine, inputs, job),
            Engines::F64(engine) => self.scores_by(engine, inputs, job),
        }
    }

    fn scores_by<T: Real>(
        &self,
        engine: &Engine<T>,
        inputs: &[Tensor<f32>],
        job: &Job,
    ) -> Result<Scores, ExplainError> {
        let mut scores = Scores::default();
        let events = self.events(inputs)?;
        for [output, logit] in
            engine.pieces(events, self.rows(inputs), job, |executor, range| {
                let piece: Vec<Tensor<T>> = inputs
                    .iter()
                    .map(|input| rows_of(input, range.clone()))
                    .collect();
                executor.run(&piece.iter().collect::<Vec<_>>())?;
                Ok([0, 1].map(|i| doubles(executor.output(i).1)))
            })?
        {
            scores.output.extend(output);
            scores.logit.extend(logit);
        }
        Ok(scores)
    }

    /// Builds the method's network once, to explain batch after batch.
    pub fn prepare(&self, method: &Method) -> Result<Explainer<'_>, ExplainError> {
        let graph = method.graph(self)?;
        let engines = Engines::new(&graph, self.inference.precision)?;
        Ok(Explainer {
            model: self,
            method: method.clone(),
            graph,
            engines,
        })
    }

    /// Explains events by a method.
    pub fn explain(
        &self,
        method: &Method,
        inputs: &[Tensor<f32>],
        job: &Job,
    ) -> Result<Attribution, ExplainError> {
        self.prepare(method)?.explain(inputs, job)
    }

    /// The number of events, the same in every input.
    pub(crate) fn events(&self, inputs: &[Tensor<f32>]) -> Result<usize, ExplainError> {
        let expected = self.graph.inputs();
        if expected.len() != inputs.len() {
            let names: Vec<&str> = expected
                .iter()
                .map(|&id| self.graph.value(id).name.as_str())
                .collect();
            return Err(ExplainError::Network(NetworkError::Inputs {
                expected: expected.len(),
                names: names.join(", "),
                found: inputs.len(),
            }));
        }
        let events = inputs.first().map_or(0, Tensor::rows);
        for (input, &id) in inputs.iter().zip(expected) {
            one_per_event("rows of a model input", events, input.rows())?;
            if input.shape().len() != self.graph.shape(id).len() {
                return Err(ExplainError::Network(NetworkError::Input {
                    input: self.graph.value(id).name.clone(),
                    expected: pellucid_network::graph::show(self.graph.shape(id)),
                    found: format!("{:?}", input.shape()),
                }));
            }
        }
        Ok(events)
    }

    /// How many events run at once.
    pub(crate) fn rows(&self, inputs: &[Tensor<f32>]) -> usize {
        let number = match self.inference.precision {
            Precision::F32 => size_of::<f32>(),
            Precision::F64 => size_of::<f64>(),
        };
        self.inference
            .batch
            .unwrap_or_else(|| rows_per_piece(&self.graph, inputs, number))
    }
}

/// A network is a black box as well; its score is the logit, which orders
/// events as the probability does where that is saturated, too.
impl Model for Explained {
    fn score(&self, inputs: &[Tensor<f32>]) -> Result<Vec<f64>, ModelError> {
        Ok(self.scores(inputs, &Job::silent())?.logit)
    }
}

/// A method's network for a model, ready to run.
#[derive(Debug)]
pub struct Explainer<'a> {
    pub(crate) model: &'a Explained,
    method: Method,
    graph: Graph,
    engines: Engines,
}

impl Explainer<'_> {
    /// The method's network: one output per input of the model, then the
    /// explained value.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Explains events.
    pub fn explain(&self, inputs: &[Tensor<f32>], job: &Job) -> Result<Attribution, ExplainError> {
        match &self.engines {
            Engines::F32(engine) => self.method.run(self.model, engine, inputs, job),
            Engines::F64(engine) => self.method.run(self.model, engine, inputs, job),
        }
    }
}

/// The column of the model's own output that belongs to the class; of two
/// classes the second, if none is named.
fn column(
    graph: &mut Graph,
    output: ValueId,
    class: Option<usize>,
) -> Result<ValueId, NetworkError> {
    let classes = match graph.shape(output) {
        [_, classes] => classes.known().unwrap_or(1),
        _ => 1,
    };
    if classes < 2 {
        return Ok(output);
    }
    let start = class.unwrap_or(classes - 1);
    graph.push(
        Slice {
            axis: 1,
            start: start.into(),
            length: Dim::fixed(1),
            step: 1,
        },
        &[output],
    )
}

pub(crate) fn doubles<T: Real>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|x| x.double()).collect()
}
