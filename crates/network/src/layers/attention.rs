//! Self-attention of the particles of an event.
//!
//! With `Q, K, V = X W_{q,k,v}ᵀ + b` cut into heads of `d` numbers,
//! $$ Y = \mathrm{softmax}\Bigl(\frac{Q K^\top}{\sqrt d}\Bigr) V, \quad
//!    \text{heads side by side, then } Y W_o^\top + b_o $$
//!
//! * **Shapes:** `[N, P, F]` to the same; padding is seen by no particle.
//! * **Reference:** A. Vaswani et al., arXiv:1706.03762, eq. 1 and section
//!   3.2.2; weights as PyTorch's `MultiheadAttention` keeps them.

use super::Filling;
use super::build::{Builder, filling};
use super::segments::LEAST;
use crate::error::NetworkError;
use crate::graph::{Dim, ValueId, show};
use crate::ops::{Equal, MatMul, Mul, Reshape, Slice, Softmax, Transpose, Where};

impl Builder {
    pub(super) fn attention(&mut self, heads: usize) -> Result<(), NetworkError> {
        let shape = self.graph.shape(self.value).to_vec();
        let [events, particles, last] = shape.as_slice() else {
            let found = show(&shape);
            let problem = format!("attention takes [N, particles, features], found {found}");
            return Err(self.wrong(problem));
        };
        let features = self.known(last)?;
        if heads == 0 || !features.is_multiple_of(heads) {
            let problem = format!("{features} features do not fall into {heads} heads");
            return Err(self.wrong(problem));
        }
        let width = features / heads;
        let name = self.name("attention");
        let lead = [events.clone(), particles.clone()];
        let stacked = filling(features, 3 * features, false);
        let weight = self.parameter(
            &format!("{name}.in_proj_weight"),
            &[3 * features, features],
            stacked,
        );
        let zero = Filling::Constant(0.0);
        let bias = self.parameter(&format!("{name}.in_proj_bias"), &[3 * features], zero);
        self.map(&format!("{name}/projected"), weight, bias, &lead)?;

        // [N, P, 3 F] to queries, keys and values of each head: [N, heads, P, d].
        let mut parts = Vec::with_capacity(3);
        for part in 0..3 {
            parts.push(self.head_part(part, features, heads, &lead)?);
        }
        let [queries, keys, values] = [parts[0], parts[1], parts[2]];
        let graph = &mut self.graph;
        let perm = vec![0, 1, 3, 2];
        let keys = graph.push(Transpose { perm }, &[keys])?;
        let scores = graph.push(MatMul, &[queries, keys])?;
        let scale = graph.scalar(1.0 / (width as f64).sqrt());
        let mut scores = graph.push(Mul, &[scores, scale])?;
        if let Some(mask) = self.mask {
            scores = self.hide_padding(scores, mask, &lead)?;
        }
        let graph = &mut self.graph;
        let weights = graph.node(&format!("{name}/weights"), Softmax { axis: 3 }, &[scores])?[0];
        let mixed = graph.push(MatMul, &[weights, values])?;
        let perm = vec![0, 2, 1, 3];
        let mixed = graph.push(Transpose { perm }, &[mixed])?;
        let shape = [&lead[..], &[Dim::fixed(features)]].concat();
        self.value = graph.push(Reshape { shape }, &[mixed])?;
        self.last_side(&format!("{name}.out_proj"), features, false)
    }

    /// Numbers `part · F ..` of each particle, as `[N, heads, P, d]`.
    fn head_part(
        &mut self,
        part: usize,
        features: usize,
        heads: usize,
        lead: &[Dim],
    ) -> Result<ValueId, NetworkError> {
        let slice = Slice {
            axis: 2,
            start: (part * features).into(),
            length: features.into(),
            step: 1,
        };
        let own = self.graph.push(slice, &[self.value])?;
        let sides = [Dim::fixed(heads), Dim::fixed(features / heads)];
        let shape = [lead, &sides].concat();
        let split = self.graph.push(Reshape { shape }, &[own])?;
        let perm = vec![0, 2, 1, 3];
        self.graph.push(Transpose { perm }, &[split])
    }

    /// Scores of padded keys become too small to be seen.
    fn hide_padding(
        &mut self,
        scores: ValueId,
        mask: ValueId,
        lead: &[Dim],
    ) -> Result<ValueId, NetworkError> {
        let graph = &mut self.graph;
        let shape = vec![lead[0].clone(), 1.into(), 1.into(), lead[1].clone()];
        let mask = graph.push(Reshape { shape }, &[mask])?;
        let (zero, least) = (graph.scalar(0.0), graph.scalar(LEAST));
        let padding = graph.push(Equal, &[mask, zero])?;
        graph.push(Where, &[padding, least, scores])
    }
}
