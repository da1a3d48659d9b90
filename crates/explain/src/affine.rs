//! What of a network is affine in the explained inputs, parted from the rest.
//!
//! With `f = g ∘ z` and `z` affine, the straight path from `b` to `x` is a
//! straight path for `g`,
//!
//! $$ z(b + t\,(x - b)) = z(b) + t\,(z(x) - z(b)), $$
//!
//! and the gradient's integral along it is that of `g`, pulled back once:
//!
//! $$ \int \nabla f\,\mathrm{d}t = \Bigl(\frac{\partial z}{\partial x}\Bigr)^{\!\top}
//!      \int \nabla g\,\mathrm{d}t. $$
//!
//! So the first dense layer is computed at both ends of a path, not at each of
//! its points. `z` are all values made from the explained inputs by affine
//! operations alone that something else reads: the inputs themselves are among
//! them where a residual connection reads them as well.

use std::collections::{BTreeSet, HashMap};

use pellucid_network::graph::{Dim, Kind, Node};
use pellucid_network::ops::{Add as Sum, Op};
use pellucid_network::{Graph, NetworkError, ValueId, transform};

use crate::copies::Copies;
use crate::error::ExplainError;
use crate::explained::{Explained, Parts};
use crate::rectified::Place;

/// Multiplications that the affine part must have for every number that it
/// makes: below, moving the numbers of the path costs more than is saved. A
/// convolution of an image's few channels never has so many.
const WORTH: usize = 16;

/// A network in two parts.
#[derive(Debug)]
pub(crate) struct AffinePart {
    /// From the model's inputs to `z`, and to what the rest begins with if there is
    /// a rectified layer between.
    pub forward: Graph,
    /// From the model's inputs and an adjoint of each `z` to the gradient with
    /// respect to each explained input.
    pub back: Graph,
    /// From the inputs that are held, and `z`, to what the model gives; `z` is
    /// explained.
    pub rest: Explained,
    /// The inputs of the model that the rest takes, by position, in front of `z`.
    pub held: Vec<usize>,
    /// A rectifier and a dense layer that follow `z`: the rest begins behind them.
    pub rectified: Option<Place>,
}

impl Explained {
    /// The model in two parts, if that saves anything; `long` paths go through a
    /// rectifier and a dense layer behind the affine part as well.
    pub(crate) fn affine_part(&self, long: bool) -> Result<Option<AffinePart>, ExplainError> {
        let graph = self.graph();
        let free = self.free_values();
        if !self.apart() {
            return Ok(None);
        }
        let made = made(graph, &free);
        if !integrable(graph, &made, self.logit()) {
            return Ok(None);
        }
        let rectified = match made.read[..] {
            [z] if long => Place::behind(graph, z),
            _ => None,
        };
        if rectified.is_none() && !worth(graph, &made) {
            return Ok(None);
        }
        let held: Vec<usize> = (0..graph.inputs().len())
            .filter(|i| !self.free().contains(i))
            .collect();
        let behind: Vec<ValueId> = rectified.iter().map(|place| place.out).collect();
        let begins = if behind.is_empty() {
            &made.read
        } else {
            &behind
        };
        let Some(rest) = self.rest(begins, &held)? else {
            return Ok(None);
        };
        let mut forward = graph.clone();
        forward.set_outputs([&made.read[..], &behind].concat());
        Ok(Some(AffinePart {
            forward,
            back: back(graph, &made.read, &free)?,
            rest,
            held,
            rectified,
        }))
    }

    /// The model from `z` on, if its events run as those of the model do.
    fn rest(&self, z: &[ValueId], held: &[usize]) -> Result<Option<Self>, ExplainError> {
        let parts = self.parts();
        let mut source = self.graph().clone();
        source.set_outputs(vec![parts.column, parts.logit, parts.output]);
        let mut copies = Copies::without_inputs(&source);
        let mut moved = HashMap::new();
        for id in held
            .iter()
            .map(|&i| source.inputs()[i])
            .chain(z.iter().copied())
        {
            let value = source.value(id);
            moved.insert(id, copies.graph.input(&value.name, value.ty.clone()));
        }
        // What else is explained is read by affine operations only, so that
        // nothing of it is needed any more.
        let outputs = copies.with(moved)?;
        if !bound(&source, &copies.graph) {
            return Ok(None);
        }
        let parts = Parts {
            column: outputs[0],
            logit: outputs[1],
            output: outputs[2],
        };
        let free = (held.len()..held.len() + z.len()).collect();
        let rest = self.with_inputs(copies.graph, parts, free)?;
        let alike = rest.batching().run == self.batching().run;
        Ok(alike.then_some(rest))
    }
}

