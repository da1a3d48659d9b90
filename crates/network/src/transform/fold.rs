//! The same network with less in it: identities and dropout removed, batch
//! normalisation folded into the layer in front of it.
//!
//! A batch normalisation behind a linear layer is exactly another linear
//! layer: `w' = w · a`, `b' = b · a + offset` with `a = scale / √(variance +
//! epsilon)`, `offset = bias − mean · a`, padding included, because padding
//! comes before the layer. Weights are computed in double precision and kept
//! in the precision they came in.

use std::collections::HashMap;

use pellucid_core::Tensor;

use crate::error::NetworkError;
use crate::graph::{Data, Graph, Node, Source, ValueId};
use crate::ops::{BatchNorm, Op};

/// The folded graph; inputs, outputs and names of what is left are kept.
pub fn fold(graph: &Graph) -> Result<Graph, NetworkError> {
    let mut uses = vec![0; graph.values().len()];
    for node in graph.nodes() {
        node.inputs
            .iter()
            .for_each(|input| uses[input.index()] += 1);
    }
    graph
        .outputs()
        .iter()
        .for_each(|output| uses[output.index()] += 1);
    let mut folder = Folder {
        old: graph,
        new: Graph::new(),
        map: HashMap::new(),
        uses,
    };
    folder.new.metadata.clone_from(&graph.metadata);
    for &id in graph.inputs() {
        let value = graph.value(id);
        let moved = folder.new.input(&value.name, value.ty.clone());
        folder.map.insert(id, moved);
    }
    for node in graph.nodes() {
        folder.node(node)?;
    }
    let outputs = graph.outputs().iter().map(|&id| folder.moved(id)).collect();
    folder.new.set_outputs(outputs);
    Ok(folder.new)
}

struct Folder<'a> {
    old: &'a Graph,
    new: Graph,
    map: HashMap<ValueId, ValueId>,
    uses: Vec<usize>,
}

