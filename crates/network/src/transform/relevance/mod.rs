//! Layer-wise relevance propagation as a graph.
//!
//! The explained value is handed back through the network. A weighted sum
//! `z_k = Σ_j c_jk + b_k` with contributions `c_jk = x_j w_jk` passes its
//! relevance on by the epsilon rule
//!
//! $$ R_j = \sum_k \frac{c_{jk}}{z_k + \epsilon\,\mathrm{sign}(z_k)} R_k,
//!    \qquad \mathrm{sign}(0) = 1 $$
//!
//! which, with `s = R / stab(z)`, is `x_j` times the adjoint of `s`: the nodes
//! of the gradient are used again. Activations pass relevance unchanged;
//! pooling maxima, reshapes, concatenations route it.
//!
//! * **Balance:** for every event, `Σ R_input + absorbed + stabilised` is the
//!   explained value: biases receive `b_k s_k` and keep it, the stabiliser
//!   takes `ε sign(z_k) s_k`. Both are outputs, computed from their own
//!   definitions, not as what is missing.
//! * **Units:** relevance has the unit of the explained value.
//! * **Reference:** S. Bach et al., PLoS ONE 10 (2015) e0130140, eqs. 56 and
//!   58; G. Montavon et al., *Layer-Wise Relevance Propagation: An Overview*
//!   (2019), section 10.2.

mod settings;

use crate::error::NetworkError;
use crate::graph::{Dim, Graph, Node, Source, ValueId};
use crate::ops::{
    Add, Backward, Div, Greater, Mul, Neg, Op, ReduceSum, Reshape, Rule, Sqrt, Sub, Where,
};

pub use settings::{
    Assignment, Attention, Bias, Bound, Composite, Empty, Layers, Neighbours, Pool, Propagation,
    SumRule,
};

/// The relevance that is handed back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Seed {
    /// The explained value itself.
    #[default]
    Value,
    /// 1 for every number of it.
    One,
}

/// The values that [`relevance`] has added.
#[derive(Debug, Clone)]
pub struct Relevance {
    /// The relevance of each value asked for, of its shape.
    pub maps: Vec<ValueId>,
    /// What biases have kept, one number per event.
    pub absorbed: ValueId,
    /// What stabilisers have taken, one number per event.
    pub stabilised: ValueId,
    /// What was due to sides without contributions and is lost, one number
    /// per event.
    pub empty: ValueId,
}

/// What relevance does at a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// The node's position in [`Graph::nodes`].
    pub node: usize,
    /// What happens there, or that there is no rule.
    pub rule: Option<String>,
}

/// For each node between `wrt` and `of` the rule that it would get.
pub fn assignments(
    graph: &Graph,
    of: ValueId,
    wrt: &[ValueId],
    propagation: &Propagation,
) -> Result<Vec<Assigned>, NetworkError> {
    ready(propagation)?;
    let (active, needed) = (graph.depends_on(wrt), graph.needed_for(&[of]));
    let on_the_way = |(node, it): &(usize, &Node)| {
        needed[*node] && it.inputs.iter().any(|input| active[input.index()])
    };
    let nodes = graph.nodes().iter().enumerate().filter(on_the_way);
    Ok(nodes
        .map(|(node, it)| Assigned {
            node,
            rule: match it.op.rule() {
                Rule::Linear => Some("epsilon".to_owned()),
                Rule::Pass => Some("pass".to_owned()),
                Rule::Route => Some("route".to_owned()),
                Rule::None => None,
            },
        })
        .collect())
}

/// Refuses what is not done yet.
fn ready(propagation: &Propagation) -> Result<(), NetworkError> {
    propagation.check()?;
    let plain = matches!(propagation.rule, SumRule::Epsilon { .. } | SumRule::Z)
        && propagation.composite.is_none()
        && propagation.assignments.is_empty()
        && propagation.bias != Bias::Share
        && propagation.attention == Attention::Constant
        && propagation.pool == Pool::Winner;
    if plain {
        return Ok(());
    }
    Err(NetworkError::Settings {
        what: "relevance propagation".to_owned(),
        problem: "only the rules z and epsilon can be used".to_owned(),
    })
}

