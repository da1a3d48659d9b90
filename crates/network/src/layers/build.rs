//! The graph of an architecture.

use std::collections::HashMap;

use super::input::{Events, Ragged};
use super::recurrent::Cell;
use super::{Activation, Architecture, Convolution, Filling, Layer, Pooling, Sides};
use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Type, ValueId, show, volume};
use crate::ops::{
    Add, AveragePool, BatchNorm, Concat, Conv, Dropout, GlobalAveragePool, MaxPool, Op, Reshape,
    Sigmoid, Softmax, Window,
};

impl Architecture {
    /// The graph for inputs of this shape and this many outputs, its weights
    /// drawn from `seed`. The shape is that of an event, or of one particle
    /// where there may be any number of them (see [`Events`],
    /// which also names the inputs).
    pub fn build(&self, input: &[usize], outputs: usize, seed: u64) -> Result<Graph, NetworkError> {
        if !(self.gain.is_finite() && self.gain > 0.0) {
            return Err(NetworkError::Settings {
                what: "gain".to_owned(),
                problem: format!("expected a positive number, found {}", self.gain),
            });
        }
        let mut graph = Graph::new();
        let inputs = self.events.add(&mut graph, input);
        let mut builder = Builder {
            graph,
            value: inputs.value,
            mask: inputs.mask,
            ragged: inputs.ragged,
            seed,
            gain: self.gain,
            parameters: 0,
            counts: HashMap::new(),
            at: "layer 1".to_owned(),
        };
        if let Some(name) = self.branches.keys().next() {
            builder.at = String::from("branches");
            let problem = format!("the network has one input, `{name}` is the branch of another");
            return Err(builder.wrong(problem));
        }
        self.finish(builder, outputs)
    }

    /// The same for several inputs, each with its name and shape: each goes through its
    /// branch, all are flattened and joined, and go through the layers together.
    pub fn build_joined(
        &self,
        inputs: &[(String, Vec<usize>)],
        outputs: usize,
        seed: u64,
    ) -> Result<Graph, NetworkError> {
        let wrong = |problem: String| NetworkError::Settings {
            what: "branches".to_owned(),
            problem,
        };
        let known = |name: &&String| inputs.iter().any(|(input, _)| input == *name);
        if let Some(name) = self.branches.keys().find(|name| !known(name)) {
            let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
            return Err(wrong(format!(
                "no input is called `{name}`; there are {}",
                names.join(", ")
            )));
        }
        if self.events != Events::Fixed {
            return Err(wrong(
                "several inputs are of one shape for all events".to_owned(),
            ));
        }
        let mut graph = Graph::new();
        let ids: Vec<ValueId> = inputs
            .iter()
            .map(|(name, sides)| {
                let sides = sides.iter().map(|&side| Dim::fixed(side));
                let shape = std::iter::once(Dim::symbol("N")).chain(sides).collect();
                graph.input(name, Type::real(shape))
            })
            .collect();
        let first = *ids
            .first()
            .ok_or_else(|| wrong("there is no input".to_owned()))?;
        let mut builder = Builder {
            graph,
            value: first,
            mask: None,
            ragged: None,
            seed,
            gain: self.gain,
            parameters: 0,
            counts: HashMap::new(),
            at: String::new(),
        };
        let mut ends = Vec::with_capacity(ids.len());
        for ((name, _), id) in inputs.iter().zip(ids) {
            builder.value = id;
            builder.layers(
                self.branches.get(name).map_or(&[], Vec::as_slice),
                &format!("branch `{name}`, "),
            )?;
            builder.at = format!("the end of the branch `{name}`");
            builder.flatten()?;
            ends.push(builder.value);
        }
        builder.at = String::from("where the branches are joined");
        if ends.len() > 1 {
            builder.value = builder.graph.push(Concat { axis: 1 }, &ends)?;
        }
        self.finish(builder, outputs)
    }

