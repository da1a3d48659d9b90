//! A network with the value that is explained.
//!
//! Explained is the logit of the class, the number before a final sigmoid or
//! softmax (for a softmax over two classes, if none is named, the difference
//! of the two logits), because a saturated probability has no gradient left.
//! The network is folded first: batch normalisation becomes part of the layer
//! in front of it.

pub use pellucid_core::model::Precision;
use pellucid_core::{Job, Tensor};
use pellucid_network::graph::volume;
use pellucid_network::ops::Reshape;
use pellucid_network::{Dim, Executor, Graph, NetworkError, Real, ValueId, transform};
use serde::{Deserialize, Serialize};

use crate::attribution::Attribution;
use crate::batching::{Batching, Run, rows_per_piece};
use crate::engine::Engine;
use crate::error::{ExplainError, one_per_event};
use crate::layout::for_running;
use crate::lists::{self, Lists};
use crate::method::{Baseline, Method};
use crate::question::{Question, names};

/// How a network is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Inference {
    /// The precision.
    pub precision: Precision,
    /// How many events run at once; what fits the cache, if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// The bytes that all runs may hold at once, weights included; as many as
    /// there are threads with what fits the cache, if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<usize>,
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
        Self::with_output(graph, precision, None)
    }

    /// The same for a graph of which one output is the model's own.
    pub fn with_output(
        graph: &Graph,
        precision: Precision,
        output: Option<usize>,
    ) -> Result<Self, NetworkError> {
        let graph = &for_running(graph)?;
        Ok(match precision {
            Precision::F32 => Self::F32(Engine::new(graph).with_output(output)),
            Precision::F64 => Self::F64(Engine::new(graph).with_output(output)),
        })
    }
}

/// What of a network is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The column of the model's own output that belongs to the class.
    pub column: ValueId,
    /// The value explained.
    pub logit: ValueId,
    /// The whole output, one row per event.
    pub output: ValueId,
}

/// Runs of a part of long work: enough to keep threads busy, few enough that
/// little is lost where work is interrupted.
const PART_RUNS: usize = 32;

/// A network, the value explained, and what runs it.
#[derive(Debug)]
pub struct Explained {
    graph: Graph,
    parts: Parts,
    output_name: String,
    free: Vec<usize>,
    batching: Batching,
    inference: Inference,
    lists: Option<Lists>,
    pub(crate) engines: Engines,
}

impl Explained {
    /// Prepares the first output of a network; `class` picks one of several
    /// classes, a sigmoid or a softmax over two needs none.
    pub fn new(
        graph: &Graph,
        class: Option<usize>,
        inference: Inference,
    ) -> Result<Self, ExplainError> {
        let question = Question {
            class,
            ..Question::default()
        };
        Self::asking(graph, &question, inference)
    }

    /// Prepares what is asked about a network.
    pub fn asking(
        graph: &Graph,
        question: &Question,
        inference: Inference,
    ) -> Result<Self, ExplainError> {
        let outputs = names(graph, graph.outputs());
        Self::prepared(transform::fold(graph)?, &outputs, question, inference)
    }

    /// The same without folding, so that every node keeps its name.
    pub fn asking_unfolded(
        graph: &Graph,
        question: &Question,
        inference: Inference,
    ) -> Result<Self, ExplainError> {
        let outputs = names(graph, graph.outputs());
        Self::prepared(graph.clone(), &outputs, question, inference)
    }

    fn prepared(
        mut graph: Graph,
        outputs: &[String],
        question: &Question,
        inference: Inference,
    ) -> Result<Self, ExplainError> {
        if inference.batch == Some(0) {
            return Err(ExplainError::Setting {
                what: "batch",
                expected: "at least one event".to_owned(),
                found: "0".to_owned(),
            });
        }
        let (output, output_name) = question.output(&mut graph, outputs)?;
        let logit = question.explained(&mut graph, output)?;
        let column = if transform::columns(&graph, output).known() == Some(2) {
            // Of two classes the second, if none is named.
            transform::column(&mut graph, output, question.class.or(Some(1)))?
        } else {
            transform::column(&mut graph, output, question.class)?
        };
        let parts = Parts {
            column,
            logit,
            output,
        };
        let free = question.free(&graph)?;
        Self::of(graph, parts, output_name, free, inference)
    }

    fn of(
        mut graph: Graph,
        mut parts: Parts,
        output_name: String,
        free: Vec<usize>,
        inference: Inference,
    ) -> Result<Self, ExplainError> {
        let batching = Batching::of(&graph, parts.logit, &free);
        if !batching.by_events() {
            // Rows of the output that are no events are explained together.
            let shape = vec![Dim::fixed(1), volume(graph.shape(parts.logit))];
            parts.logit = graph.push(Reshape { shape }, &[parts.logit])?;
        }
        graph.set_outputs(vec![parts.column, parts.logit]);
        let engines = Engines::new(&graph, inference.precision)?;
        Ok(Self {
            graph,
            parts,
            output_name,
            free,
            batching,
            inference,
            lists: None,
            engines,
        })
    }