/// Adds the relevance of each of `wrt` for the value `of` (one number per
/// event: `[N]` or `[N, 1]`) to the graph. Events are along the first side.
///
/// An operation without a rule on the way is an error: never a silent gradient.
pub fn relevance(
    graph: &mut Graph,
    of: ValueId,
    wrt: &[ValueId],
    propagation: &Propagation,
    seed: Seed,
) -> Result<Relevance, NetworkError> {
    ready(propagation)?;
    let events = graph
        .shape(of)
        .first()
        .cloned()
        .unwrap_or_else(|| Dim::fixed(1));
    let values = graph.values().len();
    let mut pass = Pass {
        active: graph.depends_on(wrt),
        relevance: vec![None; values],
        absorbed: Vec::new(),
        stabilised: Vec::new(),
        rule: propagation,
        events,
        graph,
    };
    pass.relevance[of.index()] = Some(match seed {
        Seed::Value => of,
        Seed::One => pass.full(1.0, of)?,
    });
    let last = match pass.graph.value(of).source {
        Source::Node(node, _) => node.index() + 1,
        _ => 0,
    };
    for i in (0..last).rev() {
        let node = pass.graph.nodes()[i].clone();
        // Only the first output carries numbers; a max-pool's places do not.
        let Some(arrived) = pass.relevance[node.outputs[0].index()] else {
            continue;
        };
        if node.inputs.iter().any(|input| pass.active[input.index()]) {
            pass.node(&node, arrived)?;
        }
    }
    let maps = wrt
        .iter()
        .map(|&value| match pass.relevance[value.index()] {
            Some(relevance) => Ok(relevance),
            None => pass.full(0.0, value),
        })
        .collect::<Result<_, _>>()?;
    let absorbed = std::mem::take(&mut pass.absorbed);
    let stabilised = std::mem::take(&mut pass.stabilised);
    Ok(Relevance {
        maps,
        absorbed: pass.total(&absorbed)?,
        stabilised: pass.total(&stabilised)?,
        empty: pass.total(&[])?,
    })
}

struct Pass<'a> {
    graph: &'a mut Graph,
    rule: &'a Propagation,
    events: Dim,
    active: Vec<bool>,
    relevance: Vec<Option<ValueId>>,
    absorbed: Vec<ValueId>,
    stabilised: Vec<ValueId>,
}

