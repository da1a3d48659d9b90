//! A batch normalisation as part of the linear layer beside it.
//!
//! It is `y = a x + s` per channel, with `a = scale / √(variance + epsilon)`
//! and `s = bias − mean a`.
//!
//! * Behind a layer `w x + b`: `w' = a w` and `b' = a b + s` per output channel,
//!   padding included, because padding comes before the layer.
//! * In front of a layer: `w' = w a` per input channel and `b' = b + Σ w s`. A
//!   convolution that pads zeros pads them behind the normalisation, where `s`
//!   would not reach: it is left alone unless `s` is 0.
//!
//! Weights are computed in double precision.

use crate::error::NetworkError;
use crate::graph::{Data, Dim, Graph, Node, ValueId};
use crate::ops::{Add, BatchNorm, Gemm, Op, Reshape, Window};
use crate::transform::fold::Folder;
use crate::transform::fold::look::{known, like};

/// The value of a layer that a normalisation is part of, if `node` is the later
/// of the two.
pub(super) fn merged(
    folder: &mut Folder<'_>,
    node: &Node,
    inputs: &[ValueId],
) -> Result<Option<ValueId>, NetworkError> {
    match &node.op {
        Op::BatchNorm(_) => behind(folder, node, inputs),
        Op::Conv(_) | Op::Gemm(_) => in_front(folder, node, inputs),
        _ => Ok(None),
    }
}

/// Slope and shift of every channel, if the moments are known.
fn affine(graph: &Graph, norm: BatchNorm, inputs: &[ValueId]) -> Option<Vec<(f64, f64)>> {
    let moments: Option<Vec<Vec<f64>>> = inputs[1..]
        .iter()
        .map(|&id| graph.data(id).map(Data::to_f64))
        .collect();
    let moments = moments?;
    let [scale, bias, mean, variance] = moments.as_slice() else {
        return None;
    };
    let channels = (0..scale.len()).map(|c| {
        let slope = scale[c] / (variance[c] + norm.epsilon).sqrt();
        (slope, bias[c] - mean[c] * slope)
    });
    Some(channels.collect())
}

/// Which channel of its output and of its input a layer's weight belongs to.
struct Channels {
    op: Op,
    sides: Vec<usize>,
}

impl Channels {
    fn new(op: &Op, weight: &Data) -> Option<Self> {
        let sides = weight.shape().to_vec();
        let linear = match op {
            Op::Gemm(gemm) => !gemm.trans_a && sides.len() == 2,
            Op::Conv(_) | Op::ConvInput(_) => sides.len() > 2,
            _ => false,
        };
        linear.then(|| Self {
            op: op.clone(),
            sides,
        })
    }

    /// The output and input channel of weight `i`.
    fn of(&self, i: usize) -> (usize, usize) {
        let place: usize = self.sides[2..].iter().product();
        let (first, second) = (i / place / self.sides[1], i / place % self.sides[1]);
        // The second side counts within a group; the first is cut into groups.
        let grouped = |groups: usize| first / (self.sides[0] / groups) * self.sides[1] + second;
        match &self.op {
            Op::Gemm(Gemm { trans_b: false, .. }) => (second, first),
            Op::Conv(conv) => (first, grouped(conv.groups)),
            Op::ConvInput(transposed) => (grouped(transposed.groups), first),
            _ => (first, second),
        }
    }
}

