//! Functions of several numbers, by their first-order expansion.
//!
//! With the Jacobian `J` of `y = f(x)`, `y_j = Σ_i J_ji x_i + b_j` is a
//! weighted sum at every point; its constant term keeps its share. For a
//! softmax `A` this is
//!
//! $$ R_i = x_i \Bigl(R_i - A_i \sum_j R_j\Bigr), \qquad
//!    \text{absorbed} = \sum_j R_j \Bigl(1 - x_j + \sum_i A_i x_i\Bigr) $$
//!
//! without any division (R. Achtibat et al., *AttnLRP*, arXiv:2402.05602,
//! eq. 13; the sum over all is what the constant term of eq. 12 keeps). Numbers
//! whose exponential is 0, such as those of masked particles, receive nothing.

use super::pass::{Pass, no_rule};
use crate::error::NetworkError;
use crate::graph::{Node, ValueId};
use crate::ops::{Add, Gate, LayerNorm, Mul, Op, ReduceMean, ReduceSum, Sub};

impl Pass<'_> {
    /// Passes relevance through a softmax or the like.
    pub fn expansion(&mut self, node: &Node, relevance: ValueId) -> Result<(), NetworkError> {
        let (x, y) = (node.inputs[0], node.outputs[0]);
        if let Op::Softmax(softmax) = &node.op {
            return self.softmax(softmax.axis, x, y, relevance);
        }
        if let Op::LayerNorm(norm) = &node.op {
            return self.normalisation(*norm, node, relevance);
        }
        let share = self.share(relevance, y, self.settings.epsilon)?;
        let adjoint = self.vjps(node, &[Some(share)], &[true])?[0];
        let adjoint = adjoint.ok_or_else(|| no_rule(node))?;
        let received = self.graph.push(Mul, &[x, adjoint])?;
        // Σ_j s_j (y_j − Σ_i J_ji x_i): the constant terms' share.
        let whole = self.graph.push(Mul, &[y, share])?;
        self.absorbed(whole)?;
        let minus = self.graph.scalar(-1.0);
        let linear = self.graph.push(Mul, &[received, minus])?;
        self.absorbed(linear)?;
        self.give(x, received)
    }

    /// A normalisation whose width is constant and whose mean is kept:
    /// `n = w (x − m(x))` is a weighted sum without a constant term
    /// (A. Ali et al., arXiv:2202.07304, section 3.2).
    fn normalisation(
        &mut self,
        norm: LayerNorm,
        node: &Node,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let (x, n, w) = (node.inputs[0], node.outputs[0], node.outputs[1]);
        let axes = (norm.axis..self.graph.shape(x).len()).collect();
        let share = self.share(relevance, n, self.settings.epsilon)?;
        let level = self.graph.push(ReduceMean { axes, keep: true }, &[share])?;
        let rest = self.graph.push(Sub, &[share, level])?;
        let adjoint = self.graph.push(Mul, &[rest, w])?;
        let received = self.graph.push(Mul, &[x, adjoint])?;
        self.give(x, received)
    }

    fn softmax(
        &mut self,
        axis: usize,
        x: ValueId,
        y: ValueId,
        relevance: ValueId,
    ) -> Result<(), NetworkError> {
        let over = ReduceSum {
            axes: vec![axis],
            keep: true,
        };
        let x_seen = self.graph.push(Gate, &[x, y])?;
        let total = self.graph.push(over.clone(), &[relevance])?;
        let shared = self.graph.push(Mul, &[y, total])?;
        let difference = self.graph.push(Sub, &[relevance, shared])?;
        let received = self.graph.push(Mul, &[x_seen, difference])?;
        let weighted = self.graph.push(Mul, &[y, x_seen])?;
        let mean = self.graph.push(over, &[weighted])?;
        let one = self.graph.scalar(1.0);
        let constant = self.graph.push(Sub, &[mean, x_seen])?;
        let constant = self.graph.push(Add, &[constant, one])?;
        let kept = self.graph.push(Mul, &[relevance, constant])?;
        self.absorbed(kept)?;
        self.give(x, received)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Executor;
    use crate::graph::{Dim, Graph, Type};
    use crate::ops::Gemm;
    use crate::transform::{Propagation, Seed, relevance};
    use pellucid_core::{Tensor, random};

    #[test]
    fn a_normalisation_hands_on_what_it_receives_but_for_the_stabiliser() {
        let draw = |shape: &[usize], seed: u64| {
            let mut rng = random::stream(seed, 0);
            let volume = shape.iter().product();
            let numbers = (0..volume).map(|_| random::normal(&mut rng)).collect();
            Tensor::new(shape.to_vec(), numbers)
        };
        let mut graph = Graph::new();
        let x = graph.input("x", Type::real(vec![Dim::symbol("N"), 5.into()]));
        let norm = LayerNorm {
            axis: 1,
            epsilon: 1e-5,
        };
        let n = graph.node("", norm, &[x]).unwrap()[0];
        let w = graph.parameter("w", draw(&[1, 5], 1));
        let y = graph.push(Gemm::NT, &[n, w]).unwrap();
        let made = relevance(&mut graph, y, &[x], &Propagation::default(), Seed::Value).unwrap();
        graph.set_outputs(vec![y, made.maps[0], made.stabilised]);
        let out = Executor::<f64>::new(&graph)
            .call(&[&draw(&[6, 5], 2)])
            .unwrap();
        for event in 0..6 {
            let sum: f64 = out[1].row(event).iter().sum();
            let all = sum + out[2].data()[event];
            let scale: f64 = out[1].row(event).iter().map(|r| r.abs()).sum();
            assert!((all - out[0].data()[event]).abs() < 1e-10 * scale.max(1.0));
        }
    }
}