    /// The same network for events that have lists of their own length: it is a network
    /// of one event, and each runs by itself. Inputs then have a side of events in front,
    /// and one more tensor tells the lengths (see [`Lists`]).
    #[must_use]
    pub fn with_lists(mut self, lists: Lists) -> Self {
        self.lists = Some(lists);
        self
    }

    /// Whether inputs are those of events of different length, with the lengths behind; else
    /// they are as the network takes them.
    pub(crate) fn in_lists<S>(&self, inputs: &[Tensor<S>]) -> bool {
        let lists = self.lists.as_ref();
        lists.is_some_and(|lists| inputs.len() == lists.sides.len() + 1)
    }

    /// How events of different length lie in the data, if they do.
    pub fn lists(&self) -> Option<&Lists> {
        self.lists.as_ref()
    }

    /// The same with another network, which has further inputs behind its own.
    pub(crate) fn with_graph(&self, graph: Graph, parts: Parts) -> Result<Self, ExplainError> {
        self.with_inputs(graph, parts, self.free.clone())
    }

    /// The same with another network, and which of its inputs are explained.
    pub(crate) fn with_inputs(
        &self,
        graph: Graph,
        parts: Parts,
        free: Vec<usize>,
    ) -> Result<Self, ExplainError> {
        let name = self.output_name.clone();
        Self::of(graph, parts, name, free, self.inference)
    }

    pub(crate) fn parts(&self) -> Parts {
        self.parts
    }

    /// The folded network; its outputs are the model's own for the class, and
    /// the logit.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The value explained.
    pub fn logit(&self) -> ValueId {
        self.parts.logit
    }

    /// The inputs that are explained, by position.
    pub fn free(&self) -> &[usize] {
        &self.free
    }

    /// The values of the inputs that are explained.
    pub fn free_values(&self) -> Vec<ValueId> {
        let inputs = self.graph.inputs();
        self.free.iter().map(|&i| inputs[i]).collect()
    }

    /// The name of the output asked about.
    pub fn output_name(&self) -> String {
        self.output_name.clone()
    }

    /// Whether the rows of the inputs are events.
    pub fn by_events(&self) -> bool {
        self.batching.by_events()
    }

    /// Whether events can run apart from each other.
    pub fn apart(&self) -> bool {
        self.batching.by_events() && !self.together()
    }

    /// What of input `i` belongs to these events.
    pub fn select<S: Copy>(&self, i: usize, input: &Tensor<S>, events: &[usize]) -> Tensor<S> {
        self.batching.select(i, input, events)
    }

    /// How rows belong to events.
    pub(crate) fn batching(&self) -> &Batching {
        &self.batching
    }

    /// How it is run.
    pub fn inference(&self) -> Inference {
        self.inference
    }

    /// Output and logit of each event.
    pub fn scores<S: Real>(&self, inputs: &[Tensor<S>], job: &Job) -> Result<Scores, ExplainError> {
        match self.lists.as_ref().filter(|_| self.in_lists(inputs)) {
            Some(lists) => {
                self.events(inputs)?;
                lists::scores(self, lists, inputs, job)
            }
            None => self.scores_of_rows(inputs, job),
        }
    }