/// A normalisation behind a layer that nothing else uses.
fn behind(
    folder: &mut Folder<'_>,
    node: &Node,
    inputs: &[ValueId],
) -> Result<Option<ValueId>, NetworkError> {
    let Op::BatchNorm(norm) = &node.op else {
        return Ok(None);
    };
    let graph = &mut folder.new;
    let (Some(layer), Some(channels)) = (
        graph.producer(inputs[0]).cloned(),
        affine(graph, *norm, inputs),
    ) else {
        return Ok(None);
    };
    let known_bias = layer
        .inputs
        .get(2)
        .is_none_or(|&id| graph.data(id).is_some());
    let weight = layer.inputs.get(1).and_then(|&id| graph.data(id).cloned());
    let (Some(weight), true, 1) = (weight, known_bias, folder.uses[node.inputs[0].index()]) else {
        return Ok(None);
    };
    let Some(places) = Channels::new(&layer.op, &weight) else {
        return Ok(None);
    };
    let numbers = weight.to_f64().into_iter().enumerate();
    let scaled = numbers
        .map(|(i, w)| w * channels[places.of(i).0].0)
        .collect();
    let own = layer
        .inputs
        .get(2)
        .and_then(|&id| graph.data(id))
        .map(Data::to_f64);
    let shifts = channels
        .iter()
        .enumerate()
        .map(|(c, (slope, shift))| own.as_ref().map_or(0.0, |own| own[c] * slope) + shift)
        .collect();
    let made = Merged {
        layer: &layer,
        x: layer.inputs[0],
        weight: like(&weight, weight.shape(), scaled),
        bias: like(&weight, &[channels.len()], shifts),
    };
    made.push(graph).map(Some)
}

/// A normalisation that nothing but this layer uses, a flattening between them
/// or not.
fn in_front(
    folder: &mut Folder<'_>,
    node: &Node,
    inputs: &[ValueId],
) -> Result<Option<ValueId>, NetworkError> {
    let graph = &mut folder.new;
    let mut x = inputs[0];
    let mut alone = folder.uses[node.inputs[0].index()] == 1;
    let flat = graph
        .producer(x)
        .filter(|made| matches!(made.op, Op::Reshape(_)));
    let flat = flat.map(|made| made.inputs[0]);
    if let Some(inner) = flat {
        let before = folder
            .old
            .producer(node.inputs[0])
            .map(|made| made.inputs[0]);
        alone &= before.is_some_and(|id| folder.uses[id.index()] == 1);
        x = inner;
    }
    let Some(front) = graph.producer(x).cloned() else {
        return Ok(None);
    };
    let Op::BatchNorm(norm) = &front.op else {
        return Ok(None);
    };
    let weight = graph.data(inputs[1]).cloned();
    let known_bias = inputs.get(2).is_none_or(|&id| graph.data(id).is_some());
    let (Some(channels), Some(weight), true, true) = (
        affine(graph, *norm, &front.inputs),
        weight,
        known_bias,
        alone,
    ) else {
        return Ok(None);
    };
    let Some(places) = Channels::new(&node.op, &weight) else {
        return Ok(None);
    };
    let padded = matches!(&node.op, Op::Conv(conv) if pads(&conv.window));
    if padded && channels.iter().any(|(_, shift)| *shift != 0.0) {
        return Ok(None);
    }
    // Numbers of one channel that a flattening has put in a row.
    let area = match flat {
        None => 1,
        Some(_) => match flattened(graph, x, inputs[0], &node.op) {
            Some(area) => area,
            None => return Ok(None),
        },
    };
    let own = inputs
        .get(2)
        .and_then(|&id| graph.data(id))
        .map(Data::to_f64);
    let outputs = match &node.op {
        Op::Gemm(Gemm { trans_b: false, .. }) => weight.shape()[1],
        _ => weight.shape()[0],
    };
    let mut shifts = own.unwrap_or_else(|| vec![0.0; outputs]);
    let mut scaled = weight.to_f64();
    for (i, w) in scaled.iter_mut().enumerate() {
        let (output, input) = places.of(i);
        let (slope, shift) = channels[input / area];
        shifts[output] += *w * shift;
        *w *= slope;
    }
    let mut x = front.inputs[0];
    if flat.is_some() {
        let shape = graph.shape(inputs[0]).to_vec();
        x = graph.push(Reshape { shape }, &[x])?;
    }
    let layer = Node {
        inputs: inputs.to_vec(),
        ..node.clone()
    };
    let made = Merged {
        layer: &layer,
        x,
        weight: like(&weight, weight.shape(), scaled),
        bias: like(&weight, &[outputs], shifts),
    };
    made.push(graph).map(Some)
}

fn pads(window: &Window) -> bool {
    window
        .before
        .iter()
        .chain(&window.after)
        .any(|&pad| pad > 0)
}