impl Folder<'_> {
    /// The value in the new graph; weights move when they are first needed, so
    /// that those which were folded away stay behind.
    fn moved(&mut self, id: ValueId) -> ValueId {
        if let Some(&moved) = self.map.get(&id) {
            return moved;
        }
        let value = self.old.value(id);
        let moved = match &value.source {
            Source::Parameter(data) => self.new.parameter(&value.name, data.clone()),
            Source::Constant(data) => self.new.constant(&value.name, data.clone()),
            Source::Input | Source::Node(..) => unreachable!("inputs and nodes are moved in order"),
        };
        self.map.insert(id, moved);
        moved
    }

    fn node(&mut self, node: &Node) -> Result<(), NetworkError> {
        if self.goes_into_norm(node) {
            return Ok(());
        }
        match &node.op {
            Op::Identity(_) | Op::Dropout(_) => {
                let same = self.moved(node.inputs[0]);
                self.map.insert(node.outputs[0], same);
                return Ok(());
            }
            Op::BatchNorm(norm) => {
                if let Some(folded) = self.batch_norm(node, *norm)? {
                    self.map.insert(node.outputs[0], folded);
                    return Ok(());
                }
            }
            _ => {}
        }
        let inputs: Vec<ValueId> = node.inputs.iter().map(|&input| self.moved(input)).collect();
        let made = self.new.node(&node.name, node.op.clone(), &inputs)?;
        for (&old, &new) in node.outputs.iter().zip(&made) {
            self.new.rename(new, &self.old.value(old).name);
            self.map.insert(old, new);
        }
        Ok(())
    }

    /// Whether the only user of a layer is a normalisation that is folded into it.
    fn goes_into_norm(&self, layer: &Node) -> bool {
        let Some(&output) = layer.outputs.first() else {
            return false;
        };
        self.old.nodes().iter().any(|node| {
            matches!(node.op, Op::BatchNorm(_))
                && node.inputs[0] == output
                && self.foldable(node).is_some()
        })
    }

    /// The layer in front of a normalisation, if the two are one layer: it is
    /// linear with weights that are known, and nothing else uses it.
    fn foldable(&self, norm: &Node) -> Option<&Node> {
        let layer = self.old.producer(norm.inputs[0])?;
        let linear = match &layer.op {
            Op::Conv(_) => true,
            Op::Gemm(gemm) => !gemm.trans_a,
            _ => false,
        };
        let known = norm.inputs[1..].iter().chain(&layer.inputs[1..]);
        let known = known.copied().all(|id| self.old.data(id).is_some());
        (linear && known && self.uses[norm.inputs[0].index()] == 1).then_some(layer)
    }

    /// A linear layer in the place of a linear layer and this normalisation,
    /// if one stands in front that nothing else uses.
    fn batch_norm(
        &mut self,
        node: &Node,
        norm: BatchNorm,
    ) -> Result<Option<ValueId>, NetworkError> {
        let old = self.old;
        let Some(layer) = self.foldable(node).cloned() else {
            return Ok(None);
        };
        let weights_first = match &layer.op {
            Op::Gemm(gemm) => gemm.trans_b,
            _ => true,
        };
        let numbers = |id: &ValueId| old.data(*id).map(Data::to_f64).unwrap_or_default();
        let known: Vec<Vec<f64>> = node.inputs[1..].iter().map(numbers).collect();
        let Some(weights) = old.data(layer.inputs[1]) else {
            return Ok(None);
        };
        let [scale, bias, mean, variance] = known.as_slice() else {
            return Ok(None);
        };
        let slope: Vec<f64> = scale
            .iter()
            .zip(variance)
            .map(|(s, v)| s / (v + norm.epsilon).sqrt())
            .collect();
        let own = layer
            .inputs
            .get(2)
            .map_or_else(|| vec![0.0; slope.len()], numbers);
        let offset: Vec<f64> = (0..slope.len())
            .map(|c| own[c] * slope[c] + bias[c] - mean[c] * slope[c])
            .collect();
        let whole = weights.to_f64();
        let per_channel = whole.len() / slope.len();
        let channel = |i: usize| {
            if weights_first {
                i / per_channel
            } else {
                i % slope.len()
            }
        };
        let folded: Vec<f64> = whole
            .iter()
            .enumerate()
            .map(|(i, w)| w * slope[channel(i)])
            .collect();
        let name = &old.value(layer.inputs[1]).name;
        let w = self
            .new
            .parameter(name, like(weights, weights.shape(), folded));
        let bias_name = layer.inputs.get(2).map_or_else(
            || format!("{}.bias", layer.name),
            |&id| old.value(id).name.clone(),
        );
        let b = self
            .new
            .parameter(&bias_name, like(weights, &[offset.len()], offset));
        let x = self.moved(layer.inputs[0]);
        let made = self.new.node(&layer.name, layer.op.clone(), &[x, w, b])?[0];
        self.new.rename(made, &old.value(node.outputs[0]).name);
        Ok(Some(made))
    }
}

/// Numbers in the precision of other ones.
fn like(precision: &Data, shape: &[usize], numbers: Vec<f64>) -> Data {
    match precision {
        Data::F64(_) => Tensor::new(shape.to_vec(), numbers).into(),
        _ => Tensor::new(
            shape.to_vec(),
            numbers.into_iter().map(|x| x as f32).collect(),
        )
        .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::{Dim, Type};
    use crate::ops::{Conv, Dropout, Gemm, Window};
    use pellucid_core::random;

    fn draw(shape: &[usize], seed: u64, offset: f64) -> Tensor<f64> {
        let mut rng = random::stream(seed, 0);
        let volume = shape.iter().product();
        let numbers = (0..volume)
            .map(|_| offset + 0.3 * random::normal(&mut rng))
            .collect();
        Tensor::new(shape.to_vec(), numbers)
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