    /// The layers behind the inputs, and the output.
    fn finish(&self, mut builder: Builder, outputs: usize) -> Result<Graph, NetworkError> {
        builder.layers(&self.layers, "")?;
        builder.at = format!("output `{}`", self.output);
        if builder.ragged.is_some() {
            let problem = "the particles of an event are not joined; add a set-pool layer";
            return Err(builder.wrong(problem.to_owned()));
        }
        builder.dense(&self.output, outputs, false)?;
        let mut output = builder.value;
        let mut graph = builder.graph;
        graph.rename(output, &self.output);
        if self.score {
            let op: Op = if outputs == 1 {
                Sigmoid.into()
            } else {
                Softmax { axis: 1 }.into()
            };
            output = graph.node("score", op, &[output])?[0];
            graph.rename(output, "score");
        }
        graph.output(output);
        Ok(graph)
    }
}

/// The activation that follows the sums of the first of these layers: its
/// own, or that of a layer between it and the next sums.
fn next_activation(layers: &[Layer]) -> Option<Activation> {
    let own = match layers.first()? {
        Layer::Dense { activation, .. } | Layer::PerParticle { activation, .. } => *activation,
        Layer::Conv1d(conv) | Layer::Conv2d(conv) => conv.activation,
        _ => None,
    };
    own.or_else(|| {
        let between = layers[1..].iter().take_while(|layer| {
            !matches!(
                layer,
                Layer::Dense { .. }
                    | Layer::PerParticle { .. }
                    | Layer::Conv1d(_)
                    | Layer::Conv2d(_)
            )
        });
        between.into_iter().find_map(|layer| match layer {
            Layer::Activation { function } => Some(*function),
            _ => None,
        })
    })
}

/// A network under construction.
pub(super) struct Builder {
    pub graph: Graph,
    /// What the layers so far have made.
    pub value: ValueId,
    /// 1 for particles, 0 for padding, while there are padded particles.
    pub mask: Option<ValueId>,
    /// While particles stand behind one another.
    pub ragged: Option<Ragged>,
    seed: u64,
    /// What the weights of sums are multiplied with.
    gain: f64,
    /// The weights so far, each with a stream of its own.
    parameters: u64,
    /// The layers so far, by kind.
    counts: HashMap<&'static str, usize>,
    /// What is being built, for messages.
    at: String,
}

impl Builder {
    /// Layer after layer; `before` says where they are, for messages.
    fn layers(&mut self, layers: &[Layer], before: &str) -> Result<(), NetworkError> {
        for (i, layer) in layers.iter().enumerate() {
            self.at = format!("{before}layer {}", i + 1);
            let rectified = next_activation(&layers[i..]).is_some_and(Activation::rectifies);
            self.layer(layer, rectified)?;
        }
        Ok(())
    }

    fn layer(&mut self, layer: &Layer, rectified: bool) -> Result<(), NetworkError> {
        match layer {
            Layer::Dense { units, activation } => {
                let name = self.name("dense");
                self.dense(&name, *units, rectified)?;
                self.activation(*activation)
            }
            Layer::Conv1d(conv) => self.conv(conv, 1, rectified),
            Layer::Conv2d(conv) => self.conv(conv, 2, rectified),
            Layer::BatchNorm { epsilon, momentum } => self.batch_norm(*epsilon, *momentum),
            Layer::Dropout { ratio } => {
                if !(0.0..1.0).contains(ratio) {
                    return Err(self.wrong(format!("ratio {ratio} is not in [0, 1)")));
                }
                let name = self.name("dropout");
                self.push(&name, Dropout { ratio: *ratio }, &[])
            }
            Layer::MaxPool(pool) => {
                let window = self.pool(pool)?;
                let name = self.name("pool");
                self.push(&name, MaxPool { window }, &[])
            }
            Layer::AveragePool(pool) => {
                let window = self.pool(pool)?;
                let name = self.name("pool");
                let op = AveragePool {
                    window,
                    count_pad: false,
                };
                self.push(&name, op, &[])
            }
            Layer::GlobalAveragePool {} => {
                let name = self.name("pool");
                self.push(&name, GlobalAveragePool, &[])?;
                self.flatten()
            }
            Layer::Flatten {} => self.flatten(),
            Layer::Activation { function } => self.activation(Some(*function)),
            Layer::PerParticle { units, activation } => {
                self.per_particle(*units, *activation, rectified)
            }
            Layer::LayerNorm { epsilon } => self.layer_norm(*epsilon),
            Layer::Lstm(layer) => self.recurrent(Cell::Lstm, layer),
            Layer::Gru(layer) => self.recurrent(Cell::Gru, layer),
            Layer::Attention { heads } => self.attention(*heads),
            Layer::MessagePassing(layer) => self.message_passing(layer),
            Layer::SetPool { aggregate } => self.set_pool(*aggregate),
            Layer::Embedding {
                feature,
                entries,
                width,
            } => self.embedding(*feature, *entries, *width),
            Layer::Residual { layers } => self.residual(layers),
            Layer::Softmax {} => {
                let name = self.name("softmax");
                self.push(&name, Softmax { axis: 1 }, &[])
            }
        }
    }