/// How many numbers each channel of `x` has in the rows it was flattened to.
fn flattened(graph: &Graph, x: ValueId, rows: ValueId, op: &Op) -> Option<usize> {
    let (sides, rows) = (graph.shape(x), graph.shape(rows));
    let area = known(&sides[2..])?.iter().product::<usize>();
    let channels = sides[1].known()?;
    let row = [sides[0].clone(), Dim::fixed(channels * area)];
    (matches!(op, Op::Gemm(_)) && *rows == row).then_some(area)
}

/// A layer with other weights.
struct Merged<'a> {
    layer: &'a Node,
    x: ValueId,
    weight: Data,
    bias: Data,
}

impl Merged<'_> {
    fn push(self, graph: &mut Graph) -> Result<ValueId, NetworkError> {
        let Self {
            layer,
            x,
            weight,
            bias,
        } = self;
        let name = graph.value(layer.inputs[1]).name.clone();
        let bias_name = layer.inputs.get(2).map_or_else(
            || format!("{}.bias", layer.name),
            |&id| graph.value(id).name.clone(),
        );
        // Old weights that nothing else needs go with the next pass; their names stay.
        for &old in &layer.inputs[1..] {
            let mut readers = graph
                .nodes()
                .iter()
                .filter(|node| node.inputs.contains(&old));
            if readers.any(|node| node.name != layer.name) {
                continue;
            }
            let freed = format!("{}/unfolded", graph.value(old).name);
            graph.rename(old, &freed);
        }
        let filters = bias.shape()[0];
        let (w, b) = (
            graph.parameter(&name, weight),
            graph.parameter(&bias_name, bias),
        );
        if !matches!(layer.op, Op::ConvInput(_)) {
            return Ok(graph.node(&layer.name, layer.op.clone(), &[x, w, b])?[0]);
        }
        let y = graph.node(&layer.name, layer.op.clone(), &[x, w])?[0];
        let mut column = vec![Dim::fixed(1); graph.shape(y).len() - 1];
        column[0] = filters.into();
        let b = graph.push(Reshape { shape: column }, &[b])?;
        graph.push(Add, &[y, b])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::Type;
    use crate::ops::{Conv, ConvInput, Dropout};
    use crate::transform::fold;
    use pellucid_core::{Tensor, random};

    fn draw(shape: &[usize], seed: u64, offset: f64) -> Tensor<f64> {
        let mut rng = random::stream(seed, 0);
        let volume = shape.iter().product();
        let numbers = (0..volume)
            .map(|_| offset + 0.3 * random::normal(&mut rng))
            .collect();
        Tensor::new(shape.to_vec(), numbers)
    }

    /// A normalisation of these channels with moments away from 0 and 1.
    fn normalised(graph: &mut Graph, x: ValueId, channels: usize, seed: u64) -> ValueId {
        let norm = BatchNorm {
            epsilon: 1e-5,
            momentum: 0.9,
        };
        let mut inputs = vec![x];
        inputs.extend((0..4).map(|i| graph.parameter("", draw(&[channels], seed + i, 1.0))));
        graph.push(norm, &inputs).unwrap()
    }

    /// The names of the folded operations, after comparing the numbers.
    fn folded(mut graph: Graph, output: ValueId, x: &Tensor<f64>) -> Vec<&'static str> {
        graph.output(output);
        let folded = fold(&graph).unwrap();
        let before = Executor::<f64>::new(&graph).call(&[x]).unwrap();
        let after = Executor::<f64>::new(&folded).call(&[x]).unwrap();
        for (a, b) in before[0].data().iter().zip(after[0].data()) {
            // A few roundings of sums of a hundred terms.
            assert!((a - b).abs() < 1e-12 * a.abs().max(1.0), "{a} {b}");
        }
        folded.nodes().iter().map(|node| node.op.name()).collect()
    }

    fn image(channels: usize) -> (Graph, ValueId) {
        let mut graph = Graph::new();
        let sides = vec![Dim::symbol("N"), channels.into(), 5.into(), 5.into()];
        let x = graph.input("x", Type::real(sides));
        (graph, x)
    }

    #[test]
    fn a_normalisation_in_front_becomes_part_of_a_convolution_without_padding() {
        for (pad, expected) in [(0, vec!["Conv"]), (1, vec!["BatchNorm", "Conv"])] {
            let (mut graph, x) = image(4);
            let h = normalised(&mut graph, x, 4, 10);
            let w = graph.parameter("w", draw(&[6, 2, 3, 3], 1, 0.0));
            let conv = Conv {
                window: Window::new(&[3, 3]).pad(&[pad, pad]),
                groups: 2,
            };
            let y = graph.push(conv, &[h, w]).unwrap();
            assert_eq!(folded(graph, y, &draw(&[3, 4, 5, 5], 2, 0.0)), expected);
        }
    }

    #[test]
    fn a_normalisation_is_part_of_dense_layers_on_both_sides_of_it() {
        let (mut graph, x) = image(2);
        let h = normalised(&mut graph, x, 2, 10);
        let shape = vec![Dim::symbol("N"), 50.into()];
        let h = graph.push(Reshape { shape }, &[h]).unwrap();
        let w = graph.parameter("w", draw(&[50, 3], 1, 0.0));
        let h = graph.push(Gemm::NN, &[h, w]).unwrap();
        let y = normalised(&mut graph, h, 3, 20);
        let names = folded(graph, y, &draw(&[3, 2, 5, 5], 2, 0.0));
        assert_eq!(names, ["Reshape", "Gemm"]);
    }

    #[test]
    fn a_normalisation_behind_a_transposed_convolution_scales_its_filters() {
        let (mut graph, x) = image(4);
        let w = graph.parameter("w", draw(&[4, 3, 2, 2], 1, 0.0));
        let op = ConvInput {
            window: Window::new(&[2, 2]).stride(&[2, 2]),
            groups: 2,
            sides: vec![10.into(), 10.into()],
        };
        let h = graph.push(op, &[x, w]).unwrap();
        let y = normalised(&mut graph, h, 6, 10);
        let names = folded(graph, y, &draw(&[3, 4, 5, 5], 2, 0.0));
        assert_eq!(names, ["ConvInput", "Add"]);
    }

    #[test]
    fn a_folded_network_gives_the_same_numbers_with_fewer_nodes() {
        let mut graph = Graph::new();
        let x = graph.input(
            "x",
            Type::real(vec![Dim::symbol("N"), 2.into(), 5.into(), 5.into()]),
        );
        let norm = BatchNorm {
            epsilon: 1e-5,
            momentum: 0.9,
        };
        let moments = |graph: &mut Graph, channels: usize, seed: u64| -> Vec<ValueId> {
            (0..4)
                .map(|i| graph.parameter("", draw(&[channels], seed + i, 1.0)))
                .collect()
        };
        let w = graph.parameter("w", draw(&[3, 2, 3, 3], 1, 0.0));
        let conv = Conv {
            window: Window::new(&[3, 3]).pad(&[1, 1]),
            groups: 1,
        };
        let h = graph.push(conv, &[x, w]).unwrap();
        let m = moments(&mut graph, 3, 10);
        let h = graph.push(norm, &[h, m[0], m[1], m[2], m[3]]).unwrap();
        let h = graph.push(Dropout { ratio: 0.5 }, &[h]).unwrap();
        let h = graph
            .push(
                crate::ops::Reshape {
                    shape: vec![Dim::symbol("N"), 75.into()],
                },
                &[h],
            )
            .unwrap();
        let dense = graph.parameter("dense", draw(&[4, 75], 2, 0.0));
        let bias = graph.parameter("bias", draw(&[4], 3, 0.0));
        let h = graph.push(Gemm::NT, &[h, dense, bias]).unwrap();
        let m = moments(&mut graph, 4, 20);
        let y = graph.push(norm, &[h, m[0], m[1], m[2], m[3]]).unwrap();
        graph.output(y);
        let folded = fold(&graph).unwrap();
        assert_eq!(folded.nodes().len(), 3);
        let x = draw(&[4, 2, 5, 5], 5, 0.0);
        let before = Executor::<f64>::new(&graph).call(&[&x]).unwrap();
        let after = Executor::<f64>::new(&folded).call(&[&x]).unwrap();
        for (a, b) in before[0].data().iter().zip(after[0].data()) {
            assert!((a - b).abs() < 1e-12 * a.abs().max(1.0), "{a} {b}");
        }
    }
}