/// What affine operations make of the explained inputs.
struct Made {
    /// The values that others read.
    read: Vec<ValueId>,
    /// Of each node of the graph, whether it is one of them.
    affine: Vec<bool>,
}

fn made(graph: &Graph, free: &[ValueId]) -> Made {
    let active: Vec<bool> = graph.depends_on(free);
    let position: HashMap<ValueId, usize> = graph
        .values()
        .enumerate()
        .map(|(i, (id, _))| (id, i))
        .collect();
    let active = |id: &ValueId| active[position[id]];
    let mut along: BTreeSet<ValueId> = free.iter().copied().collect();
    let mut affine = Vec::with_capacity(graph.nodes().len());
    for node in graph.nodes() {
        let is = node.inputs.iter().any(active)
            && node
                .inputs
                .iter()
                .all(|id| !active(id) || along.contains(id))
            && is_affine(node, &active);
        if is {
            along.extend(&node.outputs);
        }
        affine.push(is);
    }
    let needed = graph.needed_for(graph.outputs());
    let mut read: BTreeSet<ValueId> = graph.outputs().iter().copied().collect();
    for ((node, affine), needed) in graph.nodes().iter().zip(&affine).zip(needed) {
        if needed && !affine {
            read.extend(&node.inputs);
        }
    }
    Made {
        read: along.intersection(&read).copied().collect(),
        affine,
    }
}

/// Whether a node is affine in those of its inputs that depend on what is
/// explained, given that these are.
fn is_affine(node: &Node, active: &impl Fn(&ValueId) -> bool) -> bool {
    let others = || !node.inputs[1..].iter().any(active);
    match &node.op {
        Op::Gemm(gemm) => !gemm.trans_a && others(),
        Op::MatMul(_) | Op::Div(_) => others(),
        Op::Add(_)
        | Op::Sub(_)
        | Op::Neg(_)
        | Op::Identity(_)
        | Op::Reshape(_)
        | Op::Transpose(_) => true,
        Op::Mul(_) => node.inputs.iter().filter(|id| active(id)).count() == 1,
        _ => false,
    }
}

/// Whether there is a path through `z`: an output that is affine leaves nothing to
/// integrate.
fn integrable(graph: &Graph, made: &Made, logit: ValueId) -> bool {
    let real = |&id: &ValueId| graph.ty(id).kind == Kind::Real;
    !made.read.is_empty() && !made.read.contains(&logit) && made.read.iter().all(real)
}

/// Whether the products among the affine nodes are worth it.
fn worth(graph: &Graph, made: &Made) -> bool {
    // With one number for every named size.
    let numbers =
        |shape: &[Dim]| -> usize { shape.iter().map(|dim| dim.known().unwrap_or(1)).product() };
    let products = graph
        .nodes()
        .iter()
        .zip(&made.affine)
        .filter(|(_, affine)| **affine);
    let saved: usize = products
        .map(|(node, _)| match node.op {
            Op::Gemm(_) | Op::MatMul(_) => {
                let terms = graph.shape(node.inputs[0]).last().and_then(Dim::known);
                numbers(graph.shape(node.outputs[0])) * terms.unwrap_or(0)
            }
            _ => 0,
        })
        .sum();
    let moved: usize = made.read.iter().map(|&id| numbers(graph.shape(id))).sum();
    saved >= WORTH * moved
}

/// Whether the inputs of `rest` say all sizes that those of `whole` say.
fn bound(whole: &Graph, rest: &Graph) -> bool {
    let names = |graph: &Graph| -> BTreeSet<String> {
        let inputs = graph.inputs().iter();
        inputs
            .flat_map(|&id| graph.shape(id))
            .filter_map(|dim| dim.name().map(ToString::to_string))
            .collect()
    };
    names(whole).is_subset(&names(rest))
}

