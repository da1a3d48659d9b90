//! Weights of dense layers in the order in which a product reads them.
//!
//! `A Bᵀ` with `B` kept as `[out, in]` makes the product gather each column of
//! `Bᵀ` anew at every call. A network that only runs keeps such weights
//! transposed instead; the backward products of the same layer read `B` as it
//! is, so there both orders are kept. Results stay the same to rounding.

use std::collections::BTreeMap;

use pellucid_core::Tensor;
use pellucid_network::graph::{Data, Source};
use pellucid_network::ops::{Gemm, Op};
use pellucid_network::{Graph, NetworkError, ValueId};

/// The same network for running; inputs and outputs stay in order.
pub(crate) fn for_running(graph: &Graph) -> Result<Graph, NetworkError> {
    let mut new = Graph::new();
    let mut moved: BTreeMap<ValueId, ValueId> = BTreeMap::new();
    for &id in graph.inputs() {
        let value = graph.value(id);
        moved.insert(id, new.input(&value.name, value.ty.clone()));
    }
    for node in graph.nodes() {
        let transposed = match &node.op {
            Op::Gemm(Gemm { trans_b: true, .. }) => graph.data(node.inputs[1]).and_then(transpose),
            _ => None,
        };
        let mut op = node.op.clone();
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for (i, &input) in node.inputs.iter().enumerate() {
            if let (1, Some(data), Op::Gemm(gemm)) = (i, &transposed, &mut op) {
                gemm.trans_b = false;
                inputs.push(new.constant("", data.clone()));
            } else {
                inputs.push(value(graph, &mut new, &mut moved, input));
            }
        }
        let outputs = new.node(&node.name, op, &inputs)?;
        moved.extend(node.outputs.iter().copied().zip(outputs));
    }
    let outputs = graph
        .outputs()
        .iter()
        .map(|&id| value(graph, &mut new, &mut moved, id))
        .collect();
    new.set_outputs(outputs);
    Ok(new)
}

/// The value in the new network; weights move when they are first needed.
fn value(
    graph: &Graph,
    new: &mut Graph,
    moved: &mut BTreeMap<ValueId, ValueId>,
    id: ValueId,
) -> ValueId {
    *moved.entry(id).or_insert_with(|| {
        let old = graph.value(id);
        match &old.source {
            Source::Parameter(data) | Source::Constant(data) => {
                new.constant(&old.name, data.clone())
            }
            // Inputs and what nodes make have moved before they are used.
            Source::Input | Source::Node(..) => id,
        }
    })
}

fn transpose(data: &Data) -> Option<Data> {
    fn transposed<T: Copy>(tensor: &Tensor<T>) -> Option<Tensor<T>> {
        let &[rows, columns] = tensor.shape() else {
            return None;
        };
        let numbers =
            (0..columns).flat_map(|j| (0..rows).map(move |i| tensor.data()[i * columns + j]));
        Some(Tensor::new(vec![columns, rows], numbers.collect()))
    }
    match data {
        Data::F32(tensor) => transposed(tensor).map(Data::from),
        Data::F64(tensor) => transposed(tensor).map(Data::from),
        Data::I32(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::random;
    use pellucid_network::layers::{Activation, Architecture};
    use pellucid_network::{Executor, transform};

    #[test]
    fn the_laid_out_network_gives_the_same_numbers() {
        let architecture = Architecture::dense(&[20, 7], Activation::Relu);
        let mut graph = architecture.build(&[5], 1, 2).unwrap();
        let (x, y) = (graph.inputs()[0], graph.outputs()[0]);
        let gradient = transform::gradient(&mut graph, y, &[x], None).unwrap()[0];
        graph.set_outputs(vec![gradient, y, x]);
        let laid_out = for_running(&graph).unwrap();
        let turned = |node: &pellucid_network::graph::Node| {
            matches!(node.op, Op::Gemm(Gemm { trans_b: true, .. }))
        };
        assert!(!laid_out.nodes().iter().any(turned));
        let mut rng = random::stream(1, 0);
        let x = Tensor::new(
            vec![9, 5],
            (0..45).map(|_| random::normal(&mut rng)).collect(),
        );
        let run = |graph: &Graph| Executor::<f64>::new(graph).call(&[&x]).unwrap();
        for (a, b) in run(&graph).iter().zip(&run(&laid_out)) {
            for (a, b) in a.data().iter().zip(b.data()) {
                // Another kernel may add the same terms in another order.
                assert!((a - b).abs() < 1e-13, "{a} {b}");
            }
        }
    }
}