    /// The same of inputs as the network takes them.
    pub(crate) fn scores_of_rows<S: Real>(
        &self,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Scores, ExplainError> {
        match &self.engines {
            Engines::F32(engine) => self.scores_by(engine, inputs, job),
            Engines::F64(engine) => self.scores_by(engine, inputs, job),
        }
    }

    fn scores_by<T: Real, S: Real>(
        &self,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Scores, ExplainError> {
        let mut scores = Scores::default();
        let events = self.events(inputs)?;
        let cut = self.cut(engine, inputs, events)?;
        for [output, logit] in engine.pieces(events, cut, job, |executor, range| {
            self.run(executor, inputs, &range)?;
            Ok([0, 1].map(|i| doubles(self.batching.output(executor, i, range.len()))))
        })? {
            scores.output.extend(output);
            scores.logit.extend(logit);
        }
        if !self.batching.by_events() {
            // Rows of the output are no events: they are explained together.
            scores.logit = vec![scores.logit.iter().sum()];
            scores.output = vec![scores.output.iter().sum()];
        }
        Ok(scores)
    }

    /// The whole output asked about, as the model gives it.
    pub fn predict<S: Real>(
        &self,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Tensor<S>, ExplainError> {
        match self.lists.as_ref().filter(|_| self.in_lists(inputs)) {
            Some(lists) => {
                self.events(inputs)?;
                lists::predict(self, lists, inputs, job)
            }
            None => self.predict_rows(inputs, job),
        }
    }

    /// The same of inputs as the network takes them.
    pub(crate) fn predict_rows<S: Real>(
        &self,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Tensor<S>, ExplainError> {
        let mut graph = self.graph.clone();
        graph.set_outputs(vec![self.parts.output]);
        self.outputs_of(&graph, inputs, job)
    }

    /// The first output of another network with the model's inputs.
    pub fn outputs_of<S: Real>(
        &self,
        graph: &Graph,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Tensor<S>, ExplainError> {
        match Engines::new(graph, self.inference.precision)? {
            Engines::F32(engine) => self.outputs_by(&engine, inputs, job),
            Engines::F64(engine) => self.outputs_by(&engine, inputs, job),
        }
    }

    fn outputs_by<T: Real, S: Real>(
        &self,
        engine: &Engine<T>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Tensor<S>, ExplainError> {
        let events = self.events(inputs)?;
        let cut = self.cut(engine, inputs, events)?;
        let pieces = engine.pieces(events, cut, job, |executor, range| {
            self.run(executor, inputs, &range)?;
            let data = self.batching.output(executor, 0, range.len());
            let shape = executor.output(0).0.to_vec();
            Ok((shape, stored::<T, S>(data)))
        })?;
        let mut whole = Vec::new();
        let mut shape = vec![0];
        for (sides, data) in pieces {
            shape = sides;
            whole.extend(data);
        }
        if self.batching.by_events() {
            shape[0] = events;
        }
        Ok(Tensor::new(shape, whole))
    }

    /// Runs a network with the model's inputs on the events of a range.
    pub(crate) fn run<T: Real, S: Real>(
        &self,
        executor: &mut Executor<T>,
        inputs: &[Tensor<S>],
        events: &std::ops::Range<usize>,
    ) -> Result<(), ExplainError> {
        self.run_with(executor, inputs, Vec::new(), events)
    }

    /// The same for a network that takes more than the model's inputs.
    pub(crate) fn run_with<T: Real, S: Real>(
        &self,
        executor: &mut Executor<T>,
        inputs: &[Tensor<S>],
        more: Vec<Tensor<T>>,
        events: &std::ops::Range<usize>,
    ) -> Result<(), ExplainError> {
        let own = inputs.iter().enumerate();
        let own = own.map(|(i, input)| self.batching.take(i, input, events));
        let piece: Vec<Tensor<T>> = own.chain(more).collect();
        Ok(executor.run(&piece.iter().collect::<Vec<_>>())?)
    }

    /// Builds the method's network once, to explain batch after batch.
    pub fn prepare(&self, method: &Method) -> Result<Explainer<'_>, ExplainError> {
        self.prepared_by(method, method.graph(self)?, None)
    }

    /// The same; the model's own output comes with the attribution where the method's network
    /// makes it on its way, which saves a run of the model.
    pub fn prepare_with_output(&self, method: &Method) -> Result<Explainer<'_>, ExplainError> {
        let mut graph = method.graph(self)?;
        let own = self.parts.output;
        let made = |graph: &Graph| {
            let mut values = graph.values();
            let mine = self.graph.value(own);
            values.any(|(id, value)| id == own && value.name == mine.name && value.ty == mine.ty)
        };
        if !method.is_one_pass() || !made(&graph) {
            return self.prepared_by(method, graph, None);
        }
        let place = graph.outputs().len();
        graph.output(own);
        self.prepared_by(method, graph, Some(place))
    }

    fn prepared_by(
        &self,
        method: &Method,
        graph: Graph,
        output: Option<usize>,
    ) -> Result<Explainer<'_>, ExplainError> {
        let engines = Engines::with_output(&graph, self.inference.precision, output)?;
        Ok(Explainer {
            model: self,
            method: method.clone(),
            graph,
            engines,
        })
    }

    /// Explains events by a method.
    pub fn explain<S: Real>(
        &self,
        method: &Method,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        self.prepare(method)?.explain(inputs, job)
    }

    /// The number of events, the same in every input; one, if rows are no
    /// events.
    pub fn events<S>(&self, inputs: &[Tensor<S>]) -> Result<usize, ExplainError> {
        let expected = self.graph.inputs();
        if self.in_lists(inputs) {
            let events = inputs.last().map_or(0, Tensor::rows);
            for input in inputs {
                one_per_event("rows of a model input", events, input.rows())?;
            }
            return Ok(events);
        }
        if expected.len() != inputs.len() {
            return Err(ExplainError::Network(NetworkError::Inputs {
                expected: expected.len(),
                names: names(&self.graph, expected).join(", "),
                found: inputs.len(),
            }));
        }
        for (input, &id) in inputs.iter().zip(expected) {
            if input.shape().len() != self.graph.shape(id).len() {
                return Err(ExplainError::Network(NetworkError::Input {
                    input: self.graph.value(id).name.clone(),
                    expected: pellucid_network::graph::show(self.graph.shape(id)),
                    found: format!("{:?}", input.shape()),
                }));
            }
        }
        self.batching.events(inputs)
    }

    /// How many events make a good run.
    pub(crate) fn rows<S>(&self, inputs: &[Tensor<S>], events: usize) -> usize {
        let number = match self.inference.precision {
            Precision::F32 => size_of::<f32>(),
            Precision::F64 => size_of::<f64>(),
        };
        let wanted = || {
            let batch = self.inference.batch;
            batch.unwrap_or_else(|| rows_per_piece(&self.graph, inputs, number))
        };
        self.batching.rows(wanted, events)
    }

    /// How many events make a part of long work, by sizes alone; all of them
    /// where they cannot run apart.
    pub fn part<S>(&self, inputs: &[Tensor<S>]) -> Result<usize, ExplainError> {
        let events = self.events(inputs)?.max(1);
        let part = PART_RUNS.saturating_mul(self.rows(inputs, events).max(1));
        Ok(if self.apart() { part } else { events })
    }

    /// Whether all events must run together.
    pub(crate) fn together(&self) -> bool {
        self.batching.run == Run::All
    }
}

/// A method's network for a model, ready to run.
#[derive(Debug)]
pub struct Explainer<'a> {
    pub(crate) model: &'a Explained,
    method: Method,
    graph: Graph,
    pub(crate) engines: Engines,
}

impl Explainer<'_> {
    /// The method's network: one output per input of the model, then the
    /// explained value.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Puts another baseline in the place of the method's, if it has one: its
    /// network does not depend on that.
    pub fn set_baseline(&mut self, baseline: Baseline) {
        if let Some(mine) = self.method.baseline_mut() {
            *mine = baseline;
        }
    }

    /// Explains events.
    pub fn explain<S: Real>(
        &self,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        self.explain_by(&self.method, inputs, job)
    }

    /// The same with another baseline in the place of the method's, if it has one.
    pub fn explain_from<S: Real>(
        &self,
        baseline: Baseline,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        let mut method = self.method.clone();
        if let Some(mine) = method.baseline_mut() {
            *mine = baseline;
        }
        self.explain_by(&method, inputs, job)
    }

    fn explain_by<S: Real>(
        &self,
        method: &Method,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        match self
            .model
            .lists
            .as_ref()
            .filter(|_| self.model.in_lists(inputs))
        {
            Some(lists) => {
                self.model.events(inputs)?;
                let mut method = method.clone();
                let baseline = method.baseline_mut().cloned();
                lists::explain(self, lists, baseline.as_ref(), inputs, job)
            }
            None => self.explain_rows_by(method, inputs, job),
        }
    }

    /// Explains inputs as the network takes them, from another baseline if one is given.
    pub(crate) fn explain_rows<S: Real>(
        &self,
        baseline: Option<Baseline>,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        let mut method = self.method.clone();
        if let (Some(mine), Some(baseline)) = (method.baseline_mut(), baseline) {
            *mine = baseline;
        }
        self.explain_rows_by(&method, inputs, job)
    }

    fn explain_rows_by<S: Real>(
        &self,
        method: &Method,
        inputs: &[Tensor<S>],
        job: &Job,
    ) -> Result<Attribution<S>, ExplainError> {
        let found = match &self.engines {
            Engines::F32(engine) => method.run(self.model, engine, inputs, job),
            Engines::F64(engine) => method.run(self.model, engine, inputs, job),
        }?;
        let starts = found.reference.iter().flatten().zip(&found.explained);
        match starts
            .enumerate()
            .find(|(_, (start, end))| !start.is_finite() && end.is_finite())
        {
            Some((event, (&found, _))) => Err(ExplainError::Baseline { event, found }),
            None => Ok(found),
        }
    }
}

pub(crate) fn doubles<T: Real>(numbers: &[T]) -> Vec<f64> {
    numbers.iter().map(|x| x.double()).collect()
}

/// Numbers of a run as they are kept.
pub(crate) fn stored<T: Real, S: Real>(numbers: &[T]) -> Vec<S> {
    numbers.iter().map(|x| S::of(x.double())).collect()
}