/// The adjoints of `z` pulled back to the explained inputs.
fn back(graph: &Graph, z: &[ValueId], free: &[ValueId]) -> Result<Graph, NetworkError> {
    let mut graph = graph.clone();
    let mut sums: Vec<Option<ValueId>> = vec![None; free.len()];
    for &id in z {
        let value = graph.value(id);
        let (name, ty) = (format!("{}/adjoint", value.name), value.ty.clone());
        let seed = graph.input(&name, ty);
        let parts = transform::gradient(&mut graph, id, free, Some(seed))?;
        for (sum, part) in sums.iter_mut().zip(parts) {
            *sum = Some(match *sum {
                Some(sum) => graph.push(Sum, &[sum, part])?,
                None => part,
            });
        }
    }
    graph.set_outputs(sums.into_iter().flatten().collect());
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pellucid_core::{Job, Tensor, random};
    use pellucid_network::Executor;
    use pellucid_network::graph::Type;
    use pellucid_network::ops::{Add, Gemm, LeakyRelu, MatMul, Mul, Relu, Reshape, Sub, Tanh};

    use crate::explained::{Inference, Precision};
    use crate::method::{Baseline, IntegratedGradients, Method, Quadrature};
    use crate::question::Question;

    fn normal(shape: &[usize], seed: u64) -> Tensor<f64> {
        let mut rng = random::stream(seed, 0);
        let count = shape.iter().product::<usize>();
        let numbers = (0..count).map(|_| random::normal(&mut rng));
        Tensor::new(shape.to_vec(), numbers.collect())
    }

    /// What each network is of, see [`network`].
    const KINDS: [&str; 9] = [
        "dense",
        "residual",
        "held",
        "particles",
        "fixed",
        "rectified",
        "leaky",
        "rectified particles",
        "rectified fixed",
    ];

    /// Forty numbers of an event, or of each of three particles, in front of a
    /// network with affine operations in front.
    fn network(kind: &str) -> Graph {
        let mut graph = Graph::new();
        let events = if kind.ends_with("fixed") {
            2.into()
        } else {
            Dim::symbol("N")
        };
        let shape = match kind {
            "particles" | "rectified particles" => vec![events, 3.into(), 40.into()],
            _ => vec![events, 40.into()],
        };
        let x = graph.input("x", Type::real(shape.clone()));
        let w = graph.parameter("w", normal(&[40, 40], 1).map(|x| x / 6.0));
        let b = graph.parameter("b", normal(&[40], 2));
        let mut node = |op: Op, inputs: &[ValueId]| graph.push(op, inputs).unwrap();
        let hidden = match kind {
            "residual" => {
                let z = node(Gemm::NN.into(), &[x, w, b]);
                let h = node(Tanh.into(), &[z]);
                let sum = node(Add.into(), &[h, x]);
                node(Tanh.into(), &[sum])
            }
            "particles" => {
                let z = node(MatMul.into(), &[x, w]);
                let z = node(Add.into(), &[z, b]);
                let h = node(Tanh.into(), &[z]);
                let shape = vec![shape[0].clone(), 120.into()];
                node(Reshape { shape }.into(), &[h])
            }
            "rectified" | "rectified fixed" | "leaky" => {
                let z = node(Gemm::NN.into(), &[x, w, b]);
                let h = match kind {
                    "leaky" => node(LeakyRelu { slope: 0.3 }.into(), &[z]),
                    _ => node(Relu.into(), &[z]),
                };
                let u = node(Gemm::NT.into(), &[h, w, b]);
                node(Tanh.into(), &[u])
            }
            "rectified particles" => {
                let z = node(MatMul.into(), &[x, w]);
                let z = node(Add.into(), &[z, b]);
                let h = node(Relu.into(), &[z]);
                let u = node(MatMul.into(), &[h, w]);
                let u = node(Relu.into(), &[u]);
                let shape = vec![shape[0].clone(), 120.into()];
                node(Reshape { shape }.into(), &[u])
            }
            "held" => {
                let held = graph.input("held", Type::real(shape));
                let mut node = |op: Op, inputs: &[ValueId]| graph.push(op, inputs).unwrap();
                let moved = node(Sub.into(), &[held, x]);
                let z = node(Gemm::NN.into(), &[moved, w, b]);
                let z = node(Mul.into(), &[held, z]);
                let h = node(Tanh.into(), &[z]);
                node(Mul.into(), &[h, held])
            }
            _ => {
                let z = node(Gemm::NN.into(), &[x, w, b]);
                node(Tanh.into(), &[z])
            }
        };
        let width = graph.shape(hidden)[1].known().unwrap();
        let last = graph.parameter("last", normal(&[width, 1], 3));
        let y = graph.push(Gemm::NN, &[hidden, last]).unwrap();
        let y = graph.push(Tanh, &[y]).unwrap();
        graph.output(y);
        graph
    }

    fn explained(graph: &Graph) -> Explained {
        let hold = match graph.inputs() {
            [_, _] => vec!["held".to_owned()],
            _ => vec![],
        };
        let question = Question {
            hold,
            ..Question::default()
        };
        let inference = Inference {
            precision: Precision::F64,
            ..Inference::default()
        };
        Explained::asking(graph, &question, inference).unwrap()
    }

    #[test]
    fn integrals_of_the_rest_pulled_back_are_those_of_the_whole() {
        for kind in KINDS {
            let graph = network(kind);
            let model = explained(&graph);
            let part = model.affine_part(true).unwrap().expect(kind);
            let rectifies = kind.starts_with("rectified") || kind == "leaky";
            assert_eq!(part.rectified.is_some(), rectifies, "{kind}");
            assert!(model.affine_part(false).unwrap().is_some(), "{kind}");
            let many = kind.ends_with("particles");
            let particles = if many { 3 } else { 1 };
            let shape = if many { vec![2, 3, 40] } else { vec![2, 40] };
            let inputs: Vec<Tensor<f64>> = (0..graph.inputs().len())
                .map(|i| normal(&shape, 5 + i as u64))
                .collect();
            let start = normal(&[particles * 40], 9).into_data();
            for baseline in [Baseline::Zeros, Baseline::Given(vec![start])] {
                for steps in [7, 24] {
                    let settings = IntegratedGradients::fixed(steps, Quadrature::Midpoint)
                        .baseline(baseline.clone());
                    agree(&model, &settings.into(), &inputs, kind);
                }
            }
        }
    }

    /// A path in parts against the gradient's network repeated for every point.
    fn agree(model: &Explained, method: &Method, inputs: &[Tensor<f64>], kind: &str) {
        let whole = method.standalone(model).unwrap();
        let expected = Executor::<f64>::new(&whole)
            .call(&inputs.iter().collect::<Vec<_>>())
            .unwrap();
        let found = model.explain(method, inputs, &Job::silent()).unwrap();
        let (found, expected) = (found.values[0].data(), expected[0].data());
        assert_eq!(found.len(), expected.len());
        for (a, b) in found.iter().zip(expected) {
            // Sums of some hundred numbers of size one in other orders.
            assert!((a - b).abs() < 1e-12, "{kind}: {a} {b}");
        }
    }

    #[test]
    fn a_path_longer_than_a_run_goes_on_where_it_was() {
        let graph = network("rectified");
        let inputs = [normal(&[3, 40], 5)];
        let method = IntegratedGradients::fixed(64, Quadrature::GaussLegendre).into();
        let of = |batch| {
            let inference = Inference {
                precision: Precision::F64,
                batch: Some(batch),
                ..Inference::default()
            };
            let model = Explained::new(&graph, None, inference).unwrap();
            let found = model.explain(&method, &inputs, &Job::silent()).unwrap();
            found.values[0].data().to_vec()
        };
        let whole = of(200);
        // Runs that end within a path, and between two.
        for batch in [1, 5, 63, 64, 65] {
            for (a, b) in of(batch).iter().zip(&whole) {
                // Products of other sizes may add in other orders.
                assert!((a - b).abs() < 1e-13, "{batch}: {a} {b}");
            }
        }
    }

    #[test]
    fn what_is_read_elsewhere_is_no_rectified_layer() {
        for again in ["in front", "behind"] {
            let mut graph = Graph::new();
            let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 40.into()]));
            let w = graph.parameter("w", normal(&[40, 40], 1));
            let last = graph.parameter("last", normal(&[40, 1], 2));
            let z = graph.push(Gemm::NN, &[x, w]).unwrap();
            let h = graph.push(Relu, &[z]).unwrap();
            let u = graph.push(Gemm::NN, &[h, w]).unwrap();
            let other = if again == "behind" { h } else { z };
            let sum = graph.push(Add, &[u, other]).unwrap();
            let y = graph.push(Tanh, &[sum]).unwrap();
            let y = graph.push(Gemm::NN, &[y, last]).unwrap();
            graph.output(y);
            let model = explained(&graph);
            let part = model.affine_part(true).unwrap().unwrap();
            assert!(part.rectified.is_none(), "{again}");
            let method = IntegratedGradients::fixed(24, Quadrature::Midpoint).into();
            agree(&model, &method, &[normal(&[2, 40], 4)], again);
        }
    }

    #[test]
    fn a_network_with_nothing_to_save_stays_whole() {
        use pellucid_network::layers::{Activation, Architecture};
        // Five numbers a sum are no work to speak of, the layer behind them is.
        let few = Architecture::dense(&[8], Activation::Relu).build(&[5], 1, 0);
        assert!(
            explained(&few.unwrap())
                .affine_part(false)
                .unwrap()
                .is_none()
        );
        // Nothing but affine operations: the gradient is the same everywhere.
        let linear = Architecture::dense(&[], Activation::Relu).build(&[40], 1, 0);
        assert!(
            explained(&linear.unwrap())
                .affine_part(false)
                .unwrap()
                .is_none()
        );
        // What the network does first is not affine.
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 40.into()]));
        let w = graph.parameter("w", normal(&[40, 40], 1));
        let last = graph.parameter("last", normal(&[40, 1], 2));
        let mut y = graph.push(Tanh, &[x]).unwrap();
        for w in [w, last] {
            y = graph.push(Gemm::NN, &[y, w]).unwrap();
            y = graph.push(Tanh, &[y]).unwrap();
        }
        graph.output(y);
        assert!(explained(&graph).affine_part(false).unwrap().is_none());
    }
}