impl Pass<'_> {
    fn node(&mut self, node: &Node, arrived: ValueId) -> Result<(), NetworkError> {
        let active: Vec<bool> = node
            .inputs
            .iter()
            .map(|input| self.active[input.index()])
            .collect();
        let none = || NetworkError::NoRule {
            node: node.name.clone(),
            op: node.op.name(),
            transform: "relevance propagation",
        };
        let factor = matches!(node.op, Op::Mul(_) | Op::Div(_));
        match node.op.rule() {
            Rule::Linear if factor => {
                // A constant factor or divisor changes the scale of one number:
                // all of its relevance is that number's.
                let variable = active.iter().position(|&active| active).unwrap_or(0);
                let divisor = matches!(node.op, Op::Div(_)) && variable == 1;
                if active.iter().filter(|&&active| active).count() != 1 || divisor {
                    return Err(none());
                }
                let passed = self.narrow(arrived, node.inputs[variable])?;
                self.add(node.inputs[variable], passed)
            }
            Rule::Linear => self.weighted_sum(node, arrived, &active),
            Rule::Pass if active[0] && !active[1..].contains(&true) => {
                let passed = self.narrow(arrived, node.inputs[0])?;
                self.add(node.inputs[0], passed)
            }
            Rule::Route => {
                let routed = self.adjoints(node, arrived, &active)?;
                self.add_all(node, routed, &active)
            }
            Rule::Pass | Rule::None => Err(none()),
        }
    }

    /// The epsilon rule.
    fn weighted_sum(
        &mut self,
        node: &Node,
        arrived: ValueId,
        active: &[bool],
    ) -> Result<(), NetworkError> {
        let z = node.outputs[0];
        let bias = self.bias(node, active)?;
        let ignore = self.rule.bias == Bias::Ignore;
        let sum = match bias {
            Some(bias) if ignore => self.graph.push(Sub, &[z, bias])?,
            _ => z,
        };
        let epsilon = match node.op {
            Op::Add(_) | Op::Sub(_) => self.rule.add_epsilon,
            Op::Conv(_) | Op::ConvInput(_) | Op::Gemm(_) | Op::MatMul(_) | Op::BatchNorm(_) => {
                match self.rule.rule {
                    SumRule::Z => 1e-9,
                    SumRule::Epsilon {
                        epsilon: Some(epsilon),
                    } => epsilon,
                    _ => self.rule.epsilon,
                }
            }
            _ => self.rule.pool_epsilon,
        };
        let zero = self.graph.scalar(0.0);
        let (plus, minus) = (self.graph.scalar(epsilon), self.graph.scalar(-epsilon));
        let negative = self.graph.push(Greater, &[zero, sum])?;
        let push_away = self.graph.push(Where, &[negative, minus, plus])?;
        let stable = self.graph.push(Add, &[sum, push_away])?;
        let share = self.graph.push(Div, &[arrived, stable])?;
        let taken = self.graph.push(Mul, &[push_away, share])?;
        let taken = self.per_event(taken)?;
        self.stabilised.push(taken);
        if let (Some(bias), false) = (bias, ignore) {
            let kept = self.graph.push(Mul, &[share, bias])?;
            let kept = self.per_event(kept)?;
            self.absorbed.push(kept);
        }
        let adjoints = self.adjoints(node, share, active)?;
        let mut contributions = Vec::with_capacity(adjoints.len());
        for (&input, adjoint) in node.inputs.iter().zip(adjoints) {
            contributions.push(match adjoint {
                Some(adjoint) => Some(self.graph.push(Mul, &[input, adjoint])?),
                None => None,
            });
        }
        self.add_all(node, contributions, active)
    }

    /// What a node adds to its sums that does not depend on the input, in a
    /// shape that broadcasts to the output's.
    fn bias(&mut self, node: &Node, active: &[bool]) -> Result<Option<ValueId>, NetworkError> {
        match (&node.op, node.inputs.as_slice()) {
            (Op::Gemm(_), [_, _, bias]) => Ok(Some(*bias)),
            (Op::Conv(_), [_, _, bias]) => self.column(*bias, node.outputs[0]).map(Some),
            (Op::Add(_), [a, b]) if active.contains(&false) => {
                Ok(Some(if active[0] { *b } else { *a }))
            }
            (Op::Sub(_), [a, b]) if active.contains(&false) => Ok(Some(if active[0] {
                self.graph.push(Neg, &[*b])?
            } else {
                *a
            })),
            (Op::BatchNorm(norm), [_, scale, bias, mean, variance]) => {
                let epsilon = self.graph.scalar(norm.epsilon);
                let width = self.graph.push(Add, &[*variance, epsilon])?;
                let width = self.graph.push(Sqrt, &[width])?;
                let shift = self.graph.push(Mul, &[*mean, *scale])?;
                let shift = self.graph.push(Div, &[shift, width])?;
                let offset = self.graph.push(Sub, &[*bias, shift])?;
                self.column(offset, node.outputs[0]).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// One number per channel, shaped to meet an image.
    fn column(&mut self, bias: ValueId, image: ValueId) -> Result<ValueId, NetworkError> {
        let mut shape = vec![Dim::fixed(1); self.graph.shape(image).len() - 1];
        shape[0] = self.graph.shape(bias)[0].clone();
        self.graph.push(Reshape { shape }, &[bias])
    }

    /// The node's vector–Jacobian product of any seed.
    fn adjoints(
        &mut self,
        node: &Node,
        seed: ValueId,
        wanted: &[bool],
    ) -> Result<Vec<Option<ValueId>>, NetworkError> {
        let mut adjoints = vec![None; node.outputs.len()];
        adjoints[0] = Some(seed);
        node.op.gradient(&mut Backward {
            graph: self.graph,
            inputs: &node.inputs,
            outputs: &node.outputs,
            adjoints: &adjoints,
            wanted,
        })
    }

    fn add_all(
        &mut self,
        node: &Node,
        relevance: Vec<Option<ValueId>>,
        active: &[bool],
    ) -> Result<(), NetworkError> {
        for ((&input, relevance), &active) in node.inputs.iter().zip(relevance).zip(active) {
            if let (Some(relevance), true) = (relevance, active) {
                self.add(input, relevance)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, value: ValueId, relevance: ValueId) -> Result<(), NetworkError> {
        let sum = match self.relevance[value.index()] {
            Some(earlier) => self.graph.push(Add, &[earlier, relevance])?,
            None => relevance,
        };
        self.relevance[value.index()] = Some(sum);
        Ok(())
    }

    /// Sums relevance over the sides along which an input was broadcast.
    fn narrow(&mut self, relevance: ValueId, input: ValueId) -> Result<ValueId, NetworkError> {
        let mut back = Backward {
            graph: self.graph,
            inputs: &[input],
            outputs: &[],
            adjoints: &[],
            wanted: &[true],
        };
        crate::ops::prelude::unbroadcast(&mut back, relevance, input)
    }

    /// The sum over all sides but the first.
    fn per_event(&mut self, value: ValueId) -> Result<ValueId, NetworkError> {
        let shape = self.graph.shape(value).to_vec();
        if shape.first() != Some(&self.events) {
            return Err(NetworkError::Settings {
                what: "relevance propagation".to_owned(),
                problem: format!(
                    "value `{}` of shape {} has no events along its first side",
                    self.graph.value(value).name,
                    crate::graph::show(&shape)
                ),
            });
        }
        self.graph.push(
            ReduceSum {
                axes: (1..shape.len()).collect(),
                keep: false,
            },
            &[value],
        )
    }

    fn total(&mut self, parts: &[ValueId]) -> Result<ValueId, NetworkError> {
        let zero = self.graph.scalar(0.0);
        let shape = vec![self.events.clone()];
        let mut sum = self.graph.push(crate::ops::Expand { shape }, &[zero])?;
        for &part in parts {
            sum = self.graph.push(Add, &[sum, part])?;
        }
        Ok(sum)
    }

    fn full(&mut self, number: f64, like: ValueId) -> Result<ValueId, NetworkError> {
        let shape = self.graph.shape(like).to_vec();
        let number = self.graph.scalar(number);
        self.graph.push(crate::ops::Expand { shape }, &[number])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::Type;
    use crate::ops::{Conv, Gemm, MaxPool, Relu, Window};
    use pellucid_core::{Tensor, random};

    fn draw(shape: &[usize], seed: u64) -> Tensor<f64> {
        let mut rng = random::stream(seed, 0);
        let volume = shape.iter().product();
        Tensor::new(
            shape.to_vec(),
            (0..volume).map(|_| random::normal(&mut rng)).collect(),
        )
    }

    /// Two dense layers with a rectifier, and their weights.
    fn mlp() -> (Graph, ValueId, ValueId, [Tensor<f64>; 4]) {
        let weights = [
            draw(&[4, 3], 1),
            draw(&[4], 2),
            draw(&[1, 4], 3),
            draw(&[1], 4),
        ];
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 3.into()]));
        let ids: Vec<ValueId> = weights
            .iter()
            .map(|w| graph.parameter("", w.clone()))
            .collect();
        let h = graph.push(Gemm::NT, &[x, ids[0], ids[1]]).unwrap();
        let h = graph.push(Relu, &[h]).unwrap();
        let z = graph.push(Gemm::NT, &[h, ids[2], ids[3]]).unwrap();
        (graph, x, z, weights)
    }

    /// The same by dense contribution matrices, one event: slow and obvious.
    fn reference(weights: &[Tensor<f64>; 4], x: &[f64], epsilon: f64) -> (Vec<f64>, f64, f64) {
        let stab = |z: f64| if z < 0.0 { z - epsilon } else { z + epsilon };
        let [w1, b1, w2, b2] = weights;
        let z1: Vec<f64> = (0..4)
            .map(|k| b1.data()[k] + (0..3).map(|j| w1.row(k)[j] * x[j]).sum::<f64>())
            .collect();
        let h: Vec<f64> = z1.iter().map(|z| z.max(0.0)).collect();
        let z2 = b2.data()[0] + (0..4).map(|k| w2.data()[k] * h[k]).sum::<f64>();
        let s2 = z2 / stab(z2);
        let mut absorbed = b2.data()[0] * s2;
        let mut stabilised = (stab(z2) - z2) * s2;
        let mut relevance = vec![0.0; 3];
        for k in 0..4 {
            let s1 = w2.data()[k] * h[k] * s2 / stab(z1[k]);
            absorbed += b1.data()[k] * s1;
            stabilised += (stab(z1[k]) - z1[k]) * s1;
            for j in 0..3 {
                relevance[j] += w1.row(k)[j] * x[j] * s1;
            }
        }
        (relevance, absorbed, stabilised)
    }

    #[test]
    fn an_mlp_equals_its_contribution_matrices() {
        let (mut graph, x, z, weights) = mlp();
        let rule = Propagation {
            epsilon: 0.01,
            ..Propagation::default()
        };
        let made = relevance(&mut graph, z, &[x], &rule, Seed::Value).unwrap();
        graph.set_outputs(vec![made.maps[0], made.absorbed, made.stabilised]);
        let events = draw(&[6, 3], 9);
        let out = Executor::<f64>::new(&graph).call(&[&events]).unwrap();
        for n in 0..6 {
            let (relevance, absorbed, stabilised) = reference(&weights, events.row(n), 0.01);
            // Sums of a dozen terms of order one in double precision.
            for (a, b) in out[0].row(n).iter().zip(&relevance) {
                assert!((a - b).abs() < 1e-12, "{a} {b}");
            }
            assert!((out[1].data()[n] - absorbed).abs() < 1e-12);
            assert!((out[2].data()[n] - stabilised).abs() < 1e-12);
        }
    }

    #[test]
    fn relevance_absorbed_and_stabilised_sum_to_the_explained_value() {
        let mut graph = Graph::new();
        let x = graph.input(
            "x",
            Type::real(vec![Dim::symbol("N"), 1.into(), 8.into(), 8.into()]),
        );
        let w = graph.parameter("w", draw(&[3, 1, 3, 3], 1));
        let b = graph.parameter("b", draw(&[3], 2));
        let conv = Conv {
            window: Window::new(&[3, 3]).pad(&[1, 1]),
            groups: 1,
        };
        let h = graph.push(conv, &[x, w, b]).unwrap();
        let h = graph.push(Relu, &[h]).unwrap();
        let pool = MaxPool {
            window: Window::new(&[2, 2]).stride(&[2, 2]),
        };
        let h = graph.node("", pool, &[h]).unwrap()[0];
        let shape = vec![Dim::symbol("N"), 48.into()];
        let h = graph.push(Reshape { shape }, &[h]).unwrap();
        let dense = graph.parameter("dense", draw(&[1, 48], 3));
        let bias = graph.parameter("bias", draw(&[1], 4));
        let z = graph.push(Gemm::NT, &[h, dense, bias]).unwrap();
        for bias in [Bias::Absorb, Bias::Ignore] {
            let mut graph = graph.clone();
            let rule = Propagation {
                epsilon: 1e-3,
                bias,
                ..Propagation::default()
            };
            let made = relevance(&mut graph, z, &[x], &rule, Seed::Value).unwrap();
            graph.set_outputs(vec![z, made.maps[0], made.absorbed, made.stabilised]);
            let out = Executor::<f64>::new(&graph)
                .call(&[&draw(&[5, 1, 8, 8], 5)])
                .unwrap();
            for n in 0..5 {
                let sum: f64 = out[1].row(n).iter().sum();
                let scale: f64 = out[1].row(n).iter().map(|r| r.abs()).sum();
                let all = sum + out[2].data()[n] + out[3].data()[n];
                assert!((all - out[0].data()[n]).abs() < 1e-10 * scale.max(1.0));
                assert!(bias == Bias::Absorb || out[2].data()[n] == 0.0);
            }
        }
    }

    #[test]
    fn an_operation_without_a_rule_is_named() {
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 1.into()]));
        let y = graph.node("gap", Mul, &[x, x]).unwrap()[0];
        let error =
            relevance(&mut graph, y, &[x], &Propagation::default(), Seed::Value).unwrap_err();
        assert!(error.to_string().contains("gap"), "{error}");
    }
}
