//! What passes along the edges of a graph.
//!
//! In a product with an adjacency (or with a constant attention), `z_i = Σ_j
//! A_ij v_j`, the relevance that goes from `i` to `j` is that of the terms with
//! `A_ij`: `R_ij = A_ij ∂z/∂A_ij · s`, summed over the features of `v`. The
//! share of the root's weights is not among them. It is a view of relevance that
//! goes to `v`, not relevance that `A` receives.

use super::lanes::{Lanes, Table};
use super::map::{Map, Part};
use super::pass::Pass;
use super::weights::Weighing;
use crate::error::NetworkError;
use crate::ops::{Mul, Rule};

impl Pass<'_> {
    /// Notes what passes along the constant factors of a map that were asked
    /// for, given the lanes of its values and their adjoints.
    pub fn note_edges(
        &mut self,
        map: &Map,
        table: &Table,
        adjoints: &Table,
        weighing: Weighing,
    ) -> Result<(), NetworkError> {
        for &index in &map.nodes {
            let node = self.graph.nodes()[index].clone();
            let constant = matches!(
                self.part(index),
                Part::Weights | Part::Collect | Part::Attended
            );
            if !constant || node.op.rule() != Rule::Product {
                continue;
            }
            let data = self.plan.carry.carrying(index)[0];
            let (value, factor) = (node.inputs[data], node.inputs[1 - data]);
            let seeds = adjoints.get(&node.outputs[0]).copied();
            let (true, Some(seeds)) = (self.asked.contains(&factor), seeds) else {
                continue;
            };
            let lanes = match weighing {
                Weighing::Plain => Lanes::plus(value),
                _ => table.get(&value).copied().unwrap_or_default(),
            };
            let parts = self.parts(index, factor, weighing)?;
            let terms = [
                (parts.first, lanes.plus, seeds.plus),
                (parts.first, lanes.minus, seeds.minus),
                (parts.negative, lanes.minus, seeds.plus),
                (parts.negative, lanes.plus, seeds.minus),
            ];
            let mut sum = self.through.get(&factor).copied();
            for (weights, lane, seed) in terms {
                let (Some(weights), Some(lane), Some(seed)) = (weights, lane, seed) else {
                    continue;
                };
                let adjoint = self.vjp(&node, 1 - data, Some(lane), seed)?;
                let term = self.graph.push(Mul, &[weights, adjoint])?;
                sum = self.add_option(sum, Some(term))?;
            }
            if let Some(sum) = sum {
                self.through.insert(factor, sum);
            }
        }
        Ok(())
    }
}