    /// What these layers make, added to what they are given.
    fn residual(&mut self, layers: &[Layer]) -> Result<(), NetworkError> {
        let before = self.value;
        let at = self.at.clone();
        for (i, layer) in layers.iter().enumerate() {
            self.at = format!("{at}, inner layer {}", i + 1);
            let rectified = next_activation(&layers[i..]).is_some_and(Activation::rectifies);
            self.layer(layer, rectified)?;
        }
        self.at = at;
        let (from, to) = (self.graph.shape(before), self.graph.shape(self.value));
        if from != to {
            let problem = format!("the inner layers make {} of {}", show(to), show(from));
            return Err(self.wrong(problem));
        }
        let name = self.name("residual");
        self.push(&name, Add, &[before])
    }

    pub fn wrong(&self, problem: String) -> NetworkError {
        NetworkError::Settings {
            what: self.at.clone(),
            problem,
        }
    }

    /// `conv1`, `conv2`, …
    pub fn name(&mut self, word: &'static str) -> String {
        let count = self.counts.entry(word).or_insert(0);
        *count += 1;
        format!("{word}{count}")
    }

    /// Adds a node behind the layers so far.
    pub fn push(
        &mut self,
        name: &str,
        op: impl Into<Op>,
        more: &[ValueId],
    ) -> Result<(), NetworkError> {
        let mut inputs = vec![self.value];
        inputs.extend_from_slice(more);
        self.value = self.graph.node(name, op, &inputs)?[0];
        Ok(())
    }

    pub fn parameter(&mut self, name: &str, shape: &[usize], filling: Filling) -> ValueId {
        let mut tensor = filling.tensor(shape.to_vec(), self.seed, self.parameters);
        if let Filling::He { .. } | Filling::Glorot { .. } = filling {
            for weight in tensor.data_mut() {
                *weight *= self.gain as f32;
            }
        }
        self.parameters += 1;
        self.graph.parameter(name, tensor)
    }

    /// A known side of what the layers so far have made.
    pub fn known(&self, dim: &Dim) -> Result<usize, NetworkError> {
        dim.known()
            .ok_or_else(|| self.wrong(format!("the size {dim} must be known")))
    }

    fn flatten(&mut self) -> Result<(), NetworkError> {
        let shape = self.graph.shape(self.value);
        if shape.len() == 2 {
            return Ok(());
        }
        let shape = vec![shape[0].clone(), volume(&shape[1..])];
        let name = self.name("flatten");
        self.push(&name, Reshape { shape }, &[])
    }

    fn dense(&mut self, name: &str, units: usize, rectified: bool) -> Result<(), NetworkError> {
        self.flatten()?;
        self.last_side(name, units, rectified)
    }

    pub fn activation(&mut self, activation: Option<Activation>) -> Result<(), NetworkError> {
        let Some(activation) = activation else {
            return Ok(());
        };
        let name = self.name("activation");
        self.push(&name, activation.op(), &[])
    }

    /// One number per spatial side.
    fn sides(&self, sides: &Sides, rank: usize, what: &str) -> Result<Vec<usize>, NetworkError> {
        match sides {
            Sides::All(side) => Ok(vec![*side; rank]),
            Sides::Each(sides) if sides.len() == rank => Ok(sides.clone()),
            Sides::Each(sides) => {
                Err(self.wrong(format!("{what}: expected {rank} numbers, found {sides:?}")))
            }
        }
    }

