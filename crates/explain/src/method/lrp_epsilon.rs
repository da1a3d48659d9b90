//! Layer-wise relevance propagation by the epsilon rule.
//!
//! The logit is handed back from layer to layer, each input of a weighted sum
//! receiving its share; the network that does it, its equation and its
//! reference are [`pellucid_network::transform::relevance`].
//!
//! * **Units:** those of the logit.
//! * **Invariant:** `f(x) = Σ R + absorbed + stabilised` for every event, where
//!   biases absorb and stabilisers take what inputs do not receive; the
//!   residual is rounding.

use pellucid_core::{Job, Tensor};
use pellucid_network::transform::{self, Propagation, Seed};
use pellucid_network::{Graph, Real};
use serde::{Deserialize, Serialize};

use super::{Attribute, one_pass};
use crate::attribution::{Attribution, Residual};
use crate::engine::Engine;
use crate::error::ExplainError;
use crate::explained::Explained;

/// The epsilon rule at every layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct LrpEpsilon {
    /// Its stabilisers, and what biases do.
    pub rule: Propagation,
}

impl Attribute for LrpEpsilon {
    const NAME: &'static str = "lrp-epsilon";

    fn graph(&self, model: &Explained) -> Result<Graph, ExplainError> {
        let mut graph = model.graph().clone();
        let inputs = graph.inputs().to_vec();
        let relevance =
            transform::relevance(&mut graph, model.logit(), &inputs, &self.rule, Seed::Value)?;
        let mut outputs = relevance.maps;
        outputs.extend([model.logit(), relevance.absorbed, relevance.stabilised]);
        graph.set_outputs(outputs);
        Ok(graph)
    }

    fn run<T: Real>(
        &self,
        model: &Explained,
        engine: &Engine<T>,
        inputs: &[Tensor<f32>],
        job: &Job,
    ) -> Result<Attribution, ExplainError> {
        one_pass::run(model, engine, inputs, Residual::Balance, job)
    }
}