    fn conv(
        &mut self,
        conv: &Convolution,
        rank: usize,
        rectified: bool,
    ) -> Result<(), NetworkError> {
        let shape = self.graph.shape(self.value).to_vec();
        if shape.len() != rank + 2 {
            let problem = format!(
                "conv{rank}d takes {} sides, found {}",
                rank + 2,
                show(&shape)
            );
            return Err(self.wrong(problem));
        }
        let channels = self.known(&shape[1])?;
        let groups = conv.groups;
        if groups == 0
            || !channels.is_multiple_of(groups)
            || conv.filters == 0
            || !conv.filters.is_multiple_of(groups)
        {
            let filters = conv.filters;
            let problem = format!(
                "{channels} channels and {filters} filters do not fall into {groups} groups"
            );
            return Err(self.wrong(problem));
        }
        let kernel = self.sides(&conv.kernel, rank, "kernel")?;
        let window = Window::new(&kernel)
            .stride(&self.sides(&conv.stride, rank, "stride")?)
            .dilation(&self.sides(&conv.dilation, rank, "dilation")?)
            .pad(&self.sides(&conv.padding, rank, "padding")?);
        window.check().map_err(|problem| self.wrong(problem))?;
        let name = self.name("conv");
        let mut sides = vec![conv.filters, channels / groups];
        sides.extend(&kernel);
        let area: usize = kernel.iter().product();
        let filling = filling(
            channels / groups * area,
            conv.filters / groups * area,
            rectified,
        );
        let weight = self.parameter(&format!("{name}.weight"), &sides, filling);
        let zero = Filling::Constant(0.0);
        let bias = self.parameter(&format!("{name}.bias"), &[conv.filters], zero);
        self.push(&name, Conv { window, groups }, &[weight, bias])?;
        self.activation(conv.activation)
    }

    fn pool(&self, pool: &Pooling) -> Result<Window, NetworkError> {
        let rank = self.graph.shape(self.value).len().saturating_sub(2);
        let kernel = self.sides(&pool.kernel, rank, "kernel")?;
        let stride = pool.stride.as_ref().unwrap_or(&pool.kernel);
        let padding = self.sides(&pool.padding, rank, "padding")?;
        if padding
            .iter()
            .zip(&kernel)
            .any(|(pad, kernel)| 2 * pad > *kernel)
        {
            return Err(self.wrong("padding is more than half of the window".to_owned()));
        }
        let window = Window::new(&kernel)
            .stride(&self.sides(stride, rank, "stride")?)
            .pad(&padding);
        window.check().map_err(|problem| self.wrong(problem))?;
        Ok(window)
    }

    fn batch_norm(&mut self, epsilon: f64, momentum: f64) -> Result<(), NetworkError> {
        if !(epsilon > 0.0 && (0.0..=1.0).contains(&momentum)) {
            let problem = "expected a positive epsilon and a momentum between 0 and 1".to_owned();
            return Err(self.wrong(problem));
        }
        let channels = self.known(&self.graph.shape(self.value)[1])?;
        let name = self.name("norm");
        let shape = [channels];
        let scale = self.parameter(&format!("{name}.weight"), &shape, Filling::Constant(1.0));
        let bias = self.parameter(&format!("{name}.bias"), &shape, Filling::Constant(0.0));
        let mut stored = |what: &str, number: f32| {
            let tensor = Filling::Constant(number).tensor(shape.to_vec(), 0, 0);
            self.graph.constant(&format!("{name}.{what}"), tensor)
        };
        let moments = [stored("running_mean", 0.0), stored("running_var", 1.0)];
        let op = BatchNorm {
            epsilon,
            momentum: 1.0 - momentum,
        };
        self.push(&name, op, &[scale, bias, moments[0], moments[1]])
    }
}

/// What fills a map of this many inputs to this many outputs.
pub(super) fn filling(fan_in: usize, fan_out: usize, rectified: bool) -> Filling {
    if rectified {
        Filling::He { fan_in }
    } else {
        Filling::Glorot { fan_in, fan_out }
    }
}
